//! The course of a training.

use super::checkpoint::{self, Checkpoint, Position, Stage};
use super::data::{Corpus, Example, labels, roles};
use super::evaluation::{FoldScores, score};
use super::metrics::{Observer, TrainEvent};
use super::optimizer::AdamW;
use super::recipe::{OptimizerRecipe, Recipe};
use super::relations::{PairExample, count_pairs};
use super::{relations, tagger};
use crate::document::Document;
use crate::model::ModelError;
use crate::model::encoder::Config;
use crate::model::folder::{Model, ModelFiles, parse_config};
use crate::model::manifest::{FORMAT, Manifest};
use crate::model::quantize;
use crate::model::relation::{RelationConfig, RelationScorer};
use crate::model::tagger::{Tagger, TaggerConfig};
use crate::model::weights::Weights;
use crate::nlp::bio::TagSet;
use crate::nlp::pieces::PieceEncoder;
use crate::pipeline::CancelToken;
use candle_core::Tensor;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A training that can't begin or go on.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// Something that was given is wrong; a sentence that names it.
    #[error("{0}")]
    Input(String),
    /// The model.
    #[error(transparent)]
    Model(#[from] ModelError),
}

impl From<candle_core::Error> for TrainError {
    fn from(error: candle_core::Error) -> Self {
        Self::Model(error.into())
    }
}

/// What a training is given.
#[derive(Debug)]
pub struct Inputs {
    /// The recipe.
    pub recipe: Recipe,
    /// The corpus.
    pub documents: Vec<Document>,
    /// Splits file and the fold that is held out; `None` trains on everything.
    pub fold: Option<(PathBuf, usize)>,
    /// Folder of the encoder to begin from, in Hugging Face layout.
    pub encoder: PathBuf,
    /// Folder for the model, the checkpoint and the metrics.
    pub out: PathBuf,
}

/// How a training ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The model is in the folder.
    Finished {
        /// The model folder.
        folder: PathBuf,
        /// Scores of the model as it is in the folder, in 8 bits, on the fold that was held out.
        scores: Option<FoldScores>,
    },
    /// It was asked to stop and can go on from its checkpoint.
    Interrupted,
}

/// Trains, or goes on where the checkpoint in `out` stands.
///
/// # Errors
/// When an input is wrong or can't be read, the checkpoint belongs to another run, or a result can't be written.
pub fn run(inputs: Inputs, observer: &mut dyn Observer, cancel: &CancelToken) -> Result<Outcome, TrainError> {
    Run::new(inputs, observer, cancel)?.finish()
}

/// A file in a folder, read or explained.
fn read(folder: &Path, name: &str) -> Result<Vec<u8>, TrainError> {
    let path = folder.join(name);
    fs::read(&path).map_err(|error| TrainError::Input(format!("{}: {error}", path.display())))
}

struct Run<'a> {
    recipe: Recipe,
    corpus: Corpus,
    manifest: Manifest,
    config_bytes: Vec<u8>,
    config: Config,
    vocab: Vec<u8>,
    weights: Weights,
    resumed: Option<Checkpoint>,
    /// Hash of recipe and documents.
    id: String,
    out: PathBuf,
    log: fs::File,
    observer: &'a mut dyn Observer,
    cancel: &'a CancelToken,
    saved: Instant,
}

