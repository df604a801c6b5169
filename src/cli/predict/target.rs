//! Where results go: files in a folder, or lines of one file or of standard output.

use super::progress::{self, Earlier, Fingerprint, ProgressFile};
use crate::cli::console;
use crate::cli::exit::{Exit, Failure, OrFail as _};
use crate::document::Document;
use crate::formats::{Format, WriteOptions, jsonl, safe_name, write_document};
use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Where results go.
pub(super) enum Target {
    Folder(Folder),
    File(LinesFile),
    Output(console::Lines),
}

/// Files in a folder, one set for each document.
pub(super) struct Folder {
    path: PathBuf,
    format: Format,
    options: WriteOptions,
    /// Names that were written, made safe.
    names: HashSet<String>,
    progress: ProgressFile,
}

/// Lines of one file, which bears another name until it is whole.
pub(super) struct LinesFile {
    path: PathBuf,
    part: PathBuf,
    out: BufWriter<File>,
    length: u64,
    progress: ProgressFile,
}

impl Target {
    /// A folder, which is made when it is missing.
    pub(super) fn folder(path: &Path, format: Format, options: WriteOptions, run: &str) -> Result<(Self, Earlier), Failure> {
        fs::create_dir_all(path).or_fail(Exit::Io, format!("The folder {} can't be made", path.display()))?;
        let (progress, earlier) = open_progress(progress::in_folder(path), run)?;
        Ok((Self::Folder(Folder { path: path.to_path_buf(), format, options, names: HashSet::new(), progress }), earlier))
    }

    /// A file of lines.
    pub(super) fn file(path: &Path, run: &str) -> Result<(Self, Earlier), Failure> {
        let cannot = || format!("{} can't be written", path.display());
        let beside = |ending: &str| {
            let mut name = path.file_name().unwrap_or_default().to_os_string();
            name.push(ending);
            path.with_file_name(name)
        };
        let (progress, earlier) = open_progress(beside(".progress"), run)?;
        let part = beside(".part");
        let mut file = OpenOptions::new().create(true).write(true).truncate(false).open(&part).or_fail(Exit::Io, cannot())?;
        // What lies behind the last result that was noted may be torn.
        file.set_len(earlier.length).and_then(|()| file.seek(SeekFrom::End(0))).or_fail(Exit::Io, cannot())?;
        let out = BufWriter::new(file);
        Ok((Self::File(LinesFile { path: path.to_path_buf(), part, out, length: earlier.length, progress }), earlier))
    }

    /// Standard output.
    pub(super) fn output() -> (Self, Earlier) {
        (Self::Output(console::Lines::open()), Earlier::default())
    }

    /// Where that is, for people.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Folder(folder) => folder.path.display().to_string(),
            Self::File(file) => file.path.display().to_string(),
            Self::Output(_) => "standard output".to_owned(),
        }
    }

    /// Takes note of a document that an earlier run has written.
    pub(super) fn skip(&mut self, name: &str) {
        if let Self::Folder(folder) = self {
            folder.names.insert(safe_name(name));
        }
    }

    /// Writes a document's result. False: nobody reads any more.
    pub(super) fn write(&mut self, document: &Document, fingerprint: &Fingerprint) -> Result<bool, Failure> {
        match self {
            Self::Folder(folder) => folder.write(document, fingerprint).map(|()| true),
            Self::File(file) => file.write(document, fingerprint).map(|()| true),
            Self::Output(lines) => Ok(lines.write(&line(document)?)),
        }
    }

    /// The run is at its end: what was written gets its final name.
    pub(super) fn finish(self) -> Result<(), Failure> {
        match self {
            Self::Folder(folder) => folder.progress.finish().or_fail(Exit::Io, "The file of a finished run can't be removed"),
            Self::File(LinesFile { path, part, mut out, progress, .. }) => {
                let cannot = format!("{} can't be written", path.display());
                out.flush().and_then(|()| out.get_ref().sync_all()).or_fail(Exit::Io, &cannot)?;
                fs::rename(&part, &path).or_fail(Exit::Io, cannot)?;
                progress.finish().or_fail(Exit::Io, "The file of a finished run can't be removed")
            }
            Self::Output(_) => Ok(()),
        }
    }
}

fn open_progress(path: PathBuf, run: &str) -> Result<(ProgressFile, Earlier), Failure> {
    let cannot = format!("{} can't be used", path.display());
    ProgressFile::open(path, run).or_fail(Exit::Io, cannot)
}

fn line(document: &Document) -> Result<Vec<u8>, Failure> {
    let mut line = Vec::new();
    jsonl::write(document, &mut line).or_fail(Exit::Io, "the result was not written")?;
    Ok(line)
}

impl Folder {
    fn write(&mut self, document: &Document, fingerprint: &Fingerprint) -> Result<(), Failure> {
        if !self.names.insert(safe_name(&document.name)) {
            return Err(Failure::new(Exit::Io, "another document of the same name was already written to this folder"));
        }
        write_document(document, self.format, &self.path, &self.options).or_fail(Exit::Io, "the result was not written")?;
        self.progress.done(fingerprint, 0).or_fail(Exit::Io, "the progress was not noted")
    }
}

impl LinesFile {
    fn write(&mut self, document: &Document, fingerprint: &Fingerprint) -> Result<(), Failure> {
        let line = line(document)?;
        self.out.write_all(&line).and_then(|()| self.out.flush()).or_fail(Exit::Io, "the result was not written")?;
        self.length += line.len() as u64;
        self.progress.done(fingerprint, self.length).or_fail(Exit::Io, "the progress was not noted")
    }
}
