//! A prediction as annotations of its document, for runs without a curator.

use super::{End, Prediction};
use crate::document::{AnnotationId, Document, Entity, Origin, Relation, Status};
use std::sync::Arc;

/// Adds all that is predicted to the document as proposals. What is there already stays as it is.
pub fn apply(document: &mut Document, prediction: &Prediction) {
    let origin = |confidence: f32| Origin::Model { run: Arc::clone(&prediction.model), confidence };
    let mut ids = Vec::with_capacity(prediction.entities.len());
    for predicted in &prediction.entities {
        let id = document.fresh_id('T');
        let entity = Entity {
            id: id.clone(),
            label: predicted.label.clone(),
            spans: vec![predicted.span],
            origin: origin(predicted.confidence),
            status: Status::Proposed,
        };
        document.entities.insert(id.clone(), entity);
        ids.push(id);
    }
    let resolve = |end: &End| -> Option<AnnotationId> {
        match end {
            End::Existing(id) => Some(id.clone()),
            End::Predicted(index) => ids.get(*index).cloned(),
        }
    };
    for predicted in &prediction.relations {
        let (Some(subject), Some(object)) = (resolve(&predicted.subject), resolve(&predicted.object)) else { continue };
        let id = document.fresh_id('R');
        let relation = Relation {
            id: id.clone(),
            role: predicted.role.clone(),
            subject,
            object,
            argument_names: None,
            origin: origin(predicted.confidence),
            status: Status::Proposed,
        };
        document.relations.insert(id, relation);
    }
}
