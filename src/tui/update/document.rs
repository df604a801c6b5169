//! The document as a whole, and going from one to the next.

use super::{moving, perform};
use crate::document::DocumentStatus;
use crate::review::Command;
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::event::{Effect, Refused};
use std::path::PathBuf;
use std::time::SystemTime;

/// Turns the flag on or off.
pub(super) fn flag(app: &mut App, at: SystemTime) -> Vec<Effect> {
    let mut effects = Vec::new();
    perform(app, Command::Flag, at, &mut effects);
    effects
}

/// Goes to the next undecided item; behind the last one marks the document done and opens the next document.
///
/// A document with undecided items, before this place or hidden by a filter, is marked done only when asked twice in a row.
pub(super) fn done(app: &mut App, at: SystemTime) -> Vec<Effect> {
    let mut effects = Vec::new();
    if let Some(next) = moving::next_undecided(app) {
        app.anyway = None;
        app.focus_on(&next);
        return effects;
    }
    let left = [(app.undecided(), "undecided"), (app.undecided_hidden(), "hidden by the filter")];
    if left.iter().any(|(count, _)| *count > 0) && app.anyway.is_none() {
        app.anyway = Some(Action::Done);
        let left: Vec<String> =
            left.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        app.say(format!("{}; the same key again marks the document done all the same", left.join(", ")));
        return effects;
    }
    app.anyway = None;
    let already = app.document().marks.status == DocumentStatus::Done;
    if !already && perform(app, Command::SetStatus(DocumentStatus::Done), at, &mut effects).is_none() {
        return effects;
    }
    open_next(app);
    effects
}

/// Puts the document aside and opens the next, or takes one that is aside or done back into review.
pub(super) fn aside(app: &mut App, at: SystemTime) -> Vec<Effect> {
    let mut effects = Vec::new();
    let away = !app.is_open(app.current);
    let status = if away { DocumentStatus::InReview } else { DocumentStatus::Skipped };
    if perform(app, Command::SetStatus(status), at, &mut effects).is_some() && !away {
        open_next(app);
    }
    effects
}

/// Opens the next document that is neither done nor put aside, going round once.
fn open_next(app: &mut App) {
    let count = app.session.documents().len();
    let next = (app.current + 1..count).chain(0..app.current).find(|&index| app.is_open(index));
    match next {
        Some(next) => {
            let document = app.document();
            let what = if document.marks.status == DocumentStatus::Skipped { "put aside" } else { "done" };
            let said = format!("{} is {what}", document.name);
            app.open(next);
            app.say(said);
        }
        None => app.say("all documents are done or put aside"),
    }
}

/// Opens the next or previous document.
pub(super) fn step(app: &mut App, forwards: bool) {
    let to = if forwards { app.current.checked_add(1) } else { app.current.checked_sub(1) };
    match to.filter(|to| *to < app.session.documents().len()) {
        Some(to) => app.open(to),
        None => app.say(if forwards { "this is the last document" } else { "this is the first document" }),
    }
}

/// Says what was written and what not.
pub(super) fn exported(app: &mut App, documents: usize, files: &[PathBuf], refused: Option<Refused>) {
    let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    match (documents, refused) {
        (1, None) => app.say(format!("wrote {}", names.join(", "))),
        (_, None) => app.say(format!("wrote {documents} documents, the last to {}", names.join(", "))),
        (0, Some(Refused { documents: 1, reason, .. })) => app.complain(reason),
        (_, Some(Refused { documents: left, first, reason })) => {
            let written = if documents == 0 { "none".to_owned() } else { documents.to_string() };
            let not = match left {
                1 => format!("{first} could not be written"),
                many => format!("{many} could not be written, the first of them is {first}"),
            };
            app.complain(format!("wrote {written} of {} documents; {not}: {reason}", documents + left));
        }
    }
}
