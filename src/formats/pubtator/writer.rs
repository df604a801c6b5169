//! From a document to a block of lines.

use super::{CONCEPTS, FURTHER, SKIPPED, concepts};
use crate::document::{AnnotationId, Document, Entity, Normalization, Relation};
use serde_json::Value;
use std::collections::HashMap;

/// A document as a block, with a blank line behind it. Line ends become blanks, which changes no offset.
pub fn write(document: &Document) -> String {
    let id = document_id(document);
    let flat = flat_text(document);
    // The first line is the title; what parts it from the rest is the one character that the format puts there.
    let (title, text) = match document.text.as_str().find('\n') {
        Some(at) => (flat.get(..at).unwrap_or_default(), flat.get(at + 1..).unwrap_or_default()),
        None => (flat.as_str(), ""),
    };
    let mut out = format!("{id}|t|{title}\n{id}|a|{text}\n");
    for entity in document.entities.values().filter(|entity| entity.spans.len() == 1) {
        out.push_str(&mention_line(document, &id, entity, &flat));
    }
    for relation in document.relations.values() {
        if let Some((subject, object)) = concepts_of(document, relation) {
            let further = further(document, &relation.id);
            out.push_str(&format!("{id}\t{}\t{subject}\t{object}{further}\n", flat_column(relation.role.as_str())));
        }
    }
    for line in document.provenance.skipped.get(SKIPPED).into_iter().flatten().filter_map(Value::as_str) {
        out.push_str(&column_line(line));
        out.push('\n');
    }
    out.push('\n');
    out
}

/// What stands before the first bar of every line: the id of the database, or else the name.
fn document_id(document: &Document) -> String {
    let id = document.provenance.id.as_deref().unwrap_or(&document.name);
    // With a blank in it, the line would not be known as one of this format.
    id.replace(|c: char| c == '|' || c.is_whitespace(), "_")
}

/// The text with every line end as a blank.
fn flat_text(document: &Document) -> String {
    document.text.as_str().replace(['\n', '\r'], " ")
}

/// What can stand in a column.
pub(in crate::formats) fn flat_column(text: &str) -> String {
    text.replace(['\t', '\n', '\r'], " ")
}

fn column_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

fn mention_line(document: &Document, id: &str, entity: &Entity, flat: &str) -> String {
    let span = entity.hull();
    let covered = document.text.byte_of(span.start()).zip(document.text.byte_of(span.end()));
    // A line end is one byte as the blank that stands for it, so the bytes of both texts are the same.
    let covered = covered.and_then(|(from, to)| flat.get(from..to)).unwrap_or_default();
    let identifier = identifier_of(document, &entity.id).unwrap_or_else(|| "-".to_owned());
    let (covered, label, further) = (flat_column(covered), flat_column(entity.label.as_str()), further(document, &entity.id));
    format!("{id}\t{}\t{}\t{covered}\t{label}\t{identifier}{further}\n", span.start(), span.end())
}

/// The identifier of an entity: its first link to a database.
fn identifier_of(document: &Document, id: &AnnotationId) -> Option<String> {
    let Normalization { database, entry, .. } = document.normalizations.values().find(|link| link.target == *id)?;
    let is_type = document.entities.get(id).is_some_and(|entity| entity.label.as_str() == database);
    Some(flat_column(&if is_type && !entry.contains(':') { entry.clone() } else { format!("{database}:{entry}") }))
}

/// The identifiers that a relation is between: those it was given between as long as its ends still bear them, or else those of
/// its ends; `None` when an end has none.
pub(in crate::formats) fn concepts_of(document: &Document, relation: &Relation) -> Option<(String, String)> {
    let (first, second) = (identifier_of(document, &relation.subject)?, identifier_of(document, &relation.object)?);
    let given = document.provenance.unknown_of.get(&relation.id).and_then(|unknown| unknown.get(CONCEPTS)?.as_array());
    let given = given.and_then(|given| Some((given.first()?.as_str()?, given.get(1)?.as_str()?)));
    let of = |concept: &str, identifier: &str| concepts(identifier).any(|part| part == concept);
    match given.filter(|(a, b)| of(a, &first) && of(b, &second)) {
        Some((a, b)) => Some((flat_column(a), flat_column(b))),
        None => Some((first, second)),
    }
}

