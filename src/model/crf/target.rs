//! What a CRF should learn: how often each tag is expected at each word, and each move at all.
//!
//! For one right path these are zeros and ones. A teacher's beliefs are its marginals; with them the loss is the cross-entropy between
//! the teacher's distribution over whole paths and the learner's, because both are linear chains: −E log P(path) only needs the
//! teacher's expected tags and moves.

use super::Moves;
use crate::nlp::bio::{OUTSIDE, TagId};
use std::ops::Range;

/// Expected tags and moves of a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PathTarget {
    /// Words × tags; each word of a sequence adds up to 1.
    tags: Vec<f32>,
    /// (tags + 2) × tags, as in [`Moves`], over all sequences of the text.
    moves: Vec<f64>,
}

impl PathTarget {
    /// Right tags of each word of a text, of `tags` tags. Words outside all sequences are not expected to be anything.
    pub fn of_path(gold: &[TagId], sequences: &[Range<usize>], tags: usize) -> Self {
        let mut target = Self { tags: vec![0.0; gold.len() * tags], moves: vec![0.0; (tags + 2) * tags] };
        for words in sequences.iter().filter(|words| !words.is_empty()) {
            let mut from = tags;
            for (word, &tag) in words.clone().zip(&gold[words.clone()]) {
                let tag = tag as usize;
                target.tags[word * tags + tag] = 1.0;
                target.moves[from * tags + tag] += 1.0;
                from = tag;
            }
            target.moves[(tags + 1) * tags + from] += 1.0;
        }
        target
    }

    /// What a CRF with these moves believes of a text, from emissions of words × tags.
    pub fn believed(emissions: &[f32], moves: &Moves, sequences: &[Range<usize>]) -> Self {
        let tags = moves.tags();
        let mut target = Self { tags: vec![0.0; emissions.len()], moves: vec![0.0; (tags + 2) * tags] };
        for words in sequences.iter().filter(|words| !words.is_empty()) {
            let lattice = moves.lattice(&emissions[words.start * tags..words.end * tags]);
            lattice.add_expected_moves(&mut target.moves);
            for (word, row) in words.clone().zip(target.tags[words.start * tags..].chunks_exact_mut(tags)) {
                row.iter_mut().zip(lattice.marginals(word - words.start)).for_each(|(into, p)| *into = p as f32);
            }
        }
        target
    }

    /// The target between this and another of the same text: `share` is that of the other.
    #[must_use]
    pub fn towards(&self, other: &Self, share: f64) -> Self {
        let tags = self.tags.iter().zip(&other.tags).map(|(a, b)| a + (b - a) * share as f32).collect();
        let moves = self.moves.iter().zip(&other.moves).map(|(a, b)| a + (b - a) * share).collect();
        Self { tags, moves }
    }

