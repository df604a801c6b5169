//! Checks over real corpora that are not part of the project, with the same checks on fixtures of our own:
//! `ROLECALL_CORPUS=folder cargo test --lib formats::hand_check -- --ignored --nocapture`, the folder with its folders.

use super::{Format, WriteOptions, brat, load_paths, pubannotation, write_document};
use crate::document::Document;
use std::path::{Path, PathBuf};

fn corpus() -> PathBuf {
    PathBuf::from(std::env::var_os("ROLECALL_CORPUS").expect("ROLECALL_CORPUS names a folder"))
}

/// The document after it was written into a folder in a format, and read from there.
fn through(document: &Document, format: Format) -> Document {
    let folder = tempfile::tempdir().unwrap();
    let options = WriteOptions { with_text: true, ..WriteOptions::default() };
    write_document(document, format, folder.path(), &options).unwrap();
    let mut report = load_paths(&[folder.path().to_path_buf()]);
    assert!(!report.has_errors(), "{format}: {:?}", report.all_findings().collect::<Vec<_>>());
    assert_eq!((report.loaded.len(), report.loaded[0].format), (1, format));
    report.loaded.remove(0).document
}

/// The formats that annotations with their ids go through one after the other.
const CHAIN: [Format; 5] = [Format::Brat, Format::BiocJson, Format::BiocXml, Format::JsonLines, Format::PubAnnotation];

/// Sends a document through all formats and compares what comes out.
fn goes_through_all(document: &Document) {
    let mut last = document.clone();
    for format in CHAIN {
        last = through(&last, format);
        assert_eq!((&last.name, last.text.as_str()), (&document.name, document.text.as_str()), "{format}");
        assert_eq!(last.entities, document.entities, "{format} {}", document.name);
        assert_eq!(last.relations, document.relations, "{format} {}", document.name);
        assert_eq!(last.attributes, document.attributes, "{format} {}", document.name);
    }
    let (origin, now) = (&document.provenance, &last.provenance);
    assert_eq!((&now.database, &now.id), (&origin.database, &origin.id));
}

const ABSTRACT: &str = r#"{"sourcedb":"PubMed","sourceid":"11","project":"p","text":"Loss of β-catenin.\nA 😀 title: p53 R175H causes left and right arm loss.","denotations":[{"id":"T4","span":{"begin":0,"end":4},"obj":"NegReg"},{"id":"T1","span":{"begin":8,"end":17},"obj":"Gene"},{"id":"T9","span":[{"begin":47,"end":51},{"begin":62,"end":65}],"obj":"CPA"}],"relations":[{"id":"R7","pred":"ThemeOf","subj":"T1","obj":"T4"},{"id":"R2","pred":"CauseOf","subj":"T4","obj":"T9"}],"attributes":[{"id":"A1","subj":"T4","pred":"Certainty","obj":"high"},{"id":"A2","subj":"R2","pred":"Negation","obj":true}]}"#;

#[test]
fn annotations_go_through_all_formats_with_their_ids() {
    let (document, findings) = pubannotation::read("PubMed-11", Path::new("d.json"), ABSTRACT).documents.remove(0);
    assert!(findings.is_empty(), "{findings:?}");
    assert_eq!((document.entities.len(), document.relations.len(), document.attributes.len()), (3, 2, 2));
    goes_through_all(&document);
}

#[test]
#[ignore = "needs a folder with PubAnnotation files in ROLECALL_CORPUS"]
fn pubannotation_survives_all_formats_and_its_own_writer() {
    let report = load_paths(&[corpus()]);
    report.findings.iter().for_each(|finding| println!("{finding}"));
    for loaded in &report.loaded {
        assert_eq!(loaded.format, Format::PubAnnotation);
        loaded.findings.iter().for_each(|finding| println!("{finding}"));
        goes_through_all(&loaded.document);
        let source = std::fs::read_to_string(&loaded.source).unwrap();
        let original: serde_json::Value = serde_json::from_str(&source).unwrap();
        assert_eq!(pubannotation::write(&loaded.document).trim_end(), original.to_string());
    }
    println!("{} documents", report.loaded.len());
    assert!(!report.loaded.is_empty());
}

/// Findings that a look at the corpora explained: annotators do mark parts of words, both folders of GE 2013 hold their own
/// JSON beside the texts, and five events of CG 2013 have a `Theme2` and no `Theme`.
const EXPLAINED: [&str; 4] = ["cuts-word", "blank-edge", "beside-text", "role-gap"];

#[test]
#[ignore = "needs a folder with .a1 and .a2 files, or with folders of such, in ROLECALL_CORPUS"]
fn bionlp_files_are_written_back_byte_for_byte() {
    let report = load_paths(&[corpus()]);
    let mut counts = std::collections::BTreeMap::new();
    for finding in report.all_findings() {
        *counts.entry(finding.code).or_insert(0) += 1;
        if !EXPLAINED.contains(&finding.code) {
            println!("{} {finding}", finding.code);
        }
    }
    let mut count = 0;
    for loaded in report.loaded.iter().filter(|loaded| loaded.format == Format::Bionlp) {
        let (given, found) = super::bionlp::write(&loaded.document);
        let there = |ending: &str| std::fs::read_to_string(loaded.source.with_extension(ending)).unwrap_or_default();
        assert_eq!(given, there("a1"), "{}", loaded.source.display());
        assert_eq!(found, there("a2"), "{}", loaded.source.display());
        // Through brat and JSON lines, each line stays too.
        let lines = through(&loaded.document, Format::JsonLines);
        assert_eq!(super::bionlp::write(&lines), (given, found));
        assert_eq!(brat::write(&lines), brat::write(&loaded.document));
        count += 1;
    }
    println!("{count} documents, findings {counts:?}");
    assert!(count > 0);
}
