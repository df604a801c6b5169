//! What a model says to a person who works in a document, beside what it proposes by itself.

use super::{PredictedEntity, Prediction};
use crate::document::{AnnotationId, Label};

/// A role between two entities of a document that may hold.
#[derive(Clone, Debug, PartialEq)]
pub struct PossibleRole {
    /// The most probable role of the two.
    pub role: Label,
    /// The argument, in the more probable direction.
    pub subject: AnnotationId,
    /// The trigger.
    pub object: AnnotationId,
    /// Probability that the two are related in this direction, 0 to 1; calibrated if the model was.
    pub confidence: f32,
}

/// What a model says of a document as it stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Advice {
    /// Roles between entities of the document, to be proposed. It holds no entities.
    pub prediction: Prediction,
    /// Spans that are possible, proposed or not, in text order. They may overlap. Nothing of it is a proposal.
    pub spans: Vec<PredictedEntity>,
    /// Roles that are possible between any two entities that are not rejected, the more probable first.
    pub roles: Vec<PossibleRole>,
}
