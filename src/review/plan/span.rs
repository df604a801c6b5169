//! Adding spans, giving them another type, moving their edges.

use super::draft::after_correction;
use super::{Desk, Draft, verdict::name};
use crate::document::{AnnotationId, Entity, Item, Label, Origin, Status};
use crate::review::{CommandError, Edge, Segmentation, Step};
use crate::text::{CharOffset, CharSpan, SourceText};

pub(super) fn entity<'a>(desk: &Desk<'a>, id: &AnnotationId) -> Result<&'a Entity, CommandError> {
    desk.document.entities.get(id).ok_or_else(|| {
        if desk.document.has_id(id) { CommandError::NotASpan(id.clone()) } else { CommandError::Missing(id.clone()) }
    })
}

fn check_label(desk: &Desk<'_>, label: &Label) -> Result<(), CommandError> {
    let unknown = || CommandError::UnknownType { schema: desk.schema.name.clone(), label: label.clone() };
    desk.schema.entity(label).map(|_| ()).ok_or_else(unknown)
}

/// Fails when a span like this stands already.
pub(super) fn refuse_twin(desk: &Desk<'_>, label: &Label, spans: &[CharSpan]) -> Result<(), CommandError> {
    let twin = desk.document.entities.values().find(|it| it.status.stands() && it.label == *label && it.spans == spans);
    twin.map_or(Ok(()), |twin| Err(CommandError::Duplicate(twin.id.clone())))
}

pub(super) fn retype<'a>(desk: &Desk<'a>, id: &AnnotationId, label: Label) -> Result<Draft<'a>, CommandError> {
    let old = entity(desk, id)?;
    check_label(desk, &label)?;
    if old.label == label {
        return Err(CommandError::NoChange(format!("{} has this type already", name(desk.document, id))));
    }
    refuse_twin(desk, &label, &old.spans)?;
    let mut draft = Draft::new(desk.document);
    let message = format!("{} is now {label}", name(desk.document, id));
    draft.replace(Item::Entity(Entity { label, status: after_correction(&old.origin), ..old.clone() }));
    Ok(draft.say(message))
}

pub(super) fn move_edge<'a>(
    desk: &Desk<'a>,
    id: &AnnotationId,
    edge: Edge,
    outwards: bool,
    by: Step,
) -> Result<Draft<'a>, CommandError> {
    let old = entity(desk, id)?;
    let mut spans = old.spans.clone();
    let outermost = match edge {
        Edge::Left => spans.iter_mut().min_by_key(|span| span.start()),
        Edge::Right => spans.iter_mut().max_by_key(|span| span.end()),
    };
    let fragment = outermost.ok_or_else(|| CommandError::Missing(id.clone()))?;
    let end = desk.document.text.len();
    *fragment = match by {
        Step::Word => by_word(*fragment, edge, outwards, desk.segmentation, &desk.document.text),
        Step::Char => by_char(*fragment, edge, outwards, end),
    }
    .ok_or(if outwards {
        CommandError::NoRoom("there is nothing more")
    } else {
        CommandError::NoRoom("nothing would be left")
    })?;
    refuse_twin(desk, &old.label, &spans)?;
    let mut draft = Draft::new(desk.document);
    let moved = Entity { spans, status: after_correction(&old.origin), ..old.clone() };
    let message = format!("{} \"{}\"", moved.label, desk.document.covered_text(&moved));
    draft.replace(Item::Entity(moved));
    Ok(draft.say(message))
}

