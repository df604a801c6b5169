//! New ids that were never in use before.

use crate::document::{AnnotationId, Document, Operation, Transaction, counted};
use std::collections::HashMap;

/// Hands out ids above all that a document ever had, even those that were removed since: so a step that is done again never meets
/// its id in other hands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdMint {
    highest: HashMap<char, u64>,
}

impl IdMint {
    /// Knows all ids of a document, also those in lines and items that were not understood: they are written back.
    pub fn new(document: &Document) -> Self {
        let mut mint = Self::default();
        document.ids().for_each(|id| mint.saw(id));
        mint
    }

    /// Takes note of an id.
    pub fn saw(&mut self, id: &str) {
        if let Some((prefix, number)) = counted(id) {
            let highest = self.highest.entry(prefix).or_default();
            *highest = number.max(*highest);
        }
    }

    /// Takes note of all ids that a transaction inserts.
    pub fn saw_all(&mut self, transaction: &Transaction) {
        for operation in &transaction.operations {
            if let Operation::Insert { item, .. } = operation {
                self.saw(item.id().as_str());
            }
        }
    }

    /// A new id: `T1`, `T2`, … by prefix.
    pub fn fresh(&mut self, prefix: char) -> AnnotationId {
        let highest = self.highest.entry(prefix).or_default();
        *highest += 1;
        AnnotationId::new(format!("{prefix}{highest}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::SourceLine;
    use crate::text::SourceText;

    #[test]
    fn an_id_that_only_a_kept_line_bears_is_not_given_out() {
        let mut document = Document::new("d", SourceText::new("text"));
        document.source_lines.push(SourceLine::Verbatim("R1\tThemeOf Arg1:T3 Arg2:T2".into()));
        let mut mint = IdMint::new(&document);
        assert_eq!(['T', 'R', 'A'].map(|prefix| mint.fresh(prefix).to_string()), ["T4", "R2", "A1"]);
        mint.saw("T9");
        assert_eq!(mint.fresh('T').as_str(), "T10");
    }
}
