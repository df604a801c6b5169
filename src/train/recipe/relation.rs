//! The second stage: what finds the roles.

use super::{OptimizerRecipe, one};
use crate::document::{Label, is_default};
use crate::model::relation::{Look, PairTable, PairsConfig, RelationConfig, by_kind};
use crate::train::boosting::Boosting;
use crate::train::relations::PairCounts;
use serde::{Deserialize, Deserializer, Serialize};

/// The second stage, by the `kind` of relation model; a scorer goes without the word, as it did when it was the only kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum RelationRecipe {
    /// Nearest compatible partner, usual role.
    Rule(RuleRecipe),
    /// An encoder that reads every pair.
    Pairs(PairsRecipe),
    /// All pairs at once from the tagger's states.
    #[serde(untagged)]
    Scorer(ScorerRecipe),
}

impl<'de> Deserialize<'de> for RelationRecipe {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        by_kind(deserializer, Self::Scorer, Self::Rule, Self::Pairs)
    }
}

impl RelationRecipe {
    /// Weight of the pairs' loss beside the tags' while the tagger learns.
    pub(crate) fn joint_weight(&self) -> f64 {
        match self {
            Self::Scorer(recipe) => recipe.joint_weight,
            Self::Rule(_) | Self::Pairs(_) => 0.0,
        }
    }
}

/// The rule that only counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleRecipe {
    /// From which side the nearest partner is looked for: `subject`, `object` or `partner`.
    #[serde(default)]
    pub look: Look,
    /// Share of the nearest pairs of two types that must be related for the types to be compatible, 0 to 1.
    #[serde(default)]
    pub compatible: f32,
}

/// The paper's pair encoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairsRecipe {
    /// Optimiser of each stage; its batches are of pairs.
    pub optimizer: OptimizerRecipe,
    /// Highest learning rate of the encoder's last layer.
    pub encoder_rate: f64,
    /// Factor of the rate from each encoder layer to the one below.
    #[serde(default = "one")]
    pub layer_decay: f64,
    /// Beginnings of names of the encoder's weights that stay as they are.
    #[serde(default)]
    pub freeze: Vec<String>,
    /// 1: no role and all roles at once; 2: first whether two mentions are related, then in what role.
    pub stages: usize,
    /// Pairs without a role that are learned from for each that has one, drawn anew for each batch; left out, each pair is learned from
    /// once in an epoch.
    #[serde(default)]
    pub negatives: Option<f64>,
    /// Pieces from a mention up to which distances are told apart.
    pub reach: usize,
    /// Probability of being related from which a role is proposed.
    pub threshold: f32,
}

impl PairsRecipe {
    /// What the pair encoders are made of, for these roles.
    pub(crate) fn config(&self, roles: Vec<Label>, table: PairTable) -> PairsConfig {
        PairsConfig { stages: self.stages, reach: self.reach, threshold: self.threshold, roles, table }
    }
}

/// The one-pass scorer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScorerRecipe {
    /// Optimiser.
    pub optimizer: OptimizerRecipe,
    /// Weight of the pairs' loss beside the tags' while the tagger learns; 0 leaves the encoder to the tags.
    #[serde(default)]
    pub joint_weight: f64,
    /// Width of the states of the second look.
    pub state_width: usize,
    /// Heads of its attention; they share the width.
    pub heads: usize,
    /// Width of the hidden layer.
    pub hidden_width: usize,
    /// Whether the encoder reads the sentences with mentions a second time, the mentions marked.
    #[serde(default)]
    pub marked: bool,
    /// Width of what competing pairs tell each other; 0 when each pair is scored alone.
    #[serde(default, skip_serializing_if = "is_default")]
    pub message_width: usize,
    /// Probability of being related from which a role is proposed.
    pub threshold: f32,
    /// Trees that have a say on pairs of mentions that stand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forest: Option<ForestRecipe>,
}

