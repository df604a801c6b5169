//! Where the journal of a folder lies.

use super::JournalError;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The journal's file name.
pub(super) const JOURNAL: &str = "journal.jsonl";

/// The file whose lock says that a process holds the folder.
pub(super) const LOCK: &str = "journal.lock";

/// The folder in the curator's folder that is rolecall's own.
const OWN_FOLDER: &str = ".rolecall";

/// The user's state directory for rolecall; `None` when the user has no home.
pub fn state_folder() -> Option<PathBuf> {
    let dirs = directories::ProjectDirs::from("", "", "rolecall")?;
    Some(dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()).to_path_buf())
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
    let away = state.map(|state| state.join("folders").join(name_of(home)));
    let continued = away.as_ref().filter(|away| !own.join(JOURNAL).exists() && away.join(JOURNAL).exists());
    let refused = match continued {
        Some(_) => None,
        None => match make(&own) {
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
    take_along(&own, &away)?;
    let why = if refused.is_some() { "can't be written" } else { "could not be written before" };
    let notice = format!("{} {why}: the journal is in {}", home.display(), away.display());
    Ok((away, Some(notice)))
}

/// A journal in a folder that can't be written any more is continued as a copy.
fn take_along(own: &Path, away: &Path) -> Result<(), JournalError> {
    let (from, to) = (own.join(JOURNAL), away.join(JOURNAL));
    if from.exists() && !to.exists() {
        fs::copy(&from, &to).map_err(JournalError::io(&from))?;
    }
    Ok(())
}

/// One path for a folder however it was spelled: `a`, `./a` and a link to it are the same. As it is when there is no such folder.
pub(in crate::review) fn real(home: &Path) -> PathBuf {
    fs::canonicalize(home).unwrap_or_else(|_| home.to_path_buf())
}

/// A folder's name below the state directory: a hash of where it is.
fn name_of(home: &Path) -> String {
    blake3::hash(real(home).as_os_str().as_encoded_bytes()).to_hex().chars().take(16).collect()
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
}
