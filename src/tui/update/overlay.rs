//! Keys of the windows that lie over the review and are only looked at: help, checks, history.

use super::{checks, verdict};
use crate::tui::app::App;
use crate::tui::chord::Chord;
use crate::tui::event::Effect;
use crate::tui::mode::Mode;
use crossterm::event::KeyCode;
use std::time::SystemTime;

/// A key while a window is open. `q` and `Esc` close it.
pub(super) fn key(app: &mut App, chord: Chord, at: SystemTime) -> Vec<Effect> {
    let mode = std::mem::take(&mut app.mode);
    if matches!(chord.code, KeyCode::Esc | KeyCode::Char('q')) {
        return Vec::new();
    }
    let enter = chord.code == KeyCode::Enter;
    match mode {
        Mode::Checks { chosen } if enter => checks::go_to(app, chosen),
        Mode::Checks { chosen } => {
            let last = app.checks().len().saturating_sub(1);
            app.mode = Mode::Checks { chosen: moved(chosen, chord, last) };
        }
        Mode::History { chosen } if enter => return verdict::go_back_to(app, chosen, at),
        Mode::History { chosen } => {
            let last = app.steps().len();
            app.mode = Mode::History { chosen: moved(chosen, chord, last) };
        }
        Mode::Help { scroll } => {
            let end = usize::from(app.layout.help_end);
            app.mode = Mode::Help { scroll: moved(usize::from(scroll), chord, end) as u16 };
        }
        other => app.mode = other,
    }
    Vec::new()
}

/// Where a key leads in rows from 0 to `last`.
pub(super) fn moved(at: usize, chord: Chord, last: usize) -> usize {
    let to = match chord.code {
        KeyCode::Down | KeyCode::Char('j' | 'J' | 'n') | KeyCode::Tab => at + 1,
        KeyCode::Up | KeyCode::Char('k' | 'K' | 'N') => at.saturating_sub(1),
        KeyCode::PageDown | KeyCode::Char(' ') => at + 10,
        KeyCode::PageUp => at.saturating_sub(10),
        KeyCode::Home => 0,
        KeyCode::End => last,
        _ => at,
    };
    to.min(last)
}
