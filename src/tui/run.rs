//! The loop: wait for what happens, change the state, do what is asked for, draw.

use super::app::{App, ModelState, Segmenter};
use super::backlog::Backlog;
use super::event::{AppEvent, Effect, Unsaved};
use super::inbox::Inbox;
use super::keymap::Keymap;
use super::results;
use super::terminal::{Screen, listen_for_signals, read_input};
use super::theme::Theme;
use super::update::{start, update};
use super::view::draw;
use crate::pipeline::Annotator;
use crate::review::{Exported, Journals, Session};
use crate::worker::Worker;
use crossbeam_channel::{Sender, unbounded};
use std::fmt;
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant, SystemTime};

/// For how long the model may go on telling before what it told is drawn. Longer than a usual event takes, shorter than an eye sees.
const BEFORE_A_FRAME: Duration = Duration::from_millis(8);

/// Loads the model, on the worker's thread; the error is a sentence for the user.
pub type Load = Box<dyn FnOnce() -> Result<Box<dyn Annotator>, String> + Send>;

/// Writes the result files of a document of the session; the error is a sentence for the user.
pub type Export = Box<dyn FnMut(&mut Session, usize, SystemTime) -> Result<Exported, String>>;

/// All that a review needs from outside.
pub struct Setup {
    /// The documents, with the journal replayed.
    pub session: Session,
    /// Where decisions are written.
    pub journals: Journals,
    /// What a person should know at the start, e.g. that a torn line of the journal was cut off.
    pub notices: Vec<String>,
    /// What readers found in the files of each document, a sentence each, in the order of the session. May be shorter.
    pub findings: Vec<Vec<String>>,
    /// Which keys do what.
    pub keymap: Keymap,
    /// What things look like.
    pub theme: Theme,
    /// Finds sentences, when a document is opened.
    pub sentences: Segmenter,
    /// Finds words, when a document is opened.
    pub words: Segmenter,
    /// Loads the model; `None` reviews without one.
    pub load: Option<Load>,
    /// Writes result files.
    pub export: Export,
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setup").field("session", &self.session).field("model", &self.load.is_some()).finish_non_exhaustive()
    }
}

/// Why a review could not begin or had to end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A session without documents.
    #[error("there is no document to review")]
    NoDocuments,
    /// The output or input is a file or a pipe.
    #[error("a review needs a terminal for its input and output")]
    NoTerminal,
    /// The terminal failed.
    #[error("the terminal failed: {0}")]
    Terminal(#[from] io::Error),
    /// The last decisions could not be written before the end.
    #[error("{count} of the last changes could not be written to the journal: {reason}")]
    NotSaved {
        /// How many.
        count: usize,
        /// Why.
        reason: String,
    },
}

/// Reviews until the curator quits. The terminal is given back whatever happens.
///
/// # Errors
/// [`RunError`] when there is nothing to review or no terminal, when the terminal fails, or when decisions could not be written.
pub fn run(setup: Setup) -> Result<(), RunError> {
    if setup.session.documents().is_empty() {
        return Err(RunError::NoDocuments);
    }
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(RunError::NoTerminal);
    }
    let Setup { session, journals, notices, findings, keymap, theme, sentences, words, load, export } = setup;
    let mut app = App::new(session, keymap, theme, sentences, words);
    if !notices.is_empty() {
        app.say(notices.join("; "));
    }
    app.findings = findings;
    if load.is_some() {
        app.model = ModelState::Loading;
    }
    let (sender, input) = unbounded();
    let (teller, model) = unbounded();
    let inbox = Inbox { input, model };
    // Before the terminal is taken over: a signal must never leave it taken.
    let _signals = listen_for_signals(sender.clone())?;
    let mut screen = Screen::enter()?;
    show(&mut app, &mut screen)?;
    read_input(sender)?;
    // Only now: the first frame does not wait for a model.
    let worker = load.map(|load| spawn(load, teller)).transpose()?;
    let mut desk = Desk { journals, export, worker, unwritten: Backlog::default() };
    let requests = start(&mut app);
    desk.carry_out(&mut app, requests);
    let ended = cycle(&mut app, &mut desk, &inbox, &mut screen);
    drop(screen);
    ended?;
    desk.close(&app.session)
}

fn spawn(load: Load, events: Sender<AppEvent>) -> io::Result<Worker> {
    Worker::spawn(load, move |event| {
        // The review has ended when nobody listens any more.
        let _ = events.send(AppEvent::Worker(event, SystemTime::now()));
    })
}

