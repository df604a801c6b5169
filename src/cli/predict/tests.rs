use super::*;
use crate::cli::session;
use crate::formats::{jsonl, load_paths};
use crate::model::folder::tests::tiny_model;
use crate::review::Command;
use clap::Parser;
use std::fs;
use std::time::UNIX_EPOCH;
use tempfile::TempDir;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    predict: Predict,
}

fn command(arguments: &[&str]) -> Predict {
    Line::try_parse_from([&["predict"], arguments].concat()).unwrap().predict
}

/// Predicts without the conclusion, as a run that is killed behind its last document.
fn begin(command: &Predict) -> (Ran, Target) {
    let pipeline = Pipeline::new(tiny_model(3));
    let (mut target, earlier) = command.target(&pipeline).unwrap();
    let ran = command.predict_all(&pipeline, earlier, &mut target, 2).unwrap();
    assert!(!ran.stopped);
    (ran, target)
}

fn complete(command: &Predict) -> Count {
    let (ran, target) = begin(command);
    let count = ran.count;
    command.conclude(ran, target).unwrap();
    count
}

const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];

/// A folder with texts in `in`, these, and where results are to go beside them.
fn texts(out: &str) -> (TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let (input, out) = (folder.path().join("in"), folder.path().join(out));
    fs::create_dir(&input).unwrap();
    write_texts(&input);
    (folder, input, out)
}

fn write_texts(folder: &Path) {
    for (number, name) in NAMES.iter().enumerate() {
        let text = format!("Loss of p53 function number {number}. The R175H mutation leads to a loss of binding.");
        fs::write(folder.join(format!("{name}.txt")), text).unwrap();
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn an_interrupted_run_over_files_goes_on_and_redoes_nothing() {
    let (_folder, input, out) = texts("out");
    let first = [input.join("a.txt"), input.join("c.txt")];
    let (Ran { count, .. }, _) = begin(&command(&[text(&first[0]), text(&first[1]), "--out", text(&out)]));
    assert_eq!((count.written, count.before, count.failed), (2, 0, 0));
    // What an earlier run wrote is not written again.
    fs::write(out.join("a.ann"), "marked").unwrap();
    let count = complete(&command(&[text(&input), "--out", text(&out)]));
    assert_eq!((count.written, count.before, count.failed), (3, 2, 0));
    assert_eq!(fs::read_to_string(out.join("a.ann")).unwrap(), "marked");
    assert!(NAMES.iter().all(|name| out.join(format!("{name}.ann")).exists()));
    assert!(!progress::in_folder(&out).exists());
    let count = complete(&command(&[text(&input), "--out", text(&out)]));
    assert_eq!(
        (count.written, count.before, count.failed),
        (4, 0, 1),
        "a finished run begins anew, and replaces nothing of others"
    );
    assert_eq!(fs::read_to_string(out.join("a.ann")).unwrap(), "marked");
    let count = complete(&command(&[text(&input), "--out", text(&out), "--overwrite"]));
    assert_eq!((count.written, count.failed), (5, 0));
    assert_ne!(fs::read_to_string(out.join("a.ann")).unwrap(), "marked");
}

#[test]
fn of_documents_of_one_name_the_first_is_predicted_however_many_threads_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let [first, second, out] = ["first", "second", "out"].map(|name| folder.path().join(name));
    for (input, words) in [(&first, 60), (&second, 1)] {
        fs::create_dir(input).unwrap();
        for name in NAMES {
            fs::write(input.join(format!("{name}.txt")), "Loss of p53. ".repeat(words)).unwrap();
        }
    }
    let count = complete(&command(&[text(&first), text(&second), "--out", text(&out), "--threads", "8"]));
    assert_eq!((count.written, count.failed), (5, 5));
    for name in NAMES {
        let file = format!("{name}.txt");
        assert_eq!(fs::read(out.join(&file)).unwrap(), fs::read(first.join(file)).unwrap());
    }
}

#[test]
fn a_text_that_changed_while_a_run_was_interrupted_is_in_its_lines_once() {
    let (_folder, input, out) = texts("out.jsonl");
    let predict = command(&[text(&input), "--format", "jsonl", "--out", text(&out)]);
    begin(&predict);
    fs::write(input.join("b.txt"), "Gain of APC.").unwrap();
    fs::remove_file(input.join("d.txt")).unwrap();
    let count = complete(&predict);
    assert_eq!((count.written, count.before, count.failed), (1, 3, 0));
    let mut texts: Vec<(String, String)> =
        load_paths(&[out]).loaded.into_iter().map(|it| (it.document.name, it.document.text.as_str().to_owned())).collect();
    texts.sort();
    assert_eq!(texts.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["a", "b", "c", "e"]);
    assert_eq!(texts[1].1, "Gain of APC.");
}

#[test]
fn results_inside_a_folder_that_is_read_are_not_read_again() {
    let folder = tempfile::tempdir().unwrap();
    write_texts(folder.path());
    let predict = command(&[text(folder.path()), "--out", text(&folder.path().join("found"))]);
    for _ in 0..2 {
        let count = complete(&predict);
        assert_eq!((count.written, count.failed), (5, 0));
    }
}

#[test]
fn of_names_that_some_file_systems_take_for_one_the_second_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let lines = folder.path().join("in.jsonl");
    let line = |name: &str| format!("{{\"id\":\"{name}\",\"text\":\"Loss of {name} function.\"}}\n");
    fs::write(&lines, ["TP53", "Tp53", "APC"].map(line).concat()).unwrap();
    let out = folder.path().join("out");
    let (Ran { count, .. }, _) = begin(&command(&[text(&lines), "--out", text(&out)]));
    assert_eq!((count.written, count.failed), (2, 1));
    assert!(out.join("TP53.txt").exists() && out.join("APC.txt").exists() && !out.join("Tp53.txt").exists());
}

