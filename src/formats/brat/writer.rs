//! From a document to the lines of an annotation file.

use crate::document::{AttributeKind, Document, Entity, Equivalence, Event, Item, Normalization, Note, Relation, SourceLine};
use crate::text::{CharOffset, CharSpan};
use std::collections::HashSet;

/// Writes all annotations of a document as an `.ann` file: lines that were read stay where they stood and as they were unless
/// their annotation changed; new entities follow the last entity, everything else that is new comes at the end.
pub fn write(document: &Document) -> String {
    let lines: Vec<&SourceLine> = document.given_lines.iter().chain(&document.source_lines).collect();
    let placed = placed(&lines);
    let new: Vec<Item> = items(document).filter(|item| !placed.contains(item.id().as_str())).collect();
    sheet(document, &lines, &new, &(0..document.equivalences.len()).collect::<Vec<_>>())
}

/// The ids that have a line.
pub(crate) fn placed<'a>(lines: &[&'a SourceLine]) -> HashSet<&'a str> {
    let id = |line: &&'a SourceLine| match *line {
        SourceLine::Annotation { id, .. } => Some(id.as_str()),
        SourceLine::Equivalence { .. } | SourceLine::Verbatim(_) => None,
    };
    lines.iter().filter_map(id).collect()
}

/// All annotations of a document with an id, in the order in which new ones are written.
pub(crate) fn items(document: &Document) -> impl Iterator<Item = Item> {
    let entities = document.entities.values().cloned().map(Item::Entity);
    let events = document.events.values().cloned().map(Item::Event);
    let relations = document.relations.values().cloned().map(Item::Relation);
    let attributes = document.attributes.values().cloned().map(Item::Attribute);
    let normalizations = document.normalizations.values().cloned().map(Item::Normalization);
    let notes = document.notes.values().cloned().map(Item::Note);
    entities.chain(events).chain(relations).chain(attributes).chain(normalizations).chain(notes)
}

