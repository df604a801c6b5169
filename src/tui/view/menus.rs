//! What may be typed next: after the first key of a chord, and where a type, a partner or an end is chosen.

use super::popup::in_corner;
use super::regions::Regions;
use super::relations::{arrow, confidence};
use super::spans::{short_label, short_name, span_style};
use crate::document::{AnnotationId, Entity, EntityType, Label, Tint};
use crate::review::{Partner, RelationEnd, State};
use crate::text::{CharOffset, CharSpan};
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::chord::Chord;
use crate::tui::glyph::{fitted, one_line};
use crate::tui::keymap::{Continuation, Match};
use crate::tui::mode::{Mode, Propagation};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Draws the menu of the mode, if it has one, in a corner where it does not hide the row of the cursor.
pub(super) fn draw(app: &App, regions: &Regions, cursor_row: u16, buffer: &mut Buffer) {
    let (title, lines) = match &app.mode {
        Mode::Normal if !app.pending.is_empty() => pending(app),
        Mode::Select { .. } => (offer(app), types(app, regions, app.selection())),
        Mode::Retype { id } => {
            let place = app.document().entities.get(id).map(Entity::hull);
            ("new type".to_owned(), types(app, regions, place))
        }
        Mode::Relate { from, partners, again } => {
            (if *again { "relate again" } else { "relate" }.to_owned(), partner_lines(app, from, partners))
        }
        Mode::Retarget { end, candidates, .. } => {
            let end = if *end == RelationEnd::Subject { "new subject" } else { "new object" };
            (end.to_owned(), candidates.iter().enumerate().map(|(i, id)| numbered(app, i, vec![end_span(app, id)])).collect())
        }
        Mode::Propagate(shown) => propagation(app, shown, room(regions)),
        Mode::Filter => ("shown".to_owned(), filter_lines(app, regions)),
        _ => return,
    };
    in_corner(app, &title, &lines, within(regions), cursor_row, buffer);
}

/// Where menus may be: above the status line.
fn within(regions: &Regions) -> Rect {
    Rect { height: regions.status.y - 1 - regions.whole.y, ..regions.whole }
}

/// How many lines a menu can hold.
pub(super) fn room(regions: &Regions) -> usize {
    usize::from(within(regions).height.saturating_sub(2))
}

fn pending<'a>(app: &App) -> (String, Vec<Line<'a>>) {
    let title = app.pending.iter().map(Chord::to_string).collect::<Vec<_>>().join(" ");
    let Match::Pending(next) = app.keymap.lookup(&app.pending) else { return (title, Vec::new()) };
    let lines = next.into_iter().map(|(chord, continuation)| {
        let doc = match continuation {
            Continuation::Action(action) => action.doc(),
            Continuation::More => "…",
        };
        Line::from(vec![Span::styled(format!("{chord}  "), app.theme.key), Span::styled(doc, app.theme.text)])
    });
    (title, lines.collect())
}

/// The places where the words of a span would be marked, as many as there is room for, with what stands around them.
fn propagation<'a>(app: &App, shown: &Propagation, room: usize) -> (String, Vec<Line<'a>>) {
    let wanted = shown.places.iter().filter(|(_, wanted)| *wanted).count();
    let where_ = if shown.everywhere { "document" } else { "sentence" };
    let name = end_span(app, &shown.from);
    let (all, listed) = (shown.places.len(), shown.on_screen(room));
    let part = if listed.len() < all { format!(" · {}–{}", listed.start + 1, listed.end) } else { String::new() };
    let title = format!("mark {wanted} of {all} in this {where_} as {}{part}", name.content);
    let text = &app.document().text;
    let around = |from: CharOffset, to: CharOffset| {
        CharSpan::new(from, to.min(text.len())).ok().and_then(|span| text.slice(span)).map(one_line).unwrap_or_default()
    };
    let line = |(i, (place, wanted)): (usize, &(CharSpan, bool))| {
        let number = if i < 9 { (i + 1).to_string() } else { " ".to_owned() };
        let (sign, style) = if *wanted { ("✓", name.style) } else { ("✗", app.theme.dim) };
        Line::from(vec![
            Span::styled(format!("{number} {sign} "), app.theme.key),
            Span::styled(format!("{:>CONTEXT$}", around(place.start().minus(CONTEXT as u32), place.start())), app.theme.dim),
            Span::styled(around(place.start(), place.end()), style),
            Span::styled(around(place.end(), place.end().plus(CONTEXT as u32)), app.theme.dim),
        ])
    };
    (title, shown.places.iter().skip(listed.start).take(listed.len()).enumerate().map(line).collect())
}

/// Code points of context on each side of a place.
const CONTEXT: usize = 22;

