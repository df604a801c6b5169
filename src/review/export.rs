//! Result files, and by what they are known again when the document is opened next time.

use super::{JournalRecord, Session};
use crate::document::{AnnotationId, Document, Entity, Label};
use crate::formats::{Format, WriteError, WriteOptions, write_document};
use crate::text::CharSpan;
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
    /// The annotations that the document was opened with are in the journal, so its own file may be overwritten.
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
        let paths = write_document(&document, format, target, options)?;
        let record = self.record_export(index, fingerprint(&document), now).ok_or(ExportError::NoDocument(index))?;
        Ok(Exported { paths, record })
    }
}

/// A fingerprint of the spans that stand and of the relations between them: blake3 in hexadecimal.
///
/// It goes by what they say and not by their ids, and passes over what a file can't say: blanks in names, and whether a span that
/// runs over a line end is in one piece.
pub(super) fn fingerprint(document: &Document) -> String {
    let standing = |id: &AnnotationId| document.entities.get(id).filter(|it| it.status.stands());
    let mut lines: Vec<String> = document.entities.keys().filter_map(standing).map(|it| says(document, it)).collect();
    for relation in document.relations.values().filter(|it| it.status.stands()) {
        if let (Some(subject), Some(object)) = (standing(&relation.subject), standing(&relation.object)) {
            lines.push(format!("{} {} > {}", word(&relation.role), says(document, subject), says(document, object)));
        }
    }
    lines.sort_unstable();
    lines.dedup();
    blake3::hash(lines.join("\n").as_bytes()).to_hex().to_string()
}

fn says(document: &Document, entity: &Entity) -> String {
    let mut fragments = entity.spans.clone();
    fragments.sort_unstable();
    let mut pieces: Vec<CharSpan> = Vec::new();
    for fragment in fragments {
        match pieces.last_mut() {
            Some(last) if only_blanks_between(document, *last, fragment) => *last = last.hull(fragment),
            _ => pieces.push(fragment),
        }
    }
    let places: Vec<String> = pieces.iter().map(|piece| format!("{} {}", piece.start(), piece.end())).collect();
    format!("{} {}", word(&entity.label), places.join(";"))
}

fn only_blanks_between(document: &Document, first: CharSpan, second: CharSpan) -> bool {
    let between = CharSpan::new(first.end(), second.start());
    between.map_or(true, |gap| document.text.slice(gap).is_some_and(|text| text.chars().all(char::is_whitespace)))
}

fn word(label: &Label) -> String {
    label.as_str().replace(char::is_whitespace, "_")
}

#[cfg(test)]
mod tests;
