//! The kinds of relation model: what finds the roles between the spans of a text.

use super::{
    Candidates, Chosen, Outcomes, PairForest, PairModel, PairTable, PairsConfig, RelationConfig, RelationRule, RelationScorer,
    RuleConfig, choose,
};
use crate::document::Label;
use crate::model::ModelError;
use crate::model::encoder::Config;
use crate::model::engine::Precision;
use crate::model::stored::WeightSource;
use crate::model::weights::Weights;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// What a relation model is made of, as the manifest says it: `kind`, and what that kind needs. A scorer goes without the word, as it did
/// when it was the only kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum RelationModelConfig {
    /// Counts alone.
    Rule(RuleConfig),
    /// An encoder that reads every pair.
    Pairs(PairsConfig),
    /// All pairs at once from the tagger's states.
    #[serde(untagged)]
    Scorer(RelationConfig),
}

impl<'de> Deserialize<'de> for RelationModelConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        by_kind(deserializer, Self::Scorer, Self::Rule, Self::Pairs)
    }
}

impl RelationModelConfig {
    /// Roles in the order of the outcomes; outcome 0 is no role.
    pub fn roles(&self) -> &[Label] {
        match self {
            Self::Scorer(config) => &config.roles,
            Self::Rule(config) => &config.roles,
            Self::Pairs(config) => &config.roles,
        }
    }

    /// What is known of pairs of types: only legal ones are looked at.
    pub fn table(&self) -> &PairTable {
        match self {
            Self::Scorer(config) => &config.table,
            Self::Rule(config) => &config.table,
            Self::Pairs(config) => &config.table,
        }
    }

    /// The probability of being related from which on roles are chosen; a rule has none.
    pub fn threshold(&self) -> f32 {
        match self {
            Self::Scorer(config) => config.threshold,
            Self::Rule(_) => 0.0,
            Self::Pairs(config) => config.threshold,
        }
    }

    /// The scorer, if it is one.
    pub fn scorer(&self) -> Option<&RelationConfig> {
        match self {
            Self::Scorer(config) => Some(config),
            Self::Rule(_) | Self::Pairs(_) => None,
        }
    }
}

/// A relation model at work.
#[derive(Debug)]
pub enum RelationModel {
    /// All pairs at once from the tagger's states.
    Scorer(Box<RelationScorer>),
    /// Counts alone.
    Rule(RelationRule),
    /// An encoder that reads every pair.
    Pairs(Box<PairModel>),
}

impl RelationModel {
    /// Puts a relation model together. Engines take their weights from the first source, a scorer from the second; `labels` are the entity
    /// types, `placeholder` is the piece that stands for a mention.
    ///
    /// # Errors
    /// When a weight is missing or of the wrong shape, or the kind is made of what it can't be made of.
    pub fn load(
        (source, weights): (&impl WeightSource, &Weights),
        config: &RelationModelConfig,
        encoder: &Config,
        (labels, placeholder): (&[Label], u32),
        precision: Precision,
    ) -> Result<Self, ModelError> {
        Ok(match config {
            RelationModelConfig::Scorer(config) => {
                Self::Scorer(Box::new(RelationScorer::load(weights, config, encoder.hidden_size, labels, precision)?))
            }
            RelationModelConfig::Rule(config) => Self::Rule(RelationRule::new(config)),
            RelationModelConfig::Pairs(config) => {
                Self::Pairs(Box::new(PairModel::load(source, config, encoder, (labels, placeholder), precision)?))
            }
        })
    }

    /// Roles in the order of the outcomes; outcome 0 is no role.
    pub fn roles(&self) -> &[Label] {
        match self {
            Self::Scorer(scorer) => &scorer.config().roles,
            Self::Rule(rule) => &rule.config().roles,
            Self::Pairs(pairs) => &pairs.config().roles,
        }
    }

    /// What it knows of pairs of types: only legal ones are looked at.
    pub fn table(&self) -> &PairTable {
        match self {
            Self::Scorer(scorer) => &scorer.config().table,
            Self::Rule(rule) => &rule.config().table,
            Self::Pairs(pairs) => &pairs.config().table,
        }
    }

    /// The trees that have a say on pairs of mentions that stand.
    pub fn forest(&self) -> Option<&PairForest> {
        self.scorer()?.config().forest.as_ref()
    }

