//! Ctrl-C as a request to stop at the next good place; a second one ends the process at once.

use super::exit::{Exit, Failure, OrFail as _};
use signal_hook::consts::SIGINT;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The exit code of a process that was ended by Ctrl-C, as shells count it.
const ENDED_BY_INTERRUPT: i32 = 130;

/// Whether the person at the keyboard asked to stop.
#[derive(Clone, Debug)]
pub(super) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Catches Ctrl-C from now on.
    ///
    /// # Errors
    /// The system refuses to let it be caught.
    pub(super) fn catch() -> Result<Self, Failure> {
        let asked = Arc::new(AtomicBool::new(false));
        // In this order the first Ctrl-C only sets the flag, and the second one finds it set.
        signal_hook::flag::register_conditional_shutdown(SIGINT, ENDED_BY_INTERRUPT, Arc::clone(&asked))
            .and_then(|_| signal_hook::flag::register(SIGINT, Arc::clone(&asked)))
            .or_fail(Exit::Io, "Ctrl-C could not be caught")?;
        Ok(Self(asked))
    }

    /// Whether a stop was asked for.
    pub(super) fn asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
