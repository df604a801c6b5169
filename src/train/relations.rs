//! The relation scorer's loss: beside the tagger's while that learns, then over the states of the finished tagger.

use super::data::Example;
use super::tagger::Pass;
use crate::model::ModelError;
use crate::model::encoder::Dropout;
use crate::model::folder::Model;
use crate::model::input::Encoded;
use crate::model::relation::{CandidatePair, Candidates, DegreeTable, PairTable, RelationConfig, RelationScorer, Scope};
use crate::model::tagger::Tagger;
use candle_core::{Device, Tensor};

/// All pairs of a document that come into question, with what is right for each.
#[derive(Debug)]
pub struct PairExample {
    candidates: Candidates,
    scope: Scope,
    /// The words in scope for a second reading, if there is to be one.
    marked: Option<Encoded>,
    /// What the scorer should say, pairs × (1 + roles): what is annotated, or what a teacher makes of it.
    target: Tensor,
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
            let all = candidates(example, None);
            for (pair, outcome) in all.pairs.iter().zip(outcomes(example, &all)) {
                table.add(pair.cell, outcome as usize, 1 + roles);
            }
        }
        table.keep_legal();
        for example in examples {
            let legal = candidates(example, Some(&table));
            degrees.add(&legal, &outcomes(example, &legal), roles);
        }
        Self { table, degrees }
    }
}

/// The legal pairs of a document; without a table, all.
pub(super) fn candidates(example: &Example, table: Option<&PairTable>) -> Candidates {
    Candidates::find(example.mentions.clone(), &example.prepared.encoded.sentences, table)
}

/// Annotated outcome of each pair.
pub(super) fn outcomes(example: &Example, candidates: &Candidates) -> Vec<u32> {
    let outcome = |pair: &CandidatePair| example.roles.get(&(pair.subject, pair.object)).map_or(0, |role| *role as u32 + 1);
    candidates.pairs.iter().map(outcome).collect()
}

impl PairExample {
    /// The legal pairs of a document for this scorer.
    ///
    /// # Errors
    /// When memory can't be had.
    pub fn new(example: &Example, scorer: &RelationConfig) -> Result<Self, ModelError> {
        let text = &example.prepared.encoded;
        let candidates = candidates(example, Some(&scorer.table));
        let scope = Scope::of(&candidates, text.words());
        let marked = scorer.marked.then(|| scope.marked(text, &candidates.mentions));
        let outcomes = outcomes(example, &candidates);
        let classes = 1 + scorer.roles.len();
        let mut target = vec![0.0_f32; outcomes.len() * classes];
        for ((row, &outcome), pair) in target.chunks_exact_mut(classes).zip(&outcomes).zip(&candidates.pairs) {
            row[outcome as usize] = 1.0;
            if let Some(beliefs) = &example.beliefs {
                beliefs.apply((pair.subject, pair.object), row);
            }
        }
        let target = Tensor::from_vec(target, (outcomes.len(), classes), &Device::Cpu)?;
        Ok(Self { candidates, scope, marked, target })
    }
}

impl<'a> StateExample<'a> {
    /// Reads the document once with the finished tagger.
    ///
    /// # Errors
    /// When the arithmetic fails.
    pub fn new(example: &Example, pairs: &'a PairExample, model: &Model) -> Result<Self, ModelError> {
        let words = model.read(&example.prepared.encoded)?;
        let PairExample { candidates, scope, .. } = pairs;
        let states = model.states_in_scope(&example.prepared.encoded, &words, scope, &candidates.mentions)?;
        let (count, width) = (scope.len(), states.len() / scope.len().max(1));
        Ok(Self { pairs, states: Tensor::from_vec(states, (count, width), &Device::Cpu)? })
    }
}

/// Σ over the pairs of a document of −log P(outcome), as the target expects the outcomes; `None` when it has no pairs. `states`: words in scope × encoder
/// width.
fn document_loss(
    scorer: &RelationScorer,
    states: &Tensor,
    example: &PairExample,
    dropout: &mut Dropout,
) -> Result<Option<Tensor>, ModelError> {
    if example.candidates.pairs.is_empty() {
        return Ok(None);
    }
    let scores = scorer.scores(states, &example.scope, &example.candidates, dropout)?;
    let mut loss = cross_entropy(scores.last(), &example.target)?;
    if scores.among.is_some() {
        // What competing pairs tell each other must be right by itself.
        loss = (loss + cross_entropy(&scores.alone, &example.target)?)?;
    }
    Ok(Some(loss))
}

/// Σ over rows of −Σ target · log softmax(scores).
fn cross_entropy(scores: &Tensor, target: &Tensor) -> Result<Tensor, ModelError> {
    Ok((target * candle_nn::ops::log_softmax(scores, 1)?)?.sum_all()?.neg()?)
}

/// Mean over the documents of a batch of the loss of their pairs, from finished states; `None` when there are no pairs.
///
/// # Errors
/// When the arithmetic fails.
pub fn loss(scorer: &RelationScorer, batch: &[&StateExample<'_>], dropout: &mut Dropout) -> Result<Option<Tensor>, ModelError> {
    let losses = batch.iter().map(|example| document_loss(scorer, &example.states, example.pairs, dropout));
    mean_of(losses, batch.len())
}

/// The same while the tagger learns too, behind its pass over all documents of the batch, of which the numbers of words are given.
///
/// # Errors
/// When the arithmetic fails.
pub fn joint_loss(
    scorer: &RelationScorer,
    tagger: &Tagger,
    pass: &mut Pass,
    batch: &[(usize, &PairExample)],
) -> Result<Option<Tensor>, ModelError> {
    let states = match scorer.marks()? {
        Some(marks) => {
            let texts: Vec<&Encoded> = batch.iter().filter_map(|(_, example)| example.marked.as_ref()).collect();
            let text = Encoded::join(&texts);
            if text.words() == 0 {
                return Ok(None);
            }
            tagger.states(&text, Some(&marks), &mut pass.dropout)?
        }
        None => {
            let mut from = 0;
            let mut kept = Vec::new();
            for (words, example) in batch {
                kept.extend(example.scope.words().map(|word| (from + word) as u32));
                from += words;
            }
            if kept.is_empty() {
                return Ok(None);
            }
            pass.states().index_select(&Tensor::new(kept, &Device::Cpu)?, 0)?
        }
    };
    let mut from = 0;
    let losses = batch.iter().filter(|(_, example)| !example.scope.is_empty()).map(|(_, example)| {
        let rows = states.narrow(0, from, example.scope.len())?;
        from += example.scope.len();
        document_loss(scorer, &rows, example, &mut pass.dropout)
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
