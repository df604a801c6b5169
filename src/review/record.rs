//! One line of the journal.

use crate::document::{Transaction, is_default};
use crate::text::SourceText;
use serde::{Deserialize, Serialize};
use std::time::{SystemTime, UNIX_EPOCH};

/// What a record stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    /// A command that changed annotations: an undo step.
    Command,
    /// A command that changed what is said of the document as a whole: an undo step too.
    Marks,
    /// The model's proposals came in: no undo step.
    Merge,
    /// A step was taken back.
    Undo,
    /// A step was done again.
    Redo,
    /// A result file was written: changes nothing in the document.
    Export,
}

/// One change of one document, as it stands in the journal: one line of JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JournalRecord {
    /// Counts the records of its document from 1, without gaps.
    pub number: u64,
    /// For commands, marks, merges and exports the undo step that the document stood at (`None`: as it was opened);
    /// for undo and redo the step that is taken back or done again.
    pub parent: Option<u64>,
    /// When, in milliseconds since 1970-01-01 UTC.
    pub time: u64,
    /// Who: the curator's name, or the model's for a merge.
    pub who: String,
    /// The document's key: its name, with `#2`, `#3` … when its folder holds several of one name. Untrusted.
    pub document: String,
    /// blake3 of the document's text, in hexadecimal.
    pub text: String,
    /// What it stands for.
    pub kind: RecordKind,
    /// Keys that were pressed since the record before, by this person in this session.
    #[serde(default, skip_serializing_if = "is_default")]
    pub keys: u32,
    /// What changed, ready to be applied.
    pub transaction: Transaction,
    /// Only in the first record of a document: insertions that rebuild the annotations it was opened with, so that the history holds
    /// even after its file was overwritten by an export.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Transaction>,
    /// Only in exports: fingerprint of the spans and relations that were written, by which the file is known again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Only in exports: fingerprint of all annotations that were written. Records of the first versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all: Option<String>,
}

/// Milliseconds since 1970-01-01 UTC; 0 for times before.
pub fn millis(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// blake3 of a text, in hexadecimal.
pub fn text_hash(text: &SourceText) -> String {
    blake3::hash(text.as_str().as_bytes()).to_hex().to_string()
}
