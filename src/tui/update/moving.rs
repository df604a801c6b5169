//! Moving the cursor and the focus.

use crate::document::AnnotationId;
use crate::review::queue;
use crate::text::{CharOffset, CharSpan};
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::wrap::Row;

/// Moves the cursor by words, characters, lines or pages.
pub(super) fn step(app: &mut App, action: Action) {
    let to = match action {
        Action::WordLeft => neighbour(app, false),
        Action::WordRight => neighbour(app, true),
        Action::LineDown => by_rows(app, 1),
        Action::LineUp => by_rows(app, -1),
        Action::PageDown => by_rows(app, page(app)),
        Action::PageUp => by_rows(app, -page(app)),
        Action::TextEnd => Some(app.unit_at(app.document().text.len())),
        _ => Some(app.unit_at(CharOffset::ZERO)),
    };
    if let Some(to) = to {
        app.go_to(to);
    }
}

fn page(app: &App) -> isize {
    app.layout.visible.saturating_sub(1).max(1) as isize
}

/// The next or previous character, or the word that holds a letter or digit: punctuation alone is passed over.
fn neighbour(app: &App, forwards: bool) -> Option<CharSpan> {
    let at = app.cursor();
    if app.by_char {
        let text_end = app.document().text.len();
        let to = if forwards { at.end() } else { at.start().minus(1) };
        return (to < text_end && to != at.start()).then(|| app.unit_at(to));
    }
    let words = app.segmentation().words();
    let says_something =
        |word: &&CharSpan| app.document().text.slice(**word).is_some_and(|word| word.chars().any(char::is_alphanumeric));
    let found = if forwards {
        words.iter().skip(words.partition_point(|word| word.start() < at.end())).find(says_something)
    } else {
        words.iter().take(words.partition_point(|word| word.end() <= at.start())).rev().find(says_something)
    };
    found.copied()
}

/// The word in another row of the screen, beneath or above the cursor. Rows without a word are passed over.
fn by_rows(app: &App, rows: isize) -> Option<CharSpan> {
    let (_, wrapped) = app.layout.wrapped.as_ref().filter(|(document, _)| *document == app.current)?;
    let text = &app.document().text;
    let at = app.cursor().start();
    let (row, column) = (wrapped.row_of(at), wrapped.column_of(text, at));
    let last = wrapped.rows().len().saturating_sub(1);
    let mut target = row.saturating_add_signed(rows).min(last);
    loop {
        let unit = wrapped.rows().get(target).and_then(|row| unit_in(app, *row, wrapped.at_column(text, target, column)));
        if unit.is_some() {
            return unit.filter(|_| target != row);
        }
        let next = target.saturating_add_signed(rows.signum()).min(last);
        if next == target {
            return None;
        }
        target = next;
    }
}

/// The word of a row that is nearest to a position; with character steps the character there.
fn unit_in(app: &App, row: Row, at: CharOffset) -> Option<CharSpan> {
    if app.by_char {
        return (row.start < row.end).then(|| app.unit_at(at));
    }
    let words = app.segmentation().words();
    let first = words.partition_point(|word| word.start() < row.start);
    let behind = words.partition_point(|word| word.start() < row.end);
    let here = words.get(first..behind)?;
    let far = |word: &CharSpan| if word.contains(at) { 0 } else { 1 + word.start().get().abs_diff(at.get()) };
    here.iter().copied().min_by_key(far)
}

/// Moves the focus from item to item, or from sentence to sentence.
pub(super) fn hop(app: &mut App, action: Action) {
    let document = app.current;
    let here = here(app, action);
    let found = match action {
        Action::NextUndecided => app.session.next_undecided(document, here.as_ref()),
        Action::PreviousUndecided => app.session.previous_undecided(document, here.as_ref()),
        Action::NextItem | Action::PreviousItem => neighbour_item(app, action == Action::NextItem, here.as_ref()),
        _ => sentence(app, action == Action::NextSentence),
    };
    match (found, action) {
        (Some(id), _) => app.focus_on(&id),
        (None, Action::NextUndecided | Action::PreviousUndecided) if app.undecided() > 0 => {
            // Once around: what is left lies on the other side of the document.
            let id = match action {
                Action::NextUndecided => app.session.next_undecided(document, None),
                _ => app.session.previous_undecided(document, None),
            };
            if let Some(id) = id {
                app.focus_on(&id);
                app.say("went round to the other end of the document");
            }
        }
        (None, Action::NextUndecided | Action::PreviousUndecided) => app.say(nothing_left(app)),
        (None, _) => app.say("no more items that way"),
    }
}

/// The next undecided item behind what is focused, or behind the cursor.
pub(super) fn next_undecided(app: &App) -> Option<AnnotationId> {
    app.session.next_undecided(app.current, here(app, Action::NextUndecided).as_ref())
}

/// What to say when every item is decided.
pub(super) fn nothing_left(app: &App) -> String {
    let hidden = app.undecided_hidden();
    if hidden > 0 {
        let key = app.keymap.key_of(Action::Filter).unwrap_or_default();
        return format!("nothing that is shown is undecided; {hidden} more are hidden by the filter ({key})");
    }
    let key = app.keymap.key_of(Action::Done).unwrap_or_default();
    format!("nothing is undecided here; {key} marks the document done and opens the next")
}

/// The focused item, else the last item before the cursor, or going backwards the first behind it.
fn here(app: &App, action: Action) -> Option<AnnotationId> {
    if let Some(focus) = app.focus() {
        return Some(focus.clone());
    }
    let at = app.cursor().start();
    let order = queue::reading_order(app.document());
    let starts_before = |id: &&AnnotationId| queue::place(app.document(), id).is_some_and(|place| place.start() <= at);
    match action {
        Action::NextUndecided | Action::NextItem => order.iter().rev().find(starts_before).cloned(),
        _ => order.iter().find(|id| !starts_before(id)).cloned(),
    }
}

fn neighbour_item(app: &App, forwards: bool, here: Option<&AnnotationId>) -> Option<AnnotationId> {
    let order: Vec<_> = queue::reading_order(app.document());
    let shown = |id: &&AnnotationId| app.is_shown(id);
    let at = here.and_then(|here| order.iter().position(|id| id == here));
    if forwards {
        order.iter().skip(at.map_or(0, |at| at + 1)).find(shown).cloned()
    } else {
        order.iter().take(at.unwrap_or(order.len())).rev().find(shown).cloned()
    }
}

/// The first shown item of the next or previous sentence that holds one.
fn sentence(app: &App, forwards: bool) -> Option<AnnotationId> {
    let segmentation = app.segmentation();
    let here = segmentation.sentence_at(app.cursor().start());
    let items = queue::reading_order(app.document()).into_iter().filter(|id| app.is_shown(id)).filter_map(|id| {
        let at = segmentation.sentence_at(queue::place(app.document(), &id)?.start());
        Some((at, id))
    });
    if forwards {
        return items.into_iter().find(|(at, _)| *at > here).map(|(_, id)| id);
    }
    let before: Vec<_> = items.filter(|(at, _)| *at < here).collect();
    let last = before.last()?.0;
    before.into_iter().find(|(at, _)| *at == last).map(|(_, id)| id)
}
