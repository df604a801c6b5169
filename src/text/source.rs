//! The immutable text of a document with the index that turns code points into bytes.

use super::{CharOffset, CharSpan};
use std::sync::Arc;

/// One sample of the byte position is kept for this many code points, so that a look-up scans at most this far.
const SAMPLE_EVERY: u32 = 64;

/// The text of a document. It never changes after it was read, so clones share it.
#[derive(Clone, Debug)]
pub struct SourceText {
    text: Arc<str>,
    /// `samples[i]` is the byte index of code point `i * SAMPLE_EVERY`.
    samples: Arc<[u32]>,
    len: CharOffset,
}

/// A place as people and editors count it, both from 1, columns in code points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineColumn {
    /// Line, from 1.
    pub line: u32,
    /// Column in code points, from 1.
    pub column: u32,
}

impl SourceText {
    /// Takes a text over and indexes it. Texts beyond 4 GiB are cut off by the readers before they come here.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        let text: Arc<str> = text.into();
        let mut samples = Vec::with_capacity(text.len() / SAMPLE_EVERY as usize + 1);
        let mut chars = 0u32;
        for (byte, _) in text.char_indices() {
            if chars.is_multiple_of(SAMPLE_EVERY) {
                samples.push(byte as u32);
            }
            chars += 1;
        }
        Self { text, samples: samples.into(), len: CharOffset::new(chars) }
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Length in code points, which is also the first position behind the text.
    pub fn len(&self) -> CharOffset {
        self.len
    }

    /// Whether there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Byte index of a position; `None` beyond the end of the text.
    pub fn byte_of(&self, at: CharOffset) -> Option<usize> {
        if at >= self.len {
            return (at == self.len).then_some(self.text.len());
        }
        let block = (at.get() / SAMPLE_EVERY) as usize;
        let step = (at.get() % SAMPLE_EVERY) as usize;
        let from = *self.samples.get(block)? as usize;
        let to = self.samples.get(block + 1).map_or(self.text.len(), |&next| next as usize);
        let chars = (self.len.get() - at.get()) as usize + step;
        // As many bytes as code points: nothing but ASCII.
        if to - from == chars.min(SAMPLE_EVERY as usize) {
            return Some(from + step);
        }
        let mut rest = self.text.get(from..to)?.chars();
        if let Some(before) = step.checked_sub(1) {
            rest.nth(before)?;
        }
        Some(to - rest.as_str().len())
    }

    /// Position of a byte index; `None` when it lies inside a code point or beyond the end.
    pub fn char_of(&self, byte: usize) -> Option<CharOffset> {
        if !self.text.is_char_boundary(byte) {
            return None;
        }
        let block = self.samples.partition_point(|&sample| sample as usize <= byte).checked_sub(1);
        let Some(block) = block else { return Some(CharOffset::ZERO) };
        let from = *self.samples.get(block)? as usize;
        let step = self.text.get(from..byte)?.chars().count();
        Some(CharOffset::new(block as u32 * SAMPLE_EVERY + step as u32))
    }

    /// The text of a span; `None` when it reaches beyond the end.
    pub fn slice(&self, span: CharSpan) -> Option<&str> {
        self.text.get(self.byte_of(span.start())?..self.byte_of(span.end())?)
    }

    /// The code point at a position; `None` at and beyond the end.
    pub fn char_at(&self, at: CharOffset) -> Option<char> {
        self.text.get(self.byte_of(at)?..)?.chars().next()
    }

    /// Whether a span begins or ends inside a run of letters and digits, as an offset that is off by one does.
    pub fn cuts_word(&self, span: CharSpan) -> bool {
        let inside_word = |at: CharOffset| {
            let sides = self.byte_of(at).and_then(|byte| self.text.split_at_checked(byte));
            let ends = sides.map(|(before, behind)| (before.chars().next_back(), behind.chars().next()));
            matches!(ends, Some((Some(b), Some(a))) if b.is_alphanumeric() && a.is_alphanumeric())
        };
        inside_word(span.start()) || inside_word(span.end())
    }
}

impl PartialEq for SourceText {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for SourceText {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bytes_and_code_points_convert_both_ways(text in "(?s).{0,300}") {
            let source = SourceText::new(text.as_str());
            for (chars, (byte, c)) in text.char_indices().enumerate() {
                let at = CharOffset::new(chars as u32);
                prop_assert_eq!(source.byte_of(at), Some(byte));
                prop_assert_eq!(source.char_of(byte), Some(at));
                prop_assert_eq!(source.char_at(at), Some(c));
            }
            prop_assert_eq!(source.byte_of(source.len()), Some(text.len()));
            prop_assert_eq!(source.char_of(text.len()), Some(source.len()));
            prop_assert_eq!(source.byte_of(source.len().plus(1)), None);
        }
    }

    #[test]
    fn a_shifted_span_cuts_a_word() {
        let source = SourceText::new("loss of p53");
        assert!(!source.cuts_word(CharSpan::of_chars(8, 11).unwrap()));
        assert!(source.cuts_word(CharSpan::of_chars(7, 10).unwrap()));
    }
}
