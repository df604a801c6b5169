//! Training: from a recipe and a corpus to a model folder, reproducibly, and without loss when it is cut off.
//!
//! Two stages: first the tagger with the encoder, then the relation scorer over the finished tagger's states. All randomness
//! is a function of the seed and the step, so a run that goes on from a checkpoint is the run that was never interrupted.

mod checkpoint;
mod data;
mod evaluation;
mod metrics;
mod optimizer;
mod recipe;
mod relations;
mod run;
mod tagger;

pub use evaluation::FoldScores;
pub use metrics::{Observer, TrainEvent};
pub use recipe::{OptimizerRecipe, Recipe, RelationRecipe, TaggerRecipe};
pub use run::{Inputs, Outcome, TrainError, run};
