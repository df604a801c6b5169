//! How the state looks. Nothing here changes it: what was laid out where is handed back.

mod arcs;
mod attached;
mod compare;
mod frame;
mod help;
mod legend;
mod list;
mod lists;
mod menus;
mod palette;
mod popup;
mod regions;
mod relations;
mod spans;
mod text;
mod ticks;

use super::app::App;
use super::glyph::one_line;
use super::mode::Mode;
use super::wrap::Wrapped;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::widgets::{Paragraph, Widget, Wrap};
use std::sync::Arc;

pub use regions::{MINIMUM, Regions};
pub(super) use text::scroll_to;

/// What was laid out where, for the next change: rows for moving by line, heights for paging, scroll positions.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// The rows of the text and the document they belong to; `None` before the first frame.
    pub wrapped: Option<(usize, Arc<Wrapped>)>,
    /// First visible row of the text.
    pub scroll: usize,
    /// How many rows of the text are visible.
    pub visible: usize,
    /// Where the text is.
    pub text: Rect,
    /// The column of the screen in which rows of text begin.
    pub first_column: u16,
    /// Rows of the screen for one row of text; 0 before the first frame.
    pub row_height: u16,
    /// The row of the screen that holds the cursor.
    pub cursor_row: u16,
    /// How many spans and how many roles a list with ticks can hold.
    pub tick_rows: (usize, usize),
    /// How many lines a menu can hold.
    pub menu_rows: usize,
    /// How far the help can be scrolled.
    pub help_end: u16,
    /// Whether there was no room for anything.
    pub too_small: bool,
}

/// Draws everything and says what is where.
pub fn draw(app: &App, frame: &mut Frame) -> Layout {
    let area = frame.area();
    let Some(regions) = Regions::new(area) else {
        too_small(app, frame);
        return Layout { help_end: app.layout.help_end, too_small: true, ..Layout::default() };
    };
    let buffer = frame.buffer_mut();
    buffer.set_style(area, app.theme.text);
    frame::borders(app, &regions, buffer);
    let mut layout = text::draw(app, &regions, buffer);
    layout.tick_rows = ticks::room(&regions);
    layout.menu_rows = menus::room(&regions);
    match &app.mode {
        Mode::Ticks(list) => ticks::draw(app, list, &regions, buffer),
        _ => relations::draw(app, &regions, buffer),
    }
    legend::draw(app, &regions, buffer);
    match &app.mode {
        Mode::Palette { line, chosen } => palette::draw(app, line, *chosen, &regions, buffer),
        Mode::DocumentList(documents) => list::draw(app, documents, &regions, buffer),
        Mode::Checks { chosen } => lists::checks(app, *chosen, &regions, buffer),
        Mode::History { chosen } => lists::history(app, *chosen, &regions, buffer),
        Mode::Compare(both) => compare::draw(app, both, &regions, layout.cursor_row, buffer),
        Mode::Help { scroll } => layout.help_end = help::draw(app, *scroll, &regions, buffer),
        _ => menus::draw(app, &regions, layout.cursor_row, buffer),
    }
    layout
}

fn too_small(app: &App, frame: &mut Frame) {
    let (columns, rows) = MINIMUM;
    let area = frame.area();
    let saved = match &app.unsaved {
        Some(unsaved) => {
            let asked = app.anyway.map(|_| " The same key again loses it.").unwrap_or_default();
            format!("NOT SAVED: {}{asked}", one_line(&unsaved.reason))
        }
        None => "Everything is saved.".to_owned(),
    };
    let notice = format!("rolecall needs {columns}×{rows}, this is {}×{}. {saved}", area.width, area.height);
    Paragraph::new(notice).style(app.theme.notice).wrap(Wrap { trim: true }).render(area, frame.buffer_mut());
}
