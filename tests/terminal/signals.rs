//! The terminal is given back whatever ends or stops the review.

use crate::folder::{Folder, argument};
use crate::pty::Terminal;
use crate::script::{SCRIPT, open, quit, stroke};
use rolecall::document::{Document, Schema};
use rolecall::review::{Journals, OpenDocument, Session};
use rolecall::text::SourceText;
use rolecall::tui::{Background, Depth, Keymap, Setup, Theme};
use std::sync::Arc;

fn is_given_back(terminal: &Terminal) {
    assert_eq!(terminal.left_changed(), Vec::<&str>::new());
    assert!(terminal.settings_restored(), "echo and line editing are not as they were");
}

#[test]
fn asked_to_end_it_gives_the_terminal_back_and_loses_nothing() {
    for signal in ["TERM", "HUP", "INT"] {
        let folder = Folder::with_proposals();
        let mut review = open(&folder);
        stroke(&mut review, &SCRIPT[0]);
        review.signal(signal);
        assert_eq!(review.wait_exit(), 0, "{signal}: {}", review.screen());
        is_given_back(&review);
        let mut again = open(&folder);
        again.press("u");
        again.wait_for("undone");
        quit(again);
    }
}

#[test]
fn stopped_from_outside_and_continued_it_draws_all_of_it_again() {
    let folder = Folder::with_proposals();
    let mut review = open(&folder);
    stroke(&mut review, &SCRIPT[0]);
    review.signal("STOP");
    review.forget_screen();
    review.signal("CONT");
    review.wait_for("frameshift");
    quit(review);
}

/// Reviews a document and panics when results are written. Run by the test below, in a terminal of its own.
#[test]
#[ignore = "the program that another test drives"]
fn a_review_with_a_defect() {
    let document = Document::new("d", SourceText::new("Loss of APC."));
    let open = OpenDocument { document, home: std::env::temp_dir() };
    let session = Session::new(vec![open], Arc::new(Schema::agac().unwrap()), "test");
    let setup = Setup {
        session,
        journals: Journals::none(),
        notices: Vec::new(),
        findings: Vec::new(),
        keymap: Keymap::built_in().unwrap(),
        theme: Theme::new(Depth::None, Background::Dark),
        sentences: |_| Vec::new(),
        words: |_| Vec::new(),
        load: None,
        export: Box::new(|_, _, _| panic!("a defect of this program")),
    };
    rolecall::tui::run(setup).unwrap();
}

#[test]
fn a_panic_gives_the_terminal_back_before_its_message() {
    let folder = Folder::empty();
    let myself = argument(&std::env::current_exe().unwrap());
    let arguments = ["--ignored", "--exact", "signals::a_review_with_a_defect", "--nocapture", "--test-threads=1"];
    let mut review = Terminal::start_program(&myself, &folder.home(), 100, 200, arguments);
    review.wait_for("Loss of APC.");
    assert!(review.left_changed().contains(&"alternate screen"));
    review.press("w");
    assert_ne!(review.wait_exit(), 0);
    assert!(review.screen().contains("a defect of this program"), "{}", review.screen());
    is_given_back(&review);
}
