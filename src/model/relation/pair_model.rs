//! The paper's relation model for inference: the engine reads each legal pair, in one stage or in two.
//!
//! In one stage the outcomes are no role and each role. In two, a first model tells whether the two are related at all, and a second, which
//! learned from related pairs only, tells in what role, or that the relation runs the other way.

use super::pair_encoder::{HEAD, mark_rows};
use super::pair_input::{MarkRows, PairWriter};
use super::selection::{Chosen, one_direction};
use super::{CandidatePair, Candidates, Outcomes, PairTable};
use crate::document::Label;
use crate::model::ModelError;
use crate::model::encoder::Config;
use crate::model::engine::{Engine, Head, Precision};
use crate::model::input::Encoded;
use crate::model::kernels::softmax_rows;
use crate::model::stored::{Under, WeightSource};
use crate::model::tagger::TaggerConfig;
use serde::{Deserialize, Serialize};

/// Beginning of the names of all weights of pair encoders.
pub const PAIRS: &str = "pairs.";

/// Pieces from which on a pass of an engine takes no further pair.
const PASS: usize = 1024;

/// Stages of the decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PairStage {
    /// The only one, or whether two mentions are related at all.
    First,
    /// The role of related ones.
    Second,
}

impl PairStage {
    /// Beginning of the names of its weights.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::First => "pairs.first.",
            Self::Second => "pairs.second.",
        }
    }
}

/// What the pair encoders are made of, besides their encoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairsConfig {
    /// 1: no role and all roles at once; 2: first whether the two are related.
    pub stages: usize,
    /// Pieces from a mention up to which distances are told apart.
    pub reach: usize,
    /// Probability of being related from which a role is proposed.
    pub threshold: f32,
    /// Roles in the order of the outcomes; outcome 0 is no role.
    pub roles: Vec<Label>,
    /// What the training data say about types: only legal pairs are read.
    pub table: PairTable,
}

impl PairsConfig {
    /// Its stages.
    pub fn stages(&self) -> &'static [PairStage] {
        if self.stages > 1 { &[PairStage::First, PairStage::Second] } else { &[PairStage::First] }
    }

    /// Outcomes of a stage. Outcome 0 of the first is that the two are not related, of the second that they are the other way round.
    pub fn outcomes(&self, stage: PairStage) -> usize {
        if stage == PairStage::First && self.stages > 1 { 2 } else { 1 + self.roles.len() }
    }

    pub(super) fn rows(&self, labels: usize) -> MarkRows {
        MarkRows { labels, reach: self.reach }
    }

    /// Writes pairs of a text down as its encoder reads them. `type_piece` is the piece that stands for a mention; no sequence has more
    /// than `longest` pieces.
    pub fn write<'p>(
        &self,
        (text, candidates): (&Encoded, &Candidates),
        labels: usize,
        (type_piece, longest): (u32, usize),
        pairs: impl IntoIterator<Item = &'p CandidatePair>,
        into: &mut Encoded,
    ) {
        let writer = PairWriter { text, candidates, rows: self.rows(labels), type_piece, longest };
        pairs.into_iter().for_each(|pair| writer.write(pair, into));
    }
}

/// The pair encoders of a model at work.
#[derive(Debug)]
pub struct PairModel {
    config: PairsConfig,
    labels: usize,
    type_piece: u32,
    longest: usize,
    first: Engine,
    second: Option<Engine>,
}

impl PairModel {
    /// Packs the weights of all stages.
    ///
    /// # Errors
    /// When a weight is missing or of the wrong shape, or there is no such number of stages.
    pub fn load(
        source: &impl WeightSource,
        config: &PairsConfig,
        encoder: &Config,
        (labels, type_piece): (&[Label], u32),
        precision: Precision,
    ) -> Result<Self, ModelError> {
        if !(1..=2).contains(&config.stages) {
            let what = format!("a pair encoder has one stage or two, not {}", config.stages);
            return Err(ModelError::Damaged { file: "manifest.json".to_owned(), what });
        }
        let engine = |stage: PairStage| {
            let source = Under::new(source, stage.prefix());
            let marks = mark_rows(&source, config, labels, encoder.hidden_size)?;
            let head = Head { name: HEAD, tags: config.outcomes(stage), marks };
            Engine::new(&source, encoder, &TaggerConfig::plain(), head, precision)
        };
        let first = engine(PairStage::First)?;
        let second = (config.stages > 1).then(|| engine(PairStage::Second)).transpose()?;
        let (labels, longest) = (labels.len(), encoder.longest());
        Ok(Self { config: config.clone(), labels, type_piece, longest, first, second })
    }

    /// Its configuration.
    pub fn config(&self) -> &PairsConfig {
        &self.config
    }

