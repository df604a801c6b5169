//! The binary as scripts see it: what it prints where, and its exit codes.

#![expect(clippy::unwrap_used, reason = "clippy's leave for tests does not reach the helper functions of an integration test")]

use assert_cmd::Command;
use std::fs;
use std::path::Path;

#[path = "cli/convert.rs"]
mod convert;
#[path = "cli/curators.rs"]
mod curators;
#[path = "cli/evaluate.rs"]
mod evaluate;
#[path = "cli/hostile.rs"]
mod hostile;
#[path = "cli/models.rs"]
mod models;
#[path = "cli/nasty.rs"]
mod nasty;
#[cfg(unix)]
#[path = "cli/refusal.rs"]
mod refusal;
#[path = "cli/validate.rs"]
mod validate;

/// What a run printed and returned.
struct Run {
    code: i32,
    out: String,
    err: String,
}

fn rolecall(arguments: &[&str]) -> Run {
    let output = Command::cargo_bin("rolecall").unwrap().args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

fn write(folder: &Path, files: &[(&str, &str)]) {
    fs::create_dir_all(folder).unwrap();
    for (name, contents) in files {
        fs::write(folder.join(name), contents).unwrap();
    }
}

const TEXT: &str = "Loss of APC\nMutation of APC causes loss of binding.\n";
const GOLD: &str = "T1\tGene 8 11\tAPC\nT2\tVar 12 20\tMutation\nT3\tNegReg 35 39\tloss\nT4\tInteraction 43 50\tbinding\n\
                    R1\tThemeOf Arg1:T1 Arg2:T2\nR2\tCauseOf Arg1:T2 Arg2:T3\nR3\tThemeOf Arg1:T4 Arg2:T3\n";
/// One type wrong, one span missing; of the roles one is right, one has a wrong end.
const FOUND: &str = "T1\tGene 8 11\tAPC\nT2\tVar 12 20\tMutation\nT3\tReg 35 39\tloss\n\
                     R1\tThemeOf Arg1:T1 Arg2:T2\nR2\tCauseOf Arg1:T2 Arg2:T3\n";

#[test]
fn evaluation_prints_scores_worked_out_by_hand_and_names_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let (gold, found) = (folder.path().join("gold"), folder.path().join("found"));
    write(&gold, &[("a.txt", TEXT), ("a.ann", GOLD), ("b.txt", TEXT), ("b.ann", GOLD)]);
    write(&found, &[("a.txt", TEXT), ("a.ann", FOUND)]);
    let run = rolecall(&["evaluate", "--gold", gold.to_str().unwrap(), "--pred", found.to_str().unwrap()]);
    assert_eq!(run.code, 1, "{}", run.err);
    let lines: Vec<Vec<&str>> = run.out.lines().map(|line| line.split_whitespace().collect()).collect();
    let all: Vec<&Vec<&str>> = lines.iter().filter(|line| line.first() == Some(&"all")).collect();
    assert_eq!(all[0][..], ["all", "8", "3", "2", "0.667", "0.250", "0.364"], "{}", run.out);
    assert_eq!(all[1][..], ["all", "6", "2", "1", "0.500", "0.167", "0.250"], "{}", run.out);
    assert!(run.err.contains("without a prediction") && run.err.contains(": b"), "{}", run.err);

    let json = rolecall(&["evaluate", "--json", "--gold", gold.to_str().unwrap(), "--pred", gold.to_str().unwrap()]);
    assert_eq!(json.code, 0, "{}", json.err);
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((&json["spans"]["micro"]["f1"], &json["relations"]["micro"]["gold"]), (&1.0.into(), &6.into()));
}

#[test]
fn an_annotation_file_with_wrong_offsets_is_reported_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("a.txt", TEXT), ("a.ann", "T1\tGene 8 11\tAPC\nT2\tVar 13 21\tMutation\n")]);
    let run = rolecall(&["validate", folder.path().to_str().unwrap()]);
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(run.out.contains("a.ann:2:"), "{}", run.out);
    write(folder.path(), &[("a.ann", GOLD)]);
    let run = rolecall(&["validate", folder.path().to_str().unwrap()]);
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{}", run.err);
}

