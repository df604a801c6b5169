//! Lists with ticks, and what the model says beside its proposals.

use super::fixture::{app, noon, press, screen, symbols};
use crate::document::Label;
use crate::pipeline::{Advice, End, PossibleRole, PredictedEntity, PredictedRelation, Prediction};
use crate::review::dsl::{render, sketch};
use crate::text::CharSpan;
use crate::tui::app::{App, ModelState};
use crate::tui::event::{AppEvent, Effect};
use crate::tui::mode::Mode;
use crate::tui::update;
use crate::tui::update::start;
use crate::worker::{Event, Request};

/// An app over a document whose prediction has come, with the request for advice that this brings about.
fn with_model(line: &str) -> (App, u64) {
    let mut app = app(vec![sketch(line).document]);
    tell(&mut app, Event::Ready { model: "m".into() });
    start(&mut app);
    let document = app.document().clone();
    let index = |id: &_| End::Predicted(document.entities.get_index_of(id).unwrap());
    let entity = |it: &crate::document::Entity| PredictedEntity { span: it.hull(), label: it.label.clone(), confidence: 0.5 };
    let relation = |it: &crate::document::Relation| PredictedRelation {
        role: it.role.clone(),
        subject: index(&it.subject),
        object: index(&it.object),
        confidence: 0.5,
    };
    let prediction = Prediction {
        model: "m".into(),
        entities: document.entities.values().map(entity).collect(),
        relations: document.relations.values().map(relation).collect(),
    };
    let effects = tell(&mut app, Event::Predicted { document: 0, revision: 0, prediction });
    let asked = asked(&effects).expect("advice is asked for");
    screen(&mut app, 120, 40);
    (app, asked)
}

fn tell(app: &mut App, event: Event) -> Vec<Effect> {
    update(app, AppEvent::Worker(event, noon()))
}

/// The revision for which advice is asked.
fn asked(effects: &[Effect]) -> Option<u64> {
    effects.iter().find_map(|effect| match effect {
        Effect::Ask(Request::Advise { revision, .. }) => Some(*revision),
        _ => None,
    })
}

fn possible(app: &App, words: &str, label: &str, confidence: f32) -> PredictedEntity {
    let at = app.document().text.as_str().find(words).unwrap() as u32;
    PredictedEntity { span: CharSpan::of_chars(at, at + words.len() as u32).unwrap(), label: label.into(), confidence }
}

fn role(subject: &str, role: &str, object: &str, confidence: f32) -> PossibleRole {
    PossibleRole { role: Label::from(role), subject: subject.into(), object: object.into(), confidence }
}

fn proposed(subject: &str, role: &str, object: &str) -> PredictedRelation {
    PredictedRelation {
        role: role.into(),
        subject: End::Existing(subject.into()),
        object: End::Existing(object.into()),
        confidence: 0.8,
    }
}

fn advise(
    app: &mut App,
    revision: u64,
    relations: Vec<PredictedRelation>,
    spans: Vec<PredictedEntity>,
    roles: Vec<PossibleRole>,
) -> Vec<Effect> {
    let prediction = Prediction { model: "m".into(), entities: Vec::new(), relations };
    tell(app, Event::Advised { document: 0, revision, advice: Advice { prediction, spans, roles } })
}

#[test]
fn spans_are_ticked_and_decided_in_one_step() {
    let line = "[BRCA1|Gene?] and p53 [loss|Var?] in mice";
    let (mut app, revision) = with_model(line);
    let spans = vec![
        possible(&app, "p53", "Gene", 0.2),
        possible(&app, "BRCA1", "Protein", 0.3),
        possible(&app, "mice", "Disease", 0.01),
    ];
    advise(&mut app, revision, Vec::new(), spans, Vec::new());
    press(&mut app, ".");
    let shown = symbols(&screen(&mut app, 120, 40));
    assert!(shown.contains("SPANS  ✓ 2 · ✗ 0") && shown.contains("Prot   BRCA1 .30"), "{shown}");
    assert!(!shown.contains("mice .01"), "what is hardly possible is not listed: {shown}");
    // In the order of the text: a and b are BRCA1 as Gene and as Protein, c is p53, d is loss.
    let mut other = app.clone();
    press(&mut app, "c d enter");
    assert_eq!(render(app.document(), None, None), "[BRCA1|Gene!] and [p53|Gene+] [loss|Varx] in mice");
    press(&mut app, "u");
    assert_eq!(render(app.document(), None, None), line, "one step");
    // A tick by hand takes the tick away from what it overlaps.
    press(&mut other, "b enter");
    assert_eq!(render(other.document(), None, None), "[[BRCA1|Protein+]|Genex] and p53 [loss|Var!] in mice");
    press(&mut other, "u . - - - esc");
    assert_eq!(render(other.document(), None, None), line, "leaving decides nothing");
}

