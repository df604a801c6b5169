//! When a predicted annotation counts as the gold one, and which prediction is paired with which gold annotation.

use crate::document::Label;
use crate::text::{CharOffset, CharSpan, SourceText};
use serde::Serialize;
use std::fmt;

/// Characters by which either end may differ under [`Matching::Soft`].
const SOFT_CHARACTERS: u32 = 20;
/// Words by which either end may differ under [`Matching::Soft`].
const SOFT_WORDS: usize = 2;

/// The rule by which a predicted span counts as a gold one. The type has to be the same under every rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Matching {
    /// The same fragments to the character.
    #[default]
    Strict,
    /// At least one character in common.
    Overlap,
    /// The rule of the PubAnnotation evaluator: at least one character in common, and both ends within 20 characters and
    /// within 2 words of the gold ends. Words are what stands between blanks.
    Soft,
}

impl Matching {
    /// Whether two spans of the same text match.
    pub(super) fn spans_match(self, text: &SourceText, gold: &SpanKey, predicted: &SpanKey) -> bool {
        if gold.label != predicted.label {
            return false;
        }
        match self {
            Self::Strict => gold.fragments == predicted.fragments,
            Self::Overlap => overlap(gold, predicted),
            Self::Soft => {
                overlap(gold, predicted)
                    && ends_near(text, gold.start(), predicted.start())
                    && ends_near(text, gold.end(), predicted.end())
            }
        }
    }
}

impl fmt::Display for Matching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Strict => "strict",
            Self::Overlap => "overlap",
            Self::Soft => "soft",
        })
    }
}

/// A typed mention as it is compared: its fragments are in text order, so that their order in a file plays no part.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct SpanKey {
    pub(super) label: Label,
    fragments: Vec<CharSpan>,
}

impl SpanKey {
    pub(super) fn new(label: Label, mut fragments: Vec<CharSpan>) -> Self {
        fragments.sort_unstable();
        Self { label, fragments }
    }

    fn start(&self) -> CharOffset {
        self.fragments.iter().map(|span| span.start()).min().unwrap_or_default()
    }

    fn end(&self) -> CharOffset {
        self.fragments.iter().map(|span| span.end()).max().unwrap_or_default()
    }
}

/// A relation as it is compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct RelationKey {
    pub(super) role: Label,
    pub(super) subject: SpanKey,
    pub(super) object: SpanKey,
}

impl RelationKey {
    /// Whether role, direction and both ends match.
    pub(super) fn matches(&self, text: &SourceText, predicted: &Self, rule: Matching) -> bool {
        self.role == predicted.role
            && rule.spans_match(text, &self.subject, &predicted.subject)
            && rule.spans_match(text, &self.object, &predicted.object)
    }
}

fn overlap(gold: &SpanKey, predicted: &SpanKey) -> bool {
    gold.fragments.iter().any(|a| predicted.fragments.iter().any(|b| a.overlaps(*b)))
}

fn ends_near(text: &SourceText, a: CharOffset, b: CharOffset) -> bool {
    let Ok(between) = CharSpan::new(a.min(b), a.max(b)) else { return true };
    let words = text.slice(between).map_or(usize::MAX, |words| words.split_whitespace().count());
    between.chars() <= SOFT_CHARACTERS && words <= SOFT_WORDS
}

/// Pairs gold with predicted items one to one so that as many as possible are paired, and returns for each gold item the
/// prediction it got. Equal items are paired with each other first.
pub(super) fn pair_one_to_one<T: PartialEq>(gold: &[T], predicted: &[T], matches: impl Fn(&T, &T) -> bool) -> Vec<Option<usize>> {
    let edges: Vec<Vec<usize>> = gold
        .iter()
        .map(|g| (0..predicted.len()).filter(|&p| predicted.get(p).is_some_and(|p| matches(g, p))).collect())
        .collect();
    let mut owners: Vec<Option<usize>> = vec![None; predicted.len()];
    let mut placed = vec![false; gold.len()];
    for (g, item) in gold.iter().enumerate() {
        let equal = predicted.iter().zip(&owners).position(|(p, owner)| owner.is_none() && p == item);
        if let Some(p) = equal {
            owners[p] = Some(g);
            placed[g] = true;
        }
    }
    for g in (0..gold.len()).filter(|&g| !placed[g]) {
        augment(g, &edges, &mut owners, &mut vec![false; predicted.len()]);
    }
    let mut pairs = vec![None; gold.len()];
    for (p, owner) in owners.into_iter().enumerate() {
        if let Some(g) = owner {
            pairs[g] = Some(p);
        }
    }
    pairs
}

