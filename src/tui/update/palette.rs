//! The palette: an action by a part of its name.

use super::act;
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::chord::Chord;
use crate::tui::event::Effect;
use crate::tui::mode::Mode;
use crossterm::event::KeyCode;
use std::time::SystemTime;

/// A key while the palette is open.
pub(super) fn key(app: &mut App, chord: Chord, at: SystemTime) -> Vec<Effect> {
    let Mode::Palette { mut line, chosen } = std::mem::take(&mut app.mode) else { return Vec::new() };
    let found = matching(&line.text());
    let last = found.len().saturating_sub(1);
    let chosen = match chord.code {
        KeyCode::Esc => return Vec::new(),
        KeyCode::Enter => {
            return match found.get(chosen) {
                Some(action) => act(app, *action, at),
                None => Vec::new(),
            };
        }
        KeyCode::Down | KeyCode::Tab => (chosen + 1).min(last),
        KeyCode::Up => chosen.saturating_sub(1),
        _ if line.key(chord) => 0,
        _ => chosen,
    };
    app.mode = Mode::Palette { line, chosen };
    Vec::new()
}

/// The actions whose name or description holds the typed letters in their order, the closest first.
pub(in crate::tui) fn matching(typed: &str) -> Vec<Action> {
    let mut found: Vec<(usize, Action)> = Action::ALL
        .iter()
        .filter_map(|action| {
            let name = distance(typed, action.name());
            let doc = || distance(typed, action.doc()).map(|distance| distance + 100);
            Some((name.or_else(doc)?, *action))
        })
        .collect();
    found.sort_by_key(|(distance, _)| *distance);
    found.into_iter().map(|(_, action)| action).collect()
}

/// How many letters lie before and between the typed ones; `None` when they do not occur in this order.
fn distance(typed: &str, name: &str) -> Option<usize> {
    let mut rest = name.chars().flat_map(char::to_lowercase);
    let mut skipped = 0;
    for wanted in typed.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase) {
        skipped += rest.by_ref().position(|c| c == wanted)?;
    }
    Some(skipped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_in_order_find_an_action() {
        assert_eq!(matching("accall").first(), Some(&Action::AcceptAll));
        assert_eq!(matching("flip").first(), Some(&Action::Flip));
        assert_eq!(matching("").len(), Action::ALL.len());
        assert!(matching("qqqq").is_empty());
    }
}