    /// The scorer, if it is one.
    pub fn scorer(&self) -> Option<&RelationScorer> {
        match self {
            Self::Scorer(scorer) => Some(scorer),
            Self::Rule(_) | Self::Pairs(_) => None,
        }
    }

    /// The roles of a text, at most one for two mentions, of pairs that are more probably related than the threshold, by which a rule
    /// does not go. `outcomes`: for each pair the probability of no role, then of each role.
    pub fn choose(&self, candidates: &Candidates, outcomes: &Outcomes, threshold: f32) -> Vec<Chosen> {
        match self {
            Self::Scorer(scorer) => choose(candidates, outcomes, scorer.config(), threshold),
            Self::Rule(rule) => rule.choose(candidates),
            Self::Pairs(pairs) => pairs.choose(candidates, outcomes, threshold),
        }
    }
}

/// Reads a table as its `kind` says: `rule`, `pairs` or, without the word too, `scorer`.
///
/// # Errors
/// When it is no table, there is no such kind, or the kind lacks something or does not know something of the rest.
pub fn by_kind<'de, T, S, R, P, D>(
    deserializer: D,
    scorer: fn(S) -> T,
    rule: fn(R) -> T,
    pairs: fn(P) -> T,
) -> Result<T, D::Error>
where
    S: DeserializeOwned,
    R: DeserializeOwned,
    P: DeserializeOwned,
    D: Deserializer<'de>,
{
    fn rest<T: DeserializeOwned, E: serde::de::Error>(kind: &str, table: serde_json::Map<String, Value>) -> Result<T, E> {
        let value = serde_json::from_value(Value::Object(table));
        value.map_err(|error| E::custom(format!("relations of kind \"{kind}\": {error}")))
    }
    let mut table = serde_json::Map::deserialize(deserializer)?;
    match table.remove("kind") {
        None => rest("scorer", table).map(scorer),
        Some(Value::String(kind)) => match kind.as_str() {
            "scorer" => rest(&kind, table).map(scorer),
            "rule" => rest(&kind, table).map(rule),
            "pairs" => rest(&kind, table).map(pairs),
            _ => Err(D::Error::custom(format!("\"{kind}\" is no kind of relation model: use scorer, rule or pairs"))),
        },
        Some(other) => Err(D::Error::custom(format!("the kind of a relation model is a string, not {other}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::relation::{DegreeTable, Look};

    fn scorer() -> RelationConfig {
        RelationConfig {
            state_width: 8,
            heads: 2,
            hidden_width: 4,
            marked: false,
            message_width: 0,
            threshold: 0.45,
            roles: vec![Label::from("ThemeOf")],
            table: PairTable::default(),
            degrees: DegreeTable::default(),
            forest: None,
        }
    }

    #[test]
    fn a_scorer_is_written_as_it_was_when_it_was_the_only_kind() {
        let text = serde_json::to_string(&RelationModelConfig::Scorer(scorer())).unwrap();
        assert_eq!(text, serde_json::to_string(&scorer()).unwrap());
        assert_eq!(serde_json::from_str::<RelationModelConfig>(&text).unwrap(), RelationModelConfig::Scorer(scorer()));
    }

    #[test]
    fn other_kinds_say_what_they_are_and_unknown_ones_are_refused() {
        let (roles, table) = (vec![Label::from("ThemeOf")], PairTable::default());
        let rule = RelationModelConfig::Rule(RuleConfig::learn((Look::Partner, 0.3), (roles, table), std::iter::empty()));
        let text = serde_json::to_string(&rule).unwrap();
        assert!(text.starts_with(r#"{"kind":"rule","look":"partner""#), "{text}");
        assert_eq!(serde_json::from_str::<RelationModelConfig>(&text).unwrap(), rule);
        let refused = |text: &str| serde_json::from_str::<RelationModelConfig>(text).unwrap_err().to_string();
        assert!(refused(r#"{"kind": "oracle"}"#).contains("\"oracle\" is no kind of relation model"));
        assert!(refused(r#"{"kind": "rule", "heads": 2}"#).contains("relations of kind \"rule\": unknown field `heads`"));
        assert!(refused(r#"{"heads": 2}"#).contains("missing field"), "{}", refused(r#"{"heads": 2}"#));
    }
}
