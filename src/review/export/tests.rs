//! An exported file holds what was decided, and opening it again goes on where the review was left.

use super::fingerprint;
use crate::document::{AnnotationId, Schema};
use crate::formats::{Format, WriteOptions, load_paths};
use crate::review::dsl::{render, sketch};
use crate::review::{Command, Journals, OpenDocument, Session};
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

#[test]
fn what_a_file_cannot_say_is_passed_over() {
    let mut document = sketch("[loss\nof|Var]  [p53|Gene] [x|Genex] @ T2 ThemeOf T1").document;
    let whole = fingerprint(&document);
    let spans = [(0, 4), (5, 7)].map(|(start, end)| crate::text::CharSpan::of_chars(start, end).unwrap());
    document.entities[0].spans = spans.to_vec();
    document.entities.shift_remove("T3");
    assert_eq!(fingerprint(&document), whole);
    document.relations.clear();
    assert_ne!(fingerprint(&document), whole);
}
