//! From probabilities of single pairs to the roles of a text, chosen together.

use super::degrees::{DEGREES, Side};
use super::{Candidates, Outcomes, RelationConfig};

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
/// direction for two mentions. Coordinate ascent from what each pair says by itself.
/// `threshold`: the probability of being related from which a pair gains by a role.
pub fn choose(candidates: &Candidates, outcomes: &Outcomes, config: &RelationConfig, threshold: f32) -> Vec<Chosen> {
    let mut choice = Choice::new(candidates, outcomes, config, threshold);
    for _ in 0..PASSES {
        let changed = (0..choice.pairs.len()).filter(|&at| choice.improve(at)).count();
        if changed == 0 {
            break;
        }
    }
    let chosen = choice.pairs.iter().filter_map(|pair| pair.role.map(|role| (pair.index, role)));
    chosen.map(|(pair, role)| Chosen { pair, role, related: outcomes.related(pair) }).collect()
}

/// Chooses the most probable role of each pair that is related at least so probably, each by itself, at most one direction for two
/// mentions.
pub fn choose_each(candidates: &Candidates, outcomes: &Outcomes, threshold: f32) -> Vec<Chosen> {
    let chosen = (0..candidates.pairs.len()).filter(|&pair| outcomes.related(pair) >= threshold);
    let chosen = chosen.filter_map(|pair| Some(Chosen { pair, role: outcomes.role(pair)?, related: outcomes.related(pair) }));
    one_direction(candidates, chosen.collect())
}

/// A pair that may get a role. Most pairs of a text with many mentions never can.
struct Possible {
    /// Among the candidates.
    index: usize,
    role: Option<usize>,
    /// Place among the possible of the pair of the opposite direction.
    opposite: Option<usize>,
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

/// The pair of the opposite direction of each candidate.
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

struct Choice<'a> {
    candidates: &'a Candidates,
    pairs: Vec<Possible>,
    /// By possible pair and role: what it says by itself for that role and against none, with what being related gains by the
    /// threshold.
    alone: Vec<f32>,
    /// By label, side, role and number of partners: what one more gains.
    one_more: Vec<[f32; DEGREES]>,
    number_of_roles: usize,
    /// Partners by mention, side and role.
    degrees: Vec<usize>,
}

impl<'a> Choice<'a> {
    fn new(candidates: &'a Candidates, outcomes: &Outcomes, config: &RelationConfig, threshold: f32) -> Self {
        let threshold = threshold.clamp(0.001, 0.999);
        let bonus = ((1.0 - threshold) / threshold).ln();
        let number_of_roles = config.roles.len();
        let labels = candidates.mentions.iter().map(|mention| mention.label + 1).max().unwrap_or(0);
        let one_more = one_more(config, labels);
        let limits = Limits::of(&one_more, bonus, labels, number_of_roles);
        let possible = |&pair: &usize| {
            let cell = &candidates.pairs[pair].cell;
            outcomes.related(pair) >= threshold || limits.may_be_chosen(cell.subject, cell.object, outcomes.of(pair))
        };
        let mut pairs: Vec<Possible> =
            (0..candidates.pairs.len()).filter(possible).map(|index| Possible { index, role: None, opposite: None }).collect();
        find_opposites(&mut pairs, candidates);
        let mut alone = Vec::with_capacity(pairs.len() * number_of_roles);
        for pair in &pairs {
            let outcomes = outcomes.of(pair.index);
            let none = log(outcomes[0]);
            alone.extend(outcomes[1..].iter().map(|&role| log(role) - none + bonus));
        }
        let degrees = vec![0; candidates.mentions.len() * 2 * number_of_roles];
        let mut choice = Self { candidates, pairs, alone, one_more, number_of_roles, degrees };
        for at in 0..choice.pairs.len() {
            let related = |at: usize| outcomes.related(choice.pairs[at].index);
            let opposite = choice.pairs[at].opposite;
            let likelier = opposite.is_none_or(|other| (related(at), other) > (related(other), at));
            if likelier && related(at) >= threshold {
                choice.set(at, outcomes.role(choice.pairs[at].index));
            }
        }
        choice
    }

    /// The mention on a side of a pair.
    fn mention(&self, at: usize, side: Side) -> usize {
        side.of(self.candidates, self.pairs[at].index)
    }

    /// Place of the number of partners of the mention on a side of a pair.
    fn degree(&self, at: usize, side: Side, role: usize) -> usize {
        (self.mention(at, side) * 2 + side as usize) * self.number_of_roles + role
    }

    fn set(&mut self, at: usize, role: Option<usize>) {
        let before = std::mem::replace(&mut self.pairs[at].role, role);
        for side in [Side::Subject, Side::Object] {
            if let Some(before) = before {
                let at = self.degree(at, side, before);
                self.degrees[at] -= 1;
            }
            if let Some(role) = role {
                let at = self.degree(at, side, role);
                self.degrees[at] += 1;
            }
        }
    }

    /// Gain of giving a pair that has no role this one.
    fn gain(&self, at: usize, role: usize) -> f32 {
        let partners = [Side::Subject, Side::Object].map(|side| {
            let label = self.candidates.mentions[self.mention(at, side)].label;
            let degree = self.degrees[self.degree(at, side, role)];
            self.one_more[(label * 2 + side as usize) * self.number_of_roles + role][degree.min(DEGREES - 1)]
        });
        self.alone[at * self.number_of_roles + role] + partners.iter().sum::<f32>()
    }

