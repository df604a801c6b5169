//! Times between what a curator does in a pseudo-terminal and what the screen shows.

use crate::pty::Terminal;
use std::time::{Duration, Instant};

/// From the start of the program to the screen that shows the text; the program is left again.
pub fn first_frame(start: impl FnOnce() -> Terminal, text: &str) -> Duration {
    let begin = Instant::now();
    let review = start();
    review.wait_for(text);
    let time = begin.elapsed();
    quit(review);
    time
}

/// From the key to the screen that shows the text, or does not any more.
pub fn answer(review: &mut Terminal, key: &str, text: &str, appears: bool) -> Duration {
    let begin = Instant::now();
    review.press(key);
    if appears {
        review.wait_for(text);
    } else {
        review.wait_gone(text);
    }
    begin.elapsed()
}

/// Leaves the program and waits until it is gone.
pub fn quit(mut review: Terminal) {
    review.press("q");
    review.wait_exit();
}

/// The time that as many of a hundred are not above; the times are sorted.
pub fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    sorted[(sorted.len() - 1) * percent / 100]
}

pub fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
