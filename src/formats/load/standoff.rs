//! A text with the annotation files beside it.

use super::input;
use super::sources::{SHEETS, Source};
use crate::document::Document;
use crate::formats::finding::{Finding, Remark};
use crate::formats::{Format, bionlp, brat};
use crate::text::SourceText;
use std::path::{Path, PathBuf};

/// The annotation files beside a text.
pub(super) enum Beside {
    Brat(PathBuf),
    Bionlp { given: Option<PathBuf>, found: Option<PathBuf> },
}

/// The annotation files beside a text: `.ann`, or else `.a1` and `.a2`; `None` when there are none.
pub(super) fn beside(text: &Path, sheets: Option<[bool; 3]>) -> Option<Beside> {
    if !text.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("txt")) {
        return None;
    }
    let sheet = |ending: &str| sheet(text, ending, sheets);
    if let Some(path) = sheet("ann") {
        return Some(Beside::Brat(path));
    }
    let (given, found) = (sheet("a1"), sheet("a2"));
    (given.is_some() || found.is_some()).then_some(Beside::Bionlp { given, found })
}

/// An annotation file beside a text; `sheets` says which are there, if somebody looked.
fn sheet(text: &Path, ending: &str, sheets: Option<[bool; 3]>) -> Option<PathBuf> {
    let path = text.with_extension(ending);
    let known = sheets.and_then(|sheets| SHEETS.iter().zip(sheets).find(|(sheet, _)| **sheet == ending));
    known.map_or_else(|| path.exists(), |(_, there)| there).then_some(path)
}

/// A document with what is to be said of it.
type Read = (Document, Format, Vec<Finding>);

/// Reads a text with what stands beside it.
pub(super) fn read(source: &Source, beside: Beside) -> Result<Read, Box<Finding>> {
    let (path, name) = (source.path.as_path(), &source.name());
    let text = SourceText::new(input::open(path)?.text()?);
    let content = |path: &Path| input::open(path)?.text();
    match beside {
        Beside::Brat(brat) => {
            let (document, mut findings) = brat::read(name, text, &brat, &content(&brat)?);
            let ignored = ["a1", "a2"].into_iter().find_map(|ending| sheet(path, ending, source.sheets));
            findings.extend(ignored.map(|path| {
                let message = "there is an .ann file with the same name, so this file is not read";
                Remark::warning("several-formats", message).on_file(&path)
            }));
            Ok((document, Format::Brat, findings))
        }
        Beside::Bionlp { given, found } => {
            let read = |path: Option<PathBuf>| path.map(|path| content(&path).map(|content| (path, content))).transpose();
            let (given, found) = (read(given)?, read(found)?);
            let (document, findings) = bionlp::read(
                name,
                text,
                given.as_ref().map(|(path, content)| (path.as_path(), content.as_str())),
                found.as_ref().map(|(path, content)| (path.as_path(), content.as_str())),
            );
            Ok((document, Format::Bionlp, findings))
        }
    }
}
