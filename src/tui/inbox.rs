//! What waits to be handled.

use super::event::AppEvent;
use crossbeam_channel::{Receiver, select};

/// Two queues, so that a key does not wait behind all that a busy model has told.
#[derive(Debug)]
pub(super) struct Inbox {
    /// What the curator and the system do.
    pub input: Receiver<AppEvent>,
    /// What the model tells.
    pub model: Receiver<AppEvent>,
}

impl Inbox {
    /// What is to be handled next, input first; waits until there is something. `None` when no input can come any more.
    pub(super) fn next(&self) -> Option<AppEvent> {
        if let Ok(event) = self.input.try_recv() {
            return Some(event);
        }
        select! {
            recv(self.input) -> event => event.ok(),
            // Without a worker only the input is left to wait for.
            recv(self.model) -> event => event.ok().or_else(|| self.input.recv().ok()),
        }
    }

    /// What else the model has told, while no input waits.
    pub(super) fn more_of_the_model(&self) -> Option<AppEvent> {
        if self.input.is_empty() { self.model.try_recv().ok() } else { None }
    }
}
