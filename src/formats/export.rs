//! What of a document goes into a result file, and in what guise: only what stands, with ids and names that the format can hold.

use super::{Format, brat};
use crate::document::{AnnotationId, Attribute, AttributeKind, Document, Label, Note, Origin, Status};
use std::collections::HashMap;

/// What to write beyond what stands.
#[derive(Clone, Copy)]
pub(super) struct Selection {
    /// Confidence and state as notes.
    pub(super) notes: bool,
    /// Also what nobody has decided yet.
    pub(super) proposed: bool,
}

/// A copy of the document that holds only what is to be written, ready for the writer of the format.
pub(super) fn prepare(document: &Document, format: Format, selection: Selection) -> Document {
    let mut out = document.clone();
    if format == Format::JsonLines {
        // This format says of everything what was decided, so nothing has to be left out.
        return out;
    }
    keep_standing(&mut out, selection);
    if selection.notes {
        add_notes(&mut out);
    }
    match format {
        Format::Brat | Format::Bionlp => for_standoff(&mut out),
        Format::PubAnnotation => for_pubannotation(&mut out),
        Format::JsonLines | Format::Plain => {}
    }
    out
}

/// Drops what does not stand and, with it, whatever refers to it.
fn keep_standing(document: &mut Document, selection: Selection) {
    let stands = |status: Status| status.stands() || selection.proposed && status == Status::Proposed;
    document.entities.retain(|_, entity| stands(entity.status));
    document.relations.retain(|_, relation| stands(relation.status));
    loop {
        let before = count(document);
        let there = document.clone();
        let node = |id: &AnnotationId| there.entities.contains_key(id) || there.events.contains_key(id);
        document.events.retain(|_, event| there.entities.contains_key(&event.trigger));
        document.events.values_mut().for_each(|event| event.arguments.retain(|(_, filler)| node(filler)));
        document.relations.retain(|_, relation| node(&relation.subject) && node(&relation.object));
        document.attributes.retain(|_, attribute| there.has_id(&attribute.target));
        document.normalizations.retain(|_, normalization| there.has_id(&normalization.target));
        document.notes.retain(|_, note| there.has_id(&note.target));
        if count(document) == before {
            return;
        }
    }
}

fn count(document: &Document) -> usize {
    let annotations = document.entities.len() + document.relations.len() + document.attributes.len();
    let fillers: usize = document.events.values().map(|event| event.arguments.len()).sum();
    annotations + document.events.len() + fillers + document.normalizations.len() + document.notes.len()
}

/// Adds a note to every entity and relation that a model or a person had a hand in: where it comes from and what was decided.
fn add_notes(document: &mut Document) {
    let entities = document.entities.values().map(|entity| (&entity.id, &entity.origin, entity.status));
    let relations = document.relations.values().map(|relation| (&relation.id, &relation.origin, relation.status));
    let said: Vec<(AnnotationId, String)> =
        entities.chain(relations).filter_map(|(id, origin, status)| Some((id.clone(), history(origin, status)?))).collect();
    for (target, text) in said {
        let id = document.fresh_id('#');
        document.notes.insert(id.clone(), Note { id, kind: Label::from("AnnotatorNotes"), target, text });
    }
}

/// `model=agac confidence=0.930 status=accepted`; `None` for what was in the file and was not changed.
fn history(origin: &Origin, status: Status) -> Option<String> {
    let status = match status {
        Status::Proposed => "proposed",
        Status::Accepted => "accepted",
        Status::Corrected => "corrected",
        Status::Rejected => "rejected",
    };
    match origin {
        Origin::Given if status == "accepted" => None,
        Origin::Given => Some(format!("status={status}")),
        Origin::Human => Some(format!("added status={status}")),
        Origin::Model { run, confidence } => Some(format!("model={run} confidence={confidence:.3} status={status}")),
    }
}

/// Gives ids and names to annotations whose own can't stand in a standoff file. Those of standoff files stay as they are.
fn for_standoff(document: &mut Document) {
    let mut renamed: HashMap<AnnotationId, AnnotationId> = HashMap::new();
    let kinds: [(char, Vec<AnnotationId>); 4] = [
        ('T', document.entities.keys().cloned().collect()),
        ('R', document.relations.keys().cloned().collect()),
        ('A', ids_of_kind(document, AttributeKind::Attribute)),
        ('M', ids_of_kind(document, AttributeKind::Modification)),
    ];
    for (letter, ids) in kinds {
        let mut next: u64 = document.fresh_id(letter).as_str().get(1..).and_then(|number| number.parse().ok()).unwrap_or(1);
        for id in ids.into_iter().filter(|id| !brat::fits_id(id.as_str(), letter)) {
            renamed.insert(id, AnnotationId::new(format!("{letter}{next}")));
            next = next.saturating_add(1);
        }
    }
    if !renamed.is_empty() {
        rename(document, &renamed);
    }
    document.entities.values_mut().for_each(|entity| in_one_word(&mut entity.label));
    document.relations.values_mut().for_each(|relation| in_one_word(&mut relation.role));
    for attribute in document.attributes.values_mut() {
        in_one_word(&mut attribute.name);
        attribute.value = attribute.value.take().map(|value| in_one_column(&value)).filter(|value| !value.is_empty());
    }
    document.notes.values_mut().for_each(|note| note.text = note.text.replace(['\n', '\r'], " "));
}

fn ids_of_kind(document: &Document, kind: AttributeKind) -> Vec<AnnotationId> {
    document.attributes.values().filter(|attribute| attribute.kind == kind).map(|attribute| attribute.id.clone()).collect()
}

