//! What a pair is judged by.

use super::{Evidence, RELATED, odds};
use crate::document::Label;
use crate::model::relation::{CandidatePair, half_seen};
use serde::{Deserialize, Serialize};

/// What the names of the values begin with of which each role has one.
pub(super) const ROLE: &str = "role ";

/// Ways in which another pair can share an end with a pair.
const WAYS: [&str; 4] = ["same subject", "same object", "subject as object", "object as subject"];

/// Names of the values, in their order.
pub(super) fn names(roles: usize) -> Vec<String> {
    let mut names: Vec<String> = ["all three", "related", "subject", "object", "both ends"].map(str::to_owned).to_vec();
    for way in WAYS {
        names.extend([format!("best of {way}"), format!("all of {way}")]);
        names.extend((0..roles).map(|role| format!("best of {way} in role {role}")));
    }
    names.extend(["better of same subject", "better of same object", "opposite"].map(str::to_owned));
    names.extend((0..roles).map(|role| format!("{ROLE}{role}")));
    names.extend(["type of subject", "type of object"].map(str::to_owned));
    names.extend((0..roles).map(|role| format!("rate of role {role}")));
    let rest = [
        "same sentence",
        "nearer objects",
        "nearer subjects",
        "between",
        "subject first",
        "mentions",
        "words of subject",
        "words of object",
        "place",
        "standing",
    ];
    names.extend(rest.map(str::to_owned));
    names
}

/// How often pairs of two types were right in each role, among those that were looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rates {
    counts: Vec<Rate>,
}

/// Of two types.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rate {
    subject: Label,
    object: Label,
    /// Pairs that were wrong, then those that were right by role, in the order of the roles' names.
    counts: Vec<u32>,
}

impl Rates {
    /// Counts a pair; outcome 0 is wrong, 1 right in the first role by name, and so on.
    pub fn add(&mut self, subject: &Label, object: &Label, outcome: usize) {
        let at = self.counts.partition_point(|rate| (&rate.subject, &rate.object) < (subject, object));
        if self.counts.get(at).is_none_or(|rate| (&rate.subject, &rate.object) != (subject, object)) {
            self.counts.insert(at, Rate { subject: subject.clone(), object: object.clone(), counts: Vec::new() });
        }
        let counts = &mut self.counts[at].counts;
        counts.resize(counts.len().max(outcome + 1), 0);
        counts[outcome] += 1;
    }

    /// Probability of each role between two types, as if one more of each outcome had been half seen.
    pub fn of(&self, subject: &Label, object: &Label, roles: usize) -> Vec<f32> {
        let at = self.counts.binary_search_by(|rate| (&rate.subject, &rate.object).cmp(&(subject, object)));
        half_seen(at.map_or(&[], |at| &self.counts[at].counts), roles).collect()
    }
}

/// The evidence of a pair but for the rates of its types, which a judge has.
#[derive(Clone, Debug, PartialEq)]
pub struct PairEvidence {
    /// Index of the pair among the candidates.
    pub pair: usize,
    /// The values, with zeros for the rates.
    values: Vec<f32>,
    roles: usize,
}

impl PairEvidence {
    /// The values with the rates of two types put in.
    pub fn with(&self, rates: &Rates, subject: &Label, object: &Label) -> Vec<f32> {
        let mut values = self.values.clone();
        let from = 5 + WAYS.len() * (2 + self.roles) + 3 + self.roles + 2;
        values[from..from + self.roles].copy_from_slice(&rates.of(subject, object, self.roles));
        values
    }
}

impl Evidence<'_> {
    /// The evidence for each pair that is worth a look.
    pub fn of_pairs(&self) -> Vec<PairEvidence> {
        let pairs: Vec<(&CandidatePair, &[f32])> = self.pairs().collect();
        let mut by_subject = vec![Vec::new(); self.mentions.len()];
        let mut by_object = vec![Vec::new(); self.mentions.len()];
        for (at, (pair, outcomes)) in pairs.iter().enumerate() {
            if related(outcomes) >= RELATED {
                by_subject[pair.subject].push(at);
                by_object[pair.object].push(at);
            }
        }
        let shared = Shared { evidence: self, pairs, by_subject, by_object };
        let worth = shared.pairs.iter().enumerate().filter(|(_, (_, outcomes))| related(outcomes) >= RELATED);
        worth.map(|(at, _)| PairEvidence { pair: at, values: shared.values(at), roles: self.names.roles.len() }).collect()
    }
}

fn related(outcomes: &[f32]) -> f32 {
    outcomes.first().map_or(0.0, |none| 1.0 - none)
}

/// What the pairs of a document share.
struct Shared<'e, 'a> {
    evidence: &'e Evidence<'a>,
    pairs: Vec<(&'a CandidatePair, &'a [f32])>,
    /// Places of the pairs that are worth a look, by their subject and by their object.
    by_subject: Vec<Vec<usize>>,
    by_object: Vec<Vec<usize>>,
}

