//! Roles between the spans of a text, by one of three kinds of model: a rule that only counts ([`RelationRule`]), the paper's pair
//! encoder ([`PairModel`]), and the one that ships, the one-pass relation scorer ([`RelationScorer`]): all pairs of spans of a text from the states of
//! the tagger's encoder, either those that it already computed or those of a second reading in which the mentions are marked.
//!
//! The scorer starts from the rule "nearest compatible partner, usual role" in the form of a [`PairTable`]: how often each role held
//! in the training data between spans of these types at these ranks of nearness. What the scorer learns is added to the
//! logarithm of that probability, so an untrained scorer is the rule and training can only tell it where the rule is wrong.

mod arrangement;
mod competition;
mod degrees;
mod features;
mod forest;
mod kind;
mod kinds;
mod nearness;
mod outcomes;
mod pair_encoder;
mod pair_input;
mod pair_model;
mod pairs;
mod priors;
mod reader;
mod ready;
mod rule;
mod scope;
mod scorer;
mod selection;
mod table;

pub use degrees::DegreeTable;
pub use features::PairFeatures;
pub use forest::PairForest;
#[cfg(test)]
pub(crate) use forest::tests::neighbours;
pub use kind::{RelationModel, RelationModelConfig, by_kind};
pub use kinds::Kinds;
pub use outcomes::Outcomes;
pub use pair_encoder::PairEncoder;
pub use pair_model::{PAIRS, PairModel, PairStage, PairsConfig};
pub use pairs::{CandidatePair, Candidates, Mention};
pub use reader::TYPES;
pub use rule::{Look, NearestCount, RelationRule, RuleConfig};
pub use scope::Scope;
pub use scorer::{MARKS, PairScores, RelationConfig, RelationScorer, mark_rows};
pub use selection::{Chosen, choose, choose_each};
pub use table::{Cell, CellCount, PairTable, half_seen};
