//! The status line with the focused item or a message, and the key legend that is always on screen.

use super::attached::attached;
use super::menus;
use super::popup;
use super::regions::Regions;
use super::relations::{arrow, confidence};
use super::spans::{short_name, span_style, state_mark};
use crate::document::{Entity, Origin};
use crate::tui::action::Action;
use crate::tui::app::{App, Notice};
use crate::tui::glyph::{fitted, fitted_end, one_line};
use crate::tui::mode::{JumpPurpose, Mode, PromptKind};
use crate::tui::panel;
use ratatui::buffer::Buffer;
use ratatui::text::{Line, Span};
use std::time::{SystemTime, UNIX_EPOCH};
use unicode_width::UnicodeWidthStr;

/// Draws the status line and the legend in the lower border.
pub(super) fn draw(app: &App, regions: &Regions, buffer: &mut Buffer) {
    let area = regions.status;
    let saved = saved(app);
    let saved_width = saved.width() as u16 + 1;
    let room = area.width.saturating_sub(saved_width + 2);
    buffer.set_line(area.x + 1, area.y, &status(app, usize::from(room)), room);
    buffer.set_line(area.right() - saved_width, area.y, &saved, saved_width);
    if let Some(Notice { text, error }) = &app.notice
        && fitted(text, usize::MAX).width() > usize::from(room)
    {
        popup::message(app, text, *error, regions, buffer);
    }
    let legend = legend(app, regions);
    buffer.set_line(regions.whole.x + 2, regions.whole.bottom() - 1, &legend, regions.whole.width - 4);
}

fn status<'a>(app: &App, room: usize) -> Line<'a> {
    let theme = &app.theme;
    if let Mode::Prompt { kind, line } = &app.mode {
        let title = match kind {
            PromptKind::Search => "search: ",
            PromptKind::Note(_) => "note: ",
            PromptKind::Remark => "remark on the document: ",
        };
        return prompt(app, title, line.halves(), room);
    }
    if let Some(count) = app.count.filter(|_| app.mode == Mode::Normal) {
        let relation = panel::numbered(app, count).map(|_| format!(", or relation {count}")).unwrap_or_default();
        return Line::styled(format!("{count} ×{relation}"), theme.key);
    }
    match &app.notice {
        Some(Notice { text, error }) => Line::styled(fitted(text, room), if *error { theme.error } else { theme.notice }),
        None => focused_item(app, room),
    }
}

/// A line being typed: its end stays visible.
pub(super) fn prompt<'a>(app: &App, title: &'a str, (before, after): (&str, &str), room: usize) -> Line<'a> {
    let room = room.saturating_sub(title.width() + 2);
    let shown = fitted_end(before, room);
    let rest = fitted(after, room.saturating_sub(shown.width()));
    Line::from(vec![
        Span::styled(title, app.theme.key),
        Span::styled(shown, app.theme.text),
        Span::styled("▏", app.theme.key),
        Span::styled(rest, app.theme.text),
    ])
}

fn focused_item<'a>(app: &App, room: usize) -> Line<'a> {
    let theme = &app.theme;
    if let Some(relation) = app.focused_relation() {
        let name = |id| app.document().entities.get(id).map(|entity| name_of(app, entity)).unwrap_or_default();
        let end = detail(relation.origin.confidence(), state_mark(relation.status, &relation.origin));
        let end = end + &said_by(&relation.origin);
        let arrow = arrow(app.schema(), &relation.role);
        let room = room.saturating_sub(arrow.width() + end.width() + 2) / 2;
        let ends = [name(&relation.subject), name(&relation.object)].map(|name| fitted(&name, room));
        let [subject, object] = ends;
        return Line::from(vec![
            Span::styled(subject, theme.text),
            Span::styled(format!(" {arrow} "), theme.title),
            Span::styled(object, theme.text),
            Span::styled(end, theme.dim),
        ]);
    }
    if let Some(selection) = app.selection() {
        let text = app.document().text.slice(selection).unwrap_or_default();
        return Line::styled(format!("selected \"{}\"", fitted(text, room.saturating_sub(11))), theme.text);
    }
    let Some(entity) = app.focused_entity() else {
        let word = app.document().text.slice(app.cursor()).unwrap_or_default();
        let meaning = meaning(app, word).map(|meaning| fitted(&meaning, room)).unwrap_or_default();
        let steps = if app.by_char { "character steps  " } else { "" };
        return Line::from(vec![Span::styled(steps, theme.dim), Span::styled(meaning, theme.text)]);
    };
    let mark = state_mark(entity.status, &entity.origin);
    let note = app.note_on(&entity.id).map(|note| format!("  note: {note}")).unwrap_or_default();
    let meaning = meaning(app, &app.document().covered_text(entity)).map(|it| format!("  {it}")).unwrap_or_default();
    let check = app.checks().iter().find(|check| check.about.as_ref() == Some(&entity.id));
    let check = check.map(|check| format!("  ! {}", check.message)).unwrap_or_default();
    let attached = attached(app.document(), &entity.id);
    let (sure, who) = (detail(entity.origin.confidence(), ""), said_by(&entity.origin));
    let end = format!("{sure}{who}{meaning}{note}{attached}{check}");
    let label = format!("{}{mark} ", short_name(app, entity));
    let text = fitted(&app.document().covered_text(entity), room.saturating_sub(label.width() + 6).max(8));
    let steps = if app.by_char { "  by character" } else { "" };
    Line::from(vec![
        Span::styled(label, span_style(app, entity)),
        Span::styled(format!("\"{text}\""), theme.text),
        Span::styled(fitted(&end, room), theme.dim),
        Span::styled(steps, theme.dim),
    ])
}

