//! What keys do, as triples: before, keys, after. The language is that of `review::dsl`.

use super::fixture::{app, noon, press, press_at, screen, symbols, usual};
use crate::document::{Document, DocumentStatus};
use crate::nlp::{self, WordSplit};
use crate::review::dsl::{render, sketch};
use crate::text::CharOffset;
use crate::tui::action::Action;
use crate::tui::event::{AppEvent, Effect, Unsaved};
use crate::tui::keymap::Keymap;
use crate::tui::mode::Mode;
use crate::tui::{App, update};

/// Presses keys on a document with the cursor at `^` and compares what it is then, cursor included where `after` has one.
#[track_caller]
fn review(before: &str, keys: &str, after: &str) {
    let app = pressed(before, keys);
    let cursor = after.contains('^');
    let focus = app.focused_entity().map(|entity| entity.id.clone()).filter(|_| cursor);
    let at = Some(app.cursor().start()).filter(|_| cursor && app.focus().is_none());
    let now = render(app.document(), focus.as_ref(), at);
    assert_eq!(now, after, "after {keys}; the status line says {:?}", app.notice);
}

fn pressed(before: &str, keys: &str) -> App {
    let sketch = sketch(before);
    let mut app = app(vec![sketch.document, Document::new("next", crate::text::SourceText::new("next"))]);
    if let Some(focus) = &sketch.focus {
        app.focus_on(focus);
    } else if let Some(cursor) = sketch.cursor {
        app.go_to(app.unit_at(cursor));
    }
    super::fixture::screen(&mut app, 100, 30);
    press(&mut app, keys);
    app
}

#[test]
fn verdicts_go_on_to_the_next_undecided() {
    review("[BRCA1|Gene?]^ loss [tumour|Disease?]", "a", "[BRCA1|Gene!] loss [tumour|Disease?]^");
    review("[BRCA1|Gene?]^ loss [tumour|Disease?]", "x", "[BRCA1|Genex] loss [tumour|Disease?]^");
    review("[BRCA1|Gene?]^ loss [tumour|Disease?]", "space", "[BRCA1|Gene?] loss [tumour|Disease?]^");
    review("[BRCA1|Gene?] loss [tumour|Disease?]^", "a", "[BRCA1|Gene?]^ loss [tumour|Disease!]");
}

#[test]
fn rejecting_a_span_rejects_its_relations_in_one_undo_step() {
    let before = "[BRCA1|Gene]^ [loss|NegReg!] @ T1 ThemeOf! T2";
    review(before, "x", "[BRCA1|Genex] [loss|NegReg!] @ T1 ThemeOfx T2");
    review(before, "x u", "[BRCA1|Gene] [loss|NegReg!] @ T1 ThemeOf! T2");
    review(before, "x u U", "[BRCA1|Genex] [loss|NegReg!] @ T1 ThemeOfx T2");
}

#[test]
fn moving() {
    review("^one two, three", "l", "one ^two, three");
    review("^one two, three", "l l", "one two, ^three");
    review("one two, ^three", "h", "one ^two, three");
    review("^one two three", "end", "one two ^three");
    review("one two ^three", "g g", "^one two three");
    review("^one two", "c l", "o^ne two");
    review("[a|Gene]^ b [c|Gene?] d [e|Var?]", "n n", "[a|Gene] b [c|Gene?] d [e|Var?]^");
    review("[a|Gene] b [c|Gene?] d [e|Var?]^", "N", "[a|Gene] b [c|Gene?]^ d [e|Var?]");
    review("[a|Gene]^ b [c|Gene?]", "tab shift-tab", "[a|Gene]^ b [c|Gene?]");
    review("[A|Gene]^ b. The [C|Gene?] d. An [E|Var?].", ") )", "[A|Gene] b. The [C|Gene?] d. An [E|Var?]^.");
    review("[A|Gene] b. The [C|Gene?] d. An [E|Var?]^.", "(", "[A|Gene] b. The [C|Gene?]^ d. An [E|Var?].");
}

#[test]
fn moving_by_screens() {
    review("one ^two\nthree\nfour five", "page-down", "one two\nthree\nfour ^five");
    review("one two\nthree\nfour ^five", "page-up", "one ^two\nthree\nfour five");
}

#[test]
fn every_action_has_a_test_that_presses_one_of_its_keys() {
    let tests = [include_str!("keys.rs"), include_str!("ticks.rs"), include_str!("compare.rs"), include_str!("desk.rs")].concat();
    let keymap = Keymap::built_in().unwrap();
    let around = |c: Option<char>| matches!(c, Some(' ' | '"'));
    let pressed = |keys: &str| {
        let parts: Vec<&str> = tests.split(keys).collect();
        parts.windows(2).any(|parts| around(parts[0].chars().next_back()) && around(parts[1].chars().next()))
    };
    for action in Action::ALL {
        let keys = keymap.keys_of(*action);
        assert!(keys.is_empty() || keys.iter().any(|keys| pressed(keys)), "no test presses {keys:?} ({})", action.name());
    }
}