/// Moves relations to the first mentions of their identifiers, where they are read: a relation of this format is between identifiers.
pub(in crate::formats) fn relate_first_mentions(document: &mut Document) {
    let mut first: HashMap<String, AnnotationId> = HashMap::new();
    for id in document.entities.keys() {
        let Some(identifier) = identifier_of(document, id) else { continue };
        for concept in concepts(&identifier) {
            first.entry(concept.to_owned()).or_insert_with(|| id.clone());
        }
    }
    let ends = document.relations.values().map(|relation| {
        let (subject, object) = concepts_of(document, relation)?;
        Some((first.get(&subject)?.clone(), first.get(&object)?.clone()))
    });
    let ends: Vec<_> = ends.collect();
    for (relation, ends) in document.relations.values_mut().zip(ends) {
        if let Some(ends) = ends {
            (relation.subject, relation.object) = ends;
        }
    }
}

/// Columns that were kept, each behind a tab.
fn further(document: &Document, id: &AnnotationId) -> String {
    let kept = document.provenance.unknown_of.get(id).and_then(|unknown| unknown.get(FURTHER)?.as_array());
    kept.into_iter().flatten().filter_map(Value::as_str).map(|text| format!("\t{}", flat_column(text))).collect()
}

/// What was read back, under the ids of what was written, as far as the same annotations came in the same order: this format has no
/// ids of its own.
pub(in crate::formats) fn with_ids_of(mut read: Document, written: &Document) -> Document {
    let ids = |from: &[AnnotationId], to: Vec<AnnotationId>| from.iter().cloned().zip(to).collect::<Vec<_>>();
    let whole = written.entities.values().filter(|entity| entity.spans.len() == 1).map(|entity| entity.id.clone());
    let entities = ids(&read.entities.keys().cloned().collect::<Vec<_>>(), whole.collect());
    let linked = written.relations.values().filter(|relation| concepts_of(written, relation).is_some());
    let relations =
        ids(&read.relations.keys().cloned().collect::<Vec<_>>(), linked.map(|relation| relation.id.clone()).collect());
    let links = written.normalizations.values().map(|link| link.id.clone());
    let links = ids(&read.normalizations.keys().cloned().collect::<Vec<_>>(), links.collect());
    let all: HashMap<_, _> = entities.into_iter().chain(relations).chain(links).collect();
    crate::formats::export::rename(&mut read, &all);
    read
}

/// What of a document has no place in a block, with counts.
pub fn losses(document: &Document) -> Vec<String> {
    let apart = document.entities.values().filter(|entity| entity.spans.len() > 1).count();
    let unlinked = document.relations.values().filter(|relation| concepts_of(document, relation).is_none()).count();
    let mut linked: Vec<&AnnotationId> = document.normalizations.values().map(|link| &link.target).collect();
    let all = linked.len();
    linked.sort_unstable();
    linked.dedup();
    let named = document.normalizations.values().filter(|link| link.name.is_some() || link.kind.as_str() != "Reference").count();
    let mut moved = document.clone();
    relate_first_mentions(&mut moved);
    let moved = document.relations.values().zip(moved.relations.values()).filter(|(before, after)| before != after).count();
    let ends = document.text.as_str().matches(['\n', '\r']).count().saturating_sub(1);
    [
        (apart, "discontinuous entities"),
        (unlinked, "relations between mentions without an identifier"),
        (moved, "relations that are read at the first mentions of their identifiers"),
        (all - linked.len(), "second links to a database"),
        (named, "names and kinds of links to a database"),
        (document.attributes.len(), "attributes"),
        (document.notes.len(), "notes"),
        (document.events.len(), "events"),
        (document.equivalences.len(), "equivalences"),
        (ends, "line ends, which become blanks"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{what}: {count}"))
    .collect()
}
