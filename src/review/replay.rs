//! From the records of a journal back to the session that wrote them.

use super::fingerprint::Fingerprint;
use super::{JournalRecord, RecordKind, Session, SessionDocument};
use crate::document::{Document, TransactionError};
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// What was replayed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Records that were carried out.
    pub records: usize,
    /// Documents that the journal knows and the session does not hold: their records stay in the journal untouched.
    pub elsewhere: Vec<String>,
    /// Documents whose text or annotations are no longer those of their records, by their place in the session, and why. They must
    /// leave the session before anything is done with it.
    pub unfit: Vec<(usize, ReplayError)>,
}

/// Why a journal can't be replayed. Nothing is lost: the journal stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// The text of a document is not the one that was reviewed.
    #[error(
        "the text of {document:?} changed since it was reviewed: its {records} recorded decisions no longer fit. \
         Put the old text back, or set its decisions aside with --set-aside {document:?}"
    )]
    TextChanged {
        /// The document's key.
        document: String,
        /// How many records there are.
        records: usize,
    },
    /// The annotations in the file of a document are neither those that were reviewed nor those that were exported.
    #[error(
        "the annotations of {document:?} were changed by another program since they were reviewed here. \
         Put the old file back, or set the recorded decisions aside with --set-aside {document:?}"
    )]
    AnnotationsChanged {
        /// The document's key.
        document: String,
    },
    /// A record that does not follow from those before it.
    #[error("record {number} of {document:?} does not follow from the records before it: {why}")]
    Broken {
        /// The document's key.
        document: String,
        /// Number of the record.
        number: u64,
        /// What is wrong.
        why: String,
    },
}

impl Session {
    /// Carries out the records of a folder's journal on the documents of that folder. Meant for a session that nobody worked in yet.
    ///
    /// # Errors
    /// [`ReplayError::Broken`] when the records do not follow from each other; the session must not be used then.
    pub fn replay(&mut self, home: &Path, records: &[JournalRecord]) -> Result<Replayed, ReplayError> {
        let mut replayed = Replayed::default();
        let (mut elsewhere, mut unfit) = (HashSet::new(), HashSet::new());
        let home = &super::journal::real(home);
        // A look through all documents for every record would take a second for ten thousand of each.
        let here = self.documents().iter().enumerate().filter(|(_, it)| it.home() == home);
        let places: HashMap<String, usize> = here.map(|(index, it)| (it.key().to_owned(), index)).collect();
        let mut by_document: HashMap<&str, Vec<&JournalRecord>> = HashMap::new();
        for record in records {
            by_document.entry(&record.document).or_default().push(record);
        }
        for record in records {
            let place = places.get(&record.document).copied();
            let Some((index, open)) = place.and_then(|index| Some((index, self.documents_mut().get_mut(index)?))) else {
                if elsewhere.insert(&record.document) {
                    replayed.elsewhere.push(record.document.clone());
                }
                continue;
            };
            if unfit.contains(&index) {
                continue;
            }
            if open.last_number() == 0 {
                let mine = by_document.get(record.document.as_str()).map_or(&[][..], Vec::as_slice);
                match begin(open, record, mine) {
                    Ok(()) => {}
                    Err(broken @ ReplayError::Broken { .. }) => return Err(broken),
                    Err(changed) => {
                        unfit.insert(index);
                        replayed.unfit.push((index, changed));
                        continue;
                    }
                }
            }
            check(open, record)?;
            self.carry_out(index, record).map_err(|error| broken(record, &error))?;
            replayed.records += 1;
        }
        Ok(replayed)
    }
}

/// Compares the file with what the journal says of it, and goes back to the annotations that were reviewed.
fn begin(open: &mut SessionDocument, first: &JournalRecord, mine: &[&JournalRecord]) -> Result<(), ReplayError> {
    let mine = || mine.iter().copied();
    if mine().any(|record| record.text != open.text_hash()) {
        return Err(ReplayError::TextChanged { document: first.document.clone(), records: mine().count() });
    }
    let on_disk = Fingerprint::of(open.document());
    let Some(base) = &first.base else {
        return Err(ReplayError::Broken {
            document: first.document.clone(),
            number: first.number,
            why: "the first record of a document must say what it held".to_owned(),
        });
    };
    open.rebase(base).map_err(|error| broken(first, &error))?;
    let exported = mine().any(|record| match (&record.all, &record.fingerprint) {
        (Some(all), _) => *all == on_disk.all,
        (None, Some(relations)) => *relations == on_disk.relations,
        (None, None) => false,
    });
    if Fingerprint::of(open.document()).all == on_disk.all || exported || was_ever(open.document(), mine(), &on_disk) {
        Ok(())
    } else {
        Err(ReplayError::AnnotationsChanged { document: first.document.clone() })
    }
}

/// Whether the annotations on disk are what stood behind any of these records: an export whose own record was lost.
fn was_ever<'a>(base: &Document, records: impl Iterator<Item = &'a JournalRecord>, on_disk: &Fingerprint) -> bool {
    let mut document = base.clone();
    let mut states = records.map_while(|record| record.transaction.apply(&mut document).ok().map(|_| Fingerprint::of(&document)));
    // A file without anything beyond relations may be in a format that holds no more.
    let fits = |state: Fingerprint| state.all == on_disk.all || !on_disk.says_more && state.relations == on_disk.relations;
    states.any(fits)
}

fn check(open: &SessionDocument, record: &JournalRecord) -> Result<(), ReplayError> {
    let why = |why: String| ReplayError::Broken { document: record.document.clone(), number: record.number, why };
    if record.number != open.last_number() + 1 {
        return Err(why(format!("number {} was expected", open.last_number() + 1)));
    }
    let expected = match record.kind {
        RecordKind::Redo => open.history().redo_plan(open.document()).map(|(number, _)| number),
        _ => open.history().current(),
    };
    let step = matches!(record.kind, RecordKind::Undo | RecordKind::Redo);
    if record.parent != expected || step && expected.is_none() {
        return Err(why("it was made on another step".to_owned()));
    }
    Ok(())
}

fn broken(record: &JournalRecord, error: &TransactionError) -> ReplayError {
    ReplayError::Broken {
        document: record.document.clone(),
        number: record.number,
        why: error.to_string().escape_debug().to_string(),
    }
}
