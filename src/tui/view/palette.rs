//! The palette: actions by name.

use super::legend::prompt;
use super::popup::{boxed, centred, first_visible};
use super::regions::Regions;
use crate::tui::app::App;
use crate::tui::line::Line as Typed;
use crate::tui::update::palette::matching;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Draws the line being typed and the actions that match it.
pub(super) fn draw(app: &App, line: &Typed, chosen: usize, regions: &Regions, buffer: &mut Buffer) {
    let area = centred(regions.whole, 84, 20);
    let inside = boxed(app, "palette", area, buffer);
    buffer.set_line(inside.x, inside.y, &prompt(app, ": ", line.halves(), usize::from(inside.width)), inside.width);
    let actions = matching(&line.text());
    let room = usize::from(inside.height.saturating_sub(1));
    let first = first_visible(chosen, actions.len(), room);
    for ((i, action), y) in actions.iter().enumerate().skip(first).zip(inside.y + 1..inside.bottom()) {
        let keys = app.keymap.key_of(*action).unwrap_or_default();
        let row = Line::from(vec![
            Span::styled(format!("{keys:>9}  "), app.theme.key),
            Span::styled(format!("{:<20} ", action.name()), app.theme.text),
            Span::styled(action.doc(), app.theme.dim),
        ]);
        buffer.set_line(inside.x, y, &row, inside.width);
        if i == chosen {
            buffer.set_style(Rect::new(inside.x, y, inside.width, 1), app.theme.chosen);
        }
    }
}
