//! Training: from a recipe and a corpus to a model folder, reproducibly, and without loss when it is cut off.
//!
//! Two stages: first the tagger with the encoder, then the relation model, as a rule the scorer over the finished tagger's states. All randomness
//! is a function of the seed and the step, so a run that goes on from a checkpoint is the run that was never interrupted.

mod adapt;
mod auxiliary;
mod boosting;
mod calibrate;
mod checkpoint;
mod course;
mod data;
mod encoder_folder;
mod error;
mod evaluation;
mod folds;
mod forest;
mod masking;
mod metrics;
mod optimizer;
mod pairs;
mod pos;
mod pretrain;
mod recipe;
mod recipe_file;
mod relations;
mod run;
mod start;
mod tagger;
mod teaching;
mod tokens;

pub use adapt::{AdaptInputs, AdaptRecipe, MaskingRecipe, adapt};
pub use auxiliary::AuxiliaryRecipe;
pub use calibrate::{
    BINS, CalibrateInputs, Calibrated, Confidences, Measured, Own, Reliability, Shape, ThresholdScores, calibrate,
};
pub use error::TrainError;
pub use evaluation::{FoldScores, Prf};
pub use folds::{CrossInputs, CrossScores, FoldReading, Spread, cross_validate, describe, models_of_fold, score_folds};
pub use metrics::{Observer, TrainEvent};
pub use optimizer::{AdamW, Slot};
pub use pos::{PosOutcome, PosPart, PosRecipe, train_pos};
pub use pretrain::{CorpusRecipe, PretrainInputs, PretrainRecipe, pretrain};
pub use recipe::{
    ForestRecipe, OptimizerRecipe, PairsRecipe, Recipe, RelationRecipe, RelevanceRecipe, RuleRecipe, ScorerRecipe, TaggerRecipe,
};
pub use recipe_file::{AnyRecipe, RecipeError};
pub use run::{Inputs, Outcome, run};
pub use teaching::TeachingRecipe;
