//! Result files.

use super::fingerprint::Fingerprint;
use super::{JournalRecord, Session};
use crate::formats::{Format, WriteError, WriteMany, WriteOptions, Written, load_paths, write_and_read_back};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Exported {
    /// The files that hold the document now.
    pub paths: Vec<PathBuf>,
    /// To be appended to the journal.
    pub record: JournalRecord,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// There is no such document in the session.
    #[error("there is no document number {0} in this session")]
    NoDocument(usize),
    /// The file could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl Session {
    /// Writes the result files of a document into the folder `target`: what stands, and what `options` add.
    ///
    /// The annotations that the document was opened with are in the journal, so its own file may be overwritten. When `options` are
    /// careful, of other files only those are that hold an earlier export of this document.
    ///
    /// # Errors
    /// [`ExportError`] when there is no such document or the file can't be written; then nothing was changed.
    pub fn export(
        &mut self,
        index: usize,
        format: Format,
        target: &Path,
        options: &WriteOptions,
        now: SystemTime,
    ) -> Result<Exported, ExportError> {
        let document = self.get(index).ok_or(ExportError::NoDocument(index))?.snapshot();
        let written = match write_and_read_back(&document, format, target, options) {
            Err(WriteError::Holds(_)) if self.holds_export(index, format, target) => {
                write_and_read_back(&document, format, target, &WriteOptions { careful: false, ..options.clone() })
            }
            written => written,
        };
        let Written { paths, read } = written?;
        // A format may hold less than the document does: the file is known again by what is in it.
        let fingerprint = Fingerprint::of(read.as_ref().unwrap_or(&document));
        let record = self.record_export(index, fingerprint, now).ok_or(ExportError::NoDocument(index))?;
        Ok(Exported { paths, record })
    }

    /// Whether the files that an export would replace hold what an earlier one of this document wrote.
    fn holds_export(&self, index: usize, format: Format, target: &Path) -> bool {
        let Some(open) = self.get(index) else { return false };
        let files = WriteMany::files_of(&open.document().name, format, target);
        let held = load_paths(files.get(..1).unwrap_or_default()).loaded;
        matches!(held.as_slice(), [only] if open.has_exported(&Fingerprint::of(&only.document)))
    }
}

#[cfg(test)]
mod tests;
