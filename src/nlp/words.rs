//! Words: what bears a tag. A span can only be found when both of its ends are borders of words, so the split is fine.

use super::{named, sentences};
use crate::text::{CharOffset, CharSpan, SourceText};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// How a text is cut into words. White space separates words in all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WordSplit {
    /// Every character that is neither a letter nor a digit is a word of its own.
    Punctuation,
    /// The same, and a word also ends where letters change to digits or digits to letters: `p53` is two words.
    #[default]
    PunctuationAndDigits,
    /// Close to NLTK's Treebank tokeniser: hyphens, slashes and inner full stops stay inside words. For comparison.
    NltkLike,
}

impl WordSplit {
    /// All, from the finest to the coarsest.
    pub const ALL: [Self; 3] = [Self::PunctuationAndDigits, Self::Punctuation, Self::NltkLike];

    /// Its name on the command line and in recipes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Punctuation => "punctuation",
            Self::PunctuationAndDigits => "punctuation_and_digits",
            Self::NltkLike => "nltk_like",
        }
    }
}

named!(WordSplit, UnknownWordSplit, "is no way to split words: use punctuation, punctuation_and_digits or nltk_like");

/// What a character does to the word it stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Space,
    Letter,
    Digit,
    /// A word of its own.
    Single,
}

/// Combining marks belong to the letter before them.
const fn is_combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

fn class(c: char) -> Class {
    if c.is_whitespace() {
        Class::Space
    } else if c.is_numeric() {
        Class::Digit
    } else if c.is_alphabetic() || is_combining(c) {
        Class::Letter
    } else {
        Class::Single
    }
}

/// The words of a text in order. They do not overlap and hold every character that is not white space.
pub fn words(text: &SourceText, split: WordSplit) -> Vec<CharSpan> {
    match split {
        WordSplit::Punctuation => by_class(text, false),
        WordSplit::PunctuationAndDigits => by_class(text, true),
        WordSplit::NltkLike => like_nltk(text),
    }
}

fn span(range: Range<u32>) -> Option<CharSpan> {
    CharSpan::of_chars(range.start, range.end).ok()
}

fn by_class(text: &SourceText, digits: bool) -> Vec<CharSpan> {
    let mut found = Vec::new();
    let mut before = Class::Space;
    let mut start = 0u32;
    for (at, c) in (0u32..).zip(text.as_str().chars()) {
        // A mark after a digit or a symbol goes with it as well: `5̂` is one word.
        let now = if is_combining(c) && before != Class::Space { before } else { class(c) };
        let joins = is_combining(c) && before != Class::Space
            || match (before, now) {
                (Class::Letter, Class::Letter) | (Class::Digit, Class::Digit) => true,
                (Class::Letter, Class::Digit) | (Class::Digit, Class::Letter) => !digits,
                _ => false,
            };
        if !joins {
            if before != Class::Space {
                found.extend(span(start..at));
            }
            start = at;
        }
        before = now;
    }
    if before != Class::Space {
        found.extend(span(start..text.len().get()));
    }
    found
}

/// The rules of `nltk.tokenize.treebank` that matter for abstracts: brackets, quotes and most marks stand alone, a comma or colon
/// does unless a digit follows, a full stop does at the end of a sentence, `'s` and double hyphens are cut off.
fn like_nltk(text: &SourceText) -> Vec<CharSpan> {
    let chars: Vec<char> = text.as_str().chars().collect();
    let ends: Vec<CharOffset> = sentences(text).into_iter().map(CharSpan::end).collect();
    let ends_sentence = |at: usize| ends.binary_search(&CharOffset::new(at as u32 + 1)).is_ok();
    let stands_alone = |at: usize, c: char| match c {
        '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' | ';' | '@' | '#' | '$' | '%' | '&' | '?' | '!' | '"' | '“' | '”' => {
            true
        }
        ',' | ':' => !chars.get(at + 1).is_some_and(char::is_ascii_digit),
        '.' => ends_sentence(at),
        '-' => chars.get(at + 1) == Some(&'-') || at > 0 && chars.get(at - 1) == Some(&'-'),
        _ => false,
    };
    let mut found = Vec::new();
    let mut start = None;
    for (at, &c) in chars.iter().enumerate() {
        let alone = stands_alone(at, c);
        let possessive = c == '\'' && chars.get(at + 1) == Some(&'s') && !chars.get(at + 2).is_some_and(|c| c.is_alphanumeric());
        if c.is_whitespace() || alone || possessive {
            found.extend(start.take().and_then(|from| span(from..at as u32)));
        }
        if alone {
            found.extend(span(at as u32..at as u32 + 1));
        } else if !c.is_whitespace() && start.is_none() {
            start = Some(at as u32);
        }
    }
    found.extend(start.and_then(|from| span(from..chars.len() as u32)));
    found
}

