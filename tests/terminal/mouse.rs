//! The mouse, by the escape sequences that a terminal sends (SGR, mode 1006 of xterm).

use crate::folder::Folder;
use crate::pty::Terminal;
use crate::script::{export, open, quit};

/// What a terminal sends for a button at a cell counted from 0: 0 = left, 32 more = moved while held, 64 and 65 = wheel up and down.
fn report(button: u8, (column, row): (u16, u16), released: bool) -> String {
    format!("\x1b[<{button};{};{}{}", column + 1, row + 1, if released { 'm' } else { 'M' })
}

/// Where a text stands on the screen: column and row of its first cell. The rows above the text hold no such words.
fn place(review: &Terminal, text: &str) -> (u16, u16) {
    let screen = review.screen();
    let found =
        screen.lines().enumerate().find_map(|(row, line)| line.split_once(text).map(|(before, _)| (before.chars().count(), row)));
    let (column, row) = found.unwrap_or_else(|| panic!("{text:?} is not on the screen:\n{screen}"));
    (column as u16, row as u16)
}

fn click(review: &mut Terminal, at: (u16, u16)) {
    review.press(&(report(0, at, false) + &report(0, at, true)));
}

#[test]
fn a_click_focuses_and_a_drag_selects_what_a_letter_then_types() {
    let folder = Folder::with_proposals();
    let mut review = open(&folder);
    let span = place(&review, "channel activity");
    click(&mut review, span);
    review.wait_for("MPA? \"channel activity\"");

    let (from, to) = (place(&review, "pain sensing"), place(&review, "sensing"));
    review.press(&report(0, from, false));
    review.wait_for("CPA? \"pain\"");
    review.press(&report(32, to, false));
    review.wait_for("grow");
    review.press(&report(0, to, true));
    review.press("c");
    review.wait_for("added CPA");
    export(&mut review);
    quit(review);
    assert!(folder.read("scn9z.ann").contains("CPA 80 92\tpain sensing"), "{}", folder.read("scn9z.ann"));
}

#[test]
fn the_wheel_walks_by_lines_and_a_click_beside_the_text_does_nothing() {
    let folder = Folder::empty();
    let lines: String = (0..60).map(|line| format!("Line {line} of a long text about SCN9Z.\n")).collect();
    folder.write("long.txt", format!("A frameshift.\n{lines}"));
    let mut review = open(&folder);
    let text = place(&review, "Line 0 of");
    assert!(!review.screen().contains("Line 40 of"));
    review.press(&report(65, text, false).repeat(25));
    review.wait_for("Line 40 of");
    review.press(&report(64, text, false).repeat(25));
    review.wait_for("A frameshift");
    // Neither the border nor a place outside of the screen is a word.
    for at in [(0, 0), (119, 39), (500, 500)] {
        click(&mut review, at);
    }
    review.press("?");
    review.wait_for("reject the focused item");
    // Not at once: with a key behind it, escape would be that key with Alt.
    review.press("\x1b");
    review.wait_gone("reject the focused item");
    quit(review);
}

#[test]
fn sequences_that_are_cut_off_or_broken_do_no_harm() {
    let folder = Folder::with_proposals();
    let mut review = open(&folder);
    let span = place(&review, "channel activity");
    review.press("\x1b[<0;;M\x1b[<99999999;1;1M\x1b[<3;1;1M");
    click(&mut review, span);
    review.wait_for("MPA? \"channel activity\"");
    quit(review);
}
