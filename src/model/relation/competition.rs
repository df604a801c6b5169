//! A second opinion on each pair that knows how likely the pairs are that compete with it: those of the same subject, those of the
//! same object, and those in which its ends stand on the other side.
//!
//! Alone, a pair can only be told by features that another partner is nearer. Here it learns whether that partner is believed.

use super::{CandidatePair, RelationConfig};
use crate::model::ModelError;
use crate::model::encoder::{Affine, Dropout};
use crate::model::ops::Gelu;
use crate::model::weights::{Init, Weights};
use candle_core::{Device, Tensor};
use rand_chacha::ChaCha8Rng;

pub(super) const NAME: &str = "relation.competition";

/// Ways in which another pair can share an end with a pair: same subject, same object, its object is my subject, its subject is my
/// object.
const WAYS: usize = 4;

/// The layers of the second opinion.
#[derive(Debug)]
pub(super) struct Competition {
    message: Affine,
    hidden: Affine,
    output: Affine,
}

impl Competition {
    /// Takes its weights by name.
    pub(super) fn load(weights: &Weights, config: &RelationConfig) -> Result<Self, ModelError> {
        let affine = |(part, outputs, inputs)| Affine::linear(weights, &format!("{NAME}.{part}"), outputs, inputs);
        let [message, hidden, output] = shapes(config);
        Ok(Self { message: affine(message)?, hidden: affine(hidden)?, output: affine(output)? })
    }

    /// Puts new weights in where they are missing. The last layer begins at zero: at first the second opinion is the first.
    pub(super) fn ensure(weights: &mut Weights, config: &RelationConfig, rng: &mut ChaCha8Rng) -> Result<(), ModelError> {
        for (part, outputs, inputs) in shapes(config) {
            let init = if part == "output" { Init::Zero } else { Init::Normal(1.0 / (inputs as f32).sqrt()) };
            weights.ensure(&format!("{NAME}.{part}.weight"), &[outputs, inputs], init, rng)?;
            weights.ensure(&format!("{NAME}.{part}.bias"), &[outputs], Init::Zero, rng)?;
        }
        Ok(())
    }

    /// What to add to the scores of each pair. `hidden`: pairs × hidden width, `scores`: pairs × (1 + roles), both of the first
    /// opinion; `mentions` is their number.
    pub(super) fn scores(
        &self,
        hidden: &Tensor,
        scores: &Tensor,
        pairs: &[CandidatePair],
        mentions: usize,
        dropout: &mut Dropout,
    ) -> Result<Tensor, ModelError> {
        let outcomes = candle_nn::ops::softmax(scores, 1)?;
        let roles = outcomes.narrow(1, 1, outcomes.dim(1)? - 1)?;
        let related = roles.sum_keepdim(1)?;
        // A pair that nobody believes in says nothing.
        let said = Gelu::apply(&self.message.project(hidden)?)?.broadcast_mul(&related)?;
        let messages = Tensor::cat(&[&roles, &said], 1)?;
        let ends = |end: fn(&CandidatePair) -> usize| {
            let rows: Vec<u32> = pairs.iter().map(|pair| end(pair) as u32).collect();
            Tensor::new(rows, &Device::Cpu)
        };
        let (subjects, objects) = (ends(|pair| pair.subject)?, ends(|pair| pair.object)?);
        let sums = |ends: &Tensor| {
            let none = Tensor::zeros((mentions, messages.dim(1)?), messages.dtype(), &Device::Cpu)?;
            none.index_add(ends, &messages, 0)
        };
        let (by_subject, by_object) = (sums(&subjects)?, sums(&objects)?);
        let input = Tensor::cat(
            &[
                hidden.clone(),
                outcomes,
                (by_subject.index_select(&subjects, 0)? - &messages)?,
                (by_object.index_select(&objects, 0)? - &messages)?,
                by_object.index_select(&subjects, 0)?,
                by_subject.index_select(&objects, 0)?,
            ],
            1,
        )?;
        let hidden = Gelu::apply(&self.hidden.project(&dropout.apply(&input)?)?)?;
        Ok(self.output.project(&dropout.apply(&hidden)?)?)
    }
}

