//! What a training does, as a TOML file. Where corpus and encoder lie is not part of it.

mod relation;

pub use relation::{PairsRecipe, RelationRecipe, RuleRecipe, ScorerRecipe};

use super::auxiliary::AuxiliaryRecipe;
use super::teaching::TeachingRecipe;
use crate::document::is_default;
use crate::model::tagger::{Output, TaggerConfig};
use crate::nlp::WordSplit;
use crate::nlp::bio::TagScheme;
use serde::{Deserialize, Serialize};

/// A whole training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Name of the model.
    pub name: String,
    /// One sentence on what it is.
    pub description: String,
    /// Seed of everything random.
    pub seed: u64,
    /// How text is split into words.
    #[serde(default)]
    pub word_split: WordSplit,
    /// Longest window in pieces, without `[CLS]` and `[SEP]`.
    #[serde(default = "window")]
    pub window: usize,
    /// Minutes between checkpoints.
    #[serde(default = "checkpoint_minutes")]
    pub checkpoint_minutes: f64,
    /// First stage.
    pub tagger: TaggerRecipe,
    /// Second stage; left out, the model finds no roles.
    pub relations: Option<RelationRecipe>,
    /// Other corpora, learned beside the documents from the start.
    #[serde(default, skip_serializing_if = "is_default")]
    pub auxiliary: Option<AuxiliaryRecipe>,
    /// Learning from other models beside what is annotated.
    #[serde(default, skip_serializing_if = "is_default")]
    pub teaching: Option<TeachingRecipe>,
}

fn window() -> usize {
    510
}

fn checkpoint_minutes() -> f64 {
    3.0
}

/// How weights are moved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptimizerRecipe {
    /// Passes over the training documents.
    pub epochs: usize,
    /// Documents of one step.
    pub batch: usize,
    /// Highest learning rate of new weights.
    pub learning_rate: f64,
    /// Share of the steps in which the rate rises from 0; then it falls to 0.
    pub warmup: f64,
    /// Decoupled weight decay, not applied to biases and norms.
    pub weight_decay: f64,
    /// Largest norm of the gradient.
    pub clip: f64,
    /// Share of the values that dropout sets to 0.
    pub dropout: f32,
    /// Decay of the running average of the weights that becomes the model; 0 takes the last weights.
    #[serde(default)]
    pub average: f64,
}

/// The first stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaggerRecipe {
    /// Optimiser.
    pub optimizer: OptimizerRecipe,
    /// Highest learning rate of the encoder's last layer.
    pub encoder_rate: f64,
    /// Factor of the rate from each encoder layer to the one below.
    #[serde(default = "one")]
    pub layer_decay: f64,
    /// Beginnings of names of weights that stay as they are.
    #[serde(default)]
    pub freeze: Vec<String>,
    /// Width of the shape embedding; 0 for none.
    pub shape_width: usize,
    /// Width of the part-of-speech embedding; 0 for none.
    #[serde(default)]
    pub part_width: usize,
    /// What the tags tell of an entity's words: `bio` or `bioes`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub scheme: TagScheme,
    /// How the tags of a sentence hang together: `crf` or `softmax`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub output: Output,
    /// Width of each direction of a bidirectional memory behind the encoder; 0 for none.
    #[serde(default, skip_serializing_if = "is_default")]
    pub lstm_width: usize,
    /// So many of the encoder's layers are kept, the lowest; with 0 only its embeddings are. All are kept without a word.
    #[serde(default, skip_serializing_if = "is_default")]
    pub encoder_layers: Option<usize>,
    /// Share of the pieces that are hidden behind `[MASK]`.
    #[serde(default)]
    pub piece_dropout: f64,
    /// Probability that a span needs to be proposed by default.
    #[serde(default)]
    pub threshold: f32,
    /// Dev documents are scored after so many epochs, and after the last.
    #[serde(default = "every")]
    pub score_every: usize,
}

fn one() -> f64 {
    1.0
}

fn every() -> usize {
    2
}

impl TaggerRecipe {
    /// What the tagger is made of.
    pub(super) fn config(&self) -> TaggerConfig {
        TaggerConfig {
            shape_width: self.shape_width,
            part_width: self.part_width,
            scheme: self.scheme,
            output: self.output,
            lstm_width: self.lstm_width,
            threshold: self.threshold,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::train::AnyRecipe;
    use std::fs;
    use std::path::Path;

    #[test]
    fn every_recipe_of_the_project_can_be_read() {
        let recipes = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/recipes");
        let mut read = 0;
        for folder in [recipes.clone(), recipes.join("comparison")] {
            for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
                let recipe = AnyRecipe::parse(&fs::read_to_string(&path).unwrap());
                recipe.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                read += 1;
            }
        }
        assert!(read >= 10, "the recipes were not found");
    }
}
