//! A text with the annotation files beside it.

use super::input;
use crate::document::Document;
use crate::formats::finding::{Finding, Remark};
use crate::formats::stamps::Stamp;
use crate::formats::{Format, bionlp, brat};
use crate::text::SourceText;
use std::path::{Path, PathBuf};

/// The annotation files beside a text; none beside a file of another kind.
#[derive(Debug, Default)]
pub(super) struct Sheets {
    ann: Option<PathBuf>,
    given: Option<PathBuf>,
    found: Option<PathBuf>,
}

impl Sheets {
    /// Those that the file system has.
    pub(super) fn beside(text: &Path) -> Self {
        Self::beside_with(text, &|path| path.exists())
    }

    /// Those of which `exists` says that they are there.
    pub(super) fn beside_with(text: &Path, exists: &dyn Fn(&Path) -> bool) -> Self {
        if !text.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("txt")) {
            return Self::default();
        }
        let sheet = |ending: &str| Some(text.with_extension(ending)).filter(|path| exists(path));
        Self { ann: sheet("ann"), given: sheet("a1"), found: sheet("a2") }
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.ann.is_none() && self.given.is_none() && self.found.is_none()
    }

    /// Those that are read: `.ann`, or else `.a1` and `.a2`.
    pub(super) fn read(&self) -> impl Iterator<Item = &PathBuf> {
        let bionlp = [&self.given, &self.found].into_iter().flatten().filter(|_| self.ann.is_none());
        self.ann.iter().chain(bionlp)
    }
}

/// A document with what is to be said of it.
pub(super) struct Standoff {
    pub(super) document: Document,
    pub(super) format: Format,
    pub(super) findings: Vec<Finding>,
    /// What its files held.
    pub(super) stamps: Vec<Stamp>,
}

/// Reads a text with what stands beside it.
pub(super) fn read(path: &Path, name: &str, sheets: &Sheets) -> Result<Standoff, Box<Finding>> {
    let mut stamps = Vec::new();
    let mut content = |path: &Path| {
        let (content, stamp) = input::read(path)?;
        stamps.extend(stamp);
        Ok::<_, Box<Finding>>(content)
    };
    let text = SourceText::new(content(path)?);
    if let Some(sheet) = &sheets.ann {
        let (document, mut findings) = brat::read(name, text, sheet, &content(sheet)?);
        findings.extend([&sheets.given, &sheets.found].into_iter().flatten().next().map(|path| {
            let message = "there is an .ann file with the same name, so this file is not read";
            Remark::warning("several-formats", message).on_file(path)
        }));
        return Ok(Standoff { document, format: Format::Brat, findings, stamps });
    }
    let mut sheet =
        |path: &Option<PathBuf>| path.as_ref().map(|path| content(path).map(|content| (path.clone(), content))).transpose();
    let (given, found) = (sheet(&sheets.given)?, sheet(&sheets.found)?);
    let (document, findings) = bionlp::read(
        name,
        text,
        given.as_ref().map(|(path, content)| (path.as_path(), content.as_str())),
        found.as_ref().map(|(path, content)| (path.as_path(), content.as_str())),
    );
    Ok(Standoff { document, format: Format::Bionlp, findings, stamps })
}
