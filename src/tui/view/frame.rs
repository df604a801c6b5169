//! Borders, and in the upper one which document this is and what the model does.

use super::regions::Regions;
use crate::tui::app::{App, ModelState};
use crate::tui::glyph::fitted;
use ratatui::buffer::Buffer;
use ratatui::style::Style;
use ratatui::symbols::line;
use unicode_width::UnicodeWidthStr;

/// Draws the borders between the parts, and the top line.
pub(super) fn borders(app: &App, regions: &Regions, buffer: &mut Buffer) {
    let style = app.theme.frame;
    let whole = regions.whole;
    let (left, right) = (whole.x, whole.right() - 1);
    for y in whole.y + 1..whole.bottom() - 1 {
        buffer.set_string(left, y, line::VERTICAL, style);
        buffer.set_string(right, y, line::VERTICAL, style);
    }
    horizontal(buffer, regions, whole.y, (line::TOP_LEFT, line::TOP_RIGHT), style);
    let above_status = regions.status.y - 1;
    horizontal(buffer, regions, above_status, (line::VERTICAL_RIGHT, line::VERTICAL_LEFT), style);
    horizontal(buffer, regions, whole.bottom() - 1, (line::BOTTOM_LEFT, line::BOTTOM_RIGHT), style);
    if regions.beside {
        let x = regions.text.right();
        buffer.set_string(x, whole.y, line::HORIZONTAL_DOWN, style);
        for y in regions.text.y..regions.text.bottom() {
            buffer.set_string(x, y, line::VERTICAL, style);
        }
        buffer.set_string(x, above_status, line::HORIZONTAL_UP, style);
    } else {
        horizontal(buffer, regions, regions.text.bottom(), (line::VERTICAL_RIGHT, line::VERTICAL_LEFT), style);
    }
    top_line(app, regions, buffer);
}

fn horizontal(buffer: &mut Buffer, regions: &Regions, y: u16, ends: (&str, &str), style: Style) {
    let whole = regions.whole;
    buffer.set_string(whole.x, y, ends.0, style);
    buffer.set_string(whole.x + 1, y, line::HORIZONTAL.repeat(usize::from(whole.width - 2)), style);
    buffer.set_string(whole.right() - 1, y, ends.1, style);
}

fn top_line(app: &App, regions: &Regions, buffer: &mut Buffer) {
    let theme = &app.theme;
    let whole = regions.whole;
    let width = usize::from(whole.width) - 4;
    let state = format!(" {} ", fitted(&model_state(app, regions.beside), width / 3));
    let place = format!("{}/{}", app.current + 1, app.session.documents().len());
    let (dots, progress) = progress(app);
    // Where columns are few, the share alone says it.
    let dots = if regions.beside { dots } else { String::new() };
    let filtered = if app.session.filter().hides() { "filtered " } else { "" };
    let flag = format!("{}{filtered}", if app.document().marks.flagged { "⚑ " } else { "" });
    let fixed = " rolecall ─ ".width() + " ─ ".width() * 2 + place.width() + dots.width() + progress.width() + flag.width() + 2;
    let room = width.saturating_sub(fixed + state.width());
    let name = fitted(&app.document().name, room.max(8));
    let pieces = [
        (" rolecall ".to_owned(), theme.title),
        ("─ ".to_owned(), theme.frame),
        (name, theme.title),
        (format!(" ─ {place} "), theme.dim),
        (flag, theme.notice),
        ("─ ".to_owned(), theme.frame),
        (dots, theme.progress),
        (format!("{}{progress} ", if regions.beside { " " } else { "" }), theme.dim),
    ];
    let end = whole.right() - 2;
    let mut x = whole.x + 1;
    for (piece, style) in pieces {
        let room = end.saturating_sub(x);
        x = buffer.set_stringn(x, whole.y, piece, usize::from(room), style).0;
    }
    let width = state.width() as u16;
    if x + width < end {
        let style = if matches!(app.model, ModelState::Failed(_)) { theme.error } else { theme.dim };
        buffer.set_string(end - width, whole.y, state, style);
    }
}

/// Six dots and a share in words, over all that the model proposed in this document.
fn progress(app: &App) -> (String, String) {
    let (decided, all) = app.decided();
    if all == 0 {
        return ("○○○○○○".to_owned(), "no proposals".to_owned());
    }
    let full = decided * 6 / all;
    let dots = (0..6).map(|i| if i < full { '●' } else { '○' }).collect();
    (dots, format!("{} % reviewed", decided * 100 / all))
}

fn model_state(app: &App, wide: bool) -> String {
    match &app.model {
        ModelState::Off => "no model".to_owned(),
        ModelState::Loading => "model: loading…".to_owned(),
        ModelState::Ready { name, waiting: 0, .. } => format!("model: {name}"),
        ModelState::Ready { name, waiting, .. } if !wide => format!("{name} ▸ {waiting}"),
        ModelState::Ready { name, waiting, share: Some(share) } => format!("model: {name} ▸ predicting {waiting} ({share} %)"),
        ModelState::Ready { name, waiting, share: None } => format!("model: {name} ▸ predicting {waiting}"),
        ModelState::Failed(_) => "model failed".to_owned(),
    }
}
