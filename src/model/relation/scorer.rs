//! A small network over the states of two mentions and of what lies between, on top of the prior.

use super::competition::Competition;
use super::features::PairFeatures;
use super::reader::Reader;
use super::ready::ReadyScorer;
use super::{CandidatePair, Candidates, Cell, DegreeTable, Outcomes, PairForest, PairTable, Scope};
use crate::document::{Label, is_default};
use crate::model::ModelError;
use crate::model::encoder::{Affine, Dropout};
use crate::model::engine::Precision;
use crate::model::kernels::softmax_rows;
use crate::model::ops::{Gelu, SpanMean};
use crate::model::stored::WeightSource;
use crate::model::weights::{Init, Weights};
use candle_core::{Device, Tensor};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// What the scorer is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelationConfig {
    /// Width of the states of the second look.
    pub state_width: usize,
    /// Heads of its attention.
    pub heads: usize,
    /// Width of the hidden layer.
    pub hidden_width: usize,
    /// Whether the encoder reads the sentences with mentions a second time, the mentions marked with their types, instead of
    /// leaving it at the states from which the tags were found.
    #[serde(default)]
    pub marked: bool,
    /// Width of what competing pairs tell each other; 0 when each pair is scored alone.
    #[serde(default, skip_serializing_if = "is_default")]
    pub message_width: usize,
    /// Probability of being related from which a role is proposed.
    pub threshold: f32,
    /// Roles in the order of the outcomes; outcome 0 is no role.
    pub roles: Vec<Label>,
    /// What the training data say about types and nearness.
    pub table: PairTable,
    /// What the training data say about the number of partners.
    pub degrees: DegreeTable,
    /// Trees that have a say on pairs of mentions that stand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forest: Option<PairForest>,
}

/// Scores pairs.
#[derive(Debug)]
pub struct RelationScorer {
    config: RelationConfig,
    reader: Reader,
    hidden: Affine,
    output: Affine,
    competition: Option<Competition>,
    width: usize,
    /// A vector for each label that marks its mentions, when the encoder reads a second time. Put together anew for each reading: a
    /// copy would not see the optimiser's steps.
    marks: Vec<Tensor>,
    /// The same ready to run, when none of the weights is being learned.
    ready: Option<ReadyScorer>,
}

/// Scores of each outcome for each pair, pairs × (1 + roles), before the softmax.
#[derive(Debug)]
pub struct PairScores {
    /// Of each pair by itself.
    pub alone: Tensor,
    /// Of each pair in the light of those that compete with it, if the scorer looks at them.
    pub among: Option<Tensor>,
}

impl PairScores {
    /// Those to go by.
    pub fn last(&self) -> &Tensor {
        self.among.as_ref().unwrap_or(&self.alone)
    }
}

const NAME: &str = "relation";

/// Beginning of the names of all its weights.
const RELATION: &str = "relation.";

/// Beginning of the names of the vectors that mark mentions. They go by label, as those of the types.
pub const MARKS: &str = "relation.mark.";

/// What marks no mention and then each label, (1 + labels) × encoder width, for an engine.
///
/// # Errors
/// When a weight is missing or of the wrong shape.
pub fn mark_rows(source: &impl WeightSource, labels: &[Label], width: usize) -> Result<Vec<f32>, ModelError> {
    label_rows(source, MARKS, labels, width)
}

/// A row of zeros and then the vector of each label, whose names begin alike; (1 + labels) × width.
pub(super) fn label_rows(
    source: &impl WeightSource,
    names: &str,
    labels: &[Label],
    width: usize,
) -> Result<Vec<f32>, ModelError> {
    let mut rows = vec![0.0; width];
    for label in labels {
        rows.append(&mut source.values(&format!("{names}{label}"), &[width])?);
    }
    Ok(rows)
}

impl RelationScorer {
    /// Takes its weights by name. `width` is that of the encoder; `labels` are the entity types; `precision` counts where nothing is
    /// learned.
    ///
    /// # Errors
    /// When a weight is missing or of the wrong shape.
    pub fn load(
        weights: &Weights,
        config: &RelationConfig,
        width: usize,
        labels: &[Label],
        precision: Precision,
    ) -> Result<Self, ModelError> {
        if config.hidden_width == 0 {
            return Err(ModelError::Unsupported("the relation scorer's hidden layer has no width".to_owned()));
        }
        if config.forest.as_ref().is_some_and(|forest| !forest.fits(labels.len(), config.roles.len())) {
            let what = "the trees of its relation scorer do not fit its types and roles, or lead nowhere".to_owned();
            return Err(ModelError::Damaged { file: "manifest.json".to_owned(), what });
        }
        let [hidden, output] = shapes(config);
        let affine = |(part, outputs, inputs)| Affine::linear(weights, &format!("{NAME}.{part}"), outputs, inputs);
        let reader = Reader::load(weights, config, width, labels)?;
        let marks = labels.iter().filter(|_| config.marked).map(|label| weights.get(&format!("{MARKS}{label}"), &[width]));
        let marks = marks.collect::<Result<_, _>>()?;
        let competition = (config.message_width > 0).then(|| Competition::load(weights, config)).transpose()?;
        let (hidden, output) = (affine(hidden)?, affine(output)?);
        let learned = weights.iter().any(|(name, tensor)| name.starts_with(RELATION) && tensor.track_op());
        let ready = (!learned).then(|| ReadyScorer::load(weights, config, width, labels, precision)).transpose()?;
        Ok(Self { config: config.clone(), reader, hidden, output, competition, width, marks, ready })
    }

