//! What may be typed next: after the first key of a chord, and where a type, a partner or an end is chosen.

use super::popup::in_corner;
use super::regions::Regions;
use super::relations::arrow;
use super::spans::{short_name, span_style};
use crate::document::{AnnotationId, EntityType, Tint};
use crate::review::{Partner, RelationEnd};
use crate::tui::app::App;
use crate::tui::chord::Chord;
use crate::tui::glyph::fitted;
use crate::tui::keymap::{Continuation, Match};
use crate::tui::mode::Mode;
use ratatui::buffer::Buffer;
use ratatui::text::{Line, Span};

/// Draws the menu of the mode, if it has one, in a corner where it does not hide the row of the cursor.
pub(super) fn draw(app: &App, regions: &Regions, cursor_row: u16, buffer: &mut Buffer) {
    let (title, lines) = match &app.mode {
        Mode::Normal if !app.pending.is_empty() => pending(app),
        Mode::Select { .. } => ("type a letter".to_owned(), types(app, regions)),
        Mode::Retype { .. } => ("new type".to_owned(), types(app, regions)),
        Mode::Relate { from, partners } => ("relate".to_owned(), partner_lines(app, from, partners)),
        Mode::Retarget { end, candidates, .. } => {
            let end = if *end == RelationEnd::Subject { "new subject" } else { "new object" };
            (end.to_owned(), candidates.iter().enumerate().map(|(i, id)| numbered(app, i, vec![end_span(app, id)])).collect())
        }
        _ => return,
    };
    let whole = regions.whole;
    let within = ratatui::layout::Rect { height: regions.status.y - 1 - whole.y, ..whole };
    in_corner(app, &title, &lines, within, cursor_row, buffer);
}

fn pending<'a>(app: &App) -> (String, Vec<Line<'a>>) {
    let title = app.pending.iter().map(Chord::to_string).collect::<Vec<_>>().join(" ");
    let Match::Pending(next) = app.keymap.lookup(&app.pending) else { return (title, Vec::new()) };
    let lines = next.into_iter().map(|(chord, continuation)| {
        let doc = match continuation {
            Continuation::Action(action) => action.doc(),
            Continuation::More => "…",
        };
        Line::from(vec![Span::styled(format!("{chord}  "), app.theme.key), Span::styled(doc, app.theme.text)])
    });
    (title, lines.collect())
}

/// The types with their letters: with descriptions where there is room, else several in a row.
fn types<'a>(app: &App, regions: &Regions) -> Vec<Line<'a>> {
    if !regions.beside {
        let entry = |entity: &EntityType| {
            let name = Span::styled(format!("{:<13}", fitted(entity.name.as_str(), 12)), app.theme.tint(entity.tint));
            [Span::styled(format!("{} ", entity.key), app.theme.key), name]
        };
        let rows = app.schema().entities.chunks(4);
        return rows.map(|row| Line::from(row.iter().flat_map(entry).collect::<Vec<_>>())).collect();
    }
    let line = |entity: &EntityType| {
        Line::from(vec![
            Span::styled(format!("{}  ", entity.key), app.theme.key),
            Span::styled(format!("{:<12}", fitted(entity.name.as_str(), 12)), app.theme.tint(entity.tint)),
            Span::styled(fitted(&entity.description, 36), app.theme.dim),
        ])
    };
    app.schema().entities.iter().map(line).collect()
}

fn partner_lines<'a>(app: &App, from: &AnnotationId, partners: &[Partner]) -> Vec<Line<'a>> {
    let line = |(i, partner): (usize, &Partner)| {
        let arrow = Span::styled(format!(" {} ", arrow(app.schema(), &partner.role)), app.theme.title);
        let (own, other) = (end_span(app, from), end_span(app, &partner.entity));
        let spans = if partner.entity_is_subject { vec![own, arrow, other] } else { vec![other, arrow, own] };
        numbered(app, i, spans)
    };
    partners.iter().enumerate().map(line).collect()
}

fn numbered<'a>(app: &App, index: usize, spans: Vec<Span<'a>>) -> Line<'a> {
    let number = Span::styled(format!("{}  ", index + 1), app.theme.key);
    Line::from(std::iter::once(number).chain(spans).collect::<Vec<_>>())
}

fn end_span<'a>(app: &App, id: &AnnotationId) -> Span<'a> {
    match app.document().entities.get(id) {
        Some(entity) => {
            let text = format!("{} {}", short_name(app, entity), app.document().covered_text(entity));
            Span::styled(fitted(&text, 28), span_style(app, entity))
        }
        None => Span::styled(fitted(id.as_str(), 28), app.theme.tint(Tint::Other)),
    }
}
