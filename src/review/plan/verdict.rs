//! Accepting, rejecting, deleting: alone and in bulk.

use super::{Desk, Draft, relation, span};
use crate::document::{AnnotationId, Document, ItemKind, Origin, Status};
use crate::review::merge::spoken_of;
use crate::review::{CommandError, Filter, queue};

/// How a span or relation is named in messages.
pub(super) fn name(document: &Document, id: &AnnotationId) -> String {
    if let Some(entity) = document.entities.get(id) {
        return format!("{} \"{}\"", entity.label, document.covered_text(entity));
    }
    document.relations.get(id).map_or_else(
        || id.to_string(),
        |relation| {
            let end = |id| document.entities.get(id).map_or_else(String::new, |entity| document.covered_text(entity));
            format!("{} from \"{}\" to \"{}\"", relation.role, end(&relation.subject), end(&relation.object))
        },
    )
}

pub(super) fn accept<'a>(desk: &Desk<'a>, id: &AnnotationId) -> Result<Draft<'a>, CommandError> {
    let mut draft = Draft::new(desk.document);
    let (status, _) = queue::state(desk.document, id).ok_or_else(|| CommandError::Missing(id.clone()))?;
    if status.stands() {
        return Err(CommandError::NoChange(format!("{} stands already", name(desk.document, id))));
    }
    // An undecided one is absorbed by the one that stands; a verdict is not.
    if status == Status::Rejected {
        if let Some(entity) = desk.document.entities.get(id) {
            span::refuse_twin(desk, &entity.label, &entity.spans)?;
        }
        if let Some(relation) = desk.document.relations.get(id) {
            relation::refuse_twin(desk.document, relation)?;
        }
    }
    accept_into(&mut draft, id)?;
    Ok(draft.say(format!("accepted {}", name(desk.document, id))))
}

pub(super) fn accept_into(draft: &mut Draft<'_>, id: &AnnotationId) -> Result<(), CommandError> {
    draft.set_entity_status(id, Status::Accepted);
    if let Some(relation) = draft.relation(id).cloned() {
        draft.set_relation_status(id, Status::Accepted);
        draft.accept_end(&relation.subject)?;
        draft.accept_end(&relation.object)?;
    }
    Ok(())
}

pub(super) fn accept_all<'a>(desk: &Desk<'a>, ids: &[AnnotationId]) -> Result<Draft<'a>, CommandError> {
    let mut draft = Draft::new(desk.document);
    for id in ids {
        let undecided = queue::is_undecided(desk.document, id, &Filter::everything());
        // A proposal between spans of which one is rejected can't stand: it is passed over, the others go on.
        if undecided && ends_can_stand(desk.document, id) {
            accept_into(&mut draft, id)?;
        }
    }
    match draft.len() {
        0 => Err(CommandError::NoChange("nothing here is undecided".to_owned())),
        count => Ok(draft.say(format!("accepted {count} {}", proposals(count)))),
    }
}

pub(super) fn ends_can_stand(document: &Document, id: &AnnotationId) -> bool {
    document.relations.get(id).is_none_or(|relation| {
        [&relation.subject, &relation.object].into_iter().all(|end| {
            let entity = document.entities.get(end);
            entity.is_some_and(|entity| entity.status != Status::Rejected) || document.events.contains_key(end)
        })
    })
}

fn proposals(count: usize) -> &'static str {
    if count == 1 { "proposal" } else { "proposals" }
}

pub(super) fn reject<'a>(desk: &Desk<'a>, id: &AnnotationId) -> Result<Draft<'a>, CommandError> {
    let mut draft = Draft::new(desk.document);
    let (status, _) = queue::state(desk.document, id).ok_or_else(|| CommandError::Missing(id.clone()))?;
    if status == Status::Rejected {
        return Err(CommandError::NoChange(format!("{} is rejected already", name(desk.document, id))));
    }
    reject_into(&mut draft, desk.document, id);
    let with = draft.len().saturating_sub(1);
    let with = if with == 0 { String::new() } else { format!(" with {with} of its relations") };
    let without = without_events(desk.document, id);
    Ok(draft.say(format!("rejected {}{with}{without}", name(desk.document, id))))
}

