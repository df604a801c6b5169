//! From a text to a score for every tag of every word: encoder, word states, one projection, CRF.
//!
//! A word's state is the mean of the states of its first and last piece; the paper lets every piece bear the tag, which makes
//! the CRF's sequences longer and its probabilities mean less. The word's shape class (all lower, Capitalised, digits …) enters
//! twice: added to the embeddings of its pieces, since the encoder at hand does not see case, and joined to its state (paper,
//! features). Its part of speech is joined to its state too, if the recipe wants it. For comparison a bidirectional memory may read
//! what was joined, and the CRF may be left out (paper, ablations). What is known of whole sentences may be added to the scores of their
//! words' tags, see [`relevance`](super::relevance).

use super::ModelError;
use super::crf::{FORBIDDEN, PathTarget};
use super::encoder::{Config, Dropout, Encoder};
use super::input::Encoded;
use super::lstm::BiLstm;
use super::ops::{CrfLoss, Linear};
use super::relevance::{RelevanceConfig, RelevanceOutput, relevance_loss};
use super::weights::{Init, Weights};
use crate::document::is_default;
use crate::nlp::Context;
use crate::nlp::bio::{TagScheme, TagSet};
use crate::nlp::shape::SHAPES;
use candle_core::{DType, Device, Tensor};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Output layer of a model's own corpus.
pub const HEAD: &str = "tagger";

/// How the tags of a sentence hang together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Output {
    /// A linear chain: every move from tag to tag has a score, and illegal ones can't be made.
    #[default]
    Crf,
    /// Not at all: each word's tag is decided alone. Illegal tags may come out; the codec makes the best of them.
    Softmax,
}

/// What the tagger is made of, besides the encoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaggerConfig {
    /// Width of the shape embedding that is joined to a word's state; 0 leaves shapes out altogether.
    pub shape_width: usize,
    /// Width of the part-of-speech embedding that is joined to a word's state; 0 leaves part of speech out.
    #[serde(default)]
    pub part_width: usize,
    /// What the tags tell of an entity's words.
    #[serde(default, skip_serializing_if = "is_default")]
    pub scheme: TagScheme,
    /// How the tags of a sentence hang together.
    #[serde(default, skip_serializing_if = "is_default")]
    pub output: Output,
    /// Width of each direction of a bidirectional memory between the words' states and the tags; 0 for none.
    #[serde(default, skip_serializing_if = "is_default")]
    pub lstm_width: usize,
    /// How much of the text a word is read with.
    #[serde(default, skip_serializing_if = "is_default")]
    pub context: Context,
    /// The output for sentences, if there is one.
    #[serde(default, skip_serializing_if = "is_default")]
    pub relevance: Option<RelevanceConfig>,
    /// Probability that a span needs to be proposed, unless the user says otherwise: where the F1 of held-out folds is best.
    pub threshold: f32,
}

impl TaggerConfig {
    /// Nothing but the encoder and an output layer.
    pub fn plain() -> Self {
        Self {
            shape_width: 0,
            part_width: 0,
            scheme: TagScheme::default(),
            output: Output::default(),
            lstm_width: 0,
            context: Context::default(),
            relevance: None,
            threshold: 0.0,
        }
    }

    /// Columns of what is joined for a word: its state, its shape, its part of speech.
    pub fn joined(&self, width: usize) -> usize {
        width.saturating_add(self.shape_width).saturating_add(self.part_width)
    }

    /// Columns of what the tags are projected from: what is joined, or what a memory makes of it.
    pub fn columns(&self, width: usize) -> usize {
        if self.lstm_width > 0 { self.lstm_width.saturating_mul(2) } else { self.joined(width) }
    }
}

/// The embeddings of parts of speech.
pub(super) const PARTS: &str = "parts.words";

/// Rows of that table: more than there are tags, so that the table outlives a new tag.
pub(super) const PART_TAGS: usize = 64;

/// What one pass gives for a text.
#[derive(Debug)]
pub struct Tagged {
    /// Words × encoder width.
    pub states: Tensor,
    /// Words × tags.
    pub emissions: Tensor,
    /// Log-odds that a sentence carries any annotation, for each that has words; `None` without an output for them.
    pub relevance: Option<Tensor>,
}

