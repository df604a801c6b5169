//! What files held when they were read, so that no change that another program made since is overwritten.

use super::Loaded;
use super::load::companions;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a file held when it was read.
#[derive(Clone, Debug)]
pub struct Stamp {
    path: PathBuf,
    hash: blake3::Hash,
}

impl Stamp {
    /// Of a file and all its bytes.
    pub(super) fn new(path: &Path, content: &[u8]) -> Self {
        Self { path: path.to_path_buf(), hash: blake3::hash(content) }
    }
}

/// Fingerprints of files as they were read, or as they were last written here.
#[derive(Debug, Default)]
pub struct Stamps {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    files: HashMap<PathBuf, blake3::Hash>,
    /// Folders however they were spelled, and where they are: asking the system again for every file would take longer than reading it.
    folders: HashMap<PathBuf, PathBuf>,
}

impl Known {
    /// One path for a file however its folder was spelled; `None` when there is no such folder.
    fn place(&mut self, file: &Path) -> Option<PathBuf> {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let real = match self.folders.get(folder) {
            Some(real) => real,
            None => self.folders.entry(folder.to_path_buf()).or_insert(fs::canonicalize(folder).ok()?),
        };
        Some(real.join(file.file_name()?))
    }

    fn set(&mut self, file: &Path, hash: blake3::Hash) {
        if let Some(place) = self.place(file) {
            self.files.insert(place, hash);
        }
    }
}

impl Stamps {
    /// The stamps of the files of these documents. Those of files that hold many documents are taken from what they hold now: to be
    /// called right after loading.
    pub fn of(loaded: &[Loaded]) -> Self {
        let mut known = Known::default();
        let mut read_again = HashSet::new();
        for Loaded { source, stamps, .. } in loaded {
            stamps.iter().for_each(|stamp| known.set(&stamp.path, stamp.hash));
            if stamps.is_empty() && read_again.insert(source) {
                for file in companions(source).iter().chain([source]) {
                    if let Ok(content) = fs::read(file) {
                        known.set(file, blake3::hash(&content));
                    }
                }
            }
        }
        Self { known: Mutex::new(known) }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a file that was read holds something else now. One that is gone has nothing to lose.
    pub(super) fn is_changed(&self, path: &Path) -> bool {
        let mut known = self.known();
        let stamp = known.place(path).and_then(|place| known.files.get(&place).copied());
        drop(known);
        stamp.is_some_and(|stamp| match fs::read(path) {
            Ok(content) => blake3::hash(&content) != stamp,
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        })
    }

    /// Whether a file was read, or written here.
    pub(super) fn is_known(&self, path: &Path) -> bool {
        let mut known = self.known();
        known.place(path).is_some_and(|place| known.files.contains_key(&place))
    }

    /// Remembers what was just written.
    pub(super) fn set(&self, path: &Path, content: &[u8]) {
        self.known().set(path, blake3::hash(content));
    }
}
