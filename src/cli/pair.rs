//! The documents of two annotators, from the command line.

use super::exit::Failure;
use super::{console, input};
use crate::document::Document;
use crate::formats::{LoadReport, visible};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The two annotators that a command names.
#[derive(Debug, clap::Args)]
pub(super) struct Annotators {
    /// Folder or file of the first annotator.
    #[arg(value_name = "A")]
    pub(super) first: PathBuf,
    /// Folder or file of the second annotator.
    #[arg(value_name = "B")]
    pub(super) second: PathBuf,
}

/// Two annotators with their documents.
#[derive(Debug)]
pub(super) struct Pair {
    /// What the two are called.
    pub(super) names: [String; 2],
    reports: [LoadReport; 2],
}

impl Pair {
    /// Reads the documents of both. They are called as they are asked to be, or after their folders.
    ///
    /// # Errors
    /// A path does not exist or holds no document.
    pub(super) fn load(annotators: &Annotators, names: Option<&[String]>) -> Result<Self, Failure> {
        let Annotators { first, second } = annotators;
        let reports = [input::load_files(std::slice::from_ref(first))?, input::load_files(std::slice::from_ref(second))?];
        let names = match names {
            Some([first, second]) => [first.clone(), second.clone()],
            _ => names_of([first, second]),
        };
        Ok(Self { names, reports })
    }

    /// Whether nothing was wrong with what was read of both.
    pub(super) fn is_sound(&self) -> bool {
        self.reports.iter().all(input::is_sound)
    }

    /// The documents of the first and of the second.
    pub(super) fn documents(&self) -> [Vec<&Document>; 2] {
        let [first, second] = &self.reports;
        [first, second].map(|report| report.loaded.iter().map(|loaded| &loaded.document).collect())
    }

    /// The documents that both have, paired by name. Those that only one has, or whose texts differ, are told and left out; the
    /// number of these is returned too.
    pub(super) fn common(&self) -> (Vec<(&Document, &Document)>, usize) {
        let [first, second] = self.documents();
        let mut waiting: HashMap<&str, &Document> = HashMap::new();
        for document in &second {
            waiting.entry(&document.name).or_insert(document);
        }
        let (mut pairs, mut left_out) = (Vec::new(), 0);
        let mut say = |name: &str, what: &str| {
            left_out += 1;
            console::note(&format!("{}: {what}; it is left out", visible(name)));
        };
        for document in first {
            match waiting.remove(document.name.as_str()) {
                Some(other) if other.text == document.text => pairs.push((document, other)),
                Some(_) => say(&document.name, "the two texts differ, so their offsets do not mean the same"),
                None => say(&document.name, &format!("only {} has it", self.names[0])),
            }
        }
        for document in second.iter().filter(|document| waiting.contains_key(document.name.as_str())) {
            say(&document.name, &format!("only {} has it", self.names[1]));
        }
        (pairs, left_out)
    }
}

/// Names after folders or files; in full when they would be the same.
fn names_of(paths: [&Path; 2]) -> [String; 2] {
    let short = paths.map(|path| {
        let path = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        let name = if path.is_dir() { path.file_name() } else { path.file_stem() };
        name.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    });
    if short[0] == short[1] || short.iter().any(String::is_empty) { paths.map(|path| path.display().to_string()) } else { short }
}
