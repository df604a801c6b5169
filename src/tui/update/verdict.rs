//! Verdicts, one or many, taking them back, and what is shown.

use super::{moving, perform};
use crate::document::AnnotationId;
use crate::review::{Command, History, SessionDocument, queue};
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::event::Effect;
use std::time::SystemTime;

/// How far one key moves the threshold.
const THRESHOLD_STEP: f32 = 0.05;

/// Accepts, rejects or skips the focused item and goes on to the next undecided one.
pub(super) fn one(app: &mut App, action: Action, at: SystemTime) -> Vec<Effect> {
    let mut effects = Vec::new();
    // What arrived under the cursor unseen must not be decided by a key that was on its way: it is focused, and asked again.
    if let Some(id) = app.innermost_at(app.cursor()).map(|entity| entity.id.clone()).filter(|_| app.focus().is_none()) {
        app.focus_on(&id);
        app.say("this was proposed meanwhile; the same key again decides it");
        return effects;
    }
    let Some(id) = app.focus().cloned() else {
        let key = app.keymap.key_of(Action::NextUndecided).unwrap_or_default();
        app.complain(format!("no item is focused; {key} goes to the next undecided one"));
        return effects;
    };
    let done = match action {
        Action::Accept => perform(app, Command::Accept(id.clone()), at, &mut effects).is_some(),
        Action::Reject => perform(app, Command::Reject(id.clone()), at, &mut effects).is_some(),
        _ => true,
    };
    if done {
        go_on(app, &id);
    }
    effects
}

/// Focuses the next undecided item behind `id`, or the first of the document; stays when none is left.
pub(super) fn go_on(app: &mut App, id: &AnnotationId) {
    let next = app.session.next_undecided(app.current, Some(id)).or_else(|| app.session.next_undecided(app.current, None));
    match next {
        Some(next) if next != *id => app.focus_on(&next),
        _ if app.undecided() == 0 => {
            let done = app.notice.take().map(|notice| format!("{}; ", notice.text)).unwrap_or_default();
            app.say(format!("{done}{}", moving::nothing_left(app)));
        }
        _ => app.say("this is the only undecided item"),
    }
}

/// Takes a step back or does it again, and shows where.
pub(super) fn history(app: &mut App, command: Command, at: SystemTime) -> Vec<Effect> {
    let mut effects = Vec::new();
    let history = app.session.get(app.current).map(SessionDocument::history);
    let step = history.filter(|_| command == Command::Undo).and_then(History::current);
    let before = step.and_then(|step| app.focus_before(step)).cloned();
    let Some(changed) = perform(app, command, at, &mut effects) else { return effects };
    // What a person looked at then; else the first span of the step, or its first relation.
    let is_there = |id: &&AnnotationId| queue::state(app.document(), id).is_some();
    let first = |of_spans: bool| {
        let document = app.document();
        let changed = changed.iter().filter(|id| document.entities.contains_key(*id) == of_spans).filter(is_there);
        changed.min_by_key(|id| queue::place(document, id)).cloned()
    };
    if let Some(id) = before.filter(|id| is_there(&id)).or_else(|| first(true)).or_else(|| first(false)) {
        app.focus_on(&id);
    }
    // What was said of the model's proposals in the light of the step holds no more.
    app.advice.forget(app.current);
    effects
}

/// Goes back, or forward again, to a step: 0 is the document as it was opened.
pub(super) fn go_back_to(app: &mut App, step: usize, at: SystemTime) -> Vec<Effect> {
    let mut effects = Vec::new();
    let done = app.steps().iter().filter(|step| step.done).count();
    let command = if step < done { Command::Undo } else { Command::Redo };
    let mut steps = 0;
    for _ in 0..step.abs_diff(done) {
        if perform(app, command.clone(), at, &mut effects).is_none() {
            return effects;
        }
        steps += 1;
    }
    app.advice.forget(app.current);
    if steps > 0 {
        app.say(format!(
            "{steps} {} {}",
            if steps == 1 { "step" } else { "steps" },
            if step < done { "undone" } else { "redone" }
        ));
    }
    effects
}

/// Takes all undecided proposals out of the document.
pub(super) fn withdraw(app: &mut App, at: SystemTime) -> Vec<Effect> {
    let mut effects = Vec::new();
    perform(app, Command::Withdraw, at, &mut effects);
    effects
}

/// Takes the next order of undecided items.
pub(super) fn order(app: &mut App) {
    let order = app.session.order().next();
    app.session.set_order(order);
    app.say(format!("undecided items come {}", order.name()));
}

/// Accepts all undecided items that are shown and at or above the threshold.
pub(super) fn accept_all(app: &mut App, at: SystemTime) -> Vec<Effect> {
    let ids = undecided(app);
    let mut effects = Vec::new();
    if ids.is_empty() {
        app.say(moving::nothing_left(app));
    } else {
        let document = app.document();
        let sure = ids.iter().filter_map(|id| queue::state(document, id)?.1.confidence());
        let least = sure.min_by(f32::total_cmp);
        if perform(app, Command::AcceptAll { ids }, at, &mut effects).is_some()
            && let (Some(least), Some(notice)) = (least, &mut app.notice)
        {
            notice.text += &format!(", the least sure of them at {least:.2}");
        }
    }
    effects
}

/// Accepts or rejects all undecided items of the sentence under the cursor.
pub(super) fn sentence(app: &mut App, accept: bool, at: SystemTime) -> Vec<Effect> {
    let mut effects = Vec::new();
    let segmentation = app.segmentation();
    let sentence = segmentation.sentence_at(app.cursor().start()).and_then(|i| segmentation.sentences().get(i)).copied();
    let Some(span) = sentence else {
        app.complain("the cursor is in no sentence");
        return effects;
    };
    let starts_inside = |id: &AnnotationId| queue::place(app.document(), id).is_some_and(|place| span.contains(place.start()));
    let ids: Vec<_> = undecided(app).into_iter().filter(starts_inside).collect();
    let Some(last) = ids.last().cloned() else {
        app.say("nothing in this sentence is undecided");
        return effects;
    };
    let command = if accept { Command::AcceptAll { ids } } else { Command::RejectAll { ids } };
    if perform(app, command, at, &mut effects).is_some() {
        go_on(app, &last);
    }
    effects
}

/// What the filter passes of the undecided items, as they are read.
fn undecided(app: &App) -> Vec<AnnotationId> {
    let (document, filter) = (app.document(), app.session.filter());
    queue::reading_order(document).into_iter().filter(|id| queue::is_undecided(document, id, filter)).collect()
}

/// Changes what is shown.
pub(super) fn filter(app: &mut App, action: Action) {
    match action {
        Action::ShowHidden => {
            app.show_hidden = !app.show_hidden;
            app.say(if app.show_hidden {
                "rejected and low-scored items are shown"
            } else {
                "rejected and low-scored items are hidden"
            });
        }
        _ => {
            let step = if action == Action::ThresholdUp { THRESHOLD_STEP } else { -THRESHOLD_STEP };
            // Rounded, so that ten steps of .05 make .50 again.
            let threshold = ((app.session.filter().threshold() + step) * 20.0).round() / 20.0;
            app.session.filter_mut().set_threshold(threshold);
            let undecided = app.undecided();
            app.say(format!("proposals from {:.2} on are shown: {undecided} undecided", app.session.filter().threshold()));
        }
    }
    app.refocus();
}
