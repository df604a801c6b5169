//! The scorer ready to run without gradients: pair by pair in blocks that stay in the cache, over weights packed for the processor.
//! A text of many mentions has thousands of pairs; what could be done once for a mention, a word or a kind of pair is not done for each.
//!
//! The scorer with gradients is what this one is checked against.

mod competition;
mod first_layer;
mod means;
mod reader;

use super::priors::Priors;
use super::{CandidatePair, Candidates, Outcomes, RelationConfig, Scope};
use crate::document::Label;
use crate::model::ModelError;
use crate::model::engine::Precision;
use crate::model::kernels::{Activation, Panels, join_and_gelu, softmax_rows};
use crate::model::stored::WeightSource;
use crate::model::weights::Weights;
use competition::Competition;
use first_layer::{FirstLayer, Shared};
use rayon::prelude::*;
use std::cell::Cell;

/// Rows of a block: enough to use a packed weight well while it is in the cache, few enough that their states stay there as well.
const BLOCK: usize = 64;

/// The scorer's layers, ready to run.
pub(super) struct ReadyScorer {
    reader: reader::Reader,
    first: FirstLayer,
    /// From a hidden state, and what is told behind it, to scores and message.
    output: Panels,
    output_bias: Vec<f32>,
    priors: Priors,
    outcomes: usize,
    competition: Option<Competition>,
}

impl std::fmt::Debug for ReadyScorer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ReadyScorer({} wide, {} outcomes)", self.first.width, self.outcomes)
    }
}

impl ReadyScorer {
    /// Packs the weights of a scorer. `width` is that of the encoder; `labels` are the entity types.
    pub(super) fn load(
        weights: &Weights,
        config: &RelationConfig,
        width: usize,
        labels: &[Label],
        precision: Precision,
    ) -> Result<Self, ModelError> {
        let reader = reader::Reader::load(weights, config, width, labels, precision)?;
        let layers = super::scorer::shapes(config).map(|(part, outputs, inputs)| {
            let weight = weights.values(&format!("relation.{part}.weight"), &[outputs, inputs])?;
            Ok::<_, ModelError>((weight, weights.values(&format!("relation.{part}.bias"), &[outputs])?))
        });
        let [hidden, output] = layers;
        let (first, (mut output, mut output_bias)) = (hidden?, output?);
        let first = FirstLayer::of(&first.0, &first.1, config.state_width);
        let competition = (config.message_width > 0).then(|| Competition::load(weights, config)).transpose()?;
        let mut inputs = first.width;
        if let Some(competition) = &competition {
            // One product for both, of states behind which there is room for what is told.
            inputs += competition.told();
            let rows = output.chunks_exact(first.width).chain(competition.message.0.chunks_exact(first.width));
            output = rows.flat_map(|row| row.iter().copied().chain(std::iter::repeat_n(0.0, competition.told()))).collect();
            output_bias.extend_from_slice(&competition.message.1);
        }
        let outcomes = 1 + config.roles.len();
        let output = Panels::of(&output, output_bias.len(), inputs);
        let priors = Priors::of(&config.table, labels.len(), outcomes);
        Ok(Self { reader, first, output, output_bias, priors, outcomes, competition })
    }

    /// Probability of each outcome for each pair. `states`: words in scope × encoder width.
    pub(super) fn run(&self, states: &[f32], scope: &Scope, candidates: &Candidates) -> Result<Outcomes, ModelError> {
        let read = self.reader.read(states, scope, candidates)?;
        let shared = self.first.shared(&read, scope, candidates);
        let mut scores = vec![0.0; candidates.pairs.len() * self.outcomes];
        match &self.competition {
            None => self.alone(&shared, candidates, &mut scores),
            Some(competition) => self.among(competition, &shared, candidates, &mut scores),
        }
        Ok(Outcomes::new(scores, self.outcomes))
    }

    /// What each pair says by itself.
    fn alone(&self, shared: &Shared<'_>, candidates: &Candidates, outcomes: &mut [f32]) {
        let blocks = outcomes.par_chunks_mut(BLOCK * self.outcomes).zip(candidates.pairs.par_chunks(BLOCK));
        blocks.for_each(|(outcomes, pairs)| {
            let mut memory = BLOCK_MEMORY.take();
            self.first_opinion(shared, pairs, &mut memory, outcomes);
            softmax_rows(outcomes, self.outcomes);
            BLOCK_MEMORY.set(memory);
        });
    }