    /// Puts new weights in where they are missing. The last layer begins at zero: the scorer begins as its prior.
    ///
    /// # Errors
    /// When memory can't be had.
    pub fn ensure(
        weights: &mut Weights,
        config: &RelationConfig,
        width: usize,
        labels: &[Label],
        rng: &mut ChaCha8Rng,
    ) -> Result<(), ModelError> {
        Reader::ensure(weights, config, width, labels, rng)?;
        for label in labels.iter().filter(|_| config.marked) {
            // Small beside the embeddings that they are added to: the second reading begins much like the first.
            weights.ensure(&format!("{MARKS}{label}"), &[width], Init::Normal(0.02), rng)?;
        }
        for (part, outputs, inputs) in shapes(config) {
            let init = if part == "output" { Init::Zero } else { Init::Normal(1.0 / (inputs as f32).sqrt()) };
            weights.ensure(&format!("{NAME}.{part}.weight"), &[outputs, inputs], init, rng)?;
            weights.ensure(&format!("{NAME}.{part}.bias"), &[outputs], Init::Zero, rng)?;
        }
        if config.message_width > 0 {
            Competition::ensure(weights, config, rng)?;
        }
        Ok(())
    }

    /// Its configuration.
    pub fn config(&self) -> &RelationConfig {
        &self.config
    }

    /// What marks no mention and then each label, (1 + labels) × encoder width; `None` when nothing is read a second time.
    ///
    /// # Errors
    /// When memory can't be had.
    pub fn marks(&self) -> Result<Option<Tensor>, ModelError> {
        let Some(first) = self.marks.first() else { return Ok(None) };
        let none = first.zeros_like()?;
        let rows: Vec<&Tensor> = std::iter::once(&none).chain(&self.marks).collect();
        Ok(Some(Tensor::stack(&rows, 0)?))
    }

    /// Scores the pairs. `states`: words in scope × encoder width.
    ///
    /// # Errors
    /// When the pairs do not belong to the states, or memory can't be had.
    pub fn scores(
        &self,
        states: &Tensor,
        scope: &Scope,
        candidates: &Candidates,
        dropout: &mut Dropout,
    ) -> Result<PairScores, ModelError> {
        let Candidates { mentions, pairs, .. } = candidates;
        let read = self.reader.read(states, scope, candidates, dropout)?;
        let hidden = Gelu::apply(&self.first_layer(&read, scope, candidates, dropout)?)?;
        let learned = self.output.project(&dropout.apply(&hidden)?)?;
        let alone = (learned + self.priors(pairs)?)?;
        let among = match &self.competition {
            Some(competition) => Some((&alone + competition.scores(&hidden, &alone, pairs, mentions.len(), dropout)?)?),
            None => None,
        };
        Ok(PairScores { alone, among })
    }

    /// The first layer before its activation, pairs × hidden width.
    fn first_layer(
        &self,
        read: &Tensor,
        scope: &Scope,
        candidates: &Candidates,
        dropout: &mut Dropout,
    ) -> Result<Tensor, ModelError> {
        let Candidates { mentions, pairs, .. } = candidates;
        let spans = mentions.iter().map(|mention| &mention.words).chain(pairs.iter().map(|pair| &pair.between));
        let means = SpanMean::apply(read, spans.map(|words| scope.rows(words)).collect())?;
        let rows = |index: Vec<u32>| means.index_select(&Tensor::new(index, &Device::Cpu)?, 0);
        let count = mentions.len() as u32;
        let input = Tensor::cat(
            &[
                rows(pairs.iter().map(|pair| pair.subject as u32).collect())?,
                rows(pairs.iter().map(|pair| pair.object as u32).collect())?,
                rows((0..pairs.len() as u32).map(|pair| count + pair).collect())?,
                plain_features(pairs)?,
            ],
            1,
        )?;
        Ok(self.hidden.project(&dropout.apply(&input)?)?)
    }

    /// Probability of each outcome (no role, then each role) for each pair, from the states of the words in scope, laid
    /// end to end.
    ///
    /// # Errors
    /// When the pairs do not belong to the states.
    pub fn outcomes_of(&self, states: &[f32], scope: &Scope, candidates: &Candidates) -> Result<Outcomes, ModelError> {
        if candidates.pairs.is_empty() {
            return Ok(Outcomes::default());
        }
        if let Some(ready) = &self.ready {
            return ready.run(states, scope, candidates);
        }
        let states = Tensor::from_slice(states, (scope.len(), self.width), &Device::Cpu)?;
        let mut scores = self.scores(&states, scope, candidates, &mut Dropout::off())?.last().flatten_all()?.to_vec1::<f32>()?;
        softmax_rows(&mut scores, self.outcomes());
        Ok(Outcomes::new(scores, self.outcomes()))
    }

