//! Marking the same words elsewhere, after the places were shown.

use super::{overlay, perform};
use crate::document::Status;
use crate::review::{Command, occurrences};
use crate::text::CharSpan;
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::chord::Chord;
use crate::tui::event::Effect;
use crate::tui::keymap::Match;
use crate::tui::mode::{Mode, Propagation};
use crossterm::event::KeyCode;
use std::time::SystemTime;

/// Shows where the words of the focused span stand in its sentence or, when nowhere there, in the document.
pub(super) fn start(app: &mut App) {
    let Some(entity) = app.focused_entity() else { return app.complain("no span is focused") };
    if entity.spans.len() != 1 {
        return app.complain("a span in fragments has no words that stand elsewhere");
    }
    let from = entity.id.clone();
    let here = places(app, &from, false);
    let everywhere = here.is_empty();
    let places = if everywhere { places(app, &from, true) } else { here };
    if places.is_empty() {
        return app.say("these words stand nowhere else in this document, or are marked or refused there");
    }
    let places = places.into_iter().map(|place| (place, true)).collect();
    app.mode = Mode::Propagate(Propagation { from, everywhere, places, first: 0 });
}

/// Where the words of a span stand and nobody decided yet whether they are of its type.
fn places(app: &App, from: &crate::document::AnnotationId, everywhere: bool) -> Vec<CharSpan> {
    let document = app.document();
    let Some(entity) = document.entities.get(from) else { return Vec::new() };
    let segmentation = app.segmentation();
    let sentence_of = |at: CharSpan| segmentation.sentence_at(at.start());
    let own = sentence_of(entity.hull());
    let decided = |at: CharSpan| document.entity_at(&[at], &entity.label).is_some_and(|it| it.status != Status::Proposed);
    let found = occurrences(&document.text, segmentation, &document.covered_text(entity));
    found.into_iter().filter(|at| (everywhere || sentence_of(*at) == own) && *at != entity.hull() && !decided(*at)).collect()
}

/// A key while the places are shown.
pub(super) fn key(app: &mut App, chord: Chord, at: SystemTime) -> Vec<Effect> {
    let mut effects = Vec::new();
    let Mode::Propagate(mut shown) = std::mem::take(&mut app.mode) else { return effects };
    let action = match app.keymap.lookup(&[chord]) {
        Match::Action(action) => Some(action),
        _ => None,
    };
    let number = chord.typed().and_then(|c| c.to_digit(10)).and_then(|digit| (digit as usize).checked_sub(1));
    let room = app.layout.menu_rows;
    let listed = shown.on_screen(room);
    match (chord.code, action) {
        (KeyCode::Esc, _) => return effects,
        (KeyCode::Enter, _) | (_, Some(Action::Accept)) if room == 0 => app.complain("the screen has no room for a list"),
        // Nothing is marked before it was listed.
        (KeyCode::Enter, _) | (_, Some(Action::Accept)) if listed.end < shown.places.len() => shown.first = listed.end,
        (KeyCode::Enter, _) | (_, Some(Action::Accept)) => {
            mark(app, &shown, at, &mut effects);
            return effects;
        }
        (_, Some(Action::Propagate)) if shown.everywhere => app.complain("this is the whole document"),
        (_, Some(Action::Propagate)) => {
            let left_out: Vec<_> = shown.places.iter().filter(|(_, wanted)| !wanted).map(|(place, _)| *place).collect();
            let places = places(app, &shown.from, true);
            shown.places = places.into_iter().map(|place| (place, !left_out.contains(&place))).collect();
            (shown.everywhere, shown.first) = (true, 0);
        }
        (KeyCode::Down | KeyCode::Up | KeyCode::PageDown | KeyCode::PageUp | KeyCode::Home | KeyCode::End, _)
        | (_, Some(Action::LineDown | Action::LineUp)) => {
            shown.first = overlay::moved(listed.start, chord, shown.places.len().saturating_sub(room));
        }
        _ => match number.and_then(|number| shown.places.get_mut(listed).and_then(|listed| listed.get_mut(number))) {
            Some((_, wanted)) => *wanted = !*wanted,
            None => app.complain("enter marks them, a number leaves one out, esc cancels"),
        },
    }
    app.mode = Mode::Propagate(shown);
    effects
}

fn mark(app: &mut App, shown: &Propagation, at: SystemTime, effects: &mut Vec<Effect>) {
    let spans: Vec<CharSpan> = shown.places.iter().filter(|(_, wanted)| *wanted).map(|(place, _)| *place).collect();
    let Some(label) = app.document().entities.get(&shown.from).map(|entity| entity.label.clone()) else { return };
    if spans.is_empty() {
        return app.say("all places were left out");
    }
    if perform(app, Command::AddEntities { spans, label }, at, effects).is_some() {
        app.focus_on(&shown.from);
    }
}