/// The span with an edge at the next edge of a word, and never empty. Without words it moves by characters. A comma or full stop is no
/// word: no span is meant to end with it.
fn by_word(span: CharSpan, edge: Edge, outwards: bool, segmentation: &Segmentation, text: &SourceText) -> Option<CharSpan> {
    let end = text.len();
    let is_stop = |word: &CharSpan| text.slice(*word).is_some_and(|word| word.chars().all(|c| ",;:.!?".contains(c)));
    let words = segmentation.words();
    if words.iter().all(is_stop) {
        return by_char(span, edge, outwards, end);
    }
    // The place is asked first: what a word says costs a look into the text.
    let before = |place: fn(CharSpan) -> CharOffset, at: CharOffset| {
        words.iter().rfind(|word| place(**word) < at && !is_stop(word)).map(|word| place(*word))
    };
    let behind = |place: fn(CharSpan) -> CharOffset, at: CharOffset| {
        words.iter().find(|word| place(**word) > at && !is_stop(word)).map(|word| place(*word))
    };
    let moved = match (edge, outwards) {
        (Edge::Left, true) => CharSpan::new(before(CharSpan::start, span.start())?, span.end()),
        (Edge::Left, false) => CharSpan::new(behind(CharSpan::start, span.start())?, span.end()),
        (Edge::Right, true) => CharSpan::new(span.start(), behind(CharSpan::end, span.end()).filter(|&at| at <= end)?),
        (Edge::Right, false) => CharSpan::new(span.start(), before(CharSpan::end, span.end())?),
    };
    moved.ok()
}

fn by_char(span: CharSpan, edge: Edge, outwards: bool, end: CharOffset) -> Option<CharSpan> {
    let moved = match (edge, outwards) {
        (Edge::Left, true) if span.start() == CharOffset::ZERO => return None,
        (Edge::Left, true) => CharSpan::new(span.start().minus(1), span.end()),
        (Edge::Left, false) => CharSpan::new(span.start().plus(1), span.end()),
        (Edge::Right, true) => CharSpan::new(span.start(), span.end().plus(1)),
        (Edge::Right, false) => CharSpan::new(span.start(), span.end().minus(1)),
    };
    moved.ok().filter(|moved| moved.end() <= end)
}

pub(super) fn add<'a>(desk: &mut Desk<'a>, spans: &[CharSpan], label: Label) -> Result<Draft<'a>, CommandError> {
    let mut draft = Draft::new(desk.document);
    check_label(desk, &label)?;
    let (mut standing, mut accepted) = (None, 0);
    for &span in spans {
        let twin = desk.document.entity_at(&[span], &label);
        accepted += usize::from(twin.is_some_and(|twin| !twin.status.stands()));
        standing = add_into(desk, &mut draft, span, &label)?.or(standing);
    }
    match (draft.len(), standing) {
        (0, Some(twin)) => Err(CommandError::Duplicate(twin)),
        (0, None) => Err(CommandError::NoChange("there is no span to add".to_owned())),
        (1, _) if accepted == 1 => Ok(draft.say(format!("accepted {label}"))),
        (1, _) => Ok(draft.say(format!("added {label}"))),
        (count, _) if accepted == count => Ok(draft.say(format!("accepted {count} {label}"))),
        (count, _) if accepted > 0 => Ok(draft.say(format!("added {} {label}, accepted {accepted}", count - accepted))),
        (count, _) => Ok(draft.say(format!("added {count} {label}"))),
    }
}

/// Plans to add a span, or to accept the undecided or rejected one that is just like it; returns the one that stands already.
pub(super) fn add_into(
    desk: &mut Desk<'_>,
    draft: &mut Draft<'_>,
    span: CharSpan,
    label: &Label,
) -> Result<Option<AnnotationId>, CommandError> {
    check_label(desk, label)?;
    if span.end() > desk.document.text.len() {
        return Err(CommandError::OutsideText(span));
    }
    match desk.document.entity_at(&[span], label) {
        Some(twin) if twin.status.stands() => return Ok(Some(twin.id.clone())),
        Some(twin) => draft.set_entity_status(&twin.id, Status::Accepted),
        None => {
            let id = desk.mint.fresh('T');
            let (label, origin, status) = (label.clone(), Origin::Human, Status::Accepted);
            draft.insert(Item::Entity(Entity { id, label, spans: vec![span], origin, status }));
        }
    }
    Ok(None)
}
