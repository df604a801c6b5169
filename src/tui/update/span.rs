//! Adding and changing spans.

use super::{MOST_REPEATS, jump, moving, perform, verdict};
use crate::document::{AnnotationId, Label, Status};
use crate::review::{Command, Edge, Filter, Step, queue};
use crate::text::CharSpan;
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::chord::Chord;
use crate::tui::event::Effect;
use crate::tui::mode::{JumpPurpose, Mode};
use crossterm::event::KeyCode;
use std::time::SystemTime;

/// Begins a selection under the cursor: with all of `Gln37Arg`, though that is three words to the model.
pub(super) fn select(app: &mut App) {
    let onto = app.span_in_hand().map(|entity| entity.id.clone());
    let anchor = app.cursor();
    app.go_to(app.run_end(anchor));
    app.mode = Mode::Select { anchor, onto };
}

/// Begins to give the focused span another type.
pub(super) fn retype(app: &mut App) {
    match app.panel_entity().map(|entity| entity.id.clone()) {
        Some(id) => app.mode = Mode::Retype { id },
        None => app.complain("no span is focused"),
    }
}

/// Switches between word and character steps; the cursor stays where it is.
pub(super) fn step(app: &mut App) {
    app.by_char = !app.by_char;
    let focus = app.focus().cloned();
    app.go_to(app.unit_at(app.cursor().start()));
    if let Some(focus) = focus {
        app.focus_on(&focus);
    }
    app.say(if app.by_char { "steps by character" } else { "steps by word" });
}

/// Moves an edge of the focused span.
pub(super) fn edge(app: &mut App, action: Action, at: SystemTime) -> Vec<Effect> {
    let mut effects = Vec::new();
    let Some(id) = app.panel_entity().map(|entity| entity.id.clone()) else {
        app.complain("no span is focused");
        return effects;
    };
    let edge = if matches!(action, Action::LeftEdgeOut | Action::LeftEdgeIn) { Edge::Left } else { Edge::Right };
    let outwards = matches!(action, Action::LeftEdgeOut | Action::RightEdgeOut);
    let by = if app.by_char { Step::Char } else { Step::Word };
    if perform(app, Command::MoveEdge { id: id.clone(), edge, outwards, by }, at, &mut effects).is_some() {
        app.focus_on(&id);
    }
    effects
}

/// Deletes the focused item.
pub(super) fn delete(app: &mut App, at: SystemTime) -> Vec<Effect> {
    let mut effects = Vec::new();
    match app.focus().cloned() {
        Some(id) => drop(perform(app, Command::Delete { id }, at, &mut effects)),
        None => app.complain("no item is focused"),
    }
    effects
}

/// Joins the focused span with the next of its type, in the order of the text.
pub(super) fn join(app: &mut App, at: SystemTime) -> Vec<Effect> {
    let mut effects = Vec::new();
    let Some(own) = app.focused_entity() else {
        app.complain("no span is focused");
        return effects;
    };
    let (id, label, place) = (own.id.clone(), own.label.clone(), own.hull());
    let others = app.document().entities.values().filter(|it| it.id != id && it.label == label && it.hull() >= place);
    let next = others.filter(|it| it.status != Status::Rejected && app.is_shown(&it.id)).min_by_key(|it| it.hull());
    let sentence = |place: CharSpan| app.segmentation().sentence_at(place.start());
    match next.filter(|it| sentence(it.hull()) == sentence(place)).map(|it| it.id.clone()) {
        Some(other) => {
            if perform(app, Command::Join { id: id.clone(), other }, at, &mut effects).is_some() {
                app.focus_on(&id);
            }
        }
        None => app.complain(format!("no further {label} follows in this sentence")),
    }
    effects
}

/// Makes each fragment of the focused span a span of its own.
pub(super) fn split(app: &mut App, at: SystemTime) -> Vec<Effect> {
    let mut effects = Vec::new();
    match app.focused_entity().map(|entity| entity.id.clone()) {
        Some(id) => {
            if perform(app, Command::Split { id: id.clone() }, at, &mut effects).is_some() {
                app.focus_on(&id);
            }
        }
        None => app.complain("no span is focused"),
    }
    effects
}

