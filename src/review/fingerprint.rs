//! By what the annotations of a file are known again.
//!
//! They go by what they say and not by their ids, and pass over what a file can't say: blanks in names, and whether a span that runs
//! over a line end is in one piece.

use crate::document::{AnnotationId, Document, Entity, Label};
use crate::text::CharSpan;
use std::fmt::Write;

/// What stands in a document, as hashes: blake3 in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fingerprint {
    /// Of the spans, and of the relations between them.
    pub(super) relations: String,
    /// Of these, and of the attributes, links, notes and events on them.
    pub(super) all: String,
    /// Whether there is more than spans and relations.
    pub(super) says_more: bool,
}

impl Fingerprint {
    /// Of a document as it is.
    pub(super) fn of(document: &Document) -> Self {
        let mut lines: Vec<String> =
            document.entities.keys().filter_map(|id| standing(document, id)).map(|it| says(document, it)).collect();
        lines.extend(document.relations.keys().filter_map(|id| relation(document, id)));
        let relations = hash(&mut lines);
        let more = further(document);
        let says_more = !more.is_empty();
        lines.extend(more);
        Self { all: hash(&mut lines), relations, says_more }
    }
}

fn hash(lines: &mut Vec<String>) -> String {
    lines.sort_unstable();
    lines.dedup();
    blake3::hash(lines.join("\n").as_bytes()).to_hex().to_string()
}

fn standing<'a>(document: &'a Document, id: &AnnotationId) -> Option<&'a Entity> {
    document.entities.get(id).filter(|it| it.status.stands())
}

fn relation(document: &Document, id: &AnnotationId) -> Option<String> {
    let relation = document.relations.get(id).filter(|it| it.status.stands())?;
    let (subject, object) = (standing(document, &relation.subject)?, standing(document, &relation.object)?);
    Some(format!("{} {} > {}", word(&relation.role), says(document, subject), says(document, object)))
}

/// What is said beyond spans and relations, of what stands.
fn further(document: &Document) -> Vec<String> {
    let mut lines = Vec::new();
    for event in document.events.values() {
        let Some(trigger) = standing(document, &event.trigger) else { continue };
        let mut line = format!("E {} {}", word(&event.label), says(document, trigger));
        for (role, filler) in &event.arguments {
            // Writing into a string does not fail.
            let _ = write!(line, " {} {}", word(role), said(document, filler).unwrap_or_default());
        }
        lines.push(line);
    }
    let on = |target: &AnnotationId| said(document, target);
    lines.extend(document.attributes.values().filter_map(|it| {
        Some(format!("A {} {} on {}", word(&it.name), blanks(it.value.as_deref().unwrap_or_default()), on(&it.target)?))
    }));
    lines.extend(document.normalizations.values().filter_map(|it| {
        let name = blanks(it.name.as_deref().unwrap_or_default());
        Some(format!("N {} {}:{} {name} on {}", word(&it.kind), it.database, it.entry, on(&it.target)?))
    }));
    let notes = document.notes.values();
    lines.extend(notes.filter_map(|it| Some(format!("# {} {} on {}", word(&it.kind), blanks(&it.text), on(&it.target)?))));
    lines
}

/// What an annotation says that stands and that others can be about.
fn said(document: &Document, id: &AnnotationId) -> Option<String> {
    let entity = || standing(document, id).map(|it| says(document, it));
    let event = || {
        let event = document.events.get(id)?;
        Some(format!("E {} {}", word(&event.label), says(document, standing(document, &event.trigger)?)))
    };
    entity().or_else(|| relation(document, id)).or_else(event)
}

fn blanks(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn says(document: &Document, entity: &Entity) -> String {
    let mut fragments = entity.spans.clone();
    fragments.sort_unstable();
    let mut pieces: Vec<CharSpan> = Vec::new();
    for fragment in fragments {
        match pieces.last_mut() {
            Some(last) if only_blanks_between(document, *last, fragment) => *last = last.hull(fragment),
            _ => pieces.push(fragment),
        }
    }
    let places: Vec<String> = pieces.iter().map(|piece| format!("{} {}", piece.start(), piece.end())).collect();
    format!("{} {}", word(&entity.label), places.join(";"))
}

fn only_blanks_between(document: &Document, first: CharSpan, second: CharSpan) -> bool {
    let between = CharSpan::new(first.end(), second.start());
    between.map_or(true, |gap| document.text.slice(gap).is_some_and(|text| text.chars().all(char::is_whitespace)))
}

fn word(label: &Label) -> String {
    label.as_str().replace(char::is_whitespace, "_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Attribute, AttributeKind, Note};
    use crate::review::dsl::sketch;

    #[test]
    fn what_a_file_cannot_say_is_passed_over() {
        let mut document = sketch("[loss\nof|Var]  [p53|Gene] [x|Genex] @ T2 ThemeOf T1").document;
        let whole = Fingerprint::of(&document);
        let spans = [(0, 4), (5, 7)].map(|(start, end)| CharSpan::of_chars(start, end).unwrap());
        document.entities[0].spans = spans.to_vec();
        document.entities.shift_remove("T3");
        assert_eq!(Fingerprint::of(&document), whole);
        document.relations.clear();
        assert_ne!(Fingerprint::of(&document).relations, whole.relations);
    }

    #[test]
    fn what_is_said_beyond_relations_counts_for_the_whole_alone_and_only_on_what_stands() {
        let mut document = sketch("[loss|Var] of [p53|Gene] [x|Genex] @ T2 ThemeOf T1").document;
        let bare = Fingerprint::of(&document);
        assert!(!bare.says_more);
        let id = AnnotationId::from("#1");
        let mut note = Note { id: id.clone(), kind: "AnnotatorNotes".into(), target: "T3".into(), text: "a  b".into() };
        document.notes.insert(id.clone(), note.clone());
        assert_eq!(Fingerprint::of(&document), bare, "a note on what is rejected goes into no file");
        note.target = "R1".into();
        document.notes.insert(id, note);
        let noted = Fingerprint::of(&document);
        assert!(noted.says_more && noted.relations == bare.relations && noted.all != bare.all);
        let id = AnnotationId::from("A1");
        let kind = AttributeKind::Attribute;
        let attribute = Attribute { id: id.clone(), kind, name: "Negation".into(), target: "T1".into(), value: None };
        document.attributes.insert(id, attribute);
        assert_ne!(Fingerprint::of(&document).all, noted.all);
    }
}