/// For each of the spans (sentences, in order) the range of words that begin in it.
///
/// With [`sentences`] and [`words`] of the same text the ranges follow each other without a gap and hold every word.
pub fn word_ranges(spans: &[CharSpan], words: &[CharSpan]) -> Vec<Range<usize>> {
    let first_from = |at: CharOffset| words.partition_point(|word| word.start() < at);
    spans.iter().map(|span| first_from(span.start())..first_from(span.end())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(text: &str, how: WordSplit) -> Vec<String> {
        let text = SourceText::new(text);
        words(&text, how).into_iter().map(|word| text.slice(word).unwrap().to_owned()).collect()
    }

    #[test]
    fn punctuation_stands_alone() {
        let text = "NF-κB/p65 (c.123A>G)  loss, 5 µM.";
        let expected = ["NF", "-", "κB", "/", "p65", "(", "c", ".", "123A", ">", "G", ")", "loss", ",", "5", "µM", "."];
        assert_eq!(split(text, WordSplit::Punctuation), expected);
    }

    #[test]
    fn letters_and_digits_part_when_asked_to() {
        assert_eq!(split("p53 R175H", WordSplit::Punctuation), ["p53", "R175H"]);
        assert_eq!(split("p53 R175H", WordSplit::PunctuationAndDigits), ["p", "53", "R", "175", "H"]);
    }

    #[test]
    fn an_accent_of_its_own_stays_with_its_letter() {
        assert_eq!(split("cafe\u{301} au", WordSplit::PunctuationAndDigits), ["cafe\u{301}", "au"]);
    }

    #[test]
    fn nltk_keeps_hyphens_and_inner_stops() {
        let text = "Loss-of-function of p.R175H (Huntington's), 1,000 cells. It grew.";
        let expected =
            ["Loss-of-function", "of", "p.R175H", "(", "Huntington", "'s", ")", ",", "1,000", "cells", ".", "It", "grew", "."];
        assert_eq!(split(text, WordSplit::NltkLike), expected);
    }

    #[test]
    fn names_are_read_back() {
        for how in WordSplit::ALL {
            assert_eq!(how.to_string().parse(), Ok(how));
        }
        assert!("spaces".parse::<WordSplit>().is_err());
    }

    proptest! {
        #[test]
        fn words_are_ordered_and_hold_all_but_white_space(text in "(?s)([a-zA-Z0-9 .,;()'\\-\n]|\\PC|.){0,120}") {
            let source = SourceText::new(text.as_str());
            for how in WordSplit::ALL {
                let mut inside = vec![false; source.len().get() as usize];
                for word in words(&source, how) {
                    for at in word.start().get()..word.end().get() {
                        prop_assert!(!std::mem::replace(&mut inside[at as usize], true));
                    }
                }
                for (c, inside) in text.chars().zip(inside) {
                    prop_assert_eq!(inside, !c.is_whitespace());
                }
                let all = words(&source, how);
                let ranges = word_ranges(&sentences(&source), &all);
                let mut next = 0;
                for range in ranges {
                    prop_assert_eq!(range.start, next);
                    prop_assert!(range.end > range.start);
                    next = range.end;
                }
                prop_assert_eq!(next, all.len());
            }
        }
    }
}
