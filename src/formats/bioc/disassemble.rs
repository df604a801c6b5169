//! From a document to BioC.

use super::infons::Infons;
use super::json;
use super::model::{Annotation, BiocDocument, Collection, Location, Node, Passage, Place, Relation};
use super::{INFONS, KEPT, SKIPPED_ANNOTATIONS, SKIPPED_RELATIONS, TRIGGER};
use crate::document::{AnnotationId, Document, Entity, Label};
use crate::formats::export::said_of_others;
use crate::formats::json::Said;
use crate::formats::pubannotation;
use crate::text::{CharOffset, CharSpan};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// A document as BioC, and what is said of its collection.
pub(super) fn disassemble(document: &Document) -> (Collection, BiocDocument<'_>) {
    let kept = Kept::of(document);
    let mut pieces = kept.pieces(document).unwrap_or_else(|| default_pieces(document));
    let mut infons = kept.infons;
    let id = document.provenance.id.as_deref().unwrap_or(&document.name);
    // What the name can't be told from has to be said.
    if let Some(database) = document.provenance.database.as_ref().filter(|_| !infons.contains_key("sourcedb")) {
        infons.insert("sourcedb".to_owned(), database.clone().into());
    }
    if id != document.name && !infons.contains_key("name") {
        infons.insert("name".to_owned(), document.name.clone().into());
    }
    for entity in document.entities.values() {
        let start = entity.hull().start();
        let home = pieces.iter().rposition(|piece| piece.start <= start).unwrap_or(0);
        let annotation = annotation(document, entity);
        if let Some(piece) = pieces.get_mut(home) {
            piece.passage.annotations.push(annotation);
        }
    }
    let mut annotations = Vec::new();
    annotations.extend(skipped(document, SKIPPED_ANNOTATIONS).map(|item| json::annotation(item.clone(), Place::Nowhere)));
    let mut relations: Vec<Relation<'_>> = document.relations.values().map(|relation| relation_of(document, relation)).collect();
    relations.extend(document.events.values().map(|event| event_of(document, event)));
    relations.extend(skipped(document, SKIPPED_RELATIONS).map(|item| json::relation(item.clone(), Place::Nowhere)));
    let passages = gather(pieces);
    let id = Cow::Borrowed(id);
    let read = BiocDocument { id, infons, passages, annotations, relations, others: kept.others, ..BiocDocument::default() };
    (kept.collection, read)
}

/// What was kept of the file that the document came from.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Kept {
    collection: Collection,
    infons: Map<String, Value>,
    others: Map<String, Value>,
    passages: Vec<KeptPassage>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct KeptPassage {
    start: u32,
    chars: u32,
    offset: Option<i64>,
    infons: Map<String, Value>,
    others: Map<String, Value>,
    sentences: Vec<KeptPassage>,
}

/// A passage, or a sentence of one, with where its text stands in the document.
struct Piece<'a> {
    start: CharOffset,
    passage: Passage<'a>,
    /// For a sentence: which passage it is of, and that passage without its sentences.
    of: Option<(usize, Passage<'a>)>,
}

impl Kept {
    fn of(document: &Document) -> Self {
        let kept = document.provenance.unknown.get(KEPT).cloned();
        kept.and_then(|kept| serde_json::from_value(kept).ok()).unwrap_or_default()
    }

    /// The passages as they were, if they still hold all of the text.
    fn pieces<'a>(&self, document: &'a Document) -> Option<Vec<Piece<'a>>> {
        let mut pieces = Vec::new();
        for (index, passage) in self.passages.iter().enumerate() {
            if passage.sentences.is_empty() {
                pieces.push(Piece { start: CharOffset::new(passage.start), passage: piece(document, passage)?, of: None });
            }
            for sentence in &passage.sentences {
                let of = Passage {
                    infons: passage.infons.clone(),
                    offset: passage.offset,
                    others: passage.others.clone(),
                    ..Passage::default()
                };
                let start = CharOffset::new(sentence.start);
                pieces.push(Piece { start, passage: piece(document, sentence)?, of: Some((index, of)) });
            }
        }
        let mut behind = CharOffset::ZERO;
        for piece in &pieces {
            let chars = piece.passage.text.as_deref().unwrap_or_default().chars().count() as u32;
            let between = CharSpan::new(behind, piece.start).ok().and_then(|gap| document.text.slice(gap));
            if piece.start < behind || between.is_some_and(|text| !text.trim().is_empty()) {
                return None;
            }
            behind = piece.start.plus(chars);
        }
        (behind == document.text.len() && !pieces.is_empty()).then_some(pieces)
    }
}