    /// The target of texts laid end to end.
    pub fn join<'a>(texts: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut joined = Self::default();
        for text in texts {
            joined.tags.extend_from_slice(&text.tags);
            joined.moves.resize(text.moves.len(), 0.0);
            joined.moves.iter_mut().zip(&text.moves).for_each(|(sum, count)| *sum += count);
        }
        joined
    }

    /// How far each sentence that has words is expected to carry any annotation: as far as that word of it which most is one. A lower
    /// bound where tags are expected by shares, and right where one path is.
    pub fn annotated(&self, sentences: &[Range<usize>]) -> Vec<f32> {
        let words: usize = sentences.last().map_or(0, |sentence| sentence.end);
        let count = self.tags.len() / words.max(1);
        let filled = sentences.iter().filter(|sentence| !sentence.is_empty());
        let most = |sentence: &Range<usize>| {
            let words = self.tags[sentence.start * count..sentence.end * count].chunks_exact(count);
            words.map(|tags| 1.0 - tags[OUTSIDE as usize]).fold(0.0, f32::max)
        };
        filled.map(most).collect()
    }

    /// Whether it is one for so many words and tags.
    pub fn fits(&self, words: usize, tags: usize) -> bool {
        self.tags.len() == words * tags && self.moves.len() == (tags + 2) * tags
    }

    /// Expected tags, words × tags.
    pub fn tags(&self) -> &[f32] {
        &self.tags
    }

    /// Expected moves, (tags + 2) × tags.
    pub fn moves(&self) -> &[f64] {
        &self.moves
    }

    /// The expected score of the paths, which is that of the path when only one is right.
    pub fn score(&self, emissions: &[f32], moves: &Moves) -> f64 {
        let tags: f64 = self.tags.iter().zip(emissions).map(|(share, score)| f64::from(*share) * f64::from(*score)).sum();
        let expected = self.moves.iter().zip(moves.scores()).filter(|(count, _)| **count != 0.0);
        tags + expected.map(|(count, score)| count * f64::from(*score)).sum::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::crf::FORBIDDEN;

    /// One sequence of so many words.
    fn one(words: usize) -> Vec<Range<usize>> {
        std::iter::once(0..words).collect()
    }

    fn moves() -> Moves {
        let learned: Vec<f32> = (0..15).map(|i| (i as f32 * 0.7).sin()).collect();
        let mut mask = vec![0.0; 15];
        mask[2] = FORBIDDEN;
        Moves::new(3, &learned, &mask)
    }

    #[test]
    fn the_score_of_a_right_path_is_the_paths() {
        let emissions: Vec<f32> = (0..15).map(|i| (i as f32 * 1.3).cos()).collect();
        let target = PathTarget::of_path(&[0, 1, 2, 1, 0], &[0..3, 3..5], 3);
        let paths = moves().path_score(&emissions[..9], &[0, 1, 2]) + moves().path_score(&emissions[9..], &[1, 0]);
        assert!((target.score(&emissions, &moves()) - paths).abs() < 1e-9);
    }

    #[test]
    fn beliefs_are_the_paths_weighed_by_their_probability() {
        let emissions: Vec<f32> = (0..6).map(|i| (i as f32 * 1.3).cos()).collect();
        let moves = moves();
        let believed = PathTarget::believed(&emissions, &moves, &one(2));
        let log_z = moves.lattice(&emissions).log_z;
        let mut expected = PathTarget { tags: vec![0.0; 6], moves: vec![0.0; 15] };
        for path in (0..9).map(|i| [i / 3, i % 3]) {
            let probability = (moves.path_score(&emissions, &path) - log_z).exp();
            let one = PathTarget::of_path(&path.map(|tag| tag as TagId), &one(2), 3);
            expected.tags.iter_mut().zip(&one.tags).for_each(|(sum, tag)| *sum += tag * probability as f32);
            expected.moves.iter_mut().zip(&one.moves).for_each(|(sum, count)| *sum += count * probability);
        }
        let close = |a: f64, b: f64| (a - b).abs() < 1e-5;
        assert!(believed.tags.iter().zip(&expected.tags).all(|(a, b)| close(f64::from(*a), f64::from(*b))));
        assert!(believed.moves.iter().zip(&expected.moves).all(|(a, b)| close(*a, *b)));
        assert_eq!(believed.moves[2], 0.0, "what is forbidden is not believed");
    }

    #[test]
    fn texts_are_joined_and_targets_mixed() {
        let (a, b) = (PathTarget::of_path(&[0, 1], &one(2), 3), PathTarget::of_path(&[2], &one(1), 3));
        let whole = PathTarget::of_path(&[0, 1, 2], &[0..2, 2..3], 3);
        assert_eq!(PathTarget::join([&a, &b]), whole);
        let other = PathTarget::of_path(&[1, 1], &one(2), 3);
        assert_eq!(a.towards(&other, 0.25).tags, [0.75, 0.25, 0.0, 0.0, 1.0, 0.0]);
        assert!(whole.fits(3, 3) && !whole.fits(2, 3));
    }
}
