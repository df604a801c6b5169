//! What a step did, in a few words, read from the step itself.

use super::Revision;
use crate::document::{AnnotationId, Document, DocumentStatus, Item, Operation, Status, Transaction};

/// The longest piece of a document's text that is quoted, in code points.
const QUOTED: usize = 40;

impl Revision {
    /// What the step did: `accepted Gene "BRCA1"`, or how many annotations it changed. Holds text of the document: untrusted.
    pub fn summary(&self, document: &Document) -> String {
        let inverse = |operation: &Operation| before(&self.backward, operation);
        let operations = &self.forward.operations;
        let annotations: Vec<&Operation> =
            operations.iter().filter(|operation| !matches!(operation, Operation::Marks(_))).collect();
        let verbs: Vec<&str> = annotations.iter().map(|operation| verb(operation, inverse(operation))).collect();
        match (annotations.as_slice(), verbs.as_slice()) {
            ([], _) => marks(operations, &self.backward),
            ([one], [verb]) => format!("{verb} {}", self.subject(one, document)),
            ([first, ..], [verb, others @ ..]) if others.iter().all(|other| other == verb) => {
                format!("{verb} {} and {} more", self.subject(first, document), others.len())
            }
            ([first, ..], [verb, others @ ..]) => {
                format!("{verb} {}, {} more changes", self.subject(first, document), others.len())
            }
            _ => String::new(),
        }
    }

    /// What an operation of the step is about.
    fn subject(&self, operation: &Operation, document: &Document) -> String {
        let item = match operation {
            Operation::Insert { item, .. } | Operation::Replace(item) => Some(item),
            Operation::Remove { .. } => before(&self.backward, operation),
            Operation::Marks(_) => None,
        };
        match item {
            Some(Item::Entity(entity)) => format!("{} \"{}\"", entity.label, quoted(&document.covered_text(entity))),
            Some(Item::Relation(relation)) => {
                let end = |id| self.words_of(id, document);
                format!("{} \"{}\" → \"{}\"", relation.role, end(&relation.subject), end(&relation.object))
            }
            Some(Item::Note(note)) => format!("the note \"{}\"", quoted(&note.text)),
            Some(other) => other.id().to_string(),
            None => "the document".to_owned(),
        }
    }

    /// The words of a span that is in the document, or that the step took out.
    fn words_of(&self, id: &AnnotationId, document: &Document) -> String {
        let gone = || {
            self.backward.operations.iter().find_map(|operation| match operation {
                Operation::Insert { item: Item::Entity(entity), .. } if entity.id == *id => Some(entity),
                _ => None,
            })
        };
        let entity = document.entities.get(id).or_else(gone);
        entity.map_or_else(|| "…".to_owned(), |entity| quoted(&document.covered_text(entity)))
    }
}

/// The item as it was before an operation, as the inverse of the step has it.
fn before<'a>(backward: &'a Transaction, operation: &Operation) -> Option<&'a Item> {
    let wanted = match operation {
        Operation::Insert { item, .. } | Operation::Replace(item) => item.id(),
        Operation::Remove { id, .. } => id,
        Operation::Marks(_) => return None,
    };
    backward.operations.iter().find_map(|operation| match operation {
        Operation::Insert { item, .. } | Operation::Replace(item) if item.id() == wanted => Some(item),
        _ => None,
    })
}

fn verb(operation: &Operation, before: Option<&Item>) -> &'static str {
    let (now, before) = match (operation, before) {
        (Operation::Insert { .. }, _) => return "added",
        (Operation::Remove { .. }, _) => return "took out",
        (Operation::Replace(now), Some(before)) => (now, before),
        _ => return "changed",
    };
    match (now, before) {
        (Item::Entity(now), Item::Entity(old)) if now.label != old.label => "retyped",
        (Item::Entity(now), Item::Entity(old)) if now.spans != old.spans => "moved an edge of",
        (Item::Relation(now), Item::Relation(old)) if now.role != old.role && now.subject == old.subject => {
            "gave another role to"
        }
        (Item::Relation(now), Item::Relation(old)) if now.subject == old.object => "turned round",
        (Item::Relation(now), Item::Relation(old)) if (&now.subject, &now.object) != (&old.subject, &old.object) => {
            "gave another end to"
        }
        (Item::Entity(_) | Item::Relation(_), _) => match status(now) {
            Some(Status::Rejected) => "rejected",
            Some(Status::Accepted) => "accepted",
            _ => "changed",
        },
        _ => "changed",
    }
}

fn status(item: &Item) -> Option<Status> {
    match item {
        Item::Entity(entity) => Some(entity.status),
        Item::Relation(relation) => Some(relation.status),
        _ => None,
    }
}

fn quoted(text: &str) -> String {
    let kept: String = text.chars().take(QUOTED).collect();
    if kept.len() < text.len() { format!("{kept}…") } else { kept }
}

/// What a step changed about the document as a whole.
fn marks(operations: &[Operation], backward: &Transaction) -> String {
    let marks = |operations: &[Operation]| {
        operations.iter().find_map(|operation| match operation {
            Operation::Marks(marks) => Some(marks.clone()),
            _ => None,
        })
    };
    let (Some(now), Some(old)) = (marks(operations), marks(&backward.operations)) else { return "changed nothing".to_owned() };
    if now.flagged != old.flagged {
        return if now.flagged { "flagged the document" } else { "took the flag off" }.to_owned();
    }
    if now.remark != old.remark {
        return "changed the remark on the document".to_owned();
    }
    match now.status {
        DocumentStatus::Done => "marked the document done",
        DocumentStatus::Skipped => "put the document aside",
        DocumentStatus::InReview | DocumentStatus::New => "took the document back into review",
    }
    .to_owned()
}
