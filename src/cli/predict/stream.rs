//! What standard input holds: JSON lines, which are predicted as they come, or documents of another format.

use crate::formats::jsonl;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::io::{self, BufRead, Read as _};

/// The first line of a stream that begins with an object of JSON, taken out of it; nothing is taken out of any other.
pub(super) fn first_line(input: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    if without_mark(input.fill_buf()?).trim_ascii_start().first() == Some(&b'{') {
        let mut input = input.take(jsonl::MAX_LINE_BYTES);
        while head.trim_ascii().is_empty() && input.read_until(b'\n', &mut head)? > 0 {}
    }
    Ok(head)
}

/// Whether a stream with this first line is to be read line by line. No further line is needed to know, as whoever is at the other
/// end of a pipe may wait for the answer to the first: an object that ends with its line is the same document either way, unless it
/// is a collection of several.
pub(super) fn are_lines(first: &[u8]) -> bool {
    match serde_json::from_slice::<Outermost>(without_mark(first)) {
        Ok(Outermost { documents, of_service }) => [documents, of_service].iter().flatten().all(|documents| documents.len() < 2),
        // An object over many lines goes on behind this one.
        Err(error) => !error.is_eof(),
    }
}

/// The keys of BioC under which documents stand.
#[derive(Deserialize)]
struct Outermost {
    documents: Option<Vec<IgnoredAny>>,
    #[serde(rename = "PubTator3")]
    of_service: Option<Vec<IgnoredAny>>,
}

fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_stream_holds_is_known_by_its_first_line() {
        for (stream, first, lines) in [
            ("{\"text\":\"a\"}\n{\"text\":\"b\"}\n", "{\"text\":\"a\"}\n", true),
            ("\u{feff}{\"text\":\"a\"}", "\u{feff}{\"text\":\"a\"}", true),
            ("\n {\"text\":\"a\"}\nb", "\n {\"text\":\"a\"}\n", true),
            ("{broken\n{\"text\":\"b\"}\n", "{broken\n", true),
            ("{\"text\":\"torn\n{\"text\":\"b\"}\n", "{\"text\":\"torn\n", true),
            ("{\"documents\":[{\"passages\":[]}]}\n", "{\"documents\":[{\"passages\":[]}]}\n", true),
            ("{\"documents\":[{},{}]}\n", "{\"documents\":[{},{}]}\n", false),
            ("{\"PubTator3\":[{},{}]}", "{\"PubTator3\":[{},{}]}", false),
            ("{\n  \"text\": \"a\"\n}\n", "{\n", false),
            ("{\"text\": \"a\",\n \"denotations\": []}\n", "{\"text\": \"a\",\n", false),
            ("[{\"text\":\"a\"}]\n", "", false),
            ("Loss of p53.\n", "", false),
            ("", "", false),
        ] {
            let mut input = stream.as_bytes();
            let head = first_line(&mut input).unwrap();
            assert_eq!((std::str::from_utf8(&head).unwrap(), are_lines(&head)), (first, lines), "{stream}");
            assert_eq!(head.len() + input.len(), stream.len(), "what was not taken out is still there");
        }
    }
}
