//! Lists with ticks: the model's best guess of a whole document at once. Letters correct it, enter decides.

use super::{jump, moving, perform, verdict};
use crate::document::AnnotationId;
use crate::review::{Command, Decision, queue};
use crate::text::{CharOffset, CharSpan};
use crate::tui::action::Action;
use crate::tui::app::{App, Prediction};
use crate::tui::chord::Chord;
use crate::tui::event::Effect;
use crate::tui::keymap::Match;
use crate::tui::mode::{Mode, Tick, TickKind, TickList, Ticked};
use crossterm::event::KeyCode;
use std::time::SystemTime;

/// The confidence from which on rows are ticked at first.
const LEVEL: f32 = 0.5;

/// How far one key moves it.
const STEP: f32 = 0.1;

/// Possible spans and roles that are less probable than this are not listed.
const LEAST: f32 = 0.02;

/// A letter for each row; capitals for those that are least in doubt.
const KEYS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// Lists the undecided and the possible spans.
pub(super) fn spans(app: &mut App) {
    let entities = app.document().entities.values();
    let undecided = entities.filter(|it| queue::is_undecided(app.document(), &it.id, app.session.filter()));
    let proposals = undecided.map(|it| (it.hull(), row(Ticked::Proposal(it.id.clone()), it.origin.confidence())));
    let standing: Vec<CharSpan> =
        app.document().entities.values().filter(|it| it.status.stands()).flat_map(|it| it.spans.iter().copied()).collect();
    let free = |span: CharSpan| !standing.iter().any(|other| other.overlaps(span));
    let shown = |label| app.session.filter().shows_type(label);
    let possible = app.possible_spans().iter().filter(|it| it.confidence >= LEAST && shown(&it.label));
    let possible = possible.filter(|it| free(it.span) && !app.has_span(it.span, &it.label));
    let possible = possible.map(|it| (it.span, row(Ticked::Span(it.span, it.label.clone()), Some(it.confidence))));
    let (proposals, possible) = (proposals.collect(), possible.collect());
    open(app, TickKind::Spans, proposals, possible);
}

/// Lists the undecided and the possible roles.
pub(super) fn roles(app: &mut App) {
    let document = app.document();
    let hull = |id: &AnnotationId| document.entities.get(id).map(crate::document::Entity::hull);
    let place = |a: &AnnotationId, b: &AnnotationId| Some(hull(a)?.max(hull(b)?));
    let undecided = document.relations.values().filter(|it| queue::is_undecided(document, &it.id, app.session.filter()));
    let proposals = undecided
        .filter_map(|it| Some((place(&it.subject, &it.object)?, row(Ticked::Proposal(it.id.clone()), it.origin.confidence()))));
    let related = |a: &AnnotationId, b: &AnnotationId| document.relations_of(a).any(|it| it.subject == *b || it.object == *b);
    let standing = |id: &AnnotationId| document.entities.get(id).is_some_and(|it| it.status.stands());
    let legal = |subject: &AnnotationId, object: &AnnotationId, role| {
        let (Some(subject), Some(object)) = (document.entities.get(subject), document.entities.get(object)) else { return false };
        app.schema().roles_between(&subject.label, &object.label).any(|legal| legal == role)
    };
    let possible =
        app.possible_roles().iter().filter(|it| it.confidence >= LEAST && standing(&it.subject) && standing(&it.object));
    let possible = possible.filter(|it| !related(&it.subject, &it.object) && legal(&it.subject, &it.object, &it.role));
    let possible = possible.filter_map(|it| {
        let what = Ticked::Role(it.subject.clone(), it.role.clone(), it.object.clone());
        Some((place(&it.subject, &it.object)?, row(what, Some(it.confidence))))
    });
    let (proposals, possible) = (proposals.collect(), possible.collect());
    open(app, TickKind::Roles, proposals, possible);
}

fn row(what: Ticked, confidence: Option<f32>) -> Tick {
    Tick { key: ' ', what, confidence, ticked: false, by_hand: false }
}

/// What is listed, with its place in the text.
type Placed = (CharSpan, Tick);

