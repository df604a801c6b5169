//! The undo history of one document: a flat vector of steps that know their parents, so that no step is ever lost.
//!
//! After [helix's history](https://github.com/helix-editor/helix/blob/25.07/helix-core/src/history.rs). Merges are not steps: they
//! happen beside the history, and [`super::merge()`] leaves alone whatever a step speaks of.

mod summary;

use crate::document::{AnnotationId, Document, Item, Operation, Transaction, TransactionError};
use std::collections::HashSet;

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    /// Number of the journal record that made it; 0 for the root.
    pub number: u64,
    /// When it was made, in milliseconds since 1970-01-01 UTC; 0 for the root.
    pub time: u64,
    /// Index of the step it was made on; the root is its own parent.
    pub parent: usize,
    /// Index of the step last made on it, the one that redo takes.
    pub last_child: Option<usize>,
    /// Does it again.
    pub forward: Transaction,
    /// Takes it back.
    pub backward: Transaction,
}

/// All steps of one document. The root stands for the document as it was opened.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    revisions: Vec<Revision>,
    current: usize,
}

impl Default for History {
    fn default() -> Self {
        let root = Revision {
            number: 0,
            time: 0,
            parent: 0,
            last_child: None,
            forward: Transaction::default(),
            backward: Transaction::default(),
        };
        Self { revisions: vec![root], current: 0 }
    }
}

impl History {
    /// Number of the step the document stands at; `None` at the root.
    pub fn current(&self) -> Option<u64> {
        self.revisions.get(self.current).map(|revision| revision.number).filter(|&number| number > 0)
    }

    /// All steps, the root first.
    pub fn revisions(&self) -> &[Revision] {
        &self.revisions
    }

    /// Steps from the root to where the document stands, the root left out.
    pub fn path(&self) -> Vec<&Revision> {
        let mut path = Vec::new();
        let mut at = self.current;
        while at != 0 {
            let Some(revision) = self.revisions.get(at) else { break };
            path.push(revision);
            at = revision.parent;
        }
        path.reverse();
        path
    }

    /// Steps that redo would take, one after the other, the next one first.
    pub fn undone(&self) -> Vec<&Revision> {
        let mut steps = Vec::new();
        let mut at = self.current;
        while let Some(child) = self.revisions.get(at).and_then(|revision| revision.last_child) {
            steps.extend(self.revisions.get(child));
            at = child;
        }
        steps
    }

    /// Adds a step that was just applied, at this time in milliseconds.
    pub fn push(&mut self, number: u64, time: u64, forward: Transaction, backward: Transaction) {
        let index = self.revisions.len();
        if let Some(parent) = self.revisions.get_mut(self.current) {
            parent.last_child = Some(index);
        }
        self.revisions.push(Revision { number, time, parent: self.current, last_child: None, forward, backward });
        self.current = index;
    }

    /// The step that undo takes back, with the transaction that does it; `None` at the root.
    ///
    /// When the step had added a span, relations that a merge has tied to it meanwhile go first.
    pub fn undo_plan(&self, document: &Document) -> Option<(u64, Transaction)> {
        let revision = self.revisions.get(self.current).filter(|_| self.current != 0)?;
        Some((revision.number, loose_ends_first(&revision.backward, document)))
    }

    /// The step that redo does again, with the transaction that does it; relations that a merge has tied meanwhile to a span that
    /// the step takes out go first.
    pub fn redo_plan(&self, document: &Document) -> Option<(u64, Transaction)> {
        let child = self.revisions.get(self.current)?.last_child?;
        self.revisions.get(child).map(|revision| (revision.number, loose_ends_first(&revision.forward, document)))
    }

    /// Carries out an undo that was planned, or read from the journal.
    ///
    /// # Errors
    /// [`TransactionError`] when it does not fit the document; then nothing is changed.
    pub fn undo(&mut self, transaction: &Transaction, document: &mut Document) -> Result<(), TransactionError> {
        let forward = transaction.apply(document)?;
        if let Some(revision) = self.revisions.get_mut(self.current) {
            revision.forward = forward;
            let (parent, index) = (revision.parent, self.current);
            self.current = parent;
            if let Some(parent) = self.revisions.get_mut(parent) {
                parent.last_child = Some(index);
            }
        }
        Ok(())
    }

    /// Carries out a redo that was planned, or read from the journal.
    ///
    /// # Errors
    /// [`TransactionError`] when it does not fit the document; then nothing is changed.
    pub fn redo(&mut self, transaction: &Transaction, document: &mut Document) -> Result<(), TransactionError> {
        let Some(child) = self.revisions.get(self.current).and_then(|revision| revision.last_child) else { return Ok(()) };
        let backward = transaction.apply(document)?;
        if let Some(revision) = self.revisions.get_mut(child) {
            revision.backward = backward;
            self.current = child;
        }
        Ok(())
    }

    /// Every annotation that any step speaks of, done or undone: as itself, as an end, as the target of a note.
    pub fn mentioned(&self) -> HashSet<AnnotationId> {
        let mut ids = HashSet::new();
        let transactions = self.revisions.iter().flat_map(|revision| [&revision.forward, &revision.backward]);
        for operation in transactions.flat_map(|transaction| &transaction.operations) {
            match operation {
                Operation::Insert { item, .. } | Operation::Replace(item) => mention(item, &mut ids),
                Operation::Remove { id, .. } => drop(ids.insert(id.clone())),
                Operation::Marks(_) => {}
            }
        }
        ids
    }
}

fn mention(item: &Item, ids: &mut HashSet<AnnotationId>) {
    ids.insert(item.id().clone());
    match item {
        Item::Relation(relation) => ids.extend([relation.subject.clone(), relation.object.clone()]),
        Item::Note(note) => drop(ids.insert(note.target.clone())),
        Item::Entity(_) | Item::Event(_) | Item::Attribute(_) | Item::Normalization(_) => {}
    }
}

fn loose_ends_first(step: &Transaction, document: &Document) -> Transaction {
    let gone: HashSet<&AnnotationId> = step
        .operations
        .iter()
        .filter_map(|operation| match operation {
            Operation::Remove { id, .. } => Some(id),
            _ => None,
        })
        .collect();
    let replaced = |id: &AnnotationId| {
        step.operations.iter().any(|operation| matches!(operation, Operation::Replace(item) if item.id() == id))
    };
    let loose = document.relations.values().filter(|relation| {
        let tied = gone.contains(&relation.subject) || gone.contains(&relation.object);
        tied && !gone.contains(&relation.id) && !replaced(&relation.id)
    });
    let mut operations: Vec<_> =
        loose.map(|relation| Operation::Remove { kind: crate::document::ItemKind::Relation, id: relation.id.clone() }).collect();
    operations.extend(step.operations.iter().cloned());
    Transaction::new(operations)
}
