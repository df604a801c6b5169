//! Where the texts of passages and sentences stand in the text of the document.

use super::model::{Annotation, Location, Passage, Place};
use super::units::Ruler;
use crate::formats::claim;
use crate::formats::finding::Remark;
use crate::text::{CharSpan, SourceText};
use std::borrow::Cow;

/// Characters that are left between two passages, at most; a wider gap is closed.
const MOST_GAP: u64 = 10_000;

/// The text of a passage, or of a sentence.
pub(super) struct Text<'a> {
    pub(super) text: &'a str,
    /// As the file says; `None` when it does not.
    pub(super) offset: Option<i64>,
    place: Place,
}

/// The texts of passages in their order, those of sentences in the place of the passage that has none of its own.
pub(super) fn texts<'a>(passages: &'a [Passage<'_>]) -> Vec<Text<'a>> {
    let of = |passage: &'a Passage<'_>| Text {
        text: passage.text.as_deref().unwrap_or_default(),
        offset: passage.offset,
        place: passage.place,
    };
    let mut texts = Vec::new();
    for passage in passages {
        if passage.bears_text() {
            texts.push(of(passage));
        } else {
            texts.extend(passage.sentences.iter().map(of));
        }
    }
    texts
}

/// Texts behind each other, with the gaps that their offsets ask for.
pub(super) struct Layout<'a> {
    pieces: Vec<Piece<'a>>,
}

struct Piece<'a> {
    ruler: Ruler<'a>,
    /// In code points of the document.
    start: u32,
    /// As the file says, in its unit.
    offset: i64,
}

/// Ranges of code points with all that they cover.
#[derive(Default)]
struct Ranges<'a> {
    numbers: Vec<(u32, u32)>,
    covered: Cow<'a, str>,
}

