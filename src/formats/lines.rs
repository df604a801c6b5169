//! Lines from a stream, one at a time, so that neither a long file nor a long line takes more memory than is stated.

use super::finding::Remark;
use std::io::{self, BufRead, Read as _};

/// The longest line that is read, in bytes: 64 MiB. A longer one is reported and passed over.
pub const MAX_LINE_BYTES: u64 = 64 << 20;

/// Reads lines, which end at `\n` only.
#[derive(Debug)]
pub(super) struct Lines<R> {
    input: R,
    number: u32,
    /// Bytes before the next line.
    offset: u64,
    buffer: Vec<u8>,
}

/// One line.
#[derive(Debug)]
pub(super) struct Line {
    /// From 1.
    pub(super) number: u32,
    /// Without its end; a carriage return before that is left. What is no text is a remark.
    pub(super) content: Result<String, Remark>,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, number: 0, offset: 0, buffer: Vec::new() }
    }

    /// The next line; `None` behind the last one.
    pub(super) fn next(&mut self) -> io::Result<Option<Line>> {
        self.buffer.clear();
        if self.input.by_ref().take(MAX_LINE_BYTES + 1).read_until(b'\n', &mut self.buffer)? == 0 {
            return Ok(None);
        }
        self.number = self.number.saturating_add(1);
        let at = self.offset;
        self.offset += self.buffer.len() as u64;
        let content = if self.buffer.len() as u64 > MAX_LINE_BYTES {
            self.offset += skip_line(&mut self.input)?;
            let message = format!("the line has more than {MAX_LINE_BYTES} bytes, which is the most that is read");
            Err(Remark::error("too-large", message))
        } else {
            let line = self.buffer.strip_suffix(b"\n").unwrap_or(&self.buffer);
            std::str::from_utf8(line).map(str::to_owned).map_err(|error| not_utf8(line, error.valid_up_to(), at))
        };
        Ok(Some(Line { number: self.number, content }))
    }
}

/// The remark on a line that is not UTF-8 from its byte `valid` on; `before` bytes stand before the line.
fn not_utf8(line: &[u8], valid: usize, before: u64) -> Remark {
    let column = String::from_utf8_lossy(line.get(..valid).unwrap_or_default()).chars().count() as u32 + 1;
    let message = format!("this is not UTF-8: the first bad byte is at byte offset {}", before + valid as u64);
    Remark::error("not-utf8", message).at(column).hint("convert the file to UTF-8")
}

/// Passes over what is left of a line without keeping it.
fn skip_line(input: &mut impl BufRead) -> io::Result<u64> {
    let mut skipped = 0;
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok(skipped);
        }
        let end = buffer.iter().position(|&byte| byte == b'\n');
        let length = end.map_or(buffer.len(), |at| at + 1);
        input.consume(length);
        skipped += length as u64;
        if end.is_some() {
            return Ok(skipped);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_bytes_are_counted_from_the_start_of_the_stream() {
        let mut lines = Lines::new(&b"a\r\n\xce\xb1\xff\nb"[..]);
        assert_eq!(lines.next().unwrap().unwrap().content, Ok("a\r".to_owned()));
        let line = lines.next().unwrap().unwrap();
        let remark = line.content.unwrap_err();
        assert_eq!((line.number, remark.column), (2, 2));
        assert!(remark.message.ends_with("byte offset 5"), "{}", remark.message);
        assert_eq!(lines.next().unwrap().unwrap().content, Ok("b".to_owned()));
        assert!(lines.next().unwrap().is_none());
    }
}