/// Types and states with the keys that hide them.
fn filter_lines<'a>(app: &App, regions: &Regions) -> Vec<Line<'a>> {
    let filter = app.session.filter();
    let sign = |shown: bool| if shown { "✓" } else { "✗" };
    let one_type = |known: &EntityType| {
        let shown = filter.shows_type(&known.name);
        let style = if shown { app.theme.tint(known.tint) } else { app.theme.dim };
        let key = Span::styled(format!("{} {} ", known.key, sign(shown)), app.theme.key);
        [key, Span::styled(format!("{:<13}", fitted(known.name.as_str(), 12)), style)]
    };
    let columns = if regions.beside { 3 } else { 4 };
    let mut lines: Vec<Line> =
        app.schema().entities.chunks(columns).map(|row| Line::from(row.iter().flat_map(one_type).collect::<Vec<_>>())).collect();
    let states = State::ALL.iter().enumerate().flat_map(|(i, state)| {
        let shown = filter.shows_state(*state);
        let style = if shown { app.theme.text } else { app.theme.dim };
        [Span::styled(format!("{} {} ", i + 1, sign(shown)), app.theme.key), Span::styled(format!("{}  ", state.name()), style)]
    });
    lines.push(Line::from(states.collect::<Vec<_>>()));
    let keys = [Action::ThresholdDown, Action::ThresholdUp].map(|action| app.keymap.key_of(action).unwrap_or_default());
    let threshold = format!("proposals from {} on", confidence(filter.threshold()));
    lines.push(Line::from(vec![
        Span::styled(format!("{} ", keys.join(" ")), app.theme.key),
        Span::styled(threshold, app.theme.text),
    ]));
    lines
}

/// What a selection can become.
fn offer(app: &App) -> String {
    let Some((span, label, likely)) = app.offered() else { return "type a letter".to_owned() };
    let words = app.document().text.slice(span).map(one_line).unwrap_or_default();
    format!("type a letter · enter: {} \"{}\" {}", short_label(app, &label), fitted(&words, 28), confidence(likely))
}

/// The types with their letters, those first that the model deems likely at this place: with descriptions where there is room, else
/// several in a row.
fn types<'a>(app: &App, regions: &Regions, place: Option<CharSpan>) -> Vec<Line<'a>> {
    let ordered = place.map(|place| app.types_for(place)).unwrap_or_default();
    let known: Vec<&EntityType> = ordered.iter().filter_map(|(label, _)| app.schema().entity(label)).collect();
    let likely =
        |label: &Label| ordered.iter().find(|(other, likely)| other == label && *likely >= 0.01).map(|(_, likely)| *likely);
    if !regions.beside {
        let entry = |entity: &EntityType| {
            let name = Span::styled(format!("{:<13}", fitted(entity.name.as_str(), 12)), app.theme.tint(entity.tint));
            [Span::styled(format!("{} ", entity.key), app.theme.key), name]
        };
        let rows = known.chunks(4);
        return rows.map(|row| Line::from(row.iter().copied().flat_map(entry).collect::<Vec<_>>())).collect();
    }
    let line = |entity: &EntityType| {
        Line::from(vec![
            Span::styled(format!("{}  ", entity.key), app.theme.key),
            Span::styled(format!("{:<12}", fitted(entity.name.as_str(), 12)), app.theme.tint(entity.tint)),
            Span::styled(
                likely(&entity.name).map_or_else(|| "    ".to_owned(), |it| format!("{:<4}", confidence(it))),
                app.theme.title,
            ),
            Span::styled(fitted(&entity.description, 36), app.theme.dim),
        ])
    };
    known.into_iter().map(line).collect()
}

fn partner_lines<'a>(app: &App, from: &AnnotationId, partners: &[Partner]) -> Vec<Line<'a>> {
    let line = |(i, partner): (usize, &Partner)| {
        let arrow = Span::styled(format!(" {} ", arrow(app.schema(), &partner.role)), app.theme.title);
        let (own, other) = (end_span(app, from), end_span(app, &partner.entity));
        let mut spans = if partner.entity_is_subject { vec![own, arrow, other] } else { vec![other, arrow, own] };
        // The same words may stand in other sentences too; those that are not on the screen bear no number there.
        let sentences = [from, &partner.entity].map(|id| sentence_of(app, id));
        if let [own, Some(there)] = sentences
            && own != Some(there)
        {
            spans.push(Span::styled(format!("  sentence {}", there + 1), app.theme.dim));
        }
        numbered(app, i, spans)
    };
    partners.iter().enumerate().map(line).collect()
}

fn sentence_of(app: &App, id: &AnnotationId) -> Option<usize> {
    app.segmentation().sentence_at(app.document().entities.get(id)?.hull().start())
}

fn numbered<'a>(app: &App, index: usize, spans: Vec<Span<'a>>) -> Line<'a> {
    let number = Span::styled(format!("{}  ", index + 1), app.theme.key);
    Line::from(std::iter::once(number).chain(spans).collect::<Vec<_>>())
}

fn end_span<'a>(app: &App, id: &AnnotationId) -> Span<'a> {
    match app.document().entities.get(id) {
        Some(entity) => {
            let text = format!("{} {}", short_name(app, entity), app.document().covered_text(entity));
            Span::styled(fitted(&text, 28), span_style(app, entity))
        }
        None => Span::styled(fitted(id.as_str(), 28), app.theme.tint(Tint::Other)),
    }
}
