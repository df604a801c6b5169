//! A picture of the review after some keys, made without a terminal: for the README, and to be looked at.

use super::app::{App, Segmenter};
use super::chord::Chord;
use super::event::{AppEvent, Effect};
use super::keymap::{Keymap, Match};
use super::mode::Mode;
use super::results;
use super::run::Export;
use super::svg::{self, Take};
use super::theme::{Background, Depth, Theme};
use super::update::{start, update};
use super::view::draw;
use crate::pipeline::{AnnotateError, Annotator, CancelToken, Silent};
use crate::review::Session;
use crate::worker::{Event, Request};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt;
use std::time::SystemTime;

/// What is to be seen in the picture.
pub struct Shot<'a> {
    /// The documents.
    pub session: Session,
    /// Which keys do what.
    pub keymap: Keymap,
    /// Finds sentences.
    pub sentences: Segmenter,
    /// Finds words.
    pub words: Segmenter,
    /// Proposes at once what the worker would propose in the background; `None` reviews without a model.
    pub annotator: Option<&'a dyn Annotator>,
    /// The keys that are pressed, once the proposals are there.
    pub keys: Vec<Chord>,
    /// Columns and rows of the screen.
    pub size: (u16, u16),
    /// The time that the clock shows.
    pub now: SystemTime,
    /// Writes result files.
    pub export: Export,
}

impl fmt::Debug for Shot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shot").field("session", &self.session).field("keys", &self.keys).finish_non_exhaustive()
    }
}

/// The screen as SVG, in true colours on a dark background. No journal is written: decisions made by the keys are lost.
pub fn screenshot(shot: Shot<'_>) -> String {
    let mut stage = Stage::new(shot.now, shot.size, shot.annotator, shot.export);
    let mut app = stage.open(shot.session, shot.keymap, (shot.sentences, shot.words));
    let mut screen = frame(&mut app, stage.size);
    for key in shot.keys {
        stage.press(&mut app, key);
        screen = frame(&mut app, stage.size);
    }
    svg::picture(&screen, &format!("rolecall reviewing {}", app.document().name))
}

/// The same as a recording: the screen before the first key and after each, with the key and what it does beneath it.
pub fn screencast(shot: Shot<'_>, seconds: f32) -> String {
    let mut stage = Stage::new(shot.now, shot.size, shot.annotator, shot.export);
    let mut app = stage.open(shot.session, shot.keymap, (shot.sentences, shot.words));
    let title = format!("rolecall reviewing {}", app.document().name);
    let mut takes = vec![Take { screen: frame(&mut app, stage.size), caption: String::new(), seconds: 2.0 * seconds }];
    for key in shot.keys {
        let caption = caption(&app, key);
        stage.press(&mut app, key);
        takes.push(Take { screen: frame(&mut app, stage.size), caption, seconds });
    }
    if let Some(last) = takes.last_mut() {
        last.seconds = 3.0 * seconds;
    }
    svg::recording(&takes, &title)
}

/// A key and what it does.
fn caption(app: &App, key: Chord) -> String {
    let typed: Vec<Chord> = app.pending.iter().copied().chain([key]).collect();
    let keys = typed.iter().map(Chord::to_string).collect::<Vec<_>>().join(" ");
    match (&app.mode, app.keymap.lookup(&typed)) {
        (Mode::Normal | Mode::Relate { again: true, .. }, Match::Action(action)) => format!("{keys}   {}", action.doc()),
        _ => keys,
    }
}

/// The world around the review.
struct Stage<'a> {
    now: SystemTime,
    size: (u16, u16),
    annotator: Option<&'a dyn Annotator>,
    export: Export,
}

impl<'a> Stage<'a> {
    fn new(now: SystemTime, size: (u16, u16), annotator: Option<&'a dyn Annotator>, export: Export) -> Self {
        Self { now, size, annotator, export }
    }

    /// The review with the proposals for its first documents.
    fn open(&mut self, session: Session, keymap: Keymap, (sentences, words): (Segmenter, Segmenter)) -> App {
        let theme = Theme::new(Depth::True, Background::Dark);
        let mut app = App::new(session, keymap, theme, sentences, words);
        if let Some(annotator) = self.annotator {
            let effects = update(&mut app, AppEvent::Worker(Event::Ready { model: annotator.name() }, self.now));
            self.settle(&mut app, effects);
            let effects = start(&mut app);
            self.settle(&mut app, effects);
        }
        app
    }

