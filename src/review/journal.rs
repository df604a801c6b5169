//! The journal: every change as a line of JSON, on disk before it is shown.
//!
//! `<folder>/.rolecall/journal.jsonl`; for a folder that can't be written, below the user's state directory. One process holds a
//! folder at a time.

mod file;
mod lock;
mod place;
mod reviewed;
mod set_aside;

pub(super) use place::real;
pub use place::state_folder;
pub use reviewed::{Unwritten, reviewed_in};
pub use set_aside::set_aside;

use super::{JournalRecord, ReplayError, Session};
use file::LogFile;
use lock::Lock;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

/// The journal of one folder, held by this process until it is dropped.
#[derive(Debug)]
pub struct Journal {
    file: LogFile,
    /// Released when the journal is dropped.
    _lock: Lock,
}

/// A journal that was opened, and what it holds.
#[derive(Debug)]
pub struct Opened {
    /// Ready to be appended to.
    pub journal: Journal,
    /// All records, in the order in which they were made.
    pub records: Vec<JournalRecord>,
    /// What a person should know: a torn last line that was cut off, a journal that lies elsewhere. May be empty.
    pub notices: Vec<String>,
}

/// Why a journal can't be opened or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another process reviews this folder.
    #[error("{} is under review by {holder}: close it there first", folder.display())]
    Held {
        /// The folder.
        folder: PathBuf,
        /// Who holds it: `process 4711`, or `another process`.
        holder: String,
    },
    /// The file is no journal of rolecall, or one of a version that this program does not know.
    #[error("{}:1: this is not a journal that this version of rolecall can read ({why}): move it away to start a new one", file.display())]
    Foreign {
        /// The file.
        file: PathBuf,
        /// What was found.
        why: String,
    },
    /// A line before the last that is no record.
    #[error("{}:{line}: this line of the journal is damaged ({why}); nothing was changed. Take the line out or restore the file", file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// The folder's journal and the one that was begun elsewhere while the folder could not be written say different things.
    #[error(
        "{} and {} both hold decisions on the same documents, and neither goes on from the other: move the one away that is not to count",
        own.display(),
        away.display()
    )]
    Forked {
        /// In the folder.
        own: PathBuf,
        /// In the user's state directory.
        away: PathBuf,
    },
    /// The journal does not fit the documents.
    #[error("{}: {source}", file.display())]
    Replay {
        /// The journal.
        file: PathBuf,
        /// What does not fit.
        source: ReplayError,
    },
    /// The file system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

impl JournalError {
    fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::Io { path: path.to_path_buf(), source }
    }
}

impl Journal {
    /// Opens or begins the journal of a folder and holds the folder.
    ///
    /// # Errors
    /// [`JournalError`] when another process holds it, when the journal is foreign or damaged, or when nothing can be written,
    /// neither there nor in the user's state directory.
    pub fn open(home: &Path) -> Result<Opened, JournalError> {
        Self::open_with(home, state_folder().as_deref())
    }

    /// The same with a state directory of the caller's choice; `None` when there is none.
    ///
    /// # Errors
    /// As for [`Journal::open`].
    pub fn open_with(home: &Path, state: Option<&Path>) -> Result<Opened, JournalError> {
        let (folder, notice) = place::choose(home, state)?;
        let lock = Lock::take(&folder, home)?;
        let (file, records, torn) = LogFile::open(&folder.join(place::JOURNAL))?;
        let notices = notice.into_iter().chain(torn).collect();
        Ok(Opened { journal: Self { file, _lock: lock }, records, notices })
    }

    /// Where the journal lies.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Appends a record and waits until it is on disk.
    ///
    /// # Errors
    /// [`JournalError::Io`] when that failed; the journal then holds what it held before.
    pub fn append(&mut self, record: &JournalRecord) -> Result<(), JournalError> {
        self.file.append(record)
    }
}

/// The journals of all folders that a session has documents of.
#[derive(Debug, Default)]
pub struct Journals {
    by_home: BTreeMap<PathBuf, Journal>,
}

/// What [`Journals::resume`] found.
#[derive(Debug, Default)]
pub struct Resumed {
    /// Ready to be appended to.
    pub journals: Journals,
    /// The notices of [`Opened`], for all folders.
    pub notices: Vec<String>,
    /// Documents that the session had and has no more, in the order of the session.
    pub left_out: Vec<LeftOut>,
}

