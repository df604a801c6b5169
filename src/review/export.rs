//! Result files, and by what they are known again when the document is opened next time.

use super::{JournalRecord, Session};
use crate::document::{AnnotationId, Document};
use std::path::PathBuf;

/// What was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Exported {
    /// The files.
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
}

/// A fingerprint of the annotations that stand, by what they say and not by their ids: blake3 in hexadecimal.
pub(super) fn fingerprint(document: &Document) -> String {
    let entity = |id: &AnnotationId| match document.entities.get(id) {
        Some(entity) => format!("{:?} {:?}", entity.label.as_str(), entity.spans),
        None => format!("{:?}", id.as_str()),
    };
    let entities = document.entities.values().filter(|it| it.status.stands()).map(|it| entity(&it.id));
    let relations = document.relations.values().filter(|it| it.status.stands());
    let relations = relations.map(|it| format!("{:?} {} > {}", it.role.as_str(), entity(&it.subject), entity(&it.object)));
    let mut lines: Vec<String> = entities.chain(relations).collect();
    lines.sort_unstable();
    blake3::hash(lines.join("\n").as_bytes()).to_hex().to_string()
}

impl Session {}
