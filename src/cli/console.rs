//! The one place that prints: results to standard output, all else to standard error.
//!
//! What is printed may hold text from files, so control characters are replaced before they can reach a terminal. A reader that
//! went away (`rolecall evaluate … | head`) is no error.

use crate::formats::turns_direction;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{self, IsTerminal as _, Write};
use std::sync::OnceLock;

/// Why standard output could not be written, the first time that it could not.
static OUTPUT_FAILURE: OnceLock<io::Error> = OnceLock::new();

/// Prints a result as it is, with its line breaks, to standard output. Whether that failed is told by [`output_failure`].
pub(super) fn result(text: &str) {
    remember(write_to(&mut io::stdout().lock(), text));
}

/// Why results did not get to standard output, if so. That nobody reads any more is no failure.
pub(super) fn output_failure() -> Option<&'static io::Error> {
    OUTPUT_FAILURE.get()
}

/// Whether something was written; remembers why not.
fn remember(written: io::Result<()>) -> bool {
    match written {
        Ok(()) => true,
        Err(error) => {
            if error.kind() != io::ErrorKind::BrokenPipe {
                let _ = OUTPUT_FAILURE.set(error);
            }
            false
        }
    }
}

/// Writes documents to standard output as they are, for a program at the other end. On a terminal, control characters are replaced.
///
/// # Errors
/// Nobody reads any more, or the system failed.
pub(super) fn data(content: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if out.is_terminal() {
        out.write_all(printable(&String::from_utf8_lossy(content)).as_bytes())?;
    } else {
        out.write_all(content)?;
    }
    out.flush()
}

/// The same for whole lines. False: nobody reads any more, or it failed, which [`output_failure`] tells.
pub(super) fn lines(content: &[u8]) -> bool {
    remember(data(content))
}

/// Prints a remark as a line to standard error.
pub(super) fn note(text: &str) {
    tell(&format!("{text}\n"));
}

/// Prints why a command could not do what it was asked to, as a line to standard error.
pub(super) fn error(text: &str) {
    tell(&format!("error: {text}\n"));
}

/// A progress bar over documents on standard error, of which it may not be known how many there are; nothing is drawn when that is
/// not a terminal.
pub(super) fn progress(documents: Option<usize>) -> ProgressBar {
    let (bar, style) = match documents {
        Some(documents) => (ProgressBar::new(documents as u64), "{bar:30} {pos}/{len} documents, {per_sec}, {eta} left  {msg}"),
        None => (ProgressBar::no_length(), "{spinner} {pos} documents, {per_sec}  {msg}"),
    };
    bar.set_style(ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

/// A name from a file as it may be shown in a progress bar.
pub(super) fn shown_name(name: &str) -> String {
    printable(name).replace('\n', " ").chars().take(40).collect()
}

fn tell(text: &str) {
    // Nobody is left to tell when standard error is gone.
    let _ = write_to(&mut io::stderr().lock(), text);
}

fn write_to(target: &mut dyn Write, text: &str) -> io::Result<()> {
    target.write_all(printable(text).as_bytes())?;
    target.flush()
}

/// The text with every control character but the line feed and the tab replaced, and every one that turns the reading direction.
fn printable(text: &str) -> String {
    let is_hidden = |c: char| c.is_control() && c != '\n' && c != '\t' || turns_direction(c);
    text.chars().map(|c| if is_hidden(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escape_sequence_from_a_file_is_shown_and_not_sent() {
        assert_eq!(printable("a\u{1b}[2Jb\u{9b}c\r\n\td"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}\n\td");
        assert_eq!(printable("a\u{202e}b\u{2066}c\u{200f}"), "a\u{fffd}b\u{fffd}c\u{fffd}");
    }
}
