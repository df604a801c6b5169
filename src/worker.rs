//! The model on a thread of its own: requests go in, events come out, nothing is shared.
//!
//! The thread owns the annotator. Before each document it takes all requests that wait, keeps the newest for each document and
//! works on the one with the lowest priority number first. A panic of the model becomes [`Event::Failed`] and the thread lives on.
//!
//! Whole collections, without anybody who waits for one of them, are the business of [`Bulk`].

mod bulk;
mod queue;
mod serve;

pub use bulk::{Bulk, BulkTimes, Deliver, Done, Feed};

use crate::document::Document;
use crate::pipeline::{Advice, Annotator, CancelToken, Prediction};
use crossbeam_channel::Sender;
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

/// The name of the thread. A panic on it is caught, so a panic hook must leave the terminal alone there.
pub const THREAD_NAME: &str = "rolecall-worker";

/// What the worker can be asked for.
#[derive(Clone, Debug)]
pub enum Request {
    /// A prediction for a document.
    Annotate {
        /// Its place in the session.
        document: usize,
        /// Its revision: results for revisions below the newest that was asked for are dropped, and so is a request for one.
        revision: u64,
        /// The document at that revision.
        snapshot: Arc<Document>,
        /// 0 = visible now; lower numbers come first. Asking again for a revision that waits only changes its priority.
        priority: u32,
    },
    /// Advice on a document in which a person works: before all predictions, and instead of older advice on the same document.
    Advise {
        /// Its place in the session.
        document: usize,
        /// Its revision: advice on revisions below the newest that was asked for is dropped.
        revision: u64,
        /// The document at that revision.
        snapshot: Arc<Document>,
    },
    /// Forget all that waits and stop what runs.
    CancelAll,
    /// Reply once nothing is left to do.
    WaitForIdle(Sender<()>),
}

/// What the worker tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The model is being loaded. Always the first event.
    Loading,
    /// The model is loaded.
    Ready {
        /// Its name.
        model: Arc<str>,
    },
    /// A prediction goes on.
    Progress {
        /// The document's place in the session.
        document: usize,
        /// Word pieces done.
        done: usize,
        /// Word pieces in all.
        total: usize,
    },
    /// A prediction is there.
    Predicted {
        /// The document's place in the session.
        document: usize,
        /// The revision it was made for.
        revision: u64,
        /// What the model proposes.
        prediction: Prediction,
    },
    /// Advice is there.
    Advised {
        /// The document's place in the session.
        document: usize,
        /// The revision it is for.
        revision: u64,
        /// What the model says.
        advice: Advice,
    },
    /// There is no advice on a document: something went wrong. What was predicted for it holds.
    NotAdvised {
        /// The document's place in the session.
        document: usize,
        /// A sentence for the user.
        message: String,
    },
    /// A prediction went wrong; the worker goes on with the next document.
    Failed {
        /// The document, or `None` when the model could not be loaded: then nothing more comes but [`Event::Idle`].
        document: Option<usize>,
        /// A sentence for the user.
        message: String,
    },
    /// All that was asked for is done.
    Idle,
}

/// The handle of the worker thread. Dropping it stops what runs and waits for the thread.
#[derive(Debug)]
pub struct Worker {
    /// `None` only while it is dropped: the thread ends when its sender is gone, so that must happen before the join.
    requests: Option<Sender<Request>>,
    stop: CancelToken,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts the thread, which first loads the model and then waits for requests. `notify` is called on that thread.
    ///
    /// # Errors
    /// When the system refuses another thread.
    pub fn spawn(
        load: impl FnOnce() -> Result<Box<dyn Annotator>, String> + Send + 'static,
        notify: impl Fn(Event) + Send + 'static,
    ) -> io::Result<Self> {
        let (sender, requests) = crossbeam_channel::unbounded();
        let stop = CancelToken::default();
        let stopped = stop.clone();
        let thread =
            thread::Builder::new().name(THREAD_NAME.to_owned()).spawn(move || serve::serve(load, requests, &notify, &stopped))?;
        Ok(Self { requests: Some(sender), stop, thread: Some(thread) })
    }

    /// Hands a request over. It never waits.
    pub fn send(&self, request: Request) {
        if let Some(requests) = &self.requests {
            // The thread lives as long as this handle unless `notify` panicked; then there is nobody left to tell.
            let _ = requests.send(request);
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop.cancel();
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was already reported where it happened.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests;
