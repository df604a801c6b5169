//! The encoder folder that a training leaves behind, and whether it is there already.

use super::TrainError;
use super::checkpoint;
use super::course::Course;
use super::start::StartingEncoder;
use crate::formats::replace_bytes;
use crate::model::weights::Weights;
use std::fs;
use std::path::{Path, PathBuf};

const FOLDER: &str = "encoder";

/// File with the hash of all that decided what was learned. It is written last.
const RUN: &str = "run.txt";

/// The folder of the encoder of a training that is finished already; `None` when there is none.
///
/// # Errors
/// When the encoder that is there was made by another recipe, from another encoder or on other texts.
pub(super) fn finished(out: &Path, id: &str) -> Result<Option<PathBuf>, TrainError> {
    let folder = out.join(FOLDER);
    match fs::read_to_string(folder.join(RUN)) {
        Ok(made_by) if made_by.trim() == id => Ok(Some(folder)),
        Ok(_) => Err(TrainError::made_by_another(&folder, "encoder")),
        Err(_) => Ok(None),
    }
}

/// Writes the encoder with these weights; the checkpoint is no longer needed. Gives the folder.
///
/// # Errors
/// When a file can't be written.
pub(super) fn write(course: &Course<'_>, start: &StartingEncoder, weights: &Weights) -> Result<PathBuf, TrainError> {
    let folder = course.out().join(FOLDER);
    start.write_encoder(&folder, weights)?;
    let path = folder.join(RUN);
    replace_bytes(&path, format!("{}\n", course.id()).as_bytes()).map_err(|error| TrainError::at(&path, error))?;
    checkpoint::remove(course.out())?;
    Ok(folder)
}