/// What the first of these words that is a short form stands for: `AD = Alzheimer's disease`.
fn meaning(app: &App, words: &str) -> Option<String> {
    let candidates = std::iter::once(words).chain(words.split(|c: char| c.is_whitespace() || c == '-'));
    candidates
        .map(|short| short.trim_matches(|c: char| !c.is_alphanumeric()))
        .find_map(|short| app.long_form(short).map(|long| format!("{short} = {}", one_line(long))))
}

fn name_of(app: &App, entity: &Entity) -> String {
    format!("{} \"{}\"", short_name(app, entity), app.document().covered_text(entity))
}

/// Which annotator says it, in a document of several.
fn said_by(origin: &Origin) -> String {
    match origin {
        Origin::Annotator { name } => format!(" says {}", fitted(name, 24)),
        _ => String::new(),
    }
}

fn detail(value: Option<f32>, mark: &str) -> String {
    let value = value.map(confidence).unwrap_or_default();
    let gap = if value.is_empty() || mark.is_empty() { "" } else { " " };
    format!(" {value}{gap}{mark}")
}

fn saved<'a>(app: &App) -> Line<'a> {
    if let Some(unsaved) = &app.unsaved {
        // What is wrong stands behind the path.
        return Line::styled(format!("NOT SAVED: {}", fitted_end(&unsaved.reason, 40)), app.theme.error);
    }
    match app.saved {
        Some(at) => Line::styled(format!("saved {}", clock(at)), app.theme.dim),
        None => Line::styled("", app.theme.dim),
    }
}

