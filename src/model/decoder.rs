//! From emissions to spans: the most probable tags of each sentence, and how probable each span is.

use super::ModelError;
use super::crf::Moves;
use super::ops::with_values;
use super::tagger::{WordStates, mask};
use super::weights::Weights;
use crate::nlp::bio::{TagId, TagSet};
use std::ops::Range;

/// A span that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundSpan {
    /// Its words.
    pub words: Range<usize>,
    /// Index of its label.
    pub label: usize,
    /// Probability of exactly these borders and this label.
    pub probability: f32,
}

/// A CRF that is done with learning.
#[derive(Debug)]
pub struct Decoder {
    moves: Moves,
}

impl Decoder {
    /// Takes the moves of an output layer by its name.
    ///
    /// # Errors
    /// When they are missing or of the wrong shape.
    pub fn load(weights: &Weights, tags: &TagSet, head: &str) -> Result<Self, ModelError> {
        let moves = weights.get(&format!("{head}.moves"), &[tags.len() + 2, tags.len()])?;
        Ok(Self { moves: with_values(&moves, |learned| Ok(Moves::new(tags.len(), learned, &mask(tags))))? })
    }

    /// Spans of each sentence in text order. Sentences are ranges of words.
    pub fn decode(&self, words: &WordStates, sentences: &[Range<usize>]) -> Vec<FoundSpan> {
        let filled = sentences.iter().filter(|words| !words.is_empty());
        filled.flat_map(|sentence| self.decode_sentence(&words.emissions, sentence)).collect()
    }

    /// All spans of each sentence that are at least so probable, whether the most probable tags make them or not, in text order.
    /// They may overlap: each says what it would be by itself.
    pub fn possible(&self, words: &WordStates, sentences: &[Range<usize>], least: f32) -> Vec<FoundSpan> {
        let count = self.moves.tags();
        let mut found = Vec::new();
        for sentence in sentences.iter().filter(|words| !words.is_empty()) {
            let lattice = self.moves.lattice(&words.emissions[sentence.start * count..sentence.end * count]);
            for label in 0..(count - 1) / 2 {
                let (first, further) = (TagSet::begin(label) as usize, TagSet::inside(label) as usize);
                let spans = lattice.probable_spans(first, further, f64::from(least)).into_iter();
                found.extend(spans.map(|(range, probability)| FoundSpan {
                    words: range.start + sentence.start..range.end + sentence.start,
                    label,
                    probability: probability as f32,
                }));
            }
        }
        found.sort_by_key(|span| (span.words.start, span.words.end, span.label));
        found
    }

    fn decode_sentence(&self, emissions: &[f32], words: &Range<usize>) -> Vec<FoundSpan> {
        let count = self.moves.tags();
        let rows = &emissions[words.start * count..words.end * count];
        let path = self.moves.viterbi(rows);
        let tags: Vec<TagId> = path.iter().map(|&tag| tag as TagId).collect();
        let spans = TagSet::decode_words(&tags);
        if spans.is_empty() {
            return Vec::new();
        }
        let lattice = self.moves.lattice(rows);
        let found = spans.into_iter().map(|(range, label)| {
            let inside = TagSet::inside(label) as usize;
            let probability = lattice.span_probability(range.clone(), &path[range.clone()], inside) as f32;
            FoundSpan { words: range.start + words.start..range.end + words.start, label, probability }
        });
        found.collect()
    }
}
