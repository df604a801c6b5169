//! Training the encoder on other corpora first: an output layer and a CRF for each corpus over one encoder (paper, multi-task
//! learning), then the encoder alone is kept, in a folder that `--encoder` takes.

use super::checkpoint::Stage;
use super::course::{self, Course, Pool, StageCourse, step_rng};
use super::data::{Example, hash_document, labels};
use super::metrics::{Observer, TrainEvent};
use super::optimizer::AdamW;
use super::recipe::TaggerRecipe;
use super::relations::{PairCounts, PairExample};
use super::start::StartingEncoder;
use super::tagger::Pass;
use super::{TrainError, encoder_folder, relations, tagger, tokens};
use crate::document::{Document, Label, is_default};
use crate::formats::load_paths;
use crate::model::engine::Precision;
use crate::model::folder::Preparer;
use crate::model::relation::{RelationConfig, RelationScorer};
use crate::model::tagger::Tagger;
use crate::nlp::WordSplit;
use crate::nlp::bio::TagSet;
use crate::pipeline::CancelToken;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The roles that events have in common with the corpus proper, its more frequent one first.
const ROLES: [&str; 2] = ["ThemeOf", "CauseOf"];

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
    /// The relation scorer, taught by the corpora that have events.
    pub relations: Option<RoleRecipe>,
    /// The corpora.
    #[serde(rename = "corpus")]
    pub corpora: Vec<CorpusRecipe>,
}

/// Teaching the relation scorer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleRecipe {
    /// Weight of the pairs' loss beside the tags'.
    pub joint_weight: f64,
    /// Width of the states of the second look.
    pub state_width: usize,
    /// Heads of its attention; they share the width.
    pub heads: usize,
    /// Width of the hidden layer.
    pub hidden_width: usize,
    /// Whether the encoder reads the sentences with mentions a second time, the mentions marked.
    #[serde(default)]
    pub marked: bool,
    /// Width of what competing pairs tell each other; 0 when each pair is scored alone.
    #[serde(default, skip_serializing_if = "is_default")]
    pub message_width: usize,
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
    /// Its types that are those of another corpus under another name.
    #[serde(default)]
    pub rename: BTreeMap<String, Label>,
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
    /// Empty when the corpus has no roles.
    pairs: Vec<PairExample>,
}

/// Trains the encoder, or goes on where the checkpoint stands, or finds that all is done. Gives the folder of the encoder, or `None`
/// when it was asked to stop.
///
/// # Errors
/// When an input is wrong or can't be read, checkpoint or encoder belong to another run, or a result can't be written.
pub fn pretrain(
    inputs: PretrainInputs,
    observer: &mut dyn Observer,
    cancel: &CancelToken,
) -> Result<Option<PathBuf>, TrainError> {
    let PretrainInputs { recipe, corpora, encoder, out } = inputs;
    let start = StartingEncoder::read(&encoder)?;
    let corpora = recipe.corpora.iter().map(|corpus| load(corpus, &corpora, recipe.document_words, observer));
    let corpora: Vec<Vec<Document>> = corpora.collect::<Result<_, _>>()?;
    let id = run_id(&recipe, &corpora, &start)?;
    if let Some(folder) = encoder_folder::finished(&out, &id)? {
        return Ok(Some(folder));
    }
    let (mut course, resumed) = Course::open(&out, (recipe.seed, recipe.checkpoint_minutes), id, observer, cancel)?;
    let resumed_at = resumed.as_ref().map_or(0, |checkpoint| checkpoint.position.step);
    let documents = corpora.iter().map(Vec::len).sum();
    course.tell(&TrainEvent::Started { documents, dev_documents: 0, resumed_at })?;

    let mut weights = match &resumed {
        Some(checkpoint) => checkpoint.weights.clone(),
        None => start.weights()?,
    };
    let config = recipe.tagger.config();
    let tags = corpora.iter().map(|documents| TagSet::new(labels(documents)).with_scheme(config.scheme));
    let tags: Vec<TagSet> = tags.collect();
    let preparer = Preparer::new(start.pieces()?, recipe.word_split, start.window(510)).for_tagger(&config)?;
    let examples = corpora.iter().zip(&tags).map(|(documents, tags)| {
        documents.iter().map(|document| Example::new(document, &preparer, tags, &ROLES.map(Label::from))).collect()
    });
    let examples: Vec<Vec<Example>> = examples.collect::<Result<_, _>>()?;
    let scorers: Vec<Option<RelationConfig>> = examples.iter().map(|examples| recipe.scorer(examples)).collect();

    let mut rng = step_rng(recipe.seed, "weights", 0);
    let width = start.config.hidden_size;
    for ((corpus, tags), scorer) in recipe.corpora.iter().zip(&tags).zip(&scorers) {
        Tagger::ensure(&mut weights, &start.config, &config, tags, &corpus.name, &mut rng)?;
        if let Some(scorer) = scorer {
            RelationScorer::ensure(&mut weights, scorer, width, tags.labels(), &mut rng)?;
        }
    }
    let frozen = |name: &str| recipe.tagger.freeze.iter().any(|frozen| name.starts_with(frozen.as_str()));
    weights.make_trainable(|name| !frozen(name))?;
    let tasks = recipe.corpora.iter().zip(&tags).zip(&scorers).map(|((corpus, tags), scorer)| {
        let load = |scorer| RelationScorer::load(&weights, scorer, width, tags.labels(), Precision::F32);
        let scorer = scorer.as_ref().map(load).transpose()?;
        Ok::<_, TrainError>((Tagger::load(&weights, &start.config, &config, tags, &corpus.name)?, scorer))
    });
    let tasks: Vec<(Tagger, Option<RelationScorer>)> = tasks.collect::<Result<_, _>>()?;
    let batches = batches(examples, &scorers, recipe.tagger.optimizer.batch)?;
    let mut optimizer_recipe = recipe.tagger.optimizer.clone();
    optimizer_recipe.batch = 1;
    let layers = start.config.num_hidden_layers;
    let pools = [Pool::whole(batches.len())];
    let steps = course::steps(&optimizer_recipe, &pools);
    let rate = |name: &str| tagger::rate(name, &recipe.tagger, layers);
    let mut optimizer = AdamW::new(&weights, &optimizer_recipe, steps, rate)?;
    if let Some(mut checkpoint) = resumed {
        checkpoint.restore(&mut optimizer)?;
    }
    let stage =
        StageCourse { stage: Stage::Auxiliary, recipe: &optimizer_recipe, weights: &weights, examples: &batches, pools: &pools };
    let mask = preparer.pieces().special().mask;
    let loss = |chosen: &[&TaskBatch], rng| {
        let Some(batch) = chosen.first() else { return Ok(None) };
        let examples: Vec<&Example> = batch.examples.iter().collect();
        let (tagger, scorer) = &tasks[batch.task];
        let mut pass = Pass::new(tagger, mask, &examples, &recipe.tagger, rng)?;
        let mut loss = pass.loss(tagger, &examples)?;
        if let (Some(scorer), Some(roles)) = (scorer, &recipe.relations) {
            let lengths = batch.examples.iter().map(|example| example.prepared.words.len());
            let pairs: Vec<_> = lengths.zip(&batch.pairs).collect();
            if let Some(related) = relations::joint_loss(scorer, tagger, &mut pass, &pairs)? {
                loss = (loss + (related * roles.joint_weight)?)?;
            }
        }
        Ok(Some(((loss * recipe.corpora[batch.task].weight)?, tagger::pieces(&examples))))
    };
    if !course.run(&stage, &mut optimizer, loss, |_, _, _| Ok(()))? {
        return Ok(None);
    }
    Ok(Some(encoder_folder::write(&course, &start, &optimizer.averaged(&weights)?)?))
}

