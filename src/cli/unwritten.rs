//! Documents whose review has gone on since their files were written: commands that read the files alone have to say so.

use super::{console, input};
use crate::formats::LoadReport;
use crate::review::unwritten_in;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// Counts documents with decisions that are in no file yet, by folder.
#[derive(Debug, Default)]
pub(super) struct Unwritten {
    /// For each folder the documents that have such decisions.
    keys: HashMap<PathBuf, BTreeSet<String>>,
    counts: HashMap<PathBuf, usize>,
}

impl Unwritten {
    /// Takes note of a document that was read from this file.
    pub(super) fn saw(&mut self, source: &Path, name: &str) {
        let home = input::folder_of(source);
        if !self.keys.contains_key(home) {
            // A journal that can't be read is told by the commands that need it.
            self.keys.insert(home.to_path_buf(), unwritten_in(home).unwrap_or_default());
        }
        if self.keys.get(home).is_some_and(|keys| keys.contains(name)) {
            *self.counts.entry(home.to_path_buf()).or_default() += 1;
        }
    }

    /// Says how many there were.
    pub(super) fn tell(self) {
        let mut counts: Vec<_> = self.counts.into_iter().collect();
        counts.sort();
        for (home, count) in counts {
            console::note(&format!(
                "{}: {count} documents have decisions that are in no file yet, and are read as their files are; `rolecall export` \
                 writes what was decided.",
                home.display()
            ));
        }
    }
}

/// Says so of all documents that were loaded.
pub(super) fn tell(report: &LoadReport) {
    let mut unwritten = Unwritten::default();
    report.loaded.iter().for_each(|loaded| unwritten.saw(&loaded.source, &loaded.document.name));
    unwritten.tell();
}
