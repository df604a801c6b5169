//! The power goes off after any key: what was decided before is there.

use crate::folder::Folder;
use crate::script::{SCRIPT, expected, export, open, quit, stroke};

#[test]
fn killed_after_any_key_every_earlier_decision_is_there() {
    for last in 1..=SCRIPT.len() {
        let folder = Folder::with_proposals();
        let mut review = open(&folder);
        SCRIPT[..last - 1].iter().for_each(|each| stroke(&mut review, each));
        // The last key may or may not have been read when the program is gone.
        review.press(SCRIPT[last - 1].keys);
        review.kill_hard();

        let found = reopened(&folder);
        assert!(
            found == expected(last - 1) || found == expected(last),
            "killed right after {:?}: {found:#?}",
            SCRIPT[last - 1].keys
        );
    }
}

#[test]
fn a_decision_that_the_screen_shows_is_on_disk() {
    for last in 1..=SCRIPT.len() {
        if SCRIPT[last - 1].added.is_empty() && SCRIPT[last - 1].removed.is_empty() {
            continue;
        }
        let folder = Folder::with_proposals();
        let mut review = open(&folder);
        SCRIPT[..last].iter().for_each(|each| stroke(&mut review, each));
        review.kill_hard();
        assert_eq!(reopened(&folder), expected(last), "killed when {:?} was shown", SCRIPT[last - 1].shows);
    }
}

/// What a new start finds, as the lines of the file that it exports.
fn reopened(folder: &Folder) -> std::collections::BTreeSet<String> {
    let mut again = open(folder);
    export(&mut again);
    quit(again);
    folder.lines("scn9z.ann")
}
