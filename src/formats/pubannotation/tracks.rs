//! `tracks`: what several projects or annotators say of one text. Each is read as the work of an annotator of its own, and becomes
//! proposals in their name. The key itself is kept as it was, so it is written back whatever was decided.

use super::reader::Ids;
use crate::document::{Annotated, AnnotationId, Document, Entity, Label, Origin, Relation, Status, combine};
use crate::text::CharSpan;
use std::collections::HashMap;

/// One track: who, and what they say of the text.
#[derive(Debug)]
pub(super) struct Track {
    /// Its project; `track 2` for one without a name.
    pub(super) name: String,
    /// Its annotations, under its own ids.
    pub(super) document: Document,
}

/// Puts what the tracks say into the document, as proposals; what several say becomes one proposal of them all. What the
/// document says already is not proposed again.
pub(super) fn propose(document: &mut Document, tracks: &[Track], ids: &mut Ids) {
    let annotators: Vec<Annotated<'_>> =
        tracks.iter().map(|track| Annotated { name: &track.name, document: &track.document }).collect();
    let Some(said) = combine(&annotators) else { return };
    let everyone = Origin::of_annotators(tracks.iter().map(|track| track.name.as_str()));
    let origin = |origin: Origin| match origin {
        Origin::Annotator { .. } => origin,
        // What all of them say is theirs too, not the document's.
        Origin::Given | Origin::Human | Origin::Model { .. } => everyone.clone(),
    };
    let status = Status::Proposed;
    let mut there: HashMap<(Label, Vec<CharSpan>), AnnotationId> =
        document.entities.values().map(|entity| (says(entity), entity.id.clone())).collect();
    let mut names: HashMap<AnnotationId, AnnotationId> = HashMap::new();
    for (theirs, entity) in said.entities {
        let key = says(&entity);
        let id = there.entry(key).or_insert_with(|| {
            let id = ids.like(&theirs, 'T');
            let origin = origin(entity.origin);
            document.entities.insert(id.clone(), Entity { id: id.clone(), origin, status, ..entity });
            id
        });
        names.insert(theirs, id.clone());
    }
    let mut related: HashMap<(Label, AnnotationId, AnnotationId), AnnotationId> = HashMap::new();
    for relation in document.relations.values() {
        let Relation { role, subject, object, id, .. } = relation;
        related.insert((role.clone(), subject.clone(), object.clone()), id.clone());
    }
    for (theirs, relation) in said.relations {
        let (Some(subject), Some(object)) = (names.get(&relation.subject), names.get(&relation.object)) else { continue };
        if related.contains_key(&(relation.role.clone(), subject.clone(), object.clone())) {
            continue;
        }
        let (subject, object, origin, id) = (subject.clone(), object.clone(), origin(relation.origin), ids.like(&theirs, 'R'));
        document.relations.insert(id.clone(), Relation { id, subject, object, origin, status, ..relation });
    }
}

fn says(entity: &Entity) -> (Label, Vec<CharSpan>) {
    let mut spans = entity.spans.clone();
    spans.sort_unstable();
    (entity.label.clone(), spans)
}
