//! How many partners a mention has: a regulation has one cause and one theme, a gene is the theme of one variation.
//!
//! The scorer looks at each pair alone; this is what it cannot see.

use super::Candidates;
use serde::{Deserialize, Serialize};

/// Partners that are told apart: none, one, two, and three or more.
pub(super) const DEGREES: usize = 4;

/// Side of a relation that a mention stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The argument.
    Subject,
    /// The trigger.
    Object,
}

/// How many mentions had how many partners.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DegreeTable {
    /// By label, side and role (row = (label × 2 + side) × roles + role): mentions with 0, 1, 2 and more partners. Only mentions
    /// that have a candidate on that side count.
    counts: Vec<[u32; DEGREES]>,
}

fn row(label: usize, side: Side, role: usize, roles: usize) -> usize {
    (label * 2 + side as usize) * roles + role
}

impl DegreeTable {
    /// Counts a document: `outcomes` has 0 for no role, 1 for the first role, and so on, for each candidate pair.
    pub fn add(&mut self, candidates: &Candidates, outcomes: &[u32], roles: usize) {
        // By mention and side: whether there is a candidate, and partners by role.
        let mut present = vec![false; candidates.mentions.len() * 2];
        let mut partners = vec![0; candidates.mentions.len() * 2 * roles];
        for (pair, &outcome) in outcomes.iter().enumerate().take(candidates.pairs.len()) {
            for side in [Side::Subject, Side::Object] {
                let at = side.of(candidates, pair) * 2 + side as usize;
                present[at] = true;
                if let Some(role) = (outcome as usize).checked_sub(1).filter(|&role| role < roles) {
                    partners[at * roles + role] += 1;
                }
            }
        }
        for (mention, described) in candidates.mentions.iter().enumerate() {
            for side in [Side::Subject, Side::Object] {
                let here = mention * 2 + side as usize;
                for role in (0..roles).filter(|_| present[here]) {
                    let at = row(described.label, side, role, roles);
                    if self.counts.len() <= at {
                        self.counts.resize(at + 1, [0; DEGREES]);
                    }
                    self.counts[at][partners[here * roles + role].min(DEGREES - 1)] += 1;
                }
            }
        }
    }

    /// Logarithm of the probability that a mention of this label has so many partners on this side of this role.
    pub fn log_probability(&self, label: usize, side: Side, role: usize, roles: usize, degree: usize) -> f32 {
        let counts = self.counts.get(row(label, side, role, roles)).copied().unwrap_or_default();
        let total: u32 = counts.iter().sum();
        // One more of each, shared out: what was never seen is unlikely, not impossible.
        ((counts[degree.min(DEGREES - 1)] as f32 + 0.25) / (total as f32 + 1.0)).ln()
    }
}

impl Side {
    /// The mention on this side of a candidate pair.
    pub fn of(self, candidates: &Candidates, pair: usize) -> usize {
        match self {
            Self::Subject => candidates.pairs[pair].subject,
            Self::Object => candidates.pairs[pair].object,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::relation::Mention;

    #[test]
    fn what_was_seen_more_often_is_likelier() {
        let mentions = (0..3).map(|word| Mention { words: word..word + 1, label: usize::from(word > 0) }).collect();
        let candidates = Candidates::find(mentions, std::slice::from_ref(&(0..3)), None);
        let related = |pair: &super::super::CandidatePair| u32::from(pair.subject == 0 && pair.object == 1);
        let outcomes: Vec<u32> = candidates.pairs.iter().map(related).collect();
        let mut table = DegreeTable::default();
        table.add(&candidates, &outcomes, 1);
        let subject = |degree| table.log_probability(0, Side::Subject, 0, 1, degree);
        assert!(subject(1) > subject(0) && subject(1) > subject(2));
        let sum: f32 = (0..4).map(|degree| subject(degree).exp()).sum();
        assert!((sum - 1.0).abs() < 1e-6);
        assert_eq!(table.log_probability(7, Side::Object, 0, 1, 0), 0.25_f32.ln(), "an unseen type says nothing");
    }
}
