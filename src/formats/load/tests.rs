//! Loading from folders that were made for it.

use super::*;
use std::fs;
use tempfile::TempDir;

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

fn load(folder: &TempDir) -> LoadReport {
    load_paths(&[folder.path().to_path_buf()])
}

fn names(report: &LoadReport) -> Vec<(&str, Format)> {
    report.loaded.iter().map(|loaded| (loaded.document.name.as_str(), loaded.format)).collect()
}

fn codes(report: &LoadReport) -> Vec<&str> {
    report.all_findings().map(|finding| finding.code).collect()
}

#[test]
fn a_folder_is_read_in_natural_order_with_what_belongs_together() {
    let folder = folder(&[
        ("a10.txt", b"ten"),
        ("a2.txt", b"Foo"),
        ("a2.ann", b"T1\tGene 0 3\tFoo\n"),
        ("b.txt", b"Foo"),
        ("b.a1", b"T1\tGene 0 3\tFoo\n"),
        ("c.json", br#"{"text":"p53","denotations":[]}"#),
        ("deep/d.txt", b"d"),
        ("deep/deeper/e.txt", b"e"),
        (".rolecall/journal.txt", b"no"),
        ("README", b"no"),
        ("annotation.conf", b"no"),
    ]);
    let report = load(&folder);
    let expected =
        [("a2", Format::Brat), ("a10", Format::Plain), ("b", Format::Bionlp), ("c", Format::PubAnnotation), ("d", Format::Plain)];
    assert_eq!(names(&report), expected);
    assert!(!report.has_errors());
    assert!(report.loaded[0].source.ends_with("a2.txt"));
    assert_eq!(report.loaded[2].document.entities.len(), 1);
}

#[test]
fn a_bad_file_is_named_and_the_rest_goes_on() {
    let folder = folder(&[
        ("a.txt", "α\nb\u{e4}".as_bytes()),
        ("b.txt", b"ok\nb\xffd"),
        ("c.json", b"{\"text\": }"),
        ("d.ann", b"T1\tGene 0 3\tFoo\n"),
        ("e.txt", b"Foo"),
        ("e.ann", b"T1\tGene 0 3\tFo\xc3"),
        ("f.json", b"{\"settings\": 1}"),
    ]);
    let report = load(&folder);
    assert_eq!(names(&report), [("a", Format::Plain)]);
    let found: Vec<_> = report.findings.iter().map(|f| (f.code, f.line, f.column, f.severity)).collect();
    let error = Severity::Error;
    let expected = [
        ("no-text", 0, 0, error),
        ("not-utf8", 2, 2, error),
        ("json", 1, 10, error),
        ("not-utf8", 1, 15, error),
        ("not-pubannotation", 1, 1, Severity::Warning),
    ];
    assert_eq!(found, expected);
    assert!(report.findings[1].message.contains("byte offset 4"));
}

#[test]
fn an_annotation_file_stands_for_its_text_and_nothing_is_loaded_twice() {
    let folder = folder(&[("a.txt", b"Foo"), ("a.ann", b"T1\tGene 0 3\tFoo\n"), ("a.a2", b""), ("x.pdf", b"")]);
    let path = |name: &str| folder.path().join(name);
    let report = load_paths(&[path("a.ann"), path("a.txt"), folder.path().to_path_buf(), path("x.pdf"), path("gone.txt")]);
    assert_eq!(names(&report), [("a", Format::Brat)]);
    assert_eq!(codes(&report), ["unknown-format", "unreadable", "several-formats"]);
}

#[test]
fn an_empty_folder_is_said_to_be_empty() {
    let report = load(&folder(&[("notes.md", b"")]));
    assert!(report.loaded.is_empty() && report.has_errors());
    assert_eq!(codes(&report), ["no-documents"]);
}

#[test]
fn a_json_file_that_was_asked_for_has_to_be_a_document() {
    let folder = folder(&[("f.json", b"{}"), ("g.json", br#"{"text":"x"}"#), ("g.txt", b"x")]);
    assert!(load_paths(&[folder.path().join("f.json")]).has_errors());
    assert_eq!(names(&load_paths(&[folder.path().join("g.json")])), [("g", Format::PubAnnotation)]);
    let report = load(&folder);
    assert_eq!(names(&report), [("g", Format::Plain)]);
    assert_eq!(codes(&report), ["beside-text", "not-pubannotation"]);
}

#[test]
fn marks_and_carriage_returns_of_a_text_stay() {
    let report = load(&folder(&[("a.txt", "\u{feff}a\r\nb".as_bytes())]));
    assert_eq!(report.loaded[0].document.text.as_str(), "\u{feff}a\r\nb");
}

#[test]
fn names_that_would_leave_the_folder_or_collide_are_reported() {
    let json = br#"[{"sourcedb":"..","sourceid":"/x","text":"a"}]"#;
    let folder = folder(&[("a/x.txt", b"one"), ("b/X.txt", b"two"), ("c.json", json)]);
    let report = load(&folder);
    assert_eq!(codes(&report), ["same-name", "unsafe-name"]);
    assert!(report.loaded[1].findings[0].file.ends_with("b/X.txt"));
}

const BIOC: &str = "<collection><document><id>7</id><passage><offset>0</offset><text>p53</text></passage></document><document><id>8</id></document></collection>";

#[test]
fn every_format_is_known_by_its_content_whatever_its_ending() {
    use std::io::Write as _;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(b"<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>5</PMID><Article><ArticleTitle>A</ArticleTitle></Article></MedlineCitation></PubmedArticle></PubmedArticleSet>").unwrap();
    let folder = folder(&[
        ("a.txt", b"11|t|Loss\n11|a|of p53\n11\t0\t4\tLoss\tReg\n\n12|t|x\n12|a|\n"),
        ("b.txt", b"PMID- 13\nTI  - Loss\n"),
        ("c.xml", BIOC.as_bytes()),
        ("d.json", br#"{"documents":[{"id":"9","passages":[]}]}"#),
        ("e.json", b"{\"text\":\"a\"}\n{\"text\":\"b\",\"name\":\"n\"}\n"),
        ("f.xml.gz", &packed.finish().unwrap()),
        ("g.jsonl", br#"{"id":"10","passages":[{"offset":0,"text":"ab"}]}"#),
        ("h.xml", b"<html/>"),
        ("i.txt", b"<html/>"),
    ]);
    let report = load(&folder);
    let expected = [
        ("11", Format::PubTator),
        ("12", Format::PubTator),
        ("PubMed-13", Format::Medline),
        ("7", Format::BiocXml),
        ("8", Format::BiocXml),
        ("9", Format::BiocJson),
        ("e-1", Format::JsonLines),
        ("n", Format::JsonLines),
        ("PubMed-5", Format::PubMed),
        ("10", Format::JsonLines),
        ("i", Format::Plain),
    ];
    assert_eq!(names(&report), expected);
    assert_eq!(codes(&report), ["unknown-format"]);
}

#[test]
fn a_file_is_broken_off_when_nobody_wants_more() {
    let folder = folder(&[("a.jsonl", b"{\"text\":\"a\"}\n{\"text\":\"b\"}\n"), ("b.txt", b"c")]);
    let mut seen = 0;
    let _ = visit_paths(&[folder.path().to_path_buf()], &mut |_| {
        seen += 1;
        ControlFlow::Break(())
    });
    assert_eq!(seen, 1);
}

#[cfg(unix)]
#[test]
fn a_pipe_in_a_folder_is_not_waited_for() {
    let folder = folder(&[("a.txt", b"a")]);
    let made = std::process::Command::new("mkfifo").arg(folder.path().join("b.txt")).status();
    if made.is_ok_and(|status| status.success()) {
        let report = load(&folder);
        assert_eq!((report.loaded.len(), codes(&report)), (1, vec!["not-a-file"]));
    }
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_a_link_to_nothing_is_no_annotation_file() {
    let folder = folder(&[("a.txt", b"a"), ("b.txt", b"Foo"), ("deep/c.txt", b"c"), ("sheet", b"T1\tGene 0 3\tFoo\n")]);
    let link = |to: &str, name: &str| std::os::unix::fs::symlink(folder.path().join(to), folder.path().join(name)).unwrap();
    link("nowhere", "a.ann");
    link("sheet", "b.ann");
    link("deep", "linked");
    link("nowhere", "d.txt");
    link(".", "itself");
    let report = load(&folder);
    assert_eq!(names(&report), [("a", Format::Plain), ("b", Format::Brat), ("c", Format::Plain), ("c", Format::Plain)]);
    assert_eq!(codes(&report), ["unreadable", "same-name"], "{:?}", report.findings);
}

#[test]
fn many_files_come_in_natural_order_however_they_were_read() {
    let files: Vec<(String, Vec<u8>)> = (0..300).map(|i| (format!("t{i}.txt"), format!("text {i}").into_bytes())).collect();
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (name.as_str(), text.as_slice())).collect();
    let report = load(&folder(&files));
    assert!(report.loaded.iter().enumerate().all(|(i, it)| it.document.name == format!("t{i}")));
    assert_eq!(report.loaded.len(), 300);
}
