//! The relation scorer's loss: beside the tagger's while that learns, then over the states of the finished tagger.

use super::data::Example;
use crate::model::ModelError;
use crate::model::encoder::Dropout;
use crate::model::folder::Model;
use crate::model::relation::{CandidatePair, Candidates, DegreeTable, PairTable, RelationScorer};
use crate::model::tagger::WordStates;
use candle_core::{Device, Tensor};

/// All pairs of a document that come into question, with what is right for each.
#[derive(Debug)]
pub struct PairExample {
    candidates: Candidates,
    /// Outcome of each pair: 0 for no role.
    outcomes: Vec<u32>,
}

/// A document with the states of its words by the finished tagger.
#[derive(Debug)]
pub struct StateExample<'a> {
    pairs: &'a PairExample,
    states: Tensor,
}

/// What the training documents say without any learning.
#[derive(Debug)]
pub struct PairCounts {
    /// Of pairs of types.
    pub table: PairTable,
    /// Of numbers of partners.
    pub degrees: DegreeTable,
}

impl PairCounts {
    /// Counts the documents.
    pub fn of(examples: &[Example], roles: usize) -> Self {
        Self::beyond(Self { table: PairTable::default(), degrees: DegreeTable::default() }, examples, roles)
    }

    /// Adds what the documents say to what is known, of which the labels are the first of theirs.
    pub fn beyond(known: Self, examples: &[Example], roles: usize) -> Self {
        let Self { mut table, mut degrees } = known;
        for example in examples {
            let all = PairExample::new(example, None);
            for (pair, outcome) in all.candidates.pairs.iter().zip(&all.outcomes) {
                table.add(pair.cell, *outcome as usize, 1 + roles);
            }
        }
        table.keep_legal();
        for example in examples {
            let legal = PairExample::new(example, Some(&table));
            degrees.add(&legal.candidates, &legal.outcomes, roles);
        }
        Self { table, degrees }
    }
}

impl PairExample {
    /// The legal pairs of a document; without a table, all.
    pub fn new(example: &Example, table: Option<&PairTable>) -> Self {
        let candidates = Candidates::find(example.mentions.clone(), &example.prepared.encoded.sentences, table);
        let outcome = |pair: &CandidatePair| example.roles.get(&(pair.subject, pair.object)).map_or(0, |role| *role as u32 + 1);
        let outcomes = candidates.pairs.iter().map(outcome).collect();
        Self { candidates, outcomes }
    }
}

impl<'a> StateExample<'a> {
    /// Reads the document once with the finished tagger.
    ///
    /// # Errors
    /// When the arithmetic fails.
    pub fn new(example: &Example, pairs: &'a PairExample, model: &Model) -> Result<Self, ModelError> {
        let mut words = WordStates::default();
        for window in example.prepared.encoded.windows() {
            words.append(model.engine().run(&window)?);
        }
        let count = example.prepared.words.len();
        let width = words.states.len() / count.max(1);
        Ok(Self { pairs, states: Tensor::from_vec(words.states, (count, width), &Device::Cpu)? })
    }
}

/// Σ over the pairs of a document of −log P(outcome); `None` when it has no pairs. `states`: words × encoder width.
fn document_loss(
    scorer: &RelationScorer,
    states: &Tensor,
    example: &PairExample,
    dropout: &mut Dropout,
) -> Result<Option<Tensor>, ModelError> {
    if example.candidates.pairs.is_empty() {
        return Ok(None);
    }
    let scores = scorer.scores(states, &example.candidates, dropout)?;
    let outcomes = Tensor::new(example.outcomes.as_slice(), &Device::Cpu)?;
    let mean = candle_nn::loss::cross_entropy(&scores, &outcomes)?;
    Ok(Some((mean * example.outcomes.len() as f64)?))
}

/// Mean over the documents of a batch of the loss of their pairs, from finished states; `None` when there are no pairs.
///
/// # Errors
/// When the arithmetic fails.
pub fn loss(scorer: &RelationScorer, batch: &[&StateExample<'_>], dropout: &mut Dropout) -> Result<Option<Tensor>, ModelError> {
    let losses = batch.iter().map(|example| document_loss(scorer, &example.states, example.pairs, dropout));
    mean_of(losses, batch.len())
}

/// The same while the tagger learns too: `states` are those of all documents of the batch, one behind the other.
///
/// # Errors
/// When the arithmetic fails.
pub fn joint_loss(
    scorer: &RelationScorer,
    states: &Tensor,
    batch: &[(usize, &PairExample)],
    dropout: &mut Dropout,
) -> Result<Option<Tensor>, ModelError> {
    let mut from = 0;
    let losses = batch.iter().map(|(words, example)| {
        let rows = states.narrow(0, from, *words)?;
        from += words;
        document_loss(scorer, &rows, example, dropout)
    });
    mean_of(losses.collect::<Vec<_>>().into_iter(), batch.len())
}

fn mean_of(
    losses: impl Iterator<Item = Result<Option<Tensor>, ModelError>>,
    documents: usize,
) -> Result<Option<Tensor>, ModelError> {
    let losses: Vec<Tensor> = losses.filter_map(Result::transpose).collect::<Result<_, _>>()?;
    if losses.is_empty() {
        return Ok(None);
    }
    Ok(Some((Tensor::stack(&losses, 0)?.sum_all()? / documents as f64)?))
}
