//! Deciding between annotators whose work was merged.

use super::{perform, verdict};
use crate::document::{AnnotationId, Origin};
use crate::review::{Command, Decision, Disagreement, disagreement, queue};
use crate::tui::app::App;
use crate::tui::chord::Chord;
use crate::tui::event::Effect;
use crate::tui::mode::Mode;
use crossterm::event::KeyCode;
use std::time::SystemTime;

/// Shows what annotators say of the focused place, else of the next one about which they do not agree.
pub(super) fn open(app: &mut App) {
    let here = app.focus().cloned();
    // What is focused counts even when the filter hides it.
    let focused = here.as_ref().and_then(|id| Some((disagreement(app.document(), id)?, id.clone())));
    match focused.or_else(|| next(app, here.as_ref())) {
        Some((both, id)) => {
            app.focus_on(&id);
            app.mode = Mode::Compare(both);
        }
        None => app.say("no two annotators disagree here; rolecall merge brings their work together"),
    }
}

/// The next place about which annotators do not agree, behind an item, going round once.
fn next(app: &App, behind: Option<&AnnotationId>) -> Option<(Disagreement, AnnotationId)> {
    let document = app.document();
    let mut order = queue::ordered(document, app.session.order());
    if let Some(at) = order.iter().position(|id| Some(id) == behind) {
        order.rotate_left(at);
    }
    // Only what an annotator says can be disagreed with: the model's proposals are passed over without a look at the others.
    let by_annotator = |id: &AnnotationId| {
        queue::state(document, id).is_some_and(|(_, origin)| matches!(origin, Origin::Annotator { .. }))
            && queue::is_undecided(document, id, app.session.filter())
    };
    order.into_iter().filter(by_annotator).find_map(|id| Some((disagreement(document, &id)?, id)))
}

/// A key while sides are compared.
pub(super) fn key(app: &mut App, chord: Chord, at: SystemTime) -> Vec<Effect> {
    let Mode::Compare(both) = app.mode.clone() else { return Vec::new() };
    let digit = chord.typed().and_then(|c| c.to_digit(10));
    let chosen = digit.and_then(|digit| both.sides.get((digit as usize).checked_sub(1)?));
    let all = both.items();
    match (chord.code, chosen) {
        (KeyCode::Esc | KeyCode::Char('q'), _) => {
            app.mode = Mode::Normal;
            Vec::new()
        }
        (KeyCode::Char('n' | ' '), _) => {
            go_on(app, &both);
            Vec::new()
        }
        (_, Some(side)) => {
            let reject = all.into_iter().filter(|id| !side.items.contains(id)).collect();
            let accept = side.items.clone();
            decide(app, &both, Decision { accept, reject, ..Decision::default() }, at)
        }
        (KeyCode::Char('b'), _) => decide(app, &both, Decision { accept: all, ..Decision::default() }, at),
        (KeyCode::Char('x'), _) => decide(app, &both, Decision { reject: all, ..Decision::default() }, at),
        _ => {
            app.complain("a number takes a side, b both, x neither, n leaves it and goes on, esc closes");
            Vec::new()
        }
    }
}

fn decide(app: &mut App, both: &Disagreement, decision: Decision, at: SystemTime) -> Vec<Effect> {
    let mut effects = Vec::new();
    if perform(app, Command::Decide(decision), at, &mut effects).is_some() {
        go_on(app, both);
    }
    effects
}

/// Goes on to the next place about which annotators do not agree, past what the model proposes between; closes behind the last one.
fn go_on(app: &mut App, both: &Disagreement) {
    app.mode = Mode::Normal;
    let items = both.items();
    let Some(last) = items.last() else { return };
    // From the next item on, since those that were left stand here too.
    let order = queue::ordered(app.document(), app.session.order());
    let at = order.iter().position(|id| id == last).unwrap_or(0);
    let behind = order.iter().cycle().skip(at).take(order.len()).find(|id| !items.contains(id)).cloned();
    match next(app, behind.as_ref()).filter(|(next, _)| next != both) {
        Some((next, id)) => {
            app.focus_on(&id);
            app.mode = Mode::Compare(next);
        }
        None => {
            verdict::go_on(app, last);
            if app.undecided() > 0 {
                app.say("no other place is left here about which annotators do not agree");
            }
        }
    }
}