/// One step of Kuhn's algorithm: finds a prediction for `g`, moving others to another of theirs where that helps.
fn augment(g: usize, edges: &[Vec<usize>], owners: &mut [Option<usize>], seen: &mut [bool]) -> bool {
    for &p in &edges[g] {
        if std::mem::replace(&mut seen[p], true) {
            continue;
        }
        if owners[p].is_none_or(|other| augment(other, edges, owners, seen)) {
            owners[p] = Some(g);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(label: &str, spans: &[(u32, u32)]) -> SpanKey {
        SpanKey::new(label.into(), spans.iter().map(|&span| span.try_into().unwrap()).collect())
    }

    #[test]
    fn each_rule_draws_its_line() {
        //                          0         1         2         3         4
        //                          0123456789012345678901234567890123456789012345
        let text = SourceText::new("the loss of the catalytic activity of the SHP2");
        let gold = key("MPA", &[(16, 34)]);
        let cases = [
            // (type, span, strict, overlap, soft)
            ("MPA", (16, 34), true, true, true),
            ("Reg", (16, 34), false, false, false),
            ("MPA", (26, 34), false, true, true),
            ("MPA", (9, 34), false, true, true),
            // three words too early: "loss of the"
            ("MPA", (4, 34), false, true, false),
            // two words too far: "of the"
            ("MPA", (16, 41), false, true, true),
            ("MPA", (16, 46), false, true, false),
            ("MPA", (34, 37), false, false, false),
        ];
        for (label, span, strict, overlap, soft) in cases {
            let predicted = key(label, &[span]);
            let found =
                [Matching::Strict, Matching::Overlap, Matching::Soft].map(|rule| rule.spans_match(&text, &gold, &predicted));
            assert_eq!(found, [strict, overlap, soft], "{label} {span:?}");
        }
    }

    #[test]
    fn more_than_twenty_characters_are_too_far_even_within_one_word() {
        let text = SourceText::new("phosphatidylinositol3-kinase activity");
        let gold = key("MPA", &[(0, 37)]);
        assert!(Matching::Soft.spans_match(&text, &gold, &key("MPA", &[(20, 37)])));
        assert!(!Matching::Soft.spans_match(&text, &gold, &key("MPA", &[(21, 37)])));
    }

    #[test]
    fn the_order_of_fragments_plays_no_part() {
        let text = SourceText::new("alpha and beta chain");
        assert!(Matching::Strict.spans_match(&text, &key("Gene", &[(0, 5), (15, 20)]), &key("Gene", &[(15, 20), (0, 5)])));
        assert!(!Matching::Strict.spans_match(&text, &key("Gene", &[(0, 5), (15, 20)]), &key("Gene", &[(0, 20)])));
        assert!(!Matching::Overlap.spans_match(&text, &key("Gene", &[(0, 5), (15, 20)]), &key("Gene", &[(6, 9)])));
    }

    #[test]
    fn a_prediction_moves_when_that_lets_another_gold_item_be_found() {
        // 10 takes 1 as well as 2, 11 takes only 1: greedy in order would leave 11 alone.
        let pairs = pair_one_to_one(&[10, 11], &[1, 2], |g, p| *g == 10 || *p == 1);
        assert_eq!(pairs, [Some(1), Some(0)]);
        assert_eq!(pair_one_to_one(&[10, 11], &[1], |_, _| true), [Some(0), None]);
        assert_eq!(pair_one_to_one(&[10, 11], &[11], |_, _| true), [None, Some(0)], "equal items first");
    }
}
