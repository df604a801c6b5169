//! Nothing that a document holds, no size and no key brings the review down.

use super::fixture::{app, noon, screen, usual};
use crate::document::Document;
use crate::review::dsl::sketch;
use crate::text::SourceText;
use crate::tui::chord::Chord;
use crate::tui::event::AppEvent;
use crate::tui::update;
use crossterm::event::KeyCode;
use proptest::prelude::*;

fn key() -> impl Strategy<Value = Chord> {
    let keys = "hjklnNfasuUAXx +-cvtrm~ed[]{}oJKgd/!wW:?()1239TR\u{e9}汉";
    let typed: Vec<char> = keys.chars().collect();
    let named = [KeyCode::Enter, KeyCode::Esc, KeyCode::Tab, KeyCode::Backspace, KeyCode::Left, KeyCode::Up, KeyCode::PageDown];
    prop_oneof![6 => prop::sample::select(typed).prop_map(Chord::char), 2 => prop::sample::select(named.to_vec()).prop_map(Chord::plain)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_text_at_any_size(text in "(?s).{0,200}|[a汉\u{301}\u{1b}\u{202e}👩‍🔬 \n\t]{0,200}", sizes in prop::collection::vec((1u16..140, 1u16..50), 1..4)) {
        let mut app = app(vec![Document::new("any", SourceText::new(text))]);
        for (width, height) in sizes {
            screen(&mut app, width, height);
            update(&mut app, AppEvent::Key(Chord::char('j'), noon()));
        }
    }

    #[test]
    fn any_keys_on_any_document(
        before in "(\\[(α|ab|x 汉)\\|(Gene|Var|NegReg|PosReg|MPA|odd)[?!x~+]?\\]|[a-d]{1,4}[.,]?| ){0,30}",
        relations in prop::collection::vec((1u8..6, 1u8..6, "ThemeOf|CauseOf|Odd", "[?!x]?"), 0..5),
        keys in prop::collection::vec(key(), 0..40),
        width in 40u16..130,
    ) {
        let relations: Vec<_> = relations.iter().map(|(a, b, role, state)| format!("T{a} {role}{state} T{b}")).collect();
        let line = format!("{before} @ {}", relations.join(" "));
        let mut app = app(vec![sketch(&line).document, Document::new("other", SourceText::new("b"))]);
        for chord in keys {
            update(&mut app, AppEvent::Key(chord, noon()));
            screen(&mut app, width, 20);
        }
    }
}

#[test]
fn tiny_terminals() {
    for (width, height) in [(1, 1), (20, 5), (60, 16), (59, 16), (60, 15), (200, 16), (60, 100)] {
        let mut app = usual();
        for keys in ["", "?", "esc g d", "esc :", "esc r", "esc t", "esc f", "esc o"] {
            for key in keys.split_whitespace() {
                update(&mut app, AppEvent::Key(key.parse().unwrap(), noon()));
                screen(&mut app, width, height);
            }
        }
    }
}

#[test]
fn a_session_without_documents_does_not_crash() {
    let mut app = app(Vec::new());
    for key in "a x n l j r t v m e d / f ? esc q".split(' ') {
        update(&mut app, AppEvent::Key(key.parse().unwrap(), noon()));
        screen(&mut app, 80, 24);
    }
}

#[test]
fn a_long_document_draws_only_what_is_seen() {
    let text = "Loss of function is common in these families. ".repeat(20_000);
    let mut app = app(vec![Document::new("long", SourceText::new(text))]);
    screen(&mut app, 120, 40);
    let rows = app.layout.wrapped.clone();
    for key in ["end", "k", "page-up", "g", "g"] {
        update(&mut app, AppEvent::Key(key.parse().unwrap(), noon()));
        screen(&mut app, 120, 40);
    }
    let (before, after) = (rows.unwrap().1, app.layout.wrapped.clone().unwrap().1);
    assert!(std::sync::Arc::ptr_eq(&before, &after), "the text is wrapped once");
}

#[test]
fn comparing_costs_no_more_than_there_is() {
    // Many minutes, if the order were made anew for each proposal.
    let many = "[p53|Gene?] ".repeat(10_000);
    let mut app = app(vec![sketch(&many).document]);
    update(&mut app, AppEvent::Key(Chord::char('='), noon()));
    assert!(app.notice.is_some_and(|notice| notice.text.starts_with("no two annotators disagree")));
}
