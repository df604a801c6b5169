//! What a training does, as a TOML file. Where corpus and encoder lie is not part of it.

mod relation;

pub use relation::{ForestRecipe, PairsRecipe, RelationRecipe, RuleRecipe, ScorerRecipe};

use super::auxiliary::AuxiliaryRecipe;
use super::teaching::TeachingRecipe;
use crate::document::is_default;
use crate::model::relevance::{RelevanceConfig, RelevanceUse};
use crate::model::tagger::{Output, TaggerConfig};
use crate::nlp::bio::TagScheme;
use crate::nlp::{Context, WordSplit};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

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
    /// How much of the text a word is read with: `abstract`, `neighbours` or `sentence`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub context: Context,
    /// Contexts in which texts are read too while the tagger learns. Each time `context` or one of these is drawn, so that no word's tag
    /// can be learned by heart from the same surroundings.
    #[serde(default, skip_serializing_if = "is_default")]
    pub also_read: Vec<Context>,
    /// An output for sentences beside that for tags: whether they carry any annotation.
    #[serde(default, skip_serializing_if = "is_default")]
    pub relevance: Option<RelevanceRecipe>,
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

/// Learning which sentences carry annotations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelevanceRecipe {
    /// Weight of its loss beside the tags'; with 0 only the tags teach it, and only where it is `joint`.
    #[serde(deserialize_with = "not_negative")]
    pub weight: f64,
    /// What becomes of its log-odds: `unused`, `decoding`, `given` or `joint`.
    #[serde(default)]
    pub used: RelevanceUse,
    /// What they are multiplied by before they are added to the scores of all tags but O; where it is learned, what it begins with.
    #[serde(deserialize_with = "not_negative")]
    pub strength: f32,
}

/// A number from 0 on.
fn not_negative<'de, D: Deserializer<'de>, T: Deserialize<'de> + Copy + Into<f64>>(deserializer: D) -> Result<T, D::Error> {
    let value = T::deserialize(deserializer)?;
    let number: f64 = value.into();
    let right = number.is_finite() && number >= 0.0;
    right.then_some(value).ok_or_else(|| D::Error::custom(format!("{number} is not a number from 0 on")))
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
            context: self.context,
            relevance: self.relevance.as_ref().map(|it| RelevanceConfig { used: it.used, strength: it.strength }),
            threshold: self.threshold,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tagger_that_reads_whole_texts_and_has_no_output_for_sentences_is_hashed_as_before_there_was_a_choice() {
        let text = "encoder_rate = 1e-4\nshape_width = 0\n[optimizer]\nepochs = 1\nbatch = 1\nlearning_rate = 1e-3\nwarmup = 0.1\n\
            weight_decay = 0.0\nclip = 1.0\ndropout = 0.1\n";
        let plain: TaggerRecipe = toml::from_str(text).unwrap();
        assert_eq!(
            serde_json::to_string(&plain).unwrap().split_once(r#","encoder_rate""#).unwrap().1,
            r#":0.0001,"layer_decay":1.0,"freeze":[],"shape_width":0,"part_width":0,"piece_dropout":0.0,"threshold":0.0,"score_every":2}"#
        );
        assert_eq!(
            serde_json::to_string(&plain.config()).unwrap(),
            r#"{"shape_width":0,"part_width":0,"threshold":0.0}"#,
            "nor is anything of it in a manifest"
        );
        let with: TaggerRecipe = toml::from_str(&format!("{text}[relevance]\nweight = 0.1\nstrength = 0.5\n")).unwrap();
        let relevance = RelevanceConfig { used: RelevanceUse::Given, strength: 0.5 };
        assert_eq!(with.config().relevance, Some(relevance));
        assert_ne!(serde_json::to_string(&with).unwrap(), serde_json::to_string(&plain).unwrap());
        for wrong in ["weight = -0.1\nstrength = 0.5", "weight = 0.1\nstrength = nan", "weight = inf\nstrength = 0.5"] {
            let error = toml::from_str::<TaggerRecipe>(&format!("{text}[relevance]\n{wrong}\n")).unwrap_err();
            assert!(error.message().ends_with("is not a number from 0 on"), "{error}");
        }
    }
}
