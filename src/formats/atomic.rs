//! Files that are either as they were or complete: written beside, read back, synced, then renamed. One at a time, or many
//! [`Together`].

mod together;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
pub(super) use together::{Together, remove_leftovers};

/// Puts `content` in the place of the file. A crash leaves the old file or the new one. Permissions of an old file stay.
pub(super) fn replace(path: &Path, content: &str) -> io::Result<()> {
    replace_bytes(path, content.as_bytes())
}

/// The same for what need not be text.
pub(crate) fn replace_bytes(path: &Path, content: &[u8]) -> io::Result<()> {
    if fs::read(path).is_ok_and(|old| old == content) {
        return Ok(());
    }
    let file = beside(path, content, PREFIX)?;
    file.as_file().sync_all()?;
    take_place(file, path)?;
    path.parent().into_iter().for_each(sync_folder);
    Ok(())
}

/// Renames a file over that of this name, whose permissions it gets.
fn take_place(file: tempfile::NamedTempFile, path: &Path) -> io::Result<()> {
    if let Ok(old) = fs::metadata(path) {
        file.as_file().set_permissions(old.permissions())?;
    }
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Makes the file, which must not exist.
///
/// # Errors
/// `AlreadyExists` when it does, whatever it holds.
pub(super) fn create(path: &Path, content: &str) -> io::Result<()> {
    create_bytes(path, content.as_bytes())
}

/// The same for what need not be text.
pub(super) fn create_bytes(path: &Path, content: &[u8]) -> io::Result<()> {
    let file = beside(path, content, PREFIX)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    path.parent().into_iter().for_each(sync_folder);
    Ok(())
}

/// How the names of temporary files begin, and how they end.
const PREFIX: &str = ".rolecall-";
const SUFFIX: &str = ".tmp";

/// A temporary file in the same folder that holds the content, read back; it is not synced.
fn beside(path: &Path, content: &[u8], prefix: &str) -> io::Result<tempfile::NamedTempFile> {
    let mut file = empty_beside(path, prefix)?;
    file.write_all(content)?;
    if fs::read(file.path())? != content {
        return Err(io::Error::other("what was written does not read back equal"));
    }
    Ok(file)
}

/// An empty temporary file in the folder of this one, to be renamed to it once it is whole.
///
/// # Errors
/// When none can be made there.
pub(crate) fn unfinished(path: &Path) -> io::Result<tempfile::NamedTempFile> {
    empty_beside(path, PREFIX)
}

fn empty_beside(path: &Path, prefix: &str) -> io::Result<tempfile::NamedTempFile> {
    let folder = path.parent().map_or_else(PathBuf::new, Path::to_path_buf);
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix).suffix(SUFFIX);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The default of temporary files, 0600, would hide results from the rest of the group; the umask still applies.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

/// Makes the rename durable where the system allows folders to be synced; where it does not, the file itself is on disk already.
fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_stays_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ann");
        replace(&path, "one\n").unwrap();
        replace(&path, "two\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two\n");
        assert_eq!(create(&path, "three").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "two\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
