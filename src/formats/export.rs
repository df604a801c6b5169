//! What of a document goes into a result file, and in what guise: only what stands, with ids and names that the format can hold.

use super::{Format, WriteOptions, bioc, brat, json, origin, pubannotation, pubtator};
use crate::document::{AnnotationId, Attribute, AttributeKind, Document, Label, Note, Origin, Relation, SourceLine, Status};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

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
        Format::BiocXml | Format::BiocJson => for_bioc(&mut out),
        Format::PubTator => for_pubtator(&mut out),
        Format::JsonLines | Format::Plain | Format::Medline | Format::PubMed => {}
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
        Origin::Annotator { name } => Some(format!("annotator={name} status={status}")),
        Origin::Model { run, confidence } => Some(format!("model={run} confidence={confidence:.3} status={status}")),
    }
}

/// Gives ids and names to annotations whose own can't stand in a standoff file. Those of standoff files stay as they are.
fn for_standoff(document: &mut Document) {
    let mut renamed: HashMap<AnnotationId, AnnotationId> = HashMap::new();
    let kinds: [(char, Vec<AnnotationId>); 7] = [
        ('T', document.entities.keys().cloned().collect()),
        ('R', document.relations.keys().cloned().collect()),
        ('A', ids_of_kind(document, AttributeKind::Attribute)),
        ('M', ids_of_kind(document, AttributeKind::Modification)),
        ('E', document.events.keys().cloned().collect()),
        ('N', document.normalizations.keys().cloned().collect()),
        ('#', document.notes.keys().cloned().collect()),
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
    for relation in document.relations.values_mut() {
        in_one_word(&mut relation.role);
        if let Some((first, second)) = &mut relation.argument_names {
            [first, second].into_iter().for_each(in_one_word);
        }
    }
    for event in document.events.values_mut() {
        in_one_word(&mut event.label);
        event.arguments.iter_mut().for_each(|(role, _)| in_one_word(role));
    }
    for link in document.normalizations.values_mut() {
        in_one_word(&mut link.kind);
        (link.database, link.entry) = (in_one_column(&link.database), in_one_column(&link.entry));
        link.name = link.name.take().map(|name| in_one_column(&name)).filter(|name| !name.is_empty());
    }
    document.notes.values_mut().for_each(|note| in_one_word(&mut note.kind));
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
pub(super) fn rename(document: &mut Document, renamed: &HashMap<AnnotationId, AnnotationId>) {
    let new = |id: &AnnotationId| renamed.get(id).unwrap_or(id).clone();
    let set = |id: &mut AnnotationId| *id = new(id);
    document.entities.values_mut().for_each(|entity| set(&mut entity.id));
    for relation in document.relations.values_mut() {
        [&mut relation.id, &mut relation.subject, &mut relation.object].into_iter().for_each(set);
    }
    for event in document.events.values_mut() {
        set(&mut event.id);
        set(&mut event.trigger);
        event.arguments.iter_mut().for_each(|(_, filler)| set(filler));
    }
    for attribute in document.attributes.values_mut() {
        set(&mut attribute.id);
        set(&mut attribute.target);
    }
    for normalization in document.normalizations.values_mut() {
        [&mut normalization.id, &mut normalization.target].into_iter().for_each(set);
    }
    for note in document.notes.values_mut() {
        [&mut note.id, &mut note.target].into_iter().for_each(set);
    }
    document.equivalences.iter_mut().flat_map(|equivalence| &mut equivalence.members).for_each(set);
    document.entities = std::mem::take(&mut document.entities).into_iter().map(|(_, item)| (item.id.clone(), item)).collect();
    document.relations = std::mem::take(&mut document.relations).into_iter().map(|(_, item)| (item.id.clone(), item)).collect();
    document.attributes = std::mem::take(&mut document.attributes).into_iter().map(|(_, item)| (item.id.clone(), item)).collect();
    document.events = std::mem::take(&mut document.events).into_iter().map(|(_, item)| (item.id.clone(), item)).collect();
    document.normalizations =
        std::mem::take(&mut document.normalizations).into_iter().map(|(_, item)| (item.id.clone(), item)).collect();
    document.notes = std::mem::take(&mut document.notes).into_iter().map(|(_, item)| (item.id.clone(), item)).collect();
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

/// Leaves out what BioC has no place for.
fn for_bioc(document: &mut Document) {
    document.equivalences.clear();
    let (entities, relations, events) = (&document.entities, &document.relations, &document.events);
    let is_node = |id: &AnnotationId| entities.contains_key(id) || relations.contains_key(id) || events.contains_key(id);
    document.attributes.retain(|_, attribute| is_node(&attribute.target));
    document.normalizations.retain(|_, link| is_node(&link.target));
    document.notes.retain(|_, note| is_node(&note.target));
}

/// Leaves out what PubTator has no place for.
fn for_pubtator(document: &mut Document) {
    document.equivalences.clear();
    document.attributes.clear();
    document.notes.clear();
    document.events.clear();
    document.entities.retain(|_, entity| entity.spans.len() == 1);
    document.entities.values_mut().for_each(|entity| entity.label = Label::new(pubtator::flat_column(entity.label.as_str())));
    let entities = &document.entities;
    document.normalizations.retain(|_, link| entities.contains_key(&link.target));
    let mut linked = HashSet::new();
    document.normalizations.retain(|_, link| linked.insert(link.target.clone()));
    // An identifier stands in the line of its mention, and is all that is said of a link.
    document.normalizations.sort_by_cached_key(|_, link| entities.get_index_of(&link.target));
    for link in document.normalizations.values_mut() {
        (link.kind, link.name) = (Label::from("Reference"), None);
    }
    let all = std::mem::take(&mut document.relations);
    document.relations = all.into_iter().filter(|(_, relation)| pubtator::concepts_of(document, relation).is_some()).collect();
    document.relations.values_mut().for_each(|relation| relation.argument_names = None);
    pubtator::relate_first_mentions(document);
}

/// What a document holds that a file of this format would not, each with a count, e.g. `events: 3`; empty when nothing is lost.
pub fn losses(document: &Document, format: Format, options: &WriteOptions) -> Vec<String> {
    if format == Format::JsonLines {
        return Vec::new();
    }
    let mut lost = undecided(document, format, options);
    let written = prepare(document, Format::Plain, Selection { notes: false, proposed: options.include_proposed });
    lost.extend(match format {
        Format::PubTator => pubtator::losses(&written),
        Format::BiocXml | Format::BiocJson => bioc::losses(&written),
        Format::PubAnnotation => counted(&[
            (written.events.len(), "events"),
            (written.equivalences.len(), "equivalences"),
            (
                written.relations.values().filter(|it| !between_entities(&written, it)).count(),
                "relations with an event at one end",
            ),
            (written.relations.values().filter(|it| it.argument_names.is_some()).count(), "names of arguments"),
            (
                said_of_others(&written, |id| written.entities.contains_key(id) || written.relations.contains_key(id)),
                "attributes, links and notes on others than entities and relations",
            ),
            (written.normalizations.values().filter(|link| link.name.is_some()).count(), "names of links to databases"),
        ]),
        Format::Plain => counted(&[
            (written.entities.len(), "entities"),
            (written.relations.len(), "relations"),
            (written.attributes.len(), "attributes"),
            (written.events.len(), "events"),
            (written.equivalences.len(), "equivalences"),
            (written.normalizations.len(), "links to databases"),
            (written.notes.len(), "notes"),
        ]),
        Format::Brat | Format::Bionlp | Format::JsonLines | Format::Medline | Format::PubMed => Vec::new(),
    });
    lost.extend(kept_elsewhere(&written, format));
    lost
}

fn counted(counts: &[(usize, &str)]) -> Vec<String> {
    counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{what}: {count}")).collect()
}

fn between_entities(document: &Document, relation: &Relation) -> bool {
    document.entities.contains_key(&relation.subject) && document.entities.contains_key(&relation.object)
}

/// How many attributes, notes and links are about something else than what has a place in a format.
pub(super) fn said_of_others(document: &Document, has_place: impl Fn(&AnnotationId) -> bool) -> usize {
    let targets = document.attributes.values().map(|it| &it.target).chain(document.notes.values().map(|it| &it.target));
    let targets = targets.chain(document.normalizations.values().map(|it| &it.target));
    targets.filter(|id| !has_place(id)).count()
}

/// How many lines of standoff say more behind what they say as annotations.
fn further_columns(document: &Document) -> usize {
    let says_more = |line: &&SourceLine| match line {
        SourceLine::Annotation { id, original, canonical } => {
            document.has_id(id) && original.strip_prefix(canonical.as_str()).is_some_and(|rest| rest.starts_with('\t'))
        }
        SourceLine::Equivalence { .. } | SourceLine::Verbatim(_) => false,
    };
    document.given_lines.iter().chain(&document.source_lines).filter(says_more).count()
}

/// What was not decided or was refused, and what was said of the whole document.
fn undecided(document: &Document, format: Format, options: &WriteOptions) -> Vec<String> {
    let entities = document.entities.values().map(|entity| (entity.status, &entity.origin));
    let states: Vec<_> =
        entities.chain(document.relations.values().map(|relation| (relation.status, &relation.origin))).collect();
    let of = |wanted: Status| states.iter().filter(|(status, _)| *status == wanted).count();
    // PubAnnotation's tracks are written back as they were, so what they propose is in the file.
    let in_tracks = if format == Format::PubAnnotation && document.provenance.unknown.contains_key("tracks") {
        states.iter().filter(|(status, origin)| *status == Status::Proposed && matches!(origin, Origin::Annotator { .. })).count()
    } else {
        0
    };
    let made = states.iter().filter(|(status, origin)| status.stands() && **origin != Origin::Given).count();
    counted(&[
        (if options.include_proposed { 0 } else { of(Status::Proposed) - in_tracks }, "proposals that nobody decided on"),
        (of(Status::Rejected), "rejected proposals"),
        (if options.notes { 0 } else { made }, "notes on who made an annotation"),
        (usize::from(document.marks != Default::default()), "state and remark of the document"),
    ])
}

/// What was kept of another format to be written back into a file of that format.
fn kept_elsewhere(document: &Document, format: Format) -> Vec<String> {
    let lines = document.given_lines.iter().chain(&document.source_lines);
    let lines = lines.filter(|line| matches!(line, SourceLine::Verbatim(line) if !line.trim().is_empty())).count();
    let unknown = &document.provenance.unknown;
    let of_bioc = |key: &str| key == "bioc" || key == "infons";
    let keys = unknown.iter().filter(|(key, value)| !value.is_null() && key.as_str() != "text" && !of_bioc(key)).count();
    let infons = unknown.keys().filter(|key| of_bioc(key)).count();
    let unknown_of = document.provenance.unknown_of.iter().filter(|(id, _)| document.has_id(id));
    let (with_infons, with_keys): (Vec<_>, Vec<_>) = unknown_of.partition(|(_, keys)| keys.keys().all(|key| of_bioc(key)));
    let is_written = |key: &str| format == Format::PubTator && pubtator::KEYS.contains(&key);
    let with_keys = with_keys.into_iter().filter(|(_, keys)| keys.keys().any(|key| !is_written(key))).count();
    let skipped = document.provenance.skipped.iter().filter(|(list, _)| !is_list_of(format, list));
    let skipped: usize = skipped.map(|(_, items)| items.len()).sum();
    let (standoff, bioc) =
        (matches!(format, Format::Brat | Format::Bionlp), matches!(format, Format::BiocXml | Format::BiocJson));
    let named = matches!(format, Format::Brat | Format::Bionlp | Format::Plain);
    let source = usize::from(named && !origin::is_in_name(document));
    let (pubannotation, unless) = (format == Format::PubAnnotation, |kept: bool, count: usize| if kept { 0 } else { count });
    counted(&[
        (source, "source database and id"),
        (unless(standoff, lines), "lines that were not understood"),
        (unless(pubannotation || bioc, keys), "JSON keys"),
        (unless(pubannotation || format == Format::BiocJson, with_keys), "annotations with further keys or columns"),
        (unless(standoff, further_columns(document)), "annotations with further columns"),
        (unless(pubannotation || bioc, infons), "infons of the document"),
        (unless(pubannotation || bioc, with_infons.len()), "annotations with infons"),
        (skipped, "items that were not understood"),
        (hidden(document, format), "keys of annotations that are called as those of the format"),
        (unless(format != Format::BiocXml, bioc::other_keys(document)), "keys of BioC's JSON"),
        (unless(format != Format::BiocXml, bioc::xml::forbidden(document)), "characters that XML can't hold, written as U+FFFD"),
    ])
}

/// Whether items that were not understood stand in this list of the format.
fn is_list_of(format: Format, list: &str) -> bool {
    match format {
        Format::PubAnnotation => pubannotation::LISTS.contains(&list),
        Format::BiocXml | Format::BiocJson => bioc::is_list(list),
        Format::PubTator => list == pubtator::SKIPPED,
        _ => false,
    }
}

/// How many further keys of annotations the format has other uses for. What was kept of the objects inside comes back into them.
fn hidden(document: &Document, format: Format) -> usize {
    let is_hidden = |id: &AnnotationId, key: &str, value: &Value| {
        let spans = document.entities.get(id).map(|entity| entity.spans.len());
        match (format, spans) {
            (Format::PubAnnotation, Some(spans)) => ["id", "obj"].contains(&key) || key == "span" && !json::fits(spans, value),
            (Format::BiocJson, Some(spans)) => ["id", "text"].contains(&key) || key == "locations" && !json::fits(spans, value),
            (Format::PubAnnotation, None) => document.relations.contains_key(id) && ["id", "pred", "subj", "obj"].contains(&key),
            (Format::BiocJson, None) => key == "id",
            _ => false,
        }
    };
    let keys = document.provenance.unknown_of.iter().filter(|(id, _)| document.has_id(id));
    keys.map(|(id, keys)| keys.iter().filter(|(key, value)| is_hidden(id, key, value)).count()).sum()
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
