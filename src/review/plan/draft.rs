//! A transaction in the making: reads through to the document, but sees what was planned already.

use super::Plan;
use crate::document::{
    AnnotationId, Document, DocumentStatus, Entity, Item, ItemKind, Note, Operation, Origin, Relation, Status, Transaction,
};
use crate::review::{CommandError, RecordKind};
use indexmap::IndexMap;

/// Collects changes; the last one to an annotation counts.
pub(super) struct Draft<'a> {
    document: &'a Document,
    changes: IndexMap<AnnotationId, Operation>,
    marks: Option<crate::document::DocumentMarks>,
    message: String,
}

impl<'a> Draft<'a> {
    pub(super) fn new(document: &'a Document) -> Self {
        Self { document, changes: IndexMap::new(), marks: None, message: String::new() }
    }

    /// What the status line will say.
    pub(super) fn say(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    pub(super) fn len(&self) -> usize {
        self.changes.len()
    }

    pub(super) fn replace(&mut self, item: Item) {
        self.changes.insert(item.id().clone(), Operation::Replace(item));
    }

    pub(super) fn insert(&mut self, item: Item) {
        self.changes.insert(item.id().clone(), Operation::Insert { at: usize::MAX, item });
    }

    /// Removes an annotation behind all that was planned before, so that what hung on it is gone by then.
    pub(super) fn remove(&mut self, kind: ItemKind, id: &AnnotationId) {
        self.changes.shift_remove(id);
        self.changes.insert(id.clone(), Operation::Remove { kind, id: id.clone() });
    }

    pub(super) fn set_marks(&mut self, marks: crate::document::DocumentMarks) {
        self.marks = Some(marks);
    }

    /// The document as it is before.
    pub(super) const fn document(&self) -> &'a Document {
        self.document
    }

    /// Whether it is planned to change this one.
    pub(super) fn changes(&self, id: &AnnotationId) -> bool {
        self.changes.contains_key(id)
    }

    /// The entity as it is planned to be.
    pub(super) fn entity(&self, id: &AnnotationId) -> Option<&Entity> {
        match self.changes.get(id) {
            Some(Operation::Replace(Item::Entity(entity)) | Operation::Insert { item: Item::Entity(entity), .. }) => Some(entity),
            Some(_) => None,
            None => self.document.entities.get(id),
        }
    }

    /// The relation as it is planned to be.
    pub(super) fn relation(&self, id: &AnnotationId) -> Option<&Relation> {
        match self.changes.get(id) {
            Some(Operation::Replace(Item::Relation(it)) | Operation::Insert { item: Item::Relation(it), .. }) => Some(it),
            Some(_) => None,
            None => self.document.relations.get(id),
        }
    }

    /// Relations that have this entity at one of their ends as it is planned.
    pub(super) fn relations_now(&self, id: &AnnotationId) -> Vec<AnnotationId> {
        let relations = self.document.relations.keys().filter_map(|known| self.relation(known));
        relations.filter(|it| it.subject == *id || it.object == *id).map(|it| it.id.clone()).collect()
    }

    /// Sets the status of an entity; nothing happens when it has it already.
    pub(super) fn set_entity_status(&mut self, id: &AnnotationId, status: Status) {
        if let Some(entity) = self.entity(id).filter(|entity| entity.status != status) {
            let entity = Entity { status, ..entity.clone() };
            self.replace_or_reinsert(Item::Entity(entity));
        }
    }

    /// Sets the status of a relation; nothing happens when it has it already.
    pub(super) fn set_relation_status(&mut self, id: &AnnotationId, status: Status) {
        if let Some(relation) = self.relation(id).filter(|relation| relation.status != status) {
            let relation = Relation { status, ..relation.clone() };
            self.replace_or_reinsert(Item::Relation(relation));
        }
    }

    /// What was inserted in this very draft stays an insertion.
    fn replace_or_reinsert(&mut self, item: Item) {
        match self.changes.get_mut(item.id()) {
            Some(Operation::Insert { item: planned, .. }) => *planned = item,
            _ => self.replace(item),
        }
    }

    /// Accepts an end of a relation that shall stand.
    ///
    /// # Errors
    /// [`CommandError::EndRejected`] when a person rejected it, [`CommandError::Missing`] when it is gone.
    pub(super) fn accept_end(&mut self, id: &AnnotationId) -> Result<(), CommandError> {
        match self.entity(id).map(|entity| entity.status) {
            Some(Status::Rejected) => Err(CommandError::EndRejected(id.clone())),
            Some(Status::Proposed) => {
                self.set_entity_status(id, Status::Accepted);
                Ok(())
            }
            Some(_) => Ok(()),
            None if self.document.events.contains_key(id) => Ok(()),
            None => Err(CommandError::Missing(id.clone())),
        }
    }

    /// The notes on an annotation.
    pub(super) fn notes_on<'b>(&self, id: &'b AnnotationId) -> impl Iterator<Item = &'a Note> + use<'a, 'b> {
        self.document.notes.values().filter(move |note| note.target == *id)
    }

    /// Takes the notes on an annotation out, but for those that are planned to be about another.
    pub(super) fn remove_notes_on(&mut self, id: &AnnotationId) {
        for note in self.notes_on(id).filter(|note| !self.changes(&note.id)).collect::<Vec<_>>() {
            self.remove(ItemKind::Note, &note.id);
        }
    }

    /// The finished plan. A first decision takes the document from new to in review, in the same step.
    pub(super) fn finish(mut self, parent: Option<u64>) -> Plan {
        self.absorb_twins();
        let changed: Vec<_> = self.changes.keys().cloned().collect();
        let kind = if changed.is_empty() { RecordKind::Marks } else { RecordKind::Command };
        let mut operations: Vec<_> = self.changes.into_values().collect();
        if let Some(marks) = self.marks {
            operations.push(Operation::Marks(marks));
        } else if self.document.marks.status == DocumentStatus::New {
            let marks = crate::document::DocumentMarks { status: DocumentStatus::InReview, ..self.document.marks.clone() };
            operations.push(Operation::Marks(marks));
        }
        Plan { kind, parent, transaction: Transaction::new(operations), changed, message: self.message }
    }
}

/// The status after a person changed what an annotation says: an addition of one's own stays an addition.
pub(super) fn after_correction(origin: &Origin) -> Status {
    match origin {
        Origin::Given | Origin::Model { .. } | Origin::Annotator { .. } => Status::Corrected,
        Origin::Human => Status::Accepted,
    }
}
