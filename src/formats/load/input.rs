//! A file as a stream: unpacked, looked at, and ready to be read from its beginning.

use super::MAX_FILE_BYTES;
use crate::formats::detect::{HEAD, Kind, kind};
use crate::formats::finding::{Finding, Remark};
use crate::formats::stamps::Stamp;
use flate2::bufread::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read as _};
use std::path::{Path, PathBuf};

/// How a file begins that is packed by gzip.
const PACKED: [u8; 2] = [0x1f, 0x8b];

/// An open file.
pub(super) struct Opened {
    path: PathBuf,
    head: Vec<u8>,
    whole: bool,
    /// Whether these are the bytes of a file as they are on disk.
    is_file: bool,
    /// All of it, the head too.
    pub(super) input: Box<dyn BufRead>,
}

/// Opens a file, or standard input for `-`.
pub(super) fn open(path: &Path) -> Result<Opened, Box<Finding>> {
    if path.as_os_str() == "-" {
        return begin(path, Box::new(BufReader::new(io::stdin())));
    }
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    begin(path, Box::new(BufReader::with_capacity(HEAD, file)))
}

/// The text of a file that is read whole, and what the file held; no stamp of a file that is packed, or of standard input.
pub(super) fn read(path: &Path) -> Result<(String, Option<Stamp>), Box<Finding>> {
    if path.as_os_str() == "-" {
        return open(path)?.text();
    }
    let mut file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let length = file.metadata().map_err(|error| unreadable(path, &error))?.len();
    let mut bytes = Vec::with_capacity(usize::try_from(length.min(MAX_FILE_BYTES)).unwrap_or(0) + 1);
    file.by_ref().take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|error| unreadable(path, &error))?;
    if bytes.starts_with(&PACKED) {
        return begin(path, Box::new(Cursor::new(bytes).chain(BufReader::new(file))))?.text();
    }
    let stamp = Stamp::new(path, &bytes);
    Ok((decode(path, bytes)?, Some(stamp)))
}

/// What is in a file that gzip packed; `None` for any other.
///
/// # Errors
/// When it is damaged, or more than is read of any file.
pub(in crate::formats) fn unpacked(content: &[u8]) -> io::Result<Option<Vec<u8>>> {
    if !content.starts_with(&PACKED) {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    MultiGzDecoder::new(content).take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(io::Error::other(format!(
            "unpacked it has more than {MAX_FILE_BYTES} bytes, which is the most that is read"
        )));
    }
    Ok(Some(bytes))
}

/// Looks at the beginning of a stream.
pub(super) fn begin(path: &Path, mut input: Box<dyn BufRead>) -> Result<Opened, Box<Finding>> {
    let is_packed = input.fill_buf().map_err(|error| unreadable(path, &error))?.starts_with(&PACKED);
    let mut input: Box<dyn BufRead> =
        if is_packed { Box::new(BufReader::with_capacity(HEAD, MultiGzDecoder::new(input))) } else { input };
    let (mut head, mut whole) = (Vec::new(), false);
    // No further than is needed to know what it is: a program may be waiting at the other end.
    while !whole && head.len() < HEAD && !is_decided(&head) {
        let more = input.fill_buf().map_err(|error| unreadable(path, &error))?;
        whole = more.is_empty();
        let length = more.len().min(HEAD - head.len());
        head.extend(more.iter().take(length));
        input.consume(length);
    }
    if is_utf16(&head) {
        let remark = Remark::error("not-utf8", "the file is not UTF-8: the first bad byte is at byte offset 0");
        return Err(Box::new(remark.at(1).hint(UTF_16).on(path, 1)));
    }
    let input = Box::new(Cursor::new(head.clone()).chain(input));
    Ok(Opened { path: path.to_path_buf(), head, whole, is_file: !is_packed && path.as_os_str() != "-", input })
}

/// Whether more would not change what these bytes are taken for.
fn is_decided(head: &[u8]) -> bool {
    match kind(head, false) {
        None => false,
        Some(Kind::JsonLines) => true,
        Some(_) => head.iter().filter(|&&byte| byte == b'\n').count() > 1,
    }
}

impl Opened {
    /// What it is by its content; for objects of JSON, the ending of the name decides whether they stand in lines.
    pub(super) fn kind(&self) -> Option<Kind> {
        let kind = kind(&self.head, self.whole);
        let ending = ending(&self.path);
        match kind {
            Some(Kind::Json) if matches!(ending.as_str(), "jsonl" | "ndjson") => Some(Kind::JsonLines),
            None if matches!(ending.as_str(), "jsonl" | "ndjson") => Some(Kind::JsonLines),
            None if ending == "json" => Some(Kind::Json),
            kind => kind,
        }
    }

    /// All of it as text, and what the file held unless it is packed; or what is wrong with it.
    pub(super) fn text(self) -> Result<(String, Option<Stamp>), Box<Finding>> {
        let Self { path, input, is_file, .. } = self;
        let mut bytes = Vec::new();
        input.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&path, &error))?;
        let stamp = is_file.then(|| Stamp::new(&path, &bytes));
        Ok((decode(&path, bytes)?, stamp))
    }
}

fn decode(path: &Path, bytes: Vec<u8>) -> Result<String, Box<Finding>> {
    if bytes.len() as u64 > MAX_FILE_BYTES {
        let message = format!("the file has more than {MAX_FILE_BYTES} bytes, which is the most that is read");
        return Err(Box::new(Remark::error("too-large", message).on_file(path)));
    }
    String::from_utf8(bytes).map_err(|error| Box::new(not_utf8(path, &error)))
}

pub(super) fn unreadable(path: &Path, error: &io::Error) -> Finding {
    Remark::error("unreadable", format!("it can't be read: {error}")).on_file(path)
}

fn not_utf8(path: &Path, error: &std::string::FromUtf8Error) -> Finding {
    let at = error.utf8_error().valid_up_to();
    let before = error.as_bytes().get(..at).unwrap_or_default();
    let line = before.iter().filter(|&&byte| byte == b'\n').count() as u32 + 1;
    let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    let column = String::from_utf8_lossy(before.get(start..).unwrap_or_default()).chars().count() as u32 + 1;
    let remark = Remark::error("not-utf8", format!("the file is not UTF-8: the first bad byte is at byte offset {at}"));
    let hint = if is_utf16(error.as_bytes()) { UTF_16 } else { "convert it to UTF-8" };
    remark.at(column).hint(hint).on(path, line)
}

const UTF_16: &str = "it begins as UTF-16 does; convert it to UTF-8";

/// Whether these bytes begin with the byte order mark of UTF-16, which no UTF-8 does.
fn is_utf16(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff])
}

/// The ending of a name in lower case, without that of gzip.
pub(super) fn ending(path: &Path) -> String {
    let ending = |path: &Path| path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
    let last = ending(path);
    if last == "gz" { ending(Path::new(path.file_stem().unwrap_or_default())) } else { last }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_the_head_is_looked_at_however_much_lies_ready() {
        let line = format!("{{\"documents\":[{{\"id\":\"{}\"}}]}}", "x".repeat(3 * HEAD));
        let opened = begin(Path::new("-"), Box::new(Cursor::new(line.clone().into_bytes()))).map_err(|it| it.in_full()).unwrap();
        assert_eq!(opened.head.len(), HEAD);
        assert_eq!(opened.kind(), Some(Kind::Json));
        assert_eq!(opened.text().map_err(|it| it.in_full()).unwrap().0, line);
    }
}