impl<'a> Run<'a> {
    fn new(inputs: Inputs, observer: &'a mut dyn Observer, cancel: &'a CancelToken) -> Result<Self, TrainError> {
        let Inputs { recipe, documents, fold, encoder, out } = inputs;
        let wrong = |path: &Path, error: &dyn std::fmt::Display| TrainError::Input(format!("{}: {error}", path.display()));
        fs::create_dir_all(&out).map_err(|error| wrong(&out, &error))?;
        let config_bytes = read(&encoder, "config.json")?;
        let config = parse_config(&config_bytes)?;
        let vocab = read(&encoder, "vocab.txt")?;
        let id = run_id(&recipe, &documents, fold.as_ref().map(|(_, fold)| *fold));
        let corpus = Corpus::split(documents, fold.as_ref().map(|(path, fold)| (path.as_path(), *fold)))?;
        if corpus.train.is_empty() {
            return Err(TrainError::Input("there are no documents to train on".to_owned()));
        }
        let resumed = Checkpoint::load(&out)?;
        if resumed.as_ref().is_some_and(|checkpoint| checkpoint.position.run != id) {
            let what = "the checkpoint belongs to another recipe or corpus: choose another folder, or remove it to begin anew";
            return Err(wrong(&out, &what));
        }
        let weights = match &resumed {
            Some(checkpoint) => checkpoint.weights.clone(),
            None => Weights::from_checkpoint(&encoder)?,
        };
        let log_path = out.join("metrics.jsonl");
        let log = fs::OpenOptions::new().create(true).append(true).open(&log_path).map_err(|error| wrong(&log_path, &error))?;
        let manifest = first_manifest(&recipe, &corpus, &config, fold.map(|(_, fold)| fold));
        let saved = Instant::now();
        let mut run = Self {
            recipe,
            corpus,
            manifest,
            config_bytes,
            config,
            vocab,
            weights,
            resumed,
            id,
            out,
            log,
            observer,
            cancel,
            saved,
        };
        let resumed_at = run.resumed.as_ref().map_or(0, |checkpoint| checkpoint.position.step);
        let (documents, dev_documents) = (run.corpus.train.len(), run.corpus.dev.len());
        run.tell(&TrainEvent::Started { documents, dev_documents, resumed_at })?;
        Ok(run)
    }

    fn tell(&mut self, event: &TrainEvent) -> Result<(), TrainError> {
        self.observer.observe(event);
        let line = serde_json::to_string(event).map_err(|error| TrainError::Input(error.to_string()))?;
        writeln!(self.log, "{line}").map_err(|error| TrainError::Input(format!("metrics.jsonl: {error}")))
    }

    fn tags(&self) -> TagSet {
        TagSet::new(self.manifest.labels.iter().cloned())
    }

    fn pieces(&self) -> Result<PieceEncoder, TrainError> {
        let text = String::from_utf8_lossy(&self.vocab);
        Ok(PieceEncoder::new(&text, self.manifest.lowercase).map_err(|error| ModelError::Pieces(error.to_string()))?)
    }

    fn model(&self, weights: &Weights) -> Result<Model, TrainError> {
        Ok(Model::assemble(self.manifest.clone(), &self.config, self.pieces()?, weights)?)
    }

    fn examples(&self, model: &Model) -> Result<Vec<Example>, TrainError> {
        let roles = roles(&self.corpus.train);
        self.corpus.train.iter().map(|document| Example::new(document.clone(), model, &roles)).collect()
    }

    /// Both stages, then the folder.
    fn finish(mut self) -> Result<Outcome, TrainError> {
        let mut rng = step_rng(self.recipe.seed, "weights", 0);
        let tags = self.tags();
        Tagger::ensure(&mut self.weights, &self.config, &self.manifest.tagger, &tags, &mut rng)?;
        let stage = self.resumed.as_ref().map_or(Stage::Tagger, |checkpoint| checkpoint.position.stage);
        if stage == Stage::Tagger && !self.train_tagger()? {
            return Ok(Outcome::Interrupted);
        }
        if self.recipe.relations.is_some() && !self.train_relations()? {
            return Ok(Outcome::Interrupted);
        }
        self.write_model()
    }

    fn train_tagger(&mut self) -> Result<bool, TrainError> {
        let recipe = self.recipe.tagger.clone();
        self.weights.make_trainable(|name| !recipe.freeze.iter().any(|frozen| name.starts_with(frozen.as_str())))?;
        let model = self.model(&self.weights)?;
        let examples = self.examples(&model)?;
        let layers = self.config.num_hidden_layers;
        let mut optimizer = self.optimizer(&recipe.optimizer, examples.len(), |name| tagger::rate(name, &recipe, layers))?;
        let finished = self.steps(Stage::Tagger, &mut optimizer, &recipe.optimizer, &examples, |batch, rng| {
            let pieces = batch.iter().map(|example| example.prepared.encoded.packed.ids.len()).sum();
            Ok(Some((tagger::loss(&model, batch, &recipe, rng)?, pieces)))
        })?;
        self.weights = optimizer.averaged(&self.weights)?;
        Ok(finished)
    }

