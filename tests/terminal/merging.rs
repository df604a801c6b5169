//! Two annotators, their merge, decisions on it in the review, and another merge.

use crate::folder::{Folder, GIVEN, TEXT, argument};
use crate::pty::Terminal;
use crate::script::quit;
use std::fs;

#[test]
fn decisions_that_were_made_on_a_merge_outlive_the_next() {
    let folder = Folder::empty();
    let [anna, ben, both] = ["anna", "ben", "both"].map(|name| folder.abstracts().join(name));
    for path in [&anna, &ben] {
        fs::create_dir(path).unwrap();
        fs::write(path.join("scn9z.txt"), TEXT).unwrap();
    }
    fs::write(anna.join("scn9z.ann"), format!("{GIVEN}T3\tNegReg 31 40\tabolishes\nT4\tCPA 80 84\tpain\n")).unwrap();
    fs::write(ben.join("scn9z.ann"), format!("{GIVEN}T3\tReg 31 40\tabolishes\n")).unwrap();
    let merge = || {
        let output = folder.run(&["merge", &argument(&anna), &argument(&ben), "--out", &argument(&both)]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(merge().contains("3 disagreements to decide on, 0 failed"));

    let mut review = Terminal::start(&folder.home(), 120, 40, ["review", &argument(&both), "--no-model"]);
    review.wait_for("frameshift");
    review.press("a");
    review.wait_for("accepted");
    review.press("x");
    review.wait_for("rejected");
    quit(review);
    assert!(both.join(".rolecall/journal.jsonl").exists());

    // Anna goes on: she takes back one of her spans and finds another.
    fs::write(anna.join("scn9z.ann"), format!("{GIVEN}T3\tNegReg 31 40\tabolishes\nT5\tMPA 41 57\tchannel activity\n")).unwrap();
    let told = merge();
    assert!(told.contains("2 decisions kept") && told.contains("1 disagreements to decide on"), "{told}");
    assert!(told.contains("set aside") && both.join(".rolecall/set-aside-1.jsonl").exists(), "{told}");
    let merged: serde_json::Value = serde_json::from_str(&fs::read_to_string(both.join("scn9z.jsonl")).unwrap()).unwrap();
    let states: Vec<&str> = merged["entities"].as_array().unwrap().iter().filter_map(|it| it["status"].as_str()).collect();
    for state in ["accepted", "rejected", "proposed"] {
        assert!(states.contains(&state), "{merged}");
    }

    let review = Terminal::start(&folder.home(), 120, 40, ["review", &argument(&both), "--no-model"]);
    review.wait_for("channel activity");
    quit(review);
}
