//! Training the encoder on other corpora first: an output layer and a CRF for each corpus over one encoder (paper, multi-task
//! learning), then the encoder alone is kept, in a folder that `--encoder` takes.

use super::checkpoint::{self, Stage};
use super::course::{self, Course, StageCourse, step_rng};
use super::data::{Example, labels};
use super::metrics::{Observer, TrainEvent};
use super::optimizer::AdamW;
use super::recipe::{Recipe, TaggerRecipe};
use super::start::StartingEncoder;
use super::tagger::Pass;
use super::{TrainError, tagger, tokens};
use crate::document::Document;
use crate::formats::load_paths;
use crate::model::folder::Preparer;
use crate::model::tagger::{Tagger, TaggerConfig};
use crate::model::weights::Weights;
use crate::nlp::WordSplit;
use crate::nlp::bio::TagSet;
use crate::pipeline::CancelToken;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// A training on several corpora.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PretrainRecipe {
    /// Name of the result.
    pub name: String,
    /// One sentence on what it is.
    pub description: String,
    /// Seed of everything random.
    pub seed: u64,
    /// How text is split into words.
    #[serde(default)]
    pub word_split: WordSplit,
    /// Minutes between checkpoints.
    pub checkpoint_minutes: f64,
    /// Tokens of the documents that are made of corpora without documents.
    pub document_words: usize,
    /// Optimiser and encoder, as for the tagger.
    pub tagger: TaggerRecipe,
    /// The corpora.
    #[serde(rename = "corpus")]
    pub corpora: Vec<CorpusRecipe>,
}

/// One corpus.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorpusRecipe {
    /// Name of its output layer.
    pub name: String,
    /// Files of one token a line (`.tsv`) or folders of standoff, inside the folder of all corpora.
    pub paths: Vec<PathBuf>,
    /// λ of the paper: the weight of its loss.
    pub weight: f64,
}

/// What such a training is given.
#[derive(Debug)]
pub struct PretrainInputs {
    /// The recipe.
    pub recipe: PretrainRecipe,
    /// Folder that the paths of the corpora lie in.
    pub corpora: PathBuf,
    /// Folder of the encoder to begin from, in Hugging Face layout.
    pub encoder: PathBuf,
    /// Folder for the encoder, the checkpoint and the metrics.
    pub out: PathBuf,
}

/// A batch of documents of one corpus.
struct TaskBatch {
    task: usize,
    examples: Vec<Example>,
}

/// Trains the encoder, or goes on where the checkpoint stands. Gives the folder of the encoder, or `None` when it was asked to stop.
///
/// # Errors
/// When an input is wrong or can't be read, the checkpoint belongs to another run, or a result can't be written.
pub fn pretrain(
    inputs: PretrainInputs,
    observer: &mut dyn Observer,
    cancel: &CancelToken,
) -> Result<Option<PathBuf>, TrainError> {
    let PretrainInputs { recipe, corpora, encoder, out } = inputs;
    let start = StartingEncoder::read(&encoder)?;
    let corpora = recipe.corpora.iter().map(|corpus| load(corpus, &corpora, recipe.document_words));
    let corpora: Vec<Vec<Document>> = corpora.collect::<Result<_, _>>()?;
    let id = run_id(&recipe, &corpora);
    let (mut course, resumed) = Course::open(&out, (recipe.seed, recipe.checkpoint_minutes), id, observer, cancel)?;
    let resumed_at = resumed.as_ref().map_or(0, |checkpoint| checkpoint.position.step);
    let documents = corpora.iter().map(Vec::len).sum();
    course.tell(&TrainEvent::Started { documents, dev_documents: 0, resumed_at })?;

    let mut weights = match &resumed {
        Some(checkpoint) => checkpoint.weights.clone(),
        None => start.weights()?,
    };
    let config = TaggerConfig { shape_width: recipe.tagger.shape_width };
    let tags: Vec<TagSet> = corpora.iter().map(|documents| TagSet::new(labels(documents))).collect();
    let mut rng = step_rng(recipe.seed, "weights", 0);
    for (corpus, tags) in recipe.corpora.iter().zip(&tags) {
        Tagger::ensure(&mut weights, &start.config, &config, tags, &corpus.name, &mut rng)?;
    }
    let frozen = |name: &str| recipe.tagger.freeze.iter().any(|frozen| name.starts_with(frozen.as_str()));
    weights.make_trainable(|name| !frozen(name))?;
    let taggers = recipe.corpora.iter().zip(&tags);
    let taggers = taggers.map(|(corpus, tags)| Tagger::load(&weights, &start.config, &config, tags, &corpus.name));
    let taggers: Vec<Tagger> = taggers.collect::<Result<_, _>>()?;

    let preparer = Preparer::new(start.pieces(true)?, recipe.word_split, start.window(510));
    let batches = batches(&corpora, &tags, &preparer, recipe.tagger.optimizer.batch)?;
    let mut optimizer_recipe = recipe.tagger.optimizer.clone();
    optimizer_recipe.batch = 1;
    let layers = start.config.num_hidden_layers;
    let steps = course::steps(&optimizer_recipe, batches.len());
    let rate = |name: &str| tagger::rate(name, &recipe.tagger, layers);
    let mut optimizer = AdamW::new(&weights, &optimizer_recipe, steps, rate)?;
    if let Some(mut checkpoint) = resumed {
        checkpoint.restore(&mut optimizer)?;
    }
    let stage = StageCourse { stage: Stage::Auxiliary, recipe: &optimizer_recipe, weights: &weights, examples: &batches };
    let mask = preparer.pieces().special().mask;
    let loss = |chosen: &[&TaskBatch], rng| {
        let Some(batch) = chosen.first() else { return Ok(None) };
        let examples: Vec<&Example> = batch.examples.iter().collect();
        let tagger = &taggers[batch.task];
        let loss = Pass::new(tagger, mask, &examples, &recipe.tagger, rng)?.loss(tagger, &examples)?;
        Ok(Some(((loss * recipe.corpora[batch.task].weight)?, tagger::pieces(&examples))))
    };
    if !course.run(&stage, &mut optimizer, loss, |_, _, _| Ok(()))? {
        return Ok(None);
    }
    let folder = course.out().join("encoder");
    write_encoder(&folder, &start, &optimizer.averaged(&weights)?)?;
    checkpoint::remove(course.out())?;
    Ok(Some(folder))
}

