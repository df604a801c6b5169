//! `rolecall validate`: findings for people and for programs, and repaired copies.

use crate::{GOLD, TEXT, rolecall, write};
use serde_json::Value;
use std::fs;

/// Offsets behind the emoji count it twice, as UTF-16 does.
const SHIFTED: &str = "T1\tGene 9 12\tAPC\n";
const EMOJI: &str = "Los\u{1f600} of APC\n";

#[test]
fn findings_have_a_place_a_code_a_sentence_and_a_hint_for_people_and_programs() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("a.txt", EMOJI), ("a.ann", SHIFTED), ("b.txt", TEXT), ("b.ann", GOLD)]);
    let path = folder.path().to_str().unwrap();
    let run = rolecall(&["validate", path]);
    assert_eq!(run.code, 1, "{}", run.err);
    assert_eq!(run.out.lines().count(), 1, "{}", run.out);
    assert!(run.out.contains("a.ann:1:") && run.out.contains("UTF-16") && run.out.contains('['), "{}", run.out);

    let run = rolecall(&["validate", "--json", path]);
    assert_eq!(run.code, 1, "{}", run.err);
    let told: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(told["documents"], 2);
    let finding = &told["findings"][0];
    assert!(finding["file"].as_str().unwrap().ends_with("a.ann"), "{finding}");
    assert_eq!((finding["line"].as_u64(), finding["column"].is_u64()), (Some(1), true));
    assert!(["severity", "code", "message"].iter().all(|key| finding[key].is_string()), "{finding}");
    assert_eq!(told["findings"].as_array().unwrap().len(), 1);
    assert!(told.get("repaired").is_none());
}

#[test]
fn a_repair_goes_into_a_new_folder_and_what_was_read_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (input, out) = (folder.path().join("in"), folder.path().join("out"));
    write(&input, &[("a.txt", EMOJI), ("a.ann", SHIFTED), ("b.txt", TEXT), ("b.ann", GOLD)]);
    let arguments = ["validate", input.to_str().unwrap(), "--fix", "--out", out.to_str().unwrap()];
    let run = rolecall(&arguments);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(run.out.contains("1 lines repaired in"), "{}", run.out);
    assert_eq!(fs::read_to_string(out.join("a.ann")).unwrap(), "T1\tGene 8 11\tAPC\n");
    assert_eq!(fs::read_to_string(out.join("b.ann")).unwrap(), GOLD);
    assert_eq!(fs::read_to_string(input.join("a.ann")).unwrap(), SHIFTED);
    let again = rolecall(&arguments);
    assert_eq!(again.code, 4, "{}", again.err);
    assert!(again.err.contains("is there already; choose a folder that is new"), "{}", again.err);

    let new = folder.path().join("new");
    let run = rolecall(&["validate", input.to_str().unwrap(), "--json", "--fix", "--out", new.to_str().unwrap()]);
    let told: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((run.code, told["repaired"].as_array().unwrap().len(), told["findings"].as_array().unwrap().len()), (0, 1, 0));
}

#[test]
fn what_can_not_be_repaired_for_certain_stays_and_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (input, out) = (folder.path().join("in"), folder.path().join("out"));
    write(&input, &[("a.txt", TEXT), ("a.ann", "T1\tGene 0 3\tnowhere\n")]);
    let run = rolecall(&["validate", input.to_str().unwrap(), "--fix", "--out", out.to_str().unwrap()]);
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(run.out.contains("a.ann:1:") && !run.out.contains("repaired"), "{}", run.out);
    assert_eq!(fs::read_to_string(out.join("a.ann")).unwrap(), "T1\tGene 0 3\tnowhere\n");
    assert_eq!(rolecall(&["validate", input.to_str().unwrap(), "--fix"]).code, 2, "--fix needs --out");
}

#[test]
fn a_repair_of_standard_input_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let mut command = assert_cmd::Command::cargo_bin("rolecall").unwrap();
    let command = command.args(["validate", "-", "--fix", "--out", out.to_str().unwrap()]);
    let output = command.write_stdin("{\"text\":\"Loss\"}\n").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("standard input is none") && !out.exists(), "{told}");
}
