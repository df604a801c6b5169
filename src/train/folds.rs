//! Cross-validation: a training for each fold of a splits file, each scored on the documents that it did not see.

use super::evaluation::{FoldScores, Prf, score_pipeline};
use super::metrics::Observer;
use super::run::{Inputs, Outcome, run};
use super::{Recipe, TrainError};
use crate::document::Document;
use crate::formats::replace_bytes;
use crate::model::decoder::Decoding;
use crate::model::engine::Precision;
use crate::model::ensemble::Ensemble;
use crate::model::folder::read_manifest;
use crate::model::manifest::Manifest;
use crate::nlp::Context;
use crate::pipeline::{CancelToken, Pipeline};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Names of documents by fold.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Splits {
    folds: Vec<Vec<String>>,
}

impl Splits {
    /// Reads a JSON file whose `folds` list the names of the documents of each fold.
    ///
    /// # Errors
    /// When it can't be read or is no such file.
    pub(super) fn read(path: &Path) -> Result<Self, TrainError> {
        let text = std::fs::read_to_string(path).map_err(|error| TrainError::at(path, error))?;
        serde_json::from_str(&text).map_err(|error| TrainError::at(path, error))
    }

    /// Names of the documents of a fold, from 0.
    pub(super) fn fold(&self, number: usize) -> Option<&[String]> {
        self.folds.get(number).map(Vec::as_slice)
    }
}

/// The documents that each fold of a splits file holds out, in the order of their names.
///
/// # Errors
/// When the file can't be read, or a fold has no document in the corpus.
pub(super) fn held_out(splits: &Path, documents: &[Document]) -> Result<Vec<Vec<Document>>, TrainError> {
    let folds = Splits::read(splits)?.folds;
    let folds = folds.iter().enumerate().map(|(fold, names)| {
        let mut held_out: Vec<Document> = documents.iter().filter(|document| names.contains(&document.name)).cloned().collect();
        if held_out.is_empty() {
            return Err(TrainError::at(splits, format!("no document of fold {fold} is in the corpus")));
        }
        held_out.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(held_out)
    });
    folds.collect()
}

/// The folder of a fold's training inside that of a cross-validation.
fn folder_of_fold(run: &Path, fold: usize) -> PathBuf {
    run.join(format!("fold{fold}"))
}

/// The model folder of a fold inside the folder of a cross-validation.
pub(super) fn model_of_fold(run: &Path, fold: usize) -> PathBuf {
    folder_of_fold(run, fold).join("model")
}

/// What a cross-validation is given.
#[derive(Debug)]
pub struct CrossInputs {
    /// The recipe of every fold.
    pub recipe: Recipe,
    /// The corpus.
    pub documents: Vec<Document>,
    /// The splits file.
    pub splits: PathBuf,
    /// Folder of the encoder to begin from, in Hugging Face layout.
    pub encoder: PathBuf,
    /// Who teaches, if the recipe has `[teaching]`: folders of cross-validations, of which each fold's model teaches its fold.
    pub teachers: Vec<PathBuf>,
    /// Folder that the paths of the recipe's other corpora and texts start from.
    pub corpora: PathBuf,
    /// Folder in which each fold gets its own, `fold0` and so on.
    pub out: PathBuf,
}

