//! What a rule counts and the paper's pair encoder learns from: the legal pairs of documents, of the encoder's related ones and a sample of
//! the far more frequent others.

use super::data::Example;
use super::recipe::PairsRecipe;
use super::tagger::encoder_rate;
use crate::model::ModelError;
use crate::model::encoder::Dropout;
use crate::model::input::Encoded;
use crate::model::relation::{CandidatePair, Candidates, PairEncoder, PairStage, PairTable, PairsConfig};
use candle_core::{Device, Tensor};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use std::collections::HashSet;

/// The pairs of a document whose types are legal.
#[derive(Debug)]
pub(super) struct LegalPairs {
    pub(super) candidates: Candidates,
    /// Outcome of each: 0 for no role.
    pub(super) outcomes: Vec<u32>,
}

impl LegalPairs {
    /// The pairs that a table calls legal.
    pub(super) fn of(example: &Example, table: &PairTable) -> Self {
        let candidates = Candidates::find(example.mentions.clone(), &example.prepared.encoded.sentences, Some(table));
        let outcome = |pair: &CandidatePair| example.roles.get(&(pair.subject, pair.object)).map_or(0, |role| *role as u32 + 1);
        let outcomes = candidates.pairs.iter().map(outcome).collect();
        Self { candidates, outcomes }
    }
}

/// A pair of a document with what is right for it in a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Known {
    document: usize,
    /// Index among the candidates of the document.
    pair: usize,
    outcome: u32,
}

/// A place in a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PairSlot {
    /// For this pair.
    Taken(usize),
    /// For a pair without a role, which is drawn when the batch is put together.
    Drawn,
}

/// The pairs of all documents that a stage learns from.
#[derive(Debug)]
pub(super) struct PairPool<'a> {
    documents: &'a [LegalPairs],
    /// Each once in an epoch.
    taken: Vec<Known>,
    /// To draw from.
    unrelated: Vec<Known>,
    /// How many of them in an epoch.
    drawn: usize,
}

impl<'a> PairPool<'a> {
    /// Of the pairs of these documents. `negatives`: pairs without a role for each that has one; `None` takes each once.
    ///
    /// The first of two stages tells whether two mentions are related, whichever is the subject. The second sees related ones only, and
    /// those that are related the other way have outcome 0.
    pub(super) fn new(documents: &'a [LegalPairs], stage: PairStage, stages: usize, negatives: Option<f64>) -> Self {
        let (mut taken, mut unrelated) = (Vec::new(), Vec::new());
        for (document, LegalPairs { candidates, outcomes }) in documents.iter().enumerate() {
            let related = candidates.pairs.iter().zip(outcomes).filter(|(_, outcome)| **outcome > 0);
            let related: HashSet<(usize, usize)> = related.map(|(pair, _)| (pair.subject, pair.object)).collect();
            for (index, (pair, &role)) in candidates.pairs.iter().zip(outcomes).enumerate() {
                let either = role > 0 || related.contains(&(pair.object, pair.subject));
                let outcome = match stage {
                    PairStage::First if stages > 1 => u32::from(either),
                    PairStage::First => role,
                    PairStage::Second if either => role,
                    PairStage::Second => continue,
                };
                let list = if outcome == 0 && stage == PairStage::First { &mut unrelated } else { &mut taken };
                list.push(Known { document, pair: index, outcome });
            }
        }
        let wanted = negatives.map(|each| (each * taken.len() as f64).round() as usize);
        let drawn = match wanted {
            Some(wanted) if !unrelated.is_empty() => wanted,
            _ => {
                taken.append(&mut unrelated);
                0
            }
        };
        Self { documents, taken, unrelated, drawn }
    }

    /// The places of an epoch.
    pub(super) fn slots(&self) -> Vec<PairSlot> {
        (0..self.taken.len()).map(PairSlot::Taken).chain(std::iter::repeat_n(PairSlot::Drawn, self.drawn)).collect()
    }

    /// Fills the places of a batch.
    pub(super) fn draw(&self, slots: &[&PairSlot], rng: &mut ChaCha8Rng) -> PairBatch<'a> {
        let mut known: Vec<Known> = Vec::with_capacity(slots.len());
        for slot in slots {
            known.push(match **slot {
                PairSlot::Taken(index) => self.taken[index],
                PairSlot::Drawn => self.unrelated[rng.random_range(0..self.unrelated.len())],
            });
        }
        PairBatch { documents: self.documents, known }
    }
}

/// Some pairs.
#[derive(Debug)]
pub(super) struct PairBatch<'a> {
    documents: &'a [LegalPairs],
    known: Vec<Known>,
}