/// One file: these lines, with these new annotations put in, and those of the equivalences (by place) that have no line yet.
pub(crate) fn sheet(document: &Document, lines: &[&SourceLine], new: &[Item], equivalences: &[usize]) -> String {
    let mut out: Vec<String> = Vec::with_capacity(lines.len() + new.len());
    let mut entities_at = None;
    for line in lines {
        if let Some(text) = source_line(document, line) {
            out.push(text);
        }
        let is_entity = |id: &str| document.entities.contains_key(id);
        match line {
            SourceLine::Annotation { id, .. } if is_entity(id.as_str()) => entities_at = Some(out.len()),
            SourceLine::Verbatim(_) if entities_at.is_none() => {}
            _ if entities_at.is_none() => entities_at = Some(out.len().saturating_sub(1)),
            _ => {}
        }
    }
    let (first, then): (Vec<&Item>, Vec<&Item>) = new.iter().partition(|item| matches!(item, Item::Entity(_)));
    let at = entities_at.unwrap_or(out.len()).min(out.len());
    out.splice(at..at, first.into_iter().map(|item| item_line(document, item)));
    out.extend(then.into_iter().map(|item| item_line(document, item)));
    let has_line = |place: usize| lines.iter().any(|line| matches!(line, SourceLine::Equivalence { at, .. } if *at == place));
    let new = equivalences.iter().filter(|&&place| !has_line(place)).filter_map(|&place| document.equivalences.get(place));
    out.extend(new.filter_map(|equivalence| remaining(document, equivalence)).map(|e| equivalence_line(&e)));
    out.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

/// A line that was read: as it was, or anew when its annotation changed, or `None` when that is gone.
fn source_line(document: &Document, line: &SourceLine) -> Option<String> {
    let (now, original, canonical) = match line {
        SourceLine::Verbatim(line) => return Some(line.clone()),
        SourceLine::Annotation { id, original, canonical } => {
            (item_line(document, &item(document, id.as_str())?), original, canonical)
        }
        SourceLine::Equivalence { at, original, canonical } => {
            (equivalence_line(&remaining(document, document.equivalences.get(*at)?)?), original, canonical)
        }
    };
    if now == *canonical {
        return Some(original.clone());
    }
    // A fourth column that some tools add to entities is not part of the annotation, so it outlives a change.
    let comment = now.starts_with('T').then(|| original.splitn(4, '\t').nth(3)).flatten();
    let comment = comment.filter(|_| canonical.split('\t').count() == 3);
    Some(comment.map_or(now.clone(), |comment| format!("{now}\t{comment}")))
}

/// The annotation with this id, of whatever kind.
pub(crate) fn item(document: &Document, id: &str) -> Option<Item> {
    let entity = document.entities.get(id).cloned().map(Item::Entity);
    entity
        .or_else(|| document.relations.get(id).cloned().map(Item::Relation))
        .or_else(|| document.events.get(id).cloned().map(Item::Event))
        .or_else(|| document.attributes.get(id).cloned().map(Item::Attribute))
        .or_else(|| document.normalizations.get(id).cloned().map(Item::Normalization))
        .or_else(|| document.notes.get(id).cloned().map(Item::Note))
}

/// The members of an equivalence that are still there; `None` when fewer than two are.
fn remaining(document: &Document, equivalence: &Equivalence) -> Option<Equivalence> {
    let there = |id: &str| document.entities.contains_key(id) || document.events.contains_key(id);
    let members: Vec<_> = equivalence.members.iter().filter(|id| there(id.as_str())).cloned().collect();
    (members.len() > 1).then(|| Equivalence { label: equivalence.label.clone(), members })
}

/// The line of an annotation, without its end.
pub(crate) fn item_line(document: &Document, item: &Item) -> String {
    match item {
        Item::Entity(entity) => entity_line(document, entity),
        Item::Relation(relation) => relation_line(relation),
        Item::Event(Event { id, label, trigger, arguments }) => {
            let arguments: String = arguments.iter().map(|(role, filler)| format!(" {role}:{filler}")).collect();
            format!("{id}\t{label}:{trigger}{arguments}")
        }
        Item::Attribute(attribute) => {
            let value = attribute.value.as_ref().map(|value| format!(" {}", one_line(value))).unwrap_or_default();
            debug_assert!(matches!(attribute.kind, AttributeKind::Attribute | AttributeKind::Modification));
            format!("{}\t{} {}{value}", attribute.id, attribute.name, attribute.target)
        }
        Item::Normalization(Normalization { id, kind, target, database, entry, name }) => {
            let name = name.as_ref().map(|name| format!("\t{}", one_line(name))).unwrap_or_default();
            format!("{id}\t{kind} {target} {database}:{entry}{name}")
        }
        Item::Note(Note { id, kind, target, text }) => format!("{id}\t{kind} {target}\t{}", one_line(text)),
    }
}

fn relation_line(relation: &Relation) -> String {
    let Relation { id, role, subject, object, .. } = relation;
    match &relation.argument_names {
        Some((first, second)) => format!("{id}\t{role} {first}:{subject} {second}:{object}"),
        None => format!("{id}\t{role} Arg1:{subject} Arg2:{object}"),
    }
}

/// The line of an equivalence, without its end.
pub(crate) fn equivalence_line(equivalence: &Equivalence) -> String {
    let members: String = equivalence.members.iter().map(|id| format!(" {id}")).collect();
    format!("*\t{}{members}", equivalence.label)
}

fn entity_line(document: &Document, entity: &Entity) -> String {
    let spans = line_fragments(document, &entity.spans);
    let offsets: Vec<String> = spans.iter().map(|span| format!("{} {}", span.start(), span.end())).collect();
    let covered: Vec<&str> = spans.iter().filter_map(|&span| document.text.slice(span)).collect();
    // Only a mention of nothing but line feeds has any left here.
    let covered = covered.join(" ").replace('\n', " ");
    format!("{}\t{} {}\t{covered}", entity.id, entity.label, offsets.join(";"))
}

/// The fragments with each that crosses a line end cut there: an annotation line can't hold a line feed. A mention of nothing but
/// line feeds stays as it is.
pub(crate) fn line_fragments(document: &Document, spans: &[CharSpan]) -> Vec<CharSpan> {
    let mut cut = Vec::with_capacity(spans.len());
    for &span in spans {
        let mut start = span.start();
        for (at, c) in (span.start().get()..).zip(document.text.slice(span).unwrap_or_default().chars()) {
            if c == '\n' {
                cut.extend(CharSpan::new(start, CharOffset::new(at)));
                start = CharOffset::new(at).plus(1);
            }
        }
        cut.extend(CharSpan::new(start, span.end()));
    }
    if cut.is_empty() { spans.to_vec() } else { cut }
}

/// Notes and values are one line; a line end in them becomes a space.
fn one_line(text: &str) -> String {
    text.replace("\r\n", " ").replace(['\n', '\r'], " ")
}
