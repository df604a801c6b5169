//! The relations of the focused span, drawn over the text: an arc to each partner in the same row, a sign over partners elsewhere.

use super::spans::span_style;
use crate::document::{AnnotationId, Entity, Label};
use crate::text::CharOffset;
use crate::tui::app::App;
use crate::tui::glyph::fitted;
use crate::tui::panel::listed;
use crate::tui::wrap::Placed;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::symbols::line;
use unicode_width::UnicodeWidthStr;

/// A relation of the focused span, as one row sees it.
#[derive(Clone, Debug, PartialEq)]
struct Arc {
    /// Columns of the subject and of the object; `None` where that end is in another row.
    subject: Option<u16>,
    object: Option<u16>,
    role: String,
    style: Style,
}

/// Draws what belongs over the row that holds `start..end`, whose glyphs are `placed`, into the one row of `area`.
pub(super) fn draw(app: &App, (start, end): (CharOffset, CharOffset), placed: &[Placed], area: Rect, buffer: &mut Buffer) {
    let Some(centre) = app.panel_entity() else { return };
    let column = |id: &AnnotationId| {
        let entity = app.document().entities.get(id).filter(|it| start <= it.hull().start() && it.hull().start() < end)?;
        placed.iter().find(|glyph| glyph.at >= entity.hull().start()).map(|glyph| glyph.column)
    };
    let arcs = listed(app, Some(centre)).into_iter().map(|relation| {
        let other = if relation.subject == centre.id { &relation.object } else { &relation.subject };
        let style = app.document().entities.get(other).map_or(app.theme.dim, |other: &Entity| span_style(app, other));
        let role: &Label = &relation.role;
        Arc { subject: column(&relation.subject), object: column(&relation.object), role: fitted(role.as_str(), 16), style }
    });
    for (at, text, style) in placed_arcs(arcs.collect(), column(&centre.id)) {
        if at < area.width {
            buffer.set_stringn(area.x + at, area.y, text, usize::from(area.width - at), style);
        }
    }
}

/// What to write and from which column on: arcs within the row first, the shortest first, each where it crosses no other.
fn placed_arcs(arcs: Vec<Arc>, centre: Option<u16>) -> Vec<(u16, String, Style)> {
    let (mut inside, outside): (Vec<_>, Vec<_>) = arcs.into_iter().partition(|arc| arc.subject.is_some() && arc.object.is_some());
    let ends = |arc: &Arc| arc.subject.zip(arc.object).unwrap_or_default();
    inside.sort_by_key(|arc| ends(arc).0.abs_diff(ends(arc).1));
    let mut taken: Vec<(u16, u16)> = Vec::new();
    let mut drawn = Vec::new();
    for arc in inside {
        let (subject, object) = ends(&arc);
        let (from, to) = (subject.min(object), subject.max(object));
        // Arcs to both sides meet at the focused span.
        let inner = (from + 1, to.max(from + 1));
        if taken.iter().all(|(a, b)| *b <= inner.0 || inner.1 <= *a) {
            taken.push(inner);
            drawn.push((from, across(subject, object, &arc.role), arc.style));
        }
    }
    for arc in outside {
        let here = arc.subject.or(arc.object).filter(|at| Some(*at) != centre);
        let Some(at) = here else { continue };
        let text = if arc.object.is_some() { format!("▼{}", arc.role) } else { format!("╭{}▶", arc.role) };
        let end = at + text.width() as u16;
        if taken.iter().all(|(a, b)| *b <= at || end <= *a) {
            taken.push((at, end));
            drawn.push((at, text, arc.style));
        }
    }
    drawn
}

/// The arc from its left to its right end, with an arrow head over the object and as much of the role as there is room for.
fn across(subject: u16, object: u16, role: &str) -> String {
    let inner = usize::from(subject.abs_diff(object)).saturating_sub(1);
    let role = if role.width() + 2 <= inner { role } else { "" };
    let lines = inner - role.width();
    let middle = format!("{}{role}{}", line::HORIZONTAL.repeat(lines / 2), line::HORIZONTAL.repeat(lines - lines / 2));
    match subject.cmp(&object) {
        std::cmp::Ordering::Less => format!("╭{middle}▼"),
        std::cmp::Ordering::Equal => "▼".to_owned(),
        std::cmp::Ordering::Greater => format!("▼{middle}╮"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arc(subject: Option<u16>, object: Option<u16>) -> Arc {
        Arc { subject, object, role: "ThemeOf".to_owned(), style: Style::new() }
    }

    fn row(arcs: Vec<Arc>, centre: Option<u16>) -> String {
        let mut row = [' '; 40].to_vec();
        for (at, text, _) in placed_arcs(arcs, centre) {
            for (i, c) in text.chars().enumerate() {
                row[usize::from(at) + i] = c;
            }
        }
        row.into_iter().collect::<String>().trim_end().to_owned()
    }

    #[test]
    fn arcs_lead_from_subject_to_object() {
        assert_eq!(row(vec![arc(Some(0), Some(12))], Some(0)), "╭──ThemeOf──▼");
        assert_eq!(row(vec![arc(Some(12), Some(0))], Some(0)), "▼──ThemeOf──╮");
        assert_eq!(row(vec![arc(Some(0), Some(4))], Some(0)), "╭───▼");
    }

    #[test]
    fn arcs_do_not_cross_and_other_rows_are_told() {
        assert_eq!(row(vec![arc(Some(0), Some(12)), arc(Some(24), Some(12))], Some(12)), "╭──ThemeOf──▼──ThemeOf──╮");
        assert_eq!(row(vec![arc(Some(0), Some(20)), arc(Some(10), Some(20))], Some(20)), "          ╭─ThemeOf─▼");
        assert_eq!(row(vec![arc(None, Some(2))], None), "  ▼ThemeOf");
        assert_eq!(row(vec![arc(Some(2), None)], None), "  ╭ThemeOf▶");
        assert_eq!(row(vec![arc(None, Some(2))], Some(2)), "", "the focused span itself says nothing");
    }
}
