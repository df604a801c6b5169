//! Scores of a model on dev documents, by the pipeline that `predict` uses.

use super::TrainError;
use crate::document::Document;
use crate::evaluate::{Counts, Matching, score_documents};
use crate::model::ensemble::Ensemble;
use crate::pipeline::{Annotator, CancelToken, Pipeline, Silent, Tasks, apply};
use serde::{Deserialize, Serialize};

/// Precision, recall and F1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Prf {
    /// Precision.
    pub precision: f64,
    /// Recall.
    pub recall: f64,
    /// F1.
    pub f1: f64,
}

impl From<Counts> for Prf {
    fn from(counts: Counts) -> Self {
        Self { precision: counts.precision(), recall: counts.recall(), f1: counts.f1() }
    }
}

/// Strict micro scores on whole documents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FoldScores {
    /// Documents.
    pub documents: usize,
    /// Task 1.
    pub spans: Prf,
    /// Task 2 between the spans that the model found.
    pub roles: Prf,
    /// Task 2 between the gold spans.
    pub roles_given_gold_spans: Prf,
}

/// A document as the pipeline gets it: without annotations, or with its spans only.
pub(super) fn stripped(document: &Document, keep_spans: bool) -> Document {
    let mut bare = Document::new(document.name.clone(), document.text.clone());
    if keep_spans {
        bare.entities = document.entities.clone();
    }
    bare
}

fn predict(pipeline: &Pipeline, gold: &[Document], keep_spans: bool) -> Result<Vec<Document>, TrainError> {
    let mut predicted = Vec::with_capacity(gold.len());
    for document in gold {
        let mut bare = stripped(document, keep_spans);
        let prediction = pipeline.annotate(&bare, &mut Silent, &CancelToken::default());
        apply(&mut bare, &prediction.map_err(|error| TrainError::Input(format!("{}: {error}", document.name)))?);
        predicted.push(bare);
    }
    Ok(predicted)
}

/// Scores a model, or several that decide together, on documents with gold annotations, at its own threshold.
///
/// # Errors
/// When the model fails on one of them.
pub fn score(models: impl Into<Ensemble>, gold: &[Document]) -> Result<FoldScores, TrainError> {
    score_pipeline(Pipeline::new(models).with_own_threshold(), gold)
}

/// The same of a pipeline at whatever threshold it has.
///
/// # Errors
/// When the model fails on one of them.
pub(super) fn score_pipeline(pipeline: Pipeline, gold: &[Document]) -> Result<FoldScores, TrainError> {
    let has_roles = pipeline.model().relations().is_some();
    let counts = |predicted: &[Document]| {
        let pairs: Vec<(&Document, &Document)> = gold.iter().zip(predicted).collect();
        score_documents(&pairs, Matching::Strict)
    };
    let end_to_end = counts(&predict(&pipeline, gold, false)?);
    let mut scores = FoldScores {
        documents: gold.len(),
        spans: end_to_end.spans.micro.into(),
        roles: end_to_end.relations.micro.into(),
        ..FoldScores::default()
    };
    if has_roles {
        let given = counts(&predict(&pipeline.with_tasks(Tasks::RolesOnly), gold, true)?);
        scores.roles_given_gold_spans = given.relations.micro.into();
    }
    Ok(scores)
}
