//! The course of a training.

mod kinds;
mod lessons;

use super::auxiliary::{Auxiliary, HEADS};
use super::checkpoint::{self, Checkpoint, Stage};
use super::course::{self, Course, Pool, StageCourse, step_rng};
use super::data::{Corpus, Example, labels, roles};
use super::evaluation::{FoldScores, score};
use super::folds::CrossScores;
use super::metrics::{Observer, TrainEvent};
use super::optimizer::AdamW;
use super::recipe::{OptimizerRecipe, Recipe, RelationRecipe, ScorerRecipe};
use super::relations::{PairCounts, PairExample, StateExample};
use super::start::{StartingEncoder, before};
use super::teaching::Teachers;
use super::{TrainError, relations, tagger};
use crate::document::{Document, Label};
use crate::model::encoder::Dropout;
use crate::model::engine::Precision;
use crate::model::folder::{MANIFEST, Model, ModelFiles, Preparer};
use crate::model::manifest::{FORMAT, Manifest};
use crate::model::quantize;
use crate::model::relation::{MARKS, PAIRS, RelationModelConfig, RelationScorer, TYPES};
use crate::model::tagger::{HEAD, Tagger};
use crate::model::weights::Weights;
use crate::nlp::bio::TagSet;
use crate::pipeline::CancelToken;
use lessons::{Lesson, Lessons};
use std::path::PathBuf;

/// Beginning of the names of the relation scorer's weights.
const RELATIONS: &str = "relation.";

/// What a training is given.
#[derive(Debug)]
pub struct Inputs {
    /// The recipe.
    pub recipe: Recipe,
    /// The corpus.
    pub documents: Vec<Document>,
    /// Splits file and the fold that is held out; `None` trains on everything.
    pub fold: Option<(PathBuf, usize)>,
    /// Folder of the encoder to begin from, in Hugging Face layout, or of a model that shall go on learning.
    pub encoder: PathBuf,
    /// Folders of the models that teach, if the recipe has `[teaching]`.
    pub teachers: Vec<PathBuf>,
    /// Folder that the paths of the recipe's other corpora and texts start from.
    pub corpora: PathBuf,
    /// Scores of a cross-validation of the same recipe, for a model that is trained on everything to tell.
    pub scores: Option<PathBuf>,
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

/// Trains, or goes on where the checkpoint in `out` stands, or finds that all is done.
///
/// # Errors
/// When an input is wrong or can't be read, checkpoint or model belong to another run, or a result can't be written.
pub fn run(inputs: Inputs, observer: &mut dyn Observer, cancel: &CancelToken) -> Result<Outcome, TrainError> {
    let start = StartingEncoder::read(&inputs.encoder)?;
    let beside = Beside::read(&inputs)?;
    let id = run_id(&inputs, &start, &beside)?;
    if let Some(manifest) = finished(&inputs, &id)? {
        let scores = serde_json::from_value(manifest.scores).ok();
        return Ok(Outcome::Finished { folder: inputs.out.join("model"), scores });
    }
    Run::new(inputs, (start, beside, id), observer, cancel)?.finish()
}

/// What is learned beside the documents.
#[derive(Debug, Default)]
struct Beside {
    teachers: Option<Teachers>,
    auxiliary: Auxiliary,
}

impl Beside {
    fn read(inputs: &Inputs) -> Result<Self, TrainError> {
        let Inputs { recipe, teachers, corpora, .. } = inputs;
        let teachers = match (&recipe.teaching, teachers.as_slice()) {
            (None, []) => None,
            (Some(_), []) => {
                return Err(TrainError::Input("the recipe has [teaching], but nobody teaches: name teachers".to_owned()));
            }
            (None, _) => return Err(TrainError::Input("there are teachers, but the recipe has no [teaching]".to_owned())),
            (Some(teaching), folders) => Some(Teachers::load(teaching, folders, corpora)?),
        };
        let auxiliary = match &recipe.auxiliary {
            Some(auxiliary) => Auxiliary::read(auxiliary, &recipe.tagger.config(), corpora)?,
            None => Auxiliary::default(),
        };
        Ok(Self { teachers, auxiliary })
    }
}

/// What the model of a training that is finished already says of itself; `None` when there is none.
///
/// # Errors
/// When the model that is there was made by another recipe, from another encoder or on other documents.
fn finished(inputs: &Inputs, id: &str) -> Result<Option<Manifest>, TrainError> {
    let folder = inputs.out.join("model");
    let Ok(bytes) = std::fs::read(folder.join(MANIFEST)) else { return Ok(None) };
    let manifest = Manifest::parse(&bytes)?;
    if manifest.training.get("run").and_then(serde_json::Value::as_str) != Some(id) {
        let what = "the model in it is of another recipe, corpus or encoder: choose another folder, or remove it to begin anew";
        return Err(TrainError::at(&folder, what));
    }
    Ok(Some(manifest))
}

struct Run<'a> {
    recipe: Recipe,
    corpus: Corpus,
    manifest: Manifest,
    start: StartingEncoder,
    beside: Beside,
    weights: Weights,
    resumed: Option<Checkpoint>,
    course: Course<'a>,
}

