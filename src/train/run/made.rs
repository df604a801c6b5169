//! The model that a training makes: what it says of itself from the start, what it scores between epochs, and its folder.

use super::{Outcome, Run};
use crate::document::Document;
use crate::model::engine::Precision;
use crate::model::folder::{Model, ModelFiles};
use crate::model::manifest::{FORMAT, Manifest};
use crate::model::quantize;
use crate::model::relation::RelationModelConfig;
use crate::model::weights::Weights;
use crate::train::TrainError;
use crate::train::checkpoint::{self, Stage};
use crate::train::course::Course;
use crate::train::data::{Corpus, labels};
use crate::train::evaluation::score;
use crate::train::metrics::TrainEvent;
use crate::train::optimizer::AdamW;
use crate::train::recipe::Recipe;
use crate::train::start::StartingEncoder;

/// What a model says of itself before it has learned anything.
pub(super) fn first_manifest(recipe: &Recipe, corpus: &Corpus, start: &StartingEncoder, fold: Option<usize>) -> Manifest {
    let recipe_value = serde_json::to_value(recipe).unwrap_or_default();
    let training = serde_json::json!({
        "recipe": recipe_value,
        "documents": corpus.train.len(),
        "held_out_fold": fold,
    });
    Manifest {
        format: FORMAT,
        name: recipe.name.clone(),
        description: recipe.description.clone(),
        labels: start.labels(labels(&corpus.train)),
        word_split: recipe.word_split,
        lowercase: start.vocabulary.lowercase,
        window: start.window(recipe.window),
        tagger: recipe.tagger.config(),
        relations: None,
        training,
        scores: serde_json::Value::Null,
        calibration: None,
        weights_hash: String::new(),
    }
}

impl Run<'_> {
    /// Writes the model folder, with the scores on what was held out, and removes the checkpoint.
    pub(super) fn write_model(mut self) -> Result<Outcome, TrainError> {
        let weights = quantize::to_safetensors(&self.weights)?;
        self.manifest.weights_hash = blake3::hash(&weights).to_hex().to_string();
        let mut files = ModelFiles {
            manifest: Vec::new().into(),
            config: self.start.config_bytes.clone().into(),
            vocab: self.start.vocabulary.lines.clone().into_bytes().into(),
            weights: weights.into(),
        };
        let json =
            |manifest: &Manifest| manifest.to_bytes().map_err(|error| TrainError::Input(format!("manifest.json: {error}")));
        files.manifest = json(&self.manifest)?.into();
        // Scored as it is in the folder, rounded to 8 bits.
        let scores =
            if self.corpus.dev.is_empty() { None } else { Some(score(Model::load(&files, Precision::F32)?, &self.corpus.dev)?) };
        if let Some(scores) = &scores {
            self.course.tell(&TrainEvent::Scored {
                stage: "model",
                epoch: self.recipe.tagger.optimizer.epochs,
                scores: *scores,
            })?;
            self.manifest.scores = serde_json::to_value(scores).unwrap_or_default();
            files.manifest = json(&self.manifest)?.into();
        }
        let folder = self.course.out().join("model");
        files.write(&folder)?;
        checkpoint::remove(self.course.out())?;
        Ok(Outcome::Finished { folder, scores })
    }
}

/// Scores the tagger between epochs.
pub(super) struct Scoring<'s> {
    pub(super) manifest: &'s Manifest,
    pub(super) start: &'s StartingEncoder,
    pub(super) weights: &'s Weights,
    pub(super) dev: &'s [Document],
}

impl Scoring<'_> {
    pub(super) fn tell(&self, course: &mut Course<'_>, optimizer: &AdamW, epoch: usize) -> Result<(), TrainError> {
        if self.dev.is_empty() {
            return Ok(());
        }
        let pieces = self.start.pieces()?;
        let weights = optimizer.averaged(self.weights)?;
        let mut manifest = self.manifest.clone();
        // The weights of a pair encoder are put in after the tagger has learned.
        manifest.relations.take_if(|relations| matches!(relations, RelationModelConfig::Pairs(_)));
        let model = Model::assemble(manifest, &self.start.config, pieces, &weights, Precision::F32)?;
        course.tell(&TrainEvent::Scored { stage: Stage::Tagger.name(), epoch, scores: score(model, self.dev)? })
    }
}
