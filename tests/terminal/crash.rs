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

/// Kills at moments that nobody chose; `ROLECALL_KILLS=200` for as many as that, `ROLECALL_KILLS_SEED` for other moments.
#[test]
fn killed_at_random_moments_every_acknowledged_decision_is_there() {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let mut state = number("ROLECALL_KILLS_SEED").unwrap_or(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut roll = |sides: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) % sides
    };
    for kill in 0..number("ROLECALL_KILLS").unwrap_or(4) {
        let last = roll(SCRIPT.len() as u64) as usize + 1;
        let wait = std::time::Duration::from_micros(roll(30_000));
        let folder = Folder::with_proposals();
        let mut review = open(&folder);
        SCRIPT[..last - 1].iter().for_each(|each| stroke(&mut review, each));
        review.press(SCRIPT[last - 1].keys);
        std::thread::sleep(wait);
        review.kill_hard();
        let found = reopened(&folder);
        let what = format!("kill {kill}, {wait:?} after {:?}", SCRIPT[last - 1].keys);
        assert!(found == expected(last - 1) || found == expected(last), "{what}: {found:#?}");
    }
}

/// What a new start finds, as the lines of the file that it exports.
fn reopened(folder: &Folder) -> std::collections::BTreeSet<String> {
    let mut again = open(folder);
    export(&mut again);
    quit(again);
    folder.lines("scn9z.ann")
}
