//! Two curators: their work is merged, and a third decides between them side by side.

use crate::folder::{Folder, TEXT, argument};
use crate::pty::Terminal;
use crate::script::quit;
use std::fs;

#[test]
fn disagreements_are_decided_side_by_side_and_merging_again_keeps_the_decisions() {
    let folder = Folder::empty();
    let [anna, ben, both] = ["anna", "ben", "both"].map(|name| folder.home().join(name));
    let common = "T1\tVar 2 21\tframeshift mutation\nT2\tNegReg 31 40\tabolishes\n";
    let sheets = [(&anna, "T3\tMPA 41 57\tchannel activity\n"), (&ben, "T3\tMPA 49 57\tactivity\nT4\tGene 25 30\tSCN9Z\n")];
    for (home, own) in sheets {
        fs::create_dir(home).unwrap();
        fs::write(home.join("scn9z.txt"), TEXT).unwrap();
        fs::write(home.join("scn9z.ann"), common.to_owned() + own).unwrap();
    }
    let merge = ["merge", &argument(&anna), &argument(&ben), "--out", &argument(&both)];
    let merged = folder.run(&merge);
    assert!(merged.status.success(), "{merged:?}");

    let mut review = Terminal::start(&folder.home(), 120, 40, ["review", &argument(&both), "--no-model"]);
    review.wait_for("frameshift");
    review.wait_for("says ben");
    review.press("=");
    review.wait_for("who is right?");
    review.wait_for("Gene \"SCN9Z\"");
    // Nobody but ben has the gene: it is taken. Then anna's longer span.
    review.press("2");
    review.wait_for("MPA \"activity\"");
    review.press("1");
    review.wait_for("nothing is undecided");
    quit(review);

    let again = folder.run(&merge);
    assert!(String::from_utf8_lossy(&again.stderr).contains("3 decisions kept"), "{again:?}");
    let out = folder.home().join("out");
    let exported = folder.run(&["export", &argument(&both), "--format", "brat", "--out", &argument(&out)]);
    assert!(exported.status.success(), "{exported:?}");
    let sheet = fs::read_to_string(out.join("scn9z.ann")).unwrap();
    assert!(sheet.contains("channel activity") && sheet.contains("SCN9Z") && !sheet.contains("49 57"), "{sheet}");
}
