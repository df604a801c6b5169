//! Adapting an encoder to a kind of text: it goes on guessing hidden words, on texts without any annotation (Gururangan et al. 2020).

use super::checkpoint::Stage;
use super::course::{self, Course, Pool, StageCourse, step_rng};
use super::masking::{Hiding, Masked, MaskingExample, PieceHead};
use super::metrics::{Observer, TrainEvent};
use super::optimizer::AdamW;
use super::recipe::OptimizerRecipe;
use super::start::StartingEncoder;
use super::{TrainError, encoder_folder, pretrain, tagger};
use crate::document::Document;
use crate::model::encoder::{Dropout, Encoder};
use crate::model::folder::Preparer;
use crate::nlp::WordSplit;
use crate::pipeline::CancelToken;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// An adaptation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdaptRecipe {
    /// Name of the result.
    pub name: String,
    /// One sentence on what it is.
    pub description: String,
    /// Seed of everything random.
    pub seed: u64,
    /// How text is split into the words that are hidden whole.
    #[serde(default)]
    pub word_split: WordSplit,
    /// Longest window in pieces, without the two special ones.
    pub window: usize,
    /// Minutes between checkpoints.
    pub checkpoint_minutes: f64,
    /// Words of the texts that are made of corpora without texts.
    pub document_words: usize,
    /// What is hidden and how it is learned.
    pub masking: MaskingRecipe,
}

/// Guessing hidden words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaskingRecipe {
    /// Files of one token a line (`.tsv`), or files and folders in any other format, inside the folder of all corpora.
    pub paths: Vec<PathBuf>,
    /// Share of the words that are hidden.
    pub share: f64,
    /// Highest learning rate of the encoder's last layer.
    pub encoder_rate: f64,
    /// Factor of the rate from each encoder layer to the one below.
    pub layer_decay: f64,
    /// Beginnings of names of weights that stay as they are.
    #[serde(default)]
    pub freeze: Vec<String>,
    /// Optimiser; a batch is of windows.
    pub optimizer: OptimizerRecipe,
}

/// What an adaptation is given.
#[derive(Debug)]
pub struct AdaptInputs {
    /// The recipe.
    pub recipe: AdaptRecipe,
    /// Folder that the paths of the recipe lie in.
    pub corpora: PathBuf,
    /// Folder of the encoder to begin from, in Hugging Face layout.
    pub encoder: PathBuf,
    /// Folder for the encoder, the checkpoint and the metrics.
    pub out: PathBuf,
}

/// Adapts the encoder, or goes on where the checkpoint stands, or finds that all is done. Gives the folder of the encoder, or `None`
/// when it was asked to stop.
///
/// # Errors
/// When an input is wrong or can't be read, checkpoint or encoder belong to another run, or a result can't be written.
pub fn adapt(inputs: AdaptInputs, observer: &mut dyn Observer, cancel: &CancelToken) -> Result<Option<PathBuf>, TrainError> {
    let AdaptInputs { recipe, corpora, encoder, out } = inputs;
    let masking = &recipe.masking;
    let start = StartingEncoder::read(&encoder)?;
    let pieces = start.pieces()?;
    let mask = pieces.special().mask.ok_or_else(|| {
        TrainError::at(&encoder, "its vocabulary has no piece that hides others, [MASK] or <mask>, so it can't guess words")
    })?;
    let hiding = Hiding { share: masking.share, mask, vocabulary: pieces.vocab_size() as u32 };
    let documents = pretrain::read(&recipe.name, &masking.paths, (&corpora, recipe.document_words), observer)?;
    let id = run_id(&recipe, &documents, &start)?;
    if let Some(folder) = encoder_folder::finished(&out, &id)? {
        return Ok(Some(folder));
    }
    let (mut course, resumed) = Course::open(&out, (recipe.seed, recipe.checkpoint_minutes), id, observer, cancel)?;
    let resumed_at = resumed.as_ref().map_or(0, |checkpoint| checkpoint.position.step);
    course.tell(&TrainEvent::Started { documents: documents.len(), dev_documents: 0, resumed_at })?;

    let preparer = Preparer::new(pieces, recipe.word_split, start.window(recipe.window));
    let mut examples = Vec::new();
    for document in &documents {
        examples.extend(MaskingExample::windows(&preparer.prepare(&document.text)?.encoded));
    }
    let mut weights = match &resumed {
        Some(checkpoint) => checkpoint.weights.clone(),
        None => start.weights()?,
    };
    PieceHead::ensure(&mut weights, &start.config, &mut step_rng(recipe.seed, "weights", 0))?;
    weights.make_trainable(|name| !masking.freeze.iter().any(|frozen| name.starts_with(frozen.as_str())))?;
    let encoder = Encoder::load(&weights, &start.config)?;
    let head = PieceHead::load(&weights, &start.config)?;
    let layers = start.config.num_hidden_layers;
    let pools = [Pool::whole(examples.len())];
    let steps = course::steps(&masking.optimizer, &pools);
    let of_encoder = |name: &str| tagger::encoder_rate(name, (masking.encoder_rate, masking.layer_decay), layers);
    let rate = |name: &str| of_encoder(name).unwrap_or(masking.optimizer.learning_rate);
    let mut optimizer = AdamW::new(&weights, &masking.optimizer, steps, rate)?;
    if let Some(mut checkpoint) = resumed {
        checkpoint.restore(&mut optimizer)?;
    }
    let stage =
        StageCourse { stage: Stage::Masking, recipe: &masking.optimizer, weights: &weights, examples: &examples, pools: &pools };
    let loss = |chosen: &[&MaskingExample], mut rng| {
        let masked = Masked::new(chosen, hiding, &mut rng);
        let mut dropout = Dropout::new(masking.optimizer.dropout, rng);
        let pieces = chosen.iter().map(|example| example.pieces()).sum();
        Ok(head.loss(&encoder, &masked, &mut dropout)?.map(|loss| (loss, pieces)))
    };
    if !course.run(&stage, &mut optimizer, loss, |_, _, _| Ok(()))? {
        return Ok(None);
    }
    Ok(Some(encoder_folder::write(&course, &start, &optimizer.averaged(&weights)?)?))
}

fn run_id(recipe: &AdaptRecipe, documents: &[Document], start: &StartingEncoder) -> Result<String, TrainError> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(start.hash()?.as_bytes());
    hasher.update(serde_json::to_string(recipe).unwrap_or_default().as_bytes());
    for document in documents {
        hasher.update(document.name.as_bytes()).update(document.text.as_str().as_bytes());
    }
    Ok(hasher.finalize().to_hex().to_string())
}

#[cfg(test)]
mod tests;
