//! Which pairs of spans come into question, and what can be said of a pair without looking at its words.

use super::features::PairFeatures;
use super::nearness::Surroundings;
use super::table::{Cell, PairTable};
use std::ops::Range;

/// A span between whose likes roles are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// Its words, at least one.
    pub words: Range<usize>,
    /// Index of its label.
    pub label: usize,
}

/// An ordered pair of mentions that may be related.
#[derive(Clone, Debug, PartialEq)]
pub struct CandidatePair {
    /// Index of the mention that would be the subject.
    pub subject: usize,
    /// Index of the mention that would be the object.
    pub object: usize,
    /// Its kind, for the prior.
    pub cell: Cell,
    /// What the scorer is told besides states and types.
    pub features: PairFeatures,
    /// Words between the two; empty when they touch.
    pub between: Range<usize>,
}

/// All that can be said of the pairs of a text without looking at its words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Candidates {
    /// The mentions.
    pub mentions: Vec<Mention>,
    /// The sentences, as ranges of words.
    pub sentences: Vec<Range<usize>>,
    /// Pairs of mentions that may be related.
    pub pairs: Vec<CandidatePair>,
}

impl Candidates {
    /// All ordered pairs of legal types at most one sentence apart. Without a table all type pairs are legal.
    pub fn find(mentions: Vec<Mention>, sentences: &[Range<usize>], table: Option<&PairTable>) -> Self {
        let pairs = PairFinder::new(&mentions, sentences, table).pairs();
        Self { mentions, sentences: sentences.to_vec(), pairs }
    }
}

/// Finds candidate pairs of one text.
#[derive(Debug)]
struct PairFinder<'a> {
    mentions: &'a [Mention],
    around: Surroundings<'a>,
}

impl<'a> PairFinder<'a> {
    /// Without a table all type pairs are legal.
    fn new(mentions: &'a [Mention], sentences: &[Range<usize>], table: Option<&'a PairTable>) -> Self {
        let is_legal = |subject, object| table.is_none_or(|table| table.is_legal(subject, object));
        Self { mentions, around: Surroundings::of(mentions, sentences, is_legal) }
    }

    fn pairs(&self) -> Vec<CandidatePair> {
        let mut pairs = Vec::with_capacity(self.around.all_near());
        for subject in 0..self.mentions.len() {
            for &object in self.around.near(subject) {
                if subject != object && self.around.is_legal(subject, object) {
                    pairs.push(self.pair(subject, object));
                }
            }
        }
        pairs
    }

    #[inline]
    fn pair(&self, subject: usize, object: usize) -> CandidatePair {
        let (s, o) = (&self.mentions[subject], &self.mentions[object]);
        // What is nearer to the subject than the object is, and the other way round.
        let (to_subject, to_object) = (self.around.nearer(subject, object), self.around.nearer(object, subject));
        let between = self.around.between(subject, object);
        let same_sentence = self.around.apart(subject, object) == 0;
        let cell = Cell {
            subject: s.label,
            object: o.label,
            same_sentence,
            object_rank: to_subject.same.min(2) as u8,
            subject_rank: to_object.same.min(2) as u8,
        };
        let counts = [
            to_subject.same,
            to_object.same,
            to_subject.objects,
            to_object.subjects,
            to_subject.same_on_this_side,
            to_object.same_on_this_side,
            self.around.inside(subject, object, 3) as u32,
            self.around.beside[subject].objects,
            self.around.beside[object].subjects,
        ];
        let features = PairFeatures::new(same_sentence, s.words.start < o.words.start, between.len(), counts);
        CandidatePair { subject, object, cell, features, between }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mention(word: usize, label: usize) -> Mention {
        Mention { words: word..word + 1, label }
    }

    #[test]
    fn ranks_count_nearer_mentions_of_the_same_type_and_sentences_come_before_words() {
        // Sentence 0 has the words 0..10, sentence 1 the words 10..20.
        let mentions = [mention(0, 0), mention(8, 1), mention(9, 0), mention(10, 1)];
        let finder = PairFinder::new(&mentions, &[0..10, 10..20], None);
        let pairs = finder.pairs();
        let pair = |s: usize, o: usize| pairs.iter().find(|pair| pair.subject == s && pair.object == o).unwrap();
        assert_eq!(pair(2, 1).cell.object_rank, 0);
        assert_eq!(pair(2, 3).cell.object_rank, 1, "word 8 in the same sentence is nearer than word 10 in the next");
        assert_eq!(pair(0, 1).cell.subject_rank, 1);
        assert!(!pair(2, 3).cell.same_sentence);
        assert_eq!(pair(0, 2).between, 1..9);
    }

    #[test]
    fn pairs_two_sentences_apart_are_left_out() {
        let mentions = [mention(0, 0), mention(2, 1)];
        assert!(PairFinder::new(&mentions, &[0..1, 1..2, 2..3], None).pairs().is_empty());
    }
}