impl PairBatch<'_> {
    /// The pairs as the encoder reads them. `sizes`: the piece that stands for a mention, and the pieces of the longest sequence.
    pub(super) fn write(&self, config: &PairsConfig, examples: &[Example], labels: usize, sizes: (u32, usize)) -> Encoded {
        let mut text = Encoded::default();
        for Known { document, pair, .. } in &self.known {
            let candidates = &self.documents[*document].candidates;
            let of = (&examples[*document].prepared.encoded, candidates);
            config.write(of, labels, sizes, [&candidates.pairs[*pair]], &mut text);
        }
        text
    }

    /// Mean over the pairs of −log P(outcome). `text` is what [`PairBatch::write`] wrote.
    pub(super) fn loss(&self, encoder: &PairEncoder, text: &Encoded, dropout: &mut Dropout) -> Result<Tensor, ModelError> {
        let outcomes: Vec<u32> = self.known.iter().map(|known| known.outcome).collect();
        let scores = encoder.scores(text, dropout)?;
        Ok(candle_nn::loss::cross_entropy(&scores, &Tensor::new(outcomes, &Device::Cpu)?)?)
    }
}

/// Learning rate of a weight, named without the prefix of its stage: layers of the encoder get less the lower they are.
pub(super) fn rate(name: &str, recipe: &PairsRecipe, layers: usize) -> f64 {
    encoder_rate(name, (recipe.encoder_rate, recipe.layer_decay), layers).unwrap_or(recipe.optimizer.learning_rate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::crf::PathTarget;
    use crate::model::folder::Prepared;
    use crate::model::relation::Mention;
    use crate::train::relations::PairCounts;
    use rand::SeedableRng;

    /// Four mentions of one type in a sentence: 0 is the theme of 1, and 2 the cause of 3.
    fn document() -> LegalPairs {
        let encoded = Encoded {
            first: (0..8).collect(),
            last: (0..8).collect(),
            sentences: std::iter::once(0..8).collect(),
            ..Encoded::default()
        };
        let mentions = (0..4).map(|at| Mention { words: 2 * at..2 * at + 1, label: 0 }).collect();
        let roles = [((0, 1), 0), ((2, 3), 1)].into();
        let example = Example {
            prepared: Prepared { words: Vec::new(), encoded },
            also: Vec::new(),
            target: PathTarget::default(),
            mentions,
            roles,
            beliefs: None,
        };
        let PairCounts { table, .. } = PairCounts::of(std::slice::from_ref(&example), 2);
        LegalPairs::of(&example, &table)
    }

    /// Subject, object and outcome of each place of an epoch.
    fn epoch(documents: &[LegalPairs], stage: PairStage, stages: usize, negatives: Option<f64>) -> Vec<(usize, usize, u32)> {
        let pool = PairPool::new(documents, stage, stages, negatives);
        let slots = pool.slots();
        let batch = pool.draw(&slots.iter().collect::<Vec<_>>(), &mut ChaCha8Rng::seed_from_u64(5));
        let candidates = &documents[0].candidates;
        let pair = |known: &Known| {
            let pair = &candidates.pairs[known.pair];
            (pair.subject, pair.object, known.outcome)
        };
        batch.known.iter().map(pair).collect()
    }

    #[test]
    fn one_stage_learns_each_role_and_a_sample_of_the_rest() {
        let documents = [document()];
        let drawn = epoch(&documents, PairStage::First, 1, Some(2.0));
        assert_eq!(drawn[..2], [(0, 1, 1), (2, 3, 2)]);
        assert_eq!(drawn.len(), 6, "two others for each");
        assert!(
            drawn[2..].iter().all(|&(subject, object, outcome)| outcome == 0 && ![(0, 1), (2, 3)].contains(&(subject, object)))
        );
        let all = epoch(&documents, PairStage::First, 1, None);
        assert_eq!((all.len(), all.iter().filter(|(_, _, outcome)| *outcome == 0).count()), (12, 10));
    }

    #[test]
    fn of_two_stages_the_first_learns_who_is_related_and_the_second_how() {
        let documents = [document()];
        let first = epoch(&documents, PairStage::First, 2, Some(0.5));
        assert_eq!(first[..4], [(0, 1, 1), (1, 0, 1), (2, 3, 1), (3, 2, 1)]);
        assert_eq!(first.len(), 6);
        assert!(first[4..].iter().all(|(_, _, outcome)| *outcome == 0));
        let second = epoch(&documents, PairStage::Second, 2, Some(0.5));
        assert_eq!(second, [(0, 1, 1), (1, 0, 0), (2, 3, 2), (3, 2, 0)], "0: it runs the other way");
    }
}
