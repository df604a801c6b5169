//! How spans look: state marks, markers beneath the text, and where the tags go so that none hides another.

use crate::document::{Entity, Label, Origin, Status, Tint};
use crate::tui::app::App;
use crate::tui::glyph::fitted;
use ratatui::style::{Modifier, Style};
use unicode_width::UnicodeWidthStr;

/// The sign of a state behind a tag: nothing for what was given and left as it was.
pub(super) fn state_mark(status: Status, origin: &Origin) -> &'static str {
    match (status, origin) {
        (Status::Proposed, _) => "?",
        (Status::Accepted, Origin::Given) => "",
        (Status::Accepted, _) => "✓",
        (Status::Corrected, _) => "~",
        (Status::Rejected, _) => "✗",
    }
}

/// What is drawn beneath each column of a span.
pub(super) fn marker(status: Status, origin: &Origin) -> &'static str {
    match (status, origin) {
        (Status::Proposed, _) => "┄",
        (Status::Accepted, Origin::Given) => "─",
        (Status::Accepted, _) => "━",
        (Status::Corrected, _) => "~",
        (Status::Rejected, _) => "╌",
    }
}

/// The look of a type.
pub(super) fn tint_of(app: &App, label: &Label) -> Style {
    app.schema().entity(label).map_or(app.theme.tint(Tint::Other), |known| app.theme.tint(known.tint))
}

/// The look of a span's text: its type's colour and its state.
pub(super) fn span_style(app: &App, entity: &Entity) -> Style {
    let tint = tint_of(app, &entity.label);
    match (entity.status, &entity.origin) {
        (Status::Accepted, Origin::Given) => tint,
        (status, _) => tint.patch(app.theme.state(status)),
    }
}

/// The look of a span's tag and marker: like its text, but never struck, so that it can be read.
pub(super) fn tag_style(app: &App, entity: &Entity) -> Style {
    span_style(app, entity).remove_modifier(Modifier::CROSSED_OUT)
}

/// The short name of a span's type with the sign of its state.
pub(super) fn tag(app: &App, entity: &Entity) -> String {
    format!("{}{}", short_name(app, entity), state_mark(entity.status, &entity.origin))
}

/// The short name of a span's type.
pub(super) fn short_name(app: &App, entity: &Entity) -> String {
    short_label(app, &entity.label)
}

/// The short name of a type.
pub(super) fn short_label(app: &App, label: &Label) -> String {
    let known = app.schema().entity(label).map(|known| known.tag.as_str());
    fitted(known.unwrap_or(label.as_str()), 7)
}

/// A tag that wants to stand beneath the columns `from..to`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tag {
    pub from: u16,
    pub to: u16,
    pub text: String,
    pub style: Style,
    /// Placed before all others.
    pub focused: bool,
}

/// Puts tags into a row: each at the start of its span, or shifted right while it still begins beneath it. What finds no place
/// is left out; the focused one always has its place.
pub(super) fn place_tags(mut tags: Vec<Tag>, width: u16) -> Vec<(u16, Tag)> {
    tags.sort_by_key(|tag| (!tag.focused, tag.from));
    let mut placed: Vec<(u16, Tag)> = Vec::new();
    for tag in tags {
        let length = tag.text.width() as u16;
        let free = |at: u16| {
            at + length <= width && placed.iter().all(|(x, other)| at + length < *x || *x + (other.text.width() as u16) < at)
        };
        let last = tag.to.max(tag.from + 1);
        if let Some(at) = (tag.from..last).chain(tag.from.saturating_sub(length)..tag.from).find(|&at| free(at)) {
            placed.push((at, tag));
        }
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(from: u16, to: u16, text: &str, focused: bool) -> Tag {
        Tag { from, to, text: text.into(), style: Style::new(), focused }
    }

    fn row(tags: Vec<Tag>) -> Vec<(u16, String)> {
        let mut row: Vec<_> = place_tags(tags, 40).into_iter().map(|(x, tag)| (x, tag.text)).collect();
        row.sort();
        row
    }

    #[test]
    fn tags_begin_beneath_their_spans() {
        assert_eq!(row(vec![tag(0, 5, "Gene✓", false), tag(10, 14, "Var?", false)]), [(0, "Gene✓".into()), (10, "Var?".into())]);
    }

    #[test]
    fn a_tag_in_the_way_shifts_the_next() {
        assert_eq!(row(vec![tag(0, 3, "Prot?", false), tag(4, 9, "-Reg?", false)]), [(0, "Prot?".into()), (6, "-Reg?".into())]);
    }

    #[test]
    fn the_focused_tag_never_gives_way() {
        assert_eq!(row(vec![tag(0, 3, "Prot?", false), tag(2, 3, "Gene?", true)]), [(2, "Gene?".into())]);
    }

    #[test]
    fn nested_spans_have_their_tags_side_by_side() {
        assert_eq!(row(vec![tag(0, 20, "MPA?", false), tag(0, 6, "Gene", false)]), [(0, "MPA?".into()), (5, "Gene".into())]);
    }
}