#[test]
fn the_list_of_relations_is_of_the_span_or_of_the_document() {
    let before = "[BRCA1|Gene]^ [loss|NegReg!] @ T1 ThemeOf! T2";
    assert!(pressed(before, "g r").all_relations);
    assert!(!pressed(before, "g r g r").all_relations);
}

#[test]
fn searching() {
    review("^one two three two", "/ T W enter", "one ^two three two");
    review("^one two three two", "/ t w enter / enter", "one two three ^two");
    review("^one two", "/ x esc", "^one two");
}

#[test]
fn jumping() {
    review("^one two three", "f j", "one ^two three");
    review("^one two three", "f z", "^one two three");
    review("^one two three", "f esc l", "one ^two three");
}

#[test]
fn spans() {
    review("^loss of p53", "v n", "[loss|NegReg+]^ of p53");
    review("^loss of p53", "v l m", "[loss of|MPA+]^ p53");
    review("^loss of p53", "v tab l v", "[lo|Var+]^ss of p53");
    review("^loss of p53", "i d g", "loss of [p53|Gene+]^");
    review("^loss of p53", "i f l l m", "[loss of p53|MPA+]^");
    review("^loss of p53", "i esc l", "loss ^of p53");
    review("^loss of p53", "v esc l", "loss ^of p53");
    review("^loss of p53", "v f d m", "[loss of p53|MPA+]^");
    review("[loss|Var?]^ of p53", "t n", "[loss|NegReg~]^ of p53");
    review("[loss|Var?]^ of [p53|Gene?]", "t n", "[loss|NegReg~] of [p53|Gene?]^");
    review("[loss|Var!]^ of [p53|Gene?]", "t n", "[loss|NegReg~]^ of [p53|Gene?]");
    review("^one two three four", "v 2 l d", "[one two three|Disease+]^ four");
    review("^one two, three four", "v 3 d", "[one two, three|Disease+]^ four");
    review("^one two three four", "v 1 2 d", "[one two three four|Disease+]^");
    review("[loss|Var?]^ of p53", "t esc", "[loss|Var?]^ of p53");
}

#[test]
fn edges_keep_relations() {
    review("was [big|NegReg?]^, or (not) low.", "] ]", "was [big, or (|NegReg~]^not) low.");
    review("was [big, or|NegReg?]^ not", "}", "was [big|NegReg~]^, or not");
    review("a [big loss|NegReg?]^ of [p53|Gene] @ T2 ThemeOf T1", "]", "a [big loss of|NegReg~]^ [p53|Gene] @ T2 ThemeOf T1");
    review("a [big loss|NegReg?]^ of p53", "[", "[a big loss|NegReg~]^ of p53");
    review("a [big loss|NegReg?]^ of p53", "{", "a big [loss|NegReg~]^ of p53");
    review("a [big loss|NegReg?]^ of p53", "}", "a [big|NegReg~]^ loss of p53");
    review("a [big loss|NegReg?]^ of p53", "c }", "a [big los|NegReg~]^s of p53");
}

#[test]
fn with_a_relation_in_focus_its_later_end_is_at_hand() {
    let before = "[BRCA1|Gene!] [loss|NegReg!]^ of [x|Gene!] @ T1 ThemeOf? T2";
    let after = |change: &str| format!("[BRCA1|Gene!] {change} @ T1 ThemeOf? T2");
    review(before, "tab t v", &after("[loss|Var~]^ of [x|Gene!]"));
    review(before, "tab ]", &after("[loss of|NegReg~]^ [x|Gene!]"));
    review(before, "tab r 2", "[BRCA1|Gene!] [loss|NegReg!]^ of [x|Gene!] @ T1 ThemeOf? T2 T3 ThemeOf+ T2");
}

#[test]
fn deleting() {
    review("[loss|Var+]^ of p53", "d", "loss of p53");
    review("[loss|Var?]^ of p53", "d", "[loss|Varx] of p53");
    review("[loss|Var+]^ of p53", "d u", "[loss|Var+]^ of p53");
}

