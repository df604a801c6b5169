//! Boosted trees that say how probably two mentions are related by where mentions of which kinds stand, and nothing else.
//!
//! They know less than the scorer, which reads the words, and are right more often between spans that a person has settled: .838 of F1
//! against .830 on AGAC's folds. Both together are better than either (`models/TRIALS.md`). They are grown from annotated spans, so
//! they are asked only about spans that stand.

use super::arrangement::Arrangement;
use super::{CandidatePair, Candidates, Kinds, Mention, Outcomes, PairTable};
use crate::model::trees::Trees;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Probability of being related, by the scorer, from which on a pair is worth asking about: a text of many mentions has very many
/// pairs, and nearly all of them are none.
const WORTH_ASKING: f32 = 0.002;

/// The trees, and how much they have to say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairForest {
    /// Kind of each type.
    pub kinds: Kinds,
    /// Weight of what they say, from 0 to 1; the rest is the scorer's.
    pub share: f32,
    /// For each role the trees that say whether it holds.
    pub roles: Vec<Trees>,
}

impl PairForest {
    /// What each pair is told by, in the order of the candidates; see [`PairForest::amend`] for what the trees make of it.
    pub fn rows(candidates: &Candidates, kinds: &Kinds, table: &PairTable, roles: usize) -> Vec<Vec<f32>> {
        let around = Arrangement::of(candidates, kinds, table, roles);
        candidates.pairs.iter().map(|pair| around.of_pair(pair)).collect()
    }

    /// Whether its trees fit a model of so many labels and roles.
    pub fn fits(&self, labels: usize, roles: usize) -> bool {
        let width = Arrangement::width(self.kinds.count(), roles);
        self.kinds.are_of(labels)
            && (0.0..=1.0).contains(&self.share)
            && self.roles.len() == roles
            && self.roles.iter().all(|trees| trees.lead_somewhere(width))
    }

    /// Has its say on the pairs of which both ends stand; `standing` says so of each mention. Only the mentions that stand are looked
    /// at: what is proposed beside them may be wrong.
    pub fn amend(&self, outcomes: &mut Outcomes, candidates: &Candidates, standing: &[bool], table: &PairTable) {
        let stand: Vec<usize> = (0..candidates.mentions.len()).filter(|&mention| standing[mention]).collect();
        if stand.len() < 2 {
            return;
        }
        if stand.len() == candidates.mentions.len() {
            let pairs = candidates.pairs.iter().enumerate();
            return self.say(outcomes, (candidates, table), pairs.map(|(place, pair)| (pair, place)));
        }
        let mentions: Vec<Mention> = stand.iter().map(|&mention| candidates.mentions[mention].clone()).collect();
        let alone = Candidates::find(mentions, &candidates.sentences, Some(table));
        let ends = candidates.pairs.iter().enumerate().map(|(place, pair)| ((pair.subject, pair.object), place));
        let places: HashMap<(usize, usize), usize> = ends.collect();
        let place = |pair: &CandidatePair| places.get(&(stand[pair.subject], stand[pair.object])).copied();
        self.say(outcomes, (&alone, table), alone.pairs.iter().filter_map(|pair| Some((pair, place(pair)?))));
    }

    /// Has its say on pairs of which each has its place among the outcomes.
    fn say<'c>(
        &self,
        outcomes: &mut Outcomes,
        (candidates, table): (&Candidates, &PairTable),
        pairs: impl Iterator<Item = (&'c CandidatePair, usize)>,
    ) {
        let around = Arrangement::of(candidates, &self.kinds, table, self.roles.len());
        for (pair, place) in pairs {
            if outcomes.related(place) >= WORTH_ASKING {
                outcomes.mix(place, &self.outcome(&around.of_pair(pair)), self.share);
            }
        }
    }

    /// Probability of no role and of each role.
    fn outcome(&self, row: &[f32]) -> Vec<f32> {
        let mut outcome = vec![0.0];
        outcome.extend(self.roles.iter().map(|trees| trees.probability(row)));
        let related: f32 = outcome.iter().sum();
        // Each role has trees of its own, so that together they may say more than is possible.
        if related > 1.0 {
            outcome.iter_mut().for_each(|role| *role /= related);
        }
        outcome[0] = (1.0 - related).max(0.0);
        outcome
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::model::relation::Cell;
    use crate::model::trees::{Split, Tree};

    /// Two roles; the first holds between neighbours, the second never.
    pub(crate) fn neighbours(kinds: Kinds) -> PairForest {
        let width = Arrangement::width(kinds.count(), 2);
        let split = Split { feature: width as u16 - 5, below: 1.5, then: -1, otherwise: -2 };
        let near = Trees { start: 0.0, trees: vec![Tree { splits: vec![split], leaves: vec![3.0, -20.0] }] };
        PairForest { kinds, share: 0.5, roles: vec![near, Trees { start: -20.0, trees: Vec::new() }] }
    }

    #[test]
    fn it_has_its_say_between_mentions_that_stand_and_sees_no_others() {
        let mut table = PairTable::default();
        let cell = Cell { subject: 0, object: 1, same_sentence: true, object_rank: 0, subject_rank: 0 };
        (0..2).for_each(|_| table.add(cell, 1, 3));
        let labels = [0, 1, 1, 1];
        let mentions = labels.iter().enumerate().map(|(at, &label)| Mention { words: 2 * at..2 * at + 1, label }).collect();
        let candidates = Candidates::find(mentions, std::slice::from_ref(&(0..9)), Some(&table));
        let forest = neighbours(Kinds::of(&PairTable::default(), 2));
        assert!(forest.fits(2, 2) && !forest.fits(3, 2) && !forest.fits(2, 1));
        let before = Outcomes::of_rows(&[vec![0.5, 0.3, 0.2], vec![0.5, 0.3, 0.2], vec![0.999, 0.001, 0.0]]);
        let mut after = before.clone();
        forest.amend(&mut after, &candidates, &[true, false, true, true], &table);
        assert_eq!(after.of(0), before.of(0), "an end is only proposed");
        let role = 1.0 / (1.0 + (-3f32).exp());
        let expected = [0.25 + (1.0 - role) / 2.0, 0.15 + role / 2.0, 0.1];
        assert!(after.of(1).iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5), "without it they are neighbours: {after:?}");
        assert_eq!(after.of(2), before.of(2), "not worth asking");
    }

    #[test]
    fn what_is_said_of_all_roles_is_possible_together() {
        let sure = Trees { start: 20.0, trees: Vec::new() };
        let forest = PairForest { kinds: Kinds::default(), share: 1.0, roles: vec![sure.clone(), sure] };
        assert_eq!(forest.outcome(&[]), [0.0, 0.5, 0.5]);
    }
}
