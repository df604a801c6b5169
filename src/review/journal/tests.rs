//! Nothing decided is lost: not by a kill at any point, not by a torn line, not by another process, not by a folder that can't be
//! written; and nothing foreign is overwritten.

use super::set_aside::set_aside_with;
use super::{Journal, JournalError, Journals, Resumed};
use crate::document::AnnotationId;
use crate::review::dsl::sketch;
use crate::review::session::tests::{act, acts, opened_in, state};
use crate::review::{Command, JournalRecord, OpenDocument, ReplayError, Session};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

fn journal_of(home: &Path) -> PathBuf {
    home.join(".rolecall/journal.jsonl")
}

/// The records of a random session in this folder, and the state of the session behind each of them, the empty one first.
fn story(home: &Path, most: usize) -> (Vec<JournalRecord>, Vec<String>) {
    let acts = acts(most).new_tree(&mut TestRunner::deterministic()).unwrap().current();
    let mut session = opened_in(home);
    let (mut records, mut states) = (Vec::new(), vec![state(&session)]);
    for (at, it) in (1u64..).zip(&acts) {
        if let Some(record) = act(&mut session, it, at) {
            records.push(record);
            states.push(state(&session));
        }
    }
    assert!(records.len() > 3, "the story is too short to tell anything");
    (records, states)
}

#[test]
fn killed_behind_any_record_the_session_comes_back() {
    let home = tempfile::tempdir().unwrap();
    let (records, states) = story(home.path(), 60);
    for (record, after) in records.iter().zip(states.iter().skip(1)) {
        // Each record by a process of its own: opened, appended, ended without a word.
        let mut session = opened_in(home.path());
        let Resumed { mut journals, notices, .. } = Journals::resume_with(&mut session, None).unwrap();
        assert!(notices.is_empty(), "{notices:?}");
        journals.append(home.path(), record).unwrap();
        drop(journals);
        let mut session = opened_in(home.path());
        Journals::resume_with(&mut session, None).unwrap();
        assert_eq!(state(&session), *after);
    }
}

#[test]
fn torn_at_any_byte_the_whole_records_come_back_and_the_journal_goes_on() {
    let home = tempfile::tempdir().unwrap();
    let mut session = one(home.path(), "[p53|Gene?] loss");
    let commands = [Command::Accept(AnnotationId::from("T1")), Command::Undo, Command::Remark("αβ".to_owned())];
    let records = commands.map(|command| session.perform(0, command, UNIX_EPOCH).unwrap().record);
    let mut journal = Journal::open_with(home.path(), None).unwrap().journal;
    for record in &records {
        journal.append(record).unwrap();
    }
    drop(journal);
    let path = journal_of(home.path());
    let whole = fs::read(&path).unwrap();
    for length in 0..=whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        let mut opened = Journal::open_with(home.path(), None).unwrap();
        let lines = whole[..length].iter().filter(|&&byte| byte == b'\n').count();
        let left = lines.saturating_sub(1);
        assert_eq!(opened.records, records[..left], "cut at byte {length}");
        let torn = lines > 0 && whole[length - 1] != b'\n';
        assert_eq!(opened.notices.len(), usize::from(torn), "cut at byte {length}: {:?}", opened.notices);
        // Going on waits for the disk each time, so not behind every single byte.
        let go_on = length % 41 == 0 || !torn;
        if let Some(next) = records.get(left).filter(|_| go_on) {
            opened.journal.append(next).unwrap();
            drop(opened);
            let again = Journal::open_with(home.path(), None).unwrap();
            assert_eq!(again.records, records[..=left]);
            assert!(again.notices.is_empty());
        }
    }
}

#[test]
fn a_foreign_file_is_left_alone() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join(".rolecall")).unwrap();
    for foreign in ["dear diary", "dear diary\n", "{\"rolecall_journal\":2}\n", "{\"rolecall_journal\":1} \n"] {
        fs::write(journal_of(home.path()), foreign).unwrap();
        let error = Journal::open_with(home.path(), None).unwrap_err();
        assert!(matches!(error, JournalError::Foreign { .. }), "{error}");
        assert!(error.to_string().contains("journal.jsonl:1:"), "{error}");
        assert_eq!(fs::read_to_string(journal_of(home.path())).unwrap(), foreign);
    }
}

