//! Spans of several fragments: joined, lengthened, taken apart.

use super::draft::after_correction;
use super::{
    Desk, Draft,
    span::{entity, refuse_twin},
    verdict::name,
};
use crate::document::{AnnotationId, Attribute, Entity, Item, ItemKind, Normalization, Note, Origin, Relation, Status};
use crate::review::CommandError;
use crate::text::CharSpan;

/// Sorted, and those that touch or overlap made one.
fn united(mut spans: Vec<CharSpan>) -> Vec<CharSpan> {
    spans.sort_unstable();
    let mut united: Vec<CharSpan> = Vec::with_capacity(spans.len());
    for span in spans {
        match united.last_mut() {
            Some(last) if span.start() <= last.end() => *last = last.hull(span),
            _ => united.push(span),
        }
    }
    united
}

pub(super) fn add<'a>(desk: &Desk<'a>, id: &AnnotationId, span: CharSpan) -> Result<Draft<'a>, CommandError> {
    let old = entity(desk, id)?;
    if span.end() > desk.document.text.len() {
        return Err(CommandError::OutsideText(span));
    }
    let spans = united(old.spans.iter().copied().chain([span]).collect());
    if spans == old.spans {
        return Err(CommandError::NoChange(format!("{} covers these words already", name(desk.document, id))));
    }
    refuse_twin(desk, &old.label, &spans)?;
    let mut draft = Draft::new(desk.document);
    let grown = Entity { spans, status: after_correction(&old.origin), ..old.clone() };
    let message = format!("{} \"{}\"", grown.label, desk.document.covered_text(&grown));
    draft.replace(Item::Entity(grown));
    Ok(draft.say(message))
}

pub(super) fn join<'a>(desk: &Desk<'a>, id: &AnnotationId, other: &AnnotationId) -> Result<Draft<'a>, CommandError> {
    let (kept, gone) = (entity(desk, id)?, entity(desk, other)?);
    if id == other || kept.label != gone.label {
        return Err(CommandError::NoChange("only two spans of the same type can be joined".to_owned()));
    }
    let spans = united(kept.spans.iter().chain(&gone.spans).copied().collect());
    if spans != gone.spans {
        refuse_twin(desk, &kept.label, &spans)?;
    }
    let mut draft = Draft::new(desk.document);
    let joined = Entity { spans, status: after_correction(&kept.origin), ..kept.clone() };
    let message = format!("joined to {} \"{}\"", joined.label, desk.document.covered_text(&joined));
    draft.replace(Item::Entity(joined));
    let moved = |end: &AnnotationId| if end == other { id.clone() } else { end.clone() };
    for relation in desk.document.relations_of(other).filter(|relation| relation.status != Status::Rejected) {
        let wanted = Relation { subject: moved(&relation.subject), object: moved(&relation.object), ..relation.clone() };
        let says_the_same = |it: &&Relation| {
            it.id != relation.id && (&it.subject, &it.object, &it.role) == (&wanted.subject, &wanted.object, &wanted.role)
        };
        // What would relate the joined span to itself, or say twice the same, goes with the span; but of two of which one stands the
        // one that stays does.
        match desk.document.relations_of(id).find(says_the_same) {
            Some(twin) if relation.status.stands() && !twin.status.stands() => {
                draft.set_relation_status(&twin.id, relation.status)
            }
            None if wanted.subject != wanted.object => draft.replace(Item::Relation(wanted)),
            _ => {}
        }
    }
    draft.move_what_is_said(other, id);
    draft.take_out(other);
    Ok(draft.say(message))
}

pub(super) fn split<'a>(desk: &mut Desk<'a>, id: &AnnotationId) -> Result<Draft<'a>, CommandError> {
    let old = entity(desk, id)?;
    let [first, others @ ..] = old.spans.as_slice() else { return Err(CommandError::Missing(id.clone())) };
    if others.is_empty() {
        return Err(CommandError::NoChange(format!("{} has one fragment only", name(desk.document, id))));
    }
    let mut draft = Draft::new(desk.document);
    draft.replace(Item::Entity(Entity { spans: vec![*first], status: after_correction(&old.origin), ..old.clone() }));
    for span in others {
        match desk.document.entity_at(&[*span], &old.label) {
            Some(twin) => draft.set_entity_status(&twin.id, if twin.status.stands() { twin.status } else { Status::Accepted }),
            None => {
                let id = desk.mint.fresh('T');
                let (origin, status) = (Origin::Human, Status::Accepted);
                draft.insert(Item::Entity(Entity { id, label: old.label.clone(), spans: vec![*span], origin, status }));
            }
        }
    }
    Ok(draft.say(format!("{} is {} spans now", old.label, old.spans.len())))
}

impl Draft<'_> {
    /// Makes the notes, attributes, links and events of a span those of another.
    fn move_what_is_said(&mut self, of: &AnnotationId, to: &AnnotationId) {
        let document = self.document();
        let target = || to.clone();
        for it in document.notes.values().filter(|it| it.target == *of) {
            self.replace(Item::Note(Note { target: target(), ..it.clone() }));
        }
        for it in document.attributes.values().filter(|it| it.target == *of) {
            self.replace(Item::Attribute(Attribute { target: target(), ..it.clone() }));
        }
        for it in document.normalizations.values().filter(|it| it.target == *of) {
            self.replace(Item::Normalization(Normalization { target: target(), ..it.clone() }));
        }
        for it in document.events.values() {
            let mut moved = it.clone();
            let fillers = moved.arguments.iter_mut().map(|(_, filler)| filler);
            for mention in fillers.chain([&mut moved.trigger]).filter(|mention| **mention == *of) {
                *mention = to.clone();
            }
            if moved != *it {
                self.replace(Item::Event(moved));
            }
        }
    }

    /// Takes a span out: one that a person added is removed with what hangs on it, any other is rejected.
    fn take_out(&mut self, id: &AnnotationId) {
        let human = self.entity(id).is_some_and(|entity| entity.origin == Origin::Human);
        let hanging: Vec<AnnotationId> = self.relations_now(id);
        for relation in hanging {
            match self.relation(&relation).map(|relation| relation.origin.clone()) {
                Some(Origin::Human) if human => {
                    self.remove_notes_on(&relation);
                    self.remove(ItemKind::Relation, &relation);
                }
                _ => self.set_relation_status(&relation, Status::Rejected),
            }
        }
        if human && self.relations_now(id).is_empty() {
            self.remove_notes_on(id);
            self.remove(ItemKind::Entity, id);
        } else {
            self.set_entity_status(id, Status::Rejected);
        }
    }
}