impl<'a> Run<'a> {
    fn new(
        inputs: Inputs,
        (mut start, beside, id): (StartingEncoder, Beside, String),
        observer: &'a mut dyn Observer,
        cancel: &'a CancelToken,
    ) -> Result<Self, TrainError> {
        let Inputs { recipe, documents, fold, scores, out, .. } = inputs;
        if let Some(layers) = recipe.tagger.encoder_layers {
            start.keep_layers(layers)?;
        }
        let corpus = Corpus::split(documents, fold.as_ref().map(|(path, fold)| (path.as_path(), *fold)))?;
        if corpus.train.is_empty() {
            return Err(TrainError::Input("there are no documents to train on".to_owned()));
        }
        let (mut course, resumed) = Course::open(&out, (recipe.seed, recipe.checkpoint_minutes), id.clone(), observer, cancel)?;
        let weights = match &resumed {
            Some(checkpoint) => checkpoint.weights.clone(),
            None => start.weights()?,
        };
        let resumed_at = resumed.as_ref().map_or(0, |checkpoint| checkpoint.position.step);
        let (documents, dev_documents) = (corpus.train.len(), corpus.dev.len());
        course.tell(&TrainEvent::Started { documents, dev_documents, resumed_at })?;
        let mut manifest = first_manifest(&recipe, &corpus, &start, fold.map(|(_, fold)| fold));
        if let Some(teachers) = &beside.teachers {
            manifest.labels = start.labels(before(Some(teachers.labels()), labels(&corpus.train)));
        }
        manifest.training["run"] = id.into();
        if let Some(path) = &scores {
            let CrossScores { recipe: _, ref measure, ref folds, spans_f1, roles_f1, roles_given_gold_spans_f1 } =
                CrossScores::read(path, &recipe)?;
            manifest.scores = serde_json::json!({ "measure": measure, "spans_f1": spans_f1, "roles_f1": roles_f1,
                "roles_given_gold_spans_f1": roles_given_gold_spans_f1, "folds": folds });
        }
        Ok(Self { recipe, corpus, manifest, start, beside, weights, resumed, course })
    }

    fn tags(&self) -> TagSet {
        TagSet::new(self.manifest.labels.iter().cloned()).with_scheme(self.manifest.tagger.scheme)
    }

    fn roles(&self) -> Vec<Label> {
        self.start.roles(roles(&self.corpus.train))
    }

    fn model(&self, weights: &Weights) -> Result<Model, TrainError> {
        let pieces = self.start.pieces()?;
        Ok(Model::assemble(self.manifest.clone(), &self.start.config, pieces, weights, Precision::F32)?)
    }

