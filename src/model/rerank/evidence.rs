//! All that was found in a document, as evidence for and against each part of it.

use crate::document::Label;
use crate::model::relation::{CandidatePair, Candidates, Mention, Outcomes};
use std::ops::Range;

/// The order in which types and roles are counted: that of their names, since each model has its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// For each label its place.
    pub labels: Vec<usize>,
    /// The roles' outcomes, from 1 on, in the order of their names.
    pub roles: Vec<usize>,
}

impl Names {
    /// Of a model's labels and roles.
    pub fn of(labels: &[Label], roles: &[Label]) -> Self {
        let place = |label: &Label| labels.iter().filter(|other| *other < label).count();
        let mut order: Vec<usize> = (0..roles.len()).collect();
        order.sort_by_key(|&role| &roles[role]);
        Self { labels: labels.iter().map(place).collect(), roles: order.into_iter().map(|role| role + 1).collect() }
    }
}

/// A mention as evidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Marked {
    /// Its probability by the CRF; 1 for one about which a person or a file has spoken.
    pub probability: f32,
    /// Whether a person or a file has spoken about it.
    pub stands: bool,
    /// Characters that it covers.
    pub characters: usize,
    /// Mentions with the same words, whatever their case, have the same number here.
    pub surface: usize,
    /// How often these words stand in the text.
    pub repeated: usize,
}

/// What was found in a document.
#[derive(Clone, Debug)]
pub struct Evidence<'a> {
    /// The order of types and roles.
    pub names: &'a Names,
    /// Words of the document.
    pub words: usize,
    /// Its sentences, as ranges of words.
    pub sentences: &'a [Range<usize>],
    /// The mentions.
    pub mentions: &'a [Mention],
    /// What more is known of each.
    pub marked: &'a [Marked],
    /// The pairs of these mentions with the probability of each outcome.
    pub scored: Option<(&'a Candidates, &'a Outcomes)>,
}

impl<'a> Evidence<'a> {
    /// Pairs with their outcomes.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&'a CandidatePair, &'a [f32])> + use<'a> {
        self.scored.into_iter().flat_map(|(candidates, outcomes)| candidates.pairs.iter().zip(outcomes.iter()))
    }

    /// The probability of a mention.
    pub(super) fn probability(&self, mention: usize) -> f32 {
        self.marked[mention].probability
    }

    /// Place of a mention's type.
    pub(super) fn label(&self, mention: usize) -> usize {
        self.names.labels.get(self.mentions[mention].label).copied().unwrap_or_default()
    }

    /// The share of the mentions that stand: what is already there is not left to be found.
    pub(super) fn standing(&self) -> f32 {
        self.marked.iter().filter(|marked| marked.stands).count() as f32 / self.marked.len().max(1) as f32
    }

    /// The sentence in which each mention begins.
    pub(super) fn sentences_of_mentions(&self) -> Vec<usize> {
        let sentence = |mention: &Mention| {
            self.sentences.partition_point(|sentence| sentence.start <= mention.words.start).saturating_sub(1)
        };
        self.mentions.iter().map(sentence).collect()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Three mentions in two sentences: the first two are related, the third has the words of the first.
    pub(in super::super) struct Scene {
        names: Names,
        mentions: Vec<Mention>,
        marked: Vec<Marked>,
        pub(in super::super) candidates: Candidates,
        outcomes: Outcomes,
        sentences: [Range<usize>; 2],
    }

    impl Scene {
        pub(in super::super) fn new() -> Self {
            let names = Names::of(&["Var", "Gene"].map(Label::from), &["ThemeOf", "CauseOf"].map(Label::from));
            let mention = |word: usize, label| Mention { words: word..word + 1, label };
            let mentions = vec![mention(0, 0), mention(3, 1), mention(6, 0)];
            let marked = |probability, surface| Marked { probability, stands: false, characters: 3, surface, repeated: 1 };
            let sentences = [0..5, 5..9];
            let candidates = Candidates::find(mentions.clone(), &sentences, None);
            let row = |pair: &CandidatePair| match (pair.subject, pair.object) {
                (0, 1) => [0.4, 0.0, 0.6],
                (1, 0) => [0.9, 0.1, 0.0],
                _ => [1.0, 0.0, 0.0],
            };
            let outcomes = Outcomes::new(candidates.pairs.iter().flat_map(row).collect(), 3);
            Self {
                names,
                mentions,
                marked: vec![marked(0.8, 0), marked(0.5, 1), marked(0.2, 0)],
                candidates,
                outcomes,
                sentences,
            }
        }

        pub(in super::super) fn evidence(&self) -> Evidence<'_> {
            Evidence {
                names: &self.names,
                words: 9,
                sentences: &self.sentences,
                mentions: &self.mentions,
                marked: &self.marked,
                scored: Some((&self.candidates, &self.outcomes)),
            }
        }
    }

    #[test]
    fn types_and_roles_are_counted_by_name() {
        let scene = Scene::new();
        assert_eq!(scene.names, Names { labels: vec![1, 0], roles: vec![2, 1] });
        assert_eq!(scene.evidence().sentences_of_mentions(), [0, 0, 1]);
    }
}