/// The documents of a corpus.
pub(super) fn load(
    corpus: &CorpusRecipe,
    root: &Path,
    words: usize,
    observer: &mut dyn Observer,
) -> Result<Vec<Document>, TrainError> {
    let mut documents = read(&corpus.name, &corpus.paths, (root, words), observer)?;
    for entity in documents.iter_mut().flat_map(|document| document.entities.values_mut()) {
        if let Some(name) = corpus.rename.get(entity.label.as_str()) {
            entity.label = name.clone();
        }
    }
    Ok(documents)
}

/// The documents of files of one token a line and of other files and folders in `root`. Those that are made of tokens bear `name` and
/// have as many `words`. What is wrong with the others is the observer's to tell.
pub(super) fn read(
    name: &str,
    paths: &[PathBuf],
    (root, words): (&Path, usize),
    observer: &mut dyn Observer,
) -> Result<Vec<Document>, TrainError> {
    let mut documents = Vec::new();
    for path in paths.iter().map(|path| root.join(path)) {
        if path.extension().is_some_and(|ending| ending == "tsv") {
            let content = fs::read_to_string(&path).map_err(|error| TrainError::at(&path, error))?;
            documents.extend(tokens::read(name, &content, words).map_err(|error| TrainError::at(&path, error))?);
        } else {
            let report = load_paths(std::slice::from_ref(&path));
            observer.read(&report);
            if report.loaded.is_empty() {
                return Err(TrainError::at(&path, "there are no documents"));
            }
            documents.extend(report.loaded.into_iter().map(|loaded| loaded.document));
        }
    }
    Ok(documents)
}

fn batches(examples: Vec<Vec<Example>>, scorers: &[Option<RelationConfig>], batch: usize) -> Result<Vec<TaskBatch>, TrainError> {
    let mut batches = Vec::new();
    for (task, (examples, scorer)) in examples.into_iter().zip(scorers).enumerate() {
        let mut examples = examples.into_iter().peekable();
        while examples.peek().is_some() {
            let examples: Vec<Example> = examples.by_ref().take(batch.max(1)).collect();
            let pairs = scorer.iter().flat_map(|scorer| examples.iter().map(|example| PairExample::new(example, scorer)));
            let pairs = pairs.collect::<Result<_, _>>()?;
            batches.push(TaskBatch { task, examples, pairs });
        }
    }
    Ok(batches)
}

impl PretrainRecipe {
    /// The scorer of a corpus that has roles.
    fn scorer(&self, examples: &[Example]) -> Option<RelationConfig> {
        let recipe = self.relations.as_ref().filter(|_| examples.iter().any(|example| !example.roles.is_empty()))?;
        let PairCounts { table, degrees } = PairCounts::of(examples, ROLES.len());
        let RoleRecipe { state_width, heads, hidden_width, marked, message_width, .. } = *recipe;
        let roles = ROLES.map(Label::from).to_vec();
        Some(RelationConfig {
            state_width,
            heads,
            hidden_width,
            marked,
            message_width,
            threshold: 0.5,
            roles,
            table,
            degrees,
            forest: None,
        })
    }
}

fn run_id(recipe: &PretrainRecipe, corpora: &[Vec<Document>], start: &StartingEncoder) -> Result<String, TrainError> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(start.hash()?.as_bytes());
    hasher.update(serde_json::to_string(recipe).unwrap_or_default().as_bytes());
    corpora.iter().flatten().for_each(|document| hash_document(document, &mut hasher));
    Ok(hasher.finalize().to_hex().to_string())
}

#[cfg(test)]
mod tests;