/// Writes what is still to be done, though not what a model found, as a run that is killed before it settles it.
fn write_rest(command: &Predict, earlier: &mut Earlier, target: &mut Target) {
    for loaded in load_paths(&command.paths).loaded {
        let document = Document::new(loaded.document.name, loaded.document.text);
        let fingerprint = progress::fingerprint(&document).unwrap();
        if !earlier.take(&fingerprint) {
            assert!(target.write(&document, &fingerprint).unwrap());
        }
    }
}

#[test]
fn files_that_were_put_in_place_but_not_noted_are_done_again_and_none_is_missing() {
    let (folder, input, out) = texts("out");
    let whole = command(&[text(&input), "--out", text(&out)]);
    begin(&command(&[text(&input.join("a.txt")), "--out", text(&out)]));
    let pipeline = Pipeline::new(tiny_model(3));
    let (mut target, mut earlier) = whole.target(&pipeline).unwrap();
    write_rest(&whole, &mut earlier, &mut target);
    assert!(!out.join("b.ann").exists(), "nothing has its name before it is on disk");
    // A kill in the middle of a batch leaves files under temporary names.
    let temporary = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path());
    let temporary = temporary.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(".rolecall-together"));
    let temporary: Vec<_> = temporary.map(|path| (fs::read(&path).unwrap(), path)).collect();
    assert!(!temporary.is_empty());
    drop(target);
    temporary.iter().for_each(|(content, path)| fs::write(path, content).unwrap());
    // A kill between a batch's renames and its note.
    let (mut target, mut earlier) = whole.target(&pipeline).unwrap();
    assert_eq!(earlier.count, 1, "what was not settled was not noted");
    write_rest(&whole, &mut earlier, &mut target);
    let noted = fs::read(progress::in_folder(&out)).unwrap();
    assert!(target.settle().iter().all(Result::is_ok));
    drop(target);
    fs::write(progress::in_folder(&out), noted).unwrap();
    assert!(out.join("b.ann").exists());
    let count = complete(&whole);
    assert_eq!((count.written, count.before, count.failed), (4, 1, 0));
    let fresh = folder.path().join("fresh");
    complete(&command(&[text(&input), "--out", text(&fresh)]));
    let files = |folder: &Path| {
        let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        files.sort();
        files
    };
    assert_eq!(files(&out), files(&fresh));
    assert!(NAMES.iter().all(|name| {
        let read = |folder: &Path| fs::read_to_string(folder.join(format!("{name}.ann"))).unwrap();
        read(&out) == read(&fresh)
    }));
}

