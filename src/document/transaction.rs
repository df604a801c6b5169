//! Changes to a document as values: applied, inverted, journalled, replayed.

use super::{AnnotationId, Attribute, Document, DocumentMarks, Entity, Event, Normalization, Note, Relation};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// An annotation of any kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// `T`
    Entity(Entity),
    /// `R`
    Relation(Relation),
    /// `E`
    Event(Event),
    /// `A`, `M`
    Attribute(Attribute),
    /// `N`
    Normalization(Normalization),
    /// `#`
    Note(Note),
}

/// The kinds of [`Item`], each with an order of its own in the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    /// `T`
    Entity,
    /// `R`
    Relation,
    /// `E`
    Event,
    /// `A`, `M`
    Attribute,
    /// `N`
    Normalization,
    /// `#`
    Note,
}

impl Item {
    /// Its id.
    pub fn id(&self) -> &AnnotationId {
        match self {
            Self::Entity(item) => &item.id,
            Self::Relation(item) => &item.id,
            Self::Event(item) => &item.id,
            Self::Attribute(item) => &item.id,
            Self::Normalization(item) => &item.id,
            Self::Note(item) => &item.id,
        }
    }
}

/// One step of a [`Transaction`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Puts a new annotation at a place in the order of its kind; a place beyond the end means the end.
    Insert {
        /// Place in the order.
        at: usize,
        /// The annotation.
        item: Item,
    },
    /// Takes an annotation out.
    Remove {
        /// What kind it is.
        kind: ItemKind,
        /// Its id.
        id: AnnotationId,
    },
    /// Puts an annotation in the place of the one with the same id and kind.
    Replace(Item),
    /// Sets what is said of the document as a whole.
    Marks(DocumentMarks),
}

/// A change that was not possible; the document is as it was before the whole transaction.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransactionError {
    /// An insertion under an id that is taken.
    #[error("there is already an annotation with the id {0}")]
    Taken(AnnotationId),
    /// A removal or replacement of something that is not there.
    #[error("there is no annotation with the id {0}")]
    Missing(AnnotationId),
    /// A span that reaches beyond the text or an entity without a span.
    #[error("{0} does not lie inside the text")]
    OutsideText(AnnotationId),
}

/// A change of a document: operations in order, all or none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Transaction {
    /// The steps in the order in which they are done.
    pub operations: Vec<Operation>,
}

impl Transaction {
    /// A transaction of these steps.
    pub fn new(operations: Vec<Operation>) -> Self {
        Self { operations }
    }

    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// Adds the insertion of an item behind all others of its kind.
    pub fn insert(&mut self, item: Item) {
        self.operations.push(Operation::Insert { at: usize::MAX, item });
    }

    /// Changes the document and returns the transaction that changes it back.
    ///
    /// # Errors
    /// [`TransactionError`] when a step is not possible; then nothing is changed.
    pub fn apply(&self, document: &mut Document) -> Result<Self, TransactionError> {
        let mut inverse = Vec::with_capacity(self.operations.len());
        for operation in &self.operations {
            match operation.apply(document) {
                Ok(undo) => inverse.push(undo),
                Err(error) => {
                    for undo in inverse.iter().rev() {
                        // Each of these undoes a step that was just done, so it is possible.
                        let _ = undo.apply(document);
                    }
                    return Err(error);
                }
            }
        }
        inverse.reverse();
        Ok(Self { operations: inverse })
    }
}

impl Operation {
    fn apply(&self, document: &mut Document) -> Result<Self, TransactionError> {
        match self {
            Self::Insert { at, item } => {
                check_inside(document, item)?;
                if document.has_id(item.id()) {
                    return Err(TransactionError::Taken(item.id().clone()));
                }
                let kind = match item.clone() {
                    Item::Entity(item) => put(&mut document.entities, *at, item.id.clone(), item, ItemKind::Entity),
                    Item::Relation(item) => put(&mut document.relations, *at, item.id.clone(), item, ItemKind::Relation),
                    Item::Event(item) => put(&mut document.events, *at, item.id.clone(), item, ItemKind::Event),
                    Item::Attribute(item) => put(&mut document.attributes, *at, item.id.clone(), item, ItemKind::Attribute),
                    Item::Normalization(item) => {
                        put(&mut document.normalizations, *at, item.id.clone(), item, ItemKind::Normalization)
                    }
                    Item::Note(item) => put(&mut document.notes, *at, item.id.clone(), item, ItemKind::Note),
                };
                Ok(Self::Remove { kind, id: item.id().clone() })
            }
            Self::Remove { kind, id } => match kind {
                ItemKind::Entity => take(&mut document.entities, id, Item::Entity),
                ItemKind::Relation => take(&mut document.relations, id, Item::Relation),
                ItemKind::Event => take(&mut document.events, id, Item::Event),
                ItemKind::Attribute => take(&mut document.attributes, id, Item::Attribute),
                ItemKind::Normalization => take(&mut document.normalizations, id, Item::Normalization),
                ItemKind::Note => take(&mut document.notes, id, Item::Note),
            },
            Self::Replace(item) => {
                check_inside(document, item)?;
                match item.clone() {
                    Item::Entity(item) => swap(&mut document.entities, &item.id.clone(), item, Item::Entity),
                    Item::Relation(item) => swap(&mut document.relations, &item.id.clone(), item, Item::Relation),
                    Item::Event(item) => swap(&mut document.events, &item.id.clone(), item, Item::Event),
                    Item::Attribute(item) => swap(&mut document.attributes, &item.id.clone(), item, Item::Attribute),
                    Item::Normalization(item) => swap(&mut document.normalizations, &item.id.clone(), item, Item::Normalization),
                    Item::Note(item) => swap(&mut document.notes, &item.id.clone(), item, Item::Note),
                }
            }
            Self::Marks(marks) => Ok(Self::Marks(std::mem::replace(&mut document.marks, marks.clone()))),
        }
    }
}