#[test]
fn relating() {
    review("[BRCA1|Gene]^ [loss|NegReg]", "r 1", "[BRCA1|Gene]^ [loss|NegReg] @ T1 ThemeOf+ T2");
    review("[BRCA1|Gene] [loss|NegReg]^", "r 1", "[BRCA1|Gene] [loss|NegReg]^ @ T1 ThemeOf+ T2");
    review("[R1X|Var]^ [loss|NegReg]", "r f f", "[R1X|Var]^ [loss|NegReg] @ T1 CauseOf+ T2");
    review("[R1X|Var]^ [loss|NegReg] [x|Gene]", "r 1 m", "[R1X|Var]^ [loss|NegReg] [x|Gene] @ T1 ThemeOf+ T2");
    review("[R1X|Var]^ [loss|NegReg] [x|Gene]", "r 1 m r 1", "[R1X|Var]^ [loss|NegReg] [x|Gene] @ T1 ThemeOf+ T2 T3 ThemeOf+ T1");
    let three = "[R1X|Var]^ [loss|NegReg] [x|Gene]";
    review(three, "r 1 1", "[R1X|Var]^ [loss|NegReg] [x|Gene] @ T1 CauseOf+ T2 T3 ThemeOf+ T1");
    review(three, "r 1 esc l", "[R1X|Var] [loss|NegReg]^ [x|Gene] @ T1 CauseOf+ T2");
    review(three, "r 1 l 1 h", "[R1X|Var]^ [loss|NegReg] [x|Gene] @ T1 CauseOf+ T2");
    review("[R1X|Var]^ [loss|NegReg]", "r 7 esc", "[R1X|Var]^ [loss|NegReg]");
    review("[R1X|Var]^ [loss|NegReg] @ T1 CauseOf? T2", "m", "[R1X|Var] [loss|NegReg] @ T1 ThemeOf~ T2");
    review("[down|NegReg]^ [up|PosReg] @ T1 CauseOf? T2", "~", "[down|NegReg] [up|PosReg] @ T2 CauseOf~ T1");
    review("[A1|Gene] [R1X|Var] [loss|NegReg]^ @ T1 ThemeOf? T3", "e 1", "[A1|Gene] [R1X|Var] [loss|NegReg] @ T2 ThemeOf~ T3");
}

#[test]
fn many_at_once() {
    review("[a|Gene?]^ b [c|Var?].", "A", "[a|Gene!] b [c|Var!].");
    review("[a|Gene?]^ b [c|Var?].", "A u", "[a|Gene?] b [c|Var?].");
    let before = "The [A|Gene?]^ is [B|Var?]. An [C|Var?].";
    review(before, "Y", "The [A|Gene!] is [B|Var!]. An [C|Var?]^.");
    review(before, "Y u", "The [A|Gene?] is [B|Var?]. An [C|Var?].");
    review(before, "X", "The [A|Genex] is [B|Varx]. An [C|Var?]^.");
}

#[test]
fn the_threshold_hides_and_protects() {
    // All proposals of a sketch have .50.
    let up = ["+"; 11].join(" ");
    review("[a|Gene?]^ b", &format!("{up} A"), "[a|Gene?] b");
    let app = pressed("[a|Gene?]^ b [c|Var?]", &up);
    assert_eq!(app.undecided(), 0);
    assert!((app.session.filter().threshold() - 0.55).abs() < 1e-6);
    let app = pressed("[a|Gene?]^ b [c|Var?]", &format!("{up} s"));
    assert!(app.document().entities.keys().all(|id| app.is_shown(id)));
}

#[test]
fn notes_and_remarks() {
    let app = pressed("[a|Gene?]^ b", "o s u r e enter");
    assert_eq!(app.note_on(&"T1".into()), Some("sure"));
    let app = pressed("a ^b", "o o d d enter");
    assert_eq!(app.document().marks.remark, "odd");
    let app = pressed("a ^b", "o o d d esc ! ");
    assert_eq!(app.document().marks.remark, "");
    assert!(app.document().marks.flagged);
}

#[test]
fn done_opens_the_next_and_asks_once_when_something_is_undecided() {
    let app = pressed("[a|Gene?]^ b", "a enter");
    assert_eq!((app.current, app.document_at(0).unwrap().marks.status), (1, DocumentStatus::Done));
    let app = pressed("[a|Gene?]^ b", "enter");
    assert_eq!((app.current, app.document_at(0).unwrap().marks.status), (0, DocumentStatus::New));
    let app = pressed("[a|Gene?]^ b", "enter l enter");
    assert_eq!(app.current, 0, "another key in between takes the question back");
    let app = pressed("[a|Gene?]^ b", "enter enter");
    assert_eq!(app.document_at(0).unwrap().marks.status, DocumentStatus::Done);
    // It goes on like n, and asks on the last item only.
    review("[a|Gene?]^ [b|Gene?] [c|Gene?]", "enter enter", "[a|Gene?] [b|Gene?] [c|Gene?]^");
    let app = pressed("[a|Gene?]^ [b|Gene?] [c|Gene?]", "enter enter enter");
    assert_eq!((app.current, app.notice.unwrap().text.split(';').next().unwrap()), (0, "3 undecided"));
    assert_eq!(pressed("[a|Gene?]^ [b|Gene?] [c|Gene?]", "enter enter enter enter").current, 1);
    // What a filter hides is not forgotten.
    let app = pressed("[a|Gene?]^ [b|Var?]", "F g esc A enter");
    assert_eq!((app.current, app.notice.unwrap().text.split(';').next().unwrap()), (0, "1 hidden by the filter"));
    assert!(pressed("[a|Gene?]^ [b|Var?]", "F g esc A A").notice.unwrap().text.contains("1 more are hidden"));
    assert_eq!(pressed("[a|Gene?]^ [b|Var?]", "F g esc A enter enter").current, 1);
}

