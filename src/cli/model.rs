//! Loading the model that a command uses: the built-in one, or one from a folder.

use super::exit::{Exit, Failure, OrFail as _};
use crate::model::built_in;
use crate::model::engine::Precision;
use crate::model::ensemble::Ensemble;
use crate::model::folder::{MANIFEST, Model, ModelFiles};
use crate::pipeline::{Annotator, Assistant, Pipeline};
use crate::tui;
use std::path::{Path, PathBuf};

/// Loads the model of a folder, or the built-in one.
///
/// # Errors
/// It is missing, damaged or of another version.
pub(super) fn load(folder: Option<&Path>, precision: Precision) -> Result<Pipeline, Failure> {
    let (files, what) = match folder {
        Some(folder) => (ModelFiles::read(folder), format!("The model in {} can't be used", folder.display())),
        None => (Ok(built_in()), "The built-in model can't be used".to_owned()),
    };
    let model = files.and_then(|files| Model::load(&files, precision));
    Ok(Pipeline::new(model.or_fail(Exit::Model, what)?))
}

/// Loads the models of several folders, to decide together.
///
/// # Errors
/// One is missing, damaged or of another version, or they do not fit each other.
pub(super) fn load_together(folders: &[PathBuf], precision: Precision) -> Result<Pipeline, Failure> {
    let ensemble = Ensemble::load(folders, precision).or_fail(Exit::Model, "The models can't be used together")?;
    Ok(Pipeline::new(ensemble))
}

/// Loads the model of a folder, or the built-in one, as it proposes in a review.
///
/// # Errors
/// As [`load`].
pub(super) fn assistant(folder: Option<&Path>, precision: Precision) -> Result<Assistant, Failure> {
    Ok(Assistant::new(load(folder, precision)?.with_own_threshold()))
}

/// The same in the worker's thread.
pub(super) fn loader(folder: Option<PathBuf>, precision: Precision) -> tui::Load {
    Box::new(move || match assistant(folder.as_deref(), precision) {
        Ok(assistant) => Ok(Box::new(assistant) as Box<dyn Annotator>),
        Err(failure) => Err(failure.sentence()),
    })
}

/// Looks whether this can be a model folder at all, without loading it.
///
/// # Errors
/// It is no folder, or has no manifest.
pub(super) fn check(folder: &Path) -> Result<(), Failure> {
    if folder.join(MANIFEST).is_file() {
        return Ok(());
    }
    let what = if folder.is_dir() { format!("has no {MANIFEST}, so it is no model folder") } else { "is no folder".to_owned() };
    Err(Failure::new(Exit::Model, format!("{} {what}.", folder.display())))
}
