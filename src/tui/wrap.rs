//! The text of a document in rows of a given width. Computed once per document and width, drawn only where it is seen.

use super::glyph::glyphs;
use crate::text::{CharOffset, SourceText};

/// A row: which code points stand in it, and where they begin in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// First position in the row.
    pub start: CharOffset,
    /// First position behind the row; it belongs to the next row. A line feed belongs to the row that it ends.
    pub end: CharOffset,
    /// Byte index of `start`.
    byte_start: usize,
    /// Byte index of `end`.
    byte_end: usize,
}

/// A text in rows. There is always at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrapped {
    rows: Vec<Row>,
    width: u16,
}

/// A glyph in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The first code point it stands for.
    pub at: CharOffset,
    /// How many code points it stands for.
    pub chars: u32,
    /// Column in the row.
    pub column: u16,
    /// Columns it takes, at least 1.
    pub width: u16,
    /// What is sent to the terminal.
    pub shown: String,
    /// Whether it is a mark instead of the text itself.
    pub marked: bool,
}

/// Where a row began and what it holds so far, while a text is being wrapped.
#[derive(Clone, Copy, Default)]
struct Pen {
    start: (u32, usize),
    at: (u32, usize),
    column: u16,
    /// Position and column behind the last blank of this row.
    blank: Option<((u32, usize), u16)>,
}

impl Wrapped {
    /// Wraps at blanks; a word wider than a row is broken where the row is full. Blanks at the end of a row may hang over.
    pub fn new(text: &SourceText, width: u16) -> Self {
        let width = width.max(1);
        let mut rows = Vec::new();
        let mut pen = Pen::default();
        for glyph in glyphs(text.as_str()) {
            // Byte lengths are taken from the text itself: what is shown may be a mark.
            let bytes = source_bytes(text, pen.at.1, glyph.chars);
            let behind = (pen.at.0 + glyph.chars, pen.at.1 + bytes);
            if glyph.width == 0 {
                rows.push(row(pen.start, behind));
                pen = Pen { start: behind, at: behind, ..Pen::default() };
                continue;
            }
            let blank = glyph.shown.as_ref() == " ";
            // Once more when what moved to the next row leaves no room there either.
            while pen.column + glyph.width > width && !blank && pen.column > 0 {
                let (break_at, kept) = pen.blank.unwrap_or((pen.at, pen.column));
                rows.push(row(pen.start, break_at));
                pen = Pen { start: break_at, at: pen.at, column: pen.column.saturating_sub(kept), blank: None };
            }
            pen.at = behind;
            // Blanks that hang over take no columns, so that they can't push a column count over its limit.
            pen.column = pen.column.saturating_add(glyph.width).min(if blank { width.max(pen.column) } else { u16::MAX });
            if blank {
                pen.blank = Some((behind, pen.column));
            }
        }
        rows.push(row(pen.start, pen.at));
        Self { rows, width }
    }

    /// All rows.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Columns of a row.
    pub fn width(&self) -> u16 {
        self.width
    }

    /// The row that a position is in; the last one for the end of the text and beyond.
    pub fn row_of(&self, at: CharOffset) -> usize {
        self.rows.partition_point(|row| row.start <= at).saturating_sub(1)
    }

    /// The glyphs of a row in their places; what does not fit (blanks at its end) is left out.
    pub fn place(&self, text: &SourceText, index: usize) -> Vec<Placed> {
        let Some(row) = self.rows.get(index) else { return Vec::new() };
        let content = text.as_str().get(row.byte_start..row.byte_end).unwrap_or_default();
        let mut placed = Vec::new();
        let (mut at, mut column) = (row.start, 0u16);
        for glyph in glyphs(content) {
            let fits = glyph.width > 0 && column.saturating_add(glyph.width) <= self.width;
            if fits {
                placed.push(Placed {
                    at,
                    chars: glyph.chars,
                    column,
                    width: glyph.width,
                    shown: glyph.shown.into_owned(),
                    marked: glyph.marked,
                });
                column += glyph.width;
            }
            at = at.plus(glyph.chars);
        }
        placed
    }

    /// The position nearest to a column of a row.
    pub fn at_column(&self, text: &SourceText, index: usize, column: u16) -> CharOffset {
        let placed = self.place(text, index);
        let hit = placed.iter().rev().find(|glyph| glyph.column <= column).or(placed.first());
        hit.map_or_else(|| self.rows.get(index).map_or(CharOffset::ZERO, |row| row.start), |glyph| glyph.at)
    }

