//! In which unit a document's offsets are counted: by what its annotations say they cover.

use super::model::{Annotation, Passage};
use crate::formats::claim::same_words;

/// A way of counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Chars,
    Bytes,
    Utf16,
}

impl Unit {
    pub(super) fn describe(self) -> &'static str {
        match self {
            Self::Chars => "code points",
            Self::Bytes => "bytes",
            Self::Utf16 => "UTF-16 units",
        }
    }

    fn width(self, c: char) -> usize {
        match self {
            Self::Chars => 1,
            Self::Bytes => c.len_utf8(),
            Self::Utf16 => c.len_utf16(),
        }
    }

    /// Length of a text in this unit.
    pub(super) fn length(self, text: &str) -> u64 {
        match self {
            Self::Chars => text.chars().count() as u64,
            Self::Bytes => text.len() as u64,
            Self::Utf16 => text.chars().map(char::len_utf16).sum::<usize>() as u64,
        }
    }
}

/// A text with what is needed to turn places in a unit into code points and bytes.
pub(super) struct Ruler<'a> {
    text: &'a str,
    unit: Unit,
    /// For each character its place in the unit, in code points and in bytes are those of the index; sampled.
    samples: Vec<(u64, u32, usize)>,
    total: (u64, u32),
}

/// One sample is kept for this many characters.
const SAMPLE_EVERY: u32 = 64;

impl<'a> Ruler<'a> {
    pub(super) fn new(text: &'a str, unit: Unit) -> Self {
        let (mut samples, mut at, mut chars) = (Vec::new(), 0u64, 0u32);
        for (byte, c) in text.char_indices() {
            if chars.is_multiple_of(SAMPLE_EVERY) {
                samples.push((at, chars, byte));
            }
            at += unit.width(c) as u64;
            chars += 1;
        }
        Self { text, unit, samples, total: (at, chars) }
    }

    /// Code points and bytes before a place; `None` when it lies inside a character or beyond the text.
    fn place(&self, at: u64) -> Option<(u32, usize)> {
        if at == self.total.0 {
            return Some((self.total.1, self.text.len()));
        }
        let block = self.samples.partition_point(|(place, _, _)| *place <= at).checked_sub(1)?;
        let &(mut place, mut chars, byte) = self.samples.get(block)?;
        for (step, c) in self.text.get(byte..)?.char_indices() {
            if place == at {
                return Some((chars, byte + step));
            }
            if place > at {
                return None;
            }
            place += self.unit.width(c) as u64;
            chars += 1;
        }
        None
    }

    /// The range in code points with what it covers.
    pub(super) fn range(&self, start: u64, end: u64) -> Option<(u32, u32, &'a str)> {
        let (from, to) = (self.place(start)?, self.place(end)?);
        Some((from.0, to.0, self.text.get(from.1..to.1)?))
    }
}

/// The unit in which most annotations of these passages cover what they say; code points when it makes no difference.
pub(super) fn of_passages<'a>(passages: &[(&'a Passage, &'a str)]) -> Unit {
    if passages.iter().all(|(_, text)| text.is_ascii()) {
        return Unit::Chars;
    }
    let fitting = |unit: Unit| -> usize { passages.iter().map(|(passage, text)| fitting_in(passage, text, unit)).sum() };
    let said: usize = passages.iter().map(|(passage, _)| passage.annotations.len()).sum();
    let mut best = (Unit::Chars, fitting(Unit::Chars));
    for unit in [Unit::Bytes, Unit::Utf16] {
        // Counted as they should be, all fit: the common case.
        if best.1 == said {
            break;
        }
        let count = fitting(unit);
        if count > best.1 {
            best = (unit, count);
        }
    }
    best.0
}

fn fitting_in(passage: &Passage, text: &str, unit: Unit) -> usize {
    let ruler = Ruler::new(text, unit);
    let base = passage.offset.unwrap_or(0);
    let fits = |annotation: &&Annotation| {
        let [(Some(offset), Some(length))] = annotation.locations.as_slice() else { return false };
        let start = offset.checked_sub(base).and_then(|start| u64::try_from(start).ok());
        let range =
            start.zip(u64::try_from(*length).ok()).and_then(|(start, length)| ruler.range(start, start.checked_add(length)?));
        range.zip(annotation.text.as_deref()).is_some_and(|((_, _, covered), said)| same_words(covered, said))
    };
    passage.annotations.iter().filter(fits).count()
}
