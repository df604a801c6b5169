//! Lines that are typed: searching, notes and remarks.

use super::{list, perform};
use crate::review::{Command, note_on};
use crate::text::{CharOffset, CharSpan};
use crate::tui::app::App;
use crate::tui::chord::Chord;
use crate::tui::event::Effect;
use crate::tui::line::Line;
use crate::tui::mode::{Mode, PromptKind};
use crossterm::event::KeyCode;
use std::time::SystemTime;

/// Asks what to search.
pub(super) fn search(app: &mut App) {
    app.mode = Mode::Prompt { kind: PromptKind::Search, line: Line::default() };
}

/// Asks for a note on the focused item, or for a remark on the document; what is there already can be changed.
pub(super) fn note(app: &mut App) {
    let (kind, text) = match app.focus() {
        Some(id) => {
            (PromptKind::Note(id.clone()), note_on(app.document(), id).map(|note| note.text.as_str()).unwrap_or_default())
        }
        None => (PromptKind::Remark, app.document().marks.remark.as_str()),
    };
    let line = Line::holding(text);
    app.mode = Mode::Prompt { kind, line };
}

/// Text was pasted: into the line that is being typed, or nowhere, since a paste must never act as keys.
pub(super) fn paste(app: &mut App, text: &str) -> Vec<Effect> {
    match &mut app.mode {
        Mode::Prompt { line, .. } => line.insert(text),
        Mode::Palette { line, chosen } => {
            line.insert(text);
            *chosen = 0;
        }
        Mode::DocumentList(_) => list::paste(app, text),
        _ => app.complain("a pasted text does nothing here"),
    }
    Vec::new()
}

/// A key while a line is typed.
pub(super) fn key(app: &mut App, chord: Chord, at: SystemTime) -> Vec<Effect> {
    let Mode::Prompt { kind, mut line } = std::mem::take(&mut app.mode) else { return Vec::new() };
    let mut effects = Vec::new();
    match chord.code {
        KeyCode::Esc => {}
        KeyCode::Enter => finish(app, kind, &line.text(), at, &mut effects),
        _ => {
            line.key(chord);
            app.mode = Mode::Prompt { kind, line };
        }
    }
    effects
}

fn finish(app: &mut App, kind: PromptKind, text: &str, at: SystemTime, effects: &mut Vec<Effect>) {
    let text = text.trim();
    match kind {
        PromptKind::Search => find(app, text),
        PromptKind::Note(target) => drop(perform(app, Command::SetNote { target, text: text.to_owned() }, at, effects)),
        PromptKind::Remark => drop(perform(app, Command::Remark(text.to_owned()), at, effects)),
    }
}

/// Goes to the next place behind the cursor, from the end on to the start; an empty text searches for the last one again.
fn find(app: &mut App, text: &str) {
    if !text.is_empty() {
        app.last_search = text.to_owned();
    }
    if app.last_search.is_empty() {
        return app.complain("nothing was searched for yet");
    }
    // The place that was found may begin inside the word under the cursor; once the cursor was moved away it counts no more.
    let cursor = app.cursor();
    let from = app.found.filter(|found| found.overlaps(cursor)).map_or(cursor.start(), CharSpan::start);
    match next_place(app.document().text.as_str(), &app.last_search, from) {
        Some(place) => {
            app.go_to(app.unit_at(place.start()));
            app.found = Some(place);
            if place.start() <= from {
                app.say("went on from the start of the text");
            }
        }
        None => {
            app.found = None;
            app.complain(format!("\"{}\" does not occur in this document", app.last_search));
        }
    }
}

/// The first place behind `from` where the text says `wanted`, upper and lower case alike; from the start when there is none.
fn next_place(text: &str, wanted: &str, from: CharOffset) -> Option<CharSpan> {
    // Folding per character keeps one position for each code point, which lower-casing a whole text does not.
    let fold = |text: &str| text.chars().map(|c| c.to_lowercase().next().unwrap_or(c)).collect::<Vec<char>>();
    let (text, wanted) = (fold(text), fold(wanted));
    if wanted.is_empty() || wanted.len() > text.len() {
        return None;
    }
    let places = text.windows(wanted.len()).enumerate().filter(|(_, window)| *window == wanted).map(|(at, _)| at as u32);
    let places: Vec<u32> = places.collect();
    let at = places.iter().find(|at| **at > from.get()).or(places.first())?;
    CharSpan::of_chars(*at, at + wanted.len() as u32).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str, wanted: &str, from: u32) -> Option<u32> {
        next_place(text, wanted, CharOffset::new(from)).map(|span| span.start().get())
    }

    #[test]
    fn searching_goes_round_and_ignores_case() {
        assert_eq!(place("loss of P53, p53", "p53", 0), Some(8));
        assert_eq!(place("loss of P53, p53", "p53", 8), Some(13));
        assert_eq!(place("loss of P53, p53", "p53", 13), Some(8));
        assert_eq!(place("İ TNF-α", "ΤNF", 0), None);
        assert_eq!(place("İ TNF-Α", "α", 0), Some(6), "positions are code points even where lower case is longer");
        assert_eq!(place("ab", "abc", 0), None);
    }
}