/// A key while a selection grows or a type is awaited.
pub(super) fn key(app: &mut App, chord: Chord, at: SystemTime) -> Vec<Effect> {
    let mut effects = Vec::new();
    if chord.code == KeyCode::Esc {
        app.mode = Mode::Normal;
        app.count = None;
        return effects;
    }
    if chord.code == KeyCode::Enter
        && let Some(done) = take_offered(app, at)
    {
        return done;
    }
    // Letters of types come first: a schema may use those that move.
    let label = chord.typed().and_then(|c| app.schema().entity_by_key(c)).map(|known| known.name.clone());
    let selection = app.selection();
    match (std::mem::take(&mut app.mode), label) {
        (Mode::Select { .. }, Some(label)) => {
            app.count = None;
            if let Some(span) = selection {
                add(app, span, label, at, &mut effects);
            }
        }
        (Mode::Retype { id }, Some(label)) => retype_to(app, id, label, at, &mut effects),
        (mode, None) => {
            app.mode = mode;
            return grow(app, chord, at);
        }
        (_, Some(_)) => {}
    }
    effects
}

/// Adds the span, or gives the type, that the model deems likeliest; `None` when it says nothing.
fn take_offered(app: &mut App, at: SystemTime) -> Option<Vec<Effect>> {
    let mut effects = Vec::new();
    match app.mode.clone() {
        Mode::Select { .. } => {
            let (span, label, _) = app.offered()?;
            app.mode = Mode::Normal;
            app.count = None;
            add(app, span, label, at, &mut effects);
        }
        Mode::Retype { id } => {
            let entity = app.document().entities.get(&id)?;
            let mut types = app.types_for(entity.hull()).into_iter();
            let (label, _) = types.find(|(label, likely)| *label != entity.label && *likely > 0.0)?;
            app.mode = Mode::Normal;
            retype_to(app, id, label, at, &mut effects);
        }
        _ => return None,
    }
    Some(effects)
}

fn add(app: &mut App, span: CharSpan, label: Label, at: SystemTime, effects: &mut Vec<Effect>) {
    let changed = perform(app, Command::AddEntity { span, label }, at, effects);
    if let Some(id) = changed.and_then(|changed| changed.into_iter().next()) {
        app.focus_on(&id);
    }
}

fn retype_to(app: &mut App, id: AnnotationId, label: Label, at: SystemTime, effects: &mut Vec<Effect>) {
    // The type of a proposal is a verdict: the next one follows, as behind accepting.
    let proposed = app.focus() == Some(&id) && queue::is_undecided(app.document(), &id, &Filter::everything());
    match perform(app, Command::Retype { id: id.clone(), label }, at, effects) {
        Some(_) if proposed => verdict::go_on(app, &id),
        Some(_) => app.focus_on(&id),
        None => {}
    }
}

/// Keys that change a selection.
fn grow(app: &mut App, chord: Chord, at: SystemTime) -> Vec<Effect> {
    let mut effects = Vec::new();
    let Mode::Select { anchor, onto } = app.mode.clone() else {
        app.complain("no type has this letter; esc cancels");
        return effects;
    };
    // A number says how many words are selected; letters of types came before.
    if let Some(digit) = chord.typed().and_then(|c| c.to_digit(10)).filter(|digit| *digit > 0 || app.count.is_some()) {
        let count = app.count.unwrap_or(0).saturating_mul(10).saturating_add(digit).min(MOST_REPEATS);
        app.count = Some(count);
        app.go_to(app.run_end(anchor));
        for _ in 1..count {
            moving::step(app, Action::WordRight);
            app.go_to(app.run_end(app.cursor()));
        }
        return effects;
    }
    app.count = None;
    let action = match chord.code {
        KeyCode::Left | KeyCode::Char('h') => Action::WordLeft,
        KeyCode::Right | KeyCode::Char('l') => Action::WordRight,
        KeyCode::Down | KeyCode::Char('j') => Action::LineDown,
        KeyCode::Up | KeyCode::Char('k') => Action::LineUp,
        KeyCode::Tab => {
            // The start stays; it becomes the word around it, or its first character.
            step(app);
            app.mode = Mode::Select { anchor: app.unit_at(anchor.start()), onto };
            return effects;
        }
        KeyCode::Char('f') => {
            jump::begin(app, JumpPurpose::Select(anchor, onto));
            return effects;
        }
        KeyCode::Char('&') => {
            match (onto, app.selection()) {
                (Some(id), Some(span)) => {
                    app.mode = Mode::Normal;
                    if perform(app, Command::AddFragment { id: id.clone(), span }, at, &mut effects).is_some() {
                        app.focus_on(&id);
                    }
                }
                _ => app.complain("no span was focused before the selection began"),
            }
            return effects;
        }
        _ => {
            app.complain("no type has this letter; esc cancels");
            return effects;
        }
    };
    moving::step(app, action);
    effects
}
