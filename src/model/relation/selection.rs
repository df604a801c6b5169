//! From probabilities of single pairs to the roles of a text, chosen together.

use super::degrees::{DEGREES, Side};
use super::{Candidates, RelationConfig};

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
/// what each pair says by itself. `threshold`: the probability of being related from which a pair gains by a role.
pub fn choose(candidates: &Candidates, outcomes: &[Vec<f32>], config: &RelationConfig, threshold: f32) -> Vec<Chosen> {
    let mut choice = Choice::new(candidates, outcomes, config, threshold);
    for _ in 0..PASSES {
        let changed = (0..candidates.pairs.len()).filter(|&pair| choice.improve(pair)).count();
        if changed == 0 {
            break;
        }
    }
    let roles = choice.roles.iter().enumerate();
    roles.filter_map(|(pair, role)| role.map(|role| Chosen { pair, role, related: 1.0 - outcomes[pair][0] })).collect()
}

/// Leaves out of what was chosen pair by pair the less probable direction of two mentions; of directions that are equally probable that
/// of the later pair.
pub(super) fn one_direction(candidates: &Candidates, chosen: Vec<Chosen>) -> Vec<Chosen> {
    let opposites = opposites(candidates);
    let mut related = vec![None; candidates.pairs.len()];
    chosen.iter().for_each(|chosen| related[chosen.pair] = Some(chosen.related));
    let stays = |chosen: &Chosen| {
        let other = opposites[chosen.pair].and_then(|other| Some((related[other]?, other)));
        other.is_none_or(|(other, pair)| (chosen.related, pair) > (other, chosen.pair))
    };
    chosen.into_iter().filter(stays).collect()
}

struct Choice<'a> {
    candidates: &'a Candidates,
    /// By pair and role: what it says by itself for that role and against none, with what being related gains by the threshold.
    alone: Vec<f32>,
    /// By label, side, role and number of partners: what one more gains.
    one_more: Vec<[f32; DEGREES]>,
    number_of_roles: usize,
    roles: Vec<Option<usize>>,
    /// Partners by mention, side and role.
    degrees: Vec<usize>,
    /// The pair of the opposite direction.
    opposite: Vec<Option<usize>>,
}

impl<'a> Choice<'a> {
    fn new(candidates: &'a Candidates, outcomes: &'a [Vec<f32>], config: &'a RelationConfig, threshold: f32) -> Self {
        let threshold = threshold.clamp(0.001, 0.999);
        let bonus = ((1.0 - threshold) / threshold).ln();
        let number_of_roles = config.roles.len();
        let log = |probability: f32| probability.max(1e-6).ln();
        let mut alone = Vec::with_capacity(outcomes.len() * number_of_roles);
        for outcomes in outcomes {
            let none = log(outcomes[0]);
            alone.extend(outcomes[1..].iter().map(|&role| log(role) - none + bonus));
        }
        let labels = candidates.mentions.iter().map(|mention| mention.label + 1).max().unwrap_or(0);
        let mut choice = Self {
            candidates,
            alone,
            one_more: one_more(config, labels),
            number_of_roles,
            roles: vec![None; candidates.pairs.len()],
            degrees: vec![0; candidates.mentions.len() * 2 * number_of_roles],
            opposite: opposites(candidates),
        };
        let related = |pair: usize| 1.0 - outcomes[pair][0];
        for (pair, outcomes) in outcomes.iter().enumerate() {
            let likelier = choice.opposite[pair].is_none_or(|other| (related(pair), other) > (related(other), pair));
            if likelier && related(pair) >= threshold {
                choice.set(pair, most_probable(outcomes));
            }
        }
        choice
    }

    /// Place of the number of partners of the mention on a side of a pair.
    fn degree(&self, pair: usize, side: Side, role: usize) -> usize {
        (side.of(self.candidates, pair) * 2 + side as usize) * self.number_of_roles + role
    }

    fn set(&mut self, pair: usize, role: Option<usize>) {
        let before = std::mem::replace(&mut self.roles[pair], role);
        for side in [Side::Subject, Side::Object] {
            if let Some(before) = before {
                let at = self.degree(pair, side, before);
                self.degrees[at] -= 1;
            }
            if let Some(role) = role {
                let at = self.degree(pair, side, role);
                self.degrees[at] += 1;
            }
        }
    }

