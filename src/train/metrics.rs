//! What a training tells while it runs.

use crate::formats::LoadReport;
use serde::Serialize;

/// Something that happened in a training; a line of `metrics.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum TrainEvent {
    /// The training begins or goes on.
    Started {
        /// Training documents.
        documents: usize,
        /// Dev documents.
        dev_documents: usize,
        /// Step of the stage at which it goes on; 0 at the beginning.
        resumed_at: usize,
    },
    /// One step was made.
    Step {
        /// `tagger`, `relations`, `roles` …
        stage: &'static str,
        /// Steps made in this stage.
        step: usize,
        /// Steps of the stage.
        steps: usize,
        /// Mean loss of a document, or of a pair.
        loss: f64,
        /// Norm of the gradient.
        gradient_norm: f64,
        /// Word pieces a second over the step; 0 where no pieces are read.
        pieces_per_second: f64,
    },
    /// The dev documents were scored.
    Scored {
        /// `tagger` or `relations`.
        stage: &'static str,
        /// Epochs done.
        epoch: usize,
        /// The scores.
        scores: super::FoldScores,
    },
    /// A checkpoint is on disk.
    Saved {
        /// Steps of the stage that it holds.
        step: usize,
    },
}

/// Told what happens, e.g. to show progress.
pub trait Observer {
    /// Something happened.
    fn observe(&mut self, event: &TrainEvent);

    /// Documents that the recipe names were read, before anything is learned from them.
    fn read(&mut self, report: &LoadReport);
}

/// Watches nothing.
#[cfg(test)]
pub(super) struct Ignore;

#[cfg(test)]
impl Observer for Ignore {
    fn observe(&mut self, _event: &TrainEvent) {}
    fn read(&mut self, _report: &LoadReport) {}
}