    /// Gives a pair the role that fits best to all others as they are; whether that changed anything.
    fn improve(&mut self, at: usize) -> bool {
        let Possible { role: before, opposite, .. } = self.pairs[at];
        self.set(at, None);
        // A pair whose opposite direction is taken stays out; when it fits better, the opposite gives way first in its own turn.
        let free = opposite.is_none_or(|other| self.pairs[other].role.is_none());
        let gains = (0..self.number_of_roles).map(|role| (role, self.gain(at, role)));
        let best = gains.max_by(|a, b| a.1.total_cmp(&b.1)).filter(|(_, gain)| free && *gain > 0.0);
        self.set(at, best.map(|(role, _)| role));
        before != self.pairs[at].role
    }
}

/// What a role must have over none to be chosen at all.
struct Limits {
    /// By label of the subject, label of the object and role: the ratio of probabilities below which no number of partners makes up.
    ratios: Vec<f32>,
    labels: usize,
    number_of_roles: usize,
}

impl Limits {
    fn of(one_more: &[[f32; DEGREES]], bonus: f32, labels: usize, number_of_roles: usize) -> Self {
        let most = |label: usize, side: Side, role: usize| {
            let gains = &one_more[(label * 2 + side as usize) * number_of_roles + role];
            gains.iter().copied().fold(f32::NEG_INFINITY, f32::max)
        };
        let mut ratios = Vec::with_capacity(labels * labels * number_of_roles);
        for subject in 0..labels {
            for object in 0..labels {
                ratios.extend((0..number_of_roles).map(|role| {
                    let gain = bonus + most(subject, Side::Subject, role) + most(object, Side::Object, role);
                    // A little less, so that rounding leaves out none.
                    (-gain - 0.01).exp()
                }));
            }
        }
        Self { ratios, labels, number_of_roles }
    }

    fn may_be_chosen(&self, subject: usize, object: usize, outcomes: &[f32]) -> bool {
        let from = (subject * self.labels + object) * self.number_of_roles;
        let none = outcomes[0].max(LEAST);
        let roles = outcomes[1..].iter().zip(&self.ratios[from..from + self.number_of_roles]);
        roles.into_iter().any(|(role, ratio)| role.max(LEAST) > none * ratio)
    }
}

/// Smaller probabilities count as this.
const LEAST: f32 = 1e-6;

fn log(probability: f32) -> f32 {
    probability.max(LEAST).ln()
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

/// Finds the pair of the opposite direction of each, if it is possible too.
fn find_opposites(pairs: &mut [Possible], candidates: &Candidates) {
    let ends = |index: usize| (candidates.pairs[index].subject, candidates.pairs[index].object);
    let mut places: Vec<((usize, usize), usize)> = pairs.iter().enumerate().map(|(at, pair)| (ends(pair.index), at)).collect();
    // They come sorted; then this is one look at each.
    places.sort_unstable();
    for pair in pairs {
        let (subject, object) = ends(pair.index);
        let found = places.binary_search_by_key(&(object, subject), |place| place.0).ok();
        pair.opposite = found.map(|found| places[found].1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Label;
    use crate::model::relation::{DegreeTable, Mention, PairTable};
    use proptest::prelude::*;

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
            forest: None,
        };
        (candidates, config)
    }

    fn outcomes<const N: usize>(rows: &[[f32; N]]) -> Outcomes {
        Outcomes::new(rows.concat(), N)
    }

    #[test]
    fn a_doubtful_second_theme_is_left_out_and_a_sure_one_is_kept() {
        let (candidates, config) = scene();
        let chosen = |second: f32| choose(&candidates, &outcomes(&[[0.05, 0.95], [1.0 - second, second]]), &config, 0.5).len();
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
        let chosen = choose(&candidates, &outcomes(&[[0.4, 0.6], [0.2, 0.8]]), &config, 0.5);
        assert_eq!(chosen, [Chosen { pair: 1, role: 0, related: 0.8 }]);
    }

    proptest! {
        /// To leave out what can never be chosen is only quicker.
        #[test]
        fn the_same_is_chosen_as_when_every_pair_may_be(
            rows in prop::collection::vec([0.0_f32..1.0, 0.0_f32..1.0], 20),
            threshold in 0.1_f32..0.9,
        ) {
            let (_, mut config) = scene();
            config.threshold = threshold;
            let mentions = (0..5).map(|word| Mention { words: word..word + 1, label: usize::from(word % 2 == 1) }).collect();
            let candidates = Candidates::find(mentions, std::slice::from_ref(&(0..5)), None);
            config.degrees.add(&candidates, &[0, 1, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1], 1);
            let rows: Vec<[f32; 2]> = rows.into_iter().map(|[a, b]| [a / (a + b + 1e-9), b / (a + b + 1e-9)]).collect();
            let outcomes = outcomes(&rows);
            let mut every = Choice::new(&candidates, &outcomes, &config, threshold);
            for (index, outcomes) in outcomes.iter().enumerate() {
                if every.pairs.iter().any(|pair| pair.index == index) {
                    continue;
                }
                every.pairs.push(Possible { index, role: None, opposite: None });
                let bonus = ((1.0 - threshold) / threshold).ln();
                every.alone.push(log(outcomes[1]) - log(outcomes[0]) + bonus);
            }
            find_opposites(&mut every.pairs, &candidates);
            let in_turn = |every: &mut Choice<'_>| {
                let mut order: Vec<usize> = (0..every.pairs.len()).collect();
                order.sort_by_key(|&at| every.pairs[at].index);
                order.into_iter().filter(|&at| every.improve(at)).count()
            };
            for _ in 0..PASSES {
                if in_turn(&mut every) == 0 {
                    break;
                }
            }
            let mut all: Vec<(usize, usize)> = every.pairs.iter().filter_map(|p| Some((p.index, p.role?))).collect();
            all.sort_unstable();
            let quick: Vec<(usize, usize)> = choose(&candidates, &outcomes, &config, threshold).iter().map(|c| (c.pair, c.role)).collect();
            prop_assert_eq!(quick, all);
        }
    }
}
