//! How sure a model may be of what it proposes: measured on the models of a cross-validation and the documents that each did not see.
//!
//! Every number that is reported is cross-fitted: what is applied to a fold was fitted on the others.

mod curves;
mod fit;
mod measure;
mod rerank;
mod samples;
mod thresholds;

pub use fit::{Own, Shape};
pub use measure::{BINS, Confidences, Measured, Reliability, ThresholdScores};

use super::evaluation::{FoldScores, score};
use super::folds::{held_out, manifest_of_fold, models_of_fold};
use super::{Recipe, TrainError};
use crate::document::Document;
use crate::model::calibration::Calibration;
use crate::model::engine::Precision;
use crate::model::ensemble::Ensemble;
use crate::model::folder::{Model, ModelFiles, read_manifest, write_manifest};
use crate::model::manifest::Manifest;
use crate::model::relation::RelationModelConfig;
use crate::nlp::Context;
use crate::pipeline::{AnnotateError, CancelToken, Pipeline, Tasks};
use fit::calibration_of;
use measure::{measure, others};
use rerank::{Forests, RerankSamples, Reranked, Standing, judged};
use samples::FoldSamples;
use serde::Deserialize as _;
use std::path::{Path, PathBuf};

/// What a calibration is given.
#[derive(Debug)]
pub struct CalibrateInputs {
    /// The folder of a cross-validation: `fold0/model` and so on; of several the models of each fold decide together.
    pub folds: Vec<PathBuf>,
    /// The corpus that they were trained on.
    pub documents: Vec<Document>,
    /// Its splits file.
    pub splits: PathBuf,
    /// Contexts that each model reads in, as if it were several; none: the one that it was trained for.
    pub contexts: Vec<Context>,
    /// In what numbers the models compute.
    pub precision: Precision,
    /// Whether a second look is taken at what they find.
    pub rerank: bool,
}

/// What was found.
#[derive(Debug)]
pub struct Calibrated {
    /// Fitted on all folds, to be used.
    pub calibration: Calibration,
    /// What calibrations of the other folds make of each.
    pub measured: Measured,
    /// Scores of each fold by the pipeline that `predict` uses, without a calibration.
    pub scores_before: Vec<FoldScores>,
    /// The same by a calibration that was fitted on the other folds.
    pub scores_after: Vec<FoldScores>,
    /// What the models say of themselves.
    manifest: Manifest,
}

/// Passes over the documents: with and without their spans, and both again for the scores before and after.
const PASSES: usize = 6;

/// Further ones for a second look: one for each part of the annotation that may stand.
const RERANK_PASSES: usize = Standing::ALL.len();

/// Measures and fits. `progress` is told how many documents of how many were read, over all passes; it may set `cancel`. `None` when it was asked to stop.
///
/// # Errors
/// When an input can't be read, a fold has no documents or no usable model, or the folds are of different models.
pub fn calibrate(
    inputs: &CalibrateInputs,
    progress: &mut dyn FnMut(usize, usize),
    cancel: &CancelToken,
) -> Result<Option<Calibrated>, TrainError> {
    let folds = Folds::read(inputs)?;
    let count = folds.held_out.len();
    let passes = PASSES + if inputs.rerank { RERANK_PASSES } else { 0 };
    let total = passes * folds.held_out.iter().map(Vec::len).sum::<usize>();
    let mut done = 0;
    let mut advance = |documents: usize| {
        done += documents;
        progress(done, total);
    };
    let (mut samples, mut looks) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for fold in 0..count {
        match folds.samples(fold, &mut advance, cancel)? {
            Some((fold, look)) => {
                samples.push(fold);
                looks.push(look);
            }
            None => return Ok(None),
        }
    }
    let related = folds.manifest.relations.as_ref().map_or(0.0, RelationModelConfig::threshold);
    let measured = measure(&samples, related);
    let mut forests = inputs.rerank.then(|| Forests::new(&looks));
    let (mut scores_before, mut scores_after) = (Vec::new(), Vec::new());
    for fold in 0..count {
        let by_curves = calibration_of(&others(&samples, fold), measured.shape);
        let fitted = match &mut forests {
            Some(forests) => forests.complete(by_curves, Some(fold)).0,
            None => by_curves,
        };
        for (scores, calibration) in [(&mut scores_before, None), (&mut scores_after, Some(fitted))] {
            if cancel.is_cancelled() {
                return Ok(None);
            }
            scores.push(score(folds.models(fold, calibration.as_ref())?, &folds.held_out[fold])?);
            advance(2 * folds.held_out[fold].len());
        }
    }
    let by_curves = calibration_of(&samples.iter().collect::<Vec<_>>(), measured.shape);
    let (calibration, measured) = match &mut forests {
        Some(forests) => {
            let (calibration, said) = forests.complete(by_curves, None);
            (calibration, after_second_look(measured, &said))
        }
        None => (by_curves, measured),
    };
    Ok(Some(Calibrated { calibration, measured, scores_before, scores_after, manifest: folds.manifest }))
}