#[test]
fn lines_that_were_written_but_not_noted_are_not_doubled() {
    let (folder, input, out) = texts("out.jsonl");
    let whole = command(&[text(&input), "--format", "jsonl", "--out", text(&out)]);
    let (mut target, mut earlier) = whole.target(&Pipeline::new(tiny_model(3))).unwrap();
    let note = folder.path().join("out.jsonl.progress");
    let noted = fs::read(&note).unwrap();
    write_rest(&whole, &mut earlier, &mut target);
    assert!(target.settle().iter().all(Result::is_ok));
    drop(target);
    fs::write(&note, noted).unwrap();
    assert_eq!(fs::read_to_string(folder.path().join("out.jsonl.part")).unwrap().lines().count(), 5);
    let count = complete(&whole);
    assert_eq!((count.written, count.before, count.failed), (5, 0, 0));
    let names = load_paths(&[out]).loaded.into_iter().map(|loaded| loaded.document.name);
    assert_eq!(names.collect::<Vec<_>>(), NAMES);
}

#[test]
fn another_kind_of_run_does_not_go_on_from_an_interrupted_one() {
    let (_folder, input, out) = texts("out");
    begin(&command(&[text(&input), "--out", text(&out)]));
    let count = complete(&command(&[text(&input), "--out", text(&out), "--threshold", "0.9", "--overwrite"]));
    assert_eq!((count.written, count.before), (5, 0));
}

#[test]
fn lines_come_in_order_each_once_also_after_an_interruption_in_the_middle_of_one() {
    let folder = tempfile::tempdir().unwrap();
    write_texts(folder.path());
    let lines = folder.path().join("many.jsonl");
    let mut bytes = Vec::new();
    let documents: Vec<Document> =
        load_paths(&[folder.path().to_path_buf()]).loaded.into_iter().map(|loaded| loaded.document).collect();
    for document in &documents {
        jsonl::write(document, &mut bytes).unwrap();
    }
    let some = folder.path().join("some.jsonl");
    let third = bytes.split_inclusive(|&byte| byte == b'\n').take(3).map(<[u8]>::len).sum::<usize>();
    fs::write(&some, &bytes[..third]).unwrap();
    fs::write(&lines, &bytes).unwrap();
    let out = folder.path().join("found.jsonl");
    begin(&command(&[text(&some), "--format", "jsonl", "--out", text(&out)]));
    assert!(!out.exists(), "what is not whole has another name");
    let part = folder.path().join("found.jsonl.part");
    let mut torn = fs::read(&part).unwrap();
    torn.extend_from_slice(b"{\"rolecall\":1,\"na");
    fs::write(&part, torn).unwrap();
    let count = complete(&command(&[text(&lines), "--format", "jsonl", "--out", text(&out)]));
    assert_eq!((count.written, count.before, count.failed), (2, 3, 0));
    let found = fs::read(&out).unwrap();
    let entries: Vec<jsonl::Entry> = jsonl::Reader::new(&out, found.as_slice()).map(Result::unwrap).collect();
    let names: Vec<String> = entries.iter().map(|entry| entry.document.as_ref().unwrap().name.clone()).collect();
    assert_eq!(names, NAMES);
    assert!(entries.iter().any(|entry| !entry.document.as_ref().unwrap().entities.is_empty()));
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with("found.jsonl.")), "{left:?}");
}

#[test]
fn a_line_that_is_no_document_fails_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (lines, out) = (folder.path().join("in.jsonl"), folder.path().join("out.jsonl"));
    fs::write(&lines, "{\"text\": \"Loss of p53.\"}\n{broken\n\n{\"text\": \"Loss of APC.\"}\n").unwrap();
    let count = complete(&command(&[text(&lines), "--format", "jsonl", "--out", text(&out)]));
    assert_eq!((count.written, count.failed), (2, 1));
    assert_eq!(fs::read_to_string(&out).unwrap().lines().count(), 2);
}

/// A line of a document that was reviewed.
fn reviewed(name: &str, text: &str) -> String {
    let gene = serde_json::json!({ "id": "T1", "label": "Gene", "spans": [[8, 11]], "origin": "human", "status": "accepted" });
    format!("{}\n", serde_json::json!({ "rolecall": 1, "name": name, "text": text, "entities": [gene] }))
}

#[test]
fn what_a_person_decided_in_the_folder_of_the_results_is_not_replaced() {
    let (_folder, input, out) = texts("out");
    let predict = command(&[text(&input), "--out", text(&out), "--overwrite"]);
    assert_eq!(complete(&predict).written, 5);
    let mut resumed = session::resume(load_paths(&[out.join("b.txt")]), &[]).unwrap();
    let remark = resumed.session.perform(0, Command::Remark("decided".to_owned()), UNIX_EPOCH).unwrap();
    resumed.journals.append(&out, &remark.record).unwrap();
    drop(resumed);
    for name in NAMES {
        fs::write(out.join(format!("{name}.ann")), "T1\tGene 8 11\tp53\n").unwrap();
    }
    let count = complete(&predict);
    assert_eq!((count.written, count.failed), (4, 1));
    let kept = NAMES.map(|name| fs::read_to_string(out.join(format!("{name}.ann"))).unwrap() == "T1\tGene 8 11\tp53\n");
    assert_eq!(kept, [false, true, false, false, false]);
}

