//! How proposals of a model come into a document that a person is reviewing.

use super::{History, IdMint};
use crate::document::{AnnotationId, Document, Entity, Item, ItemKind, Label, Operation, Origin, Relation, Status, Transaction};
use crate::pipeline::{End, PredictedEntity, PredictedRelation, Prediction};
use crate::text::CharSpan;
use std::collections::HashSet;
use std::sync::Arc;

/// Confidences that differ by less are the same: threads add up in another order every time.
const SAME_CONFIDENCE: f32 = 0.005;

/// The same for roles that are scored again whenever a span changes: smaller changes are not worth a record in the journal.
const SAME_ADVICE: f32 = 0.1;

/// What a person decided that can't be read from the document alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decisions {
    /// Annotations that stay even if they are proposals: what undo or redo may reach, and what stands under the cursor.
    pub keep: HashSet<AnnotationId>,
    /// Proposed spans that a person turned into something else, and spans that a person took out.
    pub corrected_entities: HashSet<(Vec<CharSpan>, Label)>,
    /// The same for relations (subject, object, role).
    pub corrected_relations: HashSet<(AnnotationId, AnnotationId, Label)>,
}

impl Decisions {
    /// From the steps of a history: corrections count where the document stands now, everything else for ever.
    pub fn of(history: &History) -> Self {
        let mut decisions = Self { keep: history.mentioned(), ..Self::default() };
        for operation in history.path().into_iter().flat_map(|revision| &revision.backward.operations) {
            match operation {
                Operation::Replace(Item::Entity(old)) if old.origin.confidence().is_some() => {
                    decisions.corrected_entities.insert((old.spans.clone(), old.label.clone()));
                }
                Operation::Replace(Item::Relation(old)) if old.origin.confidence().is_some() => {
                    let says = (old.subject.clone(), old.object.clone(), old.role.clone());
                    decisions.corrected_relations.insert(says);
                }
                // What was taken out: undoing would insert it again.
                Operation::Insert { item: Item::Entity(old), .. } => {
                    decisions.corrected_entities.insert((old.spans.clone(), old.label.clone()));
                }
                Operation::Insert { item: Item::Relation(old), .. } => {
                    let says = (old.subject.clone(), old.object.clone(), old.role.clone());
                    decisions.corrected_relations.insert(says);
                }
                _ => {}
            }
        }
        decisions
    }
}

/// The transaction that brings a prediction into a document; empty when nothing changes.
///
/// Only what is still proposed may be replaced. A span or relation that a person decided on stays as it is, and keeps the same from
/// being proposed again; so does one that was given. Nothing is proposed on top of a span that stands, and no role of such a proposal.
/// A proposal that is made again keeps its id.
pub fn merge(document: &Document, prediction: &Prediction, decisions: &Decisions, mint: &mut IdMint) -> Transaction {
    let mut merger = Merger::new(document, decisions, &prediction.model);
    let ends: Vec<_> = prediction.entities.iter().map(|predicted| merger.entity(predicted, mint)).collect();
    merger.relations(&prediction.relations, &ends, mint);
    merger.finish()
}

/// The transaction that brings roles between the entities of a document in; empty when nothing changes. As [`merge`], but spans stay
/// as they are: undecided roles of the model that are not proposed again go, unless they were kept by a step or under the cursor, or
/// nobody has decided on either end. What the model says of those changes with all that was decided elsewhere; they would go without
/// anything having been done at their place.
pub fn merge_roles(document: &Document, prediction: &Prediction, decisions: &Decisions, mint: &mut IdMint) -> Transaction {
    let spans = document.entities.keys().cloned();
    let mut merger =
        Merger { same_confidence: SAME_ADVICE, seen: spans.collect(), ..Merger::new(document, decisions, &prediction.model) };
    let is_open = |end: &AnnotationId| document.entities.get(end).is_some_and(|end| end.status == Status::Proposed);
    let apart = document.relations.values().filter(|it| is_open(&it.subject) && is_open(&it.object));
    merger.seen.extend(apart.map(|it| it.id.clone()));
    merger.relations(&prediction.relations, &[], mint);
    merger.finish()
}

struct Merger<'a> {
    document: &'a Document,
    decisions: &'a Decisions,
    run: Arc<str>,
    /// Confidences that differ by less are the same.
    same_confidence: f32,
    operations: Vec<Operation>,
    /// Proposals of the document that were made again.
    seen: HashSet<AnnotationId>,
}

impl<'a> Merger<'a> {
    fn new(document: &'a Document, decisions: &'a Decisions, run: &Arc<str>) -> Self {
        let (run, same_confidence) = (Arc::clone(run), SAME_CONFIDENCE);
        Self { document, decisions, run, same_confidence, operations: Vec::new(), seen: HashSet::new() }
    }

    /// Brings roles in; `ends` are the ids of the predicted entities.
    fn relations(&mut self, predicted: &[PredictedRelation], ends: &[Option<AnnotationId>], mint: &mut IdMint) {
        let mut pairs: HashSet<(AnnotationId, AnnotationId)> = HashSet::new();
        for predicted in predicted {
            let end = |end: &End| match end {
                End::Existing(id) => {
                    self.document.entities.get(id).filter(|it| it.status != Status::Rejected).map(|it| it.id.clone())
                }
                End::Predicted(index) => ends.get(*index).cloned().flatten(),
            };
            let (Some(subject), Some(object)) = (end(&predicted.subject), end(&predicted.object)) else { continue };
            // An end that the prediction builds on is as good as proposed again.
            self.seen.extend([subject.clone(), object.clone()]);
            if subject != object && pairs.insert((subject.clone(), object.clone())) {
                self.relation((subject, object, predicted.role.clone()), predicted.confidence, mint);
            }
        }
    }

