//! The relations of the focused span, or of the whole document, as arrows in their true direction.

use super::regions::Regions;
use super::spans::{short_name, span_style, state_mark};
use crate::document::{AnnotationId, Document, Entity, Label, Relation, Schema};
use crate::review::checks::is_legal;
use crate::tui::app::App;
use crate::tui::glyph::{fitted, one_line};
use crate::tui::panel;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

/// Draws the panel.
pub(super) fn draw(app: &App, regions: &Regions, buffer: &mut Buffer) {
    let area = Rect { x: regions.panel.x + 1, width: regions.panel.width.saturating_sub(2), ..regions.panel };
    let centre = panel::centre(app);
    let relations = panel::listed(app, centre);
    buffer.set_line(area.x, area.y, &heading(app, centre, &relations, area.width), area.width);
    let two_rows = regions.beside;
    let height = if two_rows { 2 } else { 1 };
    let room = usize::from(area.height.saturating_sub(2) / height);
    let focus = app.focused_relation().and_then(|focused| relations.iter().position(|relation| relation.id == focused.id));
    let first = focus.map_or(0, |at| (at + 1).saturating_sub(room));
    let mut y = area.y + 1;
    for (number, relation) in relations.iter().enumerate().skip(first).take(room) {
        for line in rows(app, relation, number + 1, usize::from(area.width), two_rows) {
            buffer.set_line(area.x, y, &line, area.width);
            y += 1;
        }
        if focus == Some(number) {
            buffer.set_style(Rect { y: y - height, height, ..area }, app.theme.chosen);
        }
    }
    let hidden = relations.len().saturating_sub(first + room);
    let footer = footer(app, first + hidden);
    buffer.set_stringn(
        area.x,
        area.bottom() - 1,
        fitted(&footer, usize::from(area.width)),
        usize::from(area.width),
        app.theme.dim,
    );
}

fn heading<'a>(app: &App, centre: Option<&Entity>, relations: &[&Relation], width: u16) -> Line<'a> {
    let Some(centre) = centre else {
        let title = if app.all_relations { "RELATIONS of the document" } else { "RELATIONS (focus a span)" };
        return Line::styled(title, app.theme.title);
    };
    let into = relations.iter().filter(|relation| relation.object == centre.id).count();
    let counts = format!("  in {into} · out {}", relations.len() - into);
    let room = usize::from(width).saturating_sub("RELATIONS of \"\"".width() + counts.width());
    let name = fitted(&app.document().covered_text(centre), room);
    Line::from(vec![Span::styled(format!("RELATIONS of \"{name}\""), app.theme.title), Span::styled(counts, app.theme.dim)])
}

/// One relation: on one row, or the subject above and the arrow with the object beneath.
fn rows<'a>(app: &App, relation: &Relation, number: usize, width: usize, two_rows: bool) -> Vec<Line<'a>> {
    let document = app.document();
    let arrow = arrow(app.schema(), &relation.role);
    let arrow_style = Style::new().patch(app.theme.state(relation.status));
    let mark = state_mark(relation.status, &relation.origin);
    let confidence = relation.origin.confidence().map(confidence).unwrap_or_default();
    let illegal = if is_legal(document, app.schema(), relation) { "" } else { " !illegal" };
    let end = format!(" {confidence}{}{mark}{illegal}", if confidence.is_empty() { "" } else { " " });
    let number = format!("{number:>2} ");
    let (subject, subject_style) = end_name(app, document, &relation.subject);
    let (object, object_style) = end_name(app, document, &relation.object);
    if two_rows {
        let object_room = width.saturating_sub(4 + arrow.width() + 1 + end.width());
        return vec![
            Line::from(vec![
                Span::styled(number, app.theme.dim),
                Span::styled(fitted(&subject, width.saturating_sub(3)), subject_style),
            ]),
            Line::from(vec![
                Span::raw("    "),
                Span::styled(format!("{arrow} "), arrow_style),
                Span::styled(fitted(&object, object_room), object_style),
                Span::styled(end, app.theme.dim),
            ]),
        ];
    }
    let room = width.saturating_sub(number.width() + arrow.width() + 2 + end.width());
    let subject_room = subject.width().min((room / 2).max(room.saturating_sub(object.width())));
    let subject = fitted(&subject, subject_room);
    let object = fitted(&object, room.saturating_sub(subject.width()));
    vec![Line::from(vec![
        Span::styled(number, app.theme.dim),
        Span::styled(subject, subject_style),
        Span::styled(format!(" {arrow} "), arrow_style),
        Span::styled(object, object_style),
        Span::styled(end, app.theme.dim),
    ])]
}

/// An arrow with its role, e.g. `═CauseOf═▶`: each of the first roles of the schema has a line of its own kind.
pub(super) fn arrow(schema: &Schema, role: &Label) -> String {
    let line = line_of(schema, role);
    format!("{line}{}{line}▶", fitted(role.as_str(), 16))
}

/// The same without the name of the role: `═▶`.
pub(super) fn short_arrow(schema: &Schema, role: &Label) -> String {
    format!("{}▶", line_of(schema, role))
}

fn line_of(schema: &Schema, role: &Label) -> &'static str {
    match schema.roles.iter().position(|known| known.name == *role) {
        Some(0) => "─",
        Some(1) => "═",
        _ => "┄",
    }
}

/// `.93` for 0.93.
pub(super) fn confidence(value: f32) -> String {
    let hundredths = (value * 100.0).round().clamp(0.0, 100.0) as u32;
    if hundredths == 100 { "1.0".to_owned() } else { format!(".{hundredths:02}") }
}

/// Type and text of an end; its id when it is no span.
fn end_name(app: &App, document: &Document, id: &AnnotationId) -> (String, Style) {
    match document.entities.get(id) {
        Some(entity) => {
            let name = format!("{} {}", short_name(app, entity), one_line(&document.covered_text(entity)));
            (name, span_style(app, entity))
        }
        None => (fitted(id.as_str(), 20), app.theme.dim),
    }
}

fn footer(app: &App, hidden: usize) -> String {
    let document = app.document();
    let standing = |shown: usize, what: &str| format!("{shown} {what}{}", if shown == 1 { "" } else { "s" });
    let spans = document.entities.keys().filter(|id| app.is_shown(id)).count();
    let relations = document.relations.keys().filter(|id| app.is_shown(id)).count();
    let mut footer = format!("{} · {}", standing(spans, "span"), standing(relations, "relation"));
    if hidden > 0 {
        footer = format!("{hidden} more · {footer}");
    }
    let undecided = app.undecided();
    let threshold = app.session.filter().threshold();
    let from = if threshold > 0.0 { format!(" ≥ {}", confidence(threshold)) } else { String::new() };
    format!("{footer} · {undecided} undecided{from}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_have_arrows_of_their_own() {
        let schema = Schema::agac().unwrap();
        assert_eq!(arrow(&schema, &"ThemeOf".into()), "─ThemeOf─▶");
        assert_eq!(arrow(&schema, &"CauseOf".into()), "═CauseOf═▶");
        assert_eq!(arrow(&schema, &"Else".into()), "┄Else┄▶");
    }

    #[test]
    fn confidences_are_short() {
        assert_eq!([0.0, 0.934, 0.999, 1.0].map(confidence), [".00", ".93", "1.0", "1.0"]);
    }
}