/// A document that changed since it was reviewed, so that its recorded decisions no longer fit. They stay in the journal untouched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its index in the session before any document was left out.
    pub index: usize,
    /// What the journal calls it, for [`set_aside`]. Untrusted.
    pub key: String,
    /// The journal that holds its decisions.
    pub journal: PathBuf,
    /// What changed.
    pub why: ReplayError,
}

impl Journals {
    /// Opens the journals of a new session and replays them into it. Documents that changed since they were reviewed leave the
    /// session, so that they do not keep the others from being reviewed.
    ///
    /// # Errors
    /// [`JournalError`] for the first folder whose journal can't be opened or is damaged, or when no document would be left.
    pub fn resume(session: &mut Session) -> Result<Resumed, JournalError> {
        Self::resume_with(session, state_folder().as_deref())
    }

    /// The same with a state directory of the caller's choice.
    ///
    /// # Errors
    /// As for [`Journals::resume`].
    pub fn resume_with(session: &mut Session, state: Option<&Path>) -> Result<Resumed, JournalError> {
        let (mut journals, mut notices) = (Self::default(), Vec::new());
        let left_out = replay_all(session, &mut |home| {
            let Opened { journal, records, notices: more } = Journal::open_with(home, state)?;
            let file = journal.path().to_path_buf();
            notices.extend(more);
            journals.by_home.insert(home.to_path_buf(), journal);
            Ok((file, records))
        })?;
        Ok(Resumed { journals, notices, left_out })
    }

    /// Replays the journals into a new session as [`Journals::resume`] does, but takes no lock and makes nothing: a review may go on
    /// meanwhile, and what it decides from then on is not in the session.
    ///
    /// # Errors
    /// As for [`Journals::resume`], but for what only concerns writing.
    pub fn look(session: &mut Session) -> Result<Vec<LeftOut>, JournalError> {
        Self::look_with(session, state_folder().as_deref())
    }

    fn look_with(session: &mut Session, state: Option<&Path>) -> Result<Vec<LeftOut>, JournalError> {
        replay_all(session, &mut |home| {
            let file = place::current(home, state)?.join(place::JOURNAL);
            let records = reviewed::records_in(&file)?;
            Ok((file, records))
        })
    }

    /// Journals that keep nothing: for tests and demonstrations.
    pub fn none() -> Self {
        Self::default()
    }

    /// Appends a record of a document of this folder and waits until it is on disk. A folder without a journal keeps nothing.
    ///
    /// # Errors
    /// [`JournalError::Io`] when that failed.
    pub fn append(&mut self, home: &Path, record: &JournalRecord) -> Result<(), JournalError> {
        let home = if self.by_home.contains_key(home) { home.to_path_buf() } else { real(home) };
        self.by_home.get_mut(&home).map_or(Ok(()), |journal| journal.append(record))
    }
}

/// The file of a journal and its records.
type Recorded = (PathBuf, Vec<JournalRecord>);

/// Replays what `read` gives of each folder into a new session. The documents that changed since they were reviewed leave it.
fn replay_all(
    session: &mut Session,
    read: &mut dyn FnMut(&Path) -> Result<Recorded, JournalError>,
) -> Result<Vec<LeftOut>, JournalError> {
    let homes: BTreeSet<PathBuf> = session.documents().iter().map(|document| document.home().to_path_buf()).collect();
    let mut left_out = Vec::new();
    for home in homes {
        let (file, records) = read(&home)?;
        match session.replay(&home, &records) {
            Ok(replayed) => left_out.extend(replayed.unfit.into_iter().filter_map(|(index, why)| {
                let key = session.get(index)?.key().to_owned();
                Some(LeftOut { index, key, journal: file.clone(), why })
            })),
            Err(source) => return Err(JournalError::Replay { file, source }),
        }
    }
    left_out.sort_by_key(|left| left.index);
    if let Some(first) = left_out.first().filter(|_| left_out.len() == session.documents().len()) {
        return Err(JournalError::Replay { file: first.journal.clone(), source: first.why.clone() });
    }
    session.leave_out(&left_out.iter().map(|left| left.index).collect::<Vec<_>>());
    Ok(left_out)
}

#[cfg(test)]
mod tests;