#[test]
fn the_level_moves_ticks_that_were_not_set_by_hand() {
    let (mut app, revision) = with_model("[BRCA1|Gene?] and p53 loss");
    let spans = vec![possible(&app, "p53", "Gene", 0.35), possible(&app, "loss", "Var", 0.25)];
    advise(&mut app, revision, Vec::new(), spans, Vec::new());
    press(&mut app, ". a - - enter");
    assert_eq!(render(app.document(), None, None), "[BRCA1|Genex] and [p53|Gene+] loss");
}

#[test]
fn roles_are_ticked() {
    let (mut app, _) = with_model("[p53|Gene?] [loss|Var?] [rise|PosReg?] [cancer|Disease?]");
    let effects = press(&mut app, "A");
    assert_eq!(asked(&effects), None, "accepting changes no span");
    // The advice that was asked for when the spans came still holds.
    let revision = 1;
    let roles = vec![role("T1", "ThemeOf", "T2", 0.9), role("T2", "CauseOf", "T3", 0.4), role("T4", "ThemeOf", "T3", 0.2)];
    let effects = advise(&mut app, revision, vec![proposed("T1", "ThemeOf", "T2")], Vec::new(), roles);
    assert!(matches!(effects.as_slice(), [Effect::Journal(..)]), "proposals are journalled: {effects:?}");
    press(&mut app, ",");
    assert!(symbols(&screen(&mut app, 120, 40)).contains("ROLES  ✓ 1 · ✗ 0"));
    press(&mut app, "b enter");
    let roles = "T1 ThemeOf! T2 T2 CauseOf+ T3";
    assert_eq!(render(app.document(), None, None), format!("[p53|Gene!] [loss|Var!] [rise|PosReg!] [cancer|Disease!] @ {roles}"));
}

#[test]
fn roles_are_scored_again_when_a_span_changes_and_nothing_moves_under_the_cursor() {
    let (mut app, first) = with_model("[p53|Gene?] [loss|Var?] [rise|PosReg?] @ T1 ThemeOf? T2 T2 CauseOf? T3");
    app.focus_on(&"R1".into());
    let effects = press(&mut app, "tab x");
    let second = asked(&effects).expect("a span was rejected");
    assert!(second > first);
    assert!(advise(&mut app, first, vec![proposed("T2", "CauseOf", "T3")], Vec::new(), Vec::new()).is_empty(), "stale advice");
    app.focus_on(&"R1".into());
    let focus = app.focus().cloned();
    advise(&mut app, second, vec![], Vec::new(), Vec::new());
    assert_eq!(app.focus().cloned(), focus);
    let shown = render(app.document(), None, None);
    assert!(shown.contains("T1 ThemeOf? T2"), "the focused role stays although it is not proposed again: {shown}");
    // A role that was rejected is not proposed again.
    let effects = press(&mut app, "x");
    assert_eq!(asked(&effects), None);
    press(&mut app, "u U");
    advise(&mut app, second, vec![proposed("T1", "ThemeOf", "T2")], Vec::new(), Vec::new());
    assert!(render(app.document(), None, None).contains("T1 ThemeOfx T2"));
}

