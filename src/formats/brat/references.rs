//! What can only be checked when all lines are known: ids that occur twice, ids that do not occur, events that go round in circles.

use super::line::{Parsed, Record};
use super::reader::Slot;
use crate::document::{AnnotationId, Item};
use crate::formats::finding::Remark;
use std::collections::{HashMap, HashSet};

/// Takes the annotation of every line whose id an earlier line bears.
pub(super) fn refuse_duplicates(slots: &mut [Slot], report: &mut impl FnMut(&Slot, Remark)) {
    let mut seen: HashMap<AnnotationId, u32> = HashMap::new();
    for slot in slots {
        let Some(Parsed { record: Record::Item(item), .. }) = &slot.parsed else { continue };
        let id = item.id().clone();
        if let Some(first) = seen.get(&id) {
            let message = format!("the id {id} is already used in line {first}; the line is kept as it is");
            report(slot, Remark::error("duplicate-id", message));
            slot.parsed = None;
        } else {
            seen.insert(id, slot.number);
        }
    }
}

/// Takes the annotation of every line that refers to something that is not there, until nothing more falls away.
pub(super) fn refuse_dangling(slots: &mut [Slot], report: &mut impl FnMut(&Slot, Remark)) {
    loop {
        let known = Known::of(slots);
        let missing = |slot: &Slot| slot.parsed.as_ref().and_then(|parsed| known.first_missing(&parsed.record));
        let refused: Vec<(usize, Remark)> =
            slots.iter().enumerate().filter_map(|(at, slot)| Some((at, missing(slot)?))).collect();
        if refused.is_empty() {
            return;
        }
        for (at, remark) in refused {
            let Some(slot) = slots.get_mut(at) else { continue };
            let column = slot.original.split('\t').next().map_or(1, |id| id.chars().count() as u32 + 2);
            report(slot, remark.at(column));
            slot.parsed = None;
        }
    }
}

/// The ids of a file by what they may be used for.
struct Known<'a> {
    entities: HashSet<&'a AnnotationId>,
    /// Entities and events.
    nodes: HashSet<&'a AnnotationId>,
    all: HashSet<&'a AnnotationId>,
}

impl<'a> Known<'a> {
    fn of(slots: &'a [Slot]) -> Self {
        let (mut entities, mut nodes, mut all) = (HashSet::new(), HashSet::new(), HashSet::new());
        for slot in slots {
            let Some(Parsed { record: Record::Item(item), .. }) = &slot.parsed else { continue };
            if matches!(item, Item::Entity(_)) {
                entities.insert(item.id());
            }
            if matches!(item, Item::Entity(_) | Item::Event(_)) {
                nodes.insert(item.id());
            }
            all.insert(item.id());
        }
        Self { entities, nodes, all }
    }

    fn first_missing(&self, record: &Record) -> Option<Remark> {
        let absent = |set: &HashSet<&'a AnnotationId>, id: &AnnotationId, what: &str| {
            (!set.contains(id)).then(|| {
                let message = format!("there is no {what} {id}; the line is kept as it is");
                Remark::error("dangling", message)
            })
        };
        let node = |id: &AnnotationId| absent(&self.nodes, id, "entity or event");
        let any = |own: &AnnotationId, id: &AnnotationId| {
            let itself = || Remark::error("dangling", format!("{id} is about itself; the line is kept as it is"));
            if own == id { Some(itself()) } else { absent(&self.all, id, "annotation") }
        };
        match record {
            Record::Item(Item::Entity(_)) => None,
            Record::Item(Item::Relation(relation)) => node(&relation.subject).or_else(|| node(&relation.object)),
            Record::Item(Item::Event(event)) => absent(&self.entities, &event.trigger, "trigger")
                .or_else(|| event.arguments.iter().find_map(|(_, filler)| node(filler))),
            Record::Item(Item::Attribute(attribute)) => any(&attribute.id, &attribute.target),
            Record::Item(Item::Normalization(normalization)) => any(&normalization.id, &normalization.target),
            Record::Item(Item::Note(note)) => any(&note.id, &note.target),
            Record::Equivalence(equivalence) => equivalence.members.iter().find_map(node),
        }
    }
}

/// Reports every event that is, by way of its arguments, its own argument. Such events are loaded all the same.
pub(super) fn report_cycles(slots: &[Slot], report: &mut impl FnMut(&Slot, Remark)) {
    let mut arguments: HashMap<&AnnotationId, Vec<&AnnotationId>> = HashMap::new();
    for slot in slots {
        if let Some(Parsed { record: Record::Item(Item::Event(event)), .. }) = &slot.parsed {
            arguments.insert(&event.id, event.arguments.iter().map(|(_, filler)| filler).collect());
        }
    }
    for slot in slots {
        let Some(Parsed { record: Record::Item(Item::Event(event)), .. }) = &slot.parsed else { continue };
        if reaches_itself(&event.id, &arguments) {
            report(slot, Remark::warning("event-cycle", format!("the event {} is among its own arguments", event.id)));
        }
    }
}

fn reaches_itself(start: &AnnotationId, arguments: &HashMap<&AnnotationId, Vec<&AnnotationId>>) -> bool {
    let mut open: Vec<&AnnotationId> = arguments.get(start).cloned().unwrap_or_default();
    let mut seen = HashSet::new();
    while let Some(id) = open.pop() {
        if id == start {
            return true;
        }
        if seen.insert(id) {
            open.extend(arguments.get(id).into_iter().flatten());
        }
    }
    false
}
