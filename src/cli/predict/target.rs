//! Where results go: files in a folder, or lines of one file or of standard output.
//!
//! A disk is waited for once for a batch of results: they are [written](Target::write), and some of them later they are
//! [settled](Target::settle), which is when they are on disk. Only then they are noted as done, so a run that is killed at any point
//! loses the last batch at most, and the next one does that again and nothing else.

use super::Start;
use super::progress::{self, Earlier, Fingerprint, ProgressFile};
use super::replace;
use crate::cli::console;
use crate::cli::exit::{Exit, Failure, OrFail as _};
use crate::document::Document;
use crate::formats::{Format, WriteMany, WriteOptions, jsonl, losses, safe_name, visible};
use crate::review::{name_in_key, reviewed_in};
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Results that are settled together at most: their files are open until then.
const LARGEST_BATCH: usize = 64;

/// Where results go.
pub(super) enum Target {
    Folder(Folder),
    File(LinesFile),
    Output,
}

/// Files in a folder, one set for each document.
pub(super) struct Folder {
    files: WriteMany,
    format: Format,
    /// Files of lines are replaced only when they hold results of runs that begin like this; `None`: whatever they hold.
    guard: Option<Start>,
    /// Names of documents that were reviewed there: their files may be what a person decided.
    reviewed: BTreeSet<String>,
    progress: ProgressFile,
    waiting: Vec<Fingerprint>,
    /// Whether it was told that the format has no place for something.
    told_losses: bool,
}

/// Lines of one file, which bears another name until it is whole.
pub(super) struct LinesFile {
    path: PathBuf,
    part: PathBuf,
    out: File,
    /// What of it is settled, in bytes.
    length: u64,
    /// Lines that wait.
    lines: Vec<u8>,
    /// The documents of these, with the length of the file behind each.
    waiting: Vec<(Fingerprint, u64)>,
    progress: ProgressFile,
    waited: Duration,
    /// Whether a file of the final name must hold no other documents than these.
    guarded: bool,
}

impl Target {
    /// A folder, which is made when it is missing.
    pub(super) fn folder(
        path: &Path,
        format: Format,
        options: WriteOptions,
        run: &str,
        guard: Option<Start>,
    ) -> Result<(Self, Earlier), Failure> {
        let cannot = format!("The folder {} can't be made", path.display());
        let files = WriteMany::new(path, format, options).or_fail(Exit::Io, cannot)?;
        let reviewed = reviewed_in(path).or_fail(Exit::Io, "What was reviewed there can't be told")?;
        let reviewed = reviewed.iter().flat_map(|key| [key, name_in_key(key)]).map(safe_name).collect();
        // Of each document it is looked up whether its files are there.
        let (progress, earlier) = open_progress(progress::in_folder(path), run, |_| true)?;
        let (waiting, told_losses) = (Vec::new(), false);
        Ok((Self::Folder(Folder { files, format, guard, reviewed, progress, waiting, told_losses }), earlier))
    }

    /// A file of lines. One that is there is replaced in the end; with a `guard` it must be the result of a run that begins like this.
    pub(super) fn file(path: &Path, run: &str, guard: Option<Start>) -> Result<(Self, Earlier), Failure> {
        let cannot = || format!("{} can't be written", path.display());
        if let Some(start) = guard
            && !replace::holds_results(path, start).or_fail(Exit::Io, cannot())?
        {
            let path = path.display();
            let sentence =
                format!("{path} holds more than predictions, so it is not replaced; choose another --out, or --overwrite.");
            return Err(Failure::new(Exit::Findings, sentence));
        }
        let beside = |ending: &str| {
            let mut name = path.file_name().unwrap_or_default().to_os_string();
            name.push(ending);
            path.with_file_name(name)
        };
        let part = beside(".part");
        let remains = |earlier: &Earlier| {
            let is_whole = || !part.exists() && fs::metadata(path).is_ok_and(|file| file.len() == earlier.length);
            // A run that was killed when all of it had its final name already. It may go on when there are more documents now.
            if earlier.length > 0 && is_whole() {
                return fs::rename(path, &part).is_ok();
            }
            fs::metadata(&part).map_or(0, |file| file.len()) >= earlier.length
        };
        let (progress, earlier) = open_progress(beside(".progress"), run, remains)?;
        let mut file = OpenOptions::new().create(true).write(true).truncate(false).open(&part).or_fail(Exit::Io, cannot())?;
        // What lies behind the last result that was noted may be torn.
        file.set_len(earlier.length).and_then(|()| file.seek(SeekFrom::End(0))).or_fail(Exit::Io, cannot())?;
        let (path, length, guarded) = (path.to_path_buf(), earlier.length, guard.is_some());
        let (lines, waiting, waited) = (Vec::new(), Vec::new(), Duration::ZERO);
        Ok((Self::File(LinesFile { path, part, out: file, length, lines, waiting, progress, waited, guarded }), earlier))
    }

