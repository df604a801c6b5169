//! What the training data say about pairs of types: which are legal, and how often each role holds.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Observations that the estimate of a type pair weighs as in the estimate of one of its cells.
const BACKED_BY: f64 = 4.0;

/// A kind of pair: the types, and how near the two are compared with other partners of the same types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// Label index of the subject.
    pub subject: usize,
    /// Label index of the object.
    pub object: usize,
    /// Whether both stand in one sentence.
    pub same_sentence: bool,
    /// How many spans of the object's type are nearer to the subject: 0, 1, or 2 for more.
    pub object_rank: u8,
    /// How many spans of the subject's type are nearer to the object: 0, 1, or 2 for more.
    pub subject_rank: u8,
}

/// How often a cell was seen with each outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellCount {
    /// The cell.
    pub cell: Cell,
    /// Pairs without a role, then with each role.
    pub counts: Vec<u32>,
}

/// Counts of all cells, and from them the legal type pairs and the prior of each role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<CellCount>", into = "Vec<CellCount>")]
pub struct PairTable {
    cells: BTreeMap<Cell, Vec<u32>>,
    types: BTreeMap<(usize, usize), Vec<u32>>,
}

/// Related pairs of two types that must have been seen before the type pair counts as legal.
const SEEN_TO_BE_LEGAL: u32 = 2;

impl PairTable {
    /// Counts one pair; outcome 0 is no role, 1 the first role, and so on.
    pub fn add(&mut self, cell: Cell, outcome: usize, outcomes: usize) {
        for counts in [self.cells.entry(cell).or_default(), self.types.entry((cell.subject, cell.object)).or_default()] {
            counts.resize(outcomes.max(counts.len()), 0);
            if let Some(count) = counts.get_mut(outcome) {
                *count += 1;
            }
        }
    }

    /// Whether a role between these types, in this direction, was seen often enough to be looked for.
    pub fn is_legal(&self, subject: usize, object: usize) -> bool {
        let counts = self.types.get(&(subject, object));
        counts.is_some_and(|counts| counts.iter().skip(1).sum::<u32>() >= SEEN_TO_BE_LEGAL)
    }

    /// The role that was seen most often between these types, in this direction; the first of those that were seen equally often.
    pub fn usual_role(&self, subject: usize, object: usize) -> Option<usize> {
        let roles = self.types.get(&(subject, object))?.iter().skip(1).enumerate();
        roles.filter(|(_, seen)| **seen > 0).max_by_key(|&(role, seen)| (seen, std::cmp::Reverse(role))).map(|(role, _)| role)
    }

    /// Counts of each outcome between two types, for all type pairs that were seen.
    pub fn by_types(&self) -> impl Iterator<Item = ((usize, usize), &[u32])> {
        self.types.iter().map(|(&types, counts)| (types, counts.as_slice()))
    }

    /// Probability of each role between two types, as if one more of each outcome had been half seen.
    pub fn rates(&self, subject: usize, object: usize, roles: usize) -> impl Iterator<Item = f32> + '_ {
        half_seen(self.types.get(&(subject, object)).map_or(&[], Vec::as_slice), roles)
    }

    /// Forgets type pairs that are not legal.
    pub fn keep_legal(&mut self) {
        let legal: Vec<(usize, usize)> = self.types.keys().copied().filter(|&(s, o)| self.is_legal(s, o)).collect();
        self.types.retain(|types, _| legal.contains(types));
        self.cells.retain(|cell, _| legal.contains(&(cell.subject, cell.object)));
    }

    /// Logarithm of the probability of each outcome for a cell, backed by its type pair.
    pub fn log_prior(&self, cell: Cell, outcomes: usize) -> Vec<f32> {
        let none = vec![0; outcomes];
        let types = self.types.get(&(cell.subject, cell.object)).unwrap_or(&none);
        let counts = self.cells.get(&cell).unwrap_or(&none);
        let (type_total, total) = (f64::from(types.iter().sum::<u32>()), f64::from(counts.iter().sum::<u32>()));
        let estimate = |outcome: usize| {
            let count = |counts: &[u32]| f64::from(counts.get(outcome).copied().unwrap_or(0));
            let broad = (count(types) + 0.5) / (type_total + 0.5 * outcomes as f64);
            (count(counts) + BACKED_BY * broad) / (total + BACKED_BY)
        };
        (0..outcomes).map(|outcome| estimate(outcome).ln() as f32).collect()
    }
}

/// Probability of each role by counts of no role and then of each, as if one more of each outcome had been half seen. Counts at the end
/// may be missing.
pub fn half_seen(counts: &[u32], roles: usize) -> impl Iterator<Item = f32> + '_ {
    let all = counts.iter().sum::<u32>() as f32 + 0.5 * (roles + 1) as f32;
    (1..=roles).map(move |role| (counts.get(role).copied().unwrap_or(0) as f32 + 0.5) / all)
}

impl From<Vec<CellCount>> for PairTable {
    fn from(cells: Vec<CellCount>) -> Self {
        let mut table = Self::default();
        for CellCount { cell, counts } in cells {
            let types = table.types.entry((cell.subject, cell.object)).or_default();
            types.resize(counts.len().max(types.len()), 0);
            for (sum, count) in types.iter_mut().zip(&counts) {
                *sum += count;
            }
            table.cells.insert(cell, counts);
        }
        table
    }
}

impl From<PairTable> for Vec<CellCount> {
    fn from(table: PairTable) -> Self {
        table.cells.into_iter().map(|(cell, counts)| CellCount { cell, counts }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(object_rank: u8) -> Cell {
        Cell { subject: 0, object: 1, same_sentence: true, object_rank, subject_rank: 0 }
    }

    #[test]
    fn near_pairs_are_likelier_and_unseen_cells_lean_on_their_types() {
        let mut table = PairTable::default();
        for _ in 0..9 {
            table.add(cell(0), 1, 3);
            table.add(cell(1), 0, 3);
        }
        table.add(cell(0), 0, 3);
        assert!(table.is_legal(0, 1));
        assert!(!table.is_legal(1, 0));
        assert_eq!((table.usual_role(0, 1), table.usual_role(1, 0)), (Some(0), None));
        let probability = |rank: u8, outcome: usize| table.log_prior(cell(rank), 3)[outcome].exp();
        assert!(probability(0, 1) > 0.7 && probability(1, 1) < 0.2);
        assert!((0.3..0.6).contains(&probability(2, 1)));
        let sum: f32 = (0..3).map(|outcome| probability(0, outcome)).sum();
        assert!((sum - 1.0).abs() < 1e-5);
    }

    #[test]
    fn a_table_survives_its_file_form() {
        let mut table = PairTable::default();
        table.add(cell(0), 2, 3);
        table.add(cell(1), 0, 3);
        let text = serde_json::to_string(&table).unwrap();
        assert_eq!(serde_json::from_str::<PairTable>(&text).unwrap(), table);
    }
}
