//! Adding and changing relations.

use super::{jump, perform};
use crate::document::{AnnotationId, Entity, Label, Relation, Status};
use crate::review::{Command, MAX_PARTNERS, RelationEnd};
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::chord::Chord;
use crate::tui::event::Effect;
use crate::tui::mode::{JumpPurpose, Mode};
use crossterm::event::KeyCode;
use std::time::SystemTime;

/// Begins to relate the focused span, or the later end of the focused relation: its nearest legal partners are numbered.
pub(super) fn relate(app: &mut App) {
    let Some(from) = app.panel_entity().map(|entity| entity.id.clone()) else {
        return app.complain("focus the span that is to be related");
    };
    let partners = app.partners(&from);
    if partners.is_empty() {
        return app.complain("no span here can be related to this one");
    }
    app.mode = Mode::Relate { from, partners, again: false };
}

/// Gives the relation its other role, or turns it round.
pub(super) fn change(app: &mut App, action: Action, added: Option<AnnotationId>, at: SystemTime) -> Vec<Effect> {
    let mut effects = Vec::new();
    let Some(id) = meant(app, added.as_ref()) else { return effects };
    let command = if action == Action::Flip { Command::Flip { id: id.clone() } } else { Command::SwapRole { id: id.clone() } };
    if perform(app, command, at, &mut effects).is_some() {
        // The span that was just related stays at hand for the next relation.
        if added.as_ref() == Some(&id) {
            app.added_relation = added;
        } else {
            app.focus_on(&id);
        }
    }
    effects
}

/// Begins to choose another end: at first for the end that is not under the cursor.
pub(super) fn retarget(app: &mut App, added: Option<AnnotationId>) {
    let centre = app.panel_entity().map(|entity| entity.id.clone());
    let Some(id) = meant(app, added.as_ref()) else { return };
    let Some(relation) = app.document().relations.get(&id) else { return };
    let end = if Some(&relation.subject) == centre.as_ref() { RelationEnd::Object } else { RelationEnd::Subject };
    offer(app, id, end);
}

fn offer(app: &mut App, relation: AnnotationId, end: RelationEnd) {
    let mut candidates = candidates(app, &relation, end);
    candidates.truncate(MAX_PARTNERS);
    app.mode = Mode::Retarget { relation, end, candidates };
}

/// The focused relation, else the one that was just added, else the only one of the focused span; says so when it is not clear which.
fn meant(app: &mut App, added: Option<&AnnotationId>) -> Option<AnnotationId> {
    if let Some(relation) = app.focused_relation() {
        return Some(relation.id.clone());
    }
    if let Some(added) = added.filter(|added| app.document().relations.contains_key(*added)) {
        return Some(added.clone());
    }
    let own: Vec<AnnotationId> = app.focused_entity().map_or_else(Vec::new, |entity| {
        let relations = app.document().relations_of(&entity.id).filter(|relation| relation.status != Status::Rejected);
        relations.map(|relation| relation.id.clone()).collect()
    });
    if let [only] = own.as_slice() {
        return Some(only.clone());
    }
    let key = app.keymap.key_of(Action::NextItem).unwrap_or_default();
    app.complain(match own.len() {
        0 => "no relation is focused, and the focused span has none".to_owned(),
        many => format!("the focused span has {many} relations; {key} goes to one of them"),
    });
    None
}

/// What may become an end of a relation, the nearest to its other end first.
pub(super) fn candidates(app: &App, relation: &AnnotationId, end: RelationEnd) -> Vec<AnnotationId> {
    let document = app.document();
    let Some(relation) = document.relations.get(relation) else { return Vec::new() };
    let (kept, replaced) = ends(relation, end);
    let Some(kept) = document.entities.get(kept) else { return Vec::new() };
    let legal = |entity: &&Entity| match end {
        RelationEnd::Subject => app.schema().role_between(&entity.label, &kept.label).is_some(),
        RelationEnd::Object => app.schema().role_between(&kept.label, &entity.label).is_some(),
    };
    let free = |entity: &&Entity| entity.id != kept.id && entity.id != *replaced && entity.status != Status::Rejected;
    let mut near: Vec<&Entity> = document.entities.values().filter(free).filter(legal).collect();
    near.sort_by_key(|entity| (entity.hull().gap(kept.hull()), entity.hull()));
    near.into_iter().map(|entity| entity.id.clone()).collect()
}