    /// Standard output.
    pub(super) fn output() -> (Self, Earlier) {
        (Self::Output, Earlier::default())
    }

    /// Where that is, for people.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Folder(folder) => folder.files.target().display().to_string(),
            Self::File(file) => file.path.display().to_string(),
            Self::Output => "standard output".to_owned(),
        }
    }

    /// Writes a document's result, which waits to be settled. False: nobody reads any more.
    pub(super) fn write(&mut self, document: &Document, fingerprint: &Fingerprint) -> Result<bool, Failure> {
        match self {
            Self::Folder(folder) => folder.write(document, fingerprint).map(|()| true),
            Self::File(file) => file.write(document, fingerprint).map(|()| true),
            Self::Output => Ok(console::lines(&line(document)?)),
        }
    }

    /// Whether as much waits as should.
    pub(super) fn is_full(&self) -> bool {
        match self {
            Self::Folder(folder) => folder.waiting.len() >= LARGEST_BATCH,
            Self::File(file) => file.waiting.len() >= LARGEST_BATCH,
            Self::Output => false,
        }
    }

    /// Brings what waits to the disk and notes it as done. What became of each document that was written since, in their order; of
    /// standard output nothing is known.
    pub(super) fn settle(&mut self) -> Vec<Result<(), Failure>> {
        match self {
            Self::Folder(folder) => folder.settle(),
            Self::File(file) => file.settle(),
            Self::Output => Vec::new(),
        }
    }

    /// Time that the disk was waited for so far.
    pub(super) fn waited(&self) -> Duration {
        match self {
            Self::Folder(folder) => folder.files.waited(),
            Self::File(file) => file.waited,
            Self::Output => Duration::ZERO,
        }
    }

    /// The run is at its end: what was written gets its final name, without what an earlier run wrote at the places `left`.
    pub(super) fn finish(self, left: Vec<Range<u64>>) -> Result<(), Failure> {
        match self {
            Self::Folder(folder) => folder.progress.finish().or_fail(Exit::Io, "The file of a finished run can't be removed"),
            Self::File(LinesFile { path, part, out, progress, guarded, .. }) => {
                let cannot = format!("{} can't be written", path.display());
                out.sync_all().or_fail(Exit::Io, &cannot)?;
                if !left.is_empty() {
                    replace::cut_out(&part, &left).or_fail(Exit::Io, &cannot)?;
                }
                if guarded && !replace::is_covered(&path, &part).or_fail(Exit::Io, &cannot)? {
                    let (path, part) = (path.display(), part.display());
                    let sentence = format!(
                        "{path} holds other documents than these, so it is not replaced. The results are in {part}; when {path} is \
                         moved away, the same command puts them in its place."
                    );
                    return Err(Failure::new(Exit::Findings, sentence));
                }
                fs::rename(&part, &path).or_fail(Exit::Io, cannot)?;
                progress.finish().or_fail(Exit::Io, "The file of a finished run can't be removed")
            }
            Self::Output => Ok(()),
        }
    }
}

fn open_progress(path: PathBuf, run: &str, remains: impl FnOnce(&Earlier) -> bool) -> Result<(ProgressFile, Earlier), Failure> {
    let cannot = format!("{} can't be used", path.display());
    ProgressFile::open(path, run, remains).or_fail(Exit::Io, cannot)
}

fn line(document: &Document) -> Result<Vec<u8>, Failure> {
    let mut line = Vec::new();
    jsonl::write(document, &mut line).or_fail(Exit::Io, NOT_WRITTEN)?;
    Ok(line)
}

