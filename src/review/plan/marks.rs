//! Notes on annotations and marks on the document.

use super::{Desk, Draft, verdict::name};
use crate::document::{AnnotationId, Document, DocumentMarks, DocumentStatus, Item, ItemKind, Label, Note};
use crate::review::CommandError;

/// The kind of note that brat shows and edits.
const NOTE_KIND: &str = "AnnotatorNotes";

/// The note on an annotation that a curator writes and changes; other programs may have left notes of other kinds on it.
pub fn note_on<'a>(document: &'a Document, target: &AnnotationId) -> Option<&'a Note> {
    document.notes.values().find(|note| note.target == *target && note.kind.as_str() == NOTE_KIND)
}

pub(super) fn set_note<'a>(desk: &mut Desk<'a>, target: &AnnotationId, text: &str) -> Result<Draft<'a>, CommandError> {
    if !desk.document.has_id(target) {
        return Err(CommandError::Missing(target.clone()));
    }
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut draft = Draft::new(desk.document);
    match note_on(desk.document, target) {
        Some(old) if text.is_empty() => draft.remove(ItemKind::Note, &old.id),
        Some(old) if old.text != text => draft.replace(Item::Note(Note { text, ..old.clone() })),
        None if !text.is_empty() => {
            let note = Note { id: desk.mint.fresh('#'), kind: Label::from(NOTE_KIND), target: target.clone(), text };
            draft.insert(Item::Note(note));
        }
        _ => return Err(CommandError::NoChange("the note stays as it is".to_owned())),
    }
    Ok(draft.say(format!("note on {}", name(desk.document, target))))
}

pub(super) fn flag<'a>(desk: &Desk<'a>) -> Result<Draft<'a>, CommandError> {
    let flagged = !desk.document.marks.flagged;
    let word = if flagged { "flagged the document" } else { "took the flag off" };
    with_marks(desk, DocumentMarks { flagged, ..desk.document.marks.clone() }, word)
}

pub(super) fn set_status<'a>(desk: &Desk<'a>, status: DocumentStatus) -> Result<Draft<'a>, CommandError> {
    let word = match status {
        DocumentStatus::New => "the document counts as new",
        DocumentStatus::InReview => "the document is in review",
        DocumentStatus::Done => "the document is done",
        DocumentStatus::Skipped => "the document is put aside",
    };
    with_marks(desk, DocumentMarks { status, ..desk.document.marks.clone() }, word)
}

pub(super) fn remark<'a>(desk: &Desk<'a>, remark: String) -> Result<Draft<'a>, CommandError> {
    with_marks(
        desk,
        DocumentMarks { remark, ..desk.document.marks.clone() },
        "remark on the document; of the formats only JSON lines hold it",
    )
}

fn with_marks<'a>(desk: &Desk<'a>, marks: DocumentMarks, word: &str) -> Result<Draft<'a>, CommandError> {
    if marks == desk.document.marks {
        return Err(CommandError::NoChange("the document is marked so already".to_owned()));
    }
    let mut draft = Draft::new(desk.document);
    draft.set_marks(marks);
    Ok(draft.say(word))
}
