//! In which unit were these offsets counted? Found by comparing what an annotation says it covers with the text.

use super::{CharSpan, SourceText};

/// A way of counting offsets that is not code points over the text as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OffsetUnit {
    /// UTF-16 code units (JavaScript, Java).
    Utf16,
    /// Bytes of UTF-8.
    Bytes,
    /// Code points, not counting carriage returns that the text holds.
    WithoutCarriageReturns,
    /// Code points, not counting the byte order mark that the text begins with.
    WithoutByteOrderMark,
}

impl OffsetUnit {
    /// All, in the order in which they are tried.
    pub const ALL: [Self; 4] = [Self::Utf16, Self::Bytes, Self::WithoutCarriageReturns, Self::WithoutByteOrderMark];

    /// What a person reads.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Utf16 => "UTF-16 units",
            Self::Bytes => "bytes",
            Self::WithoutCarriageReturns => "characters without the carriage returns",
            Self::WithoutByteOrderMark => "characters without the byte order mark",
        }
    }

    /// How many of this unit a code point takes.
    fn width(self, c: char, first: bool) -> u32 {
        match self {
            Self::Utf16 => c.len_utf16() as u32,
            Self::Bytes => c.len_utf8() as u32,
            Self::WithoutCarriageReturns => u32::from(c != '\r'),
            Self::WithoutByteOrderMark => u32::from(!(first && c == '\u{feff}')),
        }
    }

    /// The span in code points of a range counted in this unit; `None` when an end falls inside a code point or beyond the text.
    pub fn to_chars(self, text: &SourceText, start: u32, end: u32) -> Option<CharSpan> {
        let mut counted = 0u32;
        let (mut from, mut to) = (None, None);
        let mut chars = 0u32;
        for (i, c) in text.as_str().chars().enumerate() {
            let width = self.width(c, i == 0);
            // A character that this unit does not count neither begins a span nor is the last one in it.
            if width > 0 && counted == start {
                from = Some(chars);
            }
            if counted == end && to.is_none() {
                to = Some(chars);
            }
            counted += width;
            chars += 1;
        }
        if counted == end && to.is_none() {
            to = Some(chars);
        }
        CharSpan::of_chars(from?, to?).ok()
    }
}

/// The unit in which `start..end` covers exactly `covered`, when code points do not.
pub fn detect(text: &SourceText, start: u32, end: u32, covered: &str) -> Option<(OffsetUnit, CharSpan)> {
    OffsetUnit::ALL.into_iter().find_map(|unit| {
        let span = unit.to_chars(text, start, end)?;
        (text.slice(span) == Some(covered)).then_some((unit, span))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_unit_is_recognised() {
        let emoji = SourceText::new("Fo😀o bar");
        assert_eq!(detect(&emoji, 6, 9, "bar").map(|(u, _)| u), Some(OffsetUnit::Utf16));
        assert_eq!(detect(&emoji, 8, 11, "bar").map(|(u, s)| (u, s.start().get())), Some((OffsetUnit::Bytes, 5)));
        let windows = SourceText::new("Foo\r\nbar\r\n");
        assert_eq!(detect(&windows, 4, 7, "bar").map(|(u, _)| u), Some(OffsetUnit::WithoutCarriageReturns));
        let mark = SourceText::new("\u{feff}Foo bar");
        assert_eq!(detect(&mark, 0, 3, "Foo").map(|(u, s)| (u, s.start().get())), Some((OffsetUnit::WithoutByteOrderMark, 1)));
        assert_eq!(detect(&emoji, 0, 3, "bar"), None);
    }
}
