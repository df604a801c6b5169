//! Whatever can propose annotations for a document: the trained pipeline, or a scripted one in a test.

use super::{Advice, CancelToken, Prediction, Progress};
use crate::document::Document;
use crate::model::ModelError;
use std::sync::Arc;

/// Why a document got no prediction.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnnotateError {
    /// The [`CancelToken`] asked to stop.
    #[error("the prediction was cancelled")]
    Cancelled,
    /// The model could not do it; a sentence for the user.
    #[error("{0}")]
    Failed(String),
}

impl From<ModelError> for AnnotateError {
    fn from(error: ModelError) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Proposes annotations for documents. It is moved to the thread that runs it, so it needs no locks.
pub trait Annotator: Send {
    /// The name that goes into the origin of what it proposes.
    fn name(&self) -> Arc<str>;

    /// What it proposes for the document as it is: entities that are there already are not repeated, rejected ones included.
    ///
    /// It reports to `progress` and looks at `cancel` at least once per batch.
    ///
    /// # Errors
    /// [`AnnotateError::Cancelled`] soon after `cancel` was set, [`AnnotateError::Failed`] when the model fails.
    fn annotate(
        &self,
        document: &Document,
        progress: &mut dyn Progress,
        cancel: &CancelToken,
    ) -> Result<Prediction, AnnotateError>;

    /// What it says of a document in which a person works: roles between the spans that are not rejected, and what else is
    /// possible. `None` when it has nothing to say beyond [`Annotator::annotate`].
    ///
    /// # Errors
    /// As for [`Annotator::annotate`].
    fn advise(&self, _document: &Document, _cancel: &CancelToken) -> Result<Option<Advice>, AnnotateError> {
        Ok(None)
    }
}