    /// The relation scorer over the present weights, which may be trainable.
    fn scorer(&self) -> Result<Option<RelationScorer>, TrainError> {
        let width = self.start.config.hidden_size;
        let load = |config| RelationScorer::load(&self.weights, config, width, &self.manifest.labels);
        Ok(self.manifest.relations.as_ref().and_then(RelationModelConfig::scorer).map(load).transpose()?)
    }

    fn preparer(&self) -> Result<Preparer, TrainError> {
        let preparer = Preparer::new(self.start.pieces()?, self.manifest.word_split, self.manifest.window);
        Ok(preparer.for_tagger(&self.manifest.tagger)?)
    }

    /// The annotated documents, as many as there are in the corpus, then the texts that only teachers speak of.
    fn examples(&self, preparer: &Preparer) -> Result<Vec<Example>, TrainError> {
        let (tags, roles) = (self.tags(), self.roles());
        let annotated = self.corpus.train.iter().map(|document| Example::new(document, preparer, &tags, &roles));
        let mut examples: Vec<Example> = annotated.collect::<Result<_, _>>()?;
        if let Some(teachers) = &self.beside.teachers {
            teachers.check(&tags, &roles, &self.manifest)?;
            let mut taught = self.corpus.train.iter().zip(&mut examples);
            taught.try_for_each(|(document, example)| teachers.teach(document, example))?;
            examples.append(&mut teachers.examples(preparer)?);
        }
        Ok(examples)
    }

    /// All annotated documents are read in each epoch, and some of the texts that only teachers speak of.
    fn pools(&self, examples: usize) -> [Pool; 2] {
        let annotated = self.corpus.train.len();
        let sample = self.beside.teachers.as_ref().map_or(0, Teachers::sample);
        [Pool::whole(annotated), Pool::sampled(examples - annotated, sample)]
    }

    /// Both stages, then the folder.
    fn finish(mut self) -> Result<Outcome, TrainError> {
        let mut rng = step_rng(self.recipe.seed, "weights", 0);
        let tags = self.tags();
        Tagger::ensure(&mut self.weights, &self.start.config, &self.manifest.tagger, &tags, HEAD, &mut rng)?;
        self.beside.auxiliary.ensure(&mut self.weights, &self.start.config, &self.manifest.tagger, &mut rng)?;
        let preparer = self.preparer()?;
        let examples = self.examples(&preparer)?;
        let pairs = self.prepare_relations(&examples)?;
        let stage = self.resumed.as_ref().map_or(Stage::Tagger, |checkpoint| checkpoint.position.stage);
        if stage == Stage::Tagger && !self.train_tagger(&preparer, &examples, &pairs)? {
            return Ok(Outcome::Interrupted);
        }
        self.weights.retain(|name| !name.starts_with(HEADS));
        let trained = match self.recipe.relations.clone() {
            None | Some(RelationRecipe::Rule(_)) => true,
            Some(RelationRecipe::Scorer(recipe)) => self.train_scorer(&recipe, &examples, &pairs)?,
            Some(RelationRecipe::Pairs(recipe)) => self.train_pairs(&recipe, &examples)?,
        };
        if trained { self.write_model() } else { Ok(Outcome::Interrupted) }
    }

    /// Learns the legal pairs and puts a scorer's weights in; gives the pairs of each document that it is taught.
    fn prepare_relations(&mut self, examples: &[Example]) -> Result<Vec<PairExample>, TrainError> {
        let recipe = self.recipe.relations.clone();
        // What another kind of model has learned is of no use.
        let (scorer, pairs) =
            (matches!(recipe, Some(RelationRecipe::Scorer(_))), matches!(recipe, Some(RelationRecipe::Pairs(_))));
        self.weights.retain(|name| (scorer || !name.starts_with(RELATIONS)) && (pairs || !name.starts_with(PAIRS)));
        match recipe {
            None => Ok(Vec::new()),
            Some(RelationRecipe::Scorer(recipe)) => self.prepare_scorer(&recipe, examples),
            Some(RelationRecipe::Rule(recipe)) => {
                self.prepare_rule(&recipe, examples);
                Ok(Vec::new())
            }
            Some(RelationRecipe::Pairs(recipe)) => self.prepare_pairs(&recipe, examples).map(|()| Vec::new()),
        }
    }

