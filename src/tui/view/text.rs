//! The text with its spans: only the rows that are seen.

use super::Layout;
use super::arcs;
use super::regions::Regions;
use super::spans::{Tag, marker, place_tags, span_style, tag, tag_style};
use crate::document::{AnnotationId, Entity};
use crate::text::{CharOffset, CharSpan};
use crate::tui::app::App;
use crate::tui::mode::{Mode, Tick};
use crate::tui::update::ticks::place;
use crate::tui::wrap::{Placed, Wrapped};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::sync::Arc;

/// Columns left of the text: the mark of the focus, the number of the sentence, a blank.
const GUTTER: u16 = 6;

/// Draws the text and says which rows are seen.
pub(super) fn draw(app: &App, regions: &Regions, buffer: &mut Buffer) -> Layout {
    let area = regions.text;
    let wrapped = rows_of(app, area.width.saturating_sub(GUTTER + 1));
    let row_height = row_height(app, wrapped.rows().len(), area.height);
    let visible = usize::from((area.height / row_height).max(1));
    let cursor_row = wrapped.row_of(app.cursor().start());
    let scroll = scroll_to(app.scroll(), cursor_row, visible, wrapped.rows().len());
    let scene = Scene::new(app, &wrapped, scroll, visible);
    for index in scroll..(scroll + visible).min(wrapped.rows().len()) {
        let y = area.y + (index - scroll) as u16 * row_height;
        let row = Rect { y, height: row_height.min(area.bottom() - y), ..area };
        scene.draw_row(index, row, buffer);
    }
    let cursor_row = area.y + cursor_row.saturating_sub(scroll) as u16 * row_height + u16::from(app.arcs);
    Layout {
        too_small: false,
        wrapped: Some((app.current, wrapped)),
        scroll,
        visible,
        text: area,
        first_column: area.x + GUTTER,
        row_height,
        cursor_row,
        tick_rows: app.layout.tick_rows,
        menu_rows: app.layout.menu_rows,
        help_end: app.layout.help_end,
    }
}

/// Rows of the screen for one row of text: the text, and beneath it the markers with the tags on them, or where the whole text can
/// be seen even so, tags in a row of their own. It depends on the text alone, so that nothing moves when proposals arrive.
fn row_height(app: &App, rows: usize, height: u16) -> u16 {
    let arcs = u16::from(app.arcs);
    let roomy = 3 + arcs;
    if rows * usize::from(roomy) <= usize::from(height) { roomy } else { 2 + arcs }
}

/// The rows of the open document, those of the last frame when they still fit.
fn rows_of(app: &App, width: u16) -> Arc<Wrapped> {
    match &app.layout.wrapped {
        Some((document, wrapped)) if *document == app.current && wrapped.width() == width => Arc::clone(wrapped),
        _ => Arc::new(Wrapped::new(&app.document().text, width)),
    }
}

/// The first visible row: as it was, or as near to it as shows the cursor with a row of context on each side.
pub(in crate::tui) fn scroll_to(before: usize, cursor: usize, visible: usize, rows: usize) -> usize {
    let context = usize::from(visible >= 4);
    let lowest = (cursor + context + 1).saturating_sub(visible);
    let highest = cursor.saturating_sub(context);
    before.clamp(lowest.min(highest), highest.max(lowest.min(highest))).min(rows.saturating_sub(visible))
}

/// What all rows of a frame have in common.
struct Scene<'a> {
    app: &'a App,
    wrapped: &'a Wrapped,
    /// Visible spans that touch the visible rows, the longer first, so that inner ones are drawn over outer ones.
    entities: Vec<&'a Entity>,
    /// The focused span.
    focused: Option<AnnotationId>,
    /// The ends of the focused relation.
    ends: Vec<AnnotationId>,
    selection: Option<CharSpan>,
    /// The rows of a list of spans with ticks, and where they are.
    ticks: Vec<(CharSpan, &'a Tick)>,
}