#[test]
fn a_session_opens_where_the_last_decision_was_made() {
    let documents = ["[a|Gene?]", "[b|Gene?]", "[c|Gene?]"].map(|line| sketch(line).document);
    let decided = |keys: [&str; 3]| {
        let mut app = app(documents.to_vec());
        for (index, keys) in keys.into_iter().enumerate() {
            app.open(index);
            press(&mut app, keys);
        }
        let App { session, keymap, theme, .. } = app;
        App::new(session, keymap, theme, nlp::sentences, |text| nlp::words(text, WordSplit::Punctuation)).current
    };
    assert_eq!(decided(["", "", ""]), 0);
    assert_eq!(decided(["", "a", ""]), 1);
    assert_eq!(decided(["", "a enter", ""]), 2, "that one is done");
    assert_eq!(decided(["", "", "g s"]), 0, "behind the last comes the first");
}

#[test]
fn what_is_not_seen_is_not_decided() {
    let mut app = pressed("[a|Gene?]^ b", "");
    super::fixture::screen(&mut app, 40, 10);
    assert!(press_at(&mut app, "a x A enter enter", (40, 10)).is_empty());
    assert!(matches!(press_at(&mut app, "q", (40, 10)).as_slice(), [Effect::Quit { losing: false }]));
    super::fixture::screen(&mut app, 80, 24);
    press(&mut app, "a");
    assert_eq!(render(app.document(), None, None), "[a|Gene!] b");
}

#[test]
fn a_step_that_is_taken_back_leaves_the_focus_where_it_was() {
    review("[a|Gene?] [b|Gene?]^ [c|Var?] @ T2 ThemeOf? T3", "x u", "[a|Gene?] [b|Gene?]^ [c|Var?] @ T2 ThemeOf? T3");
    review("[a|Gene?]^ [b|Gene?] [c|Var?]", "A u", "[a|Gene?]^ [b|Gene?] [c|Var?]");
    let app = pressed("[a|Gene?]^ [b|Gene?]", "t v u");
    assert_eq!(app.notice.unwrap().text, "undone: retyped Var \"a\"");
}

#[test]
fn a_selection_begins_with_all_of_a_run_of_letters_and_digits() {
    let selected = |at: u32, keys: &str| {
        let documents = vec![Document::new("d", crate::text::SourceText::new("p.Gln37Arg or Gln4 in"))];
        let mut app = super::fixture::app_with(documents, |text| nlp::words(text, WordSplit::PunctuationAndDigits));
        app.go_to(app.unit_at(CharOffset::new(at)));
        press(&mut app, keys);
        app.document().text.slice(app.selection().unwrap()).unwrap().to_owned()
    };
    assert_eq!(selected(2, "v"), "Gln37Arg");
    assert_eq!(selected(2, "v h"), "Gln37");
    assert_eq!(selected(2, "v l"), "Gln37Arg or");
    assert_eq!(selected(2, "v 3"), "Gln37Arg or Gln4");
    assert_eq!(selected(5, "v"), "37", "who goes inside means the part");
}

#[test]
fn documents() {
    let mut app = usual();
    press(&mut app, "J");
    assert_eq!(app.document().name, "second");
    press(&mut app, "K K");
    assert_eq!(app.document().name, "KRELA2-gait");
    press(&mut app, "g d down down enter");
    assert_eq!(app.document().name, "empty");
    press(&mut app, "a n tab ) r m e t d ] X A");
    assert_eq!(app.document().name, "empty", "keys without an item say so and do nothing");
}

#[test]
fn every_decision_is_journalled_before_anything_else() {
    let mut app = usual();
    let effects = press(&mut app, "a x u");
    assert!(effects.iter().all(|effect| matches!(effect, Effect::Journal(0, _))), "{effects:?}");
    assert_eq!(effects.len(), 3);
    assert!(matches!(press(&mut app, "w").as_slice(), [Effect::Export(documents)] if *documents == [0]));
    assert!(matches!(press(&mut app, "W").as_slice(), [Effect::Export(documents)] if documents.len() == 3));
    assert!(matches!(press(&mut app, "q").as_slice(), [Effect::Quit { losing: false }]));
    assert!(matches!(press(&mut app, "ctrl-z").as_slice(), [Effect::Suspend]));
}