    /// Probability of each outcome (no role, then each role) for each pair of a text; `None` when `stopped` said so between two passes.
    ///
    /// # Errors
    /// When the arithmetic fails.
    pub fn outcomes(
        &self,
        text: &Encoded,
        candidates: &Candidates,
        stopped: &dyn Fn() -> bool,
    ) -> Result<Option<Outcomes>, ModelError> {
        let all: Vec<usize> = (0..candidates.pairs.len()).collect();
        let Some(first) = self.run(&self.first, text, candidates, &all, stopped)? else { return Ok(None) };
        let Some(second) = &self.second else { return Ok(Some(Outcomes::of_rows(&first))) };
        let related: Vec<usize> = all.into_iter().filter(|&pair| first[pair][1] >= self.config.threshold).collect();
        let Some(second) = self.run(second, text, candidates, &related, stopped)? else { return Ok(None) };
        let mut outcomes: Vec<Vec<f32>> =
            first.iter().zip(&candidates.pairs).map(|(first, pair)| self.unread(first[1], pair)).collect();
        for (pair, second) in related.into_iter().zip(second) {
            let roles: Vec<f32> = second.iter().skip(1).map(|role| first[pair][1] * role).collect();
            outcomes[pair] = std::iter::once(1.0 - roles.iter().sum::<f32>()).chain(roles).collect();
        }
        Ok(Some(Outcomes::of_rows(&outcomes)))
    }

    /// Outcomes of a pair that the second stage does not read, since it is hardly related: its roles as often as between its types.
    fn unread(&self, related: f32, pair: &CandidatePair) -> Vec<f32> {
        let prior = self.config.table.log_prior(pair.cell, 1 + self.config.roles.len());
        let roles: Vec<f32> = prior.into_iter().skip(1).map(f32::exp).collect();
        let sum: f32 = roles.iter().sum();
        std::iter::once(1.0 - related).chain(roles.into_iter().map(|role| related * role / sum)).collect()
    }

    /// Probability of each outcome of a stage for some of the pairs.
    fn run(
        &self,
        engine: &Engine,
        text: &Encoded,
        candidates: &Candidates,
        pairs: &[usize],
        stopped: &dyn Fn() -> bool,
    ) -> Result<Option<Vec<Vec<f32>>>, ModelError> {
        let writer = PairWriter {
            text,
            candidates,
            rows: self.config.rows(self.labels),
            type_piece: self.type_piece,
            longest: self.longest,
        };
        let mut outcomes = Vec::with_capacity(pairs.len());
        let mut pairs = pairs.iter().peekable();
        while pairs.peek().is_some() {
            if stopped() {
                return Ok(None);
            }
            let mut pass = Encoded::default();
            while pass.packed.ids.len() < PASS
                && let Some(&pair) = pairs.next()
            {
                writer.write(&candidates.pairs[pair], &mut pass);
            }
            let mut scores = engine.run(&pass)?.emissions;
            let each = scores.len() / pass.words().max(1);
            softmax_rows(&mut scores, each.max(1));
            outcomes.extend(scores.chunks_exact(each.max(1)).map(<[f32]>::to_vec));
        }
        Ok(Some(outcomes))
    }