#[test]
fn a_file_of_lines_that_is_read_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let lines = folder.path().join("reviewed.jsonl");
    let before = reviewed("a", "Loss of p53.");
    fs::write(&lines, &before).unwrap();
    for paths in [&[text(&lines)][..], &[text(folder.path())], &["--keep", text(&lines)]] {
        let refused = command(&[paths, &["--format", "jsonl", "--out", text(&lines)]].concat());
        let failure = refused.target(&Pipeline::new(tiny_model(3))).map(drop).unwrap_err();
        assert!(failure.exit == Exit::Findings && failure.sentence().contains("is among what is read"), "{}", failure.sentence());
    }
    assert_eq!(fs::read_to_string(&lines).unwrap(), before);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing was begun");
}

#[test]
fn lines_in_the_folder_of_the_results_are_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let (both, other) = (folder.path().join("both"), folder.path().join("other"));
    for (place, name) in [(&both, "a"), (&both, "b"), (&other, "a")] {
        fs::create_dir_all(place).unwrap();
        fs::write(place.join(format!("{name}.jsonl")), reviewed(name, "Loss of p53.")).unwrap();
    }
    fs::write(other.join("b.txt"), "Loss of p53.").unwrap();
    for from in [&both, &other] {
        let count = complete(&command(&[text(from), "--format", "jsonl", "--out", text(&both)]));
        assert_eq!((count.written, count.failed), (0, 2), "{}", from.display());
        for name in ["a", "b"] {
            assert_eq!(fs::read_to_string(both.join(format!("{name}.jsonl"))).unwrap(), reviewed(name, "Loss of p53."));
        }
    }
    let out = folder.path().join("out");
    for _ in 0..2 {
        let count = complete(&command(&[text(&other), "--format", "jsonl", "--out", text(&out)]));
        assert_eq!((count.written, count.failed), (2, 0), "its own results are replaced");
    }
}

#[test]
fn a_file_of_other_documents_or_of_a_person_is_not_replaced_and_one_of_such_a_run_is() {
    let (folder, input, out) = texts("gold.jsonl");
    let predict = command(&[text(&input), "--format", "jsonl", "--out", text(&out)]);
    for held in [reviewed("other", "Loss of p53."), "{broken\n".to_owned(), "a text\n".to_owned()] {
        fs::write(&out, &held).unwrap();
        let failure = predict.target(&Pipeline::new(tiny_model(3))).map(drop).unwrap_err();
        assert!(failure.exit == Exit::Findings && failure.sentence().contains("holds more than predictions"), "{held}");
        assert_eq!(fs::read_to_string(&out).unwrap(), held);
    }
    fs::remove_file(&out).unwrap();
    for _ in 0..2 {
        assert_eq!(complete(&predict).written, 5, "a finished run begins anew");
    }
    let results = fs::read_to_string(&out).unwrap();
    // Texts that nobody annotated: only whether they are those of the run tells them from its results.
    let others = format!("{results}{{\"name\":\"other\",\"text\":\"Loss of APC.\"}}\n");
    fs::write(&out, &others).unwrap();
    let (ran, target) = begin(&predict);
    let failure = predict.conclude(ran, target).unwrap_err();
    assert!(failure.exit == Exit::Findings && failure.sentence().contains("holds other documents"), "{}", failure.sentence());
    assert_eq!(fs::read_to_string(&out).unwrap(), others);
    fs::rename(&out, folder.path().join("elsewhere.jsonl")).unwrap();
    let count = complete(&predict);
    assert_eq!((count.written, count.before), (0, 5), "what was predicted is not lost");
    assert_eq!(fs::read_to_string(&out).unwrap(), results);
}

