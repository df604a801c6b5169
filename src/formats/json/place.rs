//! Where in a JSON source an item stands: the parser gives values without positions, and a finding needs line and column.

use crate::text::LineColumn;

/// One step into a JSON value.
#[derive(Clone, Copy, Debug)]
pub(in crate::formats) enum Step<'a> {
    /// The value of this key of an object.
    Key(&'a str),
    /// The element at this place of an array.
    Index(usize),
}

/// The byte at which the value at the end of these steps begins; the source is valid JSON. `None` when there is no such value.
pub(in crate::formats) fn find(source: &str, steps: &[Step<'_>]) -> Option<usize> {
    let bytes = source.as_bytes();
    let mut at = blanks(bytes, 0);
    for step in steps {
        at = match step {
            Step::Key(key) => value_of(source, at, key)?,
            Step::Index(index) => element(bytes, at, *index)?,
        };
    }
    Some(at)
}

/// Where a source begins.
pub(in crate::formats) const BEGINNING: LineColumn = LineColumn { line: 1, column: 1 };

/// Line and column of bytes of a source, cheap for those that are asked for from front to back.
pub(in crate::formats) struct Counter<'a> {
    source: &'a str,
    byte: usize,
    place: LineColumn,
}

impl<'a> Counter<'a> {
    pub(in crate::formats) fn new(source: &'a str) -> Self {
        Self { source, byte: 0, place: BEGINNING }
    }

    /// Line and column, from 1, of a byte.
    pub(in crate::formats) fn at(&mut self, byte: usize) -> LineColumn {
        if byte < self.byte {
            *self = Self::new(self.source);
        }
        let between = self.source.get(self.byte..byte).unwrap_or_default();
        self.place = behind_text(self.place, between);
        self.byte = byte;
        self.place
    }
}

/// The place of what stands behind `text`, which begins at `place`.
pub(in crate::formats) fn behind_text(place: LineColumn, text: &str) -> LineColumn {
    match text.rsplit_once('\n') {
        Some((before, last)) => {
            LineColumn { line: place.line + before.matches('\n').count() as u32 + 1, column: last.chars().count() as u32 + 1 }
        }
        None => LineColumn { line: place.line, column: place.column + text.chars().count() as u32 },
    }
}

/// The first byte from `at` on that is none of JSON's blanks.
pub(super) fn blanks(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(|byte| b" \t\r\n".contains(byte)) {
        at += 1;
    }
    at
}

/// Start of the value of a key. Keys that need escapes are not looked for; the last of equal keys counts, as in the parser.
fn value_of(source: &str, object: usize, key: &str) -> Option<usize> {
    let bytes = source.as_bytes();
    let mut found = None;
    let mut at = blanks(bytes, object.checked_add(1)?);
    while bytes.get(at) == Some(&b'"') {
        let end = behind(bytes, at)?;
        let name = source.get(at + 1..end - 1);
        let colon = blanks(bytes, end);
        let value = blanks(bytes, colon + 1);
        if name == Some(key) {
            found = Some(value);
        }
        at = next(bytes, value)?;
    }
    found
}

fn element(bytes: &[u8], array: usize, index: usize) -> Option<usize> {
    if bytes.get(array) != Some(&b'[') {
        return None;
    }
    let mut at = blanks(bytes, array + 1);
    for _ in 0..index {
        at = next(bytes, at)?;
    }
    (bytes.get(at) != Some(&b']')).then_some(at)
}

/// Start of what follows the value at `at` and its comma.
fn next(bytes: &[u8], at: usize) -> Option<usize> {
    let end = blanks(bytes, behind(bytes, at)?);
    Some(if bytes.get(end) == Some(&b',') { blanks(bytes, end + 1) } else { end })
}

/// The first byte behind the value at `at`.
fn behind(bytes: &[u8], at: usize) -> Option<usize> {
    let mut depth = 0usize;
    let mut at = at;
    loop {
        match bytes.get(at)? {
            b'"' => at = string_end(bytes, at)?,
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                at += 1;
            }
            b',' | b':' => at += 1,
            byte if byte.is_ascii_whitespace() => at += 1,
            _ => at = bytes.iter().skip(at).position(|b| b",:]}\" \t\r\n".contains(b)).map_or(bytes.len(), |step| at + step),
        }
        if depth == 0 {
            return Some(at);
        }
    }
}

fn string_end(bytes: &[u8], quote: usize) -> Option<usize> {
    let mut at = quote + 1;
    loop {
        match bytes.get(at)? {
            b'\\' => at += 2,
            b'"' => return Some(at + 1),
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_found_behind_strings_that_look_like_structure() {
        let source = "{\"text\": \"a ]}, \\\" β\",\n \"n\": -1.5e3, \"list\": [ {\"a\": [1, 2]},\n  {\"b\": null} ] }";
        let place = |steps: &[Step<'_>]| find(source, steps).map(|at| Counter::new(source).at(at)).map(|p| (p.line, p.column));
        assert_eq!(place(&[Step::Key("list"), Step::Index(0)]), Some((2, 25)));
        assert_eq!(place(&[Step::Key("list"), Step::Index(1)]), Some((3, 3)));
        assert_eq!(place(&[Step::Key("list"), Step::Index(1), Step::Key("b")]), Some((3, 9)));
        assert_eq!(place(&[Step::Key("list"), Step::Index(2)]), None);
        assert_eq!(place(&[Step::Key("text"), Step::Index(0)]), None);
        assert_eq!(find(" [1, [2 , 3]]", &[Step::Index(1), Step::Index(1)]), Some(10));
    }

    #[test]
    fn places_are_the_same_asked_for_in_any_order() {
        let source = "{\n \"β\": 1,\n\n\"a\": [\"😀\", 2]}";
        let mut counter = Counter::new(source);
        for byte in [2, 9, 14, 9, 26, 0, 30] {
            let before = source.get(..byte).unwrap();
            let line = before.matches('\n').count() as u32 + 1;
            let column = before.rsplit('\n').next().unwrap().chars().count() as u32 + 1;
            assert_eq!(counter.at(byte), LineColumn { line, column }, "{byte}");
        }
    }
}
