//! What an interrupted run had done, so that the next one goes on from there and does nothing twice.
//!
//! While a run is under way a file beside its results names it (by a hash of everything that decides what comes out) and, line by
//! line, the documents whose results are written. A run that comes to its end removes the file, so running again begins anew.

use crate::document::Document;
use crate::formats::{hold, jsonl};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Stands for a document as it went in.
pub(super) type Fingerprint = [u8; 32];

/// Hash of name, text and all annotations of a document.
pub(super) fn fingerprint(document: &Document) -> io::Result<Fingerprint> {
    let mut bytes = Vec::new();
    jsonl::write(document, &mut bytes)?;
    Ok(*blake3::hash(&bytes).as_bytes())
}

/// A line of the file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    /// The first: which run this is.
    Run(String),
    /// A result is written; for results in one file, its length behind it.
    Done(String, u64),
}

/// The file of a run that is under way.
#[derive(Debug)]
pub(super) struct ProgressFile {
    path: PathBuf,
    file: File,
}

/// What an earlier, interrupted run of the same kind had done.
#[derive(Debug, Default)]
pub(super) struct Earlier {
    /// Where the results on each document stand in the file of results, in bytes, as often as it was done.
    done: HashMap<String, Vec<Range<u64>>>,
    /// Length of the file of results behind the last one.
    pub(super) length: u64,
    /// Documents done.
    pub(super) count: usize,
}

impl Earlier {
    /// Whether a document needs nothing more; each time it was done counts once.
    pub(super) fn take(&mut self, document: &Fingerprint) -> bool {
        self.done.get_mut(hex(document).as_str()).is_some_and(|places| places.pop().is_some())
    }

    /// The places of the results that no document was taken for, in their order: these documents changed since, or are gone.
    pub(super) fn left(self) -> Vec<Range<u64>> {
        let mut left: Vec<Range<u64>> = self.done.into_values().flatten().collect();
        left.sort_by_key(|place| place.start);
        left
    }
}

impl ProgressFile {
    /// Goes on with the run of this name if its file is there and its results too, as far as `remains` can tell, or else begins it.
    ///
    /// # Errors
    /// When the file can't be used, or another process is at work with it.
    pub(super) fn open(path: PathBuf, run: &str, remains: impl FnOnce(&Earlier) -> bool) -> io::Result<(Self, Earlier)> {
        let file = OpenOptions::new().create(true).read(true).append(true).open(&path)?;
        if !hold(&file)? {
            return Err(io::Error::other("another run is writing its results there now"));
        }
        let earlier = read(BufReader::new(&file), run)?.filter(remains);
        let mut progress = Self { path, file };
        if earlier.is_some() {
            // The last line may be torn.
            progress.file.write_all(b"\n")?;
        } else {
            progress.file.set_len(0)?;
            progress.append(&[Line::Run(run.to_owned())])?;
        }
        Ok((progress, earlier.unwrap_or_default()))
    }

    /// Notes that the results of these documents are on disk; with each the length of the file of results behind it, where there is
    /// only one.
    pub(super) fn done(&mut self, documents: &[(Fingerprint, u64)]) -> io::Result<()> {
        let lines: Vec<Line> = documents.iter().map(|(document, length)| Line::Done(hex(document), *length)).collect();
        self.append(&lines)
    }

    /// Removes the file: the run is at its end.
    pub(super) fn finish(self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }

    fn append(&mut self, lines: &[Line]) -> io::Result<()> {
        let mut bytes = Vec::new();
        for line in lines {
            serde_json::to_writer(&mut bytes, line)?;
            bytes.push(b'\n');
        }
        self.file.write_all(&bytes)
    }
}

/// Reads the file of a run; `None` when it is another run's. A torn line is as good as none.
fn read(file: impl BufRead, run: &str) -> io::Result<Option<Earlier>> {
    let mut earlier = Earlier::default();
    let mut lines = file.split(b'\n');
    let first: Option<Line> = lines.next().transpose()?.and_then(|line| serde_json::from_slice(&line).ok());
    if !matches!(first, Some(Line::Run(name)) if name == run) {
        return Ok(None);
    }
    for line in lines {
        if let Ok(Line::Done(document, length)) = serde_json::from_slice(&line?) {
            earlier.done.entry(document).or_default().push(earlier.length..length);
            earlier.length = length;
            earlier.count += 1;
        }
    }
    Ok(Some(earlier))
}

fn hex(document: &Fingerprint) -> String {
    blake3::Hash::from(*document).to_hex().to_string()
}

/// The file beside results in a folder.
pub(super) fn in_folder(folder: &Path) -> PathBuf {
    folder.join(".rolecall-predict.jsonl")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::SourceText;

    fn of(name: &str) -> Fingerprint {
        fingerprint(&Document::new(name, SourceText::new("loss"))).unwrap()
    }

    #[test]
    fn a_run_goes_on_where_it_was_and_another_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = in_folder(folder.path());
        let (mut progress, earlier) = ProgressFile::open(path.clone(), "a", |_| true).unwrap();
        assert_eq!(earlier.count, 0);
        let other = ProgressFile::open(path.clone(), "a", |_| true).map(drop).unwrap_err();
        assert!(other.to_string().contains("another run"), "{other}");
        progress.done(&[(of("one"), 10), (of("one"), 20)]).unwrap();
        progress.file.write_all(b"{\"done\":[\"torn").unwrap();
        drop(progress);
        let (mut progress, mut earlier) = ProgressFile::open(path.clone(), "a", |_| true).unwrap();
        assert_eq!((earlier.count, earlier.length), (2, 20));
        assert!(earlier.take(&of("one")) && earlier.take(&of("one")) && !earlier.take(&of("one")) && !earlier.take(&of("two")));
        assert_eq!(earlier.left(), []);
        progress.done(&[(of("two"), 30)]).unwrap();
        drop(progress);
        let (_, earlier) = ProgressFile::open(path.clone(), "a", |_| true).unwrap();
        assert_eq!((earlier.count, earlier.length), (3, 30), "a torn line spoils none behind it");
        assert_eq!(earlier.left(), [0..10, 10..20, 20..30]);
        let (mut progress, earlier) = ProgressFile::open(path.clone(), "b", |_| true).unwrap();
        assert_eq!(earlier.count, 0);
        progress.done(&[(of("one"), 10)]).unwrap();
        drop(progress);
        let (progress, earlier) = ProgressFile::open(path.clone(), "b", |earlier| earlier.length < 10).unwrap();
        assert_eq!(earlier.count, 0, "its results are gone");
        progress.finish().unwrap();
        assert!(!path.exists());
    }
}
