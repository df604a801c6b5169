//! A picture of the review after some keys, made without a terminal: for the README, and to be looked at.

use super::app::{App, Segmenter};
use super::chord::Chord;
use super::event::{AppEvent, Effect};
use super::keymap::Keymap;
use super::svg;
use super::theme::{Background, Depth, Theme};
use super::update::{start, update};
use super::view::draw;
use crate::pipeline::{Annotator, CancelToken, Silent};
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
}

impl fmt::Debug for Shot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shot").field("session", &self.session).field("keys", &self.keys).finish_non_exhaustive()
    }
}

/// The screen as SVG, in true colours on a dark background. Nothing is written: decisions made by the keys are lost.
pub fn screenshot(shot: Shot<'_>) -> String {
    let Shot { session, keymap, sentences, words, annotator, keys, size, now } = shot;
    let theme = Theme::new(Depth::True, Background::Dark);
    let mut app = App::new(session, keymap, theme, sentences, words);
    if let Some(annotator) = annotator {
        let effects = update(&mut app, AppEvent::Worker(Event::Ready { model: annotator.name() }, now));
        settle(&mut app, effects, Some(annotator), now);
        let effects = start(&mut app);
        settle(&mut app, effects, Some(annotator), now);
    }
    let mut screen = frame(&mut app, size);
    for key in keys {
        let effects = update(&mut app, AppEvent::Key(key, now));
        settle(&mut app, effects, annotator, now);
        screen = frame(&mut app, size);
    }
    svg::picture(&screen, &format!("rolecall reviewing {}", app.document().name))
}

/// Answers effects as the world would, until none is left.
fn settle(app: &mut App, effects: Vec<Effect>, annotator: Option<&dyn Annotator>, now: SystemTime) {
    let mut waiting = VecDeque::from(effects);
    while let Some(effect) = waiting.pop_front() {
        let event = match effect {
            Effect::Journal(..) => AppEvent::Saved(now),
            Effect::Ask(Request::Annotate { document, revision, snapshot, .. }) => {
                let Some(annotator) = annotator else { continue };
                let event = match annotator.annotate(&snapshot, &mut Silent, &CancelToken::default()) {
                    Ok(prediction) => Event::Predicted { document, revision, prediction },
                    Err(error) => Event::Failed { document: Some(document), message: error.to_string() },
                };
                AppEvent::Worker(event, now)
            }
            Effect::Ask(Request::Advise { document, revision, snapshot }) => {
                let Some(annotator) = annotator else { continue };
                match annotator.advise(&snapshot, &CancelToken::default()) {
                    Ok(Some(advice)) => AppEvent::Worker(Event::Advised { document, revision, advice }, now),
                    Ok(None) | Err(_) => continue,
                }
            }
            _ => continue,
        };
        waiting.extend(update(app, event));
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
        };
        let before = screenshot(shot(""));
        assert!(before.contains("Loss") && before.starts_with("<svg") && before.ends_with("</svg>\n"));
        let after = screenshot(shot("vn"));
        assert!(after.contains("-Reg") && !before.contains(">-Reg"), "{after}");
    }
}
