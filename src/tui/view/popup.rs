//! A framed box over the rest.

use crate::tui::app::App;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear, Widget};

/// Draws a box with a title over `area`, cleared, and returns its inside.
pub(super) fn boxed(app: &App, title: &str, area: Rect, buffer: &mut Buffer) -> Rect {
    Clear.render(area, buffer);
    buffer.set_style(area, app.theme.text);
    let block = Block::bordered().border_style(app.theme.frame).title(Line::styled(format!(" {title} "), app.theme.title));
    let inside = block.inner(area);
    block.render(area, buffer);
    Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside }
}

/// A box just as large as these lines, in the lower right corner of `within`, or in the upper one where the lower would hide the row
/// `spared`. Lines that do not fit are left out.
pub(super) fn in_corner(app: &App, title: &str, lines: &[Line], within: Rect, spared: u16, buffer: &mut Buffer) {
    let widest = lines.iter().map(Line::width).max().unwrap_or(0).max(title.len() + 2) as u16;
    let width = widest.saturating_add(4).min(within.width);
    let height = (lines.len() as u16).saturating_add(2).min(within.height);
    let lower = within.bottom() - height;
    // The row that is spared has its markers and tags beneath it.
    let y = if lower > spared + 2 || spared < within.y + height { lower } else { within.y };
    let area = Rect::new(within.right() - width, y, width, height);
    let inside = boxed(app, title, area, buffer);
    for (line, y) in lines.iter().zip(inside.y..inside.bottom()) {
        buffer.set_line(inside.x, y, line, inside.width);
    }
}

/// A box in the middle of `within`, of at most this size.
pub(super) fn centred(within: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(within.width), height.min(within.height));
    Rect::new(within.x + (within.width - width) / 2, within.y + (within.height - height) / 2, width, height)
}

/// The first visible of `count` rows when `chosen` must be among the `room` visible ones.
pub(super) fn first_visible(chosen: usize, count: usize, room: usize) -> usize {
    chosen.saturating_sub(room / 2).min(count.saturating_sub(room))
}
