//! Second stage: the relation scorer over the states of the finished tagger.

use super::data::Example;
use crate::document::Label;
use crate::model::ModelError;
use crate::model::encoder::Dropout;
use crate::model::folder::Model;
use crate::model::relation::{CandidatePair, PairFinder, PairTable, RelationScorer};
use crate::model::tagger::WordStates;
use candle_core::{Device, Tensor};
use rand_chacha::ChaCha8Rng;

/// A document with the states of its words and all pairs that come into question.
#[derive(Debug)]
pub struct PairExample<'a> {
    example: &'a Example,
    states: Tensor,
    pairs: Vec<CandidatePair>,
    /// Outcome of each pair: 0 for no role.
    outcomes: Vec<u32>,
}

fn outcome(example: &Example, pair: &CandidatePair) -> usize {
    example.roles.get(&(pair.subject, pair.object)).map_or(0, |role| role + 1)
}

/// Counts what the training documents say about pairs of types.
pub fn count_pairs(examples: &[Example], roles: &[Label]) -> PairTable {
    let mut table = PairTable::default();
    for example in examples {
        for pair in PairFinder::new(&example.mentions, &example.prepared.encoded.sentences).pairs(None) {
            table.add(pair.cell, outcome(example, &pair), 1 + roles.len());
        }
    }
    table.keep_legal();
    table
}

impl<'a> PairExample<'a> {
    /// Reads the document once with the finished tagger.
    ///
    /// # Errors
    /// When the arithmetic fails.
    pub fn new(example: &'a Example, model: &Model, table: &PairTable) -> Result<Self, ModelError> {
        let pairs = PairFinder::new(&example.mentions, &example.prepared.encoded.sentences).pairs(Some(table));
        let outcomes = pairs.iter().map(|pair| outcome(example, pair) as u32).collect();
        let mut words = WordStates::default();
        for window in example.prepared.encoded.windows() {
            words.extend(&model.tag(&window)?)?;
        }
        let count = example.prepared.words.len();
        let width = words.states.len() / count.max(1);
        let states = Tensor::from_vec(words.states, (count, width), &Device::Cpu)?;
        Ok(Self { example, states, pairs, outcomes })
    }
}

/// Mean over the pairs of a batch of −log P(outcome); `None` when the batch has no pairs.
///
/// # Errors
/// When the arithmetic fails.
pub fn loss(
    scorer: &RelationScorer,
    batch: &[&PairExample<'_>],
    rate: f32,
    rng: ChaCha8Rng,
) -> Result<Option<Tensor>, ModelError> {
    let mut dropout = Dropout::new(rate, rng);
    let (mut scores, mut outcomes) = (Vec::new(), Vec::new());
    for example in batch.iter().filter(|example| !example.pairs.is_empty()) {
        scores.push(scorer.scores(&example.states, &example.example.mentions, &example.pairs, &mut dropout)?);
        outcomes.extend_from_slice(&example.outcomes);
    }
    if scores.is_empty() {
        return Ok(None);
    }
    let outcomes = Tensor::new(outcomes, &Device::Cpu)?;
    Ok(Some(candle_nn::loss::cross_entropy(&Tensor::cat(&scores, 0)?, &outcomes)?))
}
