//! `rolecall convert`: what is written, what is said to be lost, and how it ends.

use crate::{GOLD, TEXT, rolecall, write};
use assert_cmd::Command;
use std::fs;

#[test]
fn a_conversion_and_back_gives_the_files_that_were_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    write(&folder.path().join("brat"), &[("a.txt", TEXT), ("a.ann", GOLD)]);
    let mut from = path("brat");
    for format in ["pubannotation", "bioc-json", "bioc-xml", "jsonl", "brat"] {
        let out = path(&format!("to-{format}"));
        let run = rolecall(&["convert", &from, "--to", format, "--out", &out]);
        assert_eq!((run.code, run.out.as_str()), (0, ""), "{format}: {}", run.err);
        // BioC gives the document an id and infons, for which brat has no place.
        let lost =
            if format == "brat" { "a: brat does not hold source database and id: 1, infons of the document: 1\n" } else { "" };
        assert_eq!(run.err, format!("{lost}1 of 1 documents written to {out}, 0 failed, 0 errors in what was read.\n"));
        from = out;
    }
    assert_eq!(fs::read_to_string(folder.path().join("to-brat/a.ann")).unwrap(), GOLD);
    assert_eq!(fs::read_to_string(folder.path().join("to-brat/a.txt")).unwrap(), TEXT);
    assert!(fs::read_to_string(folder.path().join("to-brat/annotation.conf")).unwrap().contains("[relations]"));
}

#[test]
fn what_the_target_can_not_hold_is_said_for_each_document() {
    let folder = tempfile::tempdir().unwrap();
    let (input, out) = (folder.path().join("in"), folder.path().join("out"));
    let events = "T1\tReg 0 4\tLoss\nT2\tGene 8 11\tAPC\nE1\tReg:T1 Theme:T2\n*\tEquiv T1 T2\n";
    write(&input, &[("a.txt", TEXT), ("a.ann", events), ("b.txt", TEXT), ("b.ann", GOLD)]);
    let run = rolecall(&["convert", input.to_str().unwrap(), "--to", "pubannotation", "--out", out.to_str().unwrap()]);
    assert_eq!(run.code, 0, "{}", run.err);
    let lines: Vec<&str> = run.err.lines().collect();
    assert_eq!(lines[0], "a: pubannotation does not hold events: 1, equivalences: 1");
    assert!(lines.len() == 2 && lines[1].starts_with("2 of 2 documents written"), "{}", run.err);
}

#[test]
fn a_bad_file_is_named_the_rest_is_written_and_the_exit_code_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (input, out) = (folder.path().join("in"), folder.path().join("out"));
    write(&input, &[("a.txt", TEXT), ("a.ann", GOLD), ("c.txt", TEXT), ("c.ann", "T1\tGene 9 12\tAPC\n")]);
    fs::write(input.join("b.txt"), b"ok\nb\xffd").unwrap();
    let run = rolecall(&["convert", input.to_str().unwrap(), "--to", "jsonl", "--out", out.to_str().unwrap()]);
    assert_eq!((run.code, run.out.as_str()), (1, ""), "{}", run.err);
    assert!(run.err.contains("b.txt:2:2: the file is not UTF-8: the first bad byte is at byte offset 4"), "{}", run.err);
    assert!(run.err.contains("c.ann:1:"), "{}", run.err);
    assert!(run.err.ends_with("0 failed, 2 errors in what was read.\n"), "{}", run.err);
    assert!(out.join("a.jsonl").exists() && out.join("c.jsonl").exists() && !out.join("b.jsonl").exists());
}

#[test]
fn standard_input_goes_to_standard_output_and_nothing_else_does() {
    let mut command = Command::cargo_bin("rolecall").unwrap();
    let output = command.args(["convert", "-", "--to", "pubtator", "--out", "-"]);
    let output = output.write_stdin("PMID- 12\nTI  - Loss of p53\nAB  - It is.\n").output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "12|t|Loss of p53\n12|a|It is.\n\n");
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(told, "1 of 1 documents written to standard output, 0 failed, 0 errors in what was read.\n");
    let run = rolecall(&["convert", ".", "--to", "brat", "--out", "-"]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.err.contains("do not stand in one stream"), "{}", run.err);
}

#[test]
fn what_was_read_is_not_replaced_and_a_format_that_is_not_written_is_no_choice() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("a.txt", TEXT), ("a.ann", GOLD)]);
    let path = folder.path().to_str().unwrap();
    let run = rolecall(&["convert", path, "--to", "brat", "--out", path]);
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(run.err.contains("error: a: the results would stand beside what was read"), "{}", run.err);
    assert_eq!(fs::read_to_string(folder.path().join("a.ann")).unwrap(), GOLD);
    let run = rolecall(&["convert", path, "--to", "medline", "--out", "x"]);
    assert!(run.code == 2 && run.err.contains("choose brat, bionlp"), "{}", run.err);
}

#[test]
fn two_documents_of_one_name_are_not_written_over_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    write(&folder.path().join("x"), &[("a.txt", TEXT), ("a.ann", GOLD)]);
    write(&folder.path().join("y"), &[("A.txt", "Other\n")]);
    let run = rolecall(&["convert", folder.path().to_str().unwrap(), "--to", "jsonl", "--out", out.to_str().unwrap()]);
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(run.err.contains("of the same name") && run.err.contains("1 of 2 documents written"), "{}", run.err);
    assert_eq!(fs::read_dir(&out).unwrap().count(), 1);
}

#[test]
fn a_result_in_a_folder_that_is_read_is_not_read_again() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("a.txt", TEXT), ("a.ann", GOLD)]);
    let out = folder.path().join("all.jsonl");
    let arguments = ["convert", folder.path().to_str().unwrap(), "--to", "jsonl", "--out", out.to_str().unwrap(), "--overwrite"];
    for _ in 0..3 {
        let run = rolecall(&arguments);
        assert_eq!(run.code, 0, "{}", run.err);
        assert_eq!(fs::read_to_string(&out).unwrap().lines().count(), 1, "{}", run.err);
    }
}
