//! Which documents of a folder a person has decided on, for those who want to write there.

use super::file::{read_records, whole_lines};
use super::place::{content, journals_of};
use super::{JournalError, state_folder};
use crate::document::Document;
use crate::review::fingerprint::Fingerprint;
use crate::review::{JournalRecord, RecordKind};
use std::collections::{BTreeMap, BTreeSet};
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

/// What was decided on the documents of a folder and is perhaps not in their files.
#[derive(Debug, Default)]
pub struct Unwritten {
    /// For each document on which something was decided the fingerprint of what was last written of it; `None` when something was
    /// decided since.
    written: BTreeMap<String, Option<String>>,
}

impl Unwritten {
    /// Of the documents in a folder. As [`reviewed_in`] it takes no lock.
    ///
    /// # Errors
    /// [`JournalError`] when a journal is damaged or can't be read.
    pub fn of(home: &Path) -> Result<Self, JournalError> {
        Self::with(home, state_folder().as_deref())
    }

    fn with(home: &Path, state: Option<&Path>) -> Result<Self, JournalError> {
        let mut written = BTreeMap::new();
        for record in records_of(home, state)? {
            match record.kind {
                RecordKind::Command | RecordKind::Undo | RecordKind::Redo => {
                    written.insert(record.document, None);
                }
                RecordKind::Export => match (written.get_mut(&record.document), record.all) {
                    (Some(decided), Some(all)) => *decided = Some(all),
                    // Records of the first versions do not say what was written.
                    (_, None) => drop(written.remove(&record.document)),
                    (None, Some(_)) => {}
                },
                // Proposals, and how far a document is: no annotation stands by them.
                RecordKind::Merge | RecordKind::Marks => {}
            }
        }
        Ok(Self { written })
    }

    /// Whether a document, as its file holds it, is another one than what was decided on it. What was written elsewhere is not in its
    /// file for that.
    pub fn misses(&self, document: &Document) -> bool {
        let decided = self.written.get(&document.name);
        decided.is_some_and(|written| written.as_ref().is_none_or(|all| *all != Fingerprint::of(document).all))
    }
}

/// The records of all journals of a folder, one journal after the other.
fn records_of(home: &Path, state: Option<&Path>) -> Result<Vec<JournalRecord>, JournalError> {
    let mut records = Vec::new();
    for journal in journals_of(home, state) {
        records.extend(records_in(&journal)?);
    }
    Ok(records)
}

/// The records of a journal, without a line that is being written; none when there is no such file.
pub(super) fn records_in(journal: &Path) -> Result<Vec<JournalRecord>, JournalError> {
    content(journal)?.map_or(Ok(Vec::new()), |content| read_records(journal, whole_lines(&content)))
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
        let elsewhere = journals_of(home.path(), Some(state.path())).nth(1).unwrap();
        fs::create_dir_all(elsewhere.parent().unwrap()).unwrap();
        let content = fs::read_to_string(opened.journal.path()).unwrap().replace("decided", "decided elsewhere");
        fs::write(&elsewhere, content + "{\"torn").unwrap();
        assert_eq!(reviewed(), ["decided", "decided elsewhere"]);
        fs::write(&elsewhere, "{}\n{}\n").unwrap();
        assert!(reviewed_with(home.path(), Some(state.path())).is_err());
    }

    #[test]
    fn a_file_misses_what_was_decided_until_it_holds_it_wherever_else_it_was_written() {
        let (home, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut session = one(home.path(), "[p53|Gene?] loss");
        let accepted = session.perform(0, Command::Accept(AnnotationId::from("T1")), UNIX_EPOCH).unwrap().record;
        let decided = Document::clone(&session.get(0).unwrap().snapshot());
        let mut undecided = decided.clone();
        undecided.entities.clear();
        let mut opened = Journal::open_with(home.path(), Some(state.path())).unwrap();
        let misses = || {
            let unwritten = Unwritten::with(home.path(), Some(state.path())).unwrap();
            [&undecided, &decided].map(|document| unwritten.misses(document))
        };
        let of = |kind, all: Option<String>| JournalRecord { kind, all, ..accepted.clone() };
        let all = Some(Fingerprint::of(&decided).all);
        opened.journal.append(&of(RecordKind::Merge, None)).unwrap();
        opened.journal.append(&of(RecordKind::Export, all.clone())).unwrap();
        assert_eq!(misses(), [false, false], "nothing was decided");
        opened.journal.append(&of(RecordKind::Command, None)).unwrap();
        assert_eq!(misses(), [true, true]);
        opened.journal.append(&of(RecordKind::Export, all)).unwrap();
        opened.journal.append(&of(RecordKind::Marks, None)).unwrap();
        assert_eq!(misses(), [true, false]);
        opened.journal.append(&of(RecordKind::Undo, None)).unwrap();
        assert_eq!(misses(), [true, true]);
        opened.journal.append(&of(RecordKind::Export, None)).unwrap();
        assert_eq!(misses(), [false, false], "an old record");
    }
}
