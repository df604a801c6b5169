//! Labels on words and spans: two letters reach any of them.

use super::{moving, relation, span};
use crate::document::Status;
use crate::text::{CharOffset, CharSpan};
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::chord::Chord;
use crate::tui::event::Effect;
use crate::tui::mode::{JumpLabel, JumpPurpose, Mode};
use crate::tui::view::scroll_to;
use crossterm::event::KeyCode;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::time::SystemTime;

/// Letters for labels, the easiest to reach first; capitals come last.
const LETTERS: &[u8] = b"fjdksalghrueiwoqptyvncmxbzFJDKSALGHRUEIWOQPTYVNCMXBZ";

/// Puts labels on everything that the purpose allows, among what is visible.
pub(super) fn begin(app: &mut App, purpose: JumpPurpose) {
    let places = places(app, &purpose);
    let scrolls = scrolls(&purpose);
    if places.is_empty() {
        app.complain(if scrolls {
            "nothing on the screen can be chosen; ↑ ↓ scroll"
        } else {
            "nothing on the screen can be chosen"
        });
        if !scrolls {
            return;
        }
    }
    // What is likely wanted gets the short labels, and of the rest what is near.
    let wanted = wanted(app, &purpose);
    let mut near = places;
    let at = app.cursor();
    near.sort_by_cached_key(|(place, _)| (Reverse(wanted.get(place).copied().unwrap_or(0)), place.gap(at), *place));
    let keys = labels(near.len());
    let labels = keys.into_iter().zip(near).map(|(keys, (at, entity))| JumpLabel { keys, at, entity }).collect();
    app.mode = Mode::Jump { labels, typed: String::new(), purpose };
}

/// Whether the text can be scrolled while the labels stand: where a span is sought that may be anywhere in the document.
fn scrolls(purpose: &JumpPurpose) -> bool {
    matches!(purpose, JumpPurpose::Relate(_) | JumpPurpose::Retarget(..))
}

/// Scrolls by a page and puts labels on what is seen then.
fn scroll(app: &mut App, page: Action, purpose: JumpPurpose) {
    moving::step(app, page);
    // The labels are needed before the next frame is drawn.
    if let Some((_, wrapped)) = app.layout.wrapped.as_ref().filter(|(document, _)| *document == app.current) {
        let (row, rows) = (wrapped.row_of(app.cursor().start()), wrapped.rows().len());
        app.layout.scroll = scroll_to(app.layout.scroll, row, app.layout.visible, rows);
    }
    begin(app, purpose);
}

/// How much speaks for a word, above 0: where a span begins, for going there; where the model deems it possible that a span begins that
/// is not there, for a selection; and where such a span ends, for the end of a selection.
fn wanted(app: &App, purpose: &JumpPurpose) -> HashMap<CharSpan, u32> {
    let mut wanted = HashMap::new();
    let mut speak_for = |at: CharOffset, weight: f32| {
        let known: &mut u32 = wanted.entry(app.unit_at(at)).or_default();
        *known = (*known).max((weight * 1e4) as u32);
    };
    let missing = || app.possible_spans().iter().filter(|it| !app.has_span(it.span, &it.label));
    match purpose {
        JumpPurpose::Go => {
            let shown = app.document().entities.values().filter(|it| it.status != Status::Rejected && app.is_shown(&it.id));
            shown.for_each(|entity| speak_for(entity.hull().start(), 1.0));
        }
        JumpPurpose::Mark => missing().for_each(|it| speak_for(it.span.start(), it.confidence)),
        JumpPurpose::Select(anchor, _) => {
            let from_here = missing().filter(|it| it.span.start() == anchor.start());
            from_here.for_each(|it| speak_for(it.span.end().minus(1), it.confidence));
        }
        JumpPurpose::Relate(_) | JumpPurpose::Retarget(..) => {}
    }
    wanted
}

type Target = (CharSpan, Option<crate::document::AnnotationId>);

fn places(app: &App, purpose: &JumpPurpose) -> Vec<Target> {
    let seen = visible(app);
    let inside = |span: CharSpan| seen.is_none_or(|seen| seen.overlaps(span));
    let spans = |legal: &dyn Fn(&crate::document::AnnotationId) -> bool| -> Vec<Target> {
        let entities = app.document().entities.values();
        let entities = entities.filter(|entity| entity.status != Status::Rejected && app.is_shown(&entity.id));
        let mut targets: Vec<Target> = entities
            .filter(|entity| inside(entity.hull()) && legal(&entity.id))
            .map(|entity| (entity.hull(), Some(entity.id.clone())))
            .collect();
        targets.sort();
        targets
    };
    match purpose {
        JumpPurpose::Go | JumpPurpose::Mark | JumpPurpose::Select(..) => {
            let words = app.segmentation().words().iter().copied().filter(|word| inside(*word));
            let says = |word: &CharSpan| app.document().text.slice(*word).is_some_and(|w| w.chars().any(char::is_alphanumeric));
            words.filter(says).map(|word| (word, None)).collect()
        }
        JumpPurpose::Relate(from) => spans(&|to| to != from && relation::role_and_direction(app, from, to).is_some()),
        JumpPurpose::Retarget(id, end) => {
            let candidates = relation::candidates(app, id, *end);
            spans(&|to| candidates.contains(to))
        }
    }
}