impl<'a> Scene<'a> {
    fn new(app: &'a App, wrapped: &'a Wrapped, scroll: usize, visible: usize) -> Self {
        let rows = wrapped.rows();
        let first = rows.get(scroll).map_or(CharOffset::ZERO, |row| row.start);
        let last = rows.get((scroll + visible).min(rows.len()).saturating_sub(1)).map_or(first, |row| row.end);
        let seen = |entity: &&Entity| entity.spans.iter().any(|span| span.start() < last && first < span.end());
        let mut entities: Vec<&Entity> = app.document().entities.values().filter(seen).collect();
        entities.retain(|entity| app.is_shown(&entity.id));
        entities.sort_by_key(|entity| (std::cmp::Reverse(entity.hull().chars()), entity.hull().start()));
        let relation = app.focused_relation();
        let ends = relation.map(|relation| vec![relation.subject.clone(), relation.object.clone()]).unwrap_or_default();
        let focused = app.focused_entity().map(|entity| entity.id.clone());
        let ticks = match &app.mode {
            Mode::Ticks(list) => list.rows.iter().filter_map(|row| Some((place(app, &row.what)?, row))).collect(),
            _ => Vec::new(),
        };
        Self { app, wrapped, entities, focused, ends, selection: app.selection(), ticks }
    }

    fn draw_row(&self, index: usize, area: Rect, buffer: &mut Buffer) {
        let Some(row) = self.wrapped.rows().get(index).copied() else { return };
        let placed = self.wrapped.place(&self.app.document().text, index);
        let x = area.x + GUTTER;
        let over = u16::from(self.app.arcs && area.height > 1);
        if over > 0 {
            let line = Rect { x, width: area.right().saturating_sub(x), height: 1, ..area };
            arcs::draw(self.app, (row.start, row.end), &placed, line, buffer);
        }
        let area = Rect { y: area.y + over, height: area.height - over, ..area };
        self.gutter(row.start, row.end, area, buffer);
        for glyph in &placed {
            buffer.set_string(x + glyph.column, area.y, &glyph.shown, self.glyph_style(glyph));
        }
        if area.height >= 2 {
            self.markers(&placed, Rect { x, y: area.y + 1, width: area.right() - x, height: 1 }, buffer);
            let tags = self.tags(row.start, row.end, &placed);
            let tag_row = area.y + area.height.min(3) - 1;
            for (at, tag) in place_tags(tags, area.right() - x) {
                buffer.set_string(x + at, tag_row, &tag.text, tag.style);
            }
        }
        self.jump_labels(&placed, x, area.y, buffer);
        self.tick_keys(&placed, x, area.y, buffer);
    }

    fn gutter(&self, start: CharOffset, end: CharOffset, area: Rect, buffer: &mut Buffer) {
        let theme = &self.app.theme;
        let begins = self.app.segmentation().sentences().iter().enumerate();
        if let Some((number, _)) = begins.into_iter().find(|(_, sentence)| start <= sentence.start() && sentence.start() < end) {
            buffer.set_stringn(area.x + 2, area.y, format!("{:>3}", number + 1), 4, theme.dim);
        }
        let checks = self.app.checks();
        let first = checks.partition_point(|check| check.at.start() < start);
        if checks.get(first).is_some_and(|check| check.at.start() < end) {
            buffer.set_string(area.x, area.y, "!", theme.notice);
        }
        let at = self.app.cursor().start();
        if start <= at && (at < end || end == self.app.document().text.len()) {
            buffer.set_string(area.x + 1, area.y, "▶", theme.key);
        }
    }

    fn glyph_style(&self, glyph: &Placed) -> Style {
        let theme = &self.app.theme;
        let mut style = theme.text;
        let (mut focused, mut partner) = (false, false);
        for entity in self.entities.iter().filter(|entity| covers(entity, glyph)) {
            // The innermost span decides: its state must not mix with that of an outer one.
            style = theme.text.patch(span_style(self.app, entity));
            partner |= self.ends.contains(&entity.id);
            focused |= self.focused.as_ref() == Some(&entity.id);
        }
        if partner {
            style = style.patch(theme.partner);
        }
        if glyph.marked {
            style = style.patch(theme.mark);
        }
        let found = |span: &CharSpan| touches(*span, glyph);
        if let Mode::Propagate(shown) = &self.app.mode
            && shown.places.iter().any(|(place, wanted)| *wanted && found(place))
        {
            return style.patch(theme.selection);
        }
        if self.ticks.iter().any(|(place, row)| row.ticked && found(place)) {
            return style.patch(theme.selection);
        }
        if self.app.found.as_ref().is_some_and(found) {
            style = style.patch(theme.found);
        }
        if self.selection.as_ref().is_some_and(found) {
            return style.patch(theme.selection);
        }
        match focused {
            true => style.patch(theme.focus),
            false if self.focused.is_none() && touches(self.app.cursor(), glyph) => style.patch(theme.cursor),
            false => style,
        }
    }