/// A kept passage with its text and its offset in code points.
fn piece<'a>(document: &'a Document, kept: &KeptPassage) -> Option<Passage<'a>> {
    let start = CharOffset::new(kept.start);
    let text = match CharSpan::new(start, start.plus(kept.chars)) {
        Ok(span) => document.text.slice(span)?,
        Err(_) => "",
    };
    let (offset, others) = (Some(i64::from(kept.start)), kept.others.clone());
    Some(Passage { infons: kept.infons.clone(), offset, text: Some(text.into()), others, ..Passage::default() })
}

/// A title and the rest, for what has a line end that no entity crosses; or all in one passage.
fn default_pieces(document: &Document) -> Vec<Piece<'_>> {
    let text = document.text.as_str();
    let cut = text.find('\n').and_then(|byte| document.text.char_of(byte));
    let cut = cut.filter(|&at| {
        let crosses = |entity: &Entity| entity.spans.iter().any(|span| span.start() <= at && at < span.end());
        at > CharOffset::ZERO && at.plus(1) < document.text.len() && !document.entities.values().any(crosses)
    });
    let make = |start: CharOffset, end: CharOffset, kind: Option<&str>| {
        let text = CharSpan::new(start, end).ok().and_then(|span| document.text.slice(span)).unwrap_or_default();
        let infons = kind.map(|kind| ("type".to_owned(), Value::from(kind))).into_iter().collect();
        let passage = Passage { infons, offset: Some(i64::from(start.get())), text: Some(text.into()), ..Passage::default() };
        Piece { start, passage, of: None }
    };
    match cut {
        Some(at) => {
            let title = make(CharOffset::ZERO, at, Some("title"));
            vec![title, make(at.plus(1), document.text.len(), Some("abstract"))]
        }
        None => vec![make(CharOffset::ZERO, document.text.len(), None)],
    }
}

/// Puts sentences back into their passages.
fn gather(pieces: Vec<Piece<'_>>) -> Vec<Passage<'_>> {
    let mut passages: Vec<Passage<'_>> = Vec::new();
    let mut last = None;
    for Piece { passage, of, .. } in pieces {
        match of {
            None => {
                last = None;
                passages.push(passage);
            }
            Some((index, of)) => {
                if last != Some(index) {
                    last = Some(index);
                    passages.push(Passage { offset: passage.offset, ..of });
                }
                if let Some(whole) = passages.last_mut() {
                    whole.sentences.push(passage);
                }
            }
        }
    }
    passages
}

fn annotation<'a>(document: &'a Document, entity: &'a Entity) -> Annotation<'a> {
    let number = |number: u32| Some(i64::from(number));
    let of = |span: &CharSpan| Location { offset: number(span.start().get()), length: number(span.chars()) };
    let locations = entity.spans.iter().map(of).collect();
    let (infons, others) = about(document, &entity.id, &entity.label);
    let (id, text) = (Some(entity.id.as_str().into()), Some(document.covered_text(entity).into()));
    Annotation { id, infons, locations, text, others, ..Annotation::default() }
}

/// The infons of an annotation: its type, those that were kept and those that stand for what is said about it; and other keys that
/// were kept.
fn about<'a>(document: &Document, id: &AnnotationId, label: &Label) -> (Infons<'a>, Map<String, Value>) {
    let mut infons = Map::new();
    infons.insert("type".to_owned(), label.as_str().into());
    let mut others = document.provenance.unknown_of.get(id).cloned().unwrap_or_default();
    let kept = match others.shift_remove(INFONS) {
        Some(Value::Object(kept)) => kept,
        _ => Map::new(),
    };
    for (key, value) in kept {
        infons.entry(key).or_insert(value);
    }
    for link in document.normalizations.values().filter(|link| link.target == *id) {
        let said = format!("{}:{}", link.database, link.entry);
        let identifier = infons.get("identifier").map(|identifier| Said::of(identifier.clone()));
        let is_said = identifier.is_some_and(|it| it.text() == said || it.text() == link.entry);
        if is_said && link.name.is_none() && link.kind.as_str() == "Reference" {
            continue;
        }
        infons.entry("identifier").or_insert_with(|| said.clone().into());
        let name = link.name.as_ref().map(|name| format!("\t{name}")).unwrap_or_default();
        infons.insert(format!("normalization.{}", link.id), format!("{} {said}{name}", link.kind).into());
    }
    for attribute in document.attributes.values().filter(|attribute| attribute.target == *id) {
        let value = attribute.value.as_ref().map(|value| format!("={value}")).unwrap_or_default();
        infons.insert(format!("attribute.{}", attribute.id), format!("{}{value}", attribute.name).into());
    }
    for note in document.notes.values().filter(|note| note.target == *id) {
        infons.insert(format!("note.{}", note.id), format!("{} {}", note.kind, note.text).into());
    }
    (infons.into(), others)
}