    fn train_relations(&mut self) -> Result<bool, TrainError> {
        let Some(recipe) = self.recipe.relations.clone() else { return Ok(true) };
        let tagger_model = self.model(&self.weights.detached())?;
        let examples = self.examples(&tagger_model)?;
        let roles = roles(&self.corpus.train);
        let table = count_pairs(&examples, &roles);
        let relation_config = RelationConfig {
            state_width: recipe.state_width,
            hidden_width: recipe.hidden_width,
            threshold: recipe.threshold,
            roles,
            table,
        };
        let (width, labels) = (self.config.hidden_size, self.manifest.labels.len());
        let mut rng = step_rng(self.recipe.seed, "weights", 1);
        RelationScorer::ensure(&mut self.weights, &relation_config, width, labels, &mut rng)?;
        self.weights.make_trainable(|name| name.starts_with("relation."))?;
        let scorer = RelationScorer::load(&self.weights, &relation_config, width, labels)?;
        let pairs = examples.iter().map(|example| PairExample::new(example, &tagger_model, &relation_config.table));
        let pairs = pairs.collect::<Result<Vec<_>, _>>()?;
        self.manifest.relations = Some(relation_config);
        let rate = recipe.optimizer.learning_rate;
        let mut optimizer = self.optimizer(&recipe.optimizer, pairs.len(), |_| rate)?;
        let dropout = recipe.optimizer.dropout;
        let finished = self.steps(Stage::Relations, &mut optimizer, &recipe.optimizer, &pairs, |batch, rng| {
            Ok(relations::loss(&scorer, batch, dropout, rng)?.map(|loss| (loss, 0)))
        })?;
        self.weights = optimizer.averaged(&self.weights)?;
        Ok(finished)
    }

    fn optimizer(&mut self, recipe: &OptimizerRecipe, examples: usize, rate: impl Fn(&str) -> f64) -> Result<AdamW, TrainError> {
        let steps = recipe.epochs * examples.div_ceil(recipe.batch.max(1));
        let mut optimizer = AdamW::new(&self.weights, recipe, steps, rate)?;
        if let Some(mut checkpoint) = self.resumed.take() {
            checkpoint.restore(&mut optimizer)?;
        }
        Ok(optimizer)
    }