/// Trains and scores one fold after the other; folds that are finished are not trained again. `None` when it was asked to stop.
/// The scores are in the order of the folds, also in `scores.json`.
///
/// # Errors
/// When an input is wrong or can't be read, a fold was trained by another recipe, or a result can't be written.
pub fn cross_validate(
    inputs: &CrossInputs,
    observer: &mut dyn Observer,
    cancel: &CancelToken,
) -> Result<Option<Vec<FoldScores>>, TrainError> {
    let CrossInputs { recipe, documents, splits, encoder, teachers, corpora, out } = inputs;
    let folds = Splits::read(splits)?.folds.len();
    let mut all = Vec::with_capacity(folds);
    for fold in 0..folds {
        let inputs = Inputs {
            recipe: recipe.clone(),
            documents: documents.clone(),
            fold: Some((splits.clone(), fold)),
            encoder: encoder.clone(),
            teachers: models_of_fold(teachers, fold),
            corpora: corpora.clone(),
            scores: None,
            out: folder_of_fold(out, fold),
        };
        let scores = match run(inputs, observer, cancel)? {
            Outcome::Finished { scores: Some(scores), .. } => scores,
            Outcome::Finished { .. } => return Err(TrainError::at(splits, format!("fold {fold} names no document"))),
            Outcome::Interrupted => return Ok(None),
        };
        all.push(scores);
    }
    let path = out.join("scores.json");
    let text = serde_json::to_string_pretty(&CrossScores::of(recipe.clone(), all.clone())).unwrap_or_default();
    replace_bytes(&path, text.as_bytes()).map_err(|error| TrainError::at(&path, error))?;
    Ok(Some(all))
}

/// The manifest of a fold's model, which must not have seen the fold.
///
/// # Errors
/// When it can't be read, or the model was not trained with this fold held out.
pub(super) fn manifest_of_fold(folder: &Path, fold: usize) -> Result<Manifest, TrainError> {
    let manifest = read_manifest(folder).map_err(|error| TrainError::of_model(folder, error))?;
    let held_out = manifest.training.get("held_out_fold").and_then(serde_json::Value::as_u64);
    if held_out == Some(fold as u64) {
        Ok(manifest)
    } else {
        Err(TrainError::at(folder, format!("this model was not trained with fold {fold} held out")))
    }
}

/// The model folders of a fold in the folders of cross-validations.
pub fn models_of_fold(runs: &[PathBuf], fold: usize) -> Vec<PathBuf> {
    runs.iter().map(|run| model_of_fold(run, fold)).collect()
}

/// How the models of cross-validations are to read and decide.
#[derive(Clone, Debug, Default)]
pub struct FoldReading {
    /// In what numbers they compute.
    pub precision: Precision,
    /// How spans are found.
    pub decoding: Decoding,
    /// Spans that the models are less sure of are left out; `None`: as the first model's own thresholds say.
    pub threshold: Option<f32>,
    /// Contexts that each model reads in, as if it were several; none: the one that it was trained for.
    pub contexts: Vec<Context>,
}

/// Scores the models of finished cross-validations on the documents that they did not see: those of a fold, one of each folder in
/// `runs`, decide together. `each` is told each fold's scores.
///
/// # Errors
/// When the splits or a model can't be read, a model has seen the fold, or the models of a fold do not fit each other.
pub fn score_folds(
    runs: &[PathBuf],
    documents: &[Document],
    splits: &Path,
    how: &FoldReading,
    mut each: impl FnMut(usize, &FoldScores),
) -> Result<Vec<FoldScores>, TrainError> {
    let held_out = held_out(splits, documents)?;
    let mut all = Vec::with_capacity(held_out.len());
    for (fold, held_out) in held_out.iter().enumerate() {
        let folders = models_of_fold(runs, fold);
        folders.iter().try_for_each(|folder| manifest_of_fold(folder, fold).map(drop))?;
        let models = Ensemble::load_in(&folders, &how.contexts, how.precision)?;
        let pipeline = Pipeline::new(models).with_decoding(how.decoding);
        let pipeline = match how.threshold {
            Some(least) => pipeline.with_least_confidence(least),
            None => pipeline.with_own_threshold(),
        };
        let scores = score_pipeline(pipeline, held_out)?;
        each(fold, &scores);
        all.push(scores);
    }
    Ok(all)
}

/// What a cross-validation found: `scores.json`, and the `scores` of a model that was trained by the same recipe on everything.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrossScores {
    /// How it was scored.
    pub measure: String,
    /// F1 of Task 1.
    pub spans_f1: Spread,
    /// F1 of Task 2 between the spans that the model found.
    pub roles_f1: Spread,
    /// F1 of Task 2 between the gold spans.
    pub roles_given_gold_spans_f1: Spread,
    /// Each fold.
    pub folds: Vec<FoldScores>,
    /// The recipe.
    pub recipe: Recipe,
}

