//! A framed box over the rest.

use super::regions::Regions;
use crate::tui::app::App;
use crate::tui::glyph::fitted;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear, Widget};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Draws a box with a title over `area`, cleared, and returns its inside.
pub(super) fn boxed(app: &App, title: &str, area: Rect, buffer: &mut Buffer) -> Rect {
    Clear.render(area, buffer);
    blank_halves(area, buffer);
    buffer.set_style(area, app.theme.text);
    let block = Block::bordered().border_style(app.theme.frame).title(Line::styled(format!(" {title} "), app.theme.title));
    let inside = block.inner(area);
    block.render(area, buffer);
    Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside }
}

/// Takes out wide characters of which an area hides the second half: the terminal would go on showing it instead of the first column
/// of the area.
fn blank_halves(area: Rect, buffer: &mut Buffer) {
    let Some(left) = area.x.checked_sub(1) else { return };
    for y in area.top()..area.bottom() {
        if let Some(cell) = buffer.cell_mut((left, y)).filter(|cell| cell.symbol().width() > 1) {
            cell.set_symbol(" ");
        }
    }
}

/// A box just as large as these lines, in the lower right corner of `within`, or in the upper one where the lower would hide the row
/// `spared`. Lines that do not fit are left out.
pub(super) fn in_corner(app: &App, title: &str, lines: &[Line], within: Rect, spared: u16, buffer: &mut Buffer) {
    let widest = lines.iter().map(Line::width).max().unwrap_or(0).max(title.width() + 2) as u16;
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

/// A message that is too long for the status line, in full above it.
pub(super) fn message(app: &App, text: &str, error: bool, regions: &Regions, buffer: &mut Buffer) {
    let whole = regions.whole;
    let lines = wrapped(&fitted(text, usize::MAX), usize::from(whole.width.saturating_sub(6)).min(110));
    let widest = lines.iter().map(|line| line.width()).max().unwrap_or(0) as u16;
    let (width, height) = (widest + 4, (lines.len() as u16 + 2).min(regions.status.y - whole.y));
    let area = Rect::new(whole.x + 1, regions.status.y - height, width.min(whole.width - 2), height);
    let inside = boxed(app, if error { "not possible" } else { "note" }, area, buffer);
    let style = if error { app.theme.error } else { app.theme.notice };
    for (line, y) in lines.iter().zip(inside.y..inside.bottom()) {
        buffer.set_stringn(inside.x, y, line, usize::from(inside.width), style);
    }
}

/// The text in lines of at most this many columns, broken at blanks where there are any.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let mut word = word;
        loop {
            let line = lines.last().map_or(0, |line| line.width());
            let gap = usize::from(line > 0);
            if line + gap + word.width() <= columns {
                let rest = lines.last_mut().into_iter();
                rest.for_each(|line| line.push_str(&format!("{}{word}", " ".repeat(gap))));
                break;
            }
            if line > 0 {
                lines.push(String::new());
                continue;
            }
            // A word wider than a line is cut where the line is full.
            let mut width = 0;
            let fits = |c: &char| {
                width += c.width().unwrap_or(0);
                width <= columns
            };
            let kept: usize = word.chars().take_while(fits).map(char::len_utf8).sum();
            let kept = kept.max(word.chars().next().map_or(0, char::len_utf8));
            let (head, tail) = word.split_at_checked(kept).unwrap_or((word, ""));
            lines.last_mut().into_iter().for_each(|line| line.push_str(head));
            lines.push(String::new());
            word = tail;
        }
    }
    lines.retain(|line| !line.is_empty());
    lines
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_wrapped_at_blanks() {
        assert_eq!(wrapped("loss of function", 8), ["loss of", "function"]);
        assert_eq!(wrapped("a/very/long/path here", 6), ["a/very", "/long/", "path", "here"]);
        assert_eq!(wrapped("汉字汉", 4), ["汉字", "汉"]);
        assert_eq!(wrapped("汉", 1), ["汉"]);
        assert!(wrapped("  ", 4).is_empty());
    }
}
