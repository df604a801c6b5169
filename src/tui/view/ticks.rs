//! Lists with ticks, in the place of the relations.

use super::regions::Regions;
use super::relations::{arrow, confidence, short_arrow};
use super::spans::{short_label, tint_of};
use crate::document::{AnnotationId, Label, Origin};
use crate::review::queue;
use crate::tui::app::App;
use crate::tui::glyph::{fitted, one_line};
use crate::tui::mode::{Tick, TickKind, TickList, Ticked};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

/// Columns that a span needs at least.
const SPAN: u16 = 20;

/// Columns from which on it is also told how sure the model is.
const ROOMY: u16 = 24;

/// How many spans and how many roles fit.
pub(super) fn room(regions: &Regions) -> (usize, usize) {
    let area = inner(regions);
    let height = usize::from(area.height.saturating_sub(1));
    (height * span_columns(area), height)
}

fn inner(regions: &Regions) -> Rect {
    Rect { x: regions.panel.x + 1, width: regions.panel.width.saturating_sub(2), ..regions.panel }
}

fn span_columns(area: Rect) -> usize {
    usize::from((area.width / SPAN).max(1))
}

/// Draws a list.
pub(super) fn draw(app: &App, list: &TickList, regions: &Regions, buffer: &mut Buffer) {
    let area = inner(regions);
    buffer.set_line(area.x, area.y, &heading(app, list, usize::from(area.width)), area.width);
    let rows = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    match list.kind {
        TickKind::Spans => spans(app, list, rows, buffer),
        TickKind::Roles => roles(app, list, rows, regions.beside, buffer),
    }
}

fn heading<'a>(app: &App, list: &TickList, width: usize) -> Line<'a> {
    let proposal = |row: &&Tick| matches!(row.what, Ticked::Proposal(_));
    let ticked = list.rows.iter().filter(|row| row.ticked).count();
    let rejected = list.rows.iter().filter(|row| !row.ticked).filter(proposal).count();
    let what = match list.kind {
        TickKind::Spans => "SPANS",
        TickKind::Roles => "ROLES",
    };
    let more = if list.more > 0 { format!(" · {} more", list.more) } else { String::new() };
    let counts =
        fitted(&format!("  ✓ {ticked} · ✗ {rejected} · from {}{more}", confidence(list.level)), width.saturating_sub(what.len()));
    Line::from(vec![Span::styled(what, app.theme.title), Span::styled(counts, app.theme.dim)])
}

/// The key of a row, its tick, and whether it is a proposal that is rejected without the tick.
fn head<'a>(app: &App, row: &Tick) -> [Span<'a>; 2] {
    let sign = match (&row.what, row.ticked) {
        (_, true) => "✓",
        (Ticked::Proposal(_), false) => "✗",
        _ => "·",
    };
    [Span::styled(format!("{} ", row.key), app.theme.key), Span::styled(format!("{sign} "), app.theme.title)]
}

/// How sure the model is, or which annotator says so.
fn sureness(app: &App, row: &Tick) -> String {
    let said = || match &row.what {
        Ticked::Proposal(id) => match queue::state(app.document(), id)?.1 {
            Origin::Annotator { name } => Some(format!(" {}", fitted(name, 8))),
            _ => None,
        },
        _ => None,
    };
    row.confidence.map(|value| format!(" {}", confidence(value))).or_else(said).unwrap_or_default()
}

