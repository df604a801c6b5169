//! What a document is to hold in the end, and how far it is.

use rolecall::document::{AnnotationId, Document, Entity, Label, Relation};
use rolecall::text::CharSpan;
use std::collections::BTreeSet;

/// A span as far as it counts: its fragments and its type.
pub type Span = (Vec<CharSpan>, Label);

/// Gold annotations without their ids.
pub struct Goal {
    pub spans: BTreeSet<Span>,
    /// Subject, role, object.
    pub relations: BTreeSet<(Span, Label, Span)>,
}

impl Goal {
    /// What stands in a document.
    pub fn new(gold: &Document) -> Self {
        let spans = gold.entities.values().filter(|it| it.status.stands()).map(span).collect();
        let relations = gold.relations.values().filter(|it| it.status.stands()).filter_map(|it| arrow(gold, it)).collect();
        Self { spans, relations }
    }
}

pub fn span(entity: &Entity) -> Span {
    let mut spans = entity.spans.clone();
    spans.sort_unstable();
    (spans, entity.label.clone())
}

/// A relation by what its ends are.
pub fn arrow(document: &Document, relation: &Relation) -> Option<(Span, Label, Span)> {
    let end = |id: &AnnotationId| document.entities.get(id).map(span);
    Some((end(&relation.subject)?, relation.role.clone(), end(&relation.object)?))
}
