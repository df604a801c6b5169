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

use crate::text::{CharSpan, SourceText};
use std::collections::HashMap;
use std::ops::Range;

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

    /// The tagger that is compiled in: `assets/recipes/pos.toml` says how its tables were made, from GENIA's part-of-speech corpus
    /// (Tateisi and Tsujii 2004; CC BY 3.0).
    ///
    /// # Errors
    /// When its tables are damaged.
    pub fn built_in() -> Result<Self, TableError> {
        Ok(Self::new(&PosTables::parse(include_bytes!("../../assets/pos.safetensors"))?))
    }

    /// Ids of the tags of all words of a text: each has that of its token. Sentences are ranges of words.
    pub fn tag_words(&self, text: &SourceText, words: &[CharSpan], sentences: &[Range<usize>]) -> Vec<u8> {
        let mut tags = vec![0; words.len()];
        for sentence in sentences {
            let tokens = tokens(text, words, sentence.clone());
            let covered = |token: &Range<usize>| text.slice(words[token.start].hull(words[token.end - 1])).unwrap_or_default();
            let found = self.tag(&tokens.iter().map(covered).collect::<Vec<_>>());
            tokens.into_iter().zip(found).for_each(|(token, tag)| tags[token].fill(tag));
        }
        tags
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nlp::{WordSplit, word_ranges, words};

    #[test]
    fn the_built_in_tagger_knows_abstracts() {
        let tagger = PosTagger::built_in().unwrap();
        let text = SourceText::new("The R175H mutation strongly reduces binding of p53 to NF-kappaB in cells.");
        let words = words(&text, WordSplit::PunctuationAndDigits);
        let sentences = word_ranges(&crate::nlp::sentences(&text), &words);
        let tags = tagger.tag_words(&text, &words, &sentences);
        let named: Vec<(&str, &str)> = words
            .iter()
            .zip(tags)
            .map(|(&word, tag)| (text.slice(word).unwrap(), tagger.tags()[usize::from(tag)].as_str()))
            .collect();
        for expected in
            [("The", "DT"), ("mutation", "NN"), ("strongly", "RB"), ("reduces", "VBZ"), ("of", "IN"), ("cells", "NNS")]
        {
            assert!(named.contains(&expected), "{expected:?} in {named:?}");
        }
        assert_eq!(named.last(), Some(&(".", ".")));
        assert!(tagger.tag_words(&SourceText::new(""), &[], &[]).is_empty());
    }
}