#[test]
fn what_is_not_on_disk_is_tried_again_and_lost_only_when_asked_twice() {
    let unsaved = || AppEvent::NotSaved(Unsaved { count: 2, reason: "no space left".to_owned() });
    let told = |app: &App| app.notice.as_ref().map(|notice| notice.text.clone()).unwrap_or_default();
    let mut app = usual();
    update(&mut app, unsaved());
    assert!(told(&app).ends_with("no space left"), "{}", told(&app));
    assert!(matches!(press(&mut app, "n").as_slice(), [Effect::Save]), "there may be room by now");
    for keys in ["q", "n q"] {
        assert!(matches!(press(&mut app, keys).last(), Some(Effect::Quit { losing: false })), "{keys}");
        update(&mut app, unsaved());
        assert!(told(&app).starts_with("2 changes are not on disk, and q once more loses them"), "{}", told(&app));
    }
    assert!(matches!(press(&mut app, "q").as_slice(), [Effect::Quit { losing: true }]));
    assert!(matches!(update(&mut app, AppEvent::Terminated).as_slice(), [Effect::Quit { losing: true }]));
    update(&mut app, AppEvent::Saved(noon()));
    assert_eq!((app.unsaved.is_some(), told(&app).as_str()), (false, "everything that was decided is on disk now"));
    assert!(press(&mut app, "n").is_empty());
}

#[test]
fn the_palette_does_what_it_names() {
    review("[BRCA1|Gene?]^ loss", ": a c c e p t enter", "[BRCA1|Gene!] loss");
    let mut app = usual();
    press(&mut app, ": h e l p enter");
    assert!(matches!(app.mode, Mode::Help { .. }));
    press(&mut app, "esc");
    assert_eq!(app.mode, Mode::Normal);
}

#[test]
fn a_key_without_a_meaning_says_so() {
    let mut app = usual();
    press(&mut app, "g Q");
    assert!(symbols(&super::fixture::screen(&mut app, 80, 24)).contains("g Q means nothing here; ? lists all keys"));
}

#[test]
fn moving_by_line_keeps_the_column_and_passes_empty_lines() {
    let mut app = app(vec![Document::new("lines", crate::text::SourceText::new("one two three\n\nfour five six\nseven"))]);
    super::fixture::screen(&mut app, 100, 30);
    let word = |app: &App| app.document().text.slice(app.cursor()).unwrap().to_owned();
    press(&mut app, "l j");
    assert_eq!(word(&app), "five");
    press(&mut app, "j");
    assert_eq!(word(&app), "seven");
    press(&mut app, "j k k");
    assert_eq!(word(&app), "one");
}

#[test]
fn a_number_says_how_often() {
    review("^one two three four", "3 l", "one two three ^four");
    review("^one two three four", "9 9 l", "one two three ^four");
    review("^one two three four", "2 esc l", "one ^two three four");
    review("a [big loss|NegReg?]^ of the p53", "2 ]", "a [big loss of the|NegReg~]^ p53");
    review("[a|Gene?]^ b [c|Var?] d [e|Reg?]", "x x 2 u", "[a|Gene?]^ b [c|Var?] d [e|Reg?]");
    review("[a|Gene?]^ b [c|Var?] d [e|Reg?]", "2 n", "[a|Gene?] b [c|Var?] d [e|Reg?]^");
    review("^one two", "1 0", "^one two");
}

#[test]
fn a_number_before_a_verdict_is_that_of_a_relation_in_the_panel() {
    let line = "[a|Gene!] [b|Var!]^ [c|Var!] @ T1 ThemeOf? T2 T1 ThemeOf? T3";
    review(
        &line.replace("!]^", "!]").replace("a|Gene!]", "a|Gene!]^"),
        "2 x",
        &line.replace("ThemeOf? T3", "ThemeOfx T3").replace('^', ""),
    );
    review(line, "1 a", &line.replace("ThemeOf? T2", "ThemeOf! T2").replace('^', ""));
    let app = pressed(line, "2 a");
    assert!(
        app.notice.as_ref().is_some_and(|it| it.error && it.text == "the panel lists no relation 2"),
        "the second is not one of b"
    );
    assert_eq!(render(app.document(), None, None), line.replace('^', ""));
    let mut app = pressed(line, "1");
    assert!(symbols(&screen(&mut app, 100, 30)).contains("1 ×, or relation 1"));
}

#[test]
fn a_span_that_is_not_on_the_screen_can_be_related_by_its_label() {
    let filler = "and so on and so forth and on ".repeat(60);
    let mut many = (0..10).map(|_| "[x|Var] ").collect::<String>();
    many.push_str(&filler);
    let line = format!("[p53|Gene]^ {many}[loss|Var] of it");
    let sketch = sketch(&line);
    let last = sketch.document.entities.keys().last().unwrap().clone();
    let mut app = app(vec![sketch.document]);
    press_at(&mut app, "g g n tab shift-tab r f", (80, 24));
    assert!(matches!(app.mode, Mode::Jump { .. }), "{:?}", app.notice);
    let reached = |app: &App| match &app.mode {
        Mode::Jump { labels, .. } => labels.iter().find(|label| label.entity.as_ref() == Some(&last)).map(|it| it.keys.clone()),
        mode => panic!("{mode:?}"),
    };
    let mut pages = 0;
    while reached(&app).is_none() {
        press_at(&mut app, "down", (80, 24));
        pages += 1;
        assert!(pages < 40, "never there");
    }
    assert!(pages > 1);
    press_at(&mut app, "up down", (80, 24));
    let keys = reached(&app).unwrap().chars().map(|c| format!("{c} ")).collect::<String>();
    press_at(&mut app, &keys, (80, 24));
    let relation = app.document().relations.values().next().unwrap();
    assert_eq!((relation.subject.as_str(), &relation.object), ("T1", &last));
    press_at(&mut app, "r f down esc", (80, 24));
    assert_eq!((app.focus().map(|id| id.as_str()), &app.mode), (Some("T1"), &Mode::Normal), "back where it began");
}

