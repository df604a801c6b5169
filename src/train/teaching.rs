//! Learning from other models (Hinton et al. 2015; paper, ensembles): what an ensemble believes of the annotated documents and of
//! texts that nobody annotated stands beside, or in the place of, what is annotated.
//!
//! A tagger learns the teachers' distribution over whole tag paths ([`PathTarget`]); the relation scorer learns the probability of each
//! outcome of each pair, between the annotated mentions or, where there are none, between those that the teachers find.

use super::TrainError;
use super::data::{Example, hash_document};
use super::metrics::Observer;
use super::pretrain;
use crate::document::{Document, Label};
use crate::model::crf::PathTarget;
use crate::model::decoder::Decoding;
use crate::model::engine::Precision;
use crate::model::ensemble::{Ensemble, EnsembleReading};
use crate::model::folder::Preparer;
use crate::model::manifest::Manifest;
use crate::model::relation::Mention;
use crate::nlp::Context;
use crate::nlp::bio::TagSet;
use crate::text::SourceText;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Learning from other models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TeachingRecipe {
    /// Share of the teachers' beliefs in what an annotated document should be; the rest is what is annotated.
    pub share: f64,
    /// What the teachers read each word with: every teacher reads once in each of these contexts, as if it were several. None: each
    /// reads in the context that it was trained for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contexts: Vec<Context>,
    /// How many of the texts that nobody annotated are read in an epoch, which reads all annotated documents.
    #[serde(default)]
    pub sample: usize,
    /// Files of one token a line (`.tsv`) and files or folders of documents, whose annotations do not count, inside the folder of all
    /// texts.
    #[serde(default)]
    pub texts: Vec<PathBuf>,
    /// Tokens of the documents that are made of files without documents.
    #[serde(default = "document_words")]
    pub document_words: usize,
}

fn document_words() -> usize {
    200
}

/// Texts that nobody annotated.
fn texts(recipe: &TeachingRecipe, root: &Path, observer: &mut dyn Observer) -> Result<Vec<Document>, TrainError> {
    let read = pretrain::read("text", &recipe.texts, (root, recipe.document_words), observer)?;
    Ok(read.into_iter().map(|document| Document::new(document.name, document.text)).collect())
}

/// The models that teach.
#[derive(Debug)]
pub(super) struct Teachers {
    recipe: TeachingRecipe,
    ensemble: Ensemble,
    texts: Vec<Document>,
    /// Probability that a span needs to become a mention of a text that nobody annotated.
    threshold: f32,
}

impl Teachers {
    /// Loads the models of these folders and reads the recipe's texts, whose paths start from `root`.
    ///
    /// # Errors
    /// When a model is damaged or does not fit the others, or a text can't be read.
    pub(super) fn load(
        recipe: &TeachingRecipe,
        folders: &[PathBuf],
        root: &Path,
        observer: &mut dyn Observer,
    ) -> Result<Self, TrainError> {
        let ensemble = Ensemble::load_in(folders, &recipe.contexts, Precision::F32)?;
        let threshold = ensemble.first().manifest().tagger.threshold;
        Ok(Self { recipe: recipe.clone(), ensemble, texts: texts(recipe, root, observer)?, threshold })
    }

    /// Adds what decides what is taught, besides the recipe, to a hash.
    pub(super) fn hash(&self, hasher: &mut blake3::Hasher) {
        for model in self.ensemble.models() {
            hasher.update(model.manifest().weights_hash.as_bytes());
        }
        self.texts.iter().for_each(|document| hash_document(document, hasher));
    }

    /// The types that they know, in their order.
    pub(super) fn labels(&self) -> &[Label] {
        &self.ensemble.first().manifest().labels
    }

    /// Whether they speak of the same tags, roles and words as a model that is to learn from them.
    ///
    /// # Errors
    /// What differs.
    pub(super) fn check(&self, tags: &TagSet, roles: &[Label], learner: &Manifest) -> Result<(), TrainError> {
        let first = self.ensemble.first();
        let teacher = first.manifest();
        let differs = |what: &str| TrainError::Input(format!("the teacher {} and the recipe differ in {what}", teacher.name));
        if first.tags() != tags {
            return Err(differs("types or tags"));
        }
        if teacher.word_split != learner.word_split {
            return Err(differs("how they split words"));
        }
        match first.relations() {
            Some(relations) if relations.roles() != roles => Err(differs("roles")),
            _ => Ok(()),
        }
    }