/// States and emissions of a text as plain values, put together window by window.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WordStates {
    /// Words × encoder width.
    pub states: Vec<f32>,
    /// Words × tags.
    pub emissions: Vec<f32>,
}

impl WordStates {
    /// Adds the words of the next window.
    pub fn append(&mut self, mut next: Self) {
        self.states.append(&mut next.states);
        self.emissions.append(&mut next.emissions);
    }
}

/// Encoder, projection and CRF.
#[derive(Debug)]
pub struct Tagger {
    encoder: Encoder,
    piece_shapes: Option<Tensor>,
    word_shapes: Option<Tensor>,
    word_parts: Option<Tensor>,
    lstm: Option<BiLstm>,
    relevance: Option<RelevanceOutput>,
    weight: Tensor,
    bias: Tensor,
    moves: Tensor,
    mask: Arc<[f32]>,
}

impl Tagger {
    /// Takes its weights by name. `head` names the output layer: taggers for several corpora share encoder and shapes.
    ///
    /// # Errors
    /// When a weight is missing or of the wrong shape.
    pub fn load(
        weights: &Weights,
        encoder: &Config,
        config: &TaggerConfig,
        tags: &TagSet,
        head: &str,
    ) -> Result<Self, ModelError> {
        let (width, tag_count) = (encoder.hidden_size, tags.len());
        let shaped = config.shape_width > 0;
        let shapes = |name: &str, columns: usize| {
            shaped.then(|| weights.get(&format!("shapes.{name}"), &[SHAPES.len(), columns])).transpose()
        };
        Ok(Self {
            encoder: Encoder::load(weights, encoder)?,
            piece_shapes: shapes("pieces", width)?,
            word_shapes: shapes("words", config.shape_width)?,
            word_parts: (config.part_width > 0).then(|| weights.get(PARTS, &[PART_TAGS, config.part_width])).transpose()?,
            lstm: (config.lstm_width > 0)
                .then(|| BiLstm::load(weights, &format!("{head}.lstm"), config.joined(width), config.lstm_width))
                .transpose()?,
            relevance: config.relevance.map(|config| RelevanceOutput::load(weights, config, width, head)).transpose()?,
            weight: weights.get(&format!("{head}.emission.weight"), &[tag_count, config.columns(width)])?,
            bias: weights.get(&format!("{head}.emission.bias"), &[tag_count])?,
            moves: moves(weights, config, tags, head)?,
            mask: mask(config, tags).into(),
        })
    }

    /// Puts new weights in where they are missing.
    ///
    /// # Errors
    /// When memory can't be had.
    pub fn ensure(
        weights: &mut Weights,
        encoder: &Config,
        config: &TaggerConfig,
        tags: &TagSet,
        head: &str,
        rng: &mut ChaCha8Rng,
    ) -> Result<(), ModelError> {
        Encoder::ensure(weights, encoder, rng)?;
        let (width, tag_count) = (encoder.hidden_size, tags.len());
        if config.shape_width > 0 {
            // Zero, so that training begins with the encoder as it was.
            weights.ensure("shapes.pieces", &[SHAPES.len(), width], Init::Zero, rng)?;
            weights.ensure("shapes.words", &[SHAPES.len(), config.shape_width], Init::Normal(0.5), rng)?;
        }
        if config.part_width > 0 {
            weights.ensure(PARTS, &[PART_TAGS, config.part_width], Init::Normal(0.5), rng)?;
        }
        if config.lstm_width > 0 {
            BiLstm::ensure(weights, &format!("{head}.lstm"), (config.joined(width), config.lstm_width), rng)?;
        }
        weights.ensure(&format!("{head}.emission.weight"), &[tag_count, config.columns(width)], Init::Normal(0.02), rng)?;
        weights.ensure(&format!("{head}.emission.bias"), &[tag_count], Init::Zero, rng)?;
        if let Some(config) = config.relevance {
            RelevanceOutput::ensure(weights, config, width, head, rng)?;
        }
        match config.output {
            Output::Crf => weights.ensure(&format!("{head}.moves"), &[tag_count + 2, tag_count], Init::Zero, rng),
            Output::Softmax => Ok(()),
        }
    }