fn in_one_word(label: &mut Label) {
    if label.as_str().contains([' ', '\t', '\n']) {
        *label = Label::new(label.as_str().replace([' ', '\t', '\n'], "_"));
    }
}

fn in_one_column(value: &str) -> String {
    value.replace(['\n', '\r', '\t'], " ")
}

/// Gives other ids, in the same order, and follows them to whatever refers to them.
fn rename(document: &mut Document, renamed: &HashMap<AnnotationId, AnnotationId>) {
    let new = |id: &AnnotationId| renamed.get(id).unwrap_or(id).clone();
    let set = |id: &mut AnnotationId| *id = new(id);
    document.entities.values_mut().for_each(|entity| set(&mut entity.id));
    for relation in document.relations.values_mut() {
        [&mut relation.id, &mut relation.subject, &mut relation.object].into_iter().for_each(set);
    }
    for event in document.events.values_mut() {
        set(&mut event.trigger);
        event.arguments.iter_mut().for_each(|(_, filler)| set(filler));
    }
    for attribute in document.attributes.values_mut() {
        set(&mut attribute.id);
        set(&mut attribute.target);
    }
    document.normalizations.values_mut().for_each(|normalization| set(&mut normalization.target));
    document.notes.values_mut().for_each(|note| set(&mut note.target));
    document.equivalences.iter_mut().flat_map(|equivalence| &mut equivalence.members).for_each(set);
    document.entities = std::mem::take(&mut document.entities).into_iter().map(|(_, item)| (item.id.clone(), item)).collect();
    document.relations = std::mem::take(&mut document.relations).into_iter().map(|(_, item)| (item.id.clone(), item)).collect();
    document.attributes = std::mem::take(&mut document.attributes).into_iter().map(|(_, item)| (item.id.clone(), item)).collect();
}

/// Leaves out what the format has no place for, and turns notes and links to databases into attributes.
fn for_pubannotation(document: &mut Document) {
    let mut attributes: Vec<(Label, AnnotationId, String)> = Vec::new();
    for normalization in document.normalizations.values() {
        let entry = format!("{}:{}", normalization.database, normalization.entry);
        attributes.push((normalization.kind.clone(), normalization.target.clone(), entry));
    }
    attributes.extend(document.notes.values().map(|note| (note.kind.clone(), note.target.clone(), note.text.clone())));
    document.events.clear();
    document.equivalences.clear();
    document.normalizations.clear();
    document.notes.clear();
    let entities = &document.entities;
    document.relations.retain(|_, relation| entities.contains_key(&relation.subject) && entities.contains_key(&relation.object));
    document.relations.values_mut().for_each(|relation| relation.argument_names = None);
    let (entities, relations) = (&document.entities, &document.relations);
    let is_there = |id: &AnnotationId| entities.contains_key(id) || relations.contains_key(id);
    document.attributes.retain(|_, attribute| is_there(&attribute.target));
    attributes.retain(|(_, target, _)| is_there(target));
    for (name, target, value) in attributes {
        let id = document.fresh_id('A');
        let attribute = Attribute { id: id.clone(), kind: AttributeKind::Attribute, name, target, value: Some(value) };
        document.attributes.insert(id, attribute);
    }
    // A modification has no value in this format.
    for attribute in document.attributes.values_mut().filter(|attribute| attribute.value.is_some()) {
        attribute.kind = AttributeKind::Attribute;
    }
}

/// What a document holds that the format has no place for, with counts, e.g. `events: 3`; empty when nothing is lost.
pub fn losses(document: &Document, format: Format) -> Vec<String> {
    let many = |count: usize, what: &str| (count > 0).then(|| format!("{what}: {count}"));
    let all = [
        many(document.entities.len(), "entities"),
        many(document.relations.len(), "relations"),
        many(document.attributes.len(), "attributes"),
        many(document.events.len(), "events"),
        many(document.equivalences.len(), "equivalences"),
        many(document.provenance.unknown.len(), "JSON keys"),
        many(document.provenance.unknown_of.len(), "annotations with further JSON keys"),
    ];
    let [entities, relations, attributes, events, equivalences, keys, further] = all;
    let lost = match format {
        Format::Plain => vec![entities, relations, attributes, events, equivalences],
        Format::PubAnnotation => vec![events, equivalences],
        Format::Brat | Format::Bionlp => vec![keys, further],
        Format::JsonLines => Vec::new(),
    };
    lost.into_iter().flatten().collect()
}

/// The first annotation that differs between what was to be written and what reads back, if any. What `tolerated` names may be
/// more than was written: lines that were not understood can make sense again when others are gone.
pub(super) fn first_difference(written: &Document, read: &Document, tolerated: impl Fn(&str) -> bool) -> Option<AnnotationId> {
    let mut written = written.clone();
    let mut read = read.clone();
    for document in [&mut written, &mut read] {
        let text = document.clone();
        for entity in document.entities.values_mut() {
            entity.spans = brat::line_fragments(&text, &entity.spans);
            (entity.origin, entity.status) = (Origin::Given, Status::Accepted);
        }
        for relation in document.relations.values_mut() {
            (relation.origin, relation.status) = (Origin::Given, Status::Accepted);
        }
    }
    let by_id = |document: &Document| brat::items(document).map(|item| (item.id().clone(), item)).collect::<HashMap<_, _>>();
    let (written, read) = (by_id(&written), by_id(&read));
    let missing = written.iter().find(|(id, item)| read.get(*id) != Some(item));
    let extra = || read.iter().find(|(id, _)| !written.contains_key(*id) && !tolerated(id.as_str()));
    missing.or_else(extra).map(|(id, _)| id.clone())
}
