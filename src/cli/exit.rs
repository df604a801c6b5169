//! How a command ends: exit codes, and errors that know theirs.

use crate::formats::WriteError;
use crate::train::{RecipeError, TrainError};
use std::fmt::Display;
use std::process::ExitCode;

/// How a command ended, as its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// All was done.
    Fine = 0,
    /// All was tried; something was found in the files, or some documents failed.
    Findings = 1,
    /// It was asked for in a way that makes no sense.
    Usage = 2,
    /// The model is missing, damaged or of another version.
    Model = 3,
    /// Files could not be read or written.
    Io = 4,
}

impl Exit {
    /// The end of what was done: whether all of it was done and nothing was wrong with what was read.
    pub(super) const fn of(sound: bool) -> Self {
        if sound { Self::Fine } else { Self::Findings }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command could not be carried out.
#[derive(Debug)]
pub(super) struct Failure {
    /// The exit code.
    pub(super) exit: Exit,
    /// What to tell.
    pub(super) error: anyhow::Error,
}

impl Failure {
    /// A failure that is told in a sentence.
    pub(super) fn new(exit: Exit, sentence: impl Display) -> Self {
        Self { exit, error: anyhow::anyhow!("{sentence}") }
    }

    /// What to tell: what was being done, then each cause. A cause that the error above it has told already is not told again.
    pub(super) fn sentence(&self) -> String {
        let mut told = String::new();
        for cause in self.error.chain().map(ToString::to_string) {
            if told.is_empty() {
                told = cause;
            } else if !told.ends_with(&cause) {
                told = format!("{told}: {cause}");
            }
        }
        told
    }
}

impl From<TrainError> for Failure {
    fn from(error: TrainError) -> Self {
        let exit = if matches!(error, TrainError::Model(_)) { Exit::Model } else { Exit::Io };
        Self::new(exit, error)
    }
}

impl From<RecipeError> for Failure {
    fn from(error: RecipeError) -> Self {
        let exit = if matches!(error, RecipeError::Unreadable { .. }) { Exit::Io } else { Exit::Usage };
        Self { exit, error: error.into() }
    }
}

impl From<WriteError> for Failure {
    /// For commands that take `--overwrite`.
    fn from(error: WriteError) -> Self {
        let way_out = if matches!(error, WriteError::Holds(_)) { ", or give --overwrite" } else { "" };
        Self::new(Exit::Io, format!("it was not written: {error}{way_out}"))
    }
}

/// What a command returns.
pub(super) type Outcome = Result<Exit, Failure>;

/// Turns the errors of the rooms into failures with an exit code.
pub(super) trait OrFail<T> {
    /// Fails with this exit code; the sentence says what was being done.
    fn or_fail(self, exit: Exit, sentence: impl Display) -> Result<T, Failure>;
}

impl<T, E: Into<anyhow::Error>> OrFail<T> for Result<T, E> {
    fn or_fail(self, exit: Exit, sentence: impl Display) -> Result<T, Failure> {
        self.map_err(|error| Failure { exit, error: error.into().context(sentence.to_string()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("weights: {0}")]
    struct Told(#[source] std::io::Error);

    #[test]
    fn a_cause_is_told_once() {
        let failure =
            Err::<(), _>(Told(std::io::Error::other("torn"))).or_fail(Exit::Model, "The model can't be used").unwrap_err();
        assert_eq!((failure.sentence().as_str(), failure.exit), ("The model can't be used: weights: torn", Exit::Model));
    }
}