    fn outcomes(&self) -> usize {
        1 + self.config.roles.len()
    }

    fn priors(&self, pairs: &[CandidatePair]) -> Result<Tensor, ModelError> {
        let outcomes = self.outcomes();
        let mut cells: HashMap<Cell, Vec<f32>> = HashMap::new();
        let mut values = Vec::with_capacity(pairs.len() * outcomes);
        for pair in pairs {
            values.extend_from_slice(cells.entry(pair.cell).or_insert_with(|| self.config.table.log_prior(pair.cell, outcomes)));
        }
        Ok(Tensor::from_vec(values, (pairs.len(), outcomes), &Device::Cpu)?)
    }
}

/// Pairs × features.
fn plain_features(pairs: &[CandidatePair]) -> candle_core::Result<Tensor> {
    let mut values = Vec::with_capacity(pairs.len() * PairFeatures::WIDTH);
    pairs.iter().for_each(|pair| pair.features.write(&mut values));
    Tensor::from_vec(values, (pairs.len(), PairFeatures::WIDTH), &Device::Cpu)
}

/// Name, outputs and inputs of each layer. The types are not among the inputs: the second look has put them into the states,
/// which lets corpora with other types share these layers.
pub(super) fn shapes(config: &RelationConfig) -> [(&'static str, usize, usize); 2] {
    let inputs = config.state_width.saturating_mul(3).saturating_add(PairFeatures::WIDTH);
    [("hidden", config.hidden_width, inputs), ("output", 1 + config.roles.len(), config.hidden_width)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::relation::Mention;
    use rand::SeedableRng;

    #[test]
    fn what_is_computed_without_gradients_is_what_is_computed_with_them() {
        // Widths that fill no vector, some, and many.
        for (state_width, hidden_width, message_width) in [(8, 16, 0), (8, 13, 3), (16, 64, 16)] {
            let config = RelationConfig {
                state_width,
                heads: 2,
                hidden_width,
                marked: false,
                message_width,
                threshold: 0.5,
                roles: vec![Label::from("ThemeOf"), Label::from("CauseOf")],
                table: PairTable::default(),
                degrees: DegreeTable::default(),
                forest: None,
            };
            let labels = [Label::from("A"), Label::from("B")];
            let mut rng = ChaCha8Rng::seed_from_u64(4);
            let mut weights = Weights::default();
            // Random, or they would hide what is before them.
            for output in ["relation.output.weight", "relation.competition.output.weight"] {
                weights.ensure(output, &[3, hidden_width], Init::Normal(1.0), &mut rng).unwrap();
            }
            for (bias, width) in [("output", 3), ("hidden", hidden_width), ("competition.hidden", hidden_width)] {
                weights.ensure(&format!("relation.{bias}.bias"), &[width], Init::Normal(1.0), &mut rng).unwrap();
            }
            RelationScorer::ensure(&mut weights, &config, 12, &labels, &mut rng).unwrap();
            let (candidates, scope) = scene();
            let states: Vec<f32> = (0..scope.len() * 12).map(|i| (i as f32 * 0.37).sin()).collect();
            let scorer = |weights: &Weights, precision| RelationScorer::load(weights, &config, 12, &labels, precision).unwrap();
            let [without, rounded] = [Precision::F32, Precision::Int8].map(|precision| scorer(&weights, precision));
            weights.make_trainable(|_| true).unwrap();
            let with = scorer(&weights, Precision::F32);
            assert!(without.ready.is_some() && rounded.ready.is_some() && with.ready.is_none());
            let [without, rounded, with] =
                [without, rounded, with].map(|scorer| scorer.outcomes_of(&states, &scope, &candidates).unwrap());
            assert!(without.len() > 100 && without.of(0) != without.of(1));
            for ((a, b), c) in without.iter().flatten().zip(with.iter().flatten()).zip(rounded.iter().flatten()) {
                assert!((a - b).abs() < 1e-5, "{a} {b}");
                assert!((c - b).abs() < 0.02, "{c} {b}");
            }
        }
    }

    /// Mentions of one and of several words, some within others, in sentences of which one holds none.
    fn scene() -> (Candidates, Scope) {
        let sentences = [0..9, 9..16, 16..20, 20..30, 30..60];
        let mut mentions = vec![0..1, 3..6, 5..6, 8..9, 9..11, 15..16, 20..21, 28..30];
        mentions.extend((30..60).step_by(3).map(|word| word..word + 1 + word % 2));
        let mentions = mentions.into_iter().enumerate().map(|(i, words)| Mention { words, label: i % 2 }).collect();
        let candidates = Candidates::find(mentions, &sentences, None);
        let scope = Scope::of(&candidates, 60);
        (candidates, scope)
    }
}
