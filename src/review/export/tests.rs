//! An exported file holds what was decided, and opening it again goes on where the review was left.

use crate::document::{AnnotationId, Schema};
use crate::formats::{Format, WriteError, WriteOptions, load_paths};
use crate::review::dsl::render;
use crate::review::{Command, ExportError, Journals, OpenDocument, Session};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

fn session(home: &Path) -> Session {
    let report = load_paths(&[home.to_path_buf()]);
    let open = report.loaded.into_iter().map(|it| OpenDocument { document: it.document, home: home.to_path_buf() });
    Session::new(open.collect(), Arc::new(Schema::agac().unwrap()), "curator")
}

fn shown(session: &Session) -> String {
    render(session.get(0).unwrap().document(), None, None)
}

#[test]
fn after_an_export_over_its_own_file_the_review_goes_on_with_its_history() {
    for record_is_lost in [false, true] {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("a.txt"), "loss of p53 in mice\n").unwrap();
        fs::write(home.path().join("a.ann"), "T1\tVar 0 4\tloss\nT2\tGene 8 11\tp53\nsome line of another program\n").unwrap();
        let mut live = session(home.path());
        let mut journals = Journals::resume_with(&mut live, None).unwrap().journals;
        let add = Command::AddRelation { subject: "T2".into(), object: "T1".into(), role: "ThemeOf".into() };
        for command in [add, Command::Retype { id: AnnotationId::from("T1"), label: "NegReg".into() }] {
            let record = live.perform(0, command, UNIX_EPOCH).unwrap().record;
            journals.append(home.path(), &record).unwrap();
        }
        let exported = live.export(0, Format::Brat, home.path(), &WriteOptions::default(), UNIX_EPOCH).unwrap();
        let written = fs::read_to_string(home.path().join("a.ann")).unwrap();
        assert!(written.contains("NegReg 0 4") && written.contains("some line of another program"), "{written}");
        if !record_is_lost {
            journals.append(home.path(), &exported.record).unwrap();
        }
        drop(journals);

        let mut again = session(home.path());
        Journals::resume_with(&mut again, None).unwrap();
        assert_eq!(shown(&again), shown(&live));
        again.perform(0, Command::Undo, UNIX_EPOCH).unwrap();
        again.perform(0, Command::Undo, UNIX_EPOCH).unwrap();
        assert_eq!(shown(&again), "[loss|Var] of [p53|Gene] in mice\n");

        fs::write(home.path().join("a.ann"), "T1\tDisease 15 19\tmice\n").unwrap();
        let error = Journals::resume_with(&mut session(home.path()), None).unwrap_err();
        assert!(error.to_string().contains("changed by another program"), "{error}");
    }
}

/// Goes through the decisions and journals them; returns the session.
fn reviewed(home: &Path, commands: Vec<Command>, exported: Option<Format>) -> Session {
    let mut live = session(home);
    let mut journals = Journals::resume_with(&mut live, None).unwrap().journals;
    for command in commands {
        let record = live.perform(0, command, UNIX_EPOCH).unwrap().record;
        journals.append(home, &record).unwrap();
    }
    if let Some(format) = exported {
        let exported = live.export(0, format, home, &WriteOptions::default(), UNIX_EPOCH).unwrap();
        journals.append(home, &exported.record).unwrap();
    }
    live
}

#[test]
fn what_another_program_added_beside_spans_and_relations_is_not_passed_over() {
    for exported in [None, Some(Format::Brat)] {
        let home = tempfile::tempdir().unwrap();
        let ann = home.path().join("a.ann");
        fs::write(home.path().join("a.txt"), "loss of p53 in mice\n").unwrap();
        fs::write(&ann, "T1\tVar 0 4\tloss\nT2\tGene 8 11\tp53\nA1\tSure T1\n").unwrap();
        let note = Command::SetNote { target: AnnotationId::from("T2"), text: "which one?".into() };
        drop(reviewed(home.path(), vec![note], exported));
        Journals::resume_with(&mut session(home.path()), None).unwrap();
        for added in ["A2\tNegation T1\n", "N1\tReference T2 NCBIGene:7157\tTP53\n", "#7\tAnnotatorNotes T1\tno\n"] {
            let before = fs::read_to_string(&ann).unwrap();
            fs::write(&ann, format!("{before}{added}")).unwrap();
            let error = Journals::resume_with(&mut session(home.path()), None).unwrap_err();
            assert!(error.to_string().contains("changed by another program"), "{added}: {error}");
            fs::write(&ann, before).unwrap();
        }
        Journals::resume_with(&mut session(home.path()), None).unwrap();
    }
}

