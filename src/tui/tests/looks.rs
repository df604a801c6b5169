//! What the screen looks like.

use super::fixture::{app, document, press, screen, symbols, usual};
use super::styled::styled;
use crate::tui::app::ModelState;
use crate::tui::event::AppEvent;
use crate::tui::event::Unsaved;
use crate::tui::theme::{Background, Depth, Theme};
use crate::tui::{App, update};

fn looks(name: &str, app: &mut App, width: u16, height: u16) {
    let buffer = screen(app, width, height);
    insta::with_settings!({ prepend_module_to_snapshot => false, snapshot_path => "../snapshots", omit_expression => true }, {
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), styled(&buffer));
    });
}

pub fn at_both_sizes(name: &str, app: &mut App) {
    looks(name, app, 80, 24);
    looks(name, app, 120, 40);
}

#[test]
fn review() {
    let mut app = usual();
    app.model = ModelState::Ready { name: "agac".into(), waiting: 2, share: Some(40) };
    at_both_sizes("review", &mut app);
}

#[test]
fn focused_relation() {
    let mut app = usual();
    press(&mut app, "n a tab tab tab");
    update(&mut app, AppEvent::Saved(super::fixture::noon()));
    at_both_sizes("focused_relation", &mut app);
}

#[test]
fn everything_shown() {
    let mut app = usual();
    press(&mut app, "g r s esc h");
    at_both_sizes("everything_shown", &mut app);
}

#[test]
fn relate_menu() {
    let mut app = usual();
    press(&mut app, "r");
    at_both_sizes("relate_menu", &mut app);
}

#[test]
fn selection() {
    let mut app = usual();
    press(&mut app, "/ s e r u m enter v h h");
    at_both_sizes("selection", &mut app);
}

#[test]
fn jump_labels() {
    let mut app = usual();
    press(&mut app, "f");
    at_both_sizes("jump_labels", &mut app);
}

#[test]
fn pending_chord() {
    let mut app = usual();
    press(&mut app, "g");
    looks("pending_chord", &mut app, 80, 24);
}

#[test]
fn note_prompt() {
    let mut app = usual();
    press(&mut app, "o s e e space 汉");
    looks("note_prompt", &mut app, 80, 24);
}

#[test]
fn document_list() {
    let mut app = usual();
    press(&mut app, "! x g d down");
    at_both_sizes("document_list", &mut app);
}

#[test]
fn help() {
    let mut app = usual();
    press(&mut app, "?");
    at_both_sizes("help", &mut app);
}

#[test]
fn palette() {
    let mut app = usual();
    press(&mut app, ": e d g e down");
    at_both_sizes("palette", &mut app);
}

#[test]
fn propagation_preview() {
    let line = "[APC|Gene!] lost its arm. Loss of APC was seen, and APC bound to (APC)2 and to apc.";
    let mut app = app(vec![document("apc", line)]);
    press(&mut app, "R 2");
    at_both_sizes("propagation", &mut app);
}

#[test]
fn arcs() {
    let mut app = usual();
    press(&mut app, "g a tab tab tab tab tab tab tab tab tab");
    at_both_sizes("arcs", &mut app);
}

#[test]
fn ticked_spans_and_roles() {
    for (width, height) in [(80, 24), (120, 40)] {
        for (name, keys) in [("tick_spans", [".", "c", "-"]), ("tick_roles", [",", "b", "a"])] {
            let mut app = usual();
            screen(&mut app, width, height);
            for key in keys {
                update(&mut app, AppEvent::Key(key.parse().unwrap(), super::fixture::noon()));
            }
            looks(name, &mut app, width, height);
        }
    }
}

#[test]
fn filter() {
    let mut app = usual();
    press(&mut app, "F v 4 +");
    at_both_sizes("filter", &mut app);
}

#[test]
fn checks() {
    let mut app = usual();
    press(&mut app, "a g c");
    at_both_sizes("checks", &mut app);
}

#[test]
fn history() {
    let mut app = usual();
    press(&mut app, "a x t m ] ! u g h k");
    at_both_sizes("history", &mut app);
}

#[test]
fn a_short_form_says_what_it_stands_for() {
    let line = "Mice with Alzheimer's disease (AD) ran. [AD|Disease?] is common.";
    let mut app = app(vec![document("ad", line)]);
    looks("short_form", &mut app, 80, 24);
}

#[test]
fn too_small() {
    looks("too_small", &mut usual(), 50, 10);
    looks("too_small", &mut usual(), 20, 5);
}

#[test]
fn without_colours_and_with_sixteen() {
    for (name, depth) in [("no_colour", Depth::None), ("sixteen", Depth::Sixteen)] {
        let mut app = usual();
        app.theme = Theme::new(depth, Background::Dark);
        looks(name, &mut app, 80, 24);
    }
}

