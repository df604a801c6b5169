//! The course of a training.

mod identity;
mod kinds;
mod lessons;
mod made;
mod scorer;

use super::auxiliary::{Auxiliary, HEADS};
use super::checkpoint::{Checkpoint, Stage};
use super::course::{self, Course, Pool, StageCourse, step_rng};
use super::data::{Corpus, Example, labels, roles};
use super::evaluation::FoldScores;
use super::folds::CrossScores;
use super::metrics::{Observer, TrainEvent};
use super::optimizer::AdamW;
use super::recipe::{OptimizerRecipe, Recipe, RelationRecipe};
use super::relations::PairExample;
use super::start::{StartingEncoder, before};
use super::teaching::Teachers;
use super::{TrainError, tagger};
use crate::document::{Document, Label};
use crate::model::engine::Precision;
use crate::model::folder::{Model, Preparer};
use crate::model::manifest::Manifest;
use crate::model::relation::{PAIRS, RelationModelConfig, RelationScorer};
use crate::model::tagger::{HEAD, Tagger};
use crate::model::weights::Weights;
use crate::nlp::bio::TagSet;
use crate::pipeline::CancelToken;
use identity::{finished, run_id};
use lessons::{Lesson, Lessons};
use made::{Scoring, first_manifest};
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
    let beside = Beside::read(&inputs, observer)?;
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
    fn read(inputs: &Inputs, observer: &mut dyn Observer) -> Result<Self, TrainError> {
        let Inputs { recipe, teachers, corpora, .. } = inputs;
        let teachers = match (&recipe.teaching, teachers.as_slice()) {
            (None, []) => None,
            (Some(_), []) => {
                return Err(TrainError::Input("the recipe has [teaching], but nobody teaches: name teachers".to_owned()));
            }
            (None, _) => return Err(TrainError::Input("there are teachers, but the recipe has no [teaching]".to_owned())),
            (Some(teaching), folders) => Some(Teachers::load(teaching, folders, corpora, observer)?),
        };
        let auxiliary = match &recipe.auxiliary {
            Some(auxiliary) => Auxiliary::read(auxiliary, &recipe.tagger.config(), corpora, observer)?,
            None => Auxiliary::default(),
        };
        Ok(Self { teachers, auxiliary })
    }
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
        let load = |config| RelationScorer::load(&self.weights, config, width, &self.manifest.labels, Precision::F32);
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
        let texts = self.corpus.train.iter().map(|document| &document.text);
        let texts = texts.chain(self.beside.teachers.iter().flat_map(Teachers::texts));
        let contexts = &self.recipe.tagger.also_read;
        let examples = examples.into_iter().zip(texts);
        Ok(examples.map(|(example, text)| example.also_in(contexts, text, preparer)).collect::<Result<_, _>>()?)
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

    fn optimizer(&mut self, recipe: &OptimizerRecipe, pools: &[Pool], rate: impl Fn(&str) -> f64) -> Result<AdamW, TrainError> {
        let mut optimizer = AdamW::new(&self.weights, recipe, course::steps(recipe, pools), rate)?;
        if let Some(mut checkpoint) = self.resumed.take() {
            checkpoint.restore(&mut optimizer)?;
        }
        Ok(optimizer)
    }
}

#[cfg(test)]
mod tests;