    fn prepare_scorer(&mut self, recipe: &ScorerRecipe, examples: &[Example]) -> Result<Vec<PairExample>, TrainError> {
        let by_label = |start: &str| self.manifest.labels.iter().map(|label| format!("{start}{label}")).collect::<Vec<_>>();
        let own = [by_label(TYPES), by_label(MARKS)].concat();
        // An encoder folder brings the types of all corpora that it learned from.
        let labelled = |name: &str| name.starts_with(TYPES) || name.starts_with(MARKS);
        self.weights.retain(|name| !labelled(name) || own.iter().any(|own| own == name));
        let roles = self.roles();
        let known = self.start.scorer().map(|known| PairCounts { table: known.table.clone(), degrees: known.degrees.clone() });
        let annotated = self.annotated(examples);
        let counts = match known {
            Some(known) => PairCounts::beyond(known, annotated, roles.len()),
            None => PairCounts::of(annotated, roles.len()),
        };
        let config = recipe.config(roles, counts);
        let mut rng = step_rng(self.recipe.seed, "weights", 1);
        RelationScorer::ensure(&mut self.weights, &config, self.start.config.hidden_size, &self.manifest.labels, &mut rng)?;
        let pairs = examples.iter().map(|example| PairExample::new(example, &config)).collect::<Result<_, _>>()?;
        self.manifest.relations = Some(RelationModelConfig::Scorer(config));
        Ok(pairs)
    }

    fn train_tagger(&mut self, preparer: &Preparer, examples: &[Example], pairs: &[PairExample]) -> Result<bool, TrainError> {
        let recipe = self.recipe.tagger.clone();
        let joint = self.recipe.relations.as_ref().map_or(0.0, RelationRecipe::joint_weight);
        let frozen = |name: &str| recipe.freeze.iter().any(|frozen| name.starts_with(frozen.as_str()));
        self.weights.make_trainable(|name| !frozen(name) && (joint > 0.0 || !name.starts_with(RELATIONS)))?;
        let tags = self.tags();
        let tagger = Tagger::load(&self.weights, &self.start.config, &self.manifest.tagger, &tags, HEAD)?;
        let scorer = if joint > 0.0 { self.scorer()? } else { None };
        let mask = self.start.pieces()?.special().mask;
        let layers = self.start.config.num_hidden_layers;
        let auxiliary = &self.beside.auxiliary;
        let others = auxiliary.examples(preparer)?;
        let own = examples.iter().enumerate().map(|(at, example)| (Lesson::Own(at), example));
        let lessons: Vec<(Lesson, &Example)> =
            own.chain(others.iter().map(|(task, example)| (Lesson::Other(*task), example))).collect();
        let [annotated, taught] = self.pools(examples.len());
        let pools = [annotated, taught, Pool::sampled(others.len(), auxiliary.sample())];
        let others = auxiliary.taggers(&self.weights, &self.start.config, &self.manifest.tagger)?;
        let mut optimizer = self.optimizer(&recipe.optimizer, &pools, |name| tagger::rate(name, &recipe, layers))?;
        let scoring = Scoring { manifest: &self.manifest, start: &self.start, weights: &self.weights, dev: &self.corpus.dev };
        let stage = StageCourse {
            stage: Stage::Tagger,
            recipe: &recipe.optimizer,
            weights: &self.weights,
            examples: &lessons,
            pools: &pools,
        };
        let pass = Lessons {
            recipe: &recipe,
            mask,
            tagger: &tagger,
            scorer: scorer.as_ref(),
            joint,
            pairs,
            auxiliary: &self.beside.auxiliary,
            others: &others,
        };
        let loss = |batch: &[&(Lesson, &Example)], rng| pass.loss(batch, &rng);
        let finished = self.course.run(&stage, &mut optimizer, loss, |course, optimizer, epoch| {
            if epoch.is_multiple_of(recipe.score_every.max(1)) || epoch == recipe.optimizer.epochs {
                scoring.tell(course, optimizer, epoch)?;
            }
            Ok(())
        })?;
        self.weights = optimizer.averaged(&self.weights)?;
        Ok(finished)
    }

