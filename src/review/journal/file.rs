//! The file itself: a header line, then one record a line.

use super::JournalError;
use crate::formats::replace_bytes;
use crate::review::JournalRecord;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// The first line: what the file is, and the version of its records.
const HEADER: &str = "{\"rolecall_journal\":1}\n";

/// An append-only file of records.
#[derive(Debug)]
pub(super) struct LogFile {
    file: File,
    path: PathBuf,
    /// Length in bytes up to the end of the last whole record.
    len: u64,
    /// Whether something may stand behind `len`: the rest of a line that could not be written.
    soiled: bool,
}

impl LogFile {
    /// Opens or begins the file. Also returns its records, and a notice when a torn last line was cut off.
    pub(super) fn open(path: &Path) -> Result<(Self, Vec<JournalRecord>, Option<String>), JournalError> {
        let refused = || JournalError::io(path);
        let mut file = File::options().create(true).read(true).append(true).open(path).map_err(refused())?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(refused())?;
        let whole = whole_lines(&bytes).len();
        let (lines, torn) = bytes.split_at_checked(whole).unwrap_or((&bytes, &[]));
        check_header(path, lines, torn)?;
        let records = read_records(path, lines)?;
        let mut log = Self { file, path: path.to_path_buf(), len: whole as u64, soiled: false };
        let mut notice = None;
        if !torn.is_empty() {
            // Not synced: should this be undone by a crash, the same tail is cut off again.
            log.file.set_len(log.len).map_err(refused())?;
            // A torn header is the trace of a program that ended before anything was decided.
            notice = (whole > 0).then(|| {
                let line = records.len() + 2;
                format!("{}:{line}: the last line was torn ({} bytes) and was cut off", path.display(), torn.len())
            });
        }
        if whole == 0 {
            log.write(HEADER.as_bytes())?;
            sync_folder(path);
        }
        Ok((log, records, notice))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn append(&mut self, record: &JournalRecord) -> Result<(), JournalError> {
        self.write(&line(record).map_err(JournalError::io(&self.path))?)
    }

    /// Writes and waits for the disk. What was written in part is taken back, so that the next line is not glued to it.
    fn write(&mut self, line: &[u8]) -> Result<(), JournalError> {
        let written = self.clean().and_then(|()| {
            self.soiled = true;
            self.file.write_all(line)?;
            self.file.sync_data()
        });
        if let Err(source) = written {
            // If this fails too, the next writing begins with it.
            let _ = self.clean();
            return Err(JournalError::Io { path: self.path.clone(), source });
        }
        self.soiled = false;
        self.len += line.len() as u64;
        Ok(())
    }

    fn clean(&mut self) -> io::Result<()> {
        if self.soiled {
            self.file.set_len(self.len)?;
            self.soiled = false;
        }
        Ok(())
    }
}

fn check_header(path: &Path, lines: &[u8], torn: &[u8]) -> Result<(), JournalError> {
    let first = if lines.is_empty() { torn } else { lines };
    let fits = if lines.is_empty() { HEADER.as_bytes().starts_with(torn) } else { lines.starts_with(HEADER.as_bytes()) };
    if fits {
        return Ok(());
    }
    let begin = String::from_utf8_lossy(first).chars().take(40).collect::<String>();
    Err(JournalError::Foreign { file: path.to_path_buf(), why: format!("it begins with {begin:?}") })
}

/// The records of a journal's whole lines, the header among them.
pub(super) fn read_records(path: &Path, lines: &[u8]) -> Result<Vec<JournalRecord>, JournalError> {
    let lines = lines.split(|&byte| byte == b'\n').enumerate().skip(1).filter(|(_, line)| !line.is_empty());
    let record = |(index, line): (usize, &[u8])| {
        serde_json::from_slice(line).map_err(|error| JournalError::Damaged {
            file: path.to_path_buf(),
            line: index + 1,
            why: harmless(&error.to_string()),
        })
    };
    lines.map(record).collect()
}

/// A message that may quote the file, without what a terminal would act on.
fn harmless(message: &str) -> String {
    message.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// Makes a new file's name durable too, where the system can do that.
fn sync_folder(path: &Path) {
    let folder = path.parent().and_then(|folder| File::open(folder).ok());
    // Windows can't open a folder like this; there the name is durable with the file.
    let _ = folder.map(|folder| folder.sync_all());
}

/// Replaces the file by one with these records only, all or none.
pub(super) fn rewrite(path: &Path, records: &[&JournalRecord]) -> Result<(), JournalError> {
    let lines = records.iter().map(|record| line(record)).collect::<io::Result<Vec<_>>>();
    let content = lines.map(|lines| [HEADER.as_bytes(), &lines.concat()].concat());
    content.and_then(|content| replace_bytes(path, &content)).map_err(JournalError::io(path))
}

fn line(record: &JournalRecord) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(record)?;
    line.push(b'\n');
    Ok(line)
}

/// The whole lines of a journal; a torn one behind them is no record.
pub(super) fn whole_lines(bytes: &[u8]) -> &[u8] {
    let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    bytes.get(..whole).unwrap_or_default()
}