impl CrossScores {
    fn of(recipe: Recipe, folds: Vec<FoldScores>) -> Self {
        Self {
            measure: format!("strict micro F1 over whole documents, cross-validation over {} folds", folds.len()),
            spans_f1: Spread::over(&folds, |scores| scores.spans.f1),
            roles_f1: Spread::over(&folds, |scores| scores.roles.f1),
            roles_given_gold_spans_f1: Spread::over(&folds, |scores| scores.roles_given_gold_spans.f1),
            folds,
            recipe,
        }
    }

    /// Reads `scores.json`.
    ///
    /// # Errors
    /// When it can't be read or is of another recipe.
    pub(super) fn read(path: &Path, recipe: &Recipe) -> Result<Self, TrainError> {
        let text = std::fs::read_to_string(path).map_err(|error| TrainError::at(path, error))?;
        let scores: Self = serde_json::from_str(&text).map_err(|error| TrainError::at(path, error))?;
        if scores.recipe == *recipe { Ok(scores) } else { Err(TrainError::at(path, "these are the scores of another recipe")) }
    }
}

/// Mean over the folds and sample standard deviation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Mean.
    pub mean: f64,
    /// Standard deviation, with n − 1; 0 for a single fold.
    pub deviation: f64,
}

impl Spread {
    /// Of these values.
    pub fn of(values: &[f64]) -> Self {
        let count = values.len().max(1) as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Self { mean, deviation: (squares / (count - 1.0).max(1.0)).sqrt() }
    }

    /// Of one score over all folds.
    pub fn over(folds: &[FoldScores], score: impl Fn(&FoldScores) -> f64) -> Self {
        Self::of(&folds.iter().map(score).collect::<Vec<_>>())
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.3} ± {:.3}", self.mean, self.deviation)
    }
}

/// The scores of all folds in a few lines: mean ± standard deviation of precision, recall and F1.
pub fn describe(folds: &[FoldScores]) -> String {
    let line = |name: &str, task: fn(&FoldScores) -> Prf| {
        let [p, r, f] =
            [|s: Prf| s.precision, |s: Prf| s.recall, |s: Prf| s.f1].map(|part| Spread::over(folds, |s| part(task(s))));
        format!("{name:<24} P {p}  R {r}  F1 {f}\n")
    };
    format!(
        "{} folds, strict micro over whole documents, mean ± standard deviation\n{}{}{}",
        folds.len(),
        line("spans", |scores| scores.spans),
        line("roles", |scores| scores.roles),
        line("roles given gold spans", |scores| scores.roles_given_gold_spans),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_is_that_of_a_sample() {
        let spread = Spread::of(&[0.4, 0.5, 0.6]);
        assert!((spread.mean - 0.5).abs() < 1e-12 && (spread.deviation - 0.1).abs() < 1e-12);
        assert_eq!(Spread::of(&[0.3]), Spread { mean: 0.3, deviation: 0.0 });
        assert_eq!(spread.to_string(), "0.500 ± 0.100");
    }

    #[test]
    fn all_three_scores_are_described() {
        let prf = |f1| Prf { precision: 0.5, recall: 0.25, f1 };
        let scores = |f1| FoldScores { documents: 2, spans: prf(f1), roles: prf(0.1), roles_given_gold_spans: prf(0.9) };
        let text = describe(&[scores(0.4), scores(0.6)]);
        assert!(text.starts_with("2 folds"), "{text}");
        assert!(text.contains("spans                    P 0.500 ± 0.000  R 0.250 ± 0.000  F1 0.500 ± 0.141\n"), "{text}");
        assert!(text.contains("roles given gold spans   P 0.500 ± 0.000  R 0.250 ± 0.000  F1 0.900 ± 0.000\n"), "{text}");
    }
}
