//! Whether a sentence is one that annotators annotate. Of AGAC's sentences only those do that state a mutation and what comes of it, so
//! that the same words are a mention in one sentence and nothing in the next.
//!
//! Attention makes one state of those of a sentence's words, and a projection of it gives the log-odds that the sentence carries any
//! annotation. Times a strength they are added to the score of every tag but O of the sentence's words.

use super::ModelError;
use super::input::Encoded;
use super::ops::with_values;
use super::tagger::WordStates;
use super::weights::{Init, Weights};
use crate::nlp::bio::OUTSIDE;
use candle_core::{Device, Tensor};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// What becomes of the log-odds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RelevanceUse {
    /// Nothing: that they are learned only shapes the states.
    Unused,
    /// They are added when the tags of a text are found, but not while these are learned; the strength is given.
    Decoding,
    /// They are added while the tags are learned too, and the strength is learned. The tags do not teach the log-odds themselves.
    #[default]
    Given,
    /// The same, and the tags teach them as well.
    Joint,
}

impl RelevanceUse {
    /// Whether the strength is one of the weights.
    const fn learns_strength(self) -> bool {
        matches!(self, Self::Given | Self::Joint)
    }
}

/// The output for sentences beside that for tags.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelevanceConfig {
    /// What becomes of the log-odds.
    pub used: RelevanceUse,
    /// What they are multiplied by before they are added to the scores of tags; where it is learned, what it begins with.
    pub strength: f32,
}

/// Names of the weights: attention and projection, one row each; what is added to the projection; the strength.
const NAMES: [&str; 3] = ["words", "bias", "strength"];

fn name(head: &str, which: &str) -> String {
    format!("{head}.relevance.{which}")
}

/// The output while it learns.
#[derive(Debug)]
pub struct RelevanceOutput {
    config: RelevanceConfig,
    words: Tensor,
    bias: Tensor,
    strength: Option<Tensor>,
}

impl RelevanceOutput {
    /// Takes the weights of an output layer by its name. `width` is that of the encoder's states.
    ///
    /// # Errors
    /// When a weight is missing or of the wrong shape.
    pub fn load(weights: &Weights, config: RelevanceConfig, width: usize, head: &str) -> Result<Self, ModelError> {
        let [words, bias, strength] = NAMES.map(|which| name(head, which));
        let strength = config.used.learns_strength().then(|| weights.get(&strength, &[1])).transpose()?;
        Ok(Self { config, words: weights.get(&words, &[2, width])?, bias: weights.get(&bias, &[1])?, strength })
    }

    /// Puts new weights in where they are missing. Attention begins as the mean over the words.
    ///
    /// # Errors
    /// When memory can't be had.
    pub fn ensure(
        weights: &mut Weights,
        config: RelevanceConfig,
        width: usize,
        head: &str,
        rng: &mut ChaCha8Rng,
    ) -> Result<(), ModelError> {
        let [words, bias, strength] = NAMES.map(|which| name(head, which));
        weights.ensure(&words, &[2, width], Init::Zero, rng)?;
        weights.ensure(&bias, &[1], Init::Zero, rng)?;
        if config.used.learns_strength() && !weights.contains(&strength) {
            weights.insert(&strength, Tensor::new(&[config.strength], &Device::Cpu)?);
        }
        Ok(())
    }

    /// Log-odds of each sentence that has words, sentences × 1, from states of words × width.
    ///
    /// # Errors
    /// When memory can't be had.
    pub fn log_odds(&self, states: &Tensor, sentences: &[Range<usize>]) -> Result<Tensor, ModelError> {
        let votes = states.matmul(&self.words.t()?)?;
        let inside = membership(sentences, states.dim(0)?)?;
        // So little that words of other sentences get nothing.
        let outside = inside.affine(1e9, -1e9)?;
        let attention = candle_nn::ops::softmax(&outside.broadcast_add(&votes.narrow(1, 0, 1)?.t()?)?, 1)?;
        Ok(attention.matmul(&votes.narrow(1, 1, 1)?.contiguous()?)?.broadcast_add(&self.bias)?)
    }

