//! Boosted trees: a sum of small decision trees makes the log-odds of being right (Friedman 2001).

use serde::{Deserialize, Serialize};

/// A sum of trees.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trees {
    /// Log-odds without any evidence.
    pub start: f32,
    /// What each adds.
    pub trees: Vec<Tree>,
}

/// A decision tree. Branch 0 is its root; one that has no branches is its first leaf.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tree {
    /// Branches; each leads to later ones.
    pub splits: Vec<Split>,
    /// Log-odds that the leaves add.
    pub leaves: Vec<f32>,
}

/// A branch. Where it leads to: another branch by its place, or leaf n as −1 − n.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "(u16, f32, i32, i32)", into = "(u16, f32, i32, i32)")]
pub struct Split {
    /// What is looked at.
    pub feature: u16,
    /// The border; a value below it goes one way, all others the other.
    pub below: f32,
    /// Where values below the border go.
    pub then: i32,
    /// Where the others go.
    pub otherwise: i32,
}

impl From<(u16, f32, i32, i32)> for Split {
    fn from((feature, below, then, otherwise): (u16, f32, i32, i32)) -> Self {
        Self { feature, below, then, otherwise }
    }
}

impl From<Split> for (u16, f32, i32, i32) {
    fn from(split: Split) -> Self {
        (split.feature, split.below, split.then, split.otherwise)
    }
}

impl Trees {
    /// Probability of being right by this evidence, 0 to 1.
    ///
    /// # Panics
    /// When the evidence is shorter than the trees were made for; see [`Trees::lead_somewhere`].
    pub fn probability(&self, evidence: &[f32]) -> f32 {
        let odds: f32 = self.start + self.trees.iter().map(|tree| tree.leaf(evidence)).sum::<f32>();
        1.0 / (1.0 + (-odds).exp())
    }

    /// Moves each look at value n to `places[n]`.
    ///
    /// # Panics
    /// When there are fewer places than values are looked at; see [`Trees::lead_somewhere`].
    pub fn look_at(&mut self, places: &[u16]) {
        for split in self.trees.iter_mut().flat_map(|tree| &mut tree.splits) {
            split.feature = places[usize::from(split.feature)];
        }
    }

    /// Whether every way through the trees ends at a leaf and looks at none but the first `features` values.
    pub fn lead_somewhere(&self, features: usize) -> bool {
        let sound = |tree: &Tree| {
            let leads = |from: usize, to: i32| match usize::try_from(to) {
                Ok(split) => split > from && split < tree.splits.len(),
                Err(_) => leaf(to) < tree.leaves.len(),
            };
            let fits = |(at, split): (usize, &Split)| {
                usize::from(split.feature) < features
                    && !split.below.is_nan()
                    && leads(at, split.then)
                    && leads(at, split.otherwise)
            };
            !tree.leaves.is_empty() && tree.leaves.iter().all(|leaf| leaf.is_finite()) && tree.splits.iter().enumerate().all(fits)
        };
        self.start.is_finite() && self.trees.iter().all(sound)
    }
}

impl Tree {
    /// What it adds for this evidence.
    pub fn leaf(&self, evidence: &[f32]) -> f32 {
        let mut at = if self.splits.is_empty() { -1 } else { 0 };
        // Branches lead to later ones, so that all can be looked at in their order: the few that are not on the way cost less than a
        // processor loses by guessing the way.
        for (place, split) in (0..).zip(&self.splits) {
            let to = if evidence[usize::from(split.feature)] < split.below { split.then } else { split.otherwise };
            at = if at == place { to } else { at };
        }
        self.leaves[leaf(at)]
    }
}

/// The place of a leaf.
const fn leaf(to: i32) -> usize {
    !to as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_falls_through_to_a_leaf() {
        let split = |feature, below, then, otherwise| Split { feature, below, then, otherwise };
        let tree = Tree { splits: vec![split(0, 0.5, -1, 1), split(1, 2.0, -2, -3)], leaves: vec![-1.0, 0.0, 3.0] };
        assert_eq!([[0.4, 9.0], [0.5, 1.9], [0.5, 2.0]].map(|it| tree.leaf(&it)), [-1.0, 0.0, 3.0]);
        let trees = Trees { start: 1.0, trees: vec![tree, Tree { splits: vec![], leaves: vec![-1.0] }] };
        assert!(trees.lead_somewhere(2) && !trees.lead_somewhere(1));
        assert!((trees.probability(&[0.5, 0.0]) - 0.5).abs() < 1e-6);
        assert!((trees.probability(&[0.4, 0.0]) - 1.0 / (1.0 + 1f32.exp())).abs() < 1e-6);
    }

    #[test]
    fn circles_are_found() {
        let split = Split { feature: 0, below: 0.0, then: 0, otherwise: -1 };
        assert!(!Trees { start: 0.0, trees: vec![Tree { splits: vec![split], leaves: vec![0.0] }] }.lead_somewhere(1));
    }
}