    /// The column of a position in its row.
    pub fn column_of(&self, text: &SourceText, at: CharOffset) -> u16 {
        let placed = self.place(text, self.row_of(at));
        placed.iter().rev().find(|glyph| glyph.at <= at).map_or(0, |glyph| glyph.column)
    }
}

fn row(start: (u32, usize), end: (u32, usize)) -> Row {
    Row { start: CharOffset::new(start.0), end: CharOffset::new(end.0), byte_start: start.1, byte_end: end.1 }
}

fn source_bytes(text: &SourceText, from: usize, chars: u32) -> usize {
    let rest = text.as_str().get(from..).unwrap_or_default();
    rest.chars().take(chars as usize).map(char::len_utf8).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::glyph::Glyph;
    use proptest::prelude::*;

    fn rows(text: &str, width: u16) -> Vec<String> {
        let source = SourceText::new(text);
        let wrapped = Wrapped::new(&source, width);
        (0..wrapped.rows().len()).map(|i| wrapped.place(&source, i).iter().map(|g| g.shown.as_str()).collect()).collect()
    }

    #[test]
    fn words_stay_whole() {
        assert_eq!(rows("loss of function of p53", 8), ["loss of ", "function", "of p53"]);
        assert_eq!(rows("a\n\nb", 8), ["a", "", "b"]);
        assert_eq!(rows("", 8), [""]);
    }

    #[test]
    fn a_word_wider_than_a_row_is_broken() {
        assert_eq!(rows("abcdefgh ij", 3), ["abc", "def", "gh ", "ij"]);
        assert_eq!(rows("汉字汉", 3), ["汉", "字", "汉"]);
    }

    #[test]
    fn a_blank_may_hang_over() {
        assert_eq!(rows("abc def", 3), ["abc", "def"]);
        assert_eq!(rows("abc   def", 4), ["abc ", "def"]);
    }

    #[test]
    fn positions_and_columns_lead_to_each_other() {
        let source = SourceText::new("TNF-α 汉字 \u{202e}end");
        let wrapped = Wrapped::new(&source, 80);
        assert_eq!(wrapped.column_of(&source, CharOffset::new(7)), 8);
        assert_eq!(wrapped.at_column(&source, 0, 9), CharOffset::new(7));
        assert_eq!(wrapped.column_of(&source, CharOffset::new(10)), 19, "the mark is eight columns wide");
    }

    #[test]
    fn a_mark_behind_a_long_word_has_a_row_with_room_for_it() {
        assert_eq!(rows("See abcdef\u{200b}x", 10), ["See ", "abcdef", "⟪U+200B⟫x"]);
        assert_eq!(rows("a bc汉", 3), ["a ", "bc", "汉"]);
    }

    proptest! {
        #[test]
        fn rows_cover_the_text_in_order(text in "(?s)[a-z \n汉\u{301}\u{1b}\u{200b}👩]{0,120}", width in 1u16..20) {
            let source = SourceText::new(text.as_str());
            let wrapped = Wrapped::new(&source, width);
            let mut at = CharOffset::ZERO;
            for (i, row) in wrapped.rows().iter().enumerate() {
                prop_assert_eq!(row.start, at);
                at = row.end;
                let placed = wrapped.place(&source, i);
                for glyph in &placed {
                    prop_assert!(glyph.column + glyph.width <= width);
                    prop_assert!(row.start <= glyph.at && glyph.at < row.end);
                }
                // Only blanks may hang over, and what no row of this width can hold.
                let content = text.get(row.byte_start..row.byte_end).unwrap();
                let shown = |glyph: &Glyph<'_>| glyph.shown != " " && (1..=width).contains(&glyph.width);
                let visible: Vec<_> = glyphs(content).filter(shown).map(|glyph| glyph.shown.into_owned()).collect();
                let placed: Vec<_> = placed.into_iter().map(|glyph| glyph.shown).filter(|shown| shown != " ").collect();
                prop_assert_eq!(placed, visible);
                prop_assert!(row.start == row.end || wrapped.row_of(row.start) == i);
            }
            prop_assert_eq!(at, source.len());
        }
    }
}