    /// Emissions, words × tags, with what the log-odds of their sentences add while the tags are learned.
    ///
    /// # Errors
    /// When memory can't be had.
    pub fn weigh(&self, emissions: &Tensor, log_odds: &Tensor, sentences: &[Range<usize>]) -> Result<Tensor, ModelError> {
        let Some(strength) = &self.strength else { return Ok(emissions.clone()) };
        let given = if self.config.used == RelevanceUse::Joint { log_odds.clone() } else { log_odds.detach() };
        let (words, tags) = emissions.dims2()?;
        let of_words = membership(sentences, words)?.t()?.matmul(&given.broadcast_mul(strength)?)?;
        let inside: Vec<f32> = (0..tags).map(|tag| if tag == OUTSIDE as usize { 0.0 } else { 1.0 }).collect();
        Ok((emissions + of_words.matmul(&Tensor::from_vec(inside, (1, tags), &Device::Cpu)?)?)?)
    }
}

/// Σ over sentences of −log P(relevant or not), from log-odds of sentences × 1 and the share of each that is relevant, 0 to 1.
///
/// # Errors
/// When there are not as many of both.
pub fn relevance_loss(log_odds: &Tensor, relevant: Vec<f32>) -> Result<Tensor, ModelError> {
    let relevant = Tensor::from_vec(relevant, log_odds.dims(), log_odds.device())?;
    // log(1 + eˣ) − x·t, in a form that no x is too large for and whose gradient is right at 0 too.
    let size = log_odds.abs()?;
    let certain = (((log_odds + &size)? * 0.5)? - (log_odds * relevant)?)?;
    Ok((certain + (size.neg()?.exp()? + 1.0)?.log()?)?.sum_all()?)
}

/// Sentences that have words × words, 1 where a word is in a sentence.
fn membership(sentences: &[Range<usize>], words: usize) -> Result<Tensor, ModelError> {
    let filled: Vec<&Range<usize>> = filled(sentences).collect();
    let mut inside = vec![0_f32; filled.len() * words];
    for (row, sentence) in inside.chunks_exact_mut(words.max(1)).zip(&filled) {
        row.iter_mut().take(sentence.end).skip(sentence.start).for_each(|value| *value = 1.0);
    }
    Ok(Tensor::from_vec(inside, (filled.len(), words), &Device::Cpu)?)
}

/// The sentences that have words.
pub(super) fn filled(sentences: &[Range<usize>]) -> impl Iterator<Item = &Range<usize>> {
    sentences.iter().filter(|sentence| !sentence.is_empty())
}

/// The output when it is done with learning.
#[derive(Clone, Debug)]
pub struct Relevance {
    attention: Vec<f32>,
    projection: Vec<f32>,
    bias: f32,
    strength: f32,
}

impl Relevance {
    /// Takes the weights of an output layer by its name; `None` when nothing becomes of the log-odds.
    ///
    /// # Errors
    /// When a weight is missing or of the wrong shape.
    pub fn load(weights: &Weights, config: RelevanceConfig, width: usize, head: &str) -> Result<Option<Self>, ModelError> {
        let RelevanceOutput { words, bias, strength, .. } = RelevanceOutput::load(weights, config, width, head)?;
        if config.used == RelevanceUse::Unused {
            return Ok(None);
        }
        let (mut attention, bias) = (with_values(&words, |words| Ok(words.to_vec()))?, bias.to_vec1::<f32>()?);
        let strength = strength.map(|strength| strength.to_vec1::<f32>()).transpose()?.unwrap_or_default();
        Ok(Some(Self {
            projection: attention.split_off(width),
            attention,
            bias: bias.first().copied().unwrap_or_default(),
            strength: strength.first().copied().unwrap_or(config.strength),
        }))
    }

    /// Log-odds of a sentence from the states of its words, words × width.
    pub fn log_odds(&self, states: &[f32]) -> f32 {
        let words = || states.chunks_exact(self.attention.len());
        let attention: Vec<f32> = words().map(|state| dot(state, &self.attention)).collect();
        let most = attention.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let (mut sum, mut total) = (0.0, 0.0);
        for (attention, state) in attention.iter().zip(words()) {
            let weight = (attention - most).exp();
            sum += weight * dot(state, &self.projection);
            total += weight;
        }
        sum / total + self.bias
    }

    /// Adds what the log-odds of its sentences say to the emissions of a text.
    pub fn weigh(&self, text: &Encoded, states: &mut WordStates) {
        let WordStates { states, emissions } = states;
        let (width, tags) = (self.attention.len(), emissions.len() / text.words().max(1));
        for sentence in filled(&text.sentences) {
            let added = self.strength * self.log_odds(&states[sentence.start * width..sentence.end * width]);
            for row in emissions[sentence.start * tags..sentence.end * tags].chunks_exact_mut(tags) {
                row.iter_mut().skip(OUTSIDE as usize + 1).for_each(|score| *score += added);
            }
        }
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
pub(crate) mod tests;