    /// The roles of a text: a pair's most probable outcome, where that is a role and the pair's probability of being related reaches the
    /// threshold; of two directions the more probable.
    pub fn choose(&self, candidates: &Candidates, outcomes: &Outcomes, threshold: f32) -> Vec<Chosen> {
        let chosen = outcomes.iter().enumerate().filter_map(|(pair, outcomes)| {
            let most = (0..outcomes.len()).rev().max_by(|&a, &b| outcomes[a].total_cmp(&outcomes[b]))?;
            let (role, related) = (most.checked_sub(1)?, 1.0 - outcomes[0]);
            (related >= threshold).then_some(Chosen { pair, role, related })
        });
        one_direction(candidates, chosen.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::encoder::Dropout;
    use crate::model::folder::tests::{TinyParts, tiny_model, tiny_parts};
    use crate::model::relation::{Mention, PairEncoder};
    use crate::model::weights::{Init, Weights};
    use crate::text::SourceText;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    const PIECE: u32 = 4;

    fn rows(outcomes: &Outcomes) -> Vec<Vec<f32>> {
        outcomes.iter().map(<[f32]>::to_vec).collect()
    }

    fn config(parts: &TinyParts, stages: usize, threshold: f32) -> PairsConfig {
        let (roles, table) = (parts.relations.roles.clone(), parts.relations.table.clone());
        PairsConfig { stages, reach: 5, threshold, roles, table }
    }

    /// Weights of both stages, none of them zero.
    fn weights(parts: &TinyParts, config: &PairsConfig) -> Weights {
        let mut rng = ChaCha8Rng::seed_from_u64(8);
        let mut weights = parts.weights.clone();
        for &stage in config.stages() {
            let prefix = stage.prefix();
            for side in ["subject", "object"] {
                weights.ensure(&format!("{prefix}distance.{side}"), &[12, 64], Init::Normal(0.3), &mut rng).unwrap();
            }
            for label in parts.tags.labels() {
                weights.ensure(&format!("{prefix}type.{label}"), &[64], Init::Normal(0.3), &mut rng).unwrap();
            }
            let outcomes = config.outcomes(stage);
            weights.ensure(&format!("{prefix}outcome.emission.weight"), &[outcomes, 64], Init::Normal(0.3), &mut rng).unwrap();
            let made_of = (config, outcomes);
            let start = (&parts.weights, &parts.config);
            PairEncoder::ensure(&mut weights, prefix, made_of, start, parts.tags.labels(), &mut rng).unwrap();
        }
        weights
    }

    /// A text of three sentences with five mentions, and its pairs.
    fn text() -> (Encoded, Candidates) {
        let prepared = tiny_model(3).prepare(&SourceText::new("Loss of p5.\nThe r1 leads to a loss.\nIt is so.")).unwrap();
        let mentions = [(0, 2), (2, 1), (5, 0), (10, 2), (12, 1)];
        let mentions = mentions.map(|(word, label)| Mention { words: word..word + 1, label });
        let candidates = Candidates::find(mentions.into(), &prepared.encoded.sentences, None);
        (prepared.encoded, candidates)
    }

    /// Outcomes of a stage by the encoder with gradients.
    fn reference(parts: &TinyParts, weights: &Weights, config: &PairsConfig, stage: PairStage) -> Vec<Vec<f32>> {
        let (text, candidates) = text();
        let labels = parts.tags.labels();
        let made_of = (config, config.outcomes(stage));
        let encoder = PairEncoder::load(weights, stage.prefix(), made_of, &parts.config, labels).unwrap();
        let mut pairs = Encoded::default();
        config.write((&text, &candidates), labels.len(), (PIECE, parts.config.longest()), &candidates.pairs, &mut pairs);
        let scores = encoder.scores(&pairs, &mut Dropout::off()).unwrap().to_vec2::<f32>().unwrap();
        let softmax = |mut scores: Vec<f32>| {
            softmax_rows(&mut scores, config.outcomes(stage));
            scores
        };
        scores.into_iter().map(softmax).collect()
    }

    fn assert_near(found: &[Vec<f32>], wanted: &[Vec<f32>], tolerance: f32) {
        assert_eq!(found.len(), wanted.len());
        for (a, b) in found.iter().flatten().zip(wanted.iter().flatten()) {
            assert!((a - b).abs() < tolerance, "{a} {b}");
        }
    }

    #[test]
    fn the_engine_computes_what_the_encoder_with_gradients_does() {
        let parts = tiny_parts(3);
        let (text, candidates) = text();
        let config = config(&parts, 1, 0.5);
        let weights = weights(&parts, &config);
        let wanted = reference(&parts, &weights, &config, PairStage::First);
        assert!(wanted.len() > 10 && (wanted[0][0] - wanted[1][0]).abs() > 1e-3, "the pairs differ: {wanted:?}");
        for (precision, tolerance) in [(Precision::F32, 1e-4), (Precision::Int8, 0.08)] {
            let model = PairModel::load(&weights, &config, &parts.config, (parts.tags.labels(), PIECE), precision).unwrap();
            assert_near(&rows(&model.outcomes(&text, &candidates, &|| false).unwrap().unwrap()), &wanted, tolerance);
            assert_eq!(model.outcomes(&text, &candidates, &|| true).unwrap(), None);
        }
    }

    #[test]
    fn the_second_stage_is_asked_about_those_that_the_first_calls_related() {
        let parts = tiny_parts(3);
        let (text, candidates) = text();
        let mut config = config(&parts, 2, 0.5);
        let weights = weights(&parts, &config);
        let [first, second] = [PairStage::First, PairStage::Second].map(|stage| reference(&parts, &weights, &config, stage));
        // Between the two middle pairs, so that some reach it and some do not.
        let mut related: Vec<f32> = first.iter().map(|first| first[1]).collect();
        related.sort_by(f32::total_cmp);
        config.threshold = f32::midpoint(related[related.len() / 2 - 1], related[related.len() / 2]);
        let model = PairModel::load(&weights, &config, &parts.config, (parts.tags.labels(), PIECE), Precision::F32).unwrap();
        let outcomes = model.outcomes(&text, &candidates, &|| false).unwrap().unwrap();
        for ((outcomes, first), second) in outcomes.iter().zip(&first).zip(&second) {
            assert!((outcomes.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            if first[1] >= config.threshold {
                assert_near(&[outcomes[1..].to_vec()], &[second[1..].iter().map(|role| first[1] * role).collect()], 1e-4);
            } else {
                assert!((outcomes[0] - first[0]).abs() < 1e-4);
            }
        }
        for chosen in model.choose(&candidates, &outcomes, model.config().threshold) {
            assert!(
                chosen.related >= config.threshold && outcomes.of(chosen.pair)[1 + chosen.role] >= outcomes.of(chosen.pair)[0]
            );
        }
    }

    #[test]
    fn other_numbers_of_stages_are_refused() {
        let parts = tiny_parts(3);
        let config = config(&parts, 3, 0.5);
        let labels = (parts.tags.labels(), PIECE);
        let error = PairModel::load(&parts.weights, &config, &parts.config, labels, Precision::F32).unwrap_err();
        assert!(error.to_string().contains("one stage or two, not 3"), "{error}");
    }
}