#[test]
fn the_queue_comes_in_another_order() {
    let mut app = app(vec![super::fixture::document("d", "[a|Gene?] b [c|Var?] d [e|Reg?]")]);
    let focus = |app: &App| app.focus().unwrap().to_string();
    // Their confidences are .91, .64, .38.
    assert_eq!(focus(&app), "T1");
    press(&mut app, "n n g o N");
    assert_eq!(focus(&app), "T2");
    press(&mut app, "g g a");
    assert_eq!(focus(&app), "T2", "the surest was accepted, the next sure one follows");
    press(&mut app, "n x");
    assert_eq!(focus(&app), "T2", "what is left comes after the last");
    let mut app = app_of_relations();
    press(&mut app, "g o g o N");
    assert_eq!(focus(&app), "R1", "a relation comes before its ends");
    press(&mut app, "a");
    assert_eq!(app.undecided(), 0, "and takes them along");
}

fn app_of_relations() -> App {
    app(vec![super::fixture::document("d", "[a|Gene?] b [c|Var?] @ T1 ThemeOf? T2")])
}

#[test]
fn propagation_shows_the_places_first() {
    let before = "[APC|Gene!]^ and apc or APC. An APC. [APC|Proteinx].";
    review(before, "R enter", "[APC|Gene!]^ and [apc|Gene+] or [APC|Gene+]. An APC. [APC|Proteinx].");
    review(before, "R esc", before);
    review(before, "R 1 enter", "[APC|Gene!]^ and apc or [APC|Gene+]. An APC. [APC|Proteinx].");
    assert_eq!(pressed(before, "R 1 R enter").document().entities.len(), 5);
    review(before, "R 1 R 4 enter", "[APC|Gene!]^ and apc or [APC|Gene+]. An [APC|Gene+]. [APC|Proteinx].");
    review("[APC|Gene!]^ and [APC|Gene?] or [APC|Genex].", "R a", "[APC|Gene!]^ and [APC|Gene!] or [APC|Genex].");
    review("[APC|Gene!]^ and [APC|Gene?]", "R enter u", "[APC|Gene!]^ and [APC|Gene?]");
    let app = pressed("[APC|Gene!]^ alone", "R");
    assert_eq!(app.mode, Mode::Normal);
}

#[test]
fn propagation_marks_nothing_that_was_not_listed() {
    let before = format!("[p53|Gene!]^{}", " p53".repeat(60));
    let marked = |keys: &str| pressed(&before, keys).document().entities.len() - 1;
    assert_eq!(marked("R enter"), 0, "more places follow");
    assert_eq!(marked("R enter a"), 0);
    assert_eq!(marked("R enter enter enter"), 60);
    assert_eq!(marked("R end enter"), 60);
    assert_eq!(marked("R end 1 enter"), 59, "the numbers are those of the places that are listed");
    assert_eq!(marked("R down 1 home 1 page-down up k j end enter"), 58);
    let mut app = pressed(&before, "R");
    for (listed, enter) in [("1–19", "next places"), ("20–38", "next places"), ("39–57", "next places"), ("42–60", "mark them")]
    {
        let shown = symbols(&super::fixture::screen(&mut app, 80, 24));
        assert!(shown.contains(&format!("mark 60 of 60 in this sentence as Gene p53 · {listed} ")), "{shown}");
        assert!(shown.contains(enter), "{shown}");
        let enter = crate::tui::event::AppEvent::Key("enter".parse().unwrap(), super::fixture::noon());
        crate::tui::update(&mut app, enter);
    }
    assert_eq!(app.document().entities.len(), 61);
    // On a screen that is too small for anything, nothing was listed.
    let mut app = pressed("[p53|Gene!]^ p53", "R");
    super::fixture::screen(&mut app, 40, 10);
    crate::tui::update(&mut app, crate::tui::event::AppEvent::Key("enter".parse().unwrap(), super::fixture::noon()));
    assert_eq!(app.document().entities.len(), 1);
}