#[test]
fn a_path_that_is_not_there_and_an_empty_folder_are_told_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().to_str().unwrap();
    for command in [vec!["corpus", "reachable", empty], vec!["evaluate", "--gold", empty, "--pred", empty]] {
        let run = rolecall(&command);
        assert_eq!(run.code, 4);
        assert!(run.err.contains("empty folder") && run.out.is_empty(), "{}", run.err);
    }
    let run = rolecall(&["validate", folder.path().join("nowhere").to_str().unwrap()]);
    assert_eq!(run.code, 4);
    assert!(run.err.contains("There is no file or folder"), "{}", run.err);
}

#[test]
fn the_reach_of_words_is_counted_for_each_way_to_split() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("a.txt", "APC-null p53"), ("a.ann", "T1\tGene 0 3\tAPC\nT2\tGene 9 12\tp53\nT3\tGene 9 10\tp\n")]);
    let run = rolecall(&["corpus", "reachable", folder.path().to_str().unwrap()]);
    assert_eq!(run.code, 0, "{}", run.err);
    let reached: Vec<&str> = run.out.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
    assert_eq!(reached, ["3", "2", "1"], "{}", run.out);
}

#[test]
fn help_is_in_sentences_and_usage_errors_have_their_own_code() {
    for command in ["predict", "export", "evaluate", "train", "corpus", "validate"] {
        let run = rolecall(&[command, "--help"]);
        assert!(run.code == 0 && run.out.contains("Example"), "{command}: {}", run.out);
    }
    assert_eq!(rolecall(&["evaluate", "--gold", "x"]).code, 2);
    for wrong in [["--threads", "0"], ["--precision", "f64"]] {
        let run = rolecall(&[&["predict", "x", "--out", "y"][..], &wrong].concat());
        assert!(run.code == 2 && run.err.contains(wrong[0]), "{}", run.err);
    }
    assert_eq!(rolecall(&["evaluate", "--gold", "x", "--pred", "x", "--soft", "--overlap"]).code, 2);
}

