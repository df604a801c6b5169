//! From a document to what the model proposes for it. Single-threaded by itself: whoever wants it in the background uses `worker`.

mod annotator;
mod prediction;

pub use annotator::{AnnotateError, Annotator};
pub use prediction::{CancelToken, End, PredictedEntity, PredictedRelation, Prediction, Progress, Silent};