fn check_inside(document: &Document, item: &Item) -> Result<(), TransactionError> {
    let Item::Entity(entity) = item else { return Ok(()) };
    let inside = entity.spans.iter().all(|span| span.end() <= document.text.len());
    if inside && !entity.spans.is_empty() { Ok(()) } else { Err(TransactionError::OutsideText(entity.id.clone())) }
}

fn put<T>(map: &mut IndexMap<AnnotationId, T>, at: usize, id: AnnotationId, item: T, kind: ItemKind) -> ItemKind {
    map.shift_insert(at.min(map.len()), id, item);
    kind
}

fn take<T>(map: &mut IndexMap<AnnotationId, T>, id: &AnnotationId, wrap: fn(T) -> Item) -> Result<Operation, TransactionError> {
    let (at, _, item) = map.shift_remove_full(id).ok_or_else(|| TransactionError::Missing(id.clone()))?;
    Ok(Operation::Insert { at, item: wrap(item) })
}

fn swap<T>(
    map: &mut IndexMap<AnnotationId, T>,
    id: &AnnotationId,
    item: T,
    wrap: fn(T) -> Item,
) -> Result<Operation, TransactionError> {
    let place = map.get_mut(id).ok_or_else(|| TransactionError::Missing(id.clone()))?;
    Ok(Operation::Replace(wrap(std::mem::replace(place, item))))
}

#[cfg(test)]
mod tests {
    use super::super::{Label, Origin, Status};
    use super::*;
    use crate::text::{CharSpan, SourceText};
    use proptest::prelude::*;

    fn entity(number: u32, start: u32) -> Item {
        Item::Entity(Entity {
            id: AnnotationId::new(format!("T{number}")),
            label: Label::from("Var"),
            spans: vec![CharSpan::of_chars(start, start + 1).unwrap()],
            origin: Origin::Human,
            status: Status::Accepted,
        })
    }

    fn operation() -> impl Strategy<Value = Operation> {
        prop_oneof![
            (0usize..6, 0u32..6, 0u32..12).prop_map(|(at, id, start)| Operation::Insert { at, item: entity(id, start) }),
            (0u32..6).prop_map(|id| Operation::Remove { kind: ItemKind::Entity, id: AnnotationId::new(format!("T{id}")) }),
            (0u32..6, 0u32..12).prop_map(|(id, start)| Operation::Replace(entity(id, start))),
            any::<bool>().prop_map(|flagged| Operation::Marks(DocumentMarks { flagged, ..DocumentMarks::default() })),
        ]
    }

    proptest! {
        #[test]
        fn the_inverse_restores_the_document_and_a_failure_changes_nothing(
            changes in prop::collection::vec(prop::collection::vec(operation(), 0..5), 0..8),
        ) {
            let mut document = Document::new("d", SourceText::new("0123456789"));
            for operations in changes {
                let (entities, marks) = (document.entities.clone(), document.marks.clone());
                let order: Vec<_> = entities.keys().cloned().collect();
                if let Ok(inverse) = Transaction::new(operations).apply(&mut document) {
                    let mut undone = document.clone();
                    inverse.apply(&mut undone).unwrap();
                    prop_assert_eq!(&undone.entities, &entities);
                    prop_assert_eq!(undone.entities.keys().cloned().collect::<Vec<_>>(), order);
                    prop_assert_eq!(undone.marks, marks);
                } else {
                    prop_assert_eq!(&document.entities, &entities);
                    prop_assert_eq!(document.entities.keys().cloned().collect::<Vec<_>>(), order);
                    prop_assert_eq!(&document.marks, &marks);
                }
            }
        }

        #[test]
        fn a_transaction_survives_its_journal_form(operations in prop::collection::vec(operation(), 0..5)) {
            let transaction = Transaction::new(operations);
            let line = serde_json::to_string(&transaction).unwrap();
            prop_assert_eq!(serde_json::from_str::<Transaction>(&line).unwrap(), transaction);
        }
    }
}