    fn origin(&self, confidence: f32) -> Origin {
        let confidence = if confidence.is_finite() { confidence.clamp(0.0, 1.0) } else { 0.0 };
        Origin::Model { run: Arc::clone(&self.run), confidence }
    }

    fn same_origin(&self, old: &Origin, new: &Origin) -> bool {
        match (old, new) {
            (Origin::Model { run: a, confidence: c }, Origin::Model { run: b, confidence: d }) => {
                a == b && (c - d).abs() < self.same_confidence
            }
            _ => false,
        }
    }

    /// The id under which a predicted span can be the end of a relation; `None` when a person does not want it, or marked the words
    /// otherwise.
    fn entity(&mut self, predicted: &PredictedEntity, mint: &mut IdMint) -> Option<AnnotationId> {
        let origin = self.origin(predicted.confidence);
        let spans = vec![predicted.span];
        if predicted.span.end() > self.document.text.len() {
            return None;
        }
        let old = self.document.entity_at(&spans, &predicted.label);
        if let Some(old) = old.filter(|old| old.status != Status::Proposed) {
            return old.status.stands().then(|| old.id.clone());
        }
        // The prediction may be older than what a person marked meanwhile.
        if self.lies_on_what_stands(predicted.span) {
            return None;
        }
        if let Some(old) = old {
            self.seen.insert(old.id.clone());
            if old.origin.confidence().is_some() && !self.same_origin(&old.origin, &origin) {
                self.operations.push(Operation::Replace(Item::Entity(Entity { origin, ..old.clone() })));
            }
            return Some(old.id.clone());
        }
        if self.decisions.corrected_entities.contains(&(spans.clone(), predicted.label.clone())) {
            return None;
        }
        let id = mint.fresh('T');
        let new = Entity { id: id.clone(), label: predicted.label.clone(), spans, origin, status: Status::Proposed };
        self.operations.push(Operation::Insert { at: usize::MAX, item: Item::Entity(new) });
        Some(id)
    }

    fn lies_on_what_stands(&self, span: CharSpan) -> bool {
        let mut standing = self.document.entities.values().filter(|entity| entity.status.stands());
        standing.any(|entity| entity.overlaps(span))
    }

    fn relation(&mut self, says: (AnnotationId, AnnotationId, Label), confidence: f32, mint: &mut IdMint) {
        let origin = self.origin(confidence);
        let (subject, object, role) = &says;
        let same = |it: &&Relation| it.subject == *subject && it.object == *object && it.role == *role;
        if let Some(old) = self.document.relations.values().find(same) {
            if old.status == Status::Proposed {
                self.seen.insert(old.id.clone());
                if old.origin.confidence().is_some() && !self.same_origin(&old.origin, &origin) {
                    self.operations.push(Operation::Replace(Item::Relation(Relation { origin, ..old.clone() })));
                }
            }
            return;
        }
        if self.pair_is_settled(subject, object) || self.decisions.corrected_relations.contains(&says) {
            return;
        }
        let (id, status) = (mint.fresh('R'), Status::Proposed);
        let (subject, object, role) = says;
        let new = Relation { id, role, subject, object, argument_names: None, origin, status };
        self.operations.push(Operation::Insert { at: usize::MAX, item: Item::Relation(new) });
    }

    /// Whether a relation between these two stands, in either direction.
    fn pair_is_settled(&self, a: &AnnotationId, b: &AnnotationId) -> bool {
        self.document.relations_of(a).any(|it| it.status.stands() && (it.subject == *b || it.object == *b))
    }

    /// Adds the removal of proposals that were not made again, in front: relations before the spans they need.
    fn finish(self) -> Transaction {
        let spoken_of = spoken_of(self.document);
        let stays = |id: &AnnotationId, status, origin: &Origin| {
            // What another annotator proposed is not the model's to take back.
            let of_person = matches!(origin, Origin::Annotator { .. });
            status != Status::Proposed
                || of_person
                || self.seen.contains(id)
                || self.decisions.keep.contains(id)
                || spoken_of.contains(id)
        };
        let relations = self.document.relations.values();
        let (staying, going): (Vec<_>, Vec<_>) = relations.partition(|it| stays(&it.id, it.status, &it.origin));
        let ends: HashSet<_> = staying.iter().flat_map(|it| [&it.subject, &it.object]).collect();
        let entities =
            self.document.entities.values().filter(|it| !stays(&it.id, it.status, &it.origin) && !ends.contains(&it.id));
        let mut operations: Vec<_> = going.iter().map(|it| remove(ItemKind::Relation, &it.id)).collect();
        operations.extend(entities.map(|it| remove(ItemKind::Entity, &it.id)));
        operations.extend(self.operations);
        Transaction::new(operations)
    }
}

/// What notes, attributes, links and events are about.
pub(super) fn spoken_of(document: &Document) -> HashSet<&AnnotationId> {
    let notes = document.notes.values().map(|note| &note.target);
    let attributes = document.attributes.values().map(|attribute| &attribute.target);
    let links = document.normalizations.values().map(|link| &link.target);
    let events = document.events.values();
    let events = events.flat_map(|event| event.arguments.iter().map(|(_, filler)| filler).chain([&event.trigger]));
    notes.chain(attributes).chain(links).chain(events).collect()
}

fn remove(kind: ItemKind, id: &AnnotationId) -> Operation {
    Operation::Remove { kind, id: id.clone() }
}

#[cfg(test)]
mod tests;
