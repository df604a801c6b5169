//! The worker with an annotator that does what each test tells it to; every wait ends by itself and says for what it waited.

use super::*;
use crate::pipeline::{AnnotateError, Progress, Silent};
use crate::text::SourceText;
use crossbeam_channel::{Receiver, unbounded};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);

/// What the annotator does next.
enum Step {
    Advance(usize),
    Finish,
    Fail,
    Panic,
    /// Waits for the token, without reporting progress.
    UntilCancelled,
}

/// Says when it begins with a document and then follows the script.
struct Scripted {
    began: Sender<String>,
    script: Receiver<Step>,
}

impl Annotator for Scripted {
    fn name(&self) -> Arc<str> {
        "scripted".into()
    }

    fn annotate(
        &self,
        document: &Document,
        progress: &mut dyn Progress,
        cancel: &CancelToken,
    ) -> Result<Prediction, AnnotateError> {
        self.began.send(document.name.clone()).unwrap();
        self.follow(&document.name, progress, cancel)
    }

    fn advise(&self, document: &Document, cancel: &CancelToken) -> Result<Option<Advice>, AnnotateError> {
        self.began.send(document.name.clone()).unwrap();
        self.follow(&document.name, &mut Silent, cancel).map(|_| None)
    }
}

impl Scripted {
    fn follow(&self, name: &str, progress: &mut dyn Progress, cancel: &CancelToken) -> Result<Prediction, AnnotateError> {
        loop {
            match self.script.recv_timeout(PATIENCE).expect("the test forgot a step") {
                Step::Advance(done) => progress.advance(done, 10),
                Step::Finish => return Ok(Prediction { model: name.into(), ..Prediction::default() }),
                Step::Fail => return Err(AnnotateError::Failed("no luck".to_owned())),
                Step::Panic => panic!("as the test says"),
                Step::UntilCancelled => {
                    while !cancel.is_cancelled() {
                        thread::yield_now();
                    }
                }
            }
            if cancel.is_cancelled() {
                return Err(AnnotateError::Cancelled);
            }
        }
    }
}

struct Stage {
    worker: Worker,
    events: Receiver<Event>,
    began: Receiver<String>,
    script: Sender<Step>,
}

impl Stage {
    fn new() -> Self {
        let (began_sender, began) = unbounded();
        let (script, script_receiver) = unbounded();
        let (event_sender, events) = unbounded();
        let annotator = Scripted { began: began_sender, script: script_receiver };
        let notify = move |event| event_sender.send(event).unwrap_or(());
        let worker = Worker::spawn(move || Ok(Box::new(annotator) as Box<dyn Annotator>), notify).unwrap();
        let stage = Self { worker, events, began, script };
        assert_eq!(stage.event(), Event::Loading);
        assert_eq!(stage.event(), Event::Ready { model: "scripted".into() });
        stage
    }

    fn ask(&self, document: usize, revision: u64, priority: u32) {
        let snapshot = Arc::new(Document::new(format!("{document}.{revision}"), SourceText::new("text")));
        self.worker.send(Request::Annotate { document, revision, snapshot, priority });
    }

    fn event(&self) -> Event {
        self.events.recv_timeout(PATIENCE).expect("an event of the worker")
    }

    fn begun(&self) -> String {
        self.began.recv_timeout(PATIENCE).expect("the annotator to begin")
    }

    fn steps(&self, steps: impl IntoIterator<Item = Step>) {
        steps.into_iter().for_each(|step| self.script.send(step).unwrap());
    }

    /// All events until there is nothing left to do.
    fn rest(&self) -> Vec<Event> {
        let (reply, idle) = unbounded();
        self.worker.send(Request::WaitForIdle(reply));
        idle.recv_timeout(PATIENCE).expect("the worker to become idle");
        self.events.try_iter().collect()
    }
}

fn predicted(document: usize, revision: u64) -> Event {
    let prediction = Prediction { model: format!("{document}.{revision}").into(), ..Prediction::default() };
    Event::Predicted { document, revision, prediction }
}

#[test]
fn a_request_is_answered_with_progress_and_prediction() {
    let stage = Stage::new();
    stage.ask(4, 7, 0);
    stage.steps([Step::Advance(3), Step::Finish]);
    let expected = [Event::Progress { document: 4, done: 3, total: 10 }, predicted(4, 7), Event::Idle];
    assert_eq!(stage.rest(), expected);
}

#[test]
fn requests_that_wait_are_done_by_priority_and_only_the_newest() {
    let stage = Stage::new();
    stage.ask(0, 1, 5);
    assert_eq!(stage.begun(), "0.1");
    for (document, revision, priority) in [(1, 1, 3), (2, 1, 2), (3, 1, 0), (1, 2, 1), (2, 0, 0)] {
        stage.ask(document, revision, priority);
    }
    stage.steps([Step::Finish, Step::Finish, Step::Finish, Step::Finish]);
    assert_eq!(stage.rest(), [predicted(0, 1), predicted(3, 1), predicted(1, 2), predicted(2, 1), Event::Idle]);
}