fn cycle(app: &mut App, desk: &mut Desk, inbox: &Inbox, screen: &mut Screen) -> io::Result<()> {
    loop {
        if app.dirty {
            show(app, screen)?;
        }
        match turn(app, desk, inbox, BEFORE_A_FRAME) {
            Next::GoOn => {}
            Next::Suspend => screen.suspend()?,
            Next::TakeBack => screen.take_back()?,
            Next::Quit => return Ok(()),
        }
    }
}

/// Handles what happens until a frame is due: a single thing that the curator did, or what the model tells while no input waits, for
/// as long as `patience` lasts. So a key is always about what the last frame showed, however much the model tells and however slow
/// the disk is.
pub(super) fn turn(app: &mut App, desk: &mut Desk, inbox: &Inbox, patience: Duration) -> Next {
    let Some(mut event) = inbox.next() else { return Next::Quit };
    let begun = Instant::now();
    loop {
        let by_model = matches!(event, AppEvent::Worker(..));
        let effects = update(app, event);
        let next = desk.carry_out(app, effects);
        if next != Next::GoOn || !by_model || begun.elapsed() >= patience {
            return next;
        }
        let Some(more) = inbox.more_of_the_model() else { return next };
        event = more;
    }
}

fn show(app: &mut App, screen: &mut Screen) -> io::Result<()> {
    let mut layout = None;
    screen.draw(|frame| layout = Some(draw(app, frame)))?;
    layout.into_iter().for_each(|layout| app.drawn(layout));
    Ok(())
}

/// What the loop does after the effects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Waits for the next event.
    GoOn,
    /// Lends the terminal to the shell.
    Suspend,
    /// Takes the terminal over again.
    TakeBack,
    /// Ends.
    Quit,
}

/// What carries effects out: it owns the journals, the worker and the way to result files.
pub struct Desk {
    journals: Journals,
    export: Export,
    worker: Option<Worker>,
    unwritten: Backlog,
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").field("unwritten", &self.unwritten).finish_non_exhaustive()
    }
}

impl Desk {
    /// A desk without a worker.
    pub fn new(journals: Journals, export: Export) -> Self {
        Self { journals, export, worker: None, unwritten: Backlog::default() }
    }

    /// Carries effects out, in order; what comes of them goes back into the state.
    pub fn carry_out(&mut self, app: &mut App, effects: Vec<Effect>) -> Next {
        let mut next = Next::GoOn;
        for effect in effects {
            let events = match effect {
                Effect::Journal(document, record) => {
                    self.unwritten.push(document, record);
                    self.write(&app.session).into_iter().collect()
                }
                Effect::Ask(request) => {
                    if let Some(worker) = &self.worker {
                        worker.send(request);
                    }
                    Vec::new()
                }
                Effect::Export(documents) => self.export(app, &documents),
                Effect::Suspend => {
                    next = Next::Suspend;
                    Vec::new()
                }
                Effect::TakeBack => {
                    next = Next::TakeBack;
                    Vec::new()
                }
                Effect::Save => self.write(&app.session).into_iter().collect(),
                Effect::Quit { losing } => match self.write(&app.session) {
                    Some(failed @ AppEvent::NotSaved(_)) if !losing => vec![failed],
                    _ => return Next::Quit,
                },
            };
            for event in events {
                let more = update(app, event);
                debug_assert!(more.is_empty(), "the outcome of an effect asks for nothing");
            }
        }
        next
    }

    /// Writes all records that wait and tells how that went; `None` when none waits.
    fn write(&mut self, session: &Session) -> Option<AppEvent> {
        if self.unwritten.is_empty() {
            return None;
        }
        let written = self.unwritten.write(session, |home, record| self.journals.append(home, record));
        Some(match written {
            Ok(()) => AppEvent::Saved(SystemTime::now()),
            Err(unsaved) => AppEvent::NotSaved(unsaved),
        })
    }

    /// Writes result files, and the records of what was written even when something else could not be.
    fn export(&mut self, app: &mut App, documents: &[usize]) -> Vec<AppEvent> {
        let (records, told) = results::write(app, &mut self.export, documents, SystemTime::now());
        records.into_iter().for_each(|(document, record)| self.unwritten.push(document, record));
        self.write(&app.session).into_iter().chain([told]).collect()
    }

    /// Ends: tries a last time to write what waits, and says so when something could not be written.
    fn close(mut self, session: &Session) -> Result<(), RunError> {
        match self.write(session) {
            Some(AppEvent::NotSaved(Unsaved { count, reason })) => Err(RunError::NotSaved { count, reason }),
            _ => Ok(()),
        }
    }
}