/// What becomes of events that speak of a span that goes: no file can hold them then.
fn without_events(document: &Document, id: &AnnotationId) -> String {
    let triggered = document.events.values().filter(|event| event.trigger == *id).count();
    let others = document.events.values().filter(|event| event.trigger != *id);
    let shortened = others.filter(|event| event.arguments.iter().any(|(_, filler)| filler == id)).count();
    let told = |count: usize, what: &str| if count == 0 { String::new() } else { format!("; {count} {what}") };
    told(triggered, "of its events will not be written") + &told(shortened, "events will be written without it")
}

/// A rejected span takes its relations along: a role without one of its ends says nothing.
pub(super) fn reject_into(draft: &mut Draft<'_>, document: &Document, id: &AnnotationId) {
    draft.set_entity_status(id, Status::Rejected);
    draft.set_relation_status(id, Status::Rejected);
    if document.entities.contains_key(id) {
        for relation in document.relations_of(id) {
            draft.set_relation_status(&relation.id, Status::Rejected);
        }
    }
}

pub(super) fn reject_all<'a>(desk: &Desk<'a>, ids: &[AnnotationId]) -> Result<Draft<'a>, CommandError> {
    let mut draft = Draft::new(desk.document);
    for id in ids {
        if queue::is_undecided(desk.document, id, &Filter::everything()) {
            reject_into(&mut draft, desk.document, id);
        }
    }
    match draft.len() {
        0 => Err(CommandError::NoChange("nothing here is undecided".to_owned())),
        count => Ok(draft.say(format!("rejected {count} {}", proposals(count)))),
    }
}

pub(super) fn withdraw<'a>(desk: &Desk<'a>) -> Result<Draft<'a>, CommandError> {
    let document = desk.document;
    let mut draft = Draft::new(document);
    let undecided: Vec<AnnotationId> = queue::reading_order(document)
        .into_iter()
        .filter(|id| queue::is_undecided(document, id, &Filter::everything()))
        .collect();
    // What notes and events speak of stays, and so do the ends of relations that stay. Relations go first.
    let spoken_of = spoken_of(document);
    let going = undecided.iter().filter(|id| !spoken_of.contains(id));
    for id in going.clone().filter(|id| document.relations.contains_key(*id)) {
        draft.remove(ItemKind::Relation, id);
    }
    for id in going.filter(|id| document.entities.contains_key(*id)) {
        if draft.relations_now(id).is_empty() {
            draft.remove(ItemKind::Entity, id);
        }
    }
    match draft.len() {
        0 => Err(CommandError::NoChange("there are no undecided proposals here".to_owned())),
        count => Ok(draft.say(format!("took {count} {} of the model back", proposals(count)))),
    }
}

pub(super) fn delete<'a>(desk: &Desk<'a>, id: &AnnotationId) -> Result<Draft<'a>, CommandError> {
    let (_, origin) = queue::state(desk.document, id).ok_or_else(|| CommandError::Missing(id.clone()))?;
    if *origin != Origin::Human {
        return reject(desk, id);
    }
    let mut draft = Draft::new(desk.document);
    remove_into(&mut draft, desk.document, id);
    let without = without_events(desk.document, id);
    Ok(draft.say(format!("deleted {}{without}", name(desk.document, id))))
}

/// Relations go before their ends, notes before what they are about, so that undo brings them back in the right order.
fn remove_into(draft: &mut Draft<'_>, document: &Document, id: &AnnotationId) {
    let kind = if document.entities.contains_key(id) { ItemKind::Entity } else { ItemKind::Relation };
    if kind == ItemKind::Entity {
        for relation in document.relations_of(id) {
            remove_into(draft, document, &relation.id);
        }
    }
    draft.remove_notes_on(id);
    draft.remove(kind, id);
}
