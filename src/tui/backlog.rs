//! Records on their way to the journals.

use super::event::Unsaved;
use crate::review::{JournalRecord, Session};
use std::collections::HashSet;
use std::fmt::Display;
use std::path::Path;

/// Records that are not on disk yet, in the order in which they were made.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    waiting: Vec<(usize, JournalRecord)>,
}

impl Backlog {
    /// Lets a record of a document wait.
    pub(super) fn push(&mut self, document: usize, record: JournalRecord) {
        self.waiting.push((document, record));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Appends all that waits to the journals of its folders. What can't be written goes on waiting, and with it what came later in
    /// the same folder: a journal with a gap could not be replayed. Other folders do not suffer from it.
    ///
    /// # Errors
    /// How many are left, if any, and the first reason.
    pub(super) fn write<E: Display>(
        &mut self,
        session: &Session,
        mut append: impl FnMut(&Path, &JournalRecord) -> Result<(), E>,
    ) -> Result<(), Unsaved> {
        let mut failure = None;
        let mut refused: HashSet<&Path> = HashSet::new();
        self.waiting.retain(|(document, record)| {
            // A session lets no document go while it is reviewed.
            let Some(home) = session.get(*document).map(|open| open.home()) else { return false };
            if refused.contains(home) {
                return true;
            }
            let Err(error) = append(home, record) else { return false };
            refused.insert(home);
            failure.get_or_insert_with(|| error.to_string());
            true
        });
        failure.map_or(Ok(()), |reason| Err(Unsaved { count: self.waiting.len(), reason }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Schema;
    use crate::review::dsl::sketch;
    use crate::review::{Command, OpenDocument};
    use std::sync::Arc;
    use std::time::UNIX_EPOCH;

    /// A session on a document in each of these folders, and three records of each in turns.
    fn decided(homes: [&str; 2]) -> (Session, Backlog) {
        let open = |home: &str| OpenDocument { document: sketch("[a|Gene?] b").document, home: home.into() };
        let mut session = Session::new(homes.map(open).to_vec(), Arc::new(Schema::agac().unwrap()), "curator");
        let mut backlog = Backlog::default();
        for document in [0, 1, 0, 1, 0, 1] {
            let outcome = session.perform(document, Command::Flag, UNIX_EPOCH).unwrap();
            backlog.push(document, outcome.record);
        }
        (session, backlog)
    }

    #[test]
    fn a_folder_that_refuses_does_not_keep_another_from_being_written() {
        let (session, mut backlog) = decided(["full", "free"]);
        let mut written = Vec::new();
        let mut tries = 0;
        let told = backlog.write(&session, |home, record| {
            if home == Path::new("full") {
                tries += 1;
                return Err("the disk is full");
            }
            written.push(record.number);
            Ok(())
        });
        let unsaved = Unsaved { count: 3, reason: "the disk is full".to_owned() };
        assert_eq!((told, tries), (Err(unsaved), 1));
        assert_eq!(written, [1, 2, 3]);
        let again = backlog.write(&session, |home, record| {
            assert_eq!(home, Path::new("full"));
            written.push(record.number);
            Ok::<(), String>(())
        });
        assert_eq!(again, Ok(()));
        assert_eq!(written, [1, 2, 3, 1, 2, 3], "in the order in which they were made");
        assert!(backlog.is_empty());
    }
}