#[test]
fn a_newer_request_stops_the_running_one_at_its_next_batch() {
    let stage = Stage::new();
    stage.ask(0, 1, 0);
    assert_eq!(stage.begun(), "0.1");
    stage.ask(0, 2, 0);
    stage.steps([Step::Advance(5)]);
    assert_eq!(stage.begun(), "0.2");
    stage.steps([Step::Finish]);
    assert_eq!(stage.rest(), [predicted(0, 2), Event::Idle]);
}

#[test]
fn a_result_that_became_stale_while_the_last_batch_ran_is_dropped() {
    let stage = Stage::new();
    stage.ask(0, 1, 0);
    assert_eq!(stage.begun(), "0.1");
    stage.ask(0, 2, 0);
    stage.steps([Step::Finish, Step::Finish]);
    assert_eq!(stage.rest(), [predicted(0, 2), Event::Idle]);
}

#[test]
fn asking_for_what_runs_does_not_run_it_twice() {
    let stage = Stage::new();
    stage.ask(0, 1, 3);
    assert_eq!(stage.begun(), "0.1");
    stage.ask(0, 1, 0);
    stage.steps([Step::Advance(5), Step::Finish]);
    let progress = Event::Progress { document: 0, done: 5, total: 10 };
    assert_eq!(stage.rest(), [progress, predicted(0, 1), Event::Idle]);
}

#[test]
fn a_panic_and_a_failure_are_told_and_the_worker_lives_on() {
    let stage = Stage::new();
    (0..3).for_each(|document| stage.ask(document, 1, 0));
    stage.steps([Step::Panic, Step::Fail, Step::Finish]);
    let failed = |document, message: &str| Event::Failed { document: Some(document), message: message.to_owned() };
    let expected = [failed(0, "the model broke off: as the test says"), failed(1, "no luck"), predicted(2, 1), Event::Idle];
    let mut told = stage.rest();
    told.extend(stage.rest());
    told.retain(|event| *event != Event::Idle);
    assert_eq!(told, expected[..3]);
}

#[test]
fn advice_that_fails_is_no_failed_prediction() {
    let stage = Stage::new();
    let snapshot = Arc::new(Document::new("d", SourceText::new("text")));
    for _ in 0..2 {
        stage.worker.send(Request::Advise { document: 3, revision: 1, snapshot: Arc::clone(&snapshot) });
        stage.begun();
        stage.steps([Step::Fail]);
        assert_eq!(stage.rest(), [Event::NotAdvised { document: 3, message: "no luck".to_owned() }, Event::Idle]);
    }
}

#[test]
fn cancelling_all_forgets_what_waits_and_stops_what_runs() {
    let stage = Stage::new();
    stage.ask(0, 1, 0);
    assert_eq!(stage.begun(), "0.1");
    stage.ask(1, 1, 0);
    stage.worker.send(Request::CancelAll);
    stage.steps([Step::Advance(1)]);
    assert_eq!(stage.rest(), [Event::Idle]);
    stage.ask(0, 1, 0);
    stage.steps([Step::Finish]);
    assert_eq!(stage.rest(), [predicted(0, 1), Event::Idle]);
}

#[test]
fn dropping_the_handle_stops_what_runs_and_ends_the_thread() {
    let stage = Stage::new();
    stage.ask(0, 1, 0);
    stage.ask(1, 1, 0);
    assert_eq!(stage.begun(), "0.1");
    stage.steps([Step::UntilCancelled]);
    drop(stage.worker);
    assert_eq!(stage.events.try_iter().collect::<Vec<_>>(), []);
    assert!(stage.began.recv_timeout(PATIENCE).is_err(), "the second document was begun");
}

#[test]
fn a_model_that_does_not_load_is_told_once() {
    for broken in [false, true] {
        let (sender, events) = unbounded();
        let load = move || if broken { panic!("torn file") } else { Err("no such folder".to_owned()) };
        let worker = Worker::spawn(load, move |event| sender.send(event).unwrap_or(())).unwrap();
        let snapshot = Arc::new(Document::new("d", SourceText::new("")));
        worker.send(Request::Annotate { document: 0, revision: 0, snapshot, priority: 0 });
        let (reply, idle) = unbounded();
        worker.send(Request::WaitForIdle(reply));
        idle.recv_timeout(PATIENCE).expect("an answer without a model");
        let message = if broken { "the model broke off: torn file" } else { "no such folder" }.to_owned();
        let told: Vec<_> = events.try_iter().filter(|event| *event != Event::Idle).collect();
        assert_eq!(told, [Event::Loading, Event::Failed { document: None, message }]);
    }
}
