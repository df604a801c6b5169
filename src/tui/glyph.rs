//! Text of documents as the terminal may see it: nothing that controls it, nothing without a width.

use std::borrow::Cow;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// What stands in one place of the screen for one user-perceived character, or for a part of one that had to be marked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glyph<'a> {
    /// What is sent to the terminal.
    pub shown: Cow<'a, str>,
    /// How many code points of the text it stands for.
    pub chars: u32,
    /// Columns it takes; 0 only for a line feed.
    pub width: u16,
    /// Whether it is a mark instead of the text itself.
    pub marked: bool,
}

/// The glyphs of a text in order.
pub fn glyphs<'a>(text: &'a str) -> impl Iterator<Item = Glyph<'a>> {
    text.graphemes(true).flat_map(|grapheme| {
        let whole: Option<Glyph<'a>> = is_plain(grapheme).then(|| plain(grapheme));
        let parts = whole.is_none().then(|| grapheme.chars().map(|c| -> Glyph<'a> { alone(c) }));
        whole.into_iter().chain(parts.into_iter().flatten())
    })
}

/// A text on one line with everything marked that a terminal must not see; line feeds become spaces.
pub fn one_line(text: &str) -> String {
    glyphs(text).map(|glyph| if glyph.width == 0 { Cow::Borrowed(" ") } else { glyph.shown }).collect()
}

/// The beginning of a one-line text that fits into `width` columns, with `…` when something is missing.
pub fn fitted(text: &str, width: usize) -> String {
    let line = one_line(text);
    if line.width() <= width {
        return line;
    }
    let mut kept = String::new();
    let mut used = 0;
    for glyph in glyphs(&line) {
        used += usize::from(glyph.width);
        if used + 1 > width {
            break;
        }
        kept.push_str(&glyph.shown);
    }
    if width > 0 {
        kept.push('…');
    }
    kept
}

/// The end of a text, on one line, that fits into `width` columns. It costs as much as what fits, however long the text is.
pub fn fitted_end(text: &str, width: usize) -> String {
    let mut kept: Vec<Glyph<'_>> = Vec::new();
    let mut used = 0;
    for grapheme in text.graphemes(true).rev() {
        // A grapheme that had to be taken apart is kept as a whole or not at all.
        let parts: Vec<Glyph<'_>> = glyphs(grapheme).collect();
        // A line feed becomes a blank.
        used += parts.iter().map(|glyph| usize::from(glyph.width.max(1))).sum::<usize>();
        if used > width {
            break;
        }
        kept.extend(parts.into_iter().rev());
    }
    kept.into_iter().rev().map(|glyph| if glyph.width == 0 { Cow::Borrowed(" ") } else { glyph.shown }).collect()
}

fn plain(grapheme: &str) -> Glyph<'_> {
    let width = grapheme.width() as u16;
    let chars = grapheme.chars().count() as u32;
    if width == 0 {
        // A combining mark without a base: a dotted circle carries it.
        return Glyph { shown: Cow::Owned(format!("◌{grapheme}")), chars, width: 1, marked: true };
    }
    Glyph { shown: Cow::Borrowed(grapheme), chars, width, marked: false }
}

/// Whether a grapheme can be sent as it is. A joiner is fine between the parts of an emoji, and nowhere else.
fn is_plain(grapheme: &str) -> bool {
    let single = grapheme.chars().nth(1).is_none();
    grapheme.chars().all(|c| !is_invisible(c) || (!single && matches!(c, '\u{200c}' | '\u{200d}')))
        && grapheme.chars().count() <= 12
}

/// Characters that control a terminal, reorder text, or can't be seen.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

fn alone(c: char) -> Glyph<'static> {
    let code = u32::from(c);
    let shown = match c {
        '\n' => return Glyph { shown: Cow::Borrowed(""), chars: 1, width: 0, marked: true },
        // Unicode has a picture for each of the old control characters.
        '\0'..='\u{1f}' => char::from_u32(0x2400 + code).unwrap_or('␀').to_string(),
        '\u{7f}' => "␡".to_owned(),
        c if is_invisible(c) => format!("⟪U+{code:04X}⟫"),
        c => {
            let width = c.to_string().width();
            let shown = if width == 0 { format!("◌{c}") } else { c.to_string() };
            return Glyph { width: width.max(1) as u16, shown: Cow::Owned(shown), chars: 1, marked: width == 0 };
        }
    };
    Glyph { width: shown.width() as u16, shown: Cow::Owned(shown), chars: 1, marked: true }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_controls_a_terminal_is_shown() {
        assert_eq!(one_line("a\u{1b}[31mb"), "a␛[31mb");
        assert_eq!(one_line("x\u{202e}y"), "x⟪U+202E⟫y");
        assert_eq!(one_line("\u{9b}2J\u{7f}\r"), "⟪U+009B⟫2J␡␍");
        assert_eq!(one_line("a\u{200b}b\u{feff}"), "a⟪U+200B⟫b⟪U+FEFF⟫");
    }

    #[test]
    fn plain_text_stays() {
        assert_eq!(one_line("TNF-α é 汉字 👩‍🔬"), "TNF-α é 汉字 👩‍🔬");
        assert_eq!(glyphs("汉").map(|g| g.width).collect::<Vec<_>>(), [2]);
        assert_eq!(glyphs("e\u{301}x").map(|g| (g.chars, g.width)).collect::<Vec<_>>(), [(2, 1), (1, 1)]);
    }

    #[test]
    fn fitting_counts_columns() {
        assert_eq!(fitted("abcdef", 4), "abc…");
        assert_eq!(fitted("汉字汉字", 5), "汉字…");
        assert_eq!(fitted("ab", 2), "ab");
        assert_eq!(fitted("ab", 0), "");
    }

    #[test]
    fn the_end_is_fitted_from_behind() {
        assert_eq!(fitted_end("abcdef", 4), "cdef");
        assert_eq!(fitted_end("ab", 4), "ab");
        assert_eq!(fitted_end("a汉字", 3), "字");
        assert_eq!(fitted_end("x\u{200b}ab\ncde\u{301}", 14), "⟪U+200B⟫ab cde\u{301}");
        assert_eq!(fitted_end("x\u{200b}", 4), "");
        // Hours, if each character that is left out cost a look at all that follow.
        assert_eq!(fitted_end(&"a note ".repeat(500_000), 11), "ote a note ");
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_controls(text in "(?s)\\PC*|.{0,80}|[\\x00-\\x9f\u{200b}-\u{202f}\u{2060}-\u{2069}a👩🔬\u{301}]{0,40}") {
            let all: Vec<_> = glyphs(&text).collect();
            prop_assert_eq!(all.iter().map(|g| g.chars).sum::<u32>() as usize, text.chars().count());
            for glyph in &all {
                prop_assert!(!glyph.shown.chars().any(char::is_control));
                let reorders = |c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
                prop_assert!(!glyph.shown.chars().any(reorders));
                prop_assert!(glyph.width > 0 || glyph.shown.is_empty());
            }
            prop_assert!(fitted(&text, 10).width() <= 10);
            prop_assert!(fitted_end(&text, 10).width() <= 10);
            prop_assert!(one_line(&text).ends_with(&fitted_end(&text, 10)));
        }
    }
}
