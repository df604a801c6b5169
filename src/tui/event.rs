//! Everything that can happen to the review, and everything it can ask for.

use super::chord::Chord;
use crate::review::JournalRecord;
use crate::worker;
use std::path::PathBuf;
use std::time::SystemTime;

/// Something that happened. Times come in with it, so that `update` needs no clock.
#[derive(Clone, Debug)]
pub enum AppEvent {
    /// A key was pressed.
    Key(Chord, SystemTime),
    /// Text was pasted.
    Paste(String),
    /// The mouse did something at this column and row of the screen.
    Mouse(Pointer, u16, u16),
    /// The terminal has another size.
    Resized,
    /// The shell let the program go on after it had been stopped.
    Continued,
    /// The worker tells something.
    Worker(worker::Event, SystemTime),
    /// What was decided is on disk.
    Saved(SystemTime),
    /// Some of what was decided could not be written.
    NotSaved(Unsaved),
    /// Result files were written, as far as that was possible.
    Exported {
        /// Of how many documents.
        documents: usize,
        /// What was written, the last document's files.
        files: Vec<PathBuf>,
        /// The documents that could not be written, if any.
        refused: Option<Refused>,
    },
    /// The system asks the program to end, or the terminal is gone.
    Terminated,
}

/// Decisions that are not on disk yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsaved {
    /// How many records of the journal wait.
    pub count: usize,
    /// Why the first of them could not be written.
    pub reason: String,
}

/// Documents whose result files could not be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// How many.
    pub documents: usize,
    /// The name of the first. Untrusted.
    pub first: String,
    /// Why it could not be written.
    pub reason: String,
}

/// What a mouse can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pointer {
    /// The left button went down.
    Down,
    /// The mouse moves with the left button down.
    Drag,
    /// One step of the wheel towards the user.
    WheelDown,
    /// One step of the wheel away from the user.
    WheelUp,
}

/// Something to be done outside of the state.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Append this to the journal of this document and make sure that it is on disk, before the next frame.
    Journal(usize, JournalRecord),
    /// Hand this to the worker.
    Ask(worker::Request),
    /// Write the result files of these documents.
    Export(Vec<usize>),
    /// Give the terminal back to the shell until it is continued.
    Suspend,
    /// Take the terminal over again and draw all of it.
    TakeBack,
    /// Try once more to write what could not be written.
    Save,
    /// End the review, unless something is not on disk that nobody asked to lose.
    Quit {
        /// Whether to end even so.
        losing: bool,
    },
}
