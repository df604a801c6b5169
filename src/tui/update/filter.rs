//! What is shown: by type, state and confidence.

use super::verdict;
use crate::review::State;
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::chord::Chord;
use crate::tui::event::Effect;
use crate::tui::keymap::Match;
use crate::tui::mode::Mode;
use crossterm::event::KeyCode;

/// A key while the filter is open: the letter of a type hides it or shows it again, the same letter in upper case shows it alone, a
/// number hides a state or shows it again, backspace shows all.
pub(super) fn key(app: &mut App, chord: Chord) -> Vec<Effect> {
    let action = match app.keymap.lookup(&[chord]) {
        Match::Action(action) => Some(action),
        _ => None,
    };
    if matches!(chord.code, KeyCode::Esc | KeyCode::Enter) || action == Some(Action::Filter) {
        app.mode = Mode::Normal;
        app.refocus();
        return Vec::new();
    }
    if let Some(action @ (Action::ThresholdUp | Action::ThresholdDown)) = action {
        verdict::filter(app, action);
        return Vec::new();
    }
    let typed = chord.typed();
    let lower = typed.and_then(|c| c.to_lowercase().next());
    let state =
        typed.and_then(|c| c.to_digit(10)).and_then(|digit| (digit as usize).checked_sub(1)).and_then(|at| State::ALL.get(at));
    let own = typed.and_then(|c| app.schema().entity_by_key(c)).map(|known| known.name.clone());
    let alone = lower.and_then(|c| app.schema().entity_by_key(c)).map(|known| known.name.clone());
    let all: Vec<_> = app.schema().entities.iter().map(|known| known.name.clone()).collect();
    let filter = app.session.filter_mut();
    match (state, own, alone) {
        _ if chord.code == KeyCode::Backspace => filter.clear(),
        (Some(state), ..) => filter.toggle_state(*state),
        (_, Some(own), _) => filter.toggle_type(&own),
        (.., Some(alone)) => filter.only(&alone, all),
        _ => app.complain("a letter hides a type, a capital shows it alone, a number hides a state, enter closes"),
    }
    Vec::new()
}
