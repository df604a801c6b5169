//! The list of documents with their states.

use super::legend::prompt;
use super::popup::{boxed, centred, first_visible};
use super::regions::Regions;
use super::relations::confidence;
use crate::document::{Document, DocumentStatus};
use crate::review::queue;
use crate::tui::app::{App, Prediction};
use crate::tui::glyph::fitted;
use crate::tui::mode::DocumentList;
use crate::tui::update::list::sureness;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

/// Draws the line being typed, what is shown and how, and the documents.
pub(super) fn draw(app: &App, list: &DocumentList, regions: &Regions, buffer: &mut Buffer) {
    let count = app.session.documents().len();
    // As high as for all documents, so that it stays where it is while something is typed.
    let area = centred(regions.whole, 100, (count.min(200) as u16).saturating_add(4));
    let inside = boxed(app, "documents", area, buffer);
    let width = usize::from(inside.width);
    let state = format!("{} · {} of {count} · sorted: {}", list.show.name(), list.rows.len(), list.sort.name());
    let room = width.saturating_sub(state.width() + 2);
    buffer.set_line(inside.x, inside.y, &prompt(app, "/ ", list.line.halves(), room), inside.width);
    let at = inside.right().saturating_sub(state.width() as u16);
    buffer.set_stringn(at.max(inside.x), inside.y, &state, width, app.theme.dim);
    let name_width = width.saturating_sub(53);
    let heading = format!(
        "  {:<name_width$} {:<9} {:>5} {:>5} {:>6} {:>6} {:>6}  model",
        "name", "state", "spans", "roles", "undec.", "sure", "min"
    );
    buffer.set_stringn(inside.x, inside.y + 1, heading, width, app.theme.dim);
    let room = usize::from(inside.height.saturating_sub(2));
    let first = first_visible(list.chosen, list.rows.len(), room);
    for ((number, index), y) in list.rows.iter().enumerate().skip(first).zip(inside.y + 2..inside.bottom()) {
        buffer.set_line(inside.x, y, &row(app, *index, name_width), inside.width);
        if number == list.chosen {
            buffer.set_style(Rect::new(inside.x, y, inside.width, 1), app.theme.chosen);
        }
    }
}

fn row<'a>(app: &App, index: usize, name_width: usize) -> Line<'a> {
    let Some(document) = app.document_at(index) else { return Line::default() };
    let name = fitted(&document.name, name_width);
    let gap = " ".repeat(name_width.saturating_sub(name.width()));
    let standing = document.entities.values().filter(|entity| entity.status.stands()).count();
    let relations = document.relations.values().filter(|relation| relation.status.stands()).count();
    let undecided = queue::count_undecided(document, app.session.filter());
    let flag = if document.marks.flagged { "⚑ " } else { "  " };
    let failed = matches!(app.prediction_of(index), Prediction::Failed(_));
    let model_style = if failed { app.theme.error } else { app.theme.dim };
    Line::from(vec![
        Span::styled(flag, app.theme.notice),
        Span::styled(format!("{name}{gap} "), app.theme.text),
        Span::styled(format!("{:<9} ", state(document)), app.theme.title),
        Span::styled(format!("{standing:>5} {relations:>5} {undecided:>6} "), app.theme.text),
        Span::styled(
            format!("{:>6} {:>6}  ", sureness(app, index).map(confidence).unwrap_or_default(), minutes(app, index)),
            app.theme.dim,
        ),
        Span::styled(model(app, index), model_style),
    ])
}

/// Time spent on a document as minutes and seconds; empty when there was none.
fn minutes(app: &App, index: usize) -> String {
    let seconds = app.session.get(index).map_or(0, |open| open.active_time().milliseconds / 1000);
    if seconds == 0 { String::new() } else { format!("{}:{:02}", seconds / 60, seconds % 60) }
}

fn state(document: &Document) -> &'static str {
    match document.marks.status {
        DocumentStatus::New => "new",
        DocumentStatus::InReview => "in review",
        DocumentStatus::Done => "done",
        DocumentStatus::Skipped => "skipped",
    }
}

fn model(app: &App, index: usize) -> &'static str {
    match app.prediction_of(index) {
        Prediction::NotAsked => "",
        Prediction::Waiting => "waits",
        Prediction::Done => "✓",
        Prediction::Failed(_) => "failed",
    }
}