#[test]
fn a_damaged_line_is_named_and_the_file_left_alone() {
    let home = tempfile::tempdir().unwrap();
    let (records, _) = story(home.path(), 30);
    let mut journal = Journal::open_with(home.path(), None).unwrap().journal;
    for record in &records[..3] {
        journal.append(record).unwrap();
    }
    drop(journal);
    let path = journal_of(home.path());
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    for damaged in [
        lines[2].replace("\"number\":2", "\"number\":\"two\""),
        lines[2].chars().rev().collect(),
        "{\"\\u001b[2J\":1}".to_owned(),
    ] {
        let content = format!("{}\n{}\n{damaged}\n{}\n", lines[0], lines[1], lines[3]);
        fs::write(&path, &content).unwrap();
        let error = Journal::open_with(home.path(), None).unwrap_err();
        assert!(error.to_string().contains("journal.jsonl:3: this line of the journal is damaged"), "{error}");
        assert!(!error.to_string().contains('\u{1b}'), "the message would reach the terminal with an escape sequence");
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
    }
    fs::write(&path, format!("{}\n{}\n{}\n", lines[0], lines[1], lines[3])).unwrap();
    let error = Journals::resume_with(&mut opened_in(home.path()), None).unwrap_err();
    assert!(error.to_string().contains("record 3 of \"sketch\" does not follow"), "{error}");
}

#[test]
fn a_folder_is_held_by_one_process_at_a_time_and_the_other_is_told_which() {
    let home = tempfile::tempdir().unwrap();
    let held = Journal::open_with(home.path(), None).unwrap();
    let error = Journal::open_with(home.path(), None).unwrap_err();
    assert!(error.to_string().contains(&format!("process {}", std::process::id())), "{error}");
    drop(held);
    Journal::open_with(home.path(), None).unwrap();
}

pub(super) fn one(home: &Path, line: &str) -> Session {
    let schema = Arc::new(crate::document::Schema::agac().unwrap());
    Session::new(vec![OpenDocument { document: sketch(line).document, home: home.to_path_buf() }], schema, "curator")
}

#[test]
fn a_changed_text_stops_with_a_way_forward_that_works() {
    let home = tempfile::tempdir().unwrap();
    let mut session = one(home.path(), "[BRCA1|Gene] loss");
    let mut journals = Journals::resume_with(&mut session, None).unwrap().journals;
    let outcome = session.perform(0, Command::Reject(AnnotationId::from("T1")), UNIX_EPOCH).unwrap();
    journals.append(home.path(), &outcome.record).unwrap();
    drop(journals);

    let mut changed = one(home.path(), "[BRCA1|Gene] loss of function");
    let error = Journals::resume_with(&mut changed, None).unwrap_err();
    assert!(matches!(&error, JournalError::Replay { source: ReplayError::TextChanged { records: 1, .. }, .. }), "{error}");
    assert!(error.to_string().contains("--set-aside \"sketch\""), "{error}");
    let mut edited = one(home.path(), "[BRCA1|Protein] loss");
    let error = Journals::resume_with(&mut edited, None).unwrap_err();
    assert!(matches!(&error, JournalError::Replay { source: ReplayError::AnnotationsChanged { .. }, .. }), "{error}");

    assert_eq!(set_aside_with(home.path(), None, "another").unwrap(), None);
    let aside = set_aside_with(home.path(), None, "sketch").unwrap().unwrap();
    Journals::resume_with(&mut changed, None).unwrap();
    assert_eq!(changed.get(0).unwrap().last_number(), 0);
    assert!(fs::read_to_string(aside).unwrap().contains("\"document\":\"sketch\""));
}

/// Two documents of one folder, the first with a given line.
fn two(home: &Path, line: &str) -> Session {
    let schema = Arc::new(crate::document::Schema::agac().unwrap());
    let open = |name: &str, line: &str| {
        let mut document = sketch(line).document;
        document.name = name.to_owned();
        OpenDocument { document, home: home.to_path_buf() }
    };
    Session::new(vec![open("first", line), open("second", "[p53|Gene?] loss")], schema, "curator")
}

