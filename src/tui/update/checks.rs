//! Going through what deserves another look.

use crate::review::checks::CheckKind;
use crate::tui::app::App;
use crate::tui::mode::Mode;

/// Opens the list at the first check at or behind the cursor.
pub(super) fn list(app: &mut App) {
    app.look_again();
    if app.checks().is_empty() {
        return app.say("nothing here asks for another look");
    }
    let at = app.cursor().start();
    let chosen = app.checks().iter().position(|check| check.at.start() >= at).unwrap_or(0);
    app.mode = Mode::Checks { chosen };
}

/// Goes to the next or previous check, once around.
pub(super) fn hop(app: &mut App, forwards: bool) {
    app.look_again();
    let (at, focus) = (app.cursor().start(), app.focus().cloned());
    let checks = app.checks();
    // Several may stand in one place: from the one that is focused it goes on in their order.
    let here = checks.iter().position(|check| check.at.start() == at && check.about == focus);
    let found = match (here, forwards) {
        (Some(here), true) => {
            checks.iter().skip(here + 1).position(|check| check.about != focus || check.at.start() != at).map(|it| here + 1 + it)
        }
        (Some(here), false) => here.checked_sub(1),
        (None, true) => checks.iter().position(|check| check.at.start() > at),
        (None, false) => checks.iter().rposition(|check| check.at.start() < at),
    };
    let round = if forwards { 0 } else { checks.len().saturating_sub(1) };
    if checks.is_empty() {
        return app.say("nothing here asks for another look");
    }
    go_to(app, found.unwrap_or(round));
}

/// Goes to the check of this number and says what it is.
pub(super) fn go_to(app: &mut App, number: usize) {
    let Some(check) = app.checks().get(number).cloned() else { return };
    match &check.about {
        Some(id) => app.focus_on(id),
        None => app.go_to(app.unit_at(check.at.start())),
    }
    let count = app.checks().len();
    app.say(format!("{} of {count}: {}", number + 1, check.message));
}

/// Looks for accepted words that are not marked, or stops it.
pub(super) fn missing_mentions(app: &mut App) {
    app.missing_mentions = !app.missing_mentions;
    app.look_again();
    let count = app.checks().iter().filter(|check| check.kind == CheckKind::MissingMention).count();
    app.say(if app.missing_mentions {
        format!("accepted words that are not marked are told: {count} here")
    } else {
        "accepted words that are not marked are not told".to_owned()
    });
}
