//! Which pairs of spans come into question, and what can be said of a pair without looking at its words.

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
    /// What the scorer is told besides states and types: [`CandidatePair::FEATURES`] values of about unit size.
    pub features: Vec<f32>,
    /// Words between the two; empty when they touch.
    pub between: Range<usize>,
}

impl CandidatePair {
    /// Number of features.
    pub const FEATURES: usize = 39;
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
    /// Sentence of each mention.
    sentences: Vec<usize>,
    /// Mentions at most one sentence away from each, itself too: no others matter to its pairs, and a long text has many.
    near: Vec<Vec<usize>>,
    /// What is legal; without it all type pairs are.
    table: Option<&'a PairTable>,
}

impl<'a> PairFinder<'a> {
    fn new(mentions: &'a [Mention], sentences: &[Range<usize>], table: Option<&'a PairTable>) -> Self {
        let sentence = |mention: &Mention| sentences.partition_point(|words| words.end <= mention.words.start);
        let sentences: Vec<usize> = mentions.iter().map(sentence).collect();
        let near = |of: &usize| (0..mentions.len()).filter(|&i| sentences[i].abs_diff(*of) <= 1).collect();
        Self { mentions, near: sentences.iter().map(near).collect(), sentences, table }
    }

    fn legal(&self, subject: &Mention, object: &Mention) -> bool {
        self.table.is_none_or(|table| table.is_legal(subject.label, object.label))
    }

    fn pairs(&self) -> Vec<CandidatePair> {
        let mut pairs = Vec::new();
        for (subject, s) in self.mentions.iter().enumerate() {
            for &object in &self.near[subject] {
                if subject != object && self.legal(s, &self.mentions[object]) {
                    pairs.push(self.pair(subject, object));
                }
            }
        }
        pairs
    }

    fn apart(&self, a: usize, b: usize) -> usize {
        self.sentences[a].abs_diff(self.sentences[b])
    }

    /// Words between two mentions.
    fn between(&self, a: usize, b: usize) -> Range<usize> {
        let (a, b) = (&self.mentions[a].words, &self.mentions[b].words);
        let (first, second) = if a.start <= b.start { (a, b) } else { (b, a) };
        first.end.min(second.start)..second.start
    }

    /// Sentences first, then words: a partner in another sentence is farther than any in the same.
    fn distance(&self, a: usize, b: usize) -> (usize, usize) {
        (self.apart(a, b), self.between(a, b).len())
    }

    /// How many mentions that please `other` are nearer to `from` than `to` is, which is at most one sentence away.
    fn nearer(&self, from: usize, to: usize, other: impl Fn(&Mention) -> bool) -> usize {
        let bar = self.distance(from, to);
        let others = self.near[from].iter().filter(|&&i| i != from && i != to && other(&self.mentions[i]));
        others.filter(|&&i| self.distance(from, i) < bar).count()
    }

    /// How many mentions that please `other` are nearer to `from` than `to` is, on the same side of it.
    fn nearer_on_this_side(&self, from: usize, to: usize, other: impl Fn(&Mention) -> bool) -> usize {
        let start = self.mentions[from].words.start;
        let before = self.mentions[to].words.start < start;
        self.nearer(from, to, |mention| (mention.words.start < start) == before && other(mention))
    }

    /// How many other mentions of the sentence of `of` please `other`.
    fn in_sentence(&self, of: usize, other: impl Fn(&Mention) -> bool) -> usize {
        self.near[of].iter().filter(|&&i| i != of && self.apart(i, of) == 0 && other(&self.mentions[i])).count()
    }

    fn pair(&self, subject: usize, object: usize) -> CandidatePair {
        let (s, o) = (&self.mentions[subject], &self.mentions[object]);
        let object_rank = self.nearer(subject, object, |other| other.label == o.label);
        let subject_rank = self.nearer(object, subject, |other| other.label == s.label);
        let between = self.between(subject, object);
        let near = self.near[subject].iter().map(|&i| &self.mentions[i]);
        let inside = near.filter(|m| between.start <= m.words.start && m.words.end <= between.end).count();
        let same_sentence = self.apart(subject, object) == 0;
        let cell = Cell {
            subject: s.label,
            object: o.label,
            same_sentence,
            object_rank: object_rank.min(2) as u8,
            subject_rank: subject_rank.min(2) as u8,
        };
        let mut features = Vec::with_capacity(CandidatePair::FEATURES);
        features.push(f32::from(u8::from(same_sentence)));
        features.push(f32::from(u8::from(s.words.start < o.words.start)));
        features.push((between.len() as f32).ln_1p() / 3.0);
        let same_object = |other: &Mention| other.label == o.label;
        let same_subject = |other: &Mention| other.label == s.label;
        push_one_hot(&mut features, object_rank, 4);
        push_one_hot(&mut features, subject_rank, 4);
        push_one_hot(&mut features, self.nearer(subject, object, |other| self.legal(s, other)), 4);
        push_one_hot(&mut features, self.nearer(object, subject, |other| self.legal(other, o)), 4);
        push_one_hot(&mut features, self.nearer_on_this_side(subject, object, same_object), 3);
        push_one_hot(&mut features, self.nearer_on_this_side(object, subject, same_subject), 3);
        push_one_hot(&mut features, inside, 4);
        push_one_hot(&mut features, self.in_sentence(subject, |other| self.legal(s, other)), 5);
        push_one_hot(&mut features, self.in_sentence(object, |other| self.legal(other, o)), 5);
        CandidatePair { subject, object, cell, features, between }
    }
}

/// Adds `size` values, all 0 but the one at `value`, the last standing for all beyond.
fn push_one_hot(features: &mut Vec<f32>, value: usize, size: usize) {
    features.extend((0..size).map(|i| f32::from(u8::from(i == value.min(size - 1)))));
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
        assert!(pairs.iter().all(|pair| pair.features.len() == CandidatePair::FEATURES));
    }

    #[test]
    fn pairs_two_sentences_apart_are_left_out() {
        let mentions = [mention(0, 0), mention(2, 1)];
        assert!(PairFinder::new(&mentions, &[0..1, 1..2, 2..3], None).pairs().is_empty());
    }
}
