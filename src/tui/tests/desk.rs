//! What was decided is on disk before the next frame, and is there again after the program was killed.

use super::fixture::{ABSTRACT, app_at, document, noon, screen, symbols};
use crate::document::Document;
use crate::formats::{Format, WriteOptions};
use crate::review::{Journal, Journals, RecordKind, Session};
use crate::tui::event::AppEvent;
use crate::tui::run::{Desk, Next};
use crate::tui::{App, update};
use std::path::Path;

fn fresh(home: &Path) -> App {
    app_at(vec![document("KRELA2-gait", ABSTRACT), document("second", "[Loss|NegReg?] of [TP77|Gene?].")], home)
}

/// What a journal holds, replayed into the documents as they were opened.
fn reopened(home: &Path) -> Vec<Document> {
    let mut app = fresh(home);
    Journals::resume_with(&mut app.session, None).unwrap();
    (0..2).filter_map(|index| app.document_at(index).cloned()).collect()
}

#[test]
fn every_key_leaves_a_journal_that_brings_everything_back() {
    let home = tempfile::tempdir().unwrap();
    let mut app = fresh(home.path());
    for key in "a x n t m ] c { u U n r 1 o h i enter ! v d X J A enter".split(' ') {
        // The journals are closed after each key, as a killed process leaves them.
        let journals = Journals::resume_with(&mut fresh(home.path()).session, None).unwrap().journals;
        let mut desk = Desk::new(journals, Box::new(|_, _, _| Err("not in this test".to_owned())));
        let effects = update(&mut app, AppEvent::Key(key.parse().unwrap(), noon()));
        assert_eq!(desk.carry_out(&mut app, effects), Next::GoOn);
        drop(desk);
        screen(&mut app, 100, 30);
        assert_eq!(app.unsaved, None);
        for (index, now) in reopened(home.path()).iter().enumerate() {
            let shown = app.document_at(index).unwrap();
            assert_eq!((&now.entities, &now.relations), (&shown.entities, &shown.relations), "after {key}");
            assert_eq!((&now.notes, &now.marks), (&shown.notes, &shown.marks), "after {key}");
        }
    }
    assert!(app.saved.is_some());
}

#[test]
fn an_export_that_fails_says_why() {
    let mut app = fresh(Path::new("pile"));
    let mut desk = Desk::new(Journals::none(), Box::new(|_, _, _| Err("the folder is read-only".to_owned())));
    let effects = update(&mut app, AppEvent::Key("w".parse().unwrap(), noon()));
    desk.carry_out(&mut app, effects);
    assert!(symbols(&screen(&mut app, 100, 30)).contains("the folder is read-only"));
}

#[test]
fn a_document_that_cant_be_written_does_not_keep_the_others_from_it() {
    let home = tempfile::tempdir().unwrap();
    let mut app = app_at(["one", "two", "three", "four"].map(|name| document(name, "[p53|Gene!]")).to_vec(), home.path());
    let journals = Journals::resume_with(&mut app.session, None).unwrap().journals;
    let (format, options) = (Format::PubAnnotation, WriteOptions { with_text: true, ..WriteOptions::default() });
    let target = home.path().to_path_buf();
    let export = move |session: &mut Session, index, now| match index {
        1 | 2 => Err("the file is held".to_owned()),
        _ => session.export(index, format, &target, &options, now).map_err(|error| error.to_string()),
    };
    let mut desk = Desk::new(journals, Box::new(export));
    let effects = update(&mut app, AppEvent::Key("W".parse().unwrap(), noon()));
    desk.carry_out(&mut app, effects);
    let told = app.notice.clone().unwrap();
    assert_eq!(told.text, "wrote 2 of 4 documents; 2 could not be written, the first of them is two: the file is held");
    assert!(told.error && app.saved.is_some());
    drop(desk);
    let written = Journal::open_with(home.path(), None).unwrap().records;
    assert_eq!(written.iter().map(|record| record.document.as_str()).collect::<Vec<_>>(), ["one", "four"]);
    assert!(written.iter().all(|record| record.kind == RecordKind::Export));
}
