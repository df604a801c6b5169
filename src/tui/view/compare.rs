//! What annotators say of one place, side by side.

use super::popup::in_corner;
use super::regions::Regions;
use super::relations::arrow;
use super::spans::{short_name, span_style};
use crate::document::AnnotationId;
use crate::review::{Disagreement, Side};
use crate::tui::app::App;
use crate::tui::glyph::fitted;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

/// The widest that a side gets, in columns.
const WIDEST: usize = 38;

/// Draws the sides in a corner where they do not hide the row of the cursor.
pub(super) fn draw(app: &App, both: &Disagreement, regions: &Regions, cursor_row: u16, buffer: &mut Buffer) {
    let whole = regions.whole;
    let count = both.sides.len().max(1);
    let width = (usize::from(whole.width).saturating_sub(6) / count).clamp(8, WIDEST);
    let heads = both.sides.iter().enumerate().map(|(i, side)| {
        let name = fitted(&side.name, width - 4);
        (vec![Span::styled(format!("{} ", i + 1), app.theme.key), Span::styled(name, app.theme.title)], app.theme.text)
    });
    let mut lines = vec![row(heads, width)];
    let longest = both.sides.iter().map(|side| side.items.len()).max().unwrap_or(0).max(1);
    for number in 0..longest {
        let cells = both.sides.iter().map(|side| (cell(app, side, number, width - 2), app.theme.text));
        lines.push(row(cells, width));
    }
    let within = Rect { height: regions.status.y - 1 - whole.y, ..whole };
    in_corner(app, "who is right?", &lines, within, cursor_row, buffer);
}

/// Cells beside each other, each as wide.
fn row<'a>(cells: impl Iterator<Item = (Vec<Span<'a>>, Style)>, width: usize) -> Line<'a> {
    let mut line = Line::default();
    for (cell, style) in cells {
        let used: usize = cell.iter().map(Span::width).sum();
        line.extend(cell);
        line.push_span(Span::styled(" ".repeat(width.saturating_sub(used)), style));
    }
    line
}

fn cell<'a>(app: &App, side: &Side, number: usize, width: usize) -> Vec<Span<'a>> {
    match side.items.get(number) {
        Some(id) => said(app, id, width),
        None if number == 0 => vec![Span::styled(fitted("nothing", width), app.theme.dim)],
        None => Vec::new(),
    }
}

/// A span with its type, or a relation with both ends.
fn said<'a>(app: &App, id: &AnnotationId, width: usize) -> Vec<Span<'a>> {
    let document = app.document();
    if let Some(entity) = document.entities.get(id) {
        let text = format!("{} \"{}\"", short_name(app, entity), document.covered_text(entity));
        return vec![Span::styled(fitted(&text, width), span_style(app, entity))];
    }
    let Some(relation) = document.relations.get(id) else { return Vec::new() };
    let arrow = format!(" {} ", arrow(app.schema(), &relation.role));
    let room = width.saturating_sub(arrow.width()) / 2;
    let end = |id: &AnnotationId| match document.entities.get(id) {
        Some(entity) => {
            let name = format!("{} {}", short_name(app, entity), document.covered_text(entity));
            Span::styled(fitted(&name, room), span_style(app, entity))
        }
        None => Span::styled(fitted(id.as_str(), room), app.theme.dim),
    };
    vec![end(&relation.subject), Span::styled(arrow, app.theme.title), end(&relation.object)]
}
