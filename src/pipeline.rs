//! From a document to what the model proposes for it. Single-threaded by itself: whoever wants it in the background uses `worker`.

mod advice;
mod annotate;
mod annotator;
mod apply;
mod assistant;
mod confidence;
mod mentions;
mod passes;
mod prediction;
mod rerank;
mod roles;
mod scored;
mod times;

pub use advice::{Advice, PossibleRole};
pub use annotate::{Pipeline, Tasks};
pub use annotator::{AnnotateError, Annotator};
pub use apply::apply;
pub use assistant::Assistant;
pub use prediction::{CancelToken, End, PredictedEntity, PredictedRelation, Prediction, Progress, Silent};
pub use rerank::{Weighed, WeighedPair, WeighedSpan};
pub use times::Times;