    /// Hidden states and scores of some pairs, and whatever else the last layer gives.
    fn first_opinion(&self, shared: &Shared<'_>, pairs: &[CandidatePair], memory: &mut BlockMemory, scores: &mut [f32]) {
        let stride = self.first.width + self.competition.as_ref().map_or(0, Competition::told);
        memory.states.resize(pairs.len() * stride, 0.0);
        memory.said.resize(pairs.len() * self.output_bias.len(), 0.0);
        join_and_gelu(pairs.iter().map(|pair| shared.terms(pair)), [self.first.width, stride], &mut memory.states);
        self.output.apply(&memory.states, &self.output_bias, &mut memory.said);
        let rows = scores.chunks_exact_mut(self.outcomes).zip(memory.said.chunks_exact(self.output_bias.len()));
        for ((scores, said), pair) in rows.zip(pairs) {
            for ((score, said), prior) in scores.iter_mut().zip(said).zip(self.priors.get(&pair.cell)) {
                *score = said + prior;
            }
        }
    }

    /// What each pair says in the light of those that compete with it.
    fn among(&self, competition: &Competition, shared: &Shared<'_>, candidates: &Candidates, outcomes: &mut [f32]) {
        let (pairs, width, told) = (&candidates.pairs, self.first.width, competition.told());
        let mut memory = TEXT_MEMORY.take();
        let TextMemory { own, said } = &mut memory;
        own.resize(pairs.len() * width, 0.0);
        said.resize(pairs.len() * told, 0.0);
        let blocks = outcomes.par_chunks_mut(BLOCK * self.outcomes).zip(pairs.par_chunks(BLOCK));
        let blocks = blocks.zip(own.par_chunks_mut(BLOCK * width)).zip(said.par_chunks_mut(BLOCK * told));
        blocks.for_each(|(((scores, pairs), own), all_told)| {
            let mut memory = BLOCK_MEMORY.take();
            self.first_opinion(shared, pairs, &mut memory, scores);
            self.tell(scores, &mut memory, all_told);
            for (state, told) in memory.states.chunks_exact_mut(width + told).zip(all_told.chunks_exact(told)) {
                state[width..].copy_from_slice(told);
            }
            competition.own(&memory.states, own);
            BLOCK_MEMORY.set(memory);
        });
        let heard = competition.heard(said, candidates);
        let blocks =
            outcomes.par_chunks_mut(BLOCK * self.outcomes).zip(pairs.par_chunks(BLOCK)).zip(own.par_chunks(BLOCK * width));
        blocks.for_each(|((scores, pairs), own)| {
            let mut memory = BLOCK_MEMORY.take();
            let BlockMemory { states, said } = &mut memory;
            states.resize(pairs.len() * width, 0.0);
            said.resize(scores.len(), 0.0);
            let terms = pairs.iter().zip(own.chunks_exact(width)).map(|(pair, own)| heard.terms(pair, own));
            join_and_gelu(terms, [width; 2], states);
            let (output, bias) = &competition.output;
            output.apply(states, bias, said);
            scores.iter_mut().zip(said).for_each(|(score, said)| *score += *said);
            softmax_rows(scores, self.outcomes);
            BLOCK_MEMORY.set(memory);
        });
        TEXT_MEMORY.set(memory);
    }

    /// What some pairs tell: probabilities of the outcomes, and a message as loud as the pair is likely to be related.
    fn tell(&self, scores: &[f32], memory: &mut BlockMemory, told: &mut [f32]) {
        let (outputs, width) = (self.output_bias.len(), self.outcomes);
        let mut probabilities = scores.to_vec();
        softmax_rows(&mut probabilities, width);
        Activation::Gelu.apply_alone(&mut memory.said);
        let rows = told.chunks_exact_mut(outputs).zip(memory.said.chunks_exact(outputs)).zip(probabilities.chunks_exact(width));
        for ((told, said), outcomes) in rows {
            let (probabilities, message) = told.split_at_mut(width);
            probabilities.copy_from_slice(outcomes);
            // A pair that nobody believes in says nothing.
            let related: f32 = outcomes[1..].iter().sum();
            message.iter_mut().zip(&said[width..]).for_each(|(message, said)| *message = said * related);
        }
    }
}

/// Applies weights to rows, some at a time, on all threads.
fn apply_in_blocks(weights: &Panels, bias: &[f32], rows: &[f32], out: &mut [f32]) {
    let (inputs, outputs) = (weights.inputs(), bias.len());
    let blocks = rows.par_chunks(BLOCK * inputs).zip(out.par_chunks_mut(BLOCK * outputs));
    blocks.for_each(|(rows, out)| weights.apply(rows, bias, out));
}

/// Memory of a block of pairs.
#[derive(Default)]
struct BlockMemory {
    /// Hidden states, each with what is told behind it.
    states: Vec<f32>,
    /// What the last layer gives.
    said: Vec<f32>,
}

/// Memory of all pairs of a text.
#[derive(Default)]
struct TextMemory {
    /// What each pair has by itself of the sums of the second opinion's hidden layer.
    own: Vec<f32>,
    /// What each pair tells.
    said: Vec<f32>,
}

thread_local! {
    // Kept from text to text: fresh memory costs a fault for every page.
    static BLOCK_MEMORY: Cell<BlockMemory> = Cell::default();
    static TEXT_MEMORY: Cell<TextMemory> = Cell::default();
}