#[test]
fn what_was_decided_so_far_is_seen_while_another_holds_the_folder() {
    let (home, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let looked = |line: &str| {
        let mut session = two(home.path(), line);
        let left_out = Journals::look_with(&mut session, Some(state.path())).unwrap();
        let flags: Vec<bool> = session.documents().iter().map(|it| it.document().marks.flagged).collect();
        (left_out.len(), flags)
    };
    let line = "[BRCA1|Gene] loss";
    assert_eq!(looked(line), (0, vec![false, false]));
    assert_eq!(home.path().read_dir().unwrap().count() + state.path().read_dir().unwrap().count(), 0, "nothing is made");
    let mut session = two(home.path(), line);
    let mut journals = Journals::resume_with(&mut session, Some(state.path())).unwrap().journals;
    for index in 0..2 {
        let record = session.perform(index, Command::Flag, UNIX_EPOCH).unwrap().record;
        journals.append(home.path(), &record).unwrap();
        assert_eq!(looked(line), (0, vec![true, index == 1]));
    }
    assert_eq!(looked("[BRCA1|Protein] loss"), (1, vec![true]));
    drop(journals);
}

#[test]
fn a_changed_document_is_left_out_and_the_others_go_on() {
    let home = tempfile::tempdir().unwrap();
    let mut session = two(home.path(), "[BRCA1|Gene] loss");
    let mut journals = Journals::resume_with(&mut session, None).unwrap().journals;
    for index in 0..2 {
        let record = session.perform(index, Command::Flag, UNIX_EPOCH).unwrap().record;
        journals.append(home.path(), &record).unwrap();
    }
    drop(journals);
    let before = fs::read_to_string(journal_of(home.path())).unwrap();

    for changed in ["[BRCA1|Gene] loss of function", "[BRCA1|Protein] loss"] {
        let mut session = two(home.path(), changed);
        let Resumed { left_out, .. } = Journals::resume_with(&mut session, None).unwrap();
        assert_eq!((left_out.len(), left_out[0].index, left_out[0].key.as_str()), (1, 0, "first"));
        let names: Vec<&str> = session.documents().iter().map(|it| it.document().name.as_str()).collect();
        assert_eq!(names, ["second"]);
        assert!(session.get(0).unwrap().document().marks.flagged, "its own decisions are replayed");
        assert_eq!(fs::read_to_string(journal_of(home.path())).unwrap(), before);
    }

    // Decisions on the other one do not disturb what waits in the journal for the first to come back.
    let mut session = two(home.path(), "[BRCA1|Protein] loss");
    let mut journals = Journals::resume_with(&mut session, None).unwrap().journals;
    let record = session.perform(0, Command::Accept(AnnotationId::from("T1")), UNIX_EPOCH).unwrap().record;
    journals.append(home.path(), &record).unwrap();
    drop(journals);
    let mut session = two(home.path(), "[BRCA1|Gene] loss");
    let Resumed { left_out, .. } = Journals::resume_with(&mut session, None).unwrap();
    assert_eq!(left_out, []);
    let numbers: Vec<u64> = session.documents().iter().map(|it| it.last_number()).collect();
    assert_eq!(numbers, [1, 2]);
}

#[test]
fn documents_that_are_not_open_keep_their_records() {
    let home = tempfile::tempdir().unwrap();
    let (records, _) = story(home.path(), 30);
    let other = JournalRecord { document: "other".to_owned(), ..records[0].clone() };
    let mut session = opened_in(home.path());
    let replayed = session.replay(home.path(), &[other, records[0].clone()]).unwrap();
    assert_eq!((replayed.records, replayed.elsewhere), (1, vec!["other".to_owned()]));
}

#[test]
fn a_folder_is_the_same_however_it_is_spelled() {
    let home = tempfile::tempdir().unwrap();
    let schema = Arc::new(crate::document::Schema::agac().unwrap());
    let open = |home: PathBuf| OpenDocument { document: sketch("[p53|Gene?] loss").document, home };
    let open = || vec![open(home.path().to_path_buf()), open(home.path().join("."))];
    let mut session = Session::new(open(), Arc::clone(&schema), "curator");
    let mut journals = Journals::resume_with(&mut session, None).unwrap().journals;
    for index in 0..2 {
        let record = session.perform(index, Command::Flag, UNIX_EPOCH).unwrap().record;
        journals.append(&home.path().join("."), &record).unwrap();
    }
    drop(journals);
    let mut again = Session::new(open(), schema, "curator");
    Journals::resume_with(&mut again, None).unwrap();
    assert!(again.documents().iter().all(|it| it.document().marks.flagged));
}
