//! A disk that is full, a folder that can't be written, an output that nobody takes: what was there stays, and a sentence says so.

use crate::{GOLD, Run, TEXT, write};
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_rolecall");

fn finish(command: &mut Command) -> Run {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

/// Runs the program where no file may grow beyond so many blocks of 512 bytes, as on a disk that is nearly full: writing fails with an
/// error, not with a signal.
fn on_a_full_disk(blocks: u32, arguments: &[&str]) -> Run {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\""), "sh", PROGRAM]).args(arguments);
    finish(&mut command)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn on_a_full_disk_the_old_file_stays_whole_and_nothing_half_written_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let (input, out) = (folder.path().join("in"), folder.path().join("out"));
    let long = "Loss of APC. ".repeat(2_000);
    write(&input, &[("a.txt", &long), ("b.txt", "short\n")]);
    write(&out, &[("a.jsonl", &format!("{}\n", serde_json::json!({ "name": "a", "text": long })))]);
    let before = fs::read(out.join("a.jsonl")).unwrap();
    let run =
        on_a_full_disk(8, &["convert", input.to_str().unwrap(), "--to", "jsonl", "--out", out.to_str().unwrap(), "--overwrite"]);
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(run.err.contains("error: a: it was not written") && run.err.contains("can't be written"), "{}", run.err);
    assert!(run.err.contains("1 of 2 documents written") && run.err.contains("1 failed"), "{}", run.err);
    assert_eq!(fs::read(out.join("a.jsonl")).unwrap(), before);
    assert_eq!(names(&out), ["a.jsonl", "b.jsonl"]);
}

#[test]
fn a_record_that_does_not_fit_on_the_disk_is_told_and_the_journal_goes_on_later() {
    let folder = tempfile::tempdir().unwrap();
    let (input, out) = (folder.path().join("in"), folder.path().join("out"));
    (0..12).for_each(|number| write(&input, &[(&format!("d{number}.txt"), &format!("Loss of APC {number}\n"))]));
    let export = ["export", input.to_str().unwrap(), "--out", out.to_str().unwrap(), "--format", "jsonl"];
    // Room for the files, each of which is short, and for a few records.
    let run = on_a_full_disk(1, &export);
    assert_eq!(run.code, 4, "{}", run.err);
    assert!(run.err.contains("The journal can't be written") && run.err.contains("journal.jsonl: "), "{}", run.err);
    let journal = input.join(".rolecall/journal.jsonl");
    let before = fs::read(&journal).unwrap();
    assert!(before.ends_with(b"\n"), "no torn record stays");
    let run = finish(Command::new(PROGRAM).args(export));
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains("12 of 12 documents written"), "{}", run.err);
    let after = fs::read(&journal).unwrap();
    assert!(after.len() > before.len() && after.starts_with(&before), "what was recorded stays");
}

#[test]
fn a_full_standard_output_is_told_and_one_that_nobody_reads_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("a.txt", TEXT)]);
    let convert = ["convert", folder.path().to_str().unwrap(), "--to", "jsonl", "--out", "-"];
    if let Ok(full) = fs::File::options().write(true).open("/dev/full") {
        let output = Command::new(PROGRAM).args(convert).stdout(Stdio::from(full)).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(4), "{told}");
        assert!(told.contains("Standard output can't be written"), "{told}");
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let output = Command::new(PROGRAM).arg("keymap").stdout(Stdio::from(full)).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(4) && told.contains("Standard output can't be written"), "{told}");
    }
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = Command::new(PROGRAM).args(convert).stdout(Stdio::from(writer)).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A command that may not write what only its owner may; `None` where the program can't be run that way.
fn as_somebody_else(home: &Path, arguments: &[&str]) -> Option<Run> {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).env("HOME", home).env("XDG_STATE_HOME", home.join("state"));
    if home.metadata().unwrap().uid() == 0 {
        // Whoever owns the system may write everywhere.
        fs::set_permissions(home, fs::Permissions::from_mode(0o777)).unwrap();
        command.uid(65_534).gid(65_534);
    }
    let output = command.output().ok()?;
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Some(Run { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) })
}

#[test]
fn a_folder_that_can_not_be_written_is_told_and_its_journal_lies_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let mode = |path: &Path, mode: u32| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    mode(folder.path(), 0o755);
    let (input, home) = (folder.path().join("in"), folder.path().join("home"));
    fs::create_dir(&home).unwrap();
    write(&input, &[("a.txt", TEXT), ("a.ann", GOLD)]);
    mode(&input, 0o555);
    let (from, out) = (input.to_str().unwrap().to_owned(), home.join("out").to_str().unwrap().to_owned());
    let Some(run) = as_somebody_else(&home, &["convert", &from, "--to", "jsonl", "--out", &format!("{from}/sub")]) else {
        return;
    };
    assert_eq!((run.code, run.out.as_str()), (4, ""), "{}", run.err);
    assert!(run.err.contains("can't be made") && run.err.contains("ermission denied"), "{}", run.err);

    let run = as_somebody_else(&home, &["export", &from, "--out", &out]).unwrap();
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains("can't be written: the journal is in"), "{}", run.err);
    assert_eq!(fs::read_to_string(home.join("out/a.ann")).unwrap(), GOLD);
    let run = as_somebody_else(&home, &["export", &from, "--out", &from]).unwrap();
    // The file is as it would be, so nothing needs to be written but what is not there.
    assert!(run.code == 1 && run.err.contains("can't be written"), "{}: {}", run.code, run.err);
    assert_eq!(names(&input), ["a.ann", "a.txt"]);
    mode(&input, 0o755);
}
