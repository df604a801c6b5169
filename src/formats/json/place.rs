//! Where in a JSON source an item stands: the parser gives values without positions, and a finding needs line and column.

use super::walk::{elements, members, skip, trim_start};
use crate::text::LineColumn;

/// One step into a JSON value.
#[derive(Clone, Copy, Debug)]
pub(in crate::formats) enum Step<'a> {
    /// The value of this key of an object.
    Key(&'a str),
    /// The element at this place of an array.
    Index(usize),
}

/// The byte at which the value at the end of these steps begins; the source is valid JSON. `None` when there is no such value. The last
/// of equal keys counts, as in the parser.
pub(in crate::formats) fn find(source: &str, steps: &[Step<'_>]) -> Option<usize> {
    let mut at = source.len() - trim_start(source).len();
    for step in steps {
        let mut found = None;
        match step {
            Step::Key(wanted) => members(source, at, |key, value| {
                if key == *wanted {
                    found = Some(value);
                }
                skip(source, value)
            }),
            Step::Index(wanted) => elements(source, at, |index, value| {
                if index == *wanted {
                    found = Some(value);
                    return None;
                }
                skip(source, value)
            }),
        };
        at = found?;
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