#[test]
fn a_file_that_holds_less_than_was_decided_is_known_again() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("1.pubtator"), "1|t|Loss of p53\n1|a|x\n1\t0\t4\tLoss\tVar\n1\t8\t11\tp53\tGene\n").unwrap();
    let ids = |session: &Session| session.get(0).unwrap().document().entities.keys().cloned().collect::<Vec<_>>();
    let [first, second] = ids(&session(home.path())).try_into().unwrap();
    // Without identifiers of its ends a relation has no place in this format.
    let relate = Command::AddRelation { subject: second, object: first.clone(), role: "ThemeOf".into() };
    let retype = Command::Retype { id: first, label: "NegReg".into() };
    let live = reviewed(home.path(), vec![relate, retype], Some(Format::PubTator));
    let mut again = session(home.path());
    Journals::resume_with(&mut again, None).unwrap();
    assert_eq!(shown(&again), shown(&live));
}

#[test]
fn what_was_said_of_the_whole_document_is_taken_back_after_an_export_too() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("a.jsonl"), "{\"rolecall\":1,\"name\":\"a\",\"text\":\"loss of p53\"}\n").unwrap();
    let flagged = |session: &Session| session.get(0).unwrap().document().marks.flagged;
    assert!(flagged(&reviewed(home.path(), vec![Command::Flag], Some(Format::JsonLines))));
    let mut again = session(home.path());
    assert!(flagged(&again), "the file says it");
    Journals::resume_with(&mut again, None).unwrap();
    assert!(flagged(&again));
    again.perform(0, Command::Undo, UNIX_EPOCH).unwrap();
    assert!(!flagged(&again));
}

#[test]
fn careful_exports_replace_earlier_ones_of_the_document_and_nothing_else() {
    let (home, results) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(home.path().join("a.txt"), "loss of p53 in mice\n").unwrap();
    fs::write(home.path().join("a.ann"), "T1\tVar 0 4\tloss\nT2\tGene 8 11\tp53\n").unwrap();
    let careful = WriteOptions { with_text: true, careful: true, ..WriteOptions::default() };
    let retype = |label: &str| Command::Retype { id: AnnotationId::from("T1"), label: label.into() };
    for format in [Format::Brat, Format::Bionlp, Format::PubAnnotation, Format::BiocXml, Format::JsonLines] {
        let target = results.path().join(format.to_string());
        let mut live = session(home.path());
        let mut records = Vec::new();
        for label in ["NegReg", "Reg", "PosReg"] {
            records.push(live.perform(0, retype(label), UNIX_EPOCH).unwrap().record);
            records.push(live.export(0, format, &target, &careful, UNIX_EPOCH).unwrap().record);
        }
        // So it is for a session of another day.
        let mut again = session(home.path());
        again.replay(home.path(), &records).unwrap();
        again.perform(0, retype("Var"), UNIX_EPOCH).unwrap();
        again.export(0, format, &target, &careful, UNIX_EPOCH).unwrap();
        // For somebody who does not know of these exports the file is another's.
        let mut other = session(home.path());
        other.perform(0, retype("Disease"), UNIX_EPOCH).unwrap();
        let refused = other.export(0, format, &target, &careful, UNIX_EPOCH).unwrap_err();
        assert!(matches!(refused, ExportError::Write(WriteError::Holds(_))), "{format}: {refused}");
        let free = WriteOptions { careful: false, ..careful.clone() };
        other.export(0, format, &target, &free, UNIX_EPOCH).unwrap();
    }
}