    fn train_scorer(&mut self, recipe: &ScorerRecipe, examples: &[Example], pairs: &[PairExample]) -> Result<bool, TrainError> {
        self.weights.make_trainable(|name| name.starts_with(RELATIONS))?;
        let Some(scorer) = self.scorer()? else { return Ok(true) };
        let model = self.model(&self.weights)?;
        let states = examples.iter().zip(pairs).map(|(example, pairs)| StateExample::new(example, pairs, &model));
        let states = states.collect::<Result<Vec<_>, _>>()?;
        let rate = recipe.optimizer.learning_rate;
        let pools = self.pools(states.len());
        let mut optimizer = self.optimizer(&recipe.optimizer, &pools, |_| rate)?;
        let stage = StageCourse {
            stage: Stage::Relations,
            recipe: &recipe.optimizer,
            weights: &self.weights,
            examples: &states,
            pools: &pools,
        };
        let loss = |batch: &[&StateExample<'_>], rng| {
            let mut dropout = Dropout::new(recipe.optimizer.dropout, rng);
            Ok(relations::loss(&scorer, batch, &mut dropout)?.map(|loss| (loss, 0)))
        };
        let finished = self.course.run(&stage, &mut optimizer, loss, |_, _, _| Ok(()))?;
        self.weights = optimizer.averaged(&self.weights)?;
        Ok(finished)
    }

    fn optimizer(&mut self, recipe: &OptimizerRecipe, pools: &[Pool], rate: impl Fn(&str) -> f64) -> Result<AdamW, TrainError> {
        let mut optimizer = AdamW::new(&self.weights, recipe, course::steps(recipe, pools), rate)?;
        if let Some(mut checkpoint) = self.resumed.take() {
            checkpoint.restore(&mut optimizer)?;
        }
        Ok(optimizer)
    }

    fn write_model(mut self) -> Result<Outcome, TrainError> {
        let weights = quantize::to_safetensors(&self.weights)?;
        self.manifest.weights_hash = blake3::hash(&weights).to_hex().to_string();
        let mut files = ModelFiles {
            manifest: Vec::new().into(),
            config: self.start.config_bytes.clone().into(),
            vocab: self.start.vocabulary.lines.clone().into_bytes().into(),
            weights: weights.into(),
        };
        let json = |manifest: &Manifest| {
            serde_json::to_vec_pretty(manifest).map_err(|error| TrainError::Input(format!("manifest.json: {error}")))
        };
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
struct Scoring<'s> {
    manifest: &'s Manifest,
    start: &'s StartingEncoder,
    weights: &'s Weights,
    dev: &'s [Document],
}

impl Scoring<'_> {
    fn tell(&self, course: &mut Course<'_>, optimizer: &AdamW, epoch: usize) -> Result<(), TrainError> {
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

fn first_manifest(recipe: &Recipe, corpus: &Corpus, start: &StartingEncoder, fold: Option<usize>) -> Manifest {
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

/// Hash of all that decides what a training makes: recipe, held-out fold, encoder, documents and what is beside them.
fn run_id(inputs: &Inputs, start: &StartingEncoder, beside: &Beside) -> Result<String, TrainError> {
    let Inputs { recipe, documents, fold, .. } = inputs;
    let mut hasher = blake3::Hasher::new();
    hasher.update(serde_json::to_string(&(recipe, fold.as_ref().map(|(_, fold)| fold))).unwrap_or_default().as_bytes());
    hasher.update(start.hash()?.as_bytes());
    if let Some(teachers) = &beside.teachers {
        teachers.hash(&mut hasher);
    }
    beside.auxiliary.hash(&mut hasher);
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
    Ok(hasher.finalize().to_hex().to_string())
}

#[cfg(test)]
mod tests;