    /// Gain of giving a pair that has no role this one.
    fn gain(&self, pair: usize, role: usize) -> f32 {
        let partners = [Side::Subject, Side::Object].map(|side| {
            let label = self.candidates.mentions[side.of(self.candidates, pair)].label;
            let degree = self.degrees[self.degree(pair, side, role)];
            self.one_more[(label * 2 + side as usize) * self.number_of_roles + role][degree.min(DEGREES - 1)]
        });
        self.alone[pair * self.number_of_roles + role] + partners.iter().sum::<f32>()
    }

    /// Gives a pair the role that fits best to all others as they are; whether that changed anything.
    fn improve(&mut self, pair: usize) -> bool {
        let before = self.roles[pair];
        self.set(pair, None);
        // A pair whose opposite direction is taken stays out; when it fits better, the opposite gives way first in its own turn.
        let free = self.opposite[pair].is_none_or(|other| self.roles[other].is_none());
        let gains = (0..self.number_of_roles).map(|role| (role, self.gain(pair, role)));
        let best = gains.max_by(|a, b| a.1.total_cmp(&b.1)).filter(|(_, gain)| free && *gain > 0.0);
        self.set(pair, best.map(|(role, _)| role));
        before != self.roles[pair]
    }
}

/// What one more partner gains by label, side, role and partners so far.
fn one_more(config: &RelationConfig, labels: usize) -> Vec<[f32; DEGREES]> {
    let roles = config.roles.len();
    let mut gains = Vec::with_capacity(labels * 2 * roles);
    for label in 0..labels {
        for side in [Side::Subject, Side::Object] {
            gains.extend((0..roles).map(|role| {
                let of = |degree| config.degrees.log_probability(label, side, role, roles, degree);
                std::array::from_fn(|degree| DEGREE_WEIGHT * (of(degree + 1) - of(degree)))
            }));
        }
    }
    gains
}

/// The pair of the opposite direction of each, if it is a candidate too.
fn opposites(candidates: &Candidates) -> Vec<Option<usize>> {
    let mut places: Vec<(usize, usize, usize)> =
        candidates.pairs.iter().enumerate().map(|(i, pair)| (pair.subject, pair.object, i)).collect();
    // They come sorted; then this is one look at each.
    places.sort_unstable();
    let find = |subject: usize, object: usize| {
        let at = places.partition_point(|place| (place.0, place.1) < (subject, object));
        places.get(at).filter(|place| (place.0, place.1) == (subject, object)).map(|place| place.2)
    };
    candidates.pairs.iter().map(|pair| find(pair.object, pair.subject)).collect()
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
        let chosen = |second: f32| choose(&candidates, &[vec![0.05, 0.95], vec![1.0 - second, second]], &config, 0.5).len();
        assert_eq!(chosen(0.6), 1);
        assert_eq!(chosen(0.999), 2);
    }

    #[test]
    fn of_two_directions_the_more_probable_stays() {
        let mentions = (0..2).map(|word| Mention { words: word..word + 1, label: 0 }).collect();
        let candidates = Candidates::find(mentions, std::slice::from_ref(&(0..2)), None);
        let left = |first: f32, second: f32| {
            let chosen = [first, second].into_iter().enumerate().map(|(pair, related)| Chosen { pair, role: 0, related });
            one_direction(&candidates, chosen.collect()).into_iter().map(|chosen| chosen.pair).collect::<Vec<_>>()
        };
        assert_eq!((left(0.6, 0.7), left(0.8, 0.7), left(0.7, 0.7)), (vec![1], vec![0], vec![0]));
    }

    #[test]
    fn only_one_direction_is_chosen() {
        let (candidates, mut config) = scene();
        config.degrees = DegreeTable::default();
        let candidates = Candidates::find(candidates.mentions[..2].to_vec(), std::slice::from_ref(&(0..3)), None);
        let chosen = choose(&candidates, &[vec![0.4, 0.6], vec![0.2, 0.8]], &config, 0.5);
        assert_eq!(chosen, [Chosen { pair: 1, role: 0, related: 0.8 }]);
    }
}