/// Name, outputs and inputs of each layer.
pub(super) fn shapes(config: &RelationConfig) -> [(&'static str, usize, usize); 3] {
    let roles = config.roles.len();
    let inputs = config.hidden_width + 1 + roles + WAYS * (roles + config.message_width);
    [
        ("message", config.message_width, config.hidden_width),
        ("hidden", config.hidden_width, inputs),
        ("output", 1 + roles, config.hidden_width),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Label;
    use crate::model::relation::{Candidates, DegreeTable, Mention, PairTable};
    use rand::SeedableRng;

    fn config(message_width: usize) -> RelationConfig {
        RelationConfig {
            state_width: 8,
            heads: 2,
            hidden_width: 3,
            marked: false,
            message_width,
            threshold: 0.5,
            roles: vec![Label::from("ThemeOf"), Label::from("CauseOf")],
            table: PairTable::default(),
            degrees: DegreeTable::default(),
            forest: None,
        }
    }

    /// Three mentions of one sentence: six pairs.
    fn pairs() -> Vec<CandidatePair> {
        let mentions = (0..3).map(|word| Mention { words: word..word + 1, label: 0 }).collect();
        Candidates::find(mentions, std::slice::from_ref(&(0..3)), None).pairs
    }

    fn random(weights: &mut Weights, name: &str, shape: &[usize], rng: &mut ChaCha8Rng) -> Tensor {
        weights.ensure(name, shape, Init::Normal(1.0), rng).unwrap();
        weights.get(name, shape).unwrap()
    }

    #[test]
    fn the_second_opinion_begins_as_the_first() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut weights = Weights::default();
        Competition::ensure(&mut weights, &config(2), &mut rng).unwrap();
        let competition = Competition::load(&weights, &config(2)).unwrap();
        let hidden = random(&mut weights, "h", &[6, 3], &mut rng);
        let scores = random(&mut weights, "s", &[6, 3], &mut rng);
        let added = competition.scores(&hidden, &scores, &pairs(), 3, &mut Dropout::off()).unwrap();
        assert!(added.to_vec2::<f32>().unwrap().iter().flatten().all(|value| *value == 0.0));
    }

    #[test]
    fn each_pair_hears_those_that_share_an_end_with_it_and_not_itself() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let mut weights = Weights::default();
        // The output layer is random here, so that a change anywhere is seen in the result.
        random(&mut weights, "relation.competition.output.weight", &[3, 3], &mut rng);
        Competition::ensure(&mut weights, &config(2), &mut rng).unwrap();
        let competition = Competition::load(&weights, &config(2)).unwrap();
        let hidden = random(&mut weights, "h", &[6, 3], &mut rng);
        let scores = random(&mut weights, "s", &[6, 3], &mut rng);
        let four: Vec<CandidatePair> = pairs().into_iter().filter(|pair| pair.subject != 2).collect();
        let of = |pairs: &[CandidatePair], scores: &Tensor| {
            let count = pairs.len();
            let (hidden, scores) = (hidden.narrow(0, 0, count).unwrap(), scores.narrow(0, 0, count).unwrap());
            competition.scores(&hidden, &scores, pairs, 4, &mut Dropout::off()).unwrap().to_vec2::<f32>().unwrap()
        };
        let before = of(&four, &scores);
        // (0,1), (0,2), (1,0), (1,2): the last shares its object with (0,2), its subject with (1,0) and stands on the other side of (0,1).
        let mut rows = scores.to_vec2::<f32>().unwrap();
        rows[3] = vec![0.0, 3.0, -3.0];
        let changed = of(&four, &Tensor::new(rows, &Device::Cpu).unwrap());
        assert!((0..4).all(|pair| before[pair] != changed[pair]));
        // A pair of its own elsewhere changes nothing for the others.
        let mut more = four.clone();
        more.push(CandidatePair { subject: 3, object: 3, ..four[0].clone() });
        let with_stranger = of(&more, &scores);
        for (alone, beside) in before.iter().zip(&with_stranger) {
            assert!(alone.iter().zip(beside).all(|(a, b)| (a - b).abs() < 1e-5), "{alone:?} {beside:?}");
        }
    }
}
