//! Two annotators side by side, by keys.

use super::fixture::{app, press, screen, symbols};
use super::looks::at_both_sizes;
use crate::document::{Origin, Status};
use crate::review::dsl::{render, sketch};
use crate::tui::App;
use crate::tui::mode::Mode;

/// Two places where anna and ben disagree, and a span that only anna has.
const LINE: &str = "[p53|Gene] [low [activity|MPA?]|MPA?] of [cells|CPA?] [lost|NegReg] \
@ T1 ThemeOf? T5 T5 CauseOf? T1";

/// The line with the first proposal of spans and of relations by ben, all others by anna.
fn merged() -> App {
    let mut document = sketch(LINE).document;
    let entities = document.entities.values_mut().map(|it| (it.status, &mut it.origin));
    let relations = document.relations.values_mut().map(|it| (it.status, &mut it.origin));
    let proposed = entities.chain(relations).filter(|(status, _)| *status == Status::Proposed);
    for ((_, origin), name) in proposed.zip(["anna", "ben", "anna", "anna", "ben"]) {
        *origin = Origin::Annotator { name: name.into() };
    }
    let mut app = app(vec![document]);
    screen(&mut app, 100, 30);
    app
}

#[track_caller]
fn compared(keys: &str, after: &str) -> App {
    let mut app = merged();
    press(&mut app, keys);
    assert_eq!(render(app.document(), None, None), after, "after {keys}; the status line says {:?}", app.notice);
    app
}

#[test]
fn a_number_takes_a_side_and_the_other_is_rejected_in_one_undo_step() {
    let roles = " @ T1 ThemeOf? T5 T5 CauseOf? T1";
    compared("= 1", &format!("[p53|Gene] [low [activity|MPAx]|MPA!] of [cells|CPA?] [lost|NegReg]{roles}"));
    compared("= 2", &format!("[p53|Gene] [low [activity|MPA!]|MPAx] of [cells|CPA?] [lost|NegReg]{roles}"));
    compared("= b", &format!("[p53|Gene] [low [activity|MPA!]|MPA!] of [cells|CPA?] [lost|NegReg]{roles}"));
    compared("= x", &format!("[p53|Gene] [low [activity|MPAx]|MPAx] of [cells|CPA?] [lost|NegReg]{roles}"));
    compared("= x esc u", LINE);
}

#[test]
fn the_sides_stay_open_until_nobody_disagrees() {
    let app =
        compared("= 1 2", "[p53|Gene] [low [activity|MPAx]|MPA!] of [cells|CPAx] [lost|NegReg] @ T1 ThemeOf? T5 T5 CauseOf? T1");
    assert!(matches!(app.mode, Mode::Compare(_)), "the relations are next");
    let app = compared(
        "= 1 1 2",
        "[p53|Gene] [low [activity|MPAx]|MPA!] of [cells|CPA!] [lost|NegReg] @ T1 ThemeOfx T5 T5 CauseOf! T1",
    );
    assert_eq!(app.mode, Mode::Normal);
    let app = compared("= 1 1 2 =", &render(app.document(), None, None));
    assert!(app.notice.unwrap().text.starts_with("no two annotators disagree"));
}

#[test]
fn what_a_model_proposes_between_is_passed_over() {
    let line = "[low|MPA?] [loss|NegReg?] of [cells|CPA?] [lost|NegReg?]";
    let mut document = sketch(line).document;
    for (id, name) in [("T1", "anna"), ("T3", "ben")] {
        document.entities.get_mut(id).unwrap().origin = Origin::Annotator { name: name.into() };
    }
    let mut app = app(vec![document]);
    screen(&mut app, 100, 30);
    press(&mut app, "= x x");
    assert_eq!(render(app.document(), None, None), "[low|MPAx] [loss|NegReg?] of [cells|CPAx] [lost|NegReg?]");
    assert_eq!(app.mode, Mode::Normal);
    assert!(app.notice.is_some_and(|it| it.text.starts_with("no other place is left")));
}

#[test]
fn a_disagreement_can_be_left_and_other_keys_are_explained() {
    let mut app = compared("= n", LINE);
    assert!(symbols(&screen(&mut app, 100, 30)).contains("nothing"), "ben has nothing at the second place");
    press(&mut app, "3");
    assert!(app.notice.as_ref().is_some_and(|it| it.error && it.text.contains("neither")));
    press(&mut app, "esc");
    assert_eq!(app.mode, Mode::Normal);
}

#[test]
fn comparison() {
    let mut app = merged();
    press(&mut app, "=");
    at_both_sizes("compare", &mut app);
    press(&mut app, "n n");
    at_both_sizes("compare_relations", &mut app);
}