    /// Steps until the end of the stage (true) or until it is asked to stop (false), after a checkpoint.
    fn steps<E>(
        &mut self,
        stage: Stage,
        optimizer: &mut AdamW,
        recipe: &OptimizerRecipe,
        examples: &[E],
        loss: impl Fn(&[&E], ChaCha8Rng) -> Result<Option<(Tensor, usize)>, TrainError>,
    ) -> Result<bool, TrainError> {
        let name = match stage {
            Stage::Tagger => "tagger",
            Stage::Relations => "relations",
        };
        let batch = recipe.batch.max(1);
        let per_epoch = examples.len().div_ceil(batch);
        let steps = recipe.epochs * per_epoch;
        let pause = Duration::from_secs_f64(60.0 * self.recipe.checkpoint_minutes.max(0.0));
        while optimizer.step < steps {
            let begun = Instant::now();
            let (epoch, at) = (optimizer.step / per_epoch, optimizer.step % per_epoch);
            let order = epoch_order(self.recipe.seed, name, epoch, examples.len());
            let chosen: Vec<&E> = order.iter().skip(at * batch).take(batch).filter_map(|&i| examples.get(i)).collect();
            let rng = step_rng(self.recipe.seed, name, optimizer.step + 1);
            match loss(&chosen, rng)? {
                Some((loss, pieces)) => {
                    let gradient_norm = optimizer.step(&loss.backward()?)?;
                    let loss = f64::from(loss.to_scalar::<f32>()?);
                    let pieces_per_second = pieces as f64 / begun.elapsed().as_secs_f64();
                    let step = optimizer.step;
                    self.tell(&TrainEvent::Step { stage: name, step, steps, loss, gradient_norm, pieces_per_second })?;
                }
                None => optimizer.step += 1,
            }
            if optimizer.step.is_multiple_of(per_epoch) {
                self.score_epoch(stage, name, optimizer, optimizer.step / per_epoch, recipe.epochs)?;
            }
            let stop = self.cancel.is_cancelled();
            if stop || self.saved.elapsed() >= pause {
                let position = Position { stage, step: optimizer.step, run: self.id.clone() };
                checkpoint::save(&self.out, &position, &self.weights, optimizer)?;
                self.saved = Instant::now();
                self.tell(&TrainEvent::Saved { step: optimizer.step })?;
            }
            if stop {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn score_epoch(
        &mut self,
        stage: Stage,
        name: &'static str,
        optimizer: &AdamW,
        epoch: usize,
        epochs: usize,
    ) -> Result<(), TrainError> {
        let every = match stage {
            Stage::Tagger => self.recipe.tagger.score_every.max(1),
            Stage::Relations => usize::MAX,
        };
        if self.corpus.dev.is_empty() || !(epoch.is_multiple_of(every) || epoch == epochs) {
            return Ok(());
        }
        let model = self.model(&optimizer.averaged(&self.weights)?)?;
        let scores = score(model, &self.corpus.dev)?;
        self.tell(&TrainEvent::Scored { stage: name, epoch, scores })
    }

    fn write_model(mut self) -> Result<Outcome, TrainError> {
        let weights = quantize::to_safetensors(&self.weights)?;
        self.manifest.weights_hash = blake3::hash(&weights).to_hex().to_string();
        let mut files = ModelFiles {
            manifest: Vec::new().into(),
            config: self.config_bytes.clone().into(),
            vocab: self.vocab.clone().into(),
            weights: weights.into(),
        };
        let json = |manifest: &Manifest| {
            serde_json::to_vec_pretty(manifest).map_err(|error| TrainError::Input(format!("manifest.json: {error}")))
        };
        files.manifest = json(&self.manifest)?.into();
        // Scored as it is in the folder, rounded to 8 bits.
        let scores = if self.corpus.dev.is_empty() { None } else { Some(score(Model::load(&files)?, &self.corpus.dev)?) };
        if let Some(scores) = &scores {
            self.tell(&TrainEvent::Scored { stage: "model", epoch: self.recipe.tagger.optimizer.epochs, scores: *scores })?;
            self.manifest.scores = serde_json::to_value(scores).unwrap_or_default();
            files.manifest = json(&self.manifest)?.into();
        }
        let folder = self.out.join("model");
        files.write(&folder)?;
        checkpoint::remove(&self.out)?;
        Ok(Outcome::Finished { folder, scores })
    }
}

fn first_manifest(recipe: &Recipe, corpus: &Corpus, config: &Config, fold: Option<usize>) -> Manifest {
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
        labels: labels(&corpus.train),
        word_split: recipe.word_split,
        lowercase: true,
        window: recipe.window.min(config.max_position_embeddings.saturating_sub(2)),
        tagger: TaggerConfig { shape_width: recipe.tagger.shape_width },
        relations: None,
        training,
        scores: serde_json::Value::Null,
        weights_hash: String::new(),
    }
}

fn run_id(recipe: &Recipe, documents: &[Document], fold: Option<usize>) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(serde_json::to_string(&(recipe, fold)).unwrap_or_default().as_bytes());
    let mut sorted: Vec<&Document> = documents.iter().collect();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    for document in sorted {
        hasher.update(document.name.as_bytes());
        hasher.update(document.text.as_str().as_bytes());
        for entity in document.entities.values() {
            hasher.update(serde_json::to_string(entity).unwrap_or_default().as_bytes());
        }
        for relation in document.relations.values() {
            hasher.update(serde_json::to_string(relation).unwrap_or_default().as_bytes());
        }
    }
    hasher.finalize().to_hex().to_string()
}

/// Randomness of one purpose at one step.
fn step_rng(seed: u64, purpose: &str, step: usize) -> ChaCha8Rng {
    let hash = blake3::hash(format!("{seed}/{purpose}/{step}").as_bytes());
    ChaCha8Rng::from_seed(*hash.as_bytes())
}

/// The order in which an epoch reads the examples.
fn epoch_order(seed: u64, stage: &str, epoch: usize, examples: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..examples).collect();
    order.shuffle(&mut step_rng(seed, &format!("{stage}-order"), epoch));
    order
}

#[cfg(test)]
mod tests;