/// Opens a list with as many rows as there is room for: proposals first, from what is on the screen on, then what is most probable
/// among and around them.
fn open(app: &mut App, kind: TickKind, mut proposals: Vec<Placed>, mut possible: Vec<Placed>) {
    let room = match kind {
        TickKind::Spans => app.layout.tick_rows.0,
        TickKind::Roles => app.layout.tick_rows.1,
    };
    let room = room.min(KEYS.len());
    if room == 0 {
        return app.complain("the screen has no room for a list");
    }
    let count = proposals.len() + possible.len();
    if count == 0 && *app.prediction_of(app.current) == Prediction::Waiting {
        return app.say("the model is still at work on this document");
    }
    if count == 0 {
        return app.say(match kind {
            TickKind::Spans => "there is no span to be ticked",
            TickKind::Roles => "there is no role to be ticked",
        });
    }
    proposals.sort_by_key(|(place, _)| *place);
    // What does not fit at once comes from the screen on: after enter the next part is there.
    if count > room {
        let from = jump::visible(app).map_or(CharOffset::ZERO, CharSpan::start);
        let behind = |place: CharSpan| place.end() > from;
        if proposals.iter().any(|(place, _)| behind(*place)) || possible.iter().any(|(place, _)| behind(*place)) {
            proposals.retain(|(place, _)| behind(*place));
            possible.retain(|(place, _)| behind(*place));
        }
        if let Some((end, _)) = proposals.get(room) {
            possible.retain(|(place, _)| place < end);
        }
        proposals.truncate(room);
    }
    possible.sort_by(|(_, a), (_, b)| b.confidence.unwrap_or(0.0).total_cmp(&a.confidence.unwrap_or(0.0)));
    possible.truncate(room - proposals.len());
    let mut placed: Vec<Placed> = proposals.into_iter().chain(possible).collect();
    placed.sort_by_key(|(place, _)| *place);
    let mut rows: Vec<Tick> = placed.into_iter().map(|(_, row)| row).collect();
    give_keys(&mut rows);
    let mut list = TickList { kind, level: LEVEL, more: count - rows.len(), rows };
    leave_to_the_curator(app, &mut list);
    tick_by_level(&mut list);
    app.mode = Mode::Ticks(list);
}

/// Lower case for what is most in doubt, and the letters in the order of the text.
fn give_keys(rows: &mut [Tick]) {
    let lower = KEYS.len() / 2;
    let mut by_doubt: Vec<usize> = (0..rows.len()).collect();
    let sureness = |row: Option<&Tick>| row.and_then(|row| row.confidence).map_or(0.0, |it| (it - 0.5).abs());
    by_doubt.sort_by(|a, b| sureness(rows.get(*a)).total_cmp(&sureness(rows.get(*b))));
    let (mut doubtful, mut sure) =
        (by_doubt.iter().copied().take(lower).collect::<Vec<_>>(), by_doubt.split_off(lower.min(by_doubt.len())));
    doubtful.sort_unstable();
    sure.sort_unstable();
    for (index, key) in doubtful.into_iter().chain(sure).zip(KEYS.chars()) {
        if let Some(row) = rows.get_mut(index) {
            row.key = key;
        }
    }
}

/// The screen has another size: a list that was made for the old one might have rows that are not seen, and enter would decide them.
pub(super) fn resized(app: &mut App) {
    if matches!(app.mode, Mode::Ticks(_)) {
        app.mode = Mode::Normal;
        app.say("the list was closed, because the screen has another size");
    }
}

/// Where two annotators say different things of the same words, nobody but the curator can tell who is right: neither is ticked.
fn leave_to_the_curator(app: &App, list: &mut TickList) {
    let places: Vec<Option<CharSpan>> = list.rows.iter().map(|row| place(app, &row.what)).collect();
    for (index, row) in list.rows.iter_mut().enumerate().filter(|(_, row)| row.confidence.is_none()) {
        let own = places.get(index).copied().flatten();
        let others = places.iter().enumerate().filter(|(other, _)| *other != index).filter_map(|(_, place)| *place);
        row.by_hand = own.is_some_and(|own| others.into_iter().any(|other| other.overlaps(own)));
    }
}