#[test]
fn an_export_without_a_review_holds_what_was_given_and_leaves_the_text_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (input, out) = (folder.path().join("in"), folder.path().join("out"));
    write(&input, &[("a.txt", TEXT), ("a.ann", GOLD)]);
    let run = rolecall(&["export", input.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(fs::read_to_string(out.join("a.ann")).unwrap(), GOLD);
    assert_eq!(fs::read_to_string(out.join("a.txt")).unwrap(), TEXT);
    let run = rolecall(&["export", input.to_str().unwrap(), "--out", out.to_str().unwrap(), "--format", "pubannotation"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let json: serde_json::Value = serde_json::from_str(&fs::read_to_string(out.join("a.json")).unwrap()).unwrap();
    assert_eq!((json["denotations"].as_array().unwrap().len(), json["relations"].as_array().unwrap().len()), (4, 3));
}

#[test]
fn an_export_of_two_documents_of_one_name_writes_the_first_and_names_the_second() {
    let folder = tempfile::tempdir().unwrap();
    let (anna, ben, out) = (folder.path().join("anna"), folder.path().join("ben"), folder.path().join("out"));
    write(&anna, &[("a.txt", TEXT), ("a.ann", GOLD)]);
    write(&ben, &[("a.txt", TEXT), ("a.ann", FOUND), ("b.txt", TEXT), ("b.ann", FOUND)]);
    let run = rolecall(&["export", anna.to_str().unwrap(), ben.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(run.err.contains("error: a: another document of the same name was already written"), "{}", run.err);
    assert!(run.err.contains("2 of 3 documents written"), "{}", run.err);
    assert_eq!(fs::read_to_string(out.join("a.ann")).unwrap(), GOLD);
    assert_eq!(fs::read_to_string(out.join("b.ann")).unwrap(), FOUND);
}

#[test]
fn what_can_not_be_read_is_in_the_exit_code_of_every_command_that_goes_on_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let (input, out) = (folder.path().join("in"), folder.path().join("out"));
    write(&input, &[("a.txt", TEXT), ("a.ann", GOLD)]);
    fs::write(input.join("b.txt"), b"caf\xe9").unwrap();
    let (input, out) = (input.to_str().unwrap(), out.to_str().unwrap());
    let run = rolecall(&["export", input, "--out", out]);
    assert!(run.code == 1 && run.err.contains("b.txt:1:4: the file is not UTF-8"), "{} {}", run.code, run.err);
    assert!(
        run.err.contains(&format!("1 of 1 documents written to {out} (1 not begun), 1 errors in what was read.")),
        "{}",
        run.err
    );
    let run = rolecall(&["export", input, "--out", out, "--done"]);
    assert!(run.code == 1 && run.err.contains("0 of 0 documents written"), "{} {}", run.code, run.err);
    let run = rolecall(&["stats", input]);
    assert!(run.code == 1 && run.err.contains("b.txt:1:4: the file is not UTF-8"), "{} {}", run.code, run.err);
}

#[test]
fn a_folder_that_is_no_model_is_refused_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("a.txt", TEXT), ("manifest.json", "{}")]);
    let path = folder.path().to_str().unwrap();
    let text = folder.path().join("a.txt");
    let out = folder.path().join("out");
    let run = rolecall(&["predict", text.to_str().unwrap(), "--out", out.to_str().unwrap(), "--model", path]);
    assert_eq!(run.code, 3, "{}", run.err);
    assert!(run.err.contains("can't be used") && run.out.is_empty() && !out.exists(), "{}", run.err);
    assert_eq!(run.err.matches("config.json").count(), 1, "the cause is told once: {}", run.err);
    write(folder.path(), &[("config.json", "{}"), ("vocab.txt", ""), ("weights.safetensors", "")]);
    let run = rolecall(&["predict", text.to_str().unwrap(), "--out", out.to_str().unwrap(), "--model", path]);
    assert_eq!(run.code, 3, "{}", run.err);
    assert!(run.err.contains("manifest.json"), "{}", run.err);
}

#[test]
fn a_changed_document_keeps_no_other_from_being_exported_and_can_be_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let (input, out) = (folder.path().join("in"), folder.path().join("out"));
    write(&input, &[("a.txt", TEXT), ("a.ann", GOLD), ("b.txt", TEXT), ("b.ann", GOLD)]);
    let journal = || fs::read_to_string(input.join(".rolecall/journal.jsonl")).unwrap();
    let export = |more: &[&str]| {
        let arguments = ["export", input.to_str().unwrap(), "--out", out.to_str().unwrap()];
        rolecall(&[&arguments[..], more].concat())
    };
    assert_eq!(export(&[]).code, 0);
    let of_a = |journal: &str| journal.lines().filter(|line| line.contains("\"document\":\"a\"")).count();
    assert_eq!(of_a(&journal()), 1);

    write(&input, &[("a.txt", &format!("{TEXT}More.\n"))]);
    fs::remove_dir_all(&out).unwrap();
    let run = export(&[]);
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(run.err.contains("the text of \"a\" changed") && run.err.contains("--set-aside \"a\""), "{}", run.err);
    assert!(run.err.contains("1 of 2 documents written"), "{}", run.err);
    assert!(out.join("b.ann").exists() && !out.join("a.ann").exists());
    assert_eq!(of_a(&journal()), 1, "its decisions stay");

    let run = export(&["--set-aside", "a", "--set-aside", "nobody"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains("set-aside-1.jsonl") && run.err.contains("no recorded decisions on \"nobody\""), "{}", run.err);
    assert_eq!(fs::read_to_string(out.join("a.ann")).unwrap(), GOLD);
    assert_eq!(of_a(&fs::read_to_string(input.join(".rolecall/set-aside-1.jsonl")).unwrap()), 1);

    write(&input, &[("a.txt", TEXT), ("b.txt", "Loss.\n"), ("b.ann", "")]);
    let run = export(&[]);
    assert_eq!(run.code, 4, "nothing is left: {}", run.err);
    assert!(run.err.contains("can't be opened") && run.err.contains("--set-aside \"a\""), "{}", run.err);
}

#[test]
fn a_review_without_a_terminal_says_so() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("a.txt", TEXT)]);
    let run = rolecall(&[folder.path().to_str().unwrap(), "--no-model"]);
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(run.err.contains("needs a terminal") && !folder.path().join(".rolecall").exists(), "{}", run.err);
    let run = rolecall(&[folder.path().join("nowhere").to_str().unwrap()]);
    assert_eq!(run.code, 4, "the path comes first: {}", run.err);
    assert!(run.err.contains("There is no file or folder"), "{}", run.err);
    let empty = tempfile::tempdir().unwrap();
    let run = rolecall(&["review", empty.path().to_str().unwrap(), "--no-model"]);
    assert_eq!(run.code, 4, "{}", run.err);
    assert!(run.err.contains("empty folder") && !run.err.contains("terminal"), "{}", run.err);
}

