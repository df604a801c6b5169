//! Whether a file of lines that is there may be replaced by results: only one that holds what such a run writes, and no document
//! that this run did not write.

use super::Start;
use super::progress::{Fingerprint, fingerprint};
use crate::document::{Document, Origin, Status};
use crate::formats::{jsonl, unfinished};
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Whether a file is itself among what is read, or lies in a folder that is.
pub(super) fn is_read(file: &Path, paths: &[PathBuf]) -> bool {
    let Ok(file) = file.canonicalize() else { return false };
    // Folders are read one level deep.
    paths.iter().filter_map(|path| path.canonicalize().ok()).any(|path| file.ancestors().take(3).any(|place| place == path))
}

/// Whether all that a file holds could come from a run that begins its documents like this. A file that is not there holds nothing.
pub(super) fn holds_results(path: &Path, start: Start) -> io::Result<bool> {
    all(path, |document| Ok(went_in(document.clone())? == went_in(start.of(document))?))
}

/// Takes these places, in bytes and in their order, out of a file. A crash leaves it whole or without them.
pub(super) fn cut_out(path: &Path, places: &[Range<u64>]) -> io::Result<()> {
    let mut from = File::open(path)?;
    let mut to = unfinished(path)?;
    let mut behind = 0;
    for place in places {
        io::copy(&mut Read::by_ref(&mut from).take(place.start.saturating_sub(behind)), &mut to)?;
        behind = from.seek(SeekFrom::Start(place.end))?;
    }
    io::copy(&mut from, &mut to)?;
    to.as_file().sync_all()?;
    to.persist(path)?;
    Ok(())
}

/// Whether every document of a file is also in another; what models propose for it does not matter.
pub(super) fn is_covered(path: &Path, by: &Path) -> io::Result<bool> {
    if !path.exists() {
        return Ok(true);
    }
    let mut there = HashSet::new();
    all(by, |document| {
        there.insert(went_in(document)?);
        Ok(true)
    })?;
    all(path, |document| Ok(there.contains(&went_in(document)?)))
}

/// Whether a file holds this document and no other; what models propose for it does not matter.
pub(super) fn holds_only(path: &Path, document: &Document) -> io::Result<bool> {
    let wanted = went_in(document.clone())?;
    all(path, |document| Ok(went_in(document)? == wanted))
}

/// Stands for a document as it was before a model proposed anything.
fn went_in(mut document: Document) -> io::Result<Fingerprint> {
    let proposed = |status: Status, origin: &Origin| status == Status::Proposed && matches!(origin, Origin::Model { .. });
    document.entities.retain(|_, entity| !proposed(entity.status, &entity.origin));
    document.relations.retain(|_, relation| !proposed(relation.status, &relation.origin));
    fingerprint(&document)
}

/// Whether each line of a file is a document for which this holds.
fn all(path: &Path, mut holds: impl FnMut(Document) -> io::Result<bool>) -> io::Result<bool> {
    if !path.is_file() {
        return Ok(!path.exists());
    }
    for entry in jsonl::Reader::new(path, BufReader::new(File::open(path)?)) {
        let Some(document) = entry?.document else { return Ok(false) };
        if !holds(document)? {
            return Ok(false);
        }
    }
    Ok(true)
}
