//! What the model is asked, and what happens when it answers.

use super::fixture::{app, document, noon, press, screen, symbols, usual};
use crate::pipeline::{End, PredictedEntity, PredictedRelation, Prediction as Predicted};
use crate::review::dsl::render;
use crate::text::CharSpan;
use crate::tui::app::{ModelState, Prediction};
use crate::tui::event::{AppEvent, Effect};
use crate::tui::update::start;
use crate::tui::{App, update};
use crate::worker::{Event, Request};

fn asked(effects: &[Effect]) -> Vec<(usize, u32)> {
    let request = |effect: &Effect| match effect {
        Effect::Ask(Request::Annotate { document, priority, .. }) => Some((*document, *priority)),
        _ => None,
    };
    effects.iter().filter_map(request).collect()
}

fn tell(app: &mut App, event: Event) -> Vec<Effect> {
    update(app, AppEvent::Worker(event, noon()))
}

fn predicted(app: &App, document: usize, start: u32, end: u32) -> Event {
    let revision = app.session.get(document).unwrap().revision();
    let span = CharSpan::of_chars(start, end).unwrap();
    let entity = PredictedEntity { span, label: "Gene".into(), confidence: 0.8 };
    Event::Predicted {
        document,
        revision,
        prediction: Predicted { model: "agac".into(), entities: vec![entity], relations: vec![] },
    }
}

#[test]
fn the_open_document_is_asked_for_first() {
    let mut app = usual();
    app.model = ModelState::Loading;
    assert_eq!(asked(&start(&mut app)), [(0, 0), (1, 1), (2, 2)]);
    assert_eq!(asked(&press(&mut app, "J")), [(1, 0)], "what waits already is only moved to the front");
    let mut without = usual();
    assert!(asked(&start(&mut without)).is_empty());
}

#[test]
fn a_long_list_is_asked_for_bit_by_bit() {
    let mut app = app((0..40).map(|i| document(&format!("d{i}"), "one two")).collect());
    app.model = ModelState::Loading;
    assert_eq!(asked(&start(&mut app)).len(), 12);
    let event = predicted(&app, 0, 0, 3);
    assert_eq!(asked(&tell(&mut app, event)), [(0, 0)].into_iter().filter(|_| false).chain([(12, 12)]).collect::<Vec<_>>());
}

#[test]
fn the_first_proposal_is_focused_only_while_nothing_was_touched() {
    let mut fresh = app(vec![document("d", "one two three")]);
    fresh.model = ModelState::Loading;
    let event = predicted(&fresh, 0, 4, 7);
    let effects = tell(&mut fresh, event);
    assert!(matches!(effects.first(), Some(Effect::Journal(0, _))));
    assert_eq!(fresh.focused_entity().map(|entity| entity.hull().start().get()), Some(4));

    let mut moved = app(vec![document("d", "one two three")]);
    press(&mut moved, "l l");
    let event = predicted(&moved, 0, 4, 7);
    tell(&mut moved, event);
    assert_eq!(moved.cursor().start().get(), 8, "the cursor stays");
    assert_eq!(*moved.prediction_of(0), Prediction::Done);
}

#[test]
fn a_failure_is_told_and_reviewing_goes_on() {
    let mut app = usual();
    app.model = ModelState::Loading;
    tell(&mut app, Event::Failed { document: None, message: "weights.safetensors is torn".into() });
    let shown = symbols(&screen(&mut app, 120, 40));
    assert!(shown.contains("weights.safetensors is torn"), "{shown}");
    assert!(matches!(press(&mut app, "a").as_slice(), [Effect::Journal(..)]));
    tell(&mut app, Event::Failed { document: Some(1), message: "too long".into() });
    assert_eq!(*app.prediction_of(1), Prediction::Failed("too long".into()));
}

#[test]
fn a_failure_names_the_document_when_it_is_another() {
    let mut app = usual();
    app.model = ModelState::Ready { name: "agac".into(), waiting: 0, share: None };
    tell(&mut app, Event::Failed { document: Some(1), message: "too long".into() });
    assert_eq!(app.notice.as_ref().unwrap().text, "the model failed on second: too long");
    tell(&mut app, Event::Failed { document: Some(0), message: "too long".into() });
    assert_eq!(app.notice.as_ref().unwrap().text, "the model failed on this document: too long");
}

