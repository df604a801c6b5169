//! A small network over the states of two spans and of what lies between, on top of the prior.

use super::{CandidatePair, Mention, PairTable};
use crate::model::ModelError;
use crate::model::encoder::Dropout;
use crate::model::ops::{Gelu, Linear, SpanMean};
use crate::model::tagger::WordStates;
use crate::model::weights::{Init, Weights};
use candle_core::{Device, Tensor};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// What the scorer is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelationConfig {
    /// Width that a span's state is projected to.
    pub state_width: usize,
    /// Width of the hidden layer.
    pub hidden_width: usize,
    /// Probability of being related from which a role is proposed.
    pub threshold: f32,
    /// Roles in the order of the outcomes; outcome 0 is no role.
    pub roles: Vec<crate::document::Label>,
    /// What the training data say about types and nearness.
    pub table: PairTable,
}

/// Scores pairs.
#[derive(Debug)]
pub struct RelationScorer {
    config: RelationConfig,
    labels: usize,
    project: (Tensor, Tensor),
    hidden: (Tensor, Tensor),
    output: (Tensor, Tensor),
}

const NAME: &str = "relation";

impl RelationScorer {
    /// Takes its weights by name. `width` is that of the encoder, `labels` the number of entity types.
    ///
    /// # Errors
    /// When a weight is missing or of the wrong shape.
    pub fn load(weights: &Weights, config: &RelationConfig, width: usize, labels: usize) -> Result<Self, ModelError> {
        let layer = |(part, outputs, inputs): (&str, usize, usize)| {
            let weight = weights.get(&format!("{NAME}.{part}.weight"), &[outputs, inputs])?;
            Ok::<_, ModelError>((weight, weights.get(&format!("{NAME}.{part}.bias"), &[outputs])?))
        };
        let [project, hidden, output] = shapes(config, width, labels);
        Ok(Self { config: config.clone(), labels, project: layer(project)?, hidden: layer(hidden)?, output: layer(output)? })
    }

    /// Puts new weights in where they are missing. The last layer begins at zero: the scorer begins as its prior.
    ///
    /// # Errors
    /// When memory can't be had.
    pub fn ensure(
        weights: &mut Weights,
        config: &RelationConfig,
        width: usize,
        labels: usize,
        rng: &mut ChaCha8Rng,
    ) -> Result<(), ModelError> {
        for (part, outputs, inputs) in shapes(config, width, labels) {
            let init = if part == "output" { Init::Zero } else { Init::Normal(1.0 / (inputs as f32).sqrt()) };
            weights.ensure(&format!("{NAME}.{part}.weight"), &[outputs, inputs], init, rng)?;
            weights.ensure(&format!("{NAME}.{part}.bias"), &[outputs], Init::Zero, rng)?;
        }
        Ok(())
    }

    /// Its configuration.
    pub fn config(&self) -> &RelationConfig {
        &self.config
    }

    /// Scores of each outcome for each pair, pairs × (1 + roles), before the softmax. `states`: words × encoder width.
    ///
    /// # Errors
    /// When the pairs do not belong to the states, or memory can't be had.
    pub fn scores(
        &self,
        states: &Tensor,
        mentions: &[Mention],
        pairs: &[CandidatePair],
        dropout: &mut Dropout,
    ) -> Result<Tensor, ModelError> {
        let spans = mentions.iter().map(|mention| mention.words.clone());
        let spans = spans.chain(pairs.iter().map(|pair| pair.between.clone())).collect();
        // Every mention is projected once, whatever the number of pairs it is in.
        let means = dropout.apply(&SpanMean::apply(states, spans)?)?;
        let projected = Linear::apply(&means, &self.project.0, &self.project.1)?;
        let rows = |index: Vec<u32>| projected.index_select(&Tensor::new(index, &Device::Cpu)?, 0);
        let count = mentions.len() as u32;
        let input = Tensor::cat(
            &[
                rows(pairs.iter().map(|pair| pair.subject as u32).collect())?,
                rows(pairs.iter().map(|pair| pair.object as u32).collect())?,
                rows((0..pairs.len() as u32).map(|pair| count + pair).collect())?,
                self.plain_features(pairs)?,
            ],
            1,
        )?;
        let hidden = Gelu::apply(&Linear::apply(&input, &self.hidden.0, &self.hidden.1)?)?;
        let learned = Linear::apply(&dropout.apply(&hidden)?, &self.output.0, &self.output.1)?;
        Ok((learned + self.priors(pairs)?)?)
    }

    /// Probability of each outcome (no role, then each role) for each pair, from the states of a text.
    ///
    /// # Errors
    /// When the pairs do not belong to the states.
    pub fn outcomes_of(
        &self,
        states: &WordStates,
        mentions: &[Mention],
        pairs: &[CandidatePair],
    ) -> Result<Vec<Vec<f32>>, ModelError> {
        if pairs.is_empty() {
            return Ok(Vec::new());
        }
        let width = self.project.0.dim(1)?;
        let states = Tensor::from_slice(&states.states, (states.states.len() / width, width), &Device::Cpu)?;
        let scores = self.scores(&states, mentions, pairs, &mut Dropout::off())?.to_vec2::<f32>()?;
        Ok(scores.into_iter().map(softmax).collect())
    }

    fn outcomes(&self) -> usize {
        1 + self.config.roles.len()
    }

    fn priors(&self, pairs: &[CandidatePair]) -> Result<Tensor, ModelError> {
        let outcomes = self.outcomes();
        let values: Vec<f32> = pairs.iter().flat_map(|pair| self.config.table.log_prior(pair.cell, outcomes)).collect();
        Ok(Tensor::from_vec(values, (pairs.len(), outcomes), &Device::Cpu)?)
    }

    /// Types as one-hot values, then the pair's own features.
    fn plain_features(&self, pairs: &[CandidatePair]) -> Result<Tensor, ModelError> {
        let columns = 2 * self.labels + CandidatePair::FEATURES;
        let mut values = vec![0.0; pairs.len() * columns];
        for (row, pair) in values.chunks_exact_mut(columns).zip(pairs) {
            row[pair.cell.subject] = 1.0;
            row[self.labels + pair.cell.object] = 1.0;
            row[2 * self.labels..].copy_from_slice(&pair.features);
        }
        Ok(Tensor::from_vec(values, (pairs.len(), columns), &Device::Cpu)?)
    }
}

/// Name, outputs and inputs of each layer.
fn shapes(config: &RelationConfig, width: usize, labels: usize) -> [(&'static str, usize, usize); 3] {
    let inputs = 3 * config.state_width + 2 * labels + CandidatePair::FEATURES;
    [
        ("project", config.state_width, width),
        ("hidden", config.hidden_width, inputs),
        ("output", 1 + config.roles.len(), config.hidden_width),
    ]
}

fn softmax(mut scores: Vec<f32>) -> Vec<f32> {
    rten_simd::SimdOp::dispatch(rten_vecmath::Softmax::new_mut(&mut scores));
    scores
}