/// Ticks by confidence what was not ticked by hand. What nobody is sure or unsure of is ticked.
fn tick_by_level(list: &mut TickList) {
    for row in list.rows.iter_mut().filter(|row| !row.by_hand) {
        row.ticked = row.confidence.is_none_or(|confidence| confidence >= list.level);
    }
}

/// A key while such a list is open.
pub(super) fn key(app: &mut App, chord: Chord, at: SystemTime) -> Vec<Effect> {
    let Mode::Ticks(mut list) = std::mem::take(&mut app.mode) else { return Vec::new() };
    let action = match app.keymap.lookup(&[chord]) {
        Match::Action(action) => Some(action),
        _ => None,
    };
    let row = chord.typed().and_then(|key| list.rows.iter().position(|row| row.key == key));
    match (chord.code, row, action) {
        (KeyCode::Esc, ..) => return Vec::new(),
        (KeyCode::Enter, ..) => return decide(app, list, at),
        (KeyCode::Down, ..) => moving::step(app, Action::LineDown),
        (KeyCode::Up, ..) => moving::step(app, Action::LineUp),
        (KeyCode::PageDown, ..) => moving::step(app, Action::PageDown),
        (KeyCode::PageUp, ..) => moving::step(app, Action::PageUp),
        (_, Some(row), _) => toggle(app, &mut list, row),
        (.., Some(action @ (Action::ThresholdUp | Action::ThresholdDown))) => {
            let step = if action == Action::ThresholdUp { STEP } else { -STEP };
            // Rounded, so that steps of .1 stay multiples of .1.
            list.level = (((list.level + step) * 10.0).round() / 10.0).clamp(0.0, 1.0);
            tick_by_level(&mut list);
        }
        _ => app.complain("a letter ticks, + and - tick fewer or more, enter decides, esc cancels"),
    }
    app.mode = Mode::Ticks(list);
    Vec::new()
}

/// Ticks a row, or takes its tick away. What overlaps a span that is ticked by hand loses the tick that it had by its confidence.
fn toggle(app: &App, list: &mut TickList, index: usize) {
    let places: Vec<Option<CharSpan>> = list.rows.iter().map(|row| place(app, &row.what)).collect();
    let Some(row) = list.rows.get_mut(index) else { return };
    (row.ticked, row.by_hand) = (!row.ticked, true);
    let own = places.get(index).copied().flatten().filter(|_| row.ticked);
    let Some(own) = own else { return };
    for (_, row) in places.iter().zip(&mut list.rows).filter(|(place, _)| place.is_some_and(|place| place.overlaps(own))) {
        row.ticked &= row.by_hand;
    }
}

/// Where a span is; `None` for a relation.
pub(in crate::tui) fn place(app: &App, what: &Ticked) -> Option<CharSpan> {
    match what {
        Ticked::Span(span, _) => Some(*span),
        Ticked::Proposal(id) => app.document().entities.get(id).map(crate::document::Entity::hull),
        Ticked::Role(..) => None,
    }
}

/// Accepts what is ticked and rejects what was proposed and is not, in one step.
fn decide(app: &mut App, list: TickList, at: SystemTime) -> Vec<Effect> {
    let mut effects = Vec::new();
    let mut decision = Decision::default();
    for Tick { what, ticked, .. } in list.rows {
        match what {
            Ticked::Proposal(id) if ticked => decision.accept.push(id),
            Ticked::Proposal(id) => decision.reject.push(id),
            Ticked::Span(span, label) if ticked => decision.spans.push((span, label)),
            Ticked::Role(subject, role, object) if ticked => decision.relations.push((subject, role, object)),
            Ticked::Span(..) | Ticked::Role(..) => {}
        }
    }
    if let Some(last) =
        perform(app, Command::Decide(decision), at, &mut effects).and_then(|changed| changed.into_iter().next_back())
    {
        verdict::go_on(app, &last);
    }
    effects
}
