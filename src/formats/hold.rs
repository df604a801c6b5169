//! One process holds a file at a time.

use std::fs::{File, TryLockError};
use std::io::{self, ErrorKind};

/// Takes the lock on a file, which must have been opened for reading or writing; `false` when another holder has it. The system releases
/// it with the file, however the process ends. On a file system that knows no locks, as some of networks are, or whose server gives out
/// none, it is taken without one: better to work without than not at all.
///
/// # Errors
/// When the system can't tell.
pub fn hold(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) if has_no_locks(&error) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Whether a lock can't be had from anybody.
fn has_no_locks(error: &io::Error) -> bool {
    // NFS without its lock service says this; the standard library has no kind for it.
    #[cfg(unix)]
    if rustix::io::Errno::from_io_error(error) == Some(rustix::io::Errno::NOLCK) {
        return true;
    }
    error.kind() == ErrorKind::Unsupported
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_file_system_without_locks_is_told_from_one_that_fails() {
        use rustix::io::Errno;
        let no_locks = |errno: Errno| has_no_locks(&errno.into());
        assert!([Errno::NOLCK, Errno::NOSYS, Errno::OPNOTSUPP].into_iter().all(no_locks));
        assert!(![Errno::IO, Errno::BADF, Errno::ACCESS].into_iter().any(no_locks));
    }

    #[test]
    fn a_file_has_one_holder_until_it_is_closed() {
        let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
        let open = || File::options().read(true).append(true).open(&path).unwrap();
        let (first, second) = (open(), open());
        assert!(hold(&first).unwrap());
        assert!(!hold(&second).unwrap());
        drop(first);
        assert!(hold(&second).unwrap());
    }
}
