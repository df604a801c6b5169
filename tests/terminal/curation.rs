//! A whole review: decide, quit, come back, export.

use crate::folder::{Folder, TEXT, argument};
use crate::script::{SCRIPT, expected, export, open, quit, stroke};

#[test]
fn what_was_decided_is_there_after_reopening_and_is_what_is_exported() {
    let folder = Folder::with_proposals();
    let mut review = open(&folder);
    SCRIPT.iter().for_each(|each| stroke(&mut review, each));
    quit(review);

    let mut again = open(&folder);
    // The rejected one does not come back, so nothing is left to decide.
    again.press("n");
    again.wait_for("nothing is undecided");
    export(&mut again);
    quit(again);

    assert_eq!(folder.lines("scn9z.ann"), expected(SCRIPT.len()));
    assert_eq!(folder.read("scn9z.txt"), TEXT);
    let out = folder.home().join("out");
    let exported = folder.run(&["export", &argument(&folder.abstracts()), "--out", &argument(&out)]);
    assert!(exported.status.success(), "{exported:?}");
    assert_eq!(std::fs::read_to_string(out.join("scn9z.ann")).unwrap(), folder.read("scn9z.ann"));
}

#[test]
fn undo_works_across_a_restart() {
    let folder = Folder::with_proposals();
    let mut review = open(&folder);
    stroke(&mut review, &SCRIPT[0]);
    quit(review);

    let mut again = open(&folder);
    again.press("u");
    again.wait_for("undone");
    export(&mut again);
    quit(again);
    assert_eq!(folder.lines("scn9z.ann"), expected(0));
}

#[test]
fn the_terminal_is_given_back_as_it_was() {
    let folder = Folder::new();
    let review = open(&folder);
    assert!(!review.settings_restored(), "the review reads single keys");
    assert!(review.left_changed().contains(&"alternate screen"));
    quit(review);
}
