//! The list of documents with their states.

use super::popup::{boxed, centred, first_visible};
use super::regions::Regions;
use crate::document::{Document, DocumentStatus};
use crate::review::queue;
use crate::tui::app::{App, Prediction};
use crate::tui::glyph::fitted;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

/// Draws the list; `chosen` is a document's index.
pub(super) fn draw(app: &App, chosen: usize, regions: &Regions, buffer: &mut Buffer) {
    let count = app.session.documents().len();
    let area = centred(regions.whole, 100, (count as u16).saturating_add(3));
    let inside = boxed(app, "documents", area, buffer);
    let name_width = usize::from(inside.width).saturating_sub(46);
    let heading = format!("  {:<name_width$} {:<9} {:>6} {:>9} {:>9}  model", "name", "state", "spans", "relations", "undecided");
    buffer.set_stringn(inside.x, inside.y, heading, usize::from(inside.width), app.theme.dim);
    let first = first_visible(chosen, count, usize::from(inside.height.saturating_sub(1)));
    for (index, y) in (first..count).zip(inside.y + 1..inside.bottom()) {
        buffer.set_line(inside.x, y, &row(app, index, name_width), inside.width);
        if index == chosen {
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
    let undecided = queue::count_undecided(document, app.session.threshold());
    let flag = if document.marks.flagged { "⚑ " } else { "  " };
    let failed = matches!(app.prediction_of(index), Prediction::Failed(_));
    let model_style = if failed { app.theme.error } else { app.theme.dim };
    Line::from(vec![
        Span::styled(flag, app.theme.notice),
        Span::styled(format!("{name}{gap} "), app.theme.text),
        Span::styled(format!("{:<9} ", state(document)), app.theme.title),
        Span::styled(format!("{standing:>6} {relations:>9} {undecided:>9}  "), app.theme.text),
        Span::styled(model(app, index), model_style),
    ])
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
