//! The list of documents: typing searches it, tab sorts it, shift-tab filters it.

use crate::document::{DocumentStatus, Origin};
use crate::review::queue;
use crate::tui::app::App;
use crate::tui::chord::Chord;
use crate::tui::event::Effect;
use crate::tui::mode::{DocumentList, Mode, Show, Sort};
use crossterm::event::{KeyCode, KeyModifiers};
use std::cmp::Reverse;

/// Opens the list at the open document.
pub(super) fn open(app: &mut App) {
    let mut list = DocumentList::default();
    fill(app, &mut list);
    app.mode = Mode::DocumentList(list);
}

/// Text was pasted: a PMID, say.
pub(super) fn paste(app: &mut App, text: &str) {
    if let Mode::DocumentList(mut list) = std::mem::take(&mut app.mode) {
        list.line.insert(text);
        fill(app, &mut list);
        app.mode = Mode::DocumentList(list);
    }
}

/// A key while the list is open.
pub(super) fn key(app: &mut App, chord: Chord) -> Vec<Effect> {
    let Mode::DocumentList(mut list) = std::mem::take(&mut app.mode) else { return Vec::new() };
    let last = list.rows.len().saturating_sub(1);
    let back = chord.modifiers.contains(KeyModifiers::SHIFT);
    match chord.code {
        KeyCode::Esc => return Vec::new(),
        KeyCode::Enter => {
            match list.rows.get(list.chosen) {
                Some(index) => app.open(*index),
                None => app.complain("no document is chosen"),
            }
            return Vec::new();
        }
        KeyCode::Down => list.chosen = (list.chosen + 1).min(last),
        KeyCode::Up => list.chosen = list.chosen.saturating_sub(1),
        KeyCode::PageDown => list.chosen = (list.chosen + 10).min(last),
        KeyCode::PageUp => list.chosen = list.chosen.saturating_sub(10),
        KeyCode::Home if list.line.text().is_empty() => list.chosen = 0,
        KeyCode::End if list.line.text().is_empty() => list.chosen = last,
        KeyCode::Tab if back => {
            list.show = after(&Show::ALL, list.show);
            fill(app, &mut list);
        }
        KeyCode::Tab => {
            list.sort = after(&Sort::ALL, list.sort);
            fill(app, &mut list);
        }
        _ => {
            if list.line.key(chord) {
                fill(app, &mut list);
            }
        }
    }
    app.mode = Mode::DocumentList(list);
    Vec::new()
}

fn after<T: Copy + PartialEq>(all: &[T], now: T) -> T {
    let at = all.iter().position(|other| *other == now).unwrap_or(0);
    all.get(at + 1).or(all.first()).copied().unwrap_or(now)
}

/// Finds the rows anew; the open document is chosen if it is among them and nothing was typed, else the first.
fn fill(app: &App, list: &mut DocumentList) {
    let wanted = list.line.text().trim().to_lowercase();
    let count = app.session.documents().len();
    let named =
        |index: &usize| app.document_at(*index).is_some_and(|it| wanted.is_empty() || it.name.to_lowercase().contains(&wanted));
    let mut rows: Vec<usize> = (0..count).filter(|index| shown(app, *index, list.show)).filter(named).collect();
    match list.sort {
        Sort::Opened => {}
        Sort::Name => rows.sort_by_cached_key(|index| app.document_at(*index).map(|document| document.name.to_lowercase())),
        Sort::Undecided => rows.sort_by_cached_key(|index| Reverse(undecided(app, *index))),
        // Documents without proposals come last.
        Sort::Confidence => rows.sort_by_cached_key(|index| sureness(app, *index).map_or(u32::MAX, |it| (it * 1e6) as u32)),
        Sort::Minutes => {
            rows.sort_by_cached_key(|index| Reverse(app.session.get(*index).map(|it| it.active_time().milliseconds)))
        }
    }
    // A document whose name is just what was typed comes first: a PMID may begin another.
    if !wanted.is_empty() {
        let ends = |index: &usize| app.document_at(*index).is_some_and(|it| it.name.to_lowercase().ends_with(&wanted));
        rows.sort_by_key(|index| !ends(index));
    }
    list.chosen = rows.iter().position(|index| *index == app.current).filter(|_| wanted.is_empty()).unwrap_or(0);
    list.rows = rows;
}

fn shown(app: &App, index: usize, show: Show) -> bool {
    let Some(marks) = app.document_at(index).map(|document| &document.marks) else { return false };
    match show {
        Show::All => true,
        Show::New => marks.status == DocumentStatus::New,
        Show::InReview => marks.status == DocumentStatus::InReview,
        Show::Done => marks.status == DocumentStatus::Done,
        Show::Skipped => marks.status == DocumentStatus::Skipped,
        Show::Flagged => marks.flagged,
        Show::Undecided => undecided(app, index) > 0,
    }
}

fn undecided(app: &App, index: usize) -> usize {
    app.document_at(index).map_or(0, |document| queue::count_undecided(document, app.session.filter()))
}

/// The mean confidence, 0 to 1, of what the model proposed; `None` when it proposed nothing.
pub(in crate::tui) fn sureness(app: &App, index: usize) -> Option<f32> {
    let document = app.document_at(index)?;
    let origins = document.entities.values().map(|entity| &entity.origin);
    let origins = origins.chain(document.relations.values().map(|relation| &relation.origin));
    let add = |(sum, count): (f32, f32), value| (sum + value, count + 1.0);
    let (sum, count) = origins.filter_map(Origin::confidence).fold((0.0, 0.0), add);
    (count > 0.0).then_some(sum / count)
}
