//! Which documents of a folder a person has decided on, for those who want to write there.

use super::file::{read_records, whole_lines};
use super::place::{content, journals_of};
use super::{JournalError, state_folder};
use crate::review::{JournalRecord, RecordKind};
use std::collections::BTreeSet;
use std::path::Path;

/// The keys of the documents in a folder on which its journals hold more than a model's proposals. Takes no lock and makes nothing: a
/// review may go on meanwhile, and what it decides from then on is not in the result.
///
/// # Errors
/// [`JournalError`] when a journal is damaged or can't be read.
pub fn reviewed_in(home: &Path) -> Result<BTreeSet<String>, JournalError> {
    reviewed_with(home, state_folder().as_deref())
}

fn reviewed_with(home: &Path, state: Option<&Path>) -> Result<BTreeSet<String>, JournalError> {
    let records = records_of(home, state)?.into_iter();
    Ok(records.filter(|record| record.kind != RecordKind::Merge).map(|record| record.document).collect())
}

/// The keys of the documents in a folder on which something was decided since they were last written into a result file, or that never
/// were. As [`reviewed_in`] it takes no lock.
///
/// # Errors
/// [`JournalError`] when a journal is damaged or can't be read.
pub fn unwritten_in(home: &Path) -> Result<BTreeSet<String>, JournalError> {
    unwritten_with(home, state_folder().as_deref())
}

fn unwritten_with(home: &Path, state: Option<&Path>) -> Result<BTreeSet<String>, JournalError> {
    let mut keys = BTreeSet::new();
    for record in records_of(home, state)? {
        match record.kind {
            RecordKind::Command | RecordKind::Undo | RecordKind::Redo => keys.insert(record.document),
            RecordKind::Export => keys.remove(&record.document),
            // Proposals, and how far a document is: no annotation stands by them.
            RecordKind::Merge | RecordKind::Marks => false,
        };
    }
    Ok(keys)
}

/// The records of all journals of a folder, one journal after the other.
fn records_of(home: &Path, state: Option<&Path>) -> Result<Vec<JournalRecord>, JournalError> {
    let mut records = Vec::new();
    for journal in journals_of(home, state) {
        if let Some(content) = content(&journal)? {
            records.extend(read_records(&journal, whole_lines(&content))?);
        }
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::super::Journal;
    use super::super::tests::one;
    use super::*;
    use crate::document::AnnotationId;
    use crate::review::Command;
    use std::fs;
    use std::time::UNIX_EPOCH;

    #[test]
    fn what_was_decided_here_or_elsewhere_counts_and_what_a_model_proposed_does_not() {
        let (home, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let reviewed = || reviewed_with(home.path(), Some(state.path())).unwrap().into_iter().collect::<Vec<_>>();
        assert!(reviewed().is_empty() && home.path().read_dir().unwrap().next().is_none(), "nothing is made");
        let accepted = one(home.path(), "[p53|Gene?] loss").perform(0, Command::Accept(AnnotationId::from("T1")), UNIX_EPOCH);
        let accepted = accepted.unwrap().record;
        let of = |document: &str, kind| JournalRecord { document: document.to_owned(), kind, ..accepted.clone() };
        let mut opened = Journal::open_with(home.path(), Some(state.path())).unwrap();
        opened.journal.append(&of("proposed", RecordKind::Merge)).unwrap();
        opened.journal.append(&of("decided", RecordKind::Command)).unwrap();
        assert_eq!(reviewed(), ["decided"], "though the folder is held");
        let unwritten = || unwritten_with(home.path(), Some(state.path())).unwrap().into_iter().collect::<Vec<_>>();
        assert_eq!(unwritten(), ["decided"]);
        opened.journal.append(&of("decided", RecordKind::Export)).unwrap();
        opened.journal.append(&of("decided", RecordKind::Marks)).unwrap();
        assert!(unwritten().is_empty());
        opened.journal.append(&of("decided", RecordKind::Undo)).unwrap();
        assert_eq!(unwritten(), ["decided"]);

        let elsewhere = journals_of(home.path(), Some(state.path())).nth(1).unwrap();
        fs::create_dir_all(elsewhere.parent().unwrap()).unwrap();
        let content = fs::read_to_string(opened.journal.path()).unwrap().replace("decided", "decided elsewhere");
        fs::write(&elsewhere, content + "{\"torn").unwrap();
        assert_eq!(reviewed(), ["decided", "decided elsewhere"]);
        fs::write(&elsewhere, "{}\n{}\n").unwrap();
        assert!(reviewed_with(home.path(), Some(state.path())).is_err());
    }
}
