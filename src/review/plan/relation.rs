//! Adding relations and correcting their role, direction and ends.

use super::draft::after_correction;
use super::{Desk, Draft, verdict::name};
use crate::document::{AnnotationId, Document, Item, Label, Origin, Relation, Status};
use crate::review::{CommandError, RelationEnd};

fn relation<'a>(desk: &Desk<'a>, id: &AnnotationId) -> Result<&'a Relation, CommandError> {
    desk.document.relations.get(id).ok_or_else(|| {
        if desk.document.has_id(id) { CommandError::NotARelation(id.clone()) } else { CommandError::Missing(id.clone()) }
    })
}

fn label<'a>(desk: &Desk<'a>, id: &AnnotationId) -> Result<&'a Label, CommandError> {
    let document = desk.document;
    let entity = document.entities.get(id).map(|entity| &entity.label);
    let label = entity.or_else(|| document.events.get(id).map(|event| &event.label));
    label.ok_or_else(|| CommandError::Missing(id.clone()))
}

/// `role` when it is legal between these two, else the usual one.
fn legal_role(desk: &Desk<'_>, subject: &AnnotationId, object: &AnnotationId, role: &Label) -> Result<Label, CommandError> {
    if subject == object {
        return Err(CommandError::SelfRelation);
    }
    let (subject, object) = (label(desk, subject)?, label(desk, object)?);
    let mut legal = desk.schema.roles_between(subject, object);
    let usual = desk.schema.role_between(subject, object);
    let found = legal.find(|legal| *legal == role).or(usual);
    found.cloned().ok_or_else(|| CommandError::Illegal { subject: subject.clone(), object: object.clone() })
}

/// A relation other than `except` that says exactly this.
fn twin<'a>(document: &'a Document, wanted: &Relation, except: Option<&AnnotationId>) -> Option<&'a Relation> {
    document
        .relations
        .values()
        .filter(|relation| Some(&relation.id) != except)
        .find(|relation| relation.subject == wanted.subject && relation.object == wanted.object && relation.role == wanted.role)
}

/// Fails when a relation that says the same stands already.
pub(super) fn refuse_twin(document: &Document, wanted: &Relation) -> Result<(), CommandError> {
    let twin = twin(document, wanted, Some(&wanted.id)).filter(|twin| twin.status.stands());
    twin.map_or(Ok(()), |twin| Err(CommandError::Duplicate(twin.id.clone())))
}

pub(super) fn add<'a>(
    desk: &mut Desk<'a>,
    subject: AnnotationId,
    object: AnnotationId,
    role: Label,
) -> Result<Draft<'a>, CommandError> {
    let mut draft = Draft::new(desk.document);
    match add_into(desk, &mut draft, (subject, role, object))? {
        Added::New(message) => Ok(draft.say(message)),
        Added::Standing(twin) => Err(CommandError::Duplicate(twin)),
    }
}

/// What became of a relation that was to be added.
pub(super) enum Added {
    /// It is planned; what the status line says.
    New(String),
    /// This one says the same and stands already.
    Standing(AnnotationId),
}

/// Plans to add a relation with both its ends, or to accept the undecided or rejected one that is just like it.
pub(super) fn add_into(
    desk: &mut Desk<'_>,
    draft: &mut Draft<'_>,
    (subject, role, object): (AnnotationId, Label, AnnotationId),
) -> Result<Added, CommandError> {
    if legal_role(desk, &subject, &object, &role)? != role {
        return Err(CommandError::Illegal { subject: label(desk, &subject)?.clone(), object: label(desk, &object)?.clone() });
    }
    let id = desk.mint.fresh('R');
    let (origin, status) = (Origin::Human, Status::Accepted);
    let new = Relation { id, role, subject, object, argument_names: None, origin, status };
    match twin(desk.document, &new, None) {
        Some(twin) if twin.status.stands() => return Ok(Added::Standing(twin.id.clone())),
        Some(twin) => draft.set_relation_status(&twin.id, Status::Accepted),
        None => draft.insert(Item::Relation(new.clone())),
    }
    draft.accept_end(&new.subject)?;
    draft.accept_end(&new.object)?;
    Ok(Added::New(format!("added {}", arrow(desk.document, &new))))
}

fn arrow(document: &Document, relation: &Relation) -> String {
    format!("{}: {} → {}", relation.role, name(document, &relation.subject), name(document, &relation.object))
}

/// Plans that a relation becomes what `wanted` says, and stands with both its ends.
fn correct<'a>(desk: &Desk<'a>, old: &Relation, wanted: Relation) -> Result<Draft<'a>, CommandError> {
    refuse_twin(desk.document, &wanted)?;
    let wanted = Relation { status: after_correction(&old.origin), ..wanted };
    let mut draft = Draft::new(desk.document);
    draft.replace(Item::Relation(wanted.clone()));
    draft.accept_end(&wanted.subject)?;
    draft.accept_end(&wanted.object)?;
    Ok(draft.say(arrow(desk.document, &wanted)))
}

pub(super) fn swap_role<'a>(desk: &Desk<'a>, id: &AnnotationId) -> Result<Draft<'a>, CommandError> {
    let old = relation(desk, id)?;
    let (subject, object) = (label(desk, &old.subject)?, label(desk, &old.object)?);
    let legal: Vec<_> = desk.schema.roles_between(subject, object).collect();
    let next = legal.iter().position(|role| **role == old.role).map_or(0, |at| at + 1);
    let role = legal.get(next).or_else(|| legal.first()).filter(|role| ***role != old.role);
    let none = || CommandError::NoChange(format!("no other role is legal from {subject} to {object}"));
    let role = (*role.ok_or_else(none)?).clone();
    correct(desk, old, Relation { role, ..old.clone() })
}

pub(super) fn flip<'a>(desk: &Desk<'a>, id: &AnnotationId) -> Result<Draft<'a>, CommandError> {
    let old = relation(desk, id)?;
    let role = legal_role(desk, &old.object, &old.subject, &old.role)?;
    let wanted = Relation { role, subject: old.object.clone(), object: old.subject.clone(), ..old.clone() };
    correct(desk, old, wanted)
}

pub(super) fn retarget<'a>(
    desk: &Desk<'a>,
    id: &AnnotationId,
    end: RelationEnd,
    to: AnnotationId,
) -> Result<Draft<'a>, CommandError> {
    let old = relation(desk, id)?;
    let mut wanted = old.clone();
    match end {
        RelationEnd::Subject => wanted.subject = to,
        RelationEnd::Object => wanted.object = to,
    }
    if (&wanted.subject, &wanted.object) == (&old.subject, &old.object) {
        return Err(CommandError::NoChange("the relation has this end already".to_owned()));
    }
    wanted.role = legal_role(desk, &wanted.subject, &wanted.object, &old.role)?;
    correct(desk, old, wanted)
}
