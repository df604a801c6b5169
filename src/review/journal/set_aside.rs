//! The way forward when a document no longer fits its records: they go into a file of their own, and the review begins anew.

use super::file::{LogFile, rewrite};
use super::lock::Lock;
use super::place::{self, JOURNAL};
use super::{JournalError, state_folder};
use crate::review::JournalRecord;
use std::path::{Path, PathBuf};

/// Moves the records of one document out of a folder's journal into a file beside it, and returns that file; `None` when the
/// journal has no records of it.
///
/// # Errors
/// [`JournalError`] as for opening the journal; then it is as it was.
pub fn set_aside(home: &Path, document: &str) -> Result<Option<PathBuf>, JournalError> {
    set_aside_with(home, state_folder().as_deref(), document)
}

pub(super) fn set_aside_with(home: &Path, state: Option<&Path>, document: &str) -> Result<Option<PathBuf>, JournalError> {
    let (folder, _) = place::choose(home, state)?;
    let _lock = Lock::take(&folder, home)?;
    let path = folder.join(JOURNAL);
    let (_, records, _) = LogFile::open(&path)?;
    let (out, stay): (Vec<&JournalRecord>, Vec<_>) = records.iter().partition(|record| record.document == document);
    if out.is_empty() {
        return Ok(None);
    }
    let aside = free_name(&folder);
    // First the copy, then the journal without them: cut off in between, the records are there twice, never not at all.
    rewrite(&aside, &out)?;
    rewrite(&path, &stay)?;
    Ok(Some(aside))
}

fn free_name(folder: &Path) -> PathBuf {
    let mut number = 1u32;
    loop {
        let path = folder.join(format!("set-aside-{number}.jsonl"));
        if !path.exists() {
            return path;
        }
        number += 1;
    }
}
