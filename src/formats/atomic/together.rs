//! Many files that are put in place together, so that the disk is waited for once and not for each of them.

use super::{SUFFIX, beside, sync_folder, take_place};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::NamedTempFile;

/// How the names of temporary files begin that wait together: others than those of files that are written alone, so that what a
/// killed process left behind can be told from what another is about to rename.
const PREFIX: &str = ".rolecall-together-";

/// Files that are synced at the same time. A disk makes several durable in little more than the time of one.
const AT_ONCE: usize = 8;

/// Files that are written beside their places and wait to be put there.
#[derive(Debug, Default)]
pub(in crate::formats) struct Together {
    files: Vec<Waiting>,
    /// Time that the disk was waited for.
    waited: Duration,
}

#[derive(Debug)]
struct Waiting {
    path: PathBuf,
    /// `None`: it holds already what it is to hold.
    file: Option<NamedTempFile>,
    /// Whether there must be none of this name.
    fresh: bool,
}

impl Together {
    /// Writes a file beside its place.
    pub(in crate::formats) fn write(&mut self, path: PathBuf, content: &str, fresh: bool) -> io::Result<()> {
        let same = !fresh && fs::read(&path).is_ok_and(|old| old == content.as_bytes());
        let file = if same { None } else { Some(beside(&path, content.as_bytes(), PREFIX)?) };
        self.files.push(Waiting { path, file, fresh });
        Ok(())
    }

    /// How many files wait.
    pub(in crate::formats) fn len(&self) -> usize {
        self.files.len()
    }

    /// Forgets all but the first `count` files that wait.
    pub(in crate::formats) fn truncate(&mut self, count: usize) {
        self.files.truncate(count);
    }

    /// Time that the disk was waited for so far.
    pub(in crate::formats) fn waited(&self) -> Duration {
        self.waited
    }

    /// Puts all files in place; when this returns they are on disk under their names. What became of each, in their order.
    pub(in crate::formats) fn put_in_place(&mut self) -> Vec<io::Result<()>> {
        let files = std::mem::take(&mut self.files);
        let begun = Instant::now();
        let synced = sync_all(&files.iter().map(|waiting| waiting.file.as_ref().map(NamedTempFile::as_file)).collect::<Vec<_>>());
        self.waited += begun.elapsed();
        let mut folders = BTreeSet::new();
        let placed = files.into_iter().zip(synced).map(|(Waiting { path, file, fresh }, synced)| {
            synced?;
            let Some(file) = file else { return Ok(()) };
            if fresh {
                file.persist_noclobber(&path).map_err(|error| error.error)?;
            } else {
                take_place(file, &path)?;
            }
            folders.insert(path.parent().map(Path::to_path_buf));
            Ok(())
        });
        let placed: Vec<io::Result<()>> = placed.collect();
        let begun = Instant::now();
        folders.iter().flatten().for_each(|folder| sync_folder(folder));
        self.waited += begun.elapsed();
        placed
    }
}

/// Syncs files, several at the same time.
fn sync_all(files: &[Option<&File>]) -> Vec<io::Result<()>> {
    let sync = |file: &Option<&File>| file.map_or(Ok(()), File::sync_all);
    let share = files.len().div_ceil(AT_ONCE).max(1);
    thread::scope(|scope| {
        let shares = files.chunks(share).map(|files| {
            let all = move || files.iter().map(sync).collect::<Vec<_>>();
            (files, thread::Builder::new().spawn_scoped(scope, all))
        });
        let shares: Vec<_> = shares.collect();
        // Where no thread is to be had, this one does it.
        let joined = shares.into_iter().map(|(files, thread)| match thread.map(|thread| thread.join()) {
            Ok(Ok(results)) => results,
            _ => files.iter().map(sync).collect(),
        });
        joined.flatten().collect()
    })
}

/// Removes what a process that was killed left beside the places of files in a folder.
pub(in crate::formats) fn remove_leftovers(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(PREFIX) && name.ends_with(SUFFIX) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn nothing_has_its_name_before_all_are_put_in_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = |number: usize| folder.path().join(format!("{number:02}.ann"));
        fs::write(path(3), "old").unwrap();
        fs::write(path(4), "4").unwrap();
        let mut together = Together::default();
        (0..20).for_each(|number| together.write(path(number), &number.to_string(), false).unwrap());
        assert_eq!(fs::read_to_string(path(3)).unwrap(), "old");
        assert!(!path(0).exists());
        let placed = together.put_in_place();
        assert!(placed.len() == 20 && placed.iter().all(Result::is_ok), "{placed:?}");
        (0..20).for_each(|number| assert_eq!(fs::read_to_string(path(number)).unwrap(), number.to_string()));
        assert_eq!(names(folder.path()).len(), 20);
        assert!(together.put_in_place().is_empty() && together.waited() > Duration::ZERO);
    }

    #[test]
    fn one_that_is_in_the_way_fails_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let mut together = Together::default();
        for name in ["a.txt", "b.txt", "c.txt"] {
            together.write(path(name), "new", true).unwrap();
        }
        fs::write(path("b.txt"), "another's").unwrap();
        let placed = together.put_in_place();
        assert_eq!(placed[1].as_ref().unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert!(placed[0].is_ok() && placed[2].is_ok());
        assert_eq!(fs::read_to_string(path("b.txt")).unwrap(), "another's");
        assert_eq!(names(folder.path()), ["a.txt", "b.txt", "c.txt"]);
    }

    #[test]
    fn what_a_killed_process_left_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let mut together = Together::default();
        together.write(folder.path().join("a.ann"), "new", false).unwrap();
        // As a kill does: no clean-up runs.
        std::mem::forget(together);
        for name in [".rolecall-x.tmp", "b.tmp", ".rolecall-together-notes"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(names(folder.path()).len(), 4);
        remove_leftovers(folder.path()).unwrap();
        assert_eq!(names(folder.path()), [".rolecall-together-notes", ".rolecall-x.tmp", "b.tmp"]);
    }
}
