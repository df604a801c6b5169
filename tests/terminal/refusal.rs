//! What can't be shown or read: a clear sentence, and everything else goes on.

use crate::folder::{Folder, GIVEN, TEXT, argument};
use crate::pty::Terminal;
use crate::script::{export, open, quit};

#[test]
fn a_terminal_that_is_too_small_says_so_and_recovers() {
    let folder = Folder::new();
    let mut review = Terminal::start(&folder.home(), 20, 5, ["review", &argument(&folder.abstracts()), "--no-model"]);
    review.wait_for("20×5");
    review.resize(100, 30);
    review.wait_gone("20×5");
    review.wait_for("frameshift");
    review.resize(20, 5);
    review.wait_for("20×5");
    quit(review);
}

#[test]
fn an_empty_folder_is_explained() {
    let folder = Folder::empty();
    let mut review = Terminal::start(&folder.home(), 100, 30, ["review", &argument(&folder.abstracts()), "--no-model"]);
    assert_ne!(review.wait_exit(), 0);
    review.wait_for("is an empty folder");
    assert_eq!(review.left_changed(), Vec::<&str>::new());
}

#[test]
fn a_file_that_is_not_text_is_named_and_the_rest_opens() {
    let folder = Folder::new();
    folder.write("broken.txt", b"caf\xe9 au lait");
    let review = open(&folder);
    review.wait_for("broken.txt");
    quit(review);
}

#[test]
fn what_is_wrong_in_an_annotation_file_is_among_the_checks_of_its_document() {
    let folder = Folder::new();
    folder.write("scn9z.ann", format!("{GIVEN}T9\tGene 3 9\tSCN9Z\n"));
    let mut review = open(&folder);
    review.press("gc");
    review.wait_for("in the file");
    review.wait_for("scn9z.ann:4:");
    review.press("q");
    review.wait_gone("in the file");
    review.press("Jgc");
    review.wait_for("nothing here asks for another look");
    quit(review);
}

#[test]
fn a_document_that_changed_is_named_and_the_others_open() {
    let folder = Folder::with_proposals();
    let before = folder.read(".rolecall/journal.jsonl");
    folder.write("scn9z.txt", format!("{TEXT}More.\n"));
    let abstracts = argument(&folder.abstracts());
    let mut review = Terminal::start(&folder.home(), 120, 40, ["review", &abstracts, "--no-model"]);
    review.wait_for("left out \"scn9z\": its text changed");
    review.wait_for("--set-aside \"scn9z\"");
    review.wait_for("ZETA9");
    assert_eq!(folder.read(".rolecall/journal.jsonl"), before);
    export(&mut review);
    assert!(folder.abstracts().join("zeta.ann").exists());
    assert_eq!(folder.read("scn9z.ann"), GIVEN);
    quit(review);

    let arguments = [&abstracts, "--no-model", "--set-aside", "scn9z"];
    let review = Terminal::start(&folder.home(), 120, 40, arguments);
    review.wait_for("frameshift");
    review.wait_for("are set aside in");
    quit(review);
}

#[test]
fn wrong_offsets_are_named_and_the_file_stays_as_it_is() {
    let folder = Folder::new();
    let wrong = GIVEN.replace("T2\tGene 25 30", "T2\tGene 26 31");
    folder.write("scn9z.ann", &wrong);
    let review = open(&folder);
    review.wait_for("scn9z.ann:2");
    quit(review);
    assert_eq!(folder.read("scn9z.ann"), wrong);
}

#[test]
fn keys_of_ones_own_are_taken_and_a_clash_is_told_before_the_screen_is_taken() {
    let folder = Folder::with_proposals();
    let config = folder.home().join("rolecall");
    std::fs::create_dir(&config).unwrap();
    let keymap = config.join("keymap.toml");
    std::fs::write(&keymap, "accept = ['y']\n").unwrap();
    let mut review = open(&folder);
    review.wait_for("y accept");
    review.press("y");
    review.wait_for("accepted NegReg");
    quit(review);

    std::fs::write(&keymap, "accept = ['x']\n").unwrap();
    let mut refused = Terminal::start(&folder.home(), 100, 30, ["review", &argument(&folder.abstracts()), "--no-model"]);
    assert_eq!(refused.wait_exit(), 2);
    let told = refused.screen().replace('\n', "");
    assert!(["keymap.toml", "\"accept\"", "\"reject\""].iter().all(|part| told.contains(part)), "{told}");
    assert_eq!(refused.left_changed(), Vec::<&str>::new());
}
