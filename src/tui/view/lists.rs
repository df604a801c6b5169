//! Windows with rows to choose from: what deserves another look, and the steps of the history.

use super::legend::clock;
use super::popup::{boxed, centred, first_visible};
use super::regions::Regions;
use crate::review::checks::CheckKind;
use crate::tui::app::{App, HistoryStep};
use crate::tui::glyph::fitted;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use std::time::{Duration, UNIX_EPOCH};

/// Columns of these windows.
const WIDTH: u16 = 90;

/// Draws what deserves another look.
pub(super) fn checks(app: &App, chosen: usize, regions: &Regions, buffer: &mut Buffer) {
    let text = &app.document().text;
    let rows = app.checks().iter().map(|check| {
        let sentence = app.segmentation().sentence_at(check.at.start()).map_or(0, |it| it + 1);
        let title = format!("{:>3}  {:<13} ", sentence, check.kind.title());
        let words = text.slice(check.at).unwrap_or_default();
        let is_whole = check.kind == CheckKind::File || check.message.contains(words);
        let message = if is_whole { check.message.clone() } else { format!("{}: \"{words}\"", check.message) };
        Line::from(vec![Span::styled(title, app.theme.key), Span::styled(fitted(&message, 200), app.theme.text)])
    });
    rows_in_box(app, "another look (sentence, what)", &rows.collect::<Vec<_>>(), chosen, regions, buffer);
}

/// Draws the steps; the first row is the document as it was opened, and the last that is done is where it stands.
pub(super) fn history(app: &App, chosen: usize, regions: &Regions, buffer: &mut Buffer) {
    let row = |step: &HistoryStep| {
        let at = clock(UNIX_EPOCH + Duration::from_millis(step.time));
        let style = if step.done { app.theme.text } else { app.theme.dim };
        let undone = if step.done { "" } else { "  (undone)" };
        Line::from(vec![
            Span::styled(format!("{at}  "), app.theme.key),
            Span::styled(fitted(&step.summary, 200), style),
            Span::styled(undone, app.theme.dim),
        ])
    };
    let steps = app.steps();
    let opened = Line::styled("           as it was opened", app.theme.dim);
    let rows: Vec<Line> = std::iter::once(opened).chain(steps.iter().map(row)).collect();
    // Steps that were taken back before something else was done: undo does not lead to them any more.
    let title = match app.steps_elsewhere() {
        0 => "history".to_owned(),
        1 => "history · 1 step was replaced by later ones: only the journal has it".to_owned(),
        many => format!("history · {many} steps were replaced by later ones: only the journal has them"),
    };
    rows_in_box(app, &title, &rows, chosen, regions, buffer);
}

fn rows_in_box(app: &App, title: &str, rows: &[Line], chosen: usize, regions: &Regions, buffer: &mut Buffer) {
    let area = centred(regions.whole, WIDTH, (rows.len() as u16).saturating_add(2));
    let inside = boxed(app, title, area, buffer);
    let first = first_visible(chosen, rows.len(), usize::from(inside.height));
    for ((number, row), y) in rows.iter().enumerate().skip(first).zip(inside.y..inside.bottom()) {
        buffer.set_line(inside.x, y, row, inside.width);
        if number == chosen {
            buffer.set_style(Rect::new(inside.x, y, inside.width, 1), app.theme.chosen);
        }
    }
}