#[test]
fn what_is_filtered_out_is_neither_met_nor_decided() {
    let before = "[a|Gene?]^ b [c|Var?] d [e|Reg?] @ T1 ThemeOf? T3";
    review(before, "F v enter A", "[a|Gene!]^ b [c|Var?] d [e|Reg!] @ T1 ThemeOf! T3");
    review(before, "F V enter A", "[a|Gene?]^ b [c|Var!] d [e|Reg?] @ T1 ThemeOf? T3");
    review(before, "F V V enter g g A", "[a|Gene!] b [c|Var!] d [e|Reg!] @ T1 ThemeOf! T3");
    review(before, "F g esc X", "[a|Gene?]^ b [c|Varx] d [e|Regx] @ T1 ThemeOfx T3");
    review(before, "F 1 enter A", before);
    review(before, "F 1 backspace enter A", "[a|Gene!]^ b [c|Var!] d [e|Reg!] @ T1 ThemeOf! T3");
    let app = pressed(before, "F g enter n n");
    assert_eq!(app.undecided(), 2);
}

#[test]
fn fragments() {
    review("[loss|NegReg!]^ and function", "g e v &", "[loss and function|NegReg~]^");
    let covered = |app: &App| {
        let document = app.document();
        document.entities.values().map(|entity| document.covered_text(entity)).collect::<Vec<_>>()
    };
    let mut app = pressed("[loss|NegReg?]^ and gain of [function|NegReg?]", "&");
    assert_eq!(covered(&app), ["loss function", "function"]);
    press(&mut app, "|");
    assert_eq!(covered(&app), ["loss", "function"]);
    press(&mut app, "u u");
    assert_eq!(covered(&app), ["loss", "function"]);
    assert!(pressed("[loss|NegReg?]^ of", "&").notice.unwrap().error);
    assert!(pressed("^loss of", "v &").notice.unwrap().error);
}

#[test]
fn proposals_are_taken_back_and_brought_back() {
    review("[a|Gene!]^ b [c|Var?]", "g w", "[a|Gene!]^ b c");
    review("[a|Gene!]^ b [c|Var?]", "g w u", "[a|Gene!]^ b [c|Var?]");
}

#[test]
fn the_history_leads_back_and_forward() {
    let before = "[a|Gene?]^ b [c|Var?] d [e|Reg?]";
    let mut app = pressed(before, "a x a g h");
    let told: Vec<_> = app.steps().into_iter().map(|step| (step.summary, step.done)).collect();
    let step = |text: &str| (text.to_owned(), true);
    assert_eq!(told, [step("accepted Gene \"a\""), step("rejected Var \"c\""), step("accepted Reg \"e\"")]);
    press(&mut app, "k k enter");
    assert_eq!(render(app.document(), None, None), "[a|Gene!] b [c|Var?] d [e|Reg?]");
    assert_eq!(app.steps().iter().filter(|step| step.done).count(), 1);
    press(&mut app, "g h end enter");
    assert_eq!(render(app.document(), None, None), "[a|Gene!] b [c|Varx] d [e|Reg!]");
    press(&mut app, "g h home enter");
    assert_eq!(render(app.document(), None, None), "[a|Gene?] b [c|Var?] d [e|Reg?]");
}

#[test]
fn the_history_says_how_many_steps_were_replaced() {
    let mut app = pressed("[a|Gene?]^ b [c|Var?]", "a u x g h");
    let shown = symbols(&super::fixture::screen(&mut app, 100, 30));
    assert!(shown.contains("1 step was replaced by later ones"), "{shown}");
}

#[test]
fn what_readers_found_in_the_files_is_among_the_checks() {
    let mut app = pressed("[BRCA1|Gene!] [loss|NegReg!]^ @ T1 ThemeOf? T2", "");
    app.findings = vec![vec!["d.ann:3:1: the line is no annotation".to_owned()], vec!["of the next".to_owned()]];
    press(&mut app, "g c");
    let shown = symbols(&super::fixture::screen(&mut app, 100, 30));
    assert!(shown.contains("in the file   d.ann:3:1: the line is no annotation") && !shown.contains("of the next"), "{shown}");
    press(&mut app, "enter");
    assert!(app.notice.as_ref().is_some_and(|it| it.text.ends_with("no annotation")), "{:?}", app.notice);
}

#[test]
fn checks_are_gone_through_and_listed() {
    let before = "^one [loss|NegReg!] two [R1X|Var!] of [p5|Gene!]3 three.";
    review(before, ">", "one [loss|NegReg!]^ two [R1X|Var!] of [p5|Gene!]3 three.");
    review(before, "> >", "one [loss|NegReg!] two [R1X|Var!]^ of [p5|Gene!]3 three.");
    review(before, "> > <", "one [loss|NegReg!]^ two [R1X|Var!] of [p5|Gene!]3 three.");
    review(before, "2 >", "one [loss|NegReg!] two [R1X|Var!]^ of [p5|Gene!]3 three.");
    review(before, "<", "one [loss|NegReg!] two [R1X|Var!] of [p5|Gene!]^3 three.");
    review(before, "g c j enter", "one [loss|NegReg!] two [R1X|Var!]^ of [p5|Gene!]3 three.");
    let app = pressed("[APC|Gene!]^ [loss|NegReg!] of APC. @ T1 ThemeOf! T2", "g m >");
    assert_eq!(app.document().text.slice(app.cursor()), Some("APC"));
    assert_eq!(app.cursor().start().get(), 12);
}

