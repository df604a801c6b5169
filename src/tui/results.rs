//! Writing the result files of several documents.

use super::app::App;
use super::event::{AppEvent, Refused};
use super::run::Export;
use crate::review::{Exported, JournalRecord};
use std::time::SystemTime;

/// Writes the result files of these documents, also of those behind one that can't be written. Returns the records of what was
/// written, with their documents, and what is to be told.
pub(super) fn write(
    app: &mut App,
    export: &mut Export,
    documents: &[usize],
    now: SystemTime,
) -> (Vec<(usize, JournalRecord)>, AppEvent) {
    let (mut records, mut files) = (Vec::new(), Vec::new());
    let mut refused: Option<Refused> = None;
    for &document in documents {
        match export(&mut app.session, document, now) {
            Ok(Exported { paths, record }) => {
                files = paths;
                records.push((document, record));
            }
            Err(reason) => {
                let name = || app.document_at(document).map(|document| document.name.clone()).unwrap_or_default();
                refused.get_or_insert_with(|| Refused { documents: 0, first: name(), reason }).documents += 1;
            }
        }
    }
    let told = AppEvent::Exported { documents: records.len(), files, refused };
    (records, told)
}
