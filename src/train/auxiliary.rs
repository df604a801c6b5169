//! Other corpora learned beside the annotated documents, from the start: an output layer and a CRF for each over one encoder (paper,
//! multi-task learning). The other way, first the other corpora and then the documents, is [`super::pretrain`].

use super::TrainError;
use super::data::{Example, hash_document, labels};
use super::metrics::Observer;
use super::pretrain::{self, CorpusRecipe};
use super::recipe::TaggerRecipe;
use super::tagger::Pass;
use crate::document::Document;
use crate::model::encoder::Config;
use crate::model::folder::Preparer;
use crate::model::tagger::{Tagger, TaggerConfig};
use crate::model::weights::Weights;
use crate::nlp::bio::TagSet;
use candle_core::Tensor;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Beginning of the names of the output layers' weights; the finished model does not have them.
pub(super) const HEADS: &str = "auxiliary.";

/// The other corpora.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuxiliaryRecipe {
    /// How many of their documents are read in an epoch, which reads all documents of the corpus proper.
    pub sample: usize,
    /// Tokens of the documents that are made of corpora without documents.
    pub document_words: usize,
    /// The corpora, each with its λ.
    #[serde(rename = "corpus")]
    pub corpora: Vec<CorpusRecipe>,
}

/// The documents of the other corpora; by default there are none.
#[derive(Debug, Default)]
pub(super) struct Auxiliary {
    sample: usize,
    tasks: Vec<Task>,
    documents: Vec<(usize, Document)>,
}

#[derive(Debug)]
struct Task {
    head: String,
    weight: f64,
    tags: TagSet,
}

impl Auxiliary {
    /// Reads the corpora, whose paths start from `root`.
    ///
    /// # Errors
    /// When a file can't be read or a folder has no documents.
    pub(super) fn read(
        recipe: &AuxiliaryRecipe,
        config: &TaggerConfig,
        root: &Path,
        observer: &mut dyn Observer,
    ) -> Result<Self, TrainError> {
        let (mut tasks, mut documents) = (Vec::new(), Vec::new());
        for (task, corpus) in recipe.corpora.iter().enumerate() {
            let read = pretrain::load(corpus, root, recipe.document_words, observer)?;
            let tags = TagSet::new(labels(&read)).with_scheme(config.scheme);
            tasks.push(Task { head: format!("{HEADS}{}", corpus.name), weight: corpus.weight, tags });
            documents.extend(read.into_iter().map(|document| (task, document)));
        }
        Ok(Self { sample: recipe.sample, tasks, documents })
    }

    /// Adds what decides what is learned to a hash.
    pub(super) fn hash(&self, hasher: &mut blake3::Hasher) {
        self.documents.iter().for_each(|(_, document)| hash_document(document, hasher));
    }

    /// How many documents are read in an epoch.
    pub(super) fn sample(&self) -> usize {
        self.sample
    }

    /// The documents as examples, each with the number of its corpus.
    ///
    /// # Errors
    /// When a text can't be cut into pieces.
    pub(super) fn examples(&self, preparer: &Preparer) -> Result<Vec<(usize, Example)>, TrainError> {
        let example =
            |(task, document): &(usize, Document)| Ok((*task, Example::new(document, preparer, &self.tasks[*task].tags, &[])?));
        self.documents.iter().map(example).collect()
    }

    /// Puts the output layers in where they are missing.
    ///
    /// # Errors
    /// When memory can't be had.
    pub(super) fn ensure(
        &self,
        weights: &mut Weights,
        encoder: &Config,
        config: &TaggerConfig,
        rng: &mut ChaCha8Rng,
    ) -> Result<(), TrainError> {
        for task in &self.tasks {
            Tagger::ensure(weights, encoder, config, &task.tags, &task.head, rng)?;
        }
        Ok(())
    }

    /// A tagger for each corpus over the present weights.
    ///
    /// # Errors
    /// When a weight is missing.
    pub(super) fn taggers(&self, weights: &Weights, encoder: &Config, config: &TaggerConfig) -> Result<Vec<Tagger>, TrainError> {
        let load = |task: &Task| Ok(Tagger::load(weights, encoder, config, &task.tags, &task.head)?);
        self.tasks.iter().map(load).collect()
    }

    /// Σ over the documents of a corpus of λ · −log P(tags).
    ///
    /// # Errors
    /// When the arithmetic fails.
    pub(super) fn loss(
        &self,
        (task, tagger): (usize, &Tagger),
        examples: &[&Example],
        (recipe, mask): (&TaggerRecipe, Option<u32>),
        mut rng: ChaCha8Rng,
    ) -> Result<Tensor, TrainError> {
        // Another stream for each corpus: what is hidden and dropped in one says nothing of the next.
        rng.set_stream(1 + task as u64);
        let pass = Pass::new(tagger, mask, examples, recipe, rng)?;
        Ok((pass.loss(tagger, examples)? * (self.tasks[task].weight * examples.len() as f64))?)
    }
}