impl Shared<'_, '_> {
    fn values(&self, at: usize) -> Vec<f32> {
        let evidence = self.evidence;
        let (pair, outcomes) = self.pairs[at];
        let [subject, object] = [pair.subject, pair.object].map(|end| evidence.probability(end));
        let both = subject * object;
        let mut values = vec![odds(related(outcomes) * both), odds(related(outcomes)), odds(subject), odds(object), both];
        let ways = [
            (&self.by_subject[pair.subject], true),
            (&self.by_object[pair.object], false),
            (&self.by_object[pair.subject], false),
            (&self.by_subject[pair.object], true),
        ];
        for (others, by_object) in ways {
            let says = |other: usize| self.other(other, by_object);
            let others = others.iter().copied().filter(|&other| other != at);
            let sum = others.clone().map(|other| says(other).0);
            values.extend([sum.clone().fold(0.0, f32::max), sum.sum()]);
            for &role in &evidence.names.roles {
                let best = others.clone().map(|other| says(other).1[role] * says(other).2).fold(0.0, f32::max);
                values.push(best);
            }
        }
        for (others, by_object) in [ways[0], ways[1]] {
            let own = self.other(at, by_object).0;
            values.push(others.iter().filter(|&&other| self.other(other, by_object).0 > own).count() as f32);
        }
        let opposite = self.by_subject[pair.object].iter().find(|&&other| self.pairs[other].0.object == pair.subject);
        values.push(opposite.map_or(-1.0, |&other| related(self.pairs[other].1)));
        values.extend(evidence.names.roles.iter().map(|&role| odds(outcomes[role])));
        values.extend([pair.subject, pair.object].map(|end| evidence.label(end) as f32));
        values.extend(evidence.names.roles.iter().map(|_| 0.0));
        let [s, o] = [pair.subject, pair.object].map(|end| &evidence.mentions[end].words);
        values.extend([
            f32::from(u8::from(pair.cell.same_sentence)),
            f32::from(pair.cell.object_rank),
            f32::from(pair.cell.subject_rank),
            pair.between.len() as f32,
            f32::from(u8::from(s.start < o.start)),
            evidence.mentions.len() as f32,
            s.len() as f32,
            o.len() as f32,
            s.start as f32,
            evidence.standing(),
        ]);
        values
    }

    /// How much another pair weighs: related, if its other end is there; its outcomes; how probable that end is.
    fn other(&self, at: usize, by_object: bool) -> (f32, &[f32], f32) {
        let (pair, outcomes) = self.pairs[at];
        let end = self.evidence.probability(if by_object { pair.object } else { pair.subject });
        (related(outcomes) * end, outcomes, end)
    }
}

#[cfg(test)]
mod tests {
    use super::super::evidence::tests::Scene;
    use super::*;

    #[test]
    fn every_value_has_a_name_and_the_rates_have_their_place() {
        let scene = Scene::new();
        let pairs = scene.evidence().of_pairs();
        let names = names(2);
        let mut rates = Rates::default();
        let [gene, var] = ["Gene", "Var"].map(Label::from);
        (0..3).for_each(|_| rates.add(&gene, &var, 2));
        rates.add(&gene, &var, 0);
        let values = pairs[0].with(&rates, &gene, &var);
        assert_eq!(values.len(), names.len());
        let value = |name: &str| values[names.iter().position(|it| it == name).unwrap()];
        assert_eq!([value("rate of role 0"), value("rate of role 1")], [0.5 / 5.5, 3.5 / 5.5]);
        assert_eq!(rates.of(&var, &gene, 2), [0.5 / 1.5; 2], "of unseen types nothing is known");
    }

    #[test]
    fn a_pair_knows_its_rivals() {
        let scene = Scene::new();
        let pairs = scene.evidence().of_pairs();
        let names = names(2);
        let of = |subject: usize, object: usize| {
            let candidates = &scene.candidates.pairs;
            let found = |it: &&PairEvidence| candidates[it.pair].subject == subject && candidates[it.pair].object == object;
            pairs.iter().find(found).map(|it| it.values.clone())
        };
        let value = |values: &[f32], name: &str| values[names.iter().position(|it| it == name).unwrap()];
        // Between mentions 0 and 1 one direction has .6 and the other .1; other pairs are not worth a look.
        let (there, back) = (of(0, 1).unwrap(), of(1, 0).unwrap());
        assert_eq!(pairs.len(), 2);
        assert!((value(&there, "opposite") - 0.1).abs() < 1e-6 && (value(&back, "opposite") - 0.6).abs() < 1e-6);
        assert!((value(&there, "both ends") - 0.4).abs() < 1e-6);
        assert!((value(&back, "best of subject as object") - 0.6 * 0.8).abs() < 1e-6);
        assert_eq!(value(&there, "best of same subject"), 0.0);
    }

    #[test]
    fn counts_are_the_same_in_every_order() {
        let [gene, var] = ["Gene", "Var"].map(Label::from);
        let seen = [(&gene, &var, 1), (&gene, &var, 1), (&var, &gene, 0)];
        let [mut one, mut all] = [Rates::default(), Rates::default()];
        seen.into_iter().for_each(|(subject, object, outcome)| one.add(subject, object, outcome));
        seen.into_iter().rev().for_each(|(subject, object, outcome)| all.add(subject, object, outcome));
        assert_eq!(one, all);
    }
}
