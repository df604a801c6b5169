//! In which unit a document's offsets are counted: by what its annotations say they cover.

use super::layout::Text;
use super::model::{Annotation, Location};
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
}

/// A text with what is needed to turn places in a unit into code points and bytes.
pub(super) struct Ruler<'a> {
    text: &'a str,
    unit: Unit,
    /// Places of every so manieth character.
    samples: Vec<Sample>,
    end: Sample,
}

/// What stands before a character.
#[derive(Clone, Copy, Debug)]
struct Sample {
    /// In the unit.
    units: u64,
    chars: u32,
    bytes: usize,
}

/// One sample is kept for this many characters.
const SAMPLE_EVERY: u32 = 64;

impl<'a> Ruler<'a> {
    pub(super) fn new(text: &'a str, unit: Unit) -> Self {
        let mut samples = Vec::with_capacity(text.len() / SAMPLE_EVERY as usize + 1);
        let mut end = Sample { units: 0, chars: 0, bytes: text.len() };
        for (bytes, c) in text.char_indices() {
            if end.chars.is_multiple_of(SAMPLE_EVERY) {
                samples.push(Sample { bytes, ..end });
            }
            end.units += unit.width(c) as u64;
            end.chars += 1;
        }
        Self { text, unit, samples, end }
    }

    /// Length of the text in code points.
    pub(super) fn chars(&self) -> u32 {
        self.end.chars
    }

    /// Length of the text in the unit.
    pub(super) fn units(&self) -> u64 {
        self.end.units
    }

    /// Code points and bytes before a place; `None` when it lies inside a character or beyond the text.
    fn place(&self, at: u64) -> Option<(u32, usize)> {
        if at >= self.end.units {
            return (at == self.end.units).then_some((self.end.chars, self.end.bytes));
        }
        let block = self.samples.partition_point(|sample| sample.units <= at).checked_sub(1)?;
        let (from, to) = (self.samples.get(block)?, self.samples.get(block + 1).unwrap_or(&self.end));
        // As many bytes as code points: ASCII, which is the same in every unit.
        if to.bytes - from.bytes == (to.chars - from.chars) as usize {
            let step = at - from.units;
            return Some((from.chars + step as u32, from.bytes + step as usize));
        }
        let (mut units, mut chars) = (from.units, from.chars);
        for (step, c) in self.text.get(from.bytes..to.bytes)?.char_indices() {
            if units >= at {
                return (units == at).then_some((chars, from.bytes + step));
            }
            units += self.unit.width(c) as u64;
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

/// The unit in which most annotations of these texts cover what they say, with a ruler for each text; code points when it makes no
/// difference. With each annotation stands the place of the text that it is of.
pub(super) fn of_texts<'a>(texts: &[Text<'a>], annotations: &[(Annotation<'_>, Option<usize>)]) -> (Unit, Vec<Ruler<'a>>) {
    let rulers = |unit: Unit| -> Vec<Ruler<'a>> { texts.iter().map(|text| Ruler::new(text.text, unit)).collect() };
    let in_chars = rulers(Unit::Chars);
    if texts.iter().all(|text| text.text.is_ascii()) {
        return (Unit::Chars, in_chars);
    }
    let fitting = |rulers: &[Ruler<'_>]| annotations.iter().filter(|(read, home)| fits(texts, rulers, read, *home)).count();
    let at_home = annotations.iter().filter(|(_, home)| home.is_some()).count();
    let mut best = (fitting(&in_chars), Unit::Chars, in_chars);
    for unit in [Unit::Bytes, Unit::Utf16] {
        // Counted as they should be, all fit: the common case.
        if best.0 == at_home {
            break;
        }
        let rulers = rulers(unit);
        let count = fitting(&rulers);
        if count > best.0 {
            best = (count, unit, rulers);
        }
    }
    (best.1, best.2)
}

/// Whether an annotation with one location covers what it says in its own text.
fn fits(texts: &[Text<'_>], rulers: &[Ruler<'_>], read: &Annotation<'_>, home: Option<usize>) -> bool {
    let covered = || {
        let &[Location { offset: Some(offset), length: Some(length) }] = read.locations.as_slice() else { return None };
        let start = u64::try_from(offset.checked_sub(texts.get(home?)?.offset.unwrap_or(0))?).ok()?;
        let (_, _, covered) = rulers.get(home?)?.range(start, start.checked_add(u64::try_from(length).ok()?)?)?;
        Some(covered)
    };
    read.text.as_deref().zip(covered()).is_some_and(|(said, covered)| same_words(covered, said))
}
