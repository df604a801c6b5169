//! What the loop does before it draws.

use super::fixture::{app, document, noon, screen};
use crate::pipeline::{PredictedEntity, Prediction as Predicted};
use crate::review::Journals;
use crate::text::CharSpan;
use crate::tui::App;
use crate::tui::app::{ModelState, Prediction};
use crate::tui::event::AppEvent;
use crate::tui::inbox::Inbox;
use crate::tui::run::{Desk, Next, turn};
use crate::worker::Event;
use crossbeam_channel::{Sender, unbounded};
use std::time::Duration;

/// Longer than any test takes.
const PATIENCE: Duration = Duration::from_secs(600);

/// An app over a few documents whose predictions all wait to be taken in, and both ends of what waits.
fn told(count: usize) -> (App, Desk, Inbox, Sender<AppEvent>) {
    let mut app = app((0..count).map(|i| document(&format!("d{i}"), "one two three")).collect());
    app.model = ModelState::Ready { name: "agac".into(), waiting: 0, share: None };
    let desk = Desk::new(Journals::none(), Box::new(|_, _, _| Err("not in this test".to_owned())));
    let (keys, input) = unbounded();
    let (teller, model) = unbounded();
    for document in 0..count {
        let span = CharSpan::of_chars(4, 7).unwrap();
        let entities = vec![PredictedEntity { span, label: "Gene".into(), confidence: 0.8 }];
        let prediction = Predicted { model: "agac".into(), entities, relations: Vec::new() };
        teller.send(AppEvent::Worker(Event::Predicted { document, revision: 0, prediction }, noon())).unwrap();
    }
    screen(&mut app, 100, 30);
    (app, desk, Inbox { input, model }, keys)
}

fn taken_in(app: &App) -> usize {
    (0..app.session.documents().len()).filter(|index| *app.prediction_of(*index) == Prediction::Done).count()
}

fn press(keys: &Sender<AppEvent>, key: &str) {
    keys.send(AppEvent::Key(key.parse().unwrap(), noon())).unwrap();
}

#[test]
fn a_key_goes_before_what_the_model_told_and_is_drawn_alone() {
    let (mut app, mut desk, inbox, keys) = told(5);
    press(&keys, "l");
    press(&keys, "l");
    assert_eq!(turn(&mut app, &mut desk, &inbox, PATIENCE), Next::GoOn);
    assert_eq!((app.cursor().start().get(), taken_in(&app)), (4, 0), "one key, and nothing that no frame has shown");
    turn(&mut app, &mut desk, &inbox, PATIENCE);
    assert_eq!((app.cursor().start().get(), taken_in(&app)), (8, 0));
    turn(&mut app, &mut desk, &inbox, PATIENCE);
    assert_eq!(taken_in(&app), 5, "with time enough, all at once");
}

#[test]
fn what_the_model_tells_is_drawn_when_patience_ends() {
    let (mut app, mut desk, inbox, keys) = told(5);
    for expected in 1..=3 {
        turn(&mut app, &mut desk, &inbox, Duration::ZERO);
        assert_eq!(taken_in(&app), expected, "a slow disk leaves no time for a second one");
    }
    press(&keys, "q");
    assert_eq!(turn(&mut app, &mut desk, &inbox, PATIENCE), Next::Quit);
    assert_eq!(taken_in(&app), 3);
}

#[test]
fn without_a_worker_the_loop_waits_for_keys_and_ends_with_the_input() {
    let (mut app, mut desk, inbox, keys) = told(0);
    press(&keys, "l");
    assert_eq!(turn(&mut app, &mut desk, &inbox, PATIENCE), Next::GoOn);
    drop(keys);
    assert_eq!(turn(&mut app, &mut desk, &inbox, PATIENCE), Next::Quit);
}
