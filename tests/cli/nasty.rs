//! The cases of `tests/fixtures/nasty-cases.jsonl`: files as nobody should write them, and exactly what becomes of each: the
//! documents with their annotations, and the findings with severity, code, line and column. A standoff file is written back as it was,
//! unless the case says how.

use rolecall::document::Document;
use rolecall::formats::{Format, Severity, brat, load_paths};
use serde_json::Value;
use std::fs;

const CASES: &str = include_str!("../fixtures/nasty-cases.jsonl");

/// The text, unless it stands in a file of its own, then entities, relations and events.
fn shown(document: &Document, format: Format) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    if !matches!(format, Format::Brat | Format::Bionlp) {
        lines.push(document.text.as_str().to_owned());
    }
    for it in document.entities.values() {
        let spans: Vec<String> = it.spans.iter().map(|span| format!("{}-{}", span.start(), span.end())).collect();
        lines.push(format!("{} {} {}", it.id, it.label, spans.join(";")));
    }
    lines.extend(document.relations.values().map(|it| format!("{} {} {}>{}", it.id, it.role, it.subject, it.object)));
    for it in document.events.values() {
        let arguments: String = it.arguments.iter().map(|(role, target)| format!(" {role}:{target}")).collect();
        lines.push(format!("{} {} {}{arguments}", it.id, it.label, it.trigger));
    }
    lines
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|value| value.as_str().unwrap().to_owned()).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap() as u8;
    text.as_bytes().chunks_exact(2).map(|pair| 16 * digit(pair[0]) + digit(pair[1])).collect()
}

#[test]
fn every_nasty_file_gives_what_was_decided_for_it() {
    let mut wrong = String::new();
    for case in CASES.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let name = case["name"].as_str().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = |ending: &str| folder.path().join(format!("{name}{ending}"));
        for (ending, content) in case["files"].as_object().unwrap() {
            fs::write(file(ending), content.as_str().unwrap()).unwrap();
        }
        for (ending, content) in case["hex"].as_object().into_iter().flatten() {
            fs::write(file(ending), unhex(content.as_str().unwrap())).unwrap();
        }
        let report = load_paths(&[folder.path().to_path_buf()]);
        let documents: Vec<Vec<String>> = report.loaded.iter().map(|it| shown(&it.document, it.format)).collect();
        let wanted: Vec<Vec<String>> = case["documents"].as_array().unwrap().iter().map(strings).collect();
        let severity = |severity: Severity| match severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        };
        let mut findings: Vec<String> = report
            .all_findings()
            .filter(|finding| finding.code != "no-documents")
            .map(|it| format!("{} {} {}:{}", severity(it.severity), it.code, it.line, it.column))
            .collect();
        let mut expected = strings(&case["findings"]);
        findings.sort();
        expected.sort();
        if documents != wanted || findings != expected {
            wrong += &format!("{name}:\n  {documents:?}\n  {wanted:?}\n  {findings:?}\n  {expected:?}\n");
        }
        if let (Some(loaded), Some(sheet)) = (report.loaded.first(), case["files"][".ann"].as_str()) {
            let normal = sheet.trim_start_matches('\u{feff}').replace("\r\n", "\n");
            let normal = case["written"].as_str().unwrap_or(&normal);
            let written = brat::write(&loaded.document);
            if written != normal {
                wrong += &format!("{name} is written as {written:?}\n");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(CASES.lines().count() > 60);
}