/// What was measured, with what was said of each fold by a second look that was grown from the others.
fn after_second_look(measured: Measured, said: &[Reranked<'_>]) -> Measured {
    let mut by_label = measured.by_label;
    by_label.values_mut().for_each(|(_, after)| after.clear());
    for (label, judged) in rerank::by_label(said) {
        by_label.entry(label).or_default().1 = judged;
    }
    Measured { reranked: Some(judged(said).map(Reliability::of)), by_label, ..measured }
}

impl Calibrated {
    /// Puts the calibration into the manifest of a model folder. Says whether that model was trained by the recipe of the folds.
    ///
    /// # Errors
    /// When it is no model folder, its types or roles are others, or it can't be written.
    pub fn write(&self, folder: &Path) -> Result<bool, TrainError> {
        let manifest = read_manifest(folder)?;
        if !of_a_kind(&manifest, &self.manifest) {
            return Err(TrainError::at(folder, "its types or roles are not those of the folds' models"));
        }
        // As recipes, not as they are written: an older manifest leaves out what had no choice then.
        let recipe = |manifest: &Manifest| Recipe::deserialize(manifest.training.get("recipe")?).ok();
        let same = recipe(&manifest).is_some_and(|its| recipe(&self.manifest) == Some(its));
        write_manifest(folder, &Manifest { calibration: Some(self.calibration.clone()), ..manifest })?;
        Ok(same)
    }
}

/// Whether two models speak of the same types and roles. The order of types depends on the documents.
fn of_a_kind(a: &Manifest, b: &Manifest) -> bool {
    let parts = |manifest: &Manifest| {
        let roles = manifest.relations.as_ref().map_or_else(Vec::new, |relations| relations.roles().to_vec());
        let mut parts = (manifest.labels.clone(), roles);
        parts.0.sort();
        parts.1.sort();
        parts
    };
    parts(a) == parts(b)
}

/// A cross-validation that is finished.
struct Folds<'a> {
    inputs: &'a CalibrateInputs,
    held_out: Vec<Vec<Document>>,
    /// Of the first fold's first model.
    manifest: Manifest,
}

impl<'a> Folds<'a> {
    fn read(inputs: &'a CalibrateInputs) -> Result<Self, TrainError> {
        let held_out = held_out(&inputs.splits, &inputs.documents)?;
        if held_out.len() < 2 {
            return Err(TrainError::at(&inputs.splits, "a calibration needs two folds at least"));
        }
        let folds = 0..held_out.len();
        let folders = folds.flat_map(|fold| models_of_fold(&inputs.folds, fold).into_iter().map(move |folder| (fold, folder)));
        let mut first: Option<Manifest> = None;
        for (fold, folder) in folders {
            let manifest = manifest_of_fold(&folder, fold)?;
            match &first {
                None => first = Some(manifest),
                Some(first) if of_a_kind(first, &manifest) => {}
                Some(_) => return Err(TrainError::at(&folder, "its types or roles are not those of fold 0")),
            }
        }
        let manifest = first.ok_or_else(|| TrainError::at(&inputs.splits, "there are no folds"))?;
        Ok(Self { inputs, held_out, manifest })
    }

    /// The models of a fold with another calibration than their own, which is that of the first.
    fn models(&self, fold: usize, calibration: Option<&Calibration>) -> Result<Ensemble, TrainError> {
        let folders = models_of_fold(&self.inputs.folds, fold);
        let models = folders.iter().map(|folder| self.models_in(folder, calibration)).collect::<Result<Vec<_>, _>>()?;
        let mut models = models.into_iter().flatten();
        let first = models.next().ok_or_else(|| TrainError::Input("no cross-validation is named".to_owned()))?;
        Ok(Ensemble::new(first, models.collect())?)
    }

    /// The model of a folder, once for each context that it is to read in.
    fn models_in(&self, folder: &Path, calibration: Option<&Calibration>) -> Result<Vec<Model>, TrainError> {
        let mut files = ModelFiles::read(folder)?;
        let manifest = Manifest { calibration: calibration.cloned(), ..Manifest::parse(&files.manifest)? };
        let bytes = serde_json::to_vec(&manifest).map_err(|error| TrainError::at(folder, error))?;
        files.manifest = bytes.into();
        Model::load_in(&files, &self.inputs.contexts, self.inputs.precision).map_err(|error| TrainError::of_model(folder, error))
    }

    /// What the model of a fold says of its documents; `None` when it was asked to stop.
    fn samples(
        &self,
        fold: usize,
        advance: &mut dyn FnMut(usize),
        cancel: &CancelToken,
    ) -> Result<Option<(FoldSamples, RerankSamples)>, TrainError> {
        let models = self.models(fold, None)?;
        let has_roles = models.first().relations().is_some();
        let mut pipeline = Pipeline::new(models);
        let mut samples = FoldSamples::new();
        for tasks in [Tasks::SpansAndRoles, Tasks::RolesOnly] {
            pipeline = pipeline.with_tasks(tasks);
            for document in &self.held_out[fold] {
                let added = match tasks {
                    Tasks::SpansAndRoles => samples.add_found(&pipeline, document, cancel),
                    Tasks::RolesOnly if has_roles => samples.add_given(&pipeline, document, cancel),
                    Tasks::RolesOnly => Ok(()),
                };
                match added {
                    Err(AnnotateError::Cancelled) => return Ok(None),
                    Err(error) => return Err(TrainError::Input(format!("{}: {error}", document.name))),
                    Ok(()) => advance(1),
                }
            }
        }
        let roles = pipeline.model().relations().map_or(&[] as &[_], |relations| relations.roles()).to_vec();
        let mut looks = RerankSamples::new(&roles);
        let standing: &[Standing] = if self.inputs.rerank { &Standing::ALL } else { &[] };
        pipeline = pipeline.looking_twice();
        for &standing in standing {
            pipeline = pipeline.with_tasks(standing.tasks());
            for document in &self.held_out[fold] {
                match looks.add(&pipeline, document, standing, cancel) {
                    Err(AnnotateError::Cancelled) => return Ok(None),
                    Err(error) => return Err(TrainError::Input(format!("{}: {error}", document.name))),
                    Ok(()) => advance(1),
                }
            }
        }
        Ok(Some((samples, looks)))
    }
}