/// Time of day in UTC, since the standard library knows no time zones.
pub(super) fn clock(at: SystemTime) -> String {
    let seconds = at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()) % 86_400;
    format!("{:02}:{:02}:{:02}Z", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// Which keys matter now, from the live keymap.
fn legend<'a>(app: &App, regions: &Regions) -> Line<'a> {
    let width = usize::from(regions.whole.width) - 4;
    let entries: Vec<(String, &str)> = match &app.mode {
        Mode::Normal => normal(app),
        Mode::Select { onto: Some(_), .. } => fixed(&[
            ("← → ↑ ↓", "grow"),
            ("1–9", "words"),
            ("tab", "word/character"),
            ("letter", "type"),
            ("&", "add to the span"),
            ("esc", "cancel"),
        ]),
        Mode::Select { .. } => {
            fixed(&[("← → ↑ ↓", "grow"), ("1–9", "words"), ("tab", "word/character"), ("letter", "type"), ("esc", "cancel")])
        }
        Mode::Retype { .. } => fixed(&[("letter", "type"), ("esc", "cancel")]),
        Mode::Relate { again: true, .. } => {
            let mut keys = fixed(&[("1–9", "relate again")]);
            keys.extend(normal(app));
            keys
        }
        Mode::Relate { .. } => fixed(&[("1–9", "partner"), ("f", "label"), ("esc", "cancel")]),
        Mode::Retarget { .. } => fixed(&[("1–9", "new end"), ("tab", "other end"), ("f", "label"), ("esc", "cancel")]),
        Mode::Jump { purpose: JumpPurpose::Relate(_) | JumpPurpose::Retarget(..), .. } => {
            fixed(&[("letters", "choose"), ("↑ ↓", "scroll"), ("esc", "cancel")])
        }
        Mode::Jump { .. } => fixed(&[("letters", "jump"), ("esc", "cancel")]),
        Mode::Prompt { .. } => fixed(&[("enter", "done"), ("ctrl-u", "clear"), ("esc", "cancel")]),
        Mode::Palette { .. } => fixed(&[("type", "to filter"), ("↑ ↓", "choose"), ("enter", "do it"), ("esc", "close")]),
        Mode::DocumentList(_) => fixed(&[
            ("type", "to search"),
            ("↑ ↓", "choose"),
            ("enter", "open"),
            ("tab", "sort"),
            ("shift-tab", "filter"),
            ("esc", "close"),
        ]),
        Mode::Propagate(shown) => {
            let listed = shown.on_screen(menus::room(regions));
            let enter = if listed.end < shown.places.len() { "next places" } else { "mark them" };
            let scroll = if listed.len() < shown.places.len() { "↑ ↓" } else { "" };
            let more = app.keymap.key_of(Action::Propagate).filter(|_| !shown.everywhere).unwrap_or_default();
            let mut keys = fixed(&[("enter", enter), ("1–9", "leave out"), (scroll, "scroll")]);
            keys.extend([(more, "whole document")]);
            keys.retain(|(key, _)| !key.is_empty());
            keys.extend(fixed(&[("esc", "cancel")]));
            keys
        }
        Mode::Ticks(_) => fixed(&[
            ("letter", "tick"),
            ("enter", "accept ✓, reject ✗"),
            ("- +", "tick more, fewer"),
            ("↑ ↓", "scroll"),
            ("esc", "cancel"),
        ]),
        Mode::Compare(_) => {
            fixed(&[("1–9", "take a side"), ("b", "both"), ("x", "neither"), ("n", "leave it"), ("esc", "close")])
        }
        Mode::Filter => fixed(&[
            ("letter", "hide type"),
            ("capital", "only it"),
            ("1–5", "hide state"),
            ("backspace", "show all"),
            ("enter", "close"),
        ]),
        Mode::Checks { .. } => fixed(&[("↑ ↓", "choose"), ("enter", "go there"), ("esc", "close")]),
        Mode::History { .. } => fixed(&[("↑ ↓", "choose"), ("enter", "go back to it"), ("esc", "close")]),
        Mode::Help { .. } => fixed(&[("↑ ↓", "scroll"), ("esc", "close")]),
    };
    // The last one, the way out or to the help, is always there; others as far as there is room beside it.
    let Some((last, others)) = entries.split_last() else { return Line::default() };
    let width_of = |(keys, what): &(String, &str)| keys.width() + what.width() + 3;
    let mut room = width.saturating_sub(width_of(last));
    let fitting = others.iter().take_while(|entry| match room.checked_sub(width_of(entry)) {
        Some(left) => {
            room = left;
            true
        }
        None => false,
    });
    let mut line = Line::default();
    for (keys, what) in fitting.chain([last]) {
        line.push_span(Span::styled(format!(" {keys}"), app.theme.key));
        line.push_span(Span::styled(format!(" {what} "), app.theme.dim));
    }
    line
}

fn fixed<'a>(entries: &[(&str, &'a str)]) -> Vec<(String, &'a str)> {
    entries.iter().map(|(keys, what)| ((*keys).to_owned(), *what)).collect()
}

fn normal(app: &App) -> Vec<(String, &'static str)> {
    use Action::*;
    let actions: &[&[Action]] = if app.focused_relation().is_some() {
        &[&[Accept], &[Reject], &[NextUndecided], &[OtherRole], &[Flip], &[Retarget], &[Undo], &[Note], &[Quit], &[Help]]
    } else if app.focused_entity().is_some() {
        let edges: &[Action] = &[LeftEdgeOut, RightEdgeOut];
        &[&[Accept], &[Reject], &[NextUndecided], &[Retype], edges, &[Relate], &[Undo], &[Select], &[Done], &[Quit], &[Help]]
    } else {
        &[
            &[NextUndecided],
            &[Select],
            &[Jump],
            &[Search],
            &[NextDocument],
            &[DocumentList],
            &[Palette],
            &[Undo],
            &[Quit],
            &[Help],
        ]
    };
    let keys = |group: &&[Action]| {
        let keys: Vec<String> = group.iter().filter_map(|action| app.keymap.key_of(*action)).collect();
        (!keys.is_empty()).then(|| (keys.join(" "), group.first().map_or("", |action| action.short())))
    };
    actions.iter().filter_map(keys).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_clock_counts_within_a_day() {
        assert_eq!(clock(UNIX_EPOCH + Duration::from_secs(86_400 * 3 + 43_391)), "12:03:11Z");
    }
}
