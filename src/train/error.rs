//! Why a training can't begin or go on.

use crate::model::ModelError;
use std::fmt::Display;
use std::path::Path;

/// A training that can't begin or go on.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// Something that was given is wrong; a sentence that names it.
    #[error("{0}")]
    Input(String),
    /// The model.
    #[error(transparent)]
    Model(#[from] ModelError),
}

impl TrainError {
    /// What is wrong with a file or folder.
    pub(super) fn at(path: &Path, what: impl Display) -> Self {
        Self::Input(format!("{}: {what}", path.display()))
    }

    /// What stands in the way when a folder holds what another training made: a `model`, an `encoder`.
    pub(super) fn made_by_another(folder: &Path, made: &str) -> Self {
        let what = "is of another recipe, corpus or encoder: choose another folder, or remove it to begin anew";
        Self::at(folder, format!("the {made} in it {what}"))
    }

    /// An error of the model in a folder, which it names.
    pub(super) fn of_model(folder: &Path, error: ModelError) -> Self {
        Self::Model(match error {
            ModelError::Damaged { file, what } => ModelError::Damaged { file: folder.join(file).display().to_string(), what },
            other => other,
        })
    }

    /// What is wrong with a file that is named by its name inside a folder.
    pub(super) fn within(folder: &Path, what: impl Display) -> Self {
        Self::Input(format!("{}{}{what}", folder.display(), std::path::MAIN_SEPARATOR))
    }
}

impl From<candle_core::Error> for TrainError {
    fn from(error: candle_core::Error) -> Self {
        Self::Model(error.into())
    }
}