impl Folder {
    fn write(&mut self, document: &Document, fingerprint: &Fingerprint) -> Result<(), Failure> {
        self.check(document)?;
        self.files.write(document)?;
        self.tell_losses(document);
        self.waiting.push(*fingerprint);
        Ok(())
    }

    /// Says what the format has no place for, at the first document that has such.
    fn tell_losses(&mut self, document: &Document) {
        let holds_all = matches!(self.format, Format::Brat | Format::Bionlp | Format::JsonLines);
        if holds_all || self.told_losses {
            return;
        }
        let options = WriteOptions { notes: true, ..self.files.options().clone() };
        let lost = losses(document, self.format, &options);
        if !lost.is_empty() {
            self.told_losses = true;
            let (name, format, lost) = (visible(&document.name), self.format, lost.join(", "));
            console::note(&format!(
                "{name}: {format} does not hold {lost}; others are not told (`rolecall convert` names each)."
            ));
        }
    }

    /// Fails when the document was reviewed there, or when a file of lines is in the way that is no result of such a run. Other formats
    /// don't say who annotated.
    fn check(&self, document: &Document) -> Result<(), Failure> {
        if self.reviewed.contains(&safe_name(&document.name)) {
            let sentence = "it was reviewed in this folder, so what was decided there is not replaced; choose another --out";
            return Err(Failure::new(Exit::Findings, sentence));
        }
        let Some(start) = self.guard.filter(|_| self.format == Format::JsonLines) else { return Ok(()) };
        for path in WriteMany::files_of(&document.name, self.format, self.files.target()) {
            let is_result =
                replace::holds_only(&path, document).and_then(|only| Ok(only && replace::holds_results(&path, start)?));
            if !is_result.or_fail(Exit::Io, NOT_WRITTEN)? {
                let sentence = format!("{} holds more than predictions for it, so it is not replaced", path.display());
                return Err(Failure::new(Exit::Findings, sentence));
            }
        }
        Ok(())
    }

    fn settle(&mut self) -> Vec<Result<(), Failure>> {
        let placed = self.files.put_in_place();
        let waiting = std::mem::take(&mut self.waiting);
        let done: Vec<_> =
            waiting.iter().zip(&placed).filter(|(_, placed)| placed.is_ok()).map(|(document, _)| (*document, 0)).collect();
        let noted = self.progress.done(&done);
        placed
            .into_iter()
            .map(|placed| placed.or_fail(Exit::Io, NOT_WRITTEN).and_then(|()| as_failure(&noted, NOT_NOTED)))
            .collect()
    }
}

impl LinesFile {
    fn write(&mut self, document: &Document, fingerprint: &Fingerprint) -> Result<(), Failure> {
        self.lines.extend(line(document)?);
        self.waiting.push((*fingerprint, self.length + self.lines.len() as u64));
        Ok(())
    }

    fn settle(&mut self) -> Vec<Result<(), Failure>> {
        let waiting = std::mem::take(&mut self.waiting);
        let (outcome, sentence) = match self.append() {
            Ok(()) => (self.progress.done(&waiting), NOT_NOTED),
            failed => {
                // Cuts off what may be torn, so that later lines stand behind whole ones; a failure shows again at the next batch.
                let _ = self.out.set_len(self.length).and_then(|()| self.out.seek(SeekFrom::End(0)));
                (failed, NOT_WRITTEN)
            }
        };
        self.lines.clear();
        waiting.iter().map(|_| as_failure(&outcome, sentence)).collect()
    }

    fn append(&mut self) -> io::Result<()> {
        if self.lines.is_empty() {
            return Ok(());
        }
        self.out.write_all(&self.lines)?;
        let begun = Instant::now();
        let synced = self.out.sync_data();
        self.waited += begun.elapsed();
        synced?;
        self.length += self.lines.len() as u64;
        Ok(())
    }
}

const NOT_WRITTEN: &str = "the result was not written";
const NOT_NOTED: &str = "the progress was not noted";

/// The failure of one step for each document that it was for.
fn as_failure(outcome: &io::Result<()>, sentence: &str) -> Result<(), Failure> {
    outcome.as_ref().copied().map_err(|error| Failure::new(Exit::Io, format!("{sentence}: {error}")))
}