#[test]
fn enter_takes_what_the_model_would_mark() {
    let (mut app, revision) = with_model("the serine kinase 2 was lost by [p53|Gene?]");
    let spans = vec![
        possible(&app, "serine kinase 2", "Enzyme", 0.2),
        possible(&app, "kinase", "Protein", 0.1),
        possible(&app, "lost", "NegReg", 0.3),
    ];
    advise(&mut app, revision, Vec::new(), spans, Vec::new());
    press(&mut app, "g g l l v");
    assert!(symbols(&screen(&mut app, 120, 40)).contains("\"serine kinase 2\" .20"));
    press(&mut app, "enter");
    assert!(render(app.document(), None, None).starts_with("the [serine kinase 2|Enzyme+] was"));
    press(&mut app, "t enter");
    assert!(render(app.document(), None, None).starts_with("the [serine kinase 2|Protein+] was"), "the next likely type");
    // A selection that was made larger keeps its borders.
    press(&mut app, "u u g g l l l l v l enter");
    assert!(render(app.document(), None, None).contains("[was lost|NegReg+]"), "{}", render(app.document(), None, None));
}

#[test]
fn enter_takes_the_likeliest_partner() {
    let (mut app, revision) = with_model("[p53|Gene?] [BRCA1|Gene?] [loss|Var?]");
    press(&mut app, "A");
    advise(&mut app, revision, Vec::new(), Vec::new(), vec![role("T1", "ThemeOf", "T3", 0.7), role("T2", "ThemeOf", "T3", 0.1)]);
    app.focus_on(&"T3".into());
    press(&mut app, "r enter");
    assert!(render(app.document(), None, None).ends_with("@ T1 ThemeOf+ T3"));
}

#[test]
fn without_a_model_there_are_proposals_to_tick_and_nothing_is_asked() {
    let mut app = app(vec![sketch("[p53|Gene?] [loss|Var?] @ T1 ThemeOf? T2").document]);
    screen(&mut app, 120, 40);
    assert_eq!(app.model, ModelState::Off);
    let effects = press(&mut app, ". a enter");
    assert!(effects.iter().all(|effect| !matches!(effect, Effect::Ask(_))));
    assert!(!matches!(app.mode, Mode::Ticks(_)));
    press(&mut app, "g g v enter");
    assert!(app.notice.as_ref().is_some_and(|notice| notice.error), "there is nothing to offer");
}

#[test]
fn of_two_annotators_one_both_or_neither_is_taken_by_key() {
    let mut merged = sketch("[BRCA1|Gene?] in [mice|Disease?]").document;
    let mut rival = merged.entities.values().next().unwrap().clone();
    rival.id = "T9".into();
    rival.label = "Protein".into();
    merged.entities.insert(rival.id.clone(), rival);
    for (entity, name) in merged.entities.values_mut().zip(["anna", "ben", "ben"]) {
        entity.origin = crate::document::Origin::Annotator { name: name.into() };
    }
    let opened = |keys: &str| {
        let mut app = app(vec![merged.clone()]);
        screen(&mut app, 120, 40);
        press(&mut app, keys);
        app
    };
    let shown = symbols(&screen(&mut opened("."), 120, 40));
    for row in ["a ✗ Gene   BRCA1 anna", "b ✗ Prot   BRCA1 ben", "c ✓ Dis    mice ben"] {
        assert!(shown.contains(row), "{row}\n{shown}");
    }
    let stand = |keys: &str| {
        let app = opened(keys);
        let entities = app.document().entities.values().filter(|it| it.status.stands());
        entities.map(|it| it.label.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(stand(". a enter"), ["Gene", "Disease"]);
    assert_eq!(stand(". a b enter"), ["Gene", "Disease", "Protein"]);
    assert_eq!(stand(". c enter"), [""; 0]);
}

#[test]
fn a_list_is_closed_when_the_screen_changes_so_that_nothing_is_decided_unseen() {
    let mut app = app(vec![sketch("[p53|Gene?] [loss|Var?]").document]);
    assert!(update(&mut app, AppEvent::Key(".".parse().unwrap(), noon())).is_empty());
    assert!(!matches!(app.mode, Mode::Ticks(_)), "before the first frame there is no room");
    screen(&mut app, 120, 40);
    press(&mut app, ".");
    assert!(matches!(app.mode, Mode::Ticks(_)));
    update(&mut app, AppEvent::Resized);
    assert_eq!(app.mode, Mode::Normal);
    press(&mut app, "enter");
    assert_eq!(render(app.document(), None, None), "[p53|Gene?] [loss|Var?]");
}
