//! From emissions to spans, and how probable each span is.

use super::ModelError;
use super::apart::apart;
use super::crf::{Moves, SpanTags};
use super::ops::with_values;
use super::tagger::{TaggerConfig, mask, moves};
use super::weights::Weights;
use crate::nlp::bio::{Place, TagId, TagSet};
use crate::nlp::named;
use std::ops::Range;

/// How spans are found in what the CRF says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Decoding {
    /// Spans of which the most can be expected to be right, each by itself: the best of those that are plausible, none on another. A
    /// word that is more probably outside than in any single span may yet be in one, which a threshold can keep; the most probable
    /// path never has it.
    #[default]
    Spans,
    /// The spans of the most probable tags of a sentence as a whole (Viterbi; paper, Task 1).
    Path,
}

/// The probability from which on a span is plausible. Lower thresholds than this change nothing for [`Decoding::Spans`].
const PLAUSIBLE: f32 = 0.05;

impl Decoding {
    /// All, the default first.
    pub const ALL: [Self; 2] = [Self::Spans, Self::Path];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Spans => "spans",
            Self::Path => "path",
        }
    }
}

named!(Decoding, UnknownDecoding, "is no way to decode: use spans or path");

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

/// A CRF that is done with learning, or none: then all moves are alike, and each word has the tag that is its most probable one.
#[derive(Clone, Debug)]
pub struct Decoder {
    moves: Moves,
    tags: TagSet,
}

impl Decoder {
    /// Takes the moves of an output layer by its name.
    ///
    /// # Errors
    /// When they are missing or of the wrong shape.
    pub fn load(weights: &Weights, config: &TaggerConfig, tags: &TagSet, head: &str) -> Result<Self, ModelError> {
        let learned = moves(weights, config, tags, head)?;
        let mask = mask(config, tags);
        Ok(Self { moves: with_values(&learned, |learned| Ok(Moves::new(tags.len(), learned, &mask)))?, tags: tags.clone() })
    }

    /// The decoder whose moves are the mean of several, each with the place of this one's tags among its own.
    pub(super) fn mean(first: &Self, all: &[(&Self, &[usize])]) -> Self {
        let moves: Vec<(&Moves, &[usize])> = all.iter().map(|(decoder, tags)| (&decoder.moves, *tags)).collect();
        Self { moves: Moves::mean(&moves), tags: first.tags.clone() }
    }

    /// The CRF's moves.
    pub fn moves(&self) -> &Moves {
        &self.moves
    }

    /// Spans of each sentence in text order, none on another, from emissions of words × tags. Sentences are ranges of words.
    pub fn decode(&self, emissions: &[f32], sentences: &[Range<usize>], decoding: Decoding) -> Vec<FoundSpan> {
        match decoding {
            Decoding::Spans => apart(self.possible(emissions, sentences, PLAUSIBLE)),
            Decoding::Path => {
                let filled = sentences.iter().filter(|words| !words.is_empty());
                filled.flat_map(|sentence| self.path(emissions, sentence)).collect()
            }
        }
    }

    /// All spans of each sentence that are at least so probable, whether the most probable tags make them or not, in text order.
    /// They may overlap: each says what it would be by itself.
    pub fn possible(&self, emissions: &[f32], sentences: &[Range<usize>], least: f32) -> Vec<FoundSpan> {
        let count = self.moves.tags();
        let mut found = Vec::new();
        for sentence in sentences.iter().filter(|words| !words.is_empty()) {
            let lattice = self.moves.lattice(&emissions[sentence.start * count..sentence.end * count]);
            for label in 0..self.tags.labels().len() {
                let spans = lattice.probable_spans(self.span_tags(label), f64::from(least)).into_iter();
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

    fn span_tags(&self, label: usize) -> SpanTags {
        let [single, first, inside, last] =
            [Place::Single, Place::Begin, Place::Inside, Place::End].map(|place| self.tags.tag(label, place) as usize);
        SpanTags { single, first, inside, last, continuation: self.tags.continuation(label).map(|tag| tag as usize) }
    }

    fn path(&self, emissions: &[f32], words: &Range<usize>) -> Vec<FoundSpan> {
        let count = self.moves.tags();
        let rows = &emissions[words.start * count..words.end * count];
        let path = self.moves.viterbi(rows);
        let tags: Vec<TagId> = path.iter().map(|&tag| tag as TagId).collect();
        let spans = self.tags.decode_words(&tags);
        if spans.is_empty() {
            return Vec::new();
        }
        let lattice = self.moves.lattice(rows);
        let found = spans.into_iter().map(|(range, label)| {
            let continuation = self.span_tags(label).continuation;
            let probability = lattice.span_probability(range.clone(), &path[range.clone()], continuation) as f32;
            FoundSpan { words: range.start + words.start..range.end + words.start, label, probability }
        });
        found.collect()
    }
}
