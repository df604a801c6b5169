//! Checks over real corpora that are not part of the project: `ROLECALL_CORPUS=folder cargo test --lib formats::hand_check -- --ignored`.

use super::{Format, brat, load_paths, pubannotation};
use crate::document::Document;
use crate::text::SourceText;
use std::path::{Path, PathBuf};

fn corpus() -> PathBuf {
    PathBuf::from(std::env::var_os("ROLECALL_CORPUS").expect("ROLECALL_CORPUS names a folder"))
}

fn same_annotations(a: &Document, b: &Document) {
    assert_eq!(a.entities, b.entities, "{}", a.name);
    assert_eq!(a.relations, b.relations, "{}", a.name);
    assert_eq!(a.attributes, b.attributes, "{}", a.name);
}

#[test]
#[ignore = "needs a folder with PubAnnotation files in ROLECALL_CORPUS"]
fn pubannotation_survives_brat_and_its_own_writer() {
    let report = load_paths(&[corpus()]);
    report.findings.iter().for_each(|finding| println!("{finding}"));
    for loaded in &report.loaded {
        assert_eq!(loaded.format, Format::PubAnnotation);
        loaded.findings.iter().for_each(|finding| println!("{finding}"));
        let document = &loaded.document;
        let path = Path::new("x.ann");
        let (through, findings) =
            brat::read(&document.name, SourceText::new(document.text.as_str()), path, &brat::write(document));
        assert!(findings.iter().all(|finding| matches!(finding.code, "cuts-word" | "blank-edge")), "{findings:?}");
        same_annotations(document, &through);
        let back = pubannotation::read(&document.name, path, &pubannotation::write(&through)).documents.remove(0).0;
        same_annotations(document, &back);
        let source = std::fs::read_to_string(&loaded.source).unwrap();
        let original: serde_json::Value = serde_json::from_str(&source).unwrap();
        assert_eq!(pubannotation::write(document).trim_end(), original.to_string());
    }
    println!("{} documents", report.loaded.len());
}

#[test]
#[ignore = "needs a folder with .a1 and .a2 files in ROLECALL_CORPUS"]
fn bionlp_files_are_written_back_byte_for_byte() {
    let report = load_paths(&[corpus()]);
    let findings = report.all_findings().filter(|f| !matches!(f.code, "cuts-word" | "blank-edge" | "beside-text"));
    findings.for_each(|finding| println!("{} {finding}", finding.code));
    let mut count = 0;
    for loaded in report.loaded.iter().filter(|loaded| loaded.format == Format::Bionlp) {
        let (given, found) = super::bionlp::write(&loaded.document);
        assert_eq!(given, std::fs::read_to_string(loaded.source.with_extension("a1")).unwrap(), "{}", loaded.source.display());
        assert_eq!(found, std::fs::read_to_string(loaded.source.with_extension("a2")).unwrap(), "{}", loaded.source.display());
        count += 1;
    }
    println!("{count} documents");
}
