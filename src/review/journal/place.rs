//! Where the journal of a folder lies.

use super::JournalError;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The journal's file name.
pub(super) const JOURNAL: &str = "journal.jsonl";

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
        return Err(JournalError::Io { path: own, source });
    };
    make(&away).map_err(JournalError::io(&away))?;
    take_along(&own, &away)?;
    let notice = format!("{} can't be written: the journal is in {}", home.display(), away.display());
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

/// A folder's name below the state directory: a hash of where it is.
fn name_of(home: &Path) -> String {
    let whole = fs::canonicalize(home).unwrap_or_else(|_| home.to_path_buf());
    blake3::hash(whole.as_os_str().as_encoded_bytes()).to_hex().chars().take(16).collect()
}

/// Makes the folder if it is not there, and tries whether files in it can be written.
fn writable_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::File::options().create(true).append(true).open(folder.join(JOURNAL).with_extension("lock")).map(drop)
}