#[test]
fn results_that_are_gone_are_made_again() {
    let (folder, input, out) = texts("out");
    let lines = folder.path().join("out.jsonl");
    let predict = command(&[text(&input), "--out", text(&out)]);
    begin(&predict);
    for gone in ["a.ann", "b.ann", "b.txt"] {
        fs::remove_file(out.join(gone)).unwrap();
    }
    let count = complete(&predict);
    assert_eq!((count.written, count.before, count.failed), (2, 3, 0));
    assert!(NAMES.iter().all(|name| out.join(format!("{name}.ann")).exists() && out.join(format!("{name}.txt")).exists()));

    let predict = command(&[text(&input), "--format", "jsonl", "--out", text(&lines)]);
    let part = folder.path().join("out.jsonl.part");
    for is_cut in [false, true] {
        begin(&predict);
        if is_cut {
            fs::write(&part, "{").unwrap();
        } else {
            fs::remove_file(&part).unwrap();
        }
        let count = complete(&predict);
        assert_eq!((count.written, count.before, count.failed), (5, 0, 0));
        assert_eq!(load_paths(std::slice::from_ref(&lines)).loaded.len(), 5);
    }
}

#[test]
fn a_run_that_was_killed_behind_its_last_rename_is_known_to_be_finished() {
    let (folder, input, out) = texts("out.jsonl");
    let predict = command(&[text(&input), "--format", "jsonl", "--out", text(&out)]);
    begin(&predict);
    fs::rename(folder.path().join("out.jsonl.part"), &out).unwrap();
    let results = fs::read(&out).unwrap();
    let count = complete(&predict);
    assert_eq!((count.written, count.before, count.failed), (0, 5, 0));
    assert!(fs::read(&out).unwrap() == results && !folder.path().join("out.jsonl.progress").exists());
}

#[test]
fn what_is_said_of_annotations_goes_where_they_go() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.json");
    let gene = serde_json::json!({ "id": "T1", "span": { "begin": 8, "end": 11 }, "obj": "Gene", "sure": true });
    let loss = serde_json::json!({ "id": "T2", "span": { "begin": 0, "end": 4 }, "obj": "NegReg" });
    let theme = serde_json::json!({ "id": "R1", "pred": "ThemeOf", "subj": "T1", "obj": "T2", "sure": false });
    let source = serde_json::json!({
        "sourcedb": "PubMed", "sourceid": "12", "project": "genes", "text": "Loss of p53.",
        "denotations": [gene, loss, { "id": "T3" }], "relations": [theme],
        "tracks": [{ "project": "others", "denotations": [loss] }],
    });
    fs::write(&file, source.to_string()).unwrap();
    let start = |keep: bool, roles_only: bool| {
        let loaded = load_paths(std::slice::from_ref(&file)).loaded.remove(0);
        Start { keep, roles_only }.of(loaded.document)
    };
    let said_of = |document: &Document| document.provenance.unknown_of.keys().map(ToString::to_string).collect::<Vec<_>>();
    let whole = start(true, false);
    assert!(whole.provenance.unknown.contains_key("tracks") && !whole.provenance.skipped.is_empty());
    assert_eq!(said_of(&whole), ["T1", "R1"]);
    let (bare, spans) = (start(false, false), start(false, true));
    assert_eq!((said_of(&bare), said_of(&spans)), (vec![], vec!["T1".to_owned()]));
    for Document { provenance, relations, .. } in [bare, spans] {
        assert_eq!((provenance.database.as_deref(), provenance.id.as_deref()), (Some("PubMed"), Some("12")));
        assert!(provenance.unknown["project"] == "genes" && !provenance.unknown.contains_key("tracks"));
        assert!(provenance.skipped.is_empty() && relations.is_empty());
    }
}

#[test]
fn errors_in_a_document_that_is_predicted_count() {
    let folder = tempfile::tempdir().unwrap();
    let (input, lines) = (folder.path().join("in"), folder.path().join("in.jsonl"));
    fs::create_dir(&input).unwrap();
    fs::write(input.join("a.txt"), "Loss of p53.").unwrap();
    fs::write(input.join("a.ann"), "T1\tGene 9 12\tp53\n").unwrap();
    fs::write(&lines, "{\"name\":\"a\",\"text\":\"Loss of p53.\",\"entities\":[{\"id\":\"T1\"}]}\n").unwrap();
    for path in [&input, &lines] {
        for out in ["first", "second"] {
            let predict = command(&[text(path), "--out", text(&folder.path().join(out))]);
            let (ran, target) = begin(&predict);
            let Count { written, failed, errors, .. } = ran.count;
            assert_eq!((written, failed, errors), (1, 0, 1), "{}", path.display());
            assert_eq!(predict.conclude(ran, target).unwrap(), Exit::Findings);
        }
    }
}
