//! From probabilities of single pairs to the roles of a text, chosen together.

use super::degrees::Side;
use super::{Candidates, RelationConfig};
use std::collections::HashMap;

/// How much the number of partners counts beside the pairs. Below 1 because the pairs' own scores know part of it already;
/// chosen on held-out folds.
const DEGREE_WEIGHT: f32 = 0.3;

/// Passes over the pairs; the choice settles after two or three.
const PASSES: usize = 8;

/// A role that is proposed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chosen {
    /// Index of the candidate pair.
    pub pair: usize,
    /// Index of the role.
    pub role: usize,
    /// Probability that the pair is related at all.
    pub related: f32,
}

/// Chooses a role or none for each pair so that the pairs' probabilities and the numbers of partners fit best, at most one
/// direction for two mentions. `outcomes`: for each pair the probability of no role, then of each role. Coordinate ascent from
/// what each pair says by itself.
pub fn choose(candidates: &Candidates, outcomes: &[Vec<f32>], config: &RelationConfig) -> Vec<Chosen> {
    let mut choice = Choice::new(candidates, outcomes, config);
    for _ in 0..PASSES {
        let changed = (0..candidates.pairs.len()).filter(|&pair| choice.improve(pair)).count();
        if changed == 0 {
            break;
        }
    }
    let roles = choice.roles.iter().enumerate();
    roles.filter_map(|(pair, role)| role.map(|role| Chosen { pair, role, related: 1.0 - outcomes[pair][0] })).collect()
}

struct Choice<'a> {
    candidates: &'a Candidates,
    outcomes: &'a [Vec<f32>],
    config: &'a RelationConfig,
    /// What each pair's being related gains by the threshold.
    bonus: f32,
    roles: Vec<Option<usize>>,
    /// Partners by mention, side and role.
    degrees: HashMap<(usize, bool, usize), usize>,
    /// The pair of the opposite direction.
    opposite: Vec<Option<usize>>,
}

impl<'a> Choice<'a> {
    fn new(candidates: &'a Candidates, outcomes: &'a [Vec<f32>], config: &'a RelationConfig) -> Self {
        let places: HashMap<(usize, usize), usize> =
            candidates.pairs.iter().enumerate().map(|(i, pair)| ((pair.subject, pair.object), i)).collect();
        let opposite = candidates.pairs.iter().map(|pair| places.get(&(pair.object, pair.subject)).copied()).collect();
        let threshold = config.threshold.clamp(0.001, 0.999);
        let bonus = ((1.0 - threshold) / threshold).ln();
        let roles = vec![None; candidates.pairs.len()];
        let mut choice = Self { candidates, outcomes, config, bonus, roles, degrees: HashMap::new(), opposite };
        for (pair, outcomes) in outcomes.iter().enumerate() {
            let related = |pair: usize| 1.0 - choice.outcomes[pair][0];
            let likelier = choice.opposite[pair].is_none_or(|other| (related(pair), other) > (related(other), pair));
            if likelier && 1.0 - outcomes[0] >= threshold {
                choice.set(pair, most_probable(outcomes));
            }
        }
        choice
    }

    fn set(&mut self, pair: usize, role: Option<usize>) {
        for (role, add) in [(self.roles[pair], false), (role, true)] {
            let Some(role) = role else { continue };
            for side in [Side::Subject, Side::Object] {
                let degree = self.degrees.entry((side.of(self.candidates, pair), side == Side::Object, role)).or_default();
                *degree = if add { *degree + 1 } else { degree.saturating_sub(1) };
            }
        }
        self.roles[pair] = role;
    }

    /// Gain of giving a pair that has no role this one.
    fn gain(&self, pair: usize, role: usize) -> f32 {
        let log = |outcome: usize| self.outcomes[pair][outcome].max(1e-6).ln();
        let mut gain = log(role + 1) - log(0) + self.bonus;
        for side in [Side::Subject, Side::Object] {
            let mention = side.of(self.candidates, pair);
            let degree = self.degrees.get(&(mention, side == Side::Object, role)).copied().unwrap_or(0);
            let label = self.candidates.mentions[mention].label;
            let of = |degree| self.config.degrees.log_probability(label, side, role, self.config.roles.len(), degree);
            gain += DEGREE_WEIGHT * (of(degree + 1) - of(degree));
        }
        gain
    }

    /// Gives a pair the role that fits best to all others as they are; whether that changed anything.
    fn improve(&mut self, pair: usize) -> bool {
        let before = self.roles[pair];
        self.set(pair, None);
        // A pair whose opposite direction is taken stays out; when it fits better, the opposite gives way first in its own turn.
        let free = self.opposite[pair].is_none_or(|other| self.roles[other].is_none());
        let gains = (0..self.config.roles.len()).map(|role| (role, self.gain(pair, role)));
        let best = gains.max_by(|a, b| a.1.total_cmp(&b.1)).filter(|(_, gain)| free && *gain > 0.0);
        self.set(pair, best.map(|(role, _)| role));
        before != self.roles[pair]
    }
}

fn most_probable(outcomes: &[f32]) -> Option<usize> {
    (1..outcomes.len()).max_by(|&a, &b| outcomes[a].total_cmp(&outcomes[b])).map(|outcome| outcome - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Label;
    use crate::model::relation::{DegreeTable, Mention, PairTable};

    /// Two arguments (label 0) around one trigger (label 1), of which by training only one may be its theme.
    fn scene() -> (Candidates, RelationConfig) {
        let mentions = (0..3).map(|word| Mention { words: word..word + 1, label: usize::from(word == 1) }).collect();
        let mut candidates = Candidates::find(mentions, std::slice::from_ref(&(0..3)), None);
        candidates.pairs.retain(|pair| pair.object == 1);
        let mut degrees = DegreeTable::default();
        (0..50).for_each(|_| degrees.add(&candidates, &[1, 0], 1));
        (0..50).for_each(|_| degrees.add(&candidates, &[0, 1], 1));
        let roles = vec![Label::from("ThemeOf")];
        let table = PairTable::default();
        let config = RelationConfig {
            state_width: 8,
            heads: 2,
            hidden_width: 8,
            marked: false,
            message_width: 0,
            threshold: 0.5,
            roles,
            table,
            degrees,
        };
        (candidates, config)
    }

    #[test]
    fn a_doubtful_second_theme_is_left_out_and_a_sure_one_is_kept() {
        let (candidates, config) = scene();
        let chosen = |second: f32| choose(&candidates, &[vec![0.05, 0.95], vec![1.0 - second, second]], &config).len();
        assert_eq!(chosen(0.6), 1);
        assert_eq!(chosen(0.999), 2);
    }

    #[test]
    fn only_one_direction_is_chosen() {
        let (candidates, mut config) = scene();
        config.degrees = DegreeTable::default();
        let candidates = Candidates::find(candidates.mentions[..2].to_vec(), std::slice::from_ref(&(0..3)), None);
        let chosen = choose(&candidates, &[vec![0.4, 0.6], vec![0.2, 0.8]], &config);
        assert_eq!(chosen, [Chosen { pair: 1, role: 0, related: 0.8 }]);
    }
}
