//! `rolecall agree`, `diff` and `merge`: two annotators of the same texts.

use crate::{FOUND, GOLD, TEXT, rolecall, write};
use serde_json::Value;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// Both read `a`; only Ben read `b`.
fn two() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("anna"), &[("a.txt", TEXT), ("a.ann", GOLD)]);
    write(&folder.path().join("ben"), &[("a.txt", TEXT), ("a.ann", FOUND), ("b.txt", "Other\n")]);
    folder
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().unwrap().to_owned()
}

#[test]
fn agreement_is_told_in_numbers_worked_out_by_hand() {
    let folder = two();
    let (anna, ben) = (path(folder.path(), "anna"), path(folder.path(), "ben"));
    let run = rolecall(&["agree", &anna, &ben]);
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(run.err.contains("b: only ben has it; it is left out"), "{}", run.err);
    assert!(run.out.starts_with("anna and ben over 1 documents"), "{}", run.out);
    let run = rolecall(&["agree", &anna, &ben, "--json"]);
    let told: Value = serde_json::from_str(&run.out).unwrap();
    // Two of four and three spans are the same: 2·2 / 7. One role of three and two: 2·1 / 5.
    assert_eq!(told["strict"]["spans"]["micro"]["f1"].as_f64(), Some(4.0 / 7.0), "{told}");
    assert_eq!(told["strict"]["relations"]["micro"]["f1"].as_f64(), Some(0.4), "{told}");
    // Both marked three spans, two of them with one type. By chance (1·1 + 1·1 + 0) / 9: (2/3 − 2/9) / (1 − 2/9).
    let kappa = told["kappa"].as_f64().unwrap();
    assert!((kappa - 4.0 / 7.0).abs() < 1e-12, "{kappa}");
    let run = rolecall(&["agree", &anna, &anna]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
}

#[test]
fn differences_are_listed_and_the_exit_code_says_whether_there_are_any() {
    let folder = two();
    let (anna, ben) = (path(folder.path(), "anna"), path(folder.path(), "ben"));
    let run = rolecall(&["diff", &anna, &ben]);
    assert_eq!(run.code, 1, "{}", run.err);
    let wanted = "a\n  ! 35 39 \"loss\": NegReg or Reg\n  < Interaction 43 50 \"binding\"\n\
                  \x20 < CauseOf: Var 12 20 \"Mutation\" → NegReg 35 39 \"loss\"\n\
                  \x20 < ThemeOf: Interaction 43 50 \"binding\" → NegReg 35 39 \"loss\"\n\
                  \x20 > CauseOf: Var 12 20 \"Mutation\" → Reg 35 39 \"loss\"\n";
    assert_eq!(run.out, wanted);
    assert!(run.err.ends_with("5 differences in 1 of 1 documents (< anna, > ben).\n"), "{}", run.err);
    let told: Value = serde_json::from_str(&rolecall(&["diff", &anna, &ben, "--json"]).out).unwrap();
    assert_eq!(told.as_array().unwrap().len(), 5);
    assert_eq!((&told[0]["document"], &told[0]["kind"]), (&"a".into(), &"type".into()));
    let run = rolecall(&["diff", &anna, &anna]);
    assert_eq!((run.code, run.out.as_str()), (0, ""));
    // Two of one name are called by their paths.
    assert_eq!(run.err, format!("0 differences in 0 of 1 documents (< {anna}, > {anna}).\n"));
}

#[test]
fn what_is_wrong_in_a_file_is_told_by_the_exit_code_too() {
    let folder = tempfile::tempdir().unwrap();
    let damaged = format!("{GOLD}T9\tVar 0 999\tLoss\n");
    write(folder.path(), &[("a.txt", TEXT), ("a.ann", &damaged)]);
    let one = folder.path().to_str().unwrap();
    for command in [
        &["agree", one, one][..],
        &["diff", one, one],
        &["evaluate", "--gold", one, "--pred", one],
        &["evaluate", "--gold", one, "--compare", one, one],
        &["corpus", "reachable", one],
    ] {
        let run = rolecall(command);
        assert_eq!(run.code, 1, "{command:?}: {}", run.err);
        assert!(run.err.contains("a.ann:8:"), "{command:?}: {}", run.err);
    }
}

#[test]
fn texts_that_differ_are_not_compared() {
    let folder = two();
    write(&folder.path().join("ben"), &[("a.txt", "Another text\n"), ("a.ann", "")]);
    let run = rolecall(&["diff", &path(folder.path(), "anna"), &path(folder.path(), "ben")]);
    assert_eq!((run.code, run.out.as_str()), (1, ""));
    assert!(run.err.contains("a: the two texts differ"), "{}", run.err);
}

#[test]
fn a_merge_takes_agreements_and_proposes_the_rest_by_name() {
    let folder = two();
    let (anna, ben, out) = (path(folder.path(), "anna"), path(folder.path(), "ben"), path(folder.path(), "both"));
    let merge = ["merge", &anna, &ben, "--out", &out];
    let run = rolecall(&merge);
    assert_eq!((run.code, run.out.as_str()), (1, ""), "{}", run.err);
    assert!(run.err.contains("b: only ben has it"), "{}", run.err);
    let merged = format!(
        "1 documents merged into {out}, 6 disagreements to decide on, 0 failed.\n`rolecall --no-model {out}` opens them, and `=` there \
         goes from one disagreement to the next.\n"
    );
    assert!(run.err.ends_with(&merged), "{}", run.err);
    let line = fs::read_to_string(folder.path().join("both/a.jsonl")).unwrap();
    let merged: Value = serde_json::from_str(&line).unwrap();
    let entities = merged["entities"].as_array().unwrap();
    let proposed: Vec<&str> =
        entities.iter().filter(|it| it["status"] == "proposed").map(|it| it["label"].as_str().unwrap()).collect();
    assert_eq!((entities.len(), proposed), (5, vec!["NegReg", "Reg", "Interaction"]), "{line}");
    assert!(line.contains("anna") && line.contains("ben"), "{line}");

    // The same again changes nothing, not even the time of the file.
    let before = fs::metadata(folder.path().join("both/a.jsonl")).unwrap().modified().unwrap();
    rolecall(&merge);
    assert_eq!(fs::metadata(folder.path().join("both/a.jsonl")).unwrap().modified().unwrap(), before);

    let run = rolecall(&["merge", &anna, &ben, "--out", &anna]);
    assert!(run.code == 2 && run.err.contains("would stand among what is merged"), "{}", run.err);
    let run = rolecall(&["merge", &anna, &ben, "--out", &path(folder.path(), "named"), "--names", "first,second"]);
    assert!(run.err.contains("b: only second has it"), "{}", run.err);
    let run = rolecall(&["merge", &anna, &ben, "--out", &path(folder.path(), "named"), "--names", "first"]);
    assert!(run.code == 2 && run.err.contains("--names takes two names"), "{}", run.err);
}

#[test]
fn decisions_of_an_earlier_merge_are_kept_when_an_annotator_goes_on() {
    let folder = two();
    let (anna, ben, out) = (path(folder.path(), "anna"), path(folder.path(), "ben"), path(folder.path(), "both"));
    rolecall(&["merge", &anna, &ben, "--out", &out]);
    // Somebody decided elsewhere: Ben's type is wrong, Anna's right.
    let file = folder.path().join("both/a.jsonl");
    let mut merged: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    for entity in merged["entities"].as_array_mut().unwrap() {
        let verdict = match entity["label"].as_str() {
            Some("NegReg") => "accepted",
            Some("Reg") => "rejected",
            _ => continue,
        };
        entity["status"] = verdict.into();
    }
    fs::write(&file, format!("{merged}\n")).unwrap();
    // Ben finds the binding too: one disagreement less.
    write(&folder.path().join("ben"), &[("a.ann", &format!("{FOUND}T9\tInteraction 43 50\tbinding\n"))]);
    let run = rolecall(&["merge", &anna, &ben, "--out", &out]);
    assert!(run.err.contains("2 decisions kept"), "{}", run.err);
    let merged: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    let status = |label: &str| {
        let entity = merged["entities"].as_array().unwrap().iter().find(|it| it["label"] == label).unwrap();
        entity["status"].as_str().unwrap_or("accepted").to_owned()
    };
    assert_eq!([status("NegReg"), status("Reg"), status("Interaction")], ["accepted", "rejected", "accepted"]);
}
