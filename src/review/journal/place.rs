//! Where the journal of a folder lies.

use super::JournalError;
use super::file::whole_lines;
use crate::formats::replace_bytes;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The journal's file name.
pub(super) const JOURNAL: &str = "journal.jsonl";

/// The file whose lock says that a process holds the folder.
pub(super) const LOCK: &str = "journal.lock";

/// Beside a journal that is a copy: the hash of what it was copied from.
const TAKEN: &str = "taken-from";

/// The folder in the curator's folder that is rolecall's own.
const OWN_FOLDER: &str = ".rolecall";

/// The user's state directory for rolecall; `None` when the user has no home.
pub fn state_folder() -> Option<PathBuf> {
    let dirs = directories::ProjectDirs::from("", "", "rolecall")?;
    Some(dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()).to_path_buf())
}

/// Where journals of a folder may lie.
pub(super) fn journals_of(home: &Path, state: Option<&Path>) -> impl Iterator<Item = PathBuf> {
    let away = state.map(|state| away_from(home, state));
    [Some(home.join(OWN_FOLDER)), away].into_iter().flatten().map(|folder| folder.join(JOURNAL))
}

/// The folder for the journal and lock of `home`, made if need be, and a notice when it is not in `home` itself.
pub(super) fn choose(home: &Path, state: Option<&Path>) -> Result<(PathBuf, Option<String>), JournalError> {
    choose_with(home, state, &writable_folder)
}

/// A journal that exists is continued where it is; else the folder itself is preferred.
fn choose_with(
    home: &Path,
    state: Option<&Path>,
    make: &dyn Fn(&Path) -> io::Result<()>,
) -> Result<(PathBuf, Option<String>), JournalError> {
    let own = home.join(OWN_FOLDER);
    let away = state.map(|state| away_from(home, state));
    let goes_on_away = away.as_ref().map_or(Ok(false), |away| goes_on(&own, away))?;
    let refused = match goes_on_away {
        true => None,
        false => match make(&own) {
            Ok(()) => return Ok((own, None)),
            Err(error) => Some(error),
        },
    };
    let Some(away) = away else {
        let source = refused.unwrap_or_else(|| io::ErrorKind::PermissionDenied.into());
        // Without a state directory there is nowhere else to go.
        return Err(JournalError::Io { path: own, source });
    };
    make(&away).map_err(JournalError::io(&away))?;
    if !goes_on_away {
        take_along(&own, &away)?;
    }
    let why = if refused.is_some() { "can't be written" } else { "could not be written before" };
    let notice = format!("{} {why}: the journal is in {}", home.display(), away.display());
    Ok((away, Some(notice)))
}

/// The folder in which the journal of `home` is gone on with, if there is any. Nothing is made.
pub(super) fn current(home: &Path, state: Option<&Path>) -> Result<PathBuf, JournalError> {
    let own = home.join(OWN_FOLDER);
    let away = state.map(|state| away_from(home, state));
    Ok(match away {
        Some(away) if goes_on(&own, &away)? => away,
        _ => own,
    })
}

/// Whether the journal that lies away goes on from the folder's own: it was begun there, or as a copy when the folder could not be
/// written, and the own one has nothing more.
fn goes_on(own: &Path, away: &Path) -> Result<bool, JournalError> {
    let (own, away, taken) = (own.join(JOURNAL), away.join(JOURNAL), away.join(TAKEN));
    let Some(there) = content(&away)? else { return Ok(false) };
    let Some(here) = content(&own)? else { return Ok(true) };
    // Records may have been set aside from the copy, so that it need not begin like the original.
    let is_taken = fs::read_to_string(taken).is_ok_and(|hash| hash == blake3::hash(&here).to_hex().as_str());
    if is_taken || there.starts_with(whole_lines(&here)) {
        Ok(true)
    } else if here.starts_with(whole_lines(&there)) {
        Ok(false)
    } else {
        Err(JournalError::Forked { own, away })
    }
}

/// `None` when there is no such file.
pub(super) fn content(path: &Path) -> Result<Option<Vec<u8>>, JournalError> {
    match fs::read(path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(JournalError::io(path)(error)),
    }
}

/// A journal in a folder that can't be written any more is continued as a copy, which knows of what.
fn take_along(own: &Path, away: &Path) -> Result<(), JournalError> {
    let (from, to, taken) = (own.join(JOURNAL), away.join(JOURNAL), away.join(TAKEN));
    let Some(content) = content(&from)? else { return Ok(()) };
    replace_bytes(&to, &content).map_err(JournalError::io(&to))?;
    // Cut off before this, the copy is known by its beginning.
    replace_bytes(&taken, blake3::hash(&content).to_hex().as_bytes()).map_err(JournalError::io(&taken))
}