/// The part of the text on the screen; `None` before the first frame.
pub(super) fn visible(app: &App) -> Option<CharSpan> {
    let (document, wrapped) = app.layout.wrapped.as_ref().filter(|(document, _)| *document == app.current)?;
    debug_assert_eq!(*document, app.current);
    let rows = wrapped.rows();
    let first = rows.get(app.layout.scroll).map_or(CharOffset::ZERO, |row| row.start);
    let last = rows.get((app.layout.scroll + app.layout.visible).min(rows.len()).checked_sub(1)?)?.end;
    CharSpan::new(first, last).ok()
}

/// So many labels, none of which begins another: as many of one letter as leave room for the rest with two, those first. What is
/// beyond gets none.
fn labels(count: usize) -> Vec<String> {
    let base = LETTERS.len();
    let letter = |i: usize| LETTERS.get(i % base).map_or('f', |byte| char::from(*byte));
    let single = (0..=base).rev().find(|single| (base - single) * base + single >= count).unwrap_or(0);
    let double = (0..(base - single) * base).map(|i| format!("{}{}", letter(single + i / base), letter(i)));
    (0..single).map(|i| letter(i).to_string()).chain(double).take(count).collect()
}

/// A letter of a label.
pub(super) fn key(app: &mut App, chord: Chord, at: SystemTime) -> Vec<Effect> {
    let Mode::Jump { labels, mut typed, purpose } = std::mem::take(&mut app.mode) else { return Vec::new() };
    let back = match &purpose {
        JumpPurpose::Select(anchor, onto) => Mode::Select { anchor: *anchor, onto: onto.clone() },
        _ => Mode::Normal,
    };
    let page = match chord.code {
        KeyCode::Down | KeyCode::PageDown => Some(Action::PageDown),
        KeyCode::Up | KeyCode::PageUp => Some(Action::PageUp),
        _ => None,
    };
    if let Some(page) = page.filter(|_| scrolls(&purpose)) {
        scroll(app, page, purpose);
        return Vec::new();
    }
    let Some(letter) = chord.typed().filter(|_| chord.code != KeyCode::Esc) else {
        leave(app, back, &purpose);
        return Vec::new();
    };
    typed.push(letter);
    if let Some(label) = labels.iter().find(|label| label.keys == typed) {
        app.mode = back;
        return arrive(app, label, &purpose, at);
    }
    if labels.iter().any(|label| label.keys.starts_with(&typed)) {
        app.mode = Mode::Jump { labels, typed, purpose };
    } else {
        leave(app, back, &purpose);
        app.complain("no such label");
    }
    Vec::new()
}

/// Back to what was looked at before the labels came, and before the text was scrolled.
fn leave(app: &mut App, back: Mode, purpose: &JumpPurpose) {
    app.mode = back;
    if let JumpPurpose::Relate(id) | JumpPurpose::Retarget(id, _) = purpose {
        app.focus_on(id);
    }
}

fn arrive(app: &mut App, label: &JumpLabel, purpose: &JumpPurpose, at: SystemTime) -> Vec<Effect> {
    match (purpose, &label.entity) {
        (JumpPurpose::Relate(from), Some(to)) => relation::connect(app, from, to, at),
        (JumpPurpose::Retarget(id, end), Some(to)) => relation::replace_end(app, id, *end, to, at),
        _ => {
            app.go_to(app.unit_at(label.at.start()));
            if *purpose == JumpPurpose::Mark {
                span::select(app);
            }
            Vec::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_unique_and_none_begins_another() {
        for count in [1, 26, 27, 300, 676, 2000] {
            let labels = labels(count);
            assert_eq!(labels.len(), count);
            for (i, label) in labels.iter().enumerate() {
                assert!(!labels.iter().enumerate().any(|(j, other)| i != j && other.starts_with(label.as_str())), "{label}");
            }
            assert!(count > 600 || labels[0].len() == 1, "what is near has short labels");
        }
    }
}
