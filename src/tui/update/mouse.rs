//! The mouse, as an extra: clicking focuses, dragging selects, the wheel moves by lines.

use super::moving;
use crate::text::CharSpan;
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::event::Pointer;
use crate::tui::mode::Mode;

/// Lines for each step of the wheel.
const WHEEL: usize = 2;

/// Something the mouse did, at a column and row of the screen. Only where the text can be walked in: windows and menus are for keys.
pub(super) fn act(app: &mut App, pointer: Pointer, column: u16, row: u16) {
    if !matches!(app.mode, Mode::Normal | Mode::Select { .. } | Mode::Relate { again: true, .. }) {
        return;
    }
    let focus = app.focus().cloned();
    point(app, pointer, column, row);
    // From now on it is about what is focused, as after a key that leads there.
    if app.focus() != focus.as_ref() {
        app.added_relation = None;
    }
}

fn point(app: &mut App, pointer: Pointer, column: u16, row: u16) {
    match pointer {
        Pointer::Down => {
            if let Some(at) = unit_under(app, column, row) {
                app.mode = Mode::Normal;
                app.notice = None;
                app.go_to(at);
            }
        }
        Pointer::Drag => {
            let Some(at) = unit_under(app, column, row) else { return };
            if at == app.cursor() {
                return;
            }
            if !matches!(app.mode, Mode::Select { .. }) {
                let onto = app.span_in_hand().map(|entity| entity.id.clone());
                app.mode = Mode::Select { anchor: app.cursor(), onto };
            }
            app.go_to(at);
        }
        Pointer::WheelDown => (0..WHEEL).for_each(|_| moving::step(app, Action::LineDown)),
        Pointer::WheelUp => (0..WHEEL).for_each(|_| moving::step(app, Action::LineUp)),
    }
}

/// The word, or with character steps the character, that is drawn at a place of the screen; beneath a row of text it is that row's.
fn unit_under(app: &App, column: u16, row: u16) -> Option<CharSpan> {
    let (_, wrapped) = app.layout.wrapped.as_ref().filter(|(document, _)| *document == app.current)?;
    let area = app.layout.text;
    if !area.contains((column, row).into()) || app.layout.row_height == 0 {
        return None;
    }
    let index = app.layout.scroll + usize::from((row - area.y) / app.layout.row_height);
    let target = wrapped.rows().get(index)?;
    let at = wrapped.at_column(&app.document().text, index, column.saturating_sub(app.layout.first_column));
    (target.start < target.end).then(|| app.unit_at(at))
}