    fn press(&mut self, app: &mut App, key: Chord) {
        let effects = update(app, AppEvent::Key(key, self.now));
        self.settle(app, effects);
    }

    /// Answers effects as the world would, until none is left.
    fn settle(&mut self, app: &mut App, effects: Vec<Effect>) {
        let mut waiting = VecDeque::from(effects);
        while let Some(effect) = waiting.pop_front() {
            let event = match effect {
                Effect::Journal(..) => Some(AppEvent::Saved(self.now)),
                Effect::Ask(request) => self.ask(request).map(|event| AppEvent::Worker(event, self.now)),
                Effect::Export(documents) => Some(results::write(app, &mut self.export, &documents, self.now).1),
                Effect::Suspend | Effect::TakeBack | Effect::Save | Effect::Quit { .. } => None,
            };
            if let Some(event) = event {
                waiting.extend(update(app, event));
            }
        }
    }

    fn ask(&self, request: Request) -> Option<Event> {
        let annotator = self.annotator?;
        let cancel = CancelToken::default();
        match request {
            Request::Annotate { document, revision, snapshot, .. } => {
                let prediction = annotator.annotate(&snapshot, &mut Silent, &cancel);
                let told = prediction.map(|prediction| Event::Predicted { document, revision, prediction });
                let failed = |error: AnnotateError| Event::Failed { document: Some(document), message: error.to_string() };
                Some(told.unwrap_or_else(failed))
            }
            Request::Advise { document, revision, snapshot } => match annotator.advise(&snapshot, &cancel) {
                Ok(advice) => advice.map(|advice| Event::Advised { document, revision, advice }),
                Err(error) => Some(Event::NotAdvised { document, message: error.to_string() }),
            },
            Request::CancelAll | Request::WaitForIdle(_) => None,
        }
    }
}

fn frame(app: &mut App, (columns, rows): (u16, u16)) -> Buffer {
    let Ok(mut terminal) = terminal(columns, rows);
    let mut layout = None;
    let Ok(buffer) = terminal.draw(|frame| layout = Some(draw(app, frame))).map(|drawn| drawn.buffer.clone());
    layout.into_iter().for_each(|layout| app.drawn(layout));
    buffer
}

fn terminal(columns: u16, rows: u16) -> Result<Terminal<TestBackend>, Infallible> {
    Terminal::new(TestBackend::new(columns, rows))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Document, Schema};
    use crate::review::OpenDocument;
    use crate::text::SourceText;
    use std::path::PathBuf;
    use std::sync::Arc;

    #[test]
    fn the_picture_holds_the_text_and_what_the_keys_did() {
        let document = Document::new("demo", SourceText::new("Loss of APC\n"));
        let open = OpenDocument { document, home: PathBuf::new() };
        let session = Session::new(vec![open], Arc::new(Schema::agac().unwrap()), "curator");
        let shot = |keys: &str| Shot {
            session: session.clone(),
            keymap: Keymap::built_in().unwrap(),
            sentences: |_| Vec::new(),
            words: |text| crate::nlp::words(text, crate::nlp::WordSplit::default()),
            annotator: None,
            keys: keys.chars().map(Chord::char).collect(),
            size: (80, 24),
            now: SystemTime::UNIX_EPOCH,
            export: Box::new(|_, _, _| Err("the folder is read-only".to_owned())),
        };
        let before = screenshot(shot(""));
        assert!(before.contains("Loss") && before.starts_with("<svg") && before.ends_with("</svg>\n"));
        let after = screenshot(shot("vn"));
        assert!(after.contains("-Reg") && !before.contains(">-Reg"), "{after}");
        assert!(screenshot(shot("w")).contains("read-only"));
        let moving = screencast(shot("vnu"), 1.0);
        assert!(moving.contains("take\u{a0}the\u{a0}last\u{a0}change\u{a0}back") && moving.contains("dur=\"7.0s\""), "{moving}");
    }
}
