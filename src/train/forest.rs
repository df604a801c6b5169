//! Grows the trees that have a say on pairs of settled mentions.

use super::boosting::{Sample, grow};
use super::data::Example;
use super::recipe::ForestRecipe;
use super::relations::{candidates, outcomes};
use crate::model::relation::{Kinds, PairForest, RelationConfig};

/// The trees that annotated documents grow beside a scorer of `labels` types.
pub(super) fn forest_of(examples: &[Example], scorer: &RelationConfig, labels: usize, recipe: &ForestRecipe) -> PairForest {
    let (kinds, roles) = (Kinds::of(&scorer.table, labels), scorer.roles.len());
    let (mut rows, mut right) = (Vec::new(), Vec::new());
    for example in examples {
        let candidates = candidates(example, Some(&scorer.table));
        rows.append(&mut PairForest::rows(&candidates, &kinds, &scorer.table, roles));
        right.append(&mut outcomes(example, &candidates));
    }
    let mut sample = Sample { rows, right: Vec::new() };
    let mut trees = Vec::with_capacity(roles);
    for role in 1..=roles as u32 {
        sample.right = right.iter().map(|&outcome| outcome == role).collect();
        trees.push(grow(&sample, recipe.boosting()));
    }
    PairForest { kinds, share: recipe.share, roles: trees }
}
