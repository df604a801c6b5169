//! What a prediction is made of, and how a long one reports and is stopped.

use crate::document::{AnnotationId, Label};
use crate::text::CharSpan;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A span that the model proposes.
#[derive(Clone, Debug, PartialEq)]
pub struct PredictedEntity {
    /// Where it stands.
    pub span: CharSpan,
    /// Its type.
    pub label: Label,
    /// Probability that span and type are right, 0 to 1; calibrated if the model was.
    pub confidence: f32,
}

/// One end of a predicted relation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// An entity that the document already had when it was predicted.
    Existing(AnnotationId),
    /// An index into [`Prediction::entities`].
    Predicted(usize),
}

/// A role that the model proposes.
#[derive(Clone, Debug, PartialEq)]
pub struct PredictedRelation {
    /// Its role.
    pub role: Label,
    /// The argument.
    pub subject: End,
    /// The trigger.
    pub object: End,
    /// Probability that the role holds, 0 to 1; calibrated if the model was. Then it takes in how sure the ends are that are only
    /// proposed; otherwise it is that for ends that are right.
    pub confidence: f32,
}

/// All that a model proposes for one document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prediction {
    /// Name of the model, for the origin of what is proposed.
    pub model: Arc<str>,
    /// Proposed spans in text order. None repeats an entity that the document already has.
    pub entities: Vec<PredictedEntity>,
    /// Proposed roles.
    pub relations: Vec<PredictedRelation>,
}

/// Told how far a prediction has come.
pub trait Progress {
    /// `done` of `total` word pieces are encoded.
    fn advance(&mut self, done: usize, total: usize);
}

/// Progress that nobody looks at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn advance(&mut self, _done: usize, _total: usize) {}
}

/// Asks a long computation to stop at its next look. Clones share the request.
#[derive(Clone, Debug, Default)]
pub struct CancelToken(Arc<Flag>);

#[derive(Debug, Default)]
struct Flag {
    set: AtomicBool,
    parent: Option<CancelToken>,
}

impl CancelToken {
    /// A token for a part of the computation: it stops with this one, or alone.
    #[must_use]
    pub fn child(&self) -> Self {
        Self(Arc::new(Flag { set: AtomicBool::new(false), parent: Some(self.clone()) }))
    }

    /// Asks for the stop.
    pub fn cancel(&self) {
        self.0.set.store(true, Ordering::Relaxed);
    }

    /// Whether a stop was asked for.
    pub fn is_cancelled(&self) -> bool {
        self.0.set.load(Ordering::Relaxed) || self.0.parent.as_ref().is_some_and(Self::is_cancelled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_stops_with_its_parent_but_not_the_other_way_round() {
        let parent = CancelToken::default();
        let (first, second) = (parent.child(), parent.child());
        first.clone().cancel();
        assert!(first.is_cancelled() && !second.is_cancelled() && !parent.is_cancelled());
        parent.cancel();
        assert!(second.is_cancelled());
    }
}