/// One path for a folder however it was spelled: `a`, `./a` and a link to it are the same. As it is when there is no such folder.
pub(in crate::review) fn real(home: &Path) -> PathBuf {
    fs::canonicalize(home).unwrap_or_else(|_| home.to_path_buf())
}

/// Where the journal of a folder lies that can't be written: below the state directory, by a hash of where the folder is.
fn away_from(home: &Path, state: &Path) -> PathBuf {
    let name: String = blake3::hash(real(home).as_os_str().as_encoded_bytes()).to_hex().chars().take(16).collect();
    state.join("folders").join(name)
}

/// Makes the folder if it is not there, and tries whether files in it can be written.
fn writable_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::File::options().create(true).append(true).open(folder.join(LOCK)).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes folders, but not in one of these.
    fn all_but(refused: PathBuf) -> impl Fn(&Path) -> io::Result<()> {
        move |folder| {
            if folder.starts_with(&refused) { Err(io::ErrorKind::ReadOnlyFilesystem.into()) } else { writable_folder(folder) }
        }
    }

    #[test]
    fn the_folder_itself_is_preferred_and_a_journal_elsewhere_continued() {
        let (home, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let read_only = all_but(home.path().to_path_buf());
        let (away, notice) = choose_with(home.path(), Some(state.path()), &read_only).unwrap();
        assert!(away.starts_with(state.path()));
        assert!(notice.unwrap().contains("can't be written"));
        fs::write(away.join(JOURNAL), "decisions").unwrap();
        let (again, _) = choose_with(home.path(), Some(state.path()), &writable_folder).unwrap();
        assert_eq!(again, away, "what was begun elsewhere goes on there, even when the folder can be written now");
        let error = choose_with(home.path(), None, &read_only).unwrap_err();
        assert!(error.to_string().contains(".rolecall"), "{error}");

        let fresh = tempfile::tempdir().unwrap();
        let (own, notice) = choose_with(fresh.path(), Some(state.path()), &writable_folder).unwrap();
        assert_eq!((own, notice), (fresh.path().join(OWN_FOLDER), None));
    }

    #[test]
    fn a_journal_in_a_folder_that_became_read_only_is_taken_along() {
        let (home, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::create_dir(home.path().join(OWN_FOLDER)).unwrap();
        fs::write(home.path().join(OWN_FOLDER).join(JOURNAL), "decisions").unwrap();
        let (away, _) = choose_with(home.path(), Some(state.path()), &all_but(home.path().to_path_buf())).unwrap();
        assert_eq!(fs::read_to_string(away.join(JOURNAL)).unwrap(), "decisions");
    }

    #[test]
    fn what_was_decided_while_a_folder_was_read_only_goes_on_when_it_can_be_written_again() {
        let (home, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let own = home.path().join(OWN_FOLDER);
        fs::create_dir(&own).unwrap();
        let read_only = all_but(home.path().to_path_buf());
        let choose_read_only = || choose_with(home.path(), Some(state.path()), &read_only).map(|(folder, _)| folder);
        let choose = || choose_with(home.path(), Some(state.path()), &writable_folder).map(|(folder, _)| folder);
        // The torn line is cut off when the copy is opened.
        fs::write(own.join(JOURNAL), "1\n2\ntor").unwrap();
        let away = choose_read_only().unwrap();
        for journal in ["1\n2\n", "1\n2\n3\n", "1\n3\n"] {
            fs::write(away.join(JOURNAL), journal).unwrap();
            assert_eq!(choose().unwrap(), away, "{journal:?} goes on from the folder's own");
            assert_eq!(choose_read_only().unwrap(), away);
            assert_eq!(fs::read_to_string(away.join(JOURNAL)).unwrap(), journal);
        }

        fs::write(own.join(JOURNAL), "1\n2\n4\n").unwrap();
        let error = choose().unwrap_err();
        assert!(matches!(&error, JournalError::Forked { .. }) && error.to_string().contains("move the one away"), "{error}");

        // The folder's own journal went on from what was copied: the copy has nothing that it lacks.
        fs::write(away.join(JOURNAL), "1\n2\n").unwrap();
        assert_eq!(choose().unwrap(), own);
        assert_eq!(choose_read_only().unwrap(), away);
        assert_eq!(fs::read_to_string(away.join(JOURNAL)).unwrap(), "1\n2\n4\n");
    }
}
