//! Tokens as the Penn Treebank and GENIA cut them, put together from our words.

use crate::text::{CharSpan, SourceText};
use std::ops::Range;

/// Marks that stand alone wherever they are.
const ALONE: &str = "()[]{},;:%=<>≤≥±×\"“”?!→";

/// Groups the words of a sentence into tokens: words that touch belong together, but for marks that always stand alone, and for the
/// full stop or quote behind the last word.
pub fn tokens(text: &SourceText, words: &[CharSpan], sentence: Range<usize>) -> Vec<Range<usize>> {
    let mut tokens: Vec<Range<usize>> = Vec::new();
    let word = |at: usize| text.slice(words[at]).unwrap_or_default();
    for at in sentence.clone() {
        let touches = at > sentence.start && words[at - 1].end() == words[at].start();
        let alone = |at: usize| word(at).chars().all(|c| ALONE.contains(c));
        let closing = matches!(word(at), "." | "'" | "’") && !follows_closely(words, at, sentence.end);
        match tokens.last_mut() {
            Some(last) if touches && !alone(at) && !alone(at - 1) && !closing => last.end = at + 1,
            _ => tokens.push(at..at + 1),
        }
    }
    tokens
}

/// Whether another word touches this one from behind.
fn follows_closely(words: &[CharSpan], at: usize, end: usize) -> bool {
    at + 1 < end && words[at].end() == words[at + 1].start()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nlp::{WordSplit, words};

    #[test]
    fn names_stay_whole_and_marks_stand_alone() {
        let text = SourceText::new("Loss of NF-kappaB (p50/p65, 5'-flanking) by 3.5% in CD4+ cells.");
        let words = words(&text, WordSplit::PunctuationAndDigits);
        let found: Vec<&str> = tokens(&text, &words, 0..words.len())
            .into_iter()
            .map(|range| text.slice(words[range.start].hull(words[range.end - 1])).unwrap())
            .collect();
        let wanted =
            ["Loss", "of", "NF-kappaB", "(", "p50/p65", ",", "5'-flanking", ")", "by", "3.5", "%", "in", "CD4+", "cells", "."];
        assert_eq!(found, wanted);
    }
}