/// Boosted trees beside the scorer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForestRecipe {
    /// Weight of what they say, from 0 to 1; the rest is the scorer's.
    pub share: f32,
    /// Number of trees of each role.
    pub trees: usize,
    /// Leaves of a tree.
    pub leaves: usize,
    /// Share of what a leaf would say that it does say.
    pub rate: f64,
    /// Pairs of a leaf, at least.
    pub least: usize,
    /// How strongly leaves are held to 0: as if so many pairs more, each worth 1 of curvature, had said nothing.
    pub ridge: f64,
}

impl ForestRecipe {
    /// How the trees are grown.
    pub(crate) fn boosting(&self) -> Boosting {
        let Self { trees, leaves, rate, least, ridge, share: _ } = *self;
        Boosting { trees, leaves, rate, part: 1.0, least, ridge }
    }
}

impl ScorerRecipe {
    /// What the scorer is made of, for these roles.
    pub(crate) fn config(&self, roles: Vec<Label>, counts: PairCounts) -> RelationConfig {
        let PairCounts { table, degrees } = counts;
        let Self { state_width, heads, hidden_width, marked, message_width, threshold, .. } = *self;
        RelationConfig { state_width, heads, hidden_width, marked, message_width, threshold, roles, table, degrees, forest: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCORER_TABLE: &str = "state_width = 8\nheads = 2\nhidden_width = 4\nthreshold = 0.45\n[optimizer]\nepochs = 1\nbatch = 1\n\
        learning_rate = 1e-3\nwarmup = 0.1\nweight_decay = 0.0\nclip = 1.0\ndropout = 0.1\n";

    #[test]
    fn a_recipe_without_a_kind_is_for_a_scorer_and_is_hashed_as_before() {
        let recipe: RelationRecipe = toml::from_str(SCORER_TABLE).unwrap();
        let text = serde_json::to_string(&recipe).unwrap();
        assert!(text.starts_with(r#"{"optimizer":{"epochs":1,"batch":1,"#), "{text}");
        assert!(
            text.ends_with(r#""joint_weight":0.0,"state_width":8,"heads":2,"hidden_width":4,"marked":false,"threshold":0.45}"#)
        );
        let said: RelationRecipe = toml::from_str(&format!("kind = \"scorer\"\n{SCORER_TABLE}")).unwrap();
        assert_eq!(said, recipe);
    }

    #[test]
    fn a_pair_encoder_begins_with_all_pairs_and_one_rate_for_all_layers() {
        let text = SCORER_TABLE
            .replace("state_width = 8\nheads = 2\nhidden_width = 4\n", "stages = 2\nreach = 9\nencoder_rate = 2e-5\n");
        let recipe: RelationRecipe = toml::from_str(&format!("kind = \"pairs\"\n{text}")).unwrap();
        let RelationRecipe::Pairs(pairs) = &recipe else { panic!("another kind: {recipe:?}") };
        assert_eq!((pairs.stages, pairs.negatives, pairs.layer_decay), (2, None, 1.0));
        let again: RelationRecipe = serde_json::from_str(&serde_json::to_string(&recipe).unwrap()).unwrap();
        assert_eq!(again, recipe);
    }

    #[test]
    fn a_rule_needs_nothing_and_takes_nothing_of_other_kinds() {
        let rule: RelationRecipe = toml::from_str("kind = \"rule\"\nlook = \"object\"").unwrap();
        assert_eq!(rule, RelationRecipe::Rule(RuleRecipe { look: Look::Object, compatible: 0.0 }));
        let again: RelationRecipe = serde_json::from_str(&serde_json::to_string(&rule).unwrap()).unwrap();
        assert_eq!(again, rule);
        let refused = |text: &str| toml::from_str::<RelationRecipe>(text).unwrap_err().to_string();
        assert!(refused("kind = \"rule\"\nheads = 2").contains("unknown field `heads`"));
        assert!(refused("kind = \"rule\"\nlook = \"up\"").contains("unknown variant `up`"));
        assert!(refused("kind = \"magic\"").contains("use scorer, rule or pairs"));
    }
}
