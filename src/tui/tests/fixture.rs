//! Made-up abstracts, and an app over them that is driven by keys.

use crate::document::{Document, Origin, Schema};
use crate::nlp::{self, WordSplit};
use crate::review::dsl::sketch;
use crate::review::{OpenDocument, Session};
use crate::text::{CharSpan, SourceText};
use crate::tui::app::{App, Segmenter};
use crate::tui::event::{AppEvent, Effect};
use crate::tui::keymap::Keymap;
use crate::tui::theme::{Background, Depth, Theme};
use crate::tui::{draw, update};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The time at which everything in tests happens: 12:03:11 on some day.
pub fn noon() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(20_000 * 86_400 + 43_391)
}

/// An abstract with spans and relations in every state.
pub const ABSTRACT: &str = "[Truncating variants|Var?] of [KRELA2|Gene] and the [loss|-] of its [kinase activity|MPA?]. \
We sequenced 41 families. The [R118X|Var!] change [abolished|NegReg~] the [binding of [KRELA2|Protein?] to \
β-tubulin|Interaction+] and [raised|PosRegx] the level of free tubulin in three cell lines that were grown without serum, \
which [leads to|Reg?] [slow gait ataxia|Disease?] in old mice. No such change was seen in 212 controls, so we \
propose that this gene is a cause of the disorder. \
@ T2 ThemeOf? T1 T4 ThemeOf! T6 T5 CauseOf? T6 T7 ThemeOf+ T6 T10 ThemeOf? T9 T5 CauseOfx T9";

/// A document from a line of the test language, with types that the schema does not know left in.
pub fn document(name: &str, line: &str) -> Document {
    let mut document = sketch(line).document;
    document.name = name.to_owned();
    // Confidences that differ, so that the threshold and the lists have something to show.
    let confidences = [0.91f32, 0.64, 0.38, 0.97, 0.55, 0.12, 0.83];
    let entities = document.entities.values_mut().map(|entity| &mut entity.origin);
    let origins = entities.chain(document.relations.values_mut().map(|relation| &mut relation.origin));
    for (origin, value) in origins.zip(confidences.iter().cycle()) {
        if let Origin::Model { confidence, .. } = origin {
            *confidence = *value;
        }
    }
    document
}

fn words(text: &SourceText) -> Vec<CharSpan> {
    nlp::words(text, WordSplit::Punctuation)
}

/// An app over these documents.
pub fn app(documents: Vec<Document>) -> App {
    app_at(documents, Path::new("pile"))
}

/// An app over these documents of a folder.
pub fn app_at(documents: Vec<Document>, home: &Path) -> App {
    made(documents, home, words)
}

/// An app over these documents whose words are cut like this.
pub fn app_with(documents: Vec<Document>, words: Segmenter) -> App {
    made(documents, Path::new("pile"), words)
}

fn made(documents: Vec<Document>, home: &Path, words: Segmenter) -> App {
    let open = |document| OpenDocument { document, home: home.to_path_buf() };
    let documents = documents.into_iter().map(open).collect();
    let session = Session::new(documents, Arc::new(Schema::agac().unwrap()), "curator");
    let theme = Theme::new(Depth::True, Background::Dark);
    App::new(session, Keymap::built_in().unwrap(), theme, nlp::sentences, words)
}

/// The app that most tests look at.
pub fn usual() -> App {
    app(vec![
        document("KRELA2-gait", ABSTRACT),
        document("second", "[Loss|NegReg?] of [TP77|Gene?]."),
        document("empty", "Nothing is marked here."),
    ])
}

/// Presses keys, separated by blanks, and draws after each at 100×30. Returns the effects of all.
pub fn press(app: &mut App, keys: &str) -> Vec<Effect> {
    press_at(app, keys, (100, 30))
}

/// The same on a screen of this size.
pub fn press_at(app: &mut App, keys: &str, (width, height): (u16, u16)) -> Vec<Effect> {
    let mut effects = Vec::new();
    for key in keys.split_whitespace() {
        let chord = key.parse().unwrap_or_else(|error| panic!("{error}"));
        effects.extend(update(app, AppEvent::Key(chord, noon())));
        screen(app, width, height);
    }
    effects
}

/// Draws a frame, tells the app what was laid out, and returns what is on the screen.
pub fn screen(app: &mut App, width: u16, height: u16) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let mut layout = None;
    terminal.draw(|frame| layout = Some(draw(app, frame))).unwrap();
    app.drawn(layout.unwrap());
    terminal.backend().buffer().clone()
}

/// The symbols on a screen, a line for each row.
pub fn symbols(buffer: &Buffer) -> String {
    super::styled::rows(buffer).join("\n")
}
