//! What the model is asked and what it tells.

use crate::text::CharOffset;
use crate::tui::app::{App, ModelState, Prediction};
use crate::tui::event::Effect;
use crate::tui::mode::Mode;
use crate::worker::{Event, Request};
use std::time::SystemTime;

/// How many documents may wait for the model at once: each request holds a copy of its document.
const WAITING: usize = 12;

/// Asks for the open document first, then for those that follow it, as far as nobody asked for them yet.
pub(super) fn ask(app: &mut App) -> Vec<Effect> {
    if matches!(app.model, ModelState::Off | ModelState::Failed(_)) {
        return Vec::new();
    }
    let count = app.session.documents().len();
    let waiting = (0..count).filter(|index| *app.prediction_of(*index) == Prediction::Waiting).count();
    let mut room = WAITING.saturating_sub(waiting);
    let mut effects = Vec::new();
    for (distance, index) in (app.current..count).chain(0..app.current).enumerate() {
        // The open document is asked for even when much waits, and again when it waits already: it becomes the next.
        let wanted = match app.prediction_of(index) {
            Prediction::NotAsked => distance == 0 || (room > 0 && app.is_open(index)),
            Prediction::Waiting => distance == 0,
            Prediction::Done | Prediction::Failed(_) => false,
        };
        if !wanted {
            continue;
        }
        room = room.saturating_sub(1);
        if let Some(open) = app.session.get(index) {
            let (revision, snapshot) = (open.revision(), open.snapshot());
            effects.push(Effect::Ask(Request::Annotate { document: index, revision, snapshot, priority: distance as u32 }));
            app.set_prediction(index, Prediction::Waiting);
        }
    }
    count_waiting(app, None);
    effects
}

/// Asks for advice on the open document when its spans are others than those it was last asked for. The worker answers only the last
/// of several such requests.
pub(super) fn ask_advice(app: &mut App) -> Option<Effect> {
    let index = app.current;
    if !matches!(app.model, ModelState::Ready { .. }) || *app.prediction_of(index) != Prediction::Done {
        return None;
    }
    let open = app.session.get(index)?;
    let (revision, snapshot) = (open.revision(), open.snapshot());
    let wanted = app.advice.is_wanted(index, revision, &snapshot);
    wanted.then_some(Effect::Ask(Request::Advise { document: index, revision, snapshot }))
}

/// Takes note of what the worker tells.
pub(super) fn tell(app: &mut App, event: Event, at: SystemTime) -> Vec<Effect> {
    match event {
        Event::Loading => app.model = ModelState::Loading,
        Event::Ready { model } => {
            app.model = ModelState::Ready { name: model, waiting: 0, share: None };
            count_waiting(app, None);
        }
        Event::Progress { done, total, .. } => count_waiting(app, (total > 0).then(|| done * 100 / total.max(1))),
        Event::Predicted { document, revision, prediction } => {
            let focus = if document == app.current { app.focus().cloned() } else { None };
            let begun = app.session.get(document).is_some_and(|open| open.was_begun_with(&prediction.model));
            let record = if begun { None } else { app.session.merge(document, revision, &prediction, focus.as_ref(), at) };
            app.set_prediction(document, Prediction::Done);
            let mut effects: Vec<Effect> = record.map(|record| Effect::Journal(document, record)).into_iter().collect();
            if document == app.current {
                arrived(app);
            }
            effects.extend(ask(app));
            return effects;
        }
        Event::Advised { document, revision, advice } => {
            let prediction = advice.prediction.clone();
            if !app.advice.take(document, revision, advice) {
                return Vec::new();
            }
            let keep = if document == app.current { app.before_the_curator() } else { Vec::new() };
            let record = app.session.merge_roles(document, &prediction, &keep, at);
            return record.map(|record| Effect::Journal(document, record)).into_iter().collect();
        }
        Event::NotAdvised { document, message } => {
            app.complain(format!("the model could not weigh {} again: {message}; its proposals stay", which(app, document)));
        }
        Event::Failed { document: Some(document), message } => {
            app.complain(format!("the model failed on {}: {message}", which(app, document)));
            app.set_prediction(document, Prediction::Failed(message));
            return ask(app);
        }
        Event::Failed { document: None, message } => {
            app.complain(format!("{}; the review goes on without it", message.trim_end_matches('.')));
            app.model = ModelState::Failed(message);
            let waiting = |index: &usize| *app.prediction_of(*index) == Prediction::Waiting;
            let waiting: Vec<usize> = (0..app.session.documents().len()).filter(waiting).collect();
            waiting.into_iter().for_each(|index| app.set_prediction(index, Prediction::NotAsked));
        }
        Event::Idle => count_waiting(app, None),
    }
    Vec::new()
}

/// A document as a sentence calls it: the model is often at work on others than the one that is seen.
fn which(app: &App, index: usize) -> String {
    let other = app.document_at(index).filter(|_| index != app.current);
    other.map_or_else(|| "this document".to_owned(), |document| document.name.clone())
}

/// Proposals came for the open document. Cursor and focus stay, unless nothing was touched yet: then the first one is focused.
fn arrived(app: &mut App) {
    let untouched = app.focus().is_none() && app.cursor().start() == app.unit_at(CharOffset::ZERO).start();
    if let Some(first) = app.session.next_undecided(app.current, None).filter(|_| untouched && app.mode == Mode::Normal) {
        app.focus_on(&first);
    }
}

fn count_waiting(app: &mut App, now: Option<usize>) {
    let count = app.session.documents().len();
    let left = (0..count).filter(|index| *app.prediction_of(*index) == Prediction::Waiting).count();
    if let ModelState::Ready { waiting, share, .. } = &mut app.model {
        *waiting = left;
        *share = now;
    }
}
