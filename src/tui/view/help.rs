//! All keys, from the live keymap.

use super::popup::{boxed, centred};
use super::regions::Regions;
use crate::tui::action::{Action, Group};
use crate::tui::app::App;
use ratatui::buffer::Buffer;
use ratatui::text::{Line, Span};

/// Draws the help from line `scroll` on and says how far it can be scrolled.
pub(super) fn draw(app: &App, scroll: u16, regions: &Regions, buffer: &mut Buffer) -> u16 {
    let lines = lines(app);
    let area = centred(regions.whole, 90, lines.len() as u16 + 2);
    let inside = boxed(app, "keys", area, buffer);
    let end = (lines.len() as u16).saturating_sub(inside.height);
    for (line, y) in lines.iter().skip(usize::from(scroll.min(end))).zip(inside.y..inside.bottom()) {
        buffer.set_line(inside.x, y, line, inside.width);
    }
    end
}

fn lines<'a>(app: &App) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    for group in Group::ALL {
        lines.push(Line::styled(group.title(), app.theme.title));
        for action in Action::ALL.iter().filter(|action| action.group() == group) {
            let keys = app.keymap.keys_of(*action).join("  ");
            lines.push(Line::from(vec![
                Span::styled(format!("  {keys:<18} "), app.theme.key),
                Span::styled(action.doc(), app.theme.text),
            ]));
        }
    }
    lines.push(Line::styled("States", app.theme.title));
    let states = [
        ("?", "┄┄┄", "proposed"),
        ("✓", "━━━", "accepted"),
        ("~", "~~~", "corrected"),
        ("✗", "╌╌╌", "rejected"),
        (" ", "───", "given"),
    ];
    for (mark, marker, what) in states {
        lines.push(Line::from(vec![
            Span::styled(format!("  {mark} {marker:<16} "), app.theme.key),
            Span::styled(what, app.theme.text),
        ]));
    }
    lines
}
