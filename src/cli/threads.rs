//! How many threads the model computes on. Without a word here it is one for each core.

use super::exit::{Exit, Failure, OrFail as _};
use std::thread::available_parallelism;

/// Leaves a core to the screen where there are several, so that a key is answered at once while the model works.
pub(super) fn leave_one_free() -> Result<(), Failure> {
    let cores = available_parallelism().map_or(1, usize::from);
    use_exactly(cores.saturating_sub(1).max(1))
}

/// Computes on so many threads, at least 1. It must be said before the model is loaded.
pub(super) fn use_exactly(threads: usize) -> Result<(), Failure> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
    pool.build_global().or_fail(Exit::Usage, format!("{threads} threads can't be started"))
}