    fn markers(&self, placed: &[Placed], area: Rect, buffer: &mut Buffer) {
        for glyph in placed {
            let Some(entity) = self.entities.iter().rev().find(|entity| covers(entity, glyph)) else { continue };
            let sign = marker(entity.status, &entity.origin);
            let style = tag_style(self.app, entity);
            buffer.set_string(area.x + glyph.column, area.y, sign.repeat(usize::from(glyph.width)), style);
        }
    }

    fn tags(&self, start: CharOffset, end: CharOffset, placed: &[Placed]) -> Vec<Tag> {
        let here = self.entities.iter().filter(|entity| start <= entity.hull().start() && entity.hull().start() < end);
        here.filter_map(|entity| {
            let mut covered = placed.iter().filter(|glyph| covers(entity, glyph));
            let first = covered.next()?;
            let last = covered.next_back().unwrap_or(first);
            let focused = self.focused.as_ref() == Some(&entity.id);
            let style = tag_style(self.app, entity);
            let (number, style) = match self.number_of(&entity.id) {
                Some(number) => (format!("{number} "), style.patch(self.app.theme.label)),
                None => (String::new(), style),
            };
            let text = format!("{number}{}", tag(self.app, entity));
            Some(Tag { from: first.column, to: last.column + last.width, text, style, focused })
        })
        .collect()
    }

    /// The number key that chooses a span as partner at the moment.
    fn number_of(&self, id: &AnnotationId) -> Option<usize> {
        let place = match &self.app.mode {
            Mode::Relate { partners, .. } => partners.iter().position(|partner| partner.entity == *id),
            Mode::Retarget { candidates, .. } => candidates.iter().position(|candidate| candidate == id),
            _ => None,
        };
        place.map(|place| place + 1)
    }

    /// The keys of a list with ticks, each on the first character of its span; where several begin, that of the most probable.
    fn tick_keys(&self, placed: &[Placed], x: u16, y: u16, buffer: &mut Buffer) {
        let confidence = |row: &Tick| (row.ticked, row.confidence.unwrap_or(1.0));
        let better = |a: &Tick, b: &Tick| confidence(a).partial_cmp(&confidence(b)).is_some_and(std::cmp::Ordering::is_gt);
        for (at, row) in &self.ticks {
            let hidden = self.ticks.iter().any(|(other, rival)| other.start() == at.start() && better(rival, row));
            if let Some(glyph) = placed.iter().find(|glyph| glyph.at == at.start()).filter(|_| !hidden) {
                buffer.set_string(x + glyph.column, y, row.key.to_string(), self.app.theme.label);
            }
        }
    }

    fn jump_labels(&self, placed: &[Placed], x: u16, y: u16, buffer: &mut Buffer) {
        let Mode::Jump { labels, typed, .. } = &self.app.mode else { return };
        for label in labels {
            let Some(rest) = label.keys.strip_prefix(typed.as_str()) else { continue };
            if let Some(glyph) = placed.iter().find(|glyph| glyph.at == label.at.start()) {
                let room = usize::from((x + self.wrapped.width() + 1).saturating_sub(x + glyph.column));
                buffer.set_stringn(x + glyph.column, y, rest, room, self.app.theme.label);
            }
        }
    }
}

fn covers(entity: &Entity, glyph: &Placed) -> bool {
    entity.spans.iter().any(|span| touches(*span, glyph))
}

/// Whether any of the code points that a glyph stands for lies in a span: a letter and its accent are one glyph.
fn touches(span: CharSpan, glyph: &Placed) -> bool {
    span.start() < glyph.at.plus(glyph.chars) && glyph.at < span.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_is_always_visible() {
        for rows in 1..12 {
            for visible in 1..8 {
                for cursor in 0..rows {
                    for before in 0..14 {
                        let scroll = scroll_to(before, cursor, visible, rows);
                        assert!(scroll <= cursor && cursor < scroll + visible, "{before} {cursor} {visible} {rows} → {scroll}");
                    }
                }
            }
        }
    }

    #[test]
    fn scrolling_is_lazy() {
        assert_eq!(scroll_to(3, 5, 6, 40), 3);
        assert_eq!(scroll_to(3, 8, 6, 40), 4, "one row of context below");
        assert_eq!(scroll_to(3, 3, 6, 40), 2, "one row of context above");
    }
}