/// The end that stays and the end that is replaced.
fn ends(relation: &Relation, end: RelationEnd) -> (&AnnotationId, &AnnotationId) {
    match end {
        RelationEnd::Subject => (&relation.object, &relation.subject),
        RelationEnd::Object => (&relation.subject, &relation.object),
    }
}

/// Role between two spans and whether the first is the subject, as the schema has it.
pub(super) fn role_and_direction(app: &App, from: &AnnotationId, to: &AnnotationId) -> Option<(Label, bool)> {
    let label = |id: &AnnotationId| app.document().entities.get(id).map(|entity| &entity.label);
    // The numbered partners know the usual direction; beyond them it is what is legal.
    if let Some(partner) = app.partners(from).into_iter().find(|partner| partner.entity == *to) {
        return Some((partner.role, partner.entity_is_subject));
    }
    let (from, to) = (label(from)?, label(to)?);
    let there = app.schema().role_between(from, to).map(|role| (role.clone(), true));
    there.or_else(|| app.schema().role_between(to, from).map(|role| (role.clone(), false)))
}

/// Adds the relation between two spans, and focuses the span that was related so that the next can follow.
pub(super) fn connect(app: &mut App, from: &AnnotationId, to: &AnnotationId, at: SystemTime) -> Vec<Effect> {
    let mut effects = Vec::new();
    let Some((role, from_is_subject)) = role_and_direction(app, from, to) else {
        app.complain("no role is legal between these two");
        return effects;
    };
    let (subject, object) = if from_is_subject { (from, to) } else { (to, from) };
    let command = Command::AddRelation { subject: subject.clone(), object: object.clone(), role };
    let changed = perform(app, command, at, &mut effects).unwrap_or_default();
    app.focus_on(from);
    app.added_relation = changed.into_iter().find(|id| app.document().relations.contains_key(id));
    // A span that has one relation often has more: the numbers stay until another key comes.
    let partners = app.partners(from);
    if app.added_relation.is_some() && !partners.is_empty() {
        app.mode = Mode::Relate { from: from.clone(), partners, again: true };
    }
    effects
}

/// Gives a relation another end.
pub(super) fn replace_end(
    app: &mut App,
    relation: &AnnotationId,
    end: RelationEnd,
    to: &AnnotationId,
    at: SystemTime,
) -> Vec<Effect> {
    let mut effects = Vec::new();
    let command = Command::Retarget { id: relation.clone(), end, to: to.clone() };
    if perform(app, command, at, &mut effects).is_some() {
        app.focus_on(relation);
    }
    effects
}

/// A key while a partner or an end is chosen.
pub(super) fn key(app: &mut App, chord: Chord, at: SystemTime) -> Vec<Effect> {
    let number = chord.typed().and_then(|c| c.to_digit(10)).and_then(|digit| (digit as usize).checked_sub(1));
    let labels = chord == Chord::char('f');
    match (std::mem::take(&mut app.mode), chord.code) {
        (_, KeyCode::Esc) => Vec::new(),
        (Mode::Relate { from, again: false, .. }, _) if labels => {
            jump::begin(app, JumpPurpose::Relate(from));
            Vec::new()
        }
        (Mode::Retarget { relation, end, .. }, _) if labels => {
            jump::begin(app, JumpPurpose::Retarget(relation, end));
            Vec::new()
        }
        (Mode::Retarget { relation, end, .. }, KeyCode::Tab) => {
            let other = if end == RelationEnd::Subject { RelationEnd::Object } else { RelationEnd::Subject };
            offer(app, relation, other);
            Vec::new()
        }
        (Mode::Relate { again: true, .. }, _) if number.is_none() => super::normal_key(app, chord, at),
        (Mode::Relate { from, partners, again }, _) => {
            let number = number.or((chord.code == KeyCode::Enter).then_some(0));
            let chosen = number.and_then(|number| partners.get(number)).map(|partner| partner.entity.clone());
            match chosen {
                Some(to) => connect(app, &from, &to, at),
                None => refuse(app, Mode::Relate { from, partners, again }),
            }
        }
        (Mode::Retarget { relation, end, candidates }, _) => match number.and_then(|number| candidates.get(number)).cloned() {
            Some(to) => replace_end(app, &relation, end, &to, at),
            None => refuse(app, Mode::Retarget { relation, end, candidates }),
        },
        (mode, _) => refuse(app, mode),
    }
}

fn refuse(app: &mut App, mode: Mode) -> Vec<Effect> {
    app.mode = mode;
    app.complain("type one of the numbers, f for labels, or esc to cancel");
    Vec::new()
}