/// The documents of a corpus.
fn load(corpus: &CorpusRecipe, root: &Path, words: usize) -> Result<Vec<Document>, TrainError> {
    let mut documents = Vec::new();
    for path in corpus.paths.iter().map(|path| root.join(path)) {
        if path.extension().is_some_and(|ending| ending == "tsv") {
            let content = fs::read_to_string(&path).map_err(|error| TrainError::at(&path, error))?;
            documents.extend(tokens::read(&corpus.name, &content, words).map_err(|error| TrainError::at(&path, error))?);
        } else {
            let report = load_paths(std::slice::from_ref(&path));
            if report.loaded.is_empty() {
                return Err(TrainError::at(&path, "there are no documents"));
            }
            documents.extend(report.loaded.into_iter().map(|loaded| loaded.document));
        }
    }
    Ok(documents)
}

fn batches(corpora: &[Vec<Document>], tags: &[TagSet], preparer: &Preparer, batch: usize) -> Result<Vec<TaskBatch>, TrainError> {
    let mut batches = Vec::new();
    for (task, (documents, tags)) in corpora.iter().zip(tags).enumerate() {
        for documents in documents.chunks(batch.max(1)) {
            let examples = documents.iter().map(|document| Example::new(document, preparer, tags, &[]));
            batches.push(TaskBatch { task, examples: examples.collect::<Result<_, _>>()? });
        }
    }
    Ok(batches)
}

fn run_id(recipe: &PretrainRecipe, corpora: &[Vec<Document>]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(serde_json::to_string(recipe).unwrap_or_default().as_bytes());
    for document in corpora.iter().flatten() {
        hasher.update(document.name.as_bytes());
        hasher.update(document.text.as_str().as_bytes());
        hasher.update(&document.entities.len().to_le_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

/// Writes the encoder without the output layers, as a checkpoint folder.
fn write_encoder(folder: &Path, start: &StartingEncoder, weights: &Weights) -> Result<(), TrainError> {
    fs::create_dir_all(folder).map_err(|error| TrainError::at(folder, error))?;
    let kept = weights.iter().filter(|(name, _)| Weights::belongs_to_encoder(name));
    let kept = kept.map(|(name, tensor)| (name.to_owned(), tensor.detach())).collect();
    candle_core::safetensors::save(&kept, folder.join("model.safetensors"))?;
    for (name, bytes) in [("config.json", &start.config_bytes), ("vocab.txt", &start.vocab)] {
        let path = folder.join(name);
        fs::write(&path, bytes).map_err(|error| TrainError::at(&path, error))?;
    }
    Ok(())
}

/// A recipe file is for one kind of training or the other.
#[derive(Clone, Debug, PartialEq)]
pub enum AnyRecipe {
    /// A model for a corpus.
    Model(Box<Recipe>),
    /// An encoder on several corpora.
    Encoder(Box<PretrainRecipe>),
}

impl AnyRecipe {
    /// Reads a recipe of either kind: one that has `[[corpus]]` tables is for an encoder.
    ///
    /// # Errors
    /// When it is not TOML or lacks something; the message names line and column.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        let table: toml::Table = toml::from_str(text)?;
        if table.contains_key("corpus") {
            Ok(Self::Encoder(toml::from_str(text)?))
        } else {
            Ok(Self::Model(toml::from_str(text)?))
        }
    }
}