#[test]
fn advice_that_fails_leaves_the_prediction_as_it_is() {
    let mut app = usual();
    app.model = ModelState::Ready { name: "agac".into(), waiting: 0, share: None };
    let event = predicted(&app, 0, 0, 10);
    tell(&mut app, event);
    tell(&mut app, Event::NotAdvised { document: 0, message: "no luck".into() });
    assert_eq!(*app.prediction_of(0), Prediction::Done);
    let told = app.notice.unwrap();
    assert_eq!(told.text, "the model could not weigh this document again: no luck; its proposals stay");
}

#[test]
fn nothing_waits_for_a_model_that_could_not_be_loaded() {
    let mut app = app(vec![document("d", "Nothing is marked here."), document("e", "Nor here.")]);
    app.model = ModelState::Loading;
    start(&mut app);
    screen(&mut app, 100, 30);
    press(&mut app, ".");
    assert_eq!(app.notice.as_ref().unwrap().text, "the model is still at work on this document");
    tell(&mut app, Event::Failed { document: None, message: "weights.safetensors is torn".into() });
    assert!((0..2).all(|index| *app.prediction_of(index) == Prediction::NotAsked));
    press(&mut app, ".");
    assert_eq!(app.notice.as_ref().unwrap().text, "there is no span to be ticked");
    assert!(asked(&press(&mut app, "J")).is_empty());
}

#[test]
fn progress_is_shown() {
    let mut app = usual();
    app.model = ModelState::Loading;
    assert!(symbols(&screen(&mut app, 120, 40)).contains("model: loading"));
    start(&mut app);
    tell(&mut app, Event::Ready { model: "agac".into() });
    tell(&mut app, Event::Progress { document: 0, done: 1, total: 4 });
    assert!(symbols(&screen(&mut app, 120, 40)).contains("model: agac ▸ predicting 3 (25 %)"));
}

#[test]
fn what_the_curator_marks_while_the_model_reads_is_not_overlaid_by_what_it_read_before() {
    let mut app = app(vec![document("d", "SHP-2 phosphatase was lost")]);
    app.model = ModelState::Loading;
    let mut late = predicted(&app, 0, 0, 5);
    if let Event::Predicted { prediction, .. } = &mut late {
        let span = CharSpan::of_chars(22, 26).unwrap();
        prediction.entities.push(PredictedEntity { span, label: "NegReg".into(), confidence: 0.8 });
        let (subject, object) = (End::Predicted(0), End::Predicted(1));
        prediction.relations.push(PredictedRelation { role: "ThemeOf".into(), subject, object, confidence: 0.8 });
    }
    press(&mut app, "v l l e");
    assert_eq!(render(app.document(), None, None), "[SHP-2 phosphatase|Enzyme+] was lost");
    tell(&mut app, late);
    assert_eq!(render(app.document(), None, None), "[SHP-2 phosphatase|Enzyme+] was [lost|NegReg?]");
}

#[test]
fn a_document_that_was_begun_keeps_what_the_same_model_proposed() {
    let mut app = app(vec![document("d", "one two three")]);
    app.model = ModelState::Loading;
    let shown = |app: &App| render(app.session.get(0).unwrap().document(), None, None);
    let tell_again = |app: &mut App, model: &str| {
        let Event::Predicted { document, revision, mut prediction } = predicted(app, 0, 8, 13) else { unreachable!() };
        prediction.model = model.into();
        tell(app, Event::Predicted { document, revision, prediction })
    };
    let first = Predicted {
        model: "agac".into(),
        entities: [(0, 3), (4, 7)]
            .map(|(start, end)| PredictedEntity {
                span: CharSpan::of_chars(start, end).unwrap(),
                label: "Gene".into(),
                confidence: 0.8,
            })
            .to_vec(),
        relations: vec![],
    };
    tell(&mut app, Event::Predicted { document: 0, revision: 0, prediction: first });
    press(&mut app, "a");
    // As in the next session: the model sees what was decided, and would propose otherwise.
    tell_again(&mut app, "agac");
    assert_eq!(shown(&app), "[one|Gene!] [two|Gene?] three");
    tell_again(&mut app, "other");
    assert_eq!(shown(&app), "[one|Gene!] [two|Gene?] [three|Gene?]", "another model's proposals are news");
    press(&mut app, "u");
    assert_eq!(shown(&app), "[one|Gene?] [two|Gene?] [three|Gene?]");
}
