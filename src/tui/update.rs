//! What changes the state. No clock, no file and no thread here: times come in with events, the rest goes out as effects.

mod checks;
mod compare;
mod document;
mod filter;
mod jump;
pub(super) mod list;
mod model;
mod mouse;
mod moving;
mod overlay;
pub(super) mod palette;
mod prompt;
mod propagate;
mod relation;
mod span;
pub(super) mod ticks;
mod verdict;

use super::action::Action;
use super::app::App;
use super::chord::Chord;
use super::event::{AppEvent, Effect};
use super::keymap::Match;
use super::mode::{JumpPurpose, Mode};
use super::panel;
use crate::document::AnnotationId;
use crate::review::Command;
use crossterm::event::KeyCode;
use std::time::SystemTime;

/// Changes the state by what happened and says what is to be done.
pub fn update(app: &mut App, event: AppEvent) -> Vec<Effect> {
    app.dirty = true;
    let mut effects = react(app, event);
    app.look_again();
    effects.extend(model::ask_advice(app));
    effects
}

fn react(app: &mut App, event: AppEvent) -> Vec<Effect> {
    match event {
        AppEvent::Key(chord, at) => key(app, chord, at),
        AppEvent::Paste(text) => prompt::paste(app, &text),
        AppEvent::Mouse(pointer, column, row) => {
            app.anyway = None;
            mouse::act(app, pointer, column, row);
            Vec::new()
        }
        AppEvent::Resized => {
            ticks::resized(app);
            Vec::new()
        }
        AppEvent::Continued => vec![Effect::TakeBack],
        AppEvent::Worker(event, at) => model::tell(app, event, at),
        AppEvent::Saved(at) => {
            app.saved = Some(at);
            if app.unsaved.take().is_some() {
                app.say("everything that was decided is on disk now");
            }
            Vec::new()
        }
        AppEvent::NotSaved(unsaved) => {
            if app.unsaved.is_none() {
                app.complain(format!("what was decided can't be written and waits; each key tries again: {}", unsaved.reason));
            }
            app.unsaved = Some(unsaved);
            Vec::new()
        }
        AppEvent::Exported { documents, files, refused } => {
            document::exported(app, documents, &files, refused);
            Vec::new()
        }
        AppEvent::Terminated => vec![Effect::Quit { losing: true }],
    }
}

/// The first requests to the model, for the open document and the next ones.
pub fn start(app: &mut App) -> Vec<Effect> {
    model::ask(app)
}

fn key(app: &mut App, chord: Chord, at: SystemTime) -> Vec<Effect> {
    app.session.count_key();
    app.notice = None;
    if !matches!(app.mode, Mode::Normal | Mode::Relate { again: true, .. }) {
        app.anyway = None;
    }
    if app.layout.too_small {
        // What can't be seen must not be decided.
        return match app.keymap.lookup(&[chord]) {
            Match::Action(action @ (Action::Quit | Action::Suspend)) => act(app, action, at),
            _ => Vec::new(),
        };
    }
    let document = app.current;
    let mut effects = match &app.mode {
        Mode::Normal => normal_key(app, chord, at),
        Mode::Select { .. } | Mode::Retype { .. } => span::key(app, chord, at),
        Mode::Relate { .. } | Mode::Retarget { .. } => relation::key(app, chord, at),
        Mode::Jump { .. } => jump::key(app, chord, at),
        Mode::Prompt { .. } => prompt::key(app, chord, at),
        Mode::Palette { .. } => palette::key(app, chord, at),
        Mode::Propagate(_) => propagate::key(app, chord, at),
        Mode::Compare(_) => compare::key(app, chord, at),
        Mode::Filter => filter::key(app, chord),
        Mode::Ticks(_) => ticks::key(app, chord, at),
        Mode::DocumentList(_) => list::key(app, chord),
        Mode::Checks { .. } | Mode::History { .. } | Mode::Help { .. } => overlay::key(app, chord, at),
    };
    if app.current != document {
        effects.extend(model::ask(app));
    }
    // There may be room on the disk by now. What is decided anew, and leaving, try by themselves.
    let tries = effects.iter().any(|effect| matches!(effect, Effect::Journal(..) | Effect::Quit { .. }));
    if app.unsaved.is_some() && !tries {
        effects.push(Effect::Save);
    }
    effects
}

fn normal_key(app: &mut App, chord: Chord, at: SystemTime) -> Vec<Effect> {
    if chord.code == KeyCode::Esc {
        app.pending.clear();
        app.count = None;
        app.found = None;
        return Vec::new();
    }
    if let Some(digit) = digit_of_count(app, chord) {
        let count = app.count.unwrap_or(0).saturating_mul(10).saturating_add(digit);
        app.count = Some(count.min(MOST_REPEATS));
        return Vec::new();
    }
    app.pending.push(chord);
    match app.keymap.lookup(&app.pending) {
        Match::Action(action) => {
            app.pending.clear();
            match app.count.take() {
                Some(number) if action.is_about_a_relation() => about_relation(app, action, number, at),
                count => repeat(app, action, count.unwrap_or(1), at),
            }
        }
        Match::Pending(_) => Vec::new(),
        Match::None => {
            app.count = None;
            let keys = app.pending.drain(..).map(|chord| chord.to_string()).collect::<Vec<_>>().join(" ");
            let help = app.keymap.key_of(Action::Help).unwrap_or_default();
            app.complain(format!("{keys} means nothing here; {help} lists all keys"));
            Vec::new()
        }
    }
}

/// The most times that one key is repeated.
const MOST_REPEATS: u32 = 999;