impl<'a> Layout<'a> {
    /// Puts texts behind each other; with the whole.
    pub(super) fn new(texts: &[Text<'a>], rulers: Vec<Ruler<'a>>, remarks: &mut Vec<(Place, Remark)>) -> (String, Self) {
        let mut whole = String::with_capacity(texts.iter().map(|text| text.text.len() + 1).sum());
        let (mut chars, mut pieces) = (0u32, Vec::with_capacity(texts.len()));
        let mut expected: Option<i64> = None;
        for (text, ruler) in texts.iter().zip(rulers) {
            let offset = text.offset.or(expected.map(|expected| expected.saturating_add(1))).unwrap_or(0);
            let gap = expected.map_or(0, |expected| {
                let gap = offset.saturating_sub(expected);
                if gap < 0 {
                    let message = format!("the offset {offset} lies inside the passage before, which ends at {expected}");
                    remarks.push((text.place, Remark::warning("passage-offset", message)));
                }
                // A gap that can't be meant is closed, so that no file takes more memory than it has bytes.
                u64::try_from(gap).ok().filter(|gap| *gap <= MOST_GAP).unwrap_or(1)
            });
            for step in 0..gap {
                whole.push(if step == 0 { '\n' } else { ' ' });
                chars += 1;
            }
            whole.push_str(text.text);
            expected = Some(offset.saturating_add(ruler.units() as i64));
            let start = chars;
            chars += ruler.chars();
            pieces.push(Piece { ruler, start, offset });
        }
        (whole, Self { pieces })
    }

    /// Where each text begins and how long it is, in code points.
    pub(super) fn places(&self) -> impl Iterator<Item = (u32, u32)> {
        self.pieces.iter().map(|piece| (piece.start, piece.ruler.chars()))
    }

    /// The span of an annotation with one location, if that covers exactly what it says in its own text: the common case.
    pub(super) fn plain_span(&self, read: &Annotation<'_>, home: Option<usize>) -> Option<CharSpan> {
        let &[Location { offset: Some(offset), length: Some(length) }] = read.locations.as_slice() else { return None };
        let piece = self.pieces.get(home?).filter(|_| offset >= 0)?;
        let (from, to, covered) = piece.range(offset.checked_sub(piece.offset)?, length)?;
        let span = CharSpan::of_chars(from, to).ok()?;
        read.text.as_deref().is_some_and(|said| said == covered).then_some(span)
    }

    /// The locations of an annotation in code points of the document, and whether they were counted from its passage.
    pub(super) fn locate(
        &self,
        document: &SourceText,
        read: &Annotation<'_>,
        home: Option<usize>,
    ) -> Result<(Vec<(u32, u32)>, bool), Remark> {
        let mut locations = Vec::new();
        for location in &read.locations {
            let Location { offset: Some(offset), length: Some(length) } = *location else {
                return Err(Remark::error("offsets", "the offset or the length of a location is no whole number"));
            };
            if offset < 0 || length <= 0 {
                let message = format!("the location with offset {offset} and length {length} holds no character");
                return Err(Remark::error("empty-span", message));
            }
            locations.push((offset, length));
        }
        let said = read.text.as_deref();
        let fits = |ranges: &Ranges<'_>| said.is_none_or(|said| claim::same_words(&ranges.covered, said));
        let absolute = self.ranges(document, &locations, home);
        if said.is_some()
            && !absolute.as_ref().is_some_and(fits)
            && let Some(relative) = self.relative_ranges(&locations, home).filter(fits)
        {
            return Ok((relative.numbers, true));
        }
        absolute.map(|ranges| (ranges.numbers, false)).ok_or_else(|| {
            let shown: Vec<String> = locations.iter().map(|(offset, length)| format!("{offset}+{length}")).collect();
            Remark::error("outside-text", format!("the location {} lies outside the text", shown.join(" ")))
        })
    }

    /// The ranges of locations as the format counts them: from the start of the document.
    fn ranges<'s>(&'s self, document: &'s SourceText, locations: &[(i64, i64)], home: Option<usize>) -> Option<Ranges<'s>> {
        let mut ranges = Ranges::default();
        for &(offset, length) in locations {
            let inside = |at: usize| {
                let piece = self.pieces.get(at)?;
                piece.range(offset.checked_sub(piece.offset)?, length)
            };
            let found = home.and_then(inside).or_else(|| self.piece_at(offset).and_then(inside));
            // Or a mention that runs over the end of its passage.
            ranges.add(found.or_else(|| self.across(document, offset, length))?);
        }
        Some(ranges)
    }

    /// The ranges of locations that are counted from the start of their own text.
    fn relative_ranges(&self, locations: &[(i64, i64)], home: Option<usize>) -> Option<Ranges<'_>> {
        let mut ranges = Ranges::default();
        for &(offset, length) in locations {
            ranges.add(self.pieces.get(home?)?.range(offset, length)?);
        }
        Some(ranges)
    }

    /// The last piece that begins at or before an offset.
    fn piece_at(&self, offset: i64) -> Option<usize> {
        self.pieces.iter().rposition(|piece| piece.offset <= offset)
    }

    fn across<'s>(&self, document: &'s SourceText, offset: i64, length: i64) -> Option<Range<'s>> {
        let place = |at: i64| {
            let piece = self.pieces.get(self.piece_at(at)?)?;
            piece.range(at.checked_sub(piece.offset)?, 0).map(|(from, _, _)| from)
        };
        let (from, to) = (place(offset)?, place(offset.checked_add(length)?)?);
        Some((from, to, document.slice(CharSpan::of_chars(from, to).ok()?)?))
    }
}

/// Begin and end in code points of the document, and what is covered.
type Range<'a> = (u32, u32, &'a str);

impl<'a> Piece<'a> {
    /// The range that begins at this place of the text and is so long, both in its unit.
    fn range(&self, start: i64, length: i64) -> Option<Range<'a>> {
        let start = u64::try_from(start).ok()?;
        let (from, to, covered) = self.ruler.range(start, start.checked_add(u64::try_from(length).ok()?)?)?;
        Some((self.start + from, self.start + to, covered))
    }
}

impl<'a> Ranges<'a> {
    fn add(&mut self, (from, to, covered): Range<'a>) {
        if self.covered.is_empty() {
            self.covered = Cow::Borrowed(covered);
        } else {
            let all = self.covered.to_mut();
            all.push(' ');
            all.push_str(covered);
        }
        self.numbers.push((from, to));
    }
}
