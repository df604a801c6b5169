//! Documents whose review has gone on since their files were written: commands that read the files alone have to say so.

use super::{console, input};
use crate::document::Document;
use crate::formats::LoadReport;
use crate::review::Unwritten;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Counts documents whose files do not hold what was decided, by folder.
#[derive(Debug, Default)]
pub(super) struct Missing {
    folders: HashMap<PathBuf, Unwritten>,
    counts: HashMap<PathBuf, usize>,
}

impl Missing {
    /// Takes note of a document that was read from this file.
    pub(super) fn saw(&mut self, source: &Path, document: &Document) {
        let home = input::folder_of(source);
        if !self.folders.contains_key(home) {
            // A journal that can't be read is told by the commands that need it.
            self.folders.insert(home.to_path_buf(), Unwritten::of(home).unwrap_or_default());
        }
        if self.folders.get(home).is_some_and(|unwritten| unwritten.misses(document)) {
            *self.counts.entry(home.to_path_buf()).or_default() += 1;
        }
    }

    /// Says how many there were.
    pub(super) fn tell(self) {
        let mut counts: Vec<_> = self.counts.into_iter().collect();
        counts.sort();
        for (home, count) in counts {
            console::note(&format!(
                "{}: {count} documents stand otherwise in their review than in their files, and are read as their files are; \
                 `rolecall export` writes what was decided.",
                home.display()
            ));
        }
    }
}

/// Says so of all documents that were loaded.
pub(super) fn tell(report: &LoadReport) {
    let mut missing = Missing::default();
    report.loaded.iter().for_each(|loaded| missing.saw(&loaded.source, &loaded.document));
    missing.tell();
}
