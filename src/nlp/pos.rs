//! Part-of-speech tags by an averaged perceptron (Collins 2002): greedy, from left to right, over hashed features of the words
//! around and of the last two tags.
//!
//! The tagger works on the tokens of the Penn Treebank as GENIA cuts them ("NF-kappa", "5'-flanking"), which are longer than our
//! words; [`tokens`] puts words together again. A word has the tag of its token.

mod features;
mod tables;
mod tokens;

pub use features::{FEATURES, Features};
pub use tables::{PosTables, TableError};
pub use tokens::tokens;

use std::collections::HashMap;

/// A trained tagger.
#[derive(Clone, Debug)]
pub struct PosTagger {
    tags: Vec<String>,
    /// Where the weights of a feature begin and end.
    rows: HashMap<u32, (u32, u32)>,
    /// Tag and weight, one after the other.
    weights: Vec<(u8, i16)>,
}

impl PosTagger {
    /// Makes the tables ready to be looked up.
    pub fn new(tables: &PosTables) -> Self {
        let mut rows = HashMap::with_capacity(tables.features.len());
        let mut weights = Vec::with_capacity(tables.weights.len());
        for (i, feature) in tables.features.iter().enumerate() {
            let begin = tables.starts[i] as usize;
            let end = tables.starts.get(i + 1).map_or(tables.weights.len(), |&next| next as usize);
            rows.insert(*feature, (begin as u32, end as u32));
        }
        weights.extend(tables.tags_of_weights.iter().copied().zip(tables.weights.iter().copied()));
        Self { tags: tables.tags.clone(), rows, weights }
    }

    /// The tags by id.
    pub fn tags(&self) -> &[String] {
        &self.tags
    }

    /// Ids of the tags of the tokens of one sentence.
    pub fn tag(&self, tokens: &[&str]) -> Vec<u8> {
        let sentence = Features::of_sentence(tokens);
        let mut tags = Vec::with_capacity(tokens.len());
        let mut scores = vec![0_i32; self.tags.len()];
        for at in 0..tokens.len() {
            scores.fill(0);
            for feature in sentence.at(at, &tags) {
                let Some(&(begin, end)) = self.rows.get(&feature) else { continue };
                for &(tag, weight) in &self.weights[begin as usize..end as usize] {
                    scores[usize::from(tag)] += i32::from(weight);
                }
            }
            tags.push(highest(&scores));
        }
        tags
    }
}

/// The first of the highest scores.
pub(crate) fn highest<T: PartialOrd + Copy>(scores: &[T]) -> u8 {
    let mut best = 0;
    for (i, score) in scores.iter().enumerate() {
        if *score > scores[best] {
            best = i;
        }
    }
    best as u8
}
