//! New ids that were never in use before.

use crate::document::{AnnotationId, Document, Operation, Transaction};
use std::collections::HashMap;

/// Hands out ids above all that a document ever had, even those that were removed since: so a step that is done again never meets
/// its id in other hands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdMint {
    highest: HashMap<char, u64>,
}

impl IdMint {
    /// Knows all ids of a document.
    pub fn new(document: &Document) -> Self {
        let mut mint = Self::default();
        let ids = document.entities.keys().chain(document.relations.keys()).chain(document.events.keys());
        let ids = ids.chain(document.attributes.keys()).chain(document.normalizations.keys()).chain(document.notes.keys());
        ids.for_each(|id| mint.saw(id));
        mint
    }

    /// Takes note of an id.
    pub fn saw(&mut self, id: &AnnotationId) {
        let mut chars = id.as_str().chars();
        let Some(prefix) = chars.next() else { return };
        if let Ok(number) = chars.as_str().parse::<u64>() {
            let highest = self.highest.entry(prefix).or_default();
            *highest = number.max(*highest);
        }
    }

    /// Takes note of all ids that a transaction inserts.
    pub fn saw_all(&mut self, transaction: &Transaction) {
        for operation in &transaction.operations {
            if let Operation::Insert { item, .. } = operation {
                self.saw(item.id());
            }
        }
    }

    /// A new id: `T1`, `T2`, … by prefix.
    pub fn fresh(&mut self, prefix: char) -> AnnotationId {
        let highest = self.highest.entry(prefix).or_default();
        *highest = highest.saturating_add(1);
        AnnotationId::new(format!("{prefix}{highest}"))
    }
}
