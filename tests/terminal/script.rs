//! What the curator of these tests does, key by key, and what the result file must hold after each key.

use crate::folder::{Folder, GIVEN, argument};
use crate::pty::Terminal;
use std::collections::BTreeSet;

/// Keys, what the screen shows when they are done, and how the result file changes.
pub struct Stroke {
    pub keys: &'static str,
    pub shows: &'static str,
    pub removed: &'static [&'static str],
    pub added: &'static [&'static str],
}

const fn moving(keys: &'static str, shows: &'static str) -> Stroke {
    Stroke { keys, shows, removed: &[], added: &[] }
}

const fn adding(keys: &'static str, shows: &'static str, added: &'static [&'static str]) -> Stroke {
    Stroke { keys, shows, removed: &[], added }
}

const fn removing(keys: &'static str, shows: &'static str, removed: &'static [&'static str]) -> Stroke {
    Stroke { keys, shows, removed, added: &[] }
}

/// Accepts, corrects edges, rejects, adds a relation and a span, takes back.
pub const SCRIPT: &[Stroke] = &[
    adding("a", "accepted NegReg \"abolishes\"", &["T3\tNegReg 31 40\tabolishes"]),
    adding("a", "accepted CauseOf", &["R2\tCauseOf Arg1:T1 Arg2:T3"]),
    adding("a", "accepted MPA \"channel activity\"", &["T4\tMPA 41 57\tchannel activity"]),
    adding("{", "Var \"mutation\"", &["T5\tVar 63 71\tmutation"]),
    moving("n", "CPA? \"pain\""),
    adding("]", "CPA \"pain sensing\"", &["T6\tCPA 80 92\tpain sensing"]),
    moving("n", "Dis? \"families\""),
    moving("x", "rejected Disease \"families\""),
    moving("/channel\r", "RELATIONS of \"channel ac"),
    moving("r", "partner"),
    adding("1", "added ThemeOf", &["R3\tThemeOf Arg1:T4 Arg2:T3"]),
    moving("/reduced\r", "(focus a span)"),
    moving("v", "grow"),
    adding("n", "added NegReg", &["T8\tNegReg 72 79\treduced"]),
    removing("u", "undone", &["T8\tNegReg 72 79\treduced"]),
];

/// The lines of the result file after so many strokes.
pub fn expected(strokes: usize) -> BTreeSet<String> {
    let mut lines: BTreeSet<String> = GIVEN.lines().map(str::to_owned).collect();
    for stroke in &SCRIPT[..strokes] {
        for line in stroke.removed {
            assert!(lines.remove(*line), "the script removes a line that is not there: {line}");
        }
        lines.extend(stroke.added.iter().map(|line| (*line).to_owned()));
    }
    lines
}

/// Opens the review of a folder without a model and waits until it is usable.
pub fn open(folder: &Folder) -> Terminal {
    let terminal = Terminal::start(&folder.home(), 120, 40, ["review", &argument(&folder.abstracts()), "--no-model"]);
    terminal.wait_for("frameshift");
    terminal
}

/// Does one stroke and waits until it shows.
pub fn stroke(terminal: &mut Terminal, stroke: &Stroke) {
    terminal.press(stroke.keys);
    terminal.wait_for(stroke.shows);
}

/// Writes the result file of the open document from within the review.
pub fn export(terminal: &mut Terminal) {
    terminal.press("w");
    terminal.wait_for("wrote");
}

/// Leaves the review as a user does.
pub fn quit(mut terminal: Terminal) {
    terminal.press("q");
    assert_eq!(terminal.wait_exit(), 0, "{}", terminal.screen());
    assert_eq!(terminal.left_changed(), Vec::<&str>::new());
    assert!(terminal.settings_restored(), "echo and line editing are not as they were");
}