    /// Puts their beliefs beside what is annotated.
    ///
    /// # Errors
    /// When they fail.
    pub(super) fn teach(&self, document: &Document, example: &mut Example) -> Result<(), TrainError> {
        let share = self.recipe.share;
        if share <= 0.0 {
            return Ok(());
        }
        let reading = self.ensemble.read(&document.text)?;
        example.target = example.target.towards(&self.path(&reading), share);
        let order = in_text_order(&example.mentions);
        let sorted: Vec<Mention> = order.iter().map(|&at| example.mentions[at].clone()).collect();
        let beliefs = self.outcomes(&reading, &sorted)?;
        example.beliefs = Some(Beliefs {
            share: share as f32,
            outcomes: beliefs.into_iter().map(|((s, o), outcomes)| ((order[s], order[o]), outcomes)).collect(),
        });
        Ok(())
    }

    /// The texts that nobody annotated.
    pub(super) fn texts(&self) -> impl Iterator<Item = &SourceText> {
        self.texts.iter().map(|document| &document.text)
    }

    /// What is to be learned from the texts that nobody annotated, in their order.
    ///
    /// # Errors
    /// When they fail.
    pub(super) fn examples(&self, preparer: &Preparer) -> Result<Vec<Example>, TrainError> {
        self.texts.iter().map(|document| self.example(document, preparer)).collect()
    }

    fn example(&self, document: &Document, preparer: &Preparer) -> Result<Example, TrainError> {
        let reading = self.ensemble.read(&document.text)?;
        let spans =
            self.ensemble.decoder().decode(reading.emissions(), &reading.prepared().encoded.sentences, Decoding::default());
        let spans = spans.into_iter().filter(|span| span.probability >= self.threshold);
        let mentions: Vec<Mention> = spans.map(|span| Mention { words: span.words, label: span.label }).collect();
        let outcomes = self.outcomes(&reading, &mentions)?;
        Ok(Example {
            prepared: preparer.prepare(&document.text)?,
            also: Vec::new(),
            target: self.path(&reading),
            mentions,
            roles: HashMap::new(),
            beliefs: Some(Beliefs { share: 1.0, outcomes }),
        })
    }

    fn path(&self, reading: &EnsembleReading) -> PathTarget {
        PathTarget::believed(reading.emissions(), self.ensemble.decoder().moves(), &reading.prepared().encoded.sentences)
    }

    fn outcomes(&self, reading: &EnsembleReading, mentions: &[Mention]) -> Result<HashMap<(usize, usize), Vec<f32>>, TrainError> {
        // What the scorers believe is taught, not what trees make of annotated spans: a scorer has its own beside it.
        let standing = vec![false; mentions.len()];
        let scored = self.ensemble.score_pairs(reading, (mentions, &standing), &|| false)?;
        let Some(scored) = scored else { return Ok(HashMap::new()) };
        let ends = scored.candidates.pairs.iter().map(|pair| (pair.subject, pair.object));
        Ok(ends.zip(scored.outcomes.iter().map(<[f32]>::to_vec)).collect())
    }

    /// How many texts that nobody annotated are read in an epoch.
    pub(super) fn sample(&self) -> usize {
        self.recipe.sample
    }
}

/// What teachers believe of the pairs of a document.
#[derive(Clone, Debug)]
pub(super) struct Beliefs {
    /// Their share in what is to be learned; the rest is what is annotated.
    share: f32,
    /// By subject and object: the probability of no role, then of each role. What is not here is no role.
    outcomes: HashMap<(usize, usize), Vec<f32>>,
}

impl Beliefs {
    /// Moves what is annotated of a pair towards what is believed of it.
    pub(super) fn apply(&self, pair: (usize, usize), outcomes: &mut [f32]) {
        let believed = self.outcomes.get(&pair);
        for (at, outcome) in outcomes.iter_mut().enumerate() {
            let believed = believed.map_or(if at == 0 { 1.0 } else { 0.0 }, |believed| believed.get(at).copied().unwrap_or(0.0));
            *outcome += (believed - *outcome) * self.share;
        }
    }
}

fn in_text_order(mentions: &[Mention]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..mentions.len()).collect();
    order.sort_by_key(|&at| (mentions[at].words.start, mentions[at].words.end));
    order
}