/// Type and words of a span, with the look of its type; dimmed without a tick.
fn spans(app: &App, list: &TickList, area: Rect, buffer: &mut Buffer) {
    // No narrower than it has to be.
    let columns = list.rows.len().div_ceil(usize::from(area.height).max(1)).clamp(1, span_columns(area));
    let width = area.width / columns as u16;
    let per_column = list.rows.len().div_ceil(columns).max(1);
    for (number, row) in list.rows.iter().enumerate() {
        let (column, y) = ((number / per_column) as u16, (number % per_column) as u16);
        let document = app.document();
        let (label, words) = match &row.what {
            Ticked::Span(span, label) => (label.clone(), document.text.slice(*span).unwrap_or_default().to_owned()),
            Ticked::Proposal(id) => match document.entities.get(id) {
                Some(entity) => (entity.label.clone(), document.covered_text(entity)),
                None => continue,
            },
            Ticked::Role(..) => continue,
        };
        if y >= area.height {
            continue;
        }
        // Where columns are few, the words matter more.
        let end = if width >= ROOMY || row.confidence.is_none() { sureness(app, row) } else { String::new() };
        let style = if row.ticked { tint_of(app, &label) } else { app.theme.dim };
        let label = format!("{:<6} ", short_label(app, &label));
        let room = usize::from(width).saturating_sub(4 + label.width() + end.width() + 1);
        let [key, sign] = head(app, row);
        let line = Line::from(vec![
            key,
            sign,
            Span::styled(label, style),
            Span::styled(fitted(&one_line(&words), room), style),
            Span::styled(end, app.theme.dim),
        ]);
        buffer.set_line(area.x + column * width, area.y + y, &line, width);
    }
}

/// Both ends of a role and the arrow between them, in two rows where there is room for all, else with a short arrow where it is narrow.
fn roles(app: &App, list: &TickList, area: Rect, beside: bool, buffer: &mut Buffer) {
    let width = usize::from(area.width);
    let two_rows = beside && list.rows.len() * 2 <= usize::from(area.height);
    let mut y = area.y;
    for row in &list.rows {
        let (subject, role, object) = match &row.what {
            Ticked::Role(subject, role, object) => (subject, role, object),
            Ticked::Proposal(id) => match app.document().relations.get(id) {
                Some(relation) => (&relation.subject, &relation.role, &relation.object),
                None => continue,
            },
            Ticked::Span(..) => continue,
        };
        let lines = role_lines(app, row, (subject, role, object), width, (two_rows, beside));
        for line in lines.iter().take(usize::from(area.bottom().saturating_sub(y))) {
            buffer.set_line(area.x, y, line, area.width);
            y += 1;
        }
    }
}

fn role_lines<'a>(
    app: &App,
    row: &Tick,
    (subject, role, object): (&AnnotationId, &Label, &AnnotationId),
    width: usize,
    (two_rows, narrow): (bool, bool),
) -> Vec<Line<'a>> {
    let [key, sign] = head(app, row);
    let arrow = arrow(app.schema(), role);
    let end = sureness(app, row);
    let name = |id: &AnnotationId| match app.document().entities.get(id) {
        Some(entity) => {
            let style = if row.ticked { tint_of(app, &entity.label) } else { app.theme.dim };
            let words = one_line(&app.document().covered_text(entity));
            let label = if narrow && !two_rows { String::new() } else { format!("{} ", short_label(app, &entity.label)) };
            (format!("{label}{words}"), style)
        }
        None => (id.to_string(), app.theme.dim),
    };
    let ((subject, subject_style), (object, object_style)) = (name(subject), name(object));
    let arrow_style = if row.ticked { app.theme.title } else { app.theme.dim };
    if two_rows {
        let room = width.saturating_sub(5 + arrow.width() + end.width());
        return vec![
            Line::from(vec![key, sign, Span::styled(fitted(&subject, width.saturating_sub(4)), subject_style)]),
            Line::from(vec![
                Span::styled(format!("    {arrow} "), arrow_style),
                Span::styled(fitted(&object, room), object_style),
                Span::styled(end, app.theme.dim),
            ]),
        ];
    }
    let arrow = if narrow { short_arrow(app.schema(), role) } else { arrow };
    let room = width.saturating_sub(6 + arrow.width() + end.width());
    let subject = fitted(&subject, (room / 2).max(room.saturating_sub(object.width())));
    let object = fitted(&object, room.saturating_sub(subject.width()));
    vec![Line::from(vec![
        key,
        sign,
        Span::styled(subject, subject_style),
        Span::styled(format!(" {arrow} "), arrow_style),
        Span::styled(object, object_style),
        Span::styled(end, Style::new().patch(app.theme.dim)),
    ])]
}
