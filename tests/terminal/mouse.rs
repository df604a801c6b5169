//! The mouse as a terminal tells of it: escape sequences in SGR form, `CSI < button ; column ; row M`, `m` when a button is let go
//! ([xterm, "Mouse Tracking"](https://invisible-island.net/xterm/ctlseqs/ctlseqs.html#h2-Mouse-Tracking)).

use crate::folder::Folder;
use crate::pty::Terminal;
use crate::script::{export, open, quit};

const LEFT: u8 = 0;
const DRAG: u8 = 32;
const WHEEL_UP: u8 = 64;
const WHEEL_DOWN: u8 = 65;

/// Where a word begins on the screen, column and row counted from 1 as the terminal does.
fn place(terminal: &Terminal, word: &str) -> (usize, usize) {
    let screen = terminal.screen();
    let found = screen.lines().enumerate().find_map(|(row, line)| {
        let (before, _) = line.split_once(word)?;
        Some((before.chars().count() + 1, row + 1))
    });
    found.unwrap_or_else(|| panic!("{word} is not on the screen:\n{screen}"))
}

fn point(terminal: &mut Terminal, button: u8, (column, row): (usize, usize)) {
    terminal.press(&format!("\x1b[<{button};{column};{row}M"));
}

fn let_go(terminal: &mut Terminal, (column, row): (usize, usize)) {
    terminal.press(&format!("\x1b[<{LEFT};{column};{row}m"));
}

#[test]
fn clicks_focus_drags_select_and_the_wheel_moves() {
    let folder = Folder::with_proposals();
    let mut review = open(&folder);
    let gene = place(&review, "SCN9Z abolishes");
    point(&mut review, LEFT, gene);
    let_go(&mut review, gene);
    review.wait_for("RELATIONS of \"SCN9Z\"");
    // A drag over two words, then the letter of a type.
    let (two, families) = (place(&review, "two families"), place(&review, "families."));
    point(&mut review, LEFT, two);
    point(&mut review, DRAG, families);
    let_go(&mut review, families);
    review.wait_for("selected \"two families\"");
    review.press("d");
    review.wait_for("added Disease");
    point(&mut review, WHEEL_UP, families);
    review.wait_gone("RELATIONS of \"two families\"");
    point(&mut review, WHEEL_DOWN, families);
    review.wait_for("RELATIONS of");
    // A click outside of the text does nothing, and nothing is decided by pointing.
    point(&mut review, LEFT, (118, 39));
    export(&mut review);
    quit(review);
    let lines = folder.lines("scn9z.ann");
    assert!(lines.iter().any(|line| line.ends_with("\tDisease 96 108\ttwo families")), "{lines:?}");
    assert_eq!(lines.len(), 4, "what was given and the one addition: {lines:?}");
}
