//! What files held when they were read, so that no change that another program made since is overwritten.

use super::Loaded;
use super::load::companions;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

/// Fingerprints of files as they were read, or as they were last written here.
#[derive(Debug, Default)]
pub struct Stamps {
    files: Mutex<Files>,
}

/// By full path.
type Known = HashMap<PathBuf, blake3::Hash>;

#[derive(Debug, Default)]
struct Files {
    known: Known,
    /// Takes the stamps of what was loaded.
    taking: Option<JoinHandle<Known>>,
}

impl Stamps {
    /// The stamps of the files of these documents as they are now: to be asked for right after loading. They are taken in the background,
    /// because reading ten thousand files a second time is not worth waiting for.
    pub fn of(loaded: &[Loaded]) -> Self {
        let mut sources: Vec<PathBuf> = loaded.iter().map(|loaded| loaded.source.clone()).collect();
        // A file of many documents once.
        sources.dedup();
        let take = move || {
            let mut known = Known::new();
            for source in &sources {
                for file in companions(source).iter().chain([source]) {
                    if let Ok(content) = fs::read(file) {
                        set(&mut known, file, &content);
                    }
                }
            }
            known
        };
        // Without a thread nothing is known, and nothing is held to be changed.
        let taking = thread::Builder::new().name("rolecall-stamps".to_owned()).spawn(take).ok();
        Self { files: Mutex::new(Files { known: Known::new(), taking }) }
    }

    /// What is known, once all stamps are taken.
    fn files(&self) -> MutexGuard<'_, Files> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = files.taking.take().and_then(|taking| taking.join().ok()) {
            files.known = taken;
        }
        files
    }

    /// Whether a file that was read holds something else now. One that is gone has nothing to lose.
    pub(super) fn is_changed(&self, path: &Path) -> bool {
        let stamp = fs::canonicalize(path).ok().and_then(|path| self.files().known.get(&path).copied());
        stamp.is_some_and(|stamp| fs::read(path).is_ok_and(|content| blake3::hash(&content) != stamp))
    }

    /// Remembers what was just written.
    pub(super) fn set(&self, path: &Path, content: &[u8]) {
        set(&mut self.files().known, path, content);
    }
}

fn set(known: &mut Known, path: &Path, content: &[u8]) {
    if let Ok(path) = fs::canonicalize(path) {
        known.insert(path, blake3::hash(content));
    }
}