/// A digit that says how often the next action is done: one that no key of the keymap takes, and no 0 in front.
fn digit_of_count(app: &App, chord: Chord) -> Option<u32> {
    let digit = chord.typed()?.to_digit(10)?;
    let free = app.pending.is_empty() && app.keymap.lookup(&[chord]) == Match::None;
    (free && (digit > 0 || app.count.is_some())).then_some(digit)
}

/// Carries out an action on the relation that bears this number in the panel.
fn about_relation(app: &mut App, action: Action, number: u32, at: SystemTime) -> Vec<Effect> {
    let Some(id) = panel::numbered(app, number).map(|relation| relation.id.clone()) else {
        app.complain(format!("the panel lists no relation {number}"));
        return Vec::new();
    };
    app.focus_on(&id);
    act(app, action, at)
}

/// Carries out an action, and again as often as a number before it said, until it is not possible any more.
fn repeat(app: &mut App, action: Action, count: u32, at: SystemTime) -> Vec<Effect> {
    let mut effects = Vec::new();
    for _ in 0..if action.is_repeated() { count } else { 1 } {
        effects.extend(act(app, action, at));
        if app.notice.as_ref().is_some_and(|notice| notice.error) {
            break;
        }
    }
    effects
}

/// Carries out an action in normal mode.
fn act(app: &mut App, action: Action, at: SystemTime) -> Vec<Effect> {
    use Action::*;
    if app.anyway != Some(action) {
        app.anyway = None;
    }
    // A relation that was just added is what the next key about a relation means.
    let added = app.added_relation.take();
    match action {
        WordLeft | WordRight | LineDown | LineUp | PageDown | PageUp | TextStart | TextEnd => moving::step(app, action),
        NextUndecided | PreviousUndecided | NextItem | PreviousItem | NextSentence | PreviousSentence => moving::hop(app, action),
        Jump => jump::begin(app, JumpPurpose::Go),
        Mark => jump::begin(app, JumpPurpose::Mark),
        Search => prompt::search(app),
        NextCheck | PreviousCheck => checks::hop(app, action == NextCheck),
        Accept | Reject | Skip => return verdict::one(app, action, at),
        Undo => return verdict::history(app, Command::Undo, at),
        Redo => return verdict::history(app, Command::Redo, at),
        AcceptAll => return verdict::accept_all(app, at),
        Compare => compare::open(app),
        AcceptSentence | RejectSentence => return verdict::sentence(app, action == AcceptSentence, at),
        ThresholdUp | ThresholdDown | ShowHidden => verdict::filter(app, action),
        Filter => app.mode = Mode::Filter,
        TickSpans => ticks::spans(app),
        TickRoles => ticks::roles(app),
        Order => verdict::order(app),
        Withdraw => return verdict::withdraw(app, at),
        History => app.mode = Mode::History { chosen: app.steps().iter().filter(|step| step.done).count() },
        Select => span::select(app),
        Retype => span::retype(app),
        RightEdgeOut | LeftEdgeOut | RightEdgeIn | LeftEdgeIn => return span::edge(app, action, at),
        Step => span::step(app),
        Delete => return span::delete(app, at),
        Propagate => propagate::start(app),
        Join => return span::join(app, at),
        Split => return span::split(app, at),
        Relate => relation::relate(app),
        OtherRole | Flip => return relation::change(app, action, added, at),
        Retarget => relation::retarget(app, added),
        AllRelations => app.all_relations = !app.all_relations,
        Arcs => {
            app.arcs = !app.arcs;
            app.say(if app.arcs { "the relations of the focused span are drawn over the text" } else { "no arcs are drawn" });
        }
        Note => prompt::note(app),
        Flag => return document::flag(app, at),
        Done => return document::done(app, at),
        NextDocument => document::step(app, true),
        PreviousDocument => document::step(app, false),
        Aside => return document::aside(app, at),
        DocumentList => list::open(app),
        Checks => checks::list(app),
        MissingMentions => checks::missing_mentions(app),
        Export => return vec![Effect::Export(vec![app.current])],
        ExportAll => return vec![Effect::Export((0..app.session.documents().len()).collect())],
        Palette => app.mode = Mode::Palette { line: Default::default(), chosen: 0 },
        Help => app.mode = Mode::Help { scroll: 0 },
        Suspend => return vec![Effect::Suspend],
        Quit => return quit(app),
    }
    Vec::new()
}

/// Ends the review. With something that could not be written it ends only when asked twice in a row.
fn quit(app: &mut App) -> Vec<Effect> {
    let losing = app.anyway.take().is_some();
    if let Some(unsaved) = app.unsaved.as_ref().filter(|_| !losing) {
        let key = app.keymap.key_of(Action::Quit).unwrap_or_default();
        let (count, reason) = (unsaved.count, unsaved.reason.clone());
        app.complain(format!("{count} changes are not on disk, and {key} once more loses them; free space first: {reason}"));
        app.anyway = Some(Action::Quit);
    }
    vec![Effect::Quit { losing }]
}

/// Carries out a command on the open document: its record must be on disk before the next frame. Says what was done or why not.
/// Returns what it was about, or `None` when it was not possible.
fn perform(app: &mut App, command: Command, at: SystemTime, effects: &mut Vec<Effect>) -> Option<Vec<AnnotationId>> {
    let (document, before) = (app.current, app.focus().cloned());
    match app.session.perform(document, command, at) {
        Ok(outcome) => {
            app.remember_focus(outcome.record.number, before);
            effects.push(Effect::Journal(document, outcome.record));
            app.say(outcome.message);
            app.refocus();
            Some(outcome.changed)
        }
        Err(error) => {
            app.complain(error.to_string());
            None
        }
    }
}
