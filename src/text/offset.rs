//! Newtypes for positions: code points from the start of the document, and half-open spans of them.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A position in a document, in Unicode code points from its start.
///
/// There is no conversion from `usize` on purpose: a number becomes a position only where its unit is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CharOffset(u32);

impl CharOffset {
    /// The start of every document.
    pub const ZERO: Self = Self(0);

    /// The position `chars` code points after the start.
    pub const fn new(chars: u32) -> Self {
        Self(chars)
    }

    /// Code points from the start.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The position `chars` code points later; stops at `u32::MAX`.
    #[must_use]
    pub const fn plus(self, chars: u32) -> Self {
        Self(self.0.saturating_add(chars))
    }

    /// The position `chars` code points earlier; stops at the start.
    #[must_use]
    pub const fn minus(self, chars: u32) -> Self {
        Self(self.0.saturating_sub(chars))
    }
}

impl fmt::Display for CharOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A span that holds no code point: its end is not behind its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a span from {start} to {end} holds no character: its end must lie behind its start")]
pub struct EmptySpan {
    /// The start that was asked for.
    pub start: CharOffset,
    /// The end that was asked for.
    pub end: CharOffset,
}

/// A half-open, never empty range of code points: `start` belongs to it, `end` does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "(u32, u32)", into = "(u32, u32)")]
pub struct CharSpan {
    start: CharOffset,
    end: CharOffset,
}

impl CharSpan {
    /// The span from `start` up to `end`.
    ///
    /// # Errors
    /// [`EmptySpan`] unless `start < end`.
    pub fn new(start: CharOffset, end: CharOffset) -> Result<Self, EmptySpan> {
        if start < end { Ok(Self { start, end }) } else { Err(EmptySpan { start, end }) }
    }

    /// The same from two plain numbers that are known to count code points.
    ///
    /// # Errors
    /// [`EmptySpan`] unless `start < end`.
    pub fn of_chars(start: u32, end: u32) -> Result<Self, EmptySpan> {
        Self::new(CharOffset::new(start), CharOffset::new(end))
    }

    /// First position inside.
    pub const fn start(self) -> CharOffset {
        self.start
    }

    /// First position behind.
    pub const fn end(self) -> CharOffset {
        self.end
    }

    /// Number of code points, at least 1.
    pub const fn chars(self) -> u32 {
        self.end.0 - self.start.0
    }

    /// Whether `at` lies inside.
    pub fn contains(self, at: CharOffset) -> bool {
        self.start <= at && at < self.end
    }

    /// Whether all of `other` lies inside.
    pub fn covers(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Whether the two share at least one code point.
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// The smallest span that covers both.
    #[must_use]
    pub fn hull(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Code points between the two spans: 0 when they touch or overlap.
    pub fn gap(self, other: Self) -> u32 {
        let (first, second) = if self.start <= other.start { (self, other) } else { (other, self) };
        second.start.0.saturating_sub(first.end.0)
    }
}

impl fmt::Display for CharSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}–{}", self.start, self.end)
    }
}

impl TryFrom<(u32, u32)> for CharSpan {
    type Error = EmptySpan;

    fn try_from((start, end): (u32, u32)) -> Result<Self, EmptySpan> {
        Self::of_chars(start, end)
    }
}

impl From<CharSpan> for (u32, u32) {
    fn from(span: CharSpan) -> Self {
        (span.start.0, span.end.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start: u32, end: u32) -> CharSpan {
        CharSpan::of_chars(start, end).unwrap()
    }

    #[test]
    fn an_empty_or_reversed_span_cannot_be_made() {
        assert!(CharSpan::of_chars(3, 3).is_err());
        assert!(CharSpan::of_chars(4, 3).is_err());
        assert!(serde_json::from_str::<CharSpan>("[5,2]").is_err());
    }

    #[test]
    fn touching_spans_do_not_overlap() {
        assert!(!span(0, 3).overlaps(span(3, 5)));
        assert!(span(0, 4).overlaps(span(3, 5)));
        assert_eq!(span(0, 3).gap(span(5, 6)), 2);
        assert_eq!(span(5, 6).gap(span(0, 3)), 2);
        assert_eq!(span(0, 3).gap(span(2, 6)), 0);
    }
}