#[test]
fn every_theme() {
    for name in Theme::NAMES {
        let mut app = usual();
        app.theme = Theme::named(name, Depth::True).unwrap();
        press(&mut app, "n a");
        at_both_sizes(&format!("theme_{name}"), &mut app);
    }
}

#[test]
fn a_message_too_long_for_its_line_is_shown_in_full() {
    let mut app = usual();
    app.complain(
        "The model in /a/folder can't be used: /a/folder/manifest.json:1:7: EOF while parsing an object; the review goes on",
    );
    looks("long_message", &mut app, 80, 24);
}

#[test]
fn the_failed_journal_is_never_overlooked() {
    let mut app = usual();
    update(&mut app, AppEvent::NotSaved(Unsaved { count: 2, reason: "no space left".into() }));
    assert!(symbols(&screen(&mut app, 80, 24)).contains("NOT SAVED: no space left"));
    let small = symbols(&screen(&mut app, 50, 10));
    assert!(!small.contains("Everything is saved") && small.contains("NOT SAVED:"), "{small}");
}

#[test]
fn hostile_text_is_shown_and_not_sent() {
    let text = "A \u{1b}[2J\u{202e}evil\u{202c} [gene\u{7}|Gene?] of 汉字 and 👩‍🔬 e\u{301}.\r\nSecond\tline \u{9b}31m.";
    let mut app = app(vec![document("na\u{1b}]0;me\u{202e}", text)]);
    looks("hostile", &mut app, 80, 24);
    for (keys, width) in [("o", 80), ("esc g d", 120), ("esc r", 100)] {
        press(&mut app, keys);
        let buffer = screen(&mut app, width, 30);
        let sent = buffer.content().iter().flat_map(|cell| cell.symbol().chars());
        for c in sent {
            assert!(!c.is_control() && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'), "{c:?} is sent");
        }
    }
}

#[test]
fn text_does_not_move_when_proposals_arrive() {
    let line = super::fixture::ABSTRACT;
    let marked = document("same", line);
    let mut bare = marked.clone();
    bare.entities.clear();
    bare.relations.clear();
    let words = ["Truncating variants", "families", "controls"];
    let places = |app: &mut App| {
        let buffer = screen(app, 100, 40);
        let rows = super::styled::rows(&buffer);
        words.map(|word| rows.iter().enumerate().find_map(|(y, row)| Some((y, row.find(word)?))))
    };
    assert_eq!(places(&mut app(vec![marked])), places(&mut app(vec![bare])));
}

#[test]
fn the_cursor_is_seen_on_a_letter_and_on_its_accent() {
    let mut app = app(vec![document("accent", "cafe\u{301} au lait")]);
    // Text begins in column 7; the accent stands on the fourth letter.
    let cursor = |app: &mut App| {
        let buffer = screen(app, 100, 30);
        (7..18)
            .filter(|x| {
                buffer[(*x, 1)].style().bg != buffer[(18, 1)].style().bg || buffer[(*x, 1)].modifier != buffer[(18, 1)].modifier
            })
            .collect::<Vec<_>>()
    };
    press(&mut app, "c l l l");
    assert_eq!((app.cursor().start().get(), cursor(&mut app)), (3, vec![10]));
    press(&mut app, "l");
    assert_eq!((app.cursor().start().get(), cursor(&mut app)), (4, vec![10]));
    press(&mut app, "v l");
    assert_eq!(cursor(&mut app), [10, 11], "nor does a selection leave it out");
}

#[test]
fn no_wide_character_reaches_beneath_the_border_of_a_box() {
    let text = format!("[p53|Gene!]{} {}", " p53".repeat(20), "汉".repeat(2_000));
    let mut boxes = 0;
    for width in (76..84).chain(104..112) {
        for keys in ["?", "g d", "R", "t", ":"] {
            let mut app = app(vec![document("wide", &text)]);
            press(&mut app, keys);
            let buffer = screen(&mut app, width, 24);
            let at = |x: u16, y: u16| buffer[(x, y)].symbol();
            let corner = (0..24).flat_map(|y| (1..width).map(move |x| (x, y))).find(|(x, y)| at(*x, *y) == "┌");
            let Some((x, top)) = corner else { continue };
            let border: String = (top + 1..24).map(|y| at(x, y)).take_while(|symbol| *symbol != "└").collect();
            assert_eq!(border.replace('│', ""), "", "in column {x} of {width} after {keys}\n{}", symbols(&buffer));
            boxes += 1;
        }
    }
    assert!(boxes > 40, "only {boxes} boxes stand beside text");
}
