//! What comes of one step of a reader that reads documents one at a time.

use super::finding::{Finding, Remark};
use crate::document::{AnnotationId, Document};
use std::path::Path;

/// What came of one line, block or element that should hold a document.
#[derive(Debug)]
pub struct Entry {
    /// The line at which it begins, from 1.
    pub line: u32,
    /// The document; `None` when there is none that could be read.
    pub document: Option<Document>,
    /// What is strange or wrong.
    pub findings: Vec<Finding>,
}

impl Entry {
    /// An entry that is only a finding.
    pub(super) fn refused(file: &Path, line: u32, remark: Remark) -> Self {
        Self { line, document: None, findings: vec![remark.on(file, line)] }
    }
}

/// The id of an annotation of a format without ids, behind `before` others of its kind.
pub(super) fn numbered(letter: char, before: usize) -> AnnotationId {
    AnnotationId::new(format!("{letter}{}", before + 1))
}