    /// One pass over texts laid end to end.
    ///
    /// # Errors
    /// When the text does not fit the encoder, or memory can't be had.
    pub fn forward(&self, text: &Encoded, dropout: &mut Dropout) -> Result<Tagged, ModelError> {
        let states = self.states(text, None, dropout)?;
        let mut features = dropout.apply(&states)?;
        let output = self.relevance.as_ref();
        let relevance = output.map(|output| output.log_odds(&features, &text.sentences)).transpose()?;
        if let Some(table) = &self.word_shapes {
            features = Tensor::cat(&[features, table.index_select(&rows(&text.shapes)?, 0)?], 1)?;
        }
        if let Some(table) = &self.word_parts {
            features = Tensor::cat(&[features, table.index_select(&rows(&text.parts)?, 0)?], 1)?;
        }
        if let Some(lstm) = &self.lstm {
            features = dropout.apply(&lstm.forward(&features, &text.words_of_sequences())?)?;
        }
        let mut emissions = Linear::apply(&features, &self.weight, &self.bias)?;
        if let (Some(output), Some(log_odds)) = (output, &relevance) {
            emissions = output.weigh(&emissions, log_odds, &text.sentences)?;
        }
        Ok(Tagged { states, emissions, relevance })
    }

    /// States of the words, words × encoder width. `marks` has what is added to the pieces of a marked text, by mark.
    ///
    /// # Errors
    /// When the text does not fit the encoder, or memory can't be had.
    pub fn states(&self, text: &Encoded, marks: Option<&Tensor>, dropout: &mut Dropout) -> Result<Tensor, ModelError> {
        let mut added = self.piece_shapes.as_ref().map(|table| table.index_select(&rows(&text.piece_shapes)?, 0)).transpose()?;
        if let Some(marks) = marks {
            let marks = marks.index_select(&rows(&text.marks)?, 0)?;
            added = Some(match added {
                Some(added) => (added + marks)?,
                None => marks,
            });
        }
        let pieces = self.encoder.forward(&text.packed, added.as_ref(), dropout)?;
        let ends = (pieces.index_select(&rows(&text.first)?, 0)? + pieces.index_select(&rows(&text.last)?, 0)?)?;
        Ok((ends * 0.5)?)
    }

    /// Σ −log P(tags) over the sentences of a text, as the target expects the tags.
    ///
    /// # Errors
    /// When the target does not fit the text.
    pub fn loss(&self, tagged: &Tagged, text: &Encoded, target: PathTarget) -> Result<Tensor, ModelError> {
        let loss = CrfLoss { target: target.into(), sequences: text.sentences.as_slice().into(), mask: Arc::clone(&self.mask) };
        Ok(loss.apply(&tagged.emissions, &self.moves)?)
    }

    /// Σ −log P(annotated or not) over the sentences of a text, as the target expects annotations; `None` without an output for them.
    ///
    /// # Errors
    /// When the target does not fit the text.
    pub fn relevance_loss(&self, tagged: &Tagged, text: &Encoded, target: &PathTarget) -> Result<Option<Tensor>, ModelError> {
        let loss = |log_odds| relevance_loss(log_odds, target.annotated(&text.sentences));
        tagged.relevance.as_ref().map(loss).transpose()
    }
}

fn rows(indices: &[u32]) -> candle_core::Result<Tensor> {
    Tensor::new(indices, &Device::Cpu)
}

/// Scores of all moves: those that were learned, or none where tags are decided alone. A CRF whose moves are all alike is a softmax
/// over each word's tags, in its loss, its path and its probabilities.
pub(super) fn moves(weights: &Weights, config: &TaggerConfig, tags: &TagSet, head: &str) -> Result<Tensor, ModelError> {
    let shape = [tags.len() + 2, tags.len()];
    match config.output {
        Output::Crf => weights.get(&format!("{head}.moves"), &shape),
        Output::Softmax => Ok(Tensor::zeros(&shape, DType::F32, &Device::Cpu)?),
    }
}

/// What forbids the moves that the codec can't make; nothing where tags are decided alone.
pub(super) fn mask(config: &TaggerConfig, tags: &TagSet) -> Vec<f32> {
    let legal = tags.legal_transitions().into_iter().chain(tags.legal_starts()).chain(tags.legal_ends());
    legal.map(|legal| if legal || config.output == Output::Softmax { 0.0 } else { FORBIDDEN }).collect()
}