fn relation_of<'a>(document: &'a Document, relation: &'a crate::document::Relation) -> Relation<'a> {
    let (infons, others) = about(document, &relation.id, &relation.role);
    let (first, second) = match &relation.argument_names {
        Some((first, second)) => (first.as_str(), second.as_str()),
        None => ("Arg1", "Arg2"),
    };
    let nodes = vec![node(&relation.subject, first), node(&relation.object, second)];
    Relation { id: Some(relation.id.as_str().into()), infons, nodes, others, ..Relation::default() }
}

fn event_of<'a>(document: &'a Document, event: &'a crate::document::Event) -> Relation<'a> {
    let (infons, others) = about(document, &event.id, &event.label);
    let arguments = event.arguments.iter().map(|(role, id)| node(id, role.as_str()));
    let nodes = [node(&event.trigger, TRIGGER)].into_iter().chain(arguments).collect();
    Relation { id: Some(event.id.as_str().into()), infons, nodes, others, ..Relation::default() }
}

fn node<'a>(id: &'a AnnotationId, role: &'a str) -> Node<'a> {
    Node { refid: id.as_str().into(), role: role.into() }
}

fn skipped<'a>(document: &'a Document, list: &str) -> impl Iterator<Item = &'a Value> {
    document.provenance.skipped.get(list).into_iter().flatten()
}

/// What of a document has no place in BioC, with counts.
pub fn losses(document: &Document) -> Vec<String> {
    let is_node = |id: &AnnotationId| {
        document.entities.contains_key(id) || document.relations.contains_key(id) || document.events.contains_key(id)
    };
    let elsewhere = said_of_others(document, is_node);
    let keys = document.provenance.unknown.keys().filter(|key| key.as_str() != KEPT && !is_layout(key)).count();
    [
        (document.equivalences.len(), "equivalences"),
        (elsewhere, "notes, attributes and links on notes, attributes and links"),
        (keys, "JSON keys"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{what}: {count}"))
    .collect()
}

/// How many keys of JSON were kept of collection, document, passages and sentences.
pub(in crate::formats) fn other_keys(document: &Document) -> usize {
    let Kept { collection, others, passages, .. } = Kept::of(document);
    let of = |passage: &KeptPassage| passage.others.len() + passage.sentences.iter().map(|it| it.others.len()).sum::<usize>();
    collection.others.len() + others.len() + passages.iter().map(of).sum::<usize>()
}

/// Keys that only say where something stood, and are made anew.
fn is_layout(key: &str) -> bool {
    ["text", "sourcedb", "sourceid"].contains(&key) || pubannotation::LISTS.contains(&key)
}
