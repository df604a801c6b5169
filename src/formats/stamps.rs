//! What files held when they were read, so that no change that another program made since is overwritten.

use super::Loaded;
use super::load::companions;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Fingerprints of files as they were read, or as they were last written here.
#[derive(Debug, Default)]
pub struct Stamps {
    files: Mutex<HashMap<PathBuf, blake3::Hash>>,
}

impl Stamps {
    /// The stamps of the files of these documents as they are now: to be taken right after loading.
    pub fn of(loaded: &[Loaded]) -> Self {
        let stamps = Self::default();
        for Loaded { source, .. } in loaded {
            for file in companions(source).iter().chain([source]) {
                if let Ok(content) = fs::read(file) {
                    stamps.set(file, &content);
                }
            }
        }
        stamps
    }

    fn files(&self) -> MutexGuard<'_, HashMap<PathBuf, blake3::Hash>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a file that was read holds something else now. One that is gone has nothing to lose.
    pub(super) fn is_changed(&self, path: &Path) -> bool {
        let stamp = fs::canonicalize(path).ok().and_then(|path| self.files().get(&path).copied());
        stamp.is_some_and(|stamp| fs::read(path).is_ok_and(|content| blake3::hash(&content) != stamp))
    }

    /// Remembers what was just written.
    pub(super) fn set(&self, path: &Path, content: &[u8]) {
        if let Ok(path) = fs::canonicalize(path) {
            self.files().insert(path, blake3::hash(content));
        }
    }
}