#[test]
fn a_document_is_put_aside_and_taken_back() {
    let mut app = pressed("[a|Gene?]^ b", "g s");
    assert_eq!((app.current, app.document_at(0).unwrap().marks.status), (1, DocumentStatus::Skipped));
    press(&mut app, "K g s");
    assert_eq!((app.current, app.document().marks.status), (0, DocumentStatus::InReview));
}

#[test]
fn the_list_of_documents_is_searched_sorted_and_filtered() {
    let mut app = usual();
    press(&mut app, "g d e m p enter");
    assert_eq!(app.document().name, "empty");
    press(&mut app, "! g d shift-tab shift-tab shift-tab shift-tab shift-tab");
    let rows = |app: &App| match &app.mode {
        Mode::DocumentList(list) => list.rows.clone(),
        _ => Vec::new(),
    };
    assert_eq!(rows(&app), [2], "only what is flagged");
    press(&mut app, "esc g d tab");
    assert_eq!(rows(&app), [2, 0, 1], "by name");
    press(&mut app, "tab tab");
    assert_eq!(rows(&app), [0, 1, 2], "the least sure first, without proposals last");
    press(&mut app, "z z z enter");
    assert_eq!(app.document().name, "empty");
}

#[test]
fn what_arrives_under_the_cursor_is_not_decided_unseen() {
    let mut app = pressed("one ^two", "l");
    assert!(app.focus().is_none());
    let span = app.cursor();
    let entities = vec![crate::pipeline::PredictedEntity { span, label: "Gene".into(), confidence: 0.9 }];
    let prediction = crate::pipeline::Prediction { model: "m".into(), entities, relations: Vec::new() };
    let event = crate::worker::Event::Predicted { document: 0, revision: 0, prediction };
    crate::tui::update(&mut app, crate::tui::event::AppEvent::Worker(event, super::fixture::noon()));
    assert!(app.focus().is_none() && app.cursor() == span);
    press(&mut app, "x");
    assert_eq!(render(app.document(), app.focus(), None), "one [two|Gene?]^");
    press(&mut app, "x");
    assert_eq!(render(app.document(), None, None), "one [two|Genex]");
}

#[test]
fn the_mouse_focuses_selects_and_scrolls() {
    use crate::tui::event::{AppEvent, Pointer};
    let mut app = app(vec![Document::new("m", crate::text::SourceText::new("one two three\nfour five six\nseven"))]);
    super::fixture::screen(&mut app, 100, 30);
    let mouse = |app: &mut App, what, column, row| {
        crate::tui::update(app, AppEvent::Mouse(what, column, row));
        super::fixture::screen(app, 100, 30);
        app.document().text.slice(app.cursor()).unwrap().to_owned()
    };
    // Text begins in column 7; each row of it takes three of the screen.
    assert_eq!(mouse(&mut app, Pointer::Down, 11, 1), "two");
    assert_eq!(mouse(&mut app, Pointer::Down, 12, 5), "five", "the markers belong to the row above");
    assert_eq!(mouse(&mut app, Pointer::Down, 99, 5), "five", "the panel is no text");
    assert_eq!(mouse(&mut app, Pointer::Drag, 19, 4), "six");
    assert_eq!(app.selection().and_then(|it| app.document().text.slice(it)), Some("five six"));
    press(&mut app, "g");
    assert_eq!(app.document().entities.len(), 1);
    assert_eq!(mouse(&mut app, Pointer::WheelUp, 20, 4), "two");
    press(&mut app, "?");
    assert_eq!(mouse(&mut app, Pointer::Down, 7, 1), "two", "windows are for keys");
}

#[test]
fn after_a_click_keys_are_about_the_span_that_was_clicked() {
    use crate::tui::event::{AppEvent, Pointer};
    // Beneath the relation that is added lies one that the second span has alone.
    let before = "[R1X|Var]^ [loss|NegReg] and [A2B|Var] [rise|PosReg] @ T3 CauseOf T4";
    let clicked = |column| {
        let mut app = pressed(before, "r 1");
        assert!(app.added_relation.is_some());
        crate::tui::update(&mut app, AppEvent::Mouse(Pointer::Down, column, 1));
        press(&mut app, "m");
        render(app.document(), None, None)
    };
    let text = "[R1X|Var] [loss|NegReg] and [A2B|Var] [rise|PosReg]";
    // Text begins in column 7.
    assert_eq!(clicked(7 + 13), format!("{text} @ T3 ThemeOf~ T4 T1 CauseOf+ T2"));
    assert_eq!(clicked(7), format!("{text} @ T3 CauseOf T4 T1 ThemeOf+ T2"), "the same span is still at hand");
}