#[test]
fn the_picture_shows_the_demo() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("screen.svg");
    let run = rolecall(&["screenshot", file.to_str().unwrap(), "--no-model", "--keys", "J"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let picture = fs::read_to_string(file).unwrap();
    assert!(picture.contains("demo-2-kcnh2") && picture.contains("BACKGROUND:"), "{picture}");
}

#[test]
fn documents_of_standard_input_are_predicted_in_whatever_format_they_are() {
    let bioc =
        |id: &str| serde_json::json!({ "id": id, "infons": {}, "passages": [{ "offset": 0, "infons": {}, "text": "Loss." }] });
    let one = serde_json::json!({ "source": "PubMed", "date": "", "key": "", "documents": [bioc("1"), bioc("2"), bioc("3")] });
    let pubannotation = serde_json::json!({ "sourcedb": "PubMed", "sourceid": "12", "text": "Loss.", "denotations": [] });
    let lines = "{\"name\":\"a\",\"text\":\"Loss.\"}\n{\"name\":\"b\",\"text\":\"Loss.\"}\n";
    for (stdin, documents) in
        [(one.to_string(), 3), (format!("{one:#}"), 3), (format!("{pubannotation:#}\n"), 1), (lines.to_owned(), 2)]
    {
        let mut command = Command::cargo_bin("rolecall").unwrap();
        let output = command.args(["predict", "-", "--format", "jsonl"]).write_stdin(stdin.clone()).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{told}");
        assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), documents, "{stdin}{told}");
    }
}

/// The files of a folder with what they hold.
fn files(folder: &Path) -> Vec<(String, String)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut files: Vec<_> =
        entries.map(|e| (e.file_name().into_string().unwrap(), fs::read_to_string(e.path()).unwrap())).collect();
    files.sort();
    files
}

#[test]
fn a_prediction_that_is_killed_again_and_again_ends_as_one_that_was_not() {
    let folder = tempfile::tempdir().unwrap();
    let (input, out, whole) = (folder.path().join("in"), folder.path().join("out"), folder.path().join("whole"));
    // More than one batch of short documents.
    for number in 0..80 {
        write(&input, &[(&format!("{number}.txt"), &format!("Loss of p{number}.\n"))]);
    }
    let (input, out, whole) = (input.to_str().unwrap(), out.to_str().unwrap(), whole.to_str().unwrap());
    let written = || {
        fs::read_dir(out).map_or(0, |all| all.filter(|e| e.as_ref().unwrap().path().extension() == Some("ann".as_ref())).count())
    };
    let mut killed = 0;
    for wanted in [1, 65] {
        let mut run = std::process::Command::new(env!("CARGO_BIN_EXE_rolecall"));
        let mut run = run.args(["predict", input, "--out", out]).stderr(std::process::Stdio::null()).spawn().unwrap();
        while written() < wanted && run.try_wait().unwrap().is_none() {
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        // On Unix this is a kill that the program does not notice.
        killed += usize::from(run.try_wait().unwrap().is_none());
        run.kill().unwrap();
        run.wait().unwrap();
    }
    assert!(killed > 0, "the machine is too fast for this test");
    // Whether the kills came before or after a batch was noted as done is a matter of milliseconds, so nothing is said of how much was
    // left to do.
    let last = rolecall(&["predict", input, "--out", out]);
    assert_eq!(last.code, 0, "{}", last.err);
    assert_eq!(rolecall(&["predict", input, "--out", whole]).code, 0);
    assert_eq!(files(Path::new(out)), files(Path::new(whole)));
    assert_eq!(written(), 80);
}
