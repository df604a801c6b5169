//! The loop of the worker thread.

use super::queue::{Job, Queue, Task};
use super::{Event, Request};
use crate::pipeline::{AnnotateError, Annotator, CancelToken, Progress};
use crossbeam_channel::{Receiver, Sender, TryRecvError};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Loads the model and serves requests until the handle is dropped.
pub(super) fn serve(
    load: impl FnOnce() -> Result<Box<dyn Annotator>, String>,
    requests: Receiver<Request>,
    notify: &dyn Fn(Event),
    stop: &CancelToken,
) {
    notify(Event::Loading);
    let loaded = catch_unwind(AssertUnwindSafe(load)).unwrap_or_else(|panic| Err(panic_message(panic.as_ref())));
    let annotator = match loaded {
        Ok(annotator) => {
            notify(Event::Ready { model: annotator.name() });
            Some(annotator)
        }
        Err(message) => {
            notify(Event::Failed { document: None, message });
            None
        }
    };
    let mut desk = Desk { requests, notify, queue: Queue::default(), waiters: Vec::new(), running: None };
    while let Ok(request) = desk.requests.recv() {
        desk.take(request);
        desk.drain();
        desk.work(annotator.as_deref(), stop);
        if stop.is_cancelled() {
            return;
        }
    }
}

/// What the thread holds besides the model.
struct Desk<'a> {
    requests: Receiver<Request>,
    notify: &'a dyn Fn(Event),
    queue: Queue,
    waiters: Vec<Sender<()>>,
    running: Option<Running>,
}

/// The job at hand.
struct Running {
    task: Task,
    document: usize,
    revision: u64,
    cancel: CancelToken,
}

impl Desk<'_> {
    fn take(&mut self, request: Request) {
        match request {
            Request::Annotate { document, revision, snapshot, priority } => {
                self.push(Job { task: Task::Annotate, document, revision, snapshot, priority });
            }
            Request::Advise { document, revision, snapshot } => {
                self.push(Job { task: Task::Advise, document, revision, snapshot, priority: 0 });
            }
            Request::CancelAll => {
                self.queue.clear();
                self.cancel_running();
            }
            Request::WaitForIdle(reply) => self.waiters.push(reply),
        }
    }

    /// Lets a job wait, unless it is the one at hand.
    fn push(&mut self, job: Job) {
        let same = |running: &Running| {
            let same = (running.task, running.document, running.revision) == (job.task, job.document, job.revision);
            same && !running.cancel.is_cancelled()
        };
        if !self.running.as_ref().is_some_and(same) {
            self.queue.push(job);
        }
    }

    fn cancel_running(&self) {
        if let Some(running) = &self.running {
            running.cancel.cancel();
        }
    }

    /// Takes all requests that wait, and stops the job at hand when nobody wants it any more.
    fn drain(&mut self) {
        loop {
            match self.requests.try_recv() {
                Ok(request) => self.take(request),
                Err(TryRecvError::Disconnected) => return self.cancel_running(),
                Err(TryRecvError::Empty) => break,
            }
        }
        if self.running.as_ref().is_some_and(|running| self.queue.is_stale(running.task, running.document, running.revision)) {
            self.cancel_running();
        }
    }

    /// Works until nothing is left.
    fn work(&mut self, annotator: Option<&dyn Annotator>, stop: &CancelToken) {
        let mut worked = false;
        while let Some(job) = self.queue.pop() {
            if stop.is_cancelled() {
                return;
            }
            worked = true;
            if let Some(annotator) = annotator {
                self.carry_out(annotator, &job, stop.child());
            }
            self.drain();
        }
        if worked {
            (self.notify)(Event::Idle);
        }
        for waiter in self.waiters.drain(..) {
            // Whoever asked may have given up waiting.
            let _ = waiter.send(());
        }
    }

    fn carry_out(&mut self, annotator: &dyn Annotator, job: &Job, cancel: CancelToken) {
        let Job { task, document, revision, .. } = *job;
        self.running = Some(Running { task, document, revision, cancel: cancel.clone() });
        let result = catch_unwind(AssertUnwindSafe(|| match task {
            Task::Annotate => {
                let prediction = annotator.annotate(&job.snapshot, self, &cancel)?;
                Ok(Some(Event::Predicted { document, revision, prediction }))
            }
            Task::Advise => {
                let advice = annotator.advise(&job.snapshot, &cancel)?;
                Ok(advice.map(|advice| Event::Advised { document, revision, advice }))
            }
        }));
        let result = result.unwrap_or_else(|panic| Err(AnnotateError::Failed(panic_message(panic.as_ref()))));
        // A newer request may have come while the last batch ran.
        self.drain();
        self.running = None;
        if !cancel.is_cancelled() {
            self.report(task, document, result);
        }
    }

    fn report(&self, task: Task, document: usize, result: Result<Option<Event>, AnnotateError>) {
        let event = result.unwrap_or_else(|error| {
            let message = error.to_string();
            Some(match task {
                Task::Annotate => Event::Failed { document: Some(document), message },
                Task::Advise => Event::NotAdvised { document, message },
            })
        });
        event.into_iter().for_each(|event| (self.notify)(event));
    }
}

impl Progress for Desk<'_> {
    fn advance(&mut self, done: usize, total: usize) {
        self.drain();
        let Some(running) = self.running.as_ref().filter(|running| running.task == Task::Annotate) else { return };
        if !running.cancel.is_cancelled() {
            (self.notify)(Event::Progress { document: running.document, done, total });
        }
    }
}

pub(super) fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("the model broke off: {}", text.unwrap_or("it did not say why"))
}
