use super::*;
use crate::document::{
    Attribute, AttributeKind, Document, DocumentMarks, DocumentStatus, Entity, Equivalence, Event, Label, Normalization, Note,
    Origin, Relation, SourceLine, Status,
};
use crate::formats::{Severity, brat, pubannotation};
use crate::text::{CharSpan, SourceText};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::io::{BufReader, Cursor};
use std::path::Path;

const TEXT: &str = "Loss of β-catenin\n in 😀 mice;\tp53 R175H\u{2028}is\r\nrelated.";

fn line_of(document: &Document) -> String {
    let mut line = Vec::new();
    write(document, &mut line).unwrap();
    String::from_utf8(line).unwrap()
}

fn read_one(line: &str) -> Entry {
    read_line(Path::new("d.jsonl"), 1, line)
}

fn codes(entry: &Entry) -> Vec<(&'static str, u32)> {
    entry.findings.iter().map(|finding| (finding.code, finding.column)).collect()
}

/// Every field of the two, with the order of lists.
fn assert_same(a: &Document, b: &Document) {
    assert_eq!((&a.name, a.text.as_str(), &a.marks, &a.equivalences), (&b.name, b.text.as_str(), &b.marks, &b.equivalences));
    assert_eq!((&a.source_lines, &a.given_lines), (&b.source_lines, &b.given_lines));
    assert_eq!(a.provenance, b.provenance);
    assert!(a.entities.iter().eq(b.entities.iter()), "{:?}\n{:?}", a.entities, b.entities);
    assert!(a.relations.iter().eq(b.relations.iter()) && a.events.iter().eq(b.events.iter()));
    assert!(a.attributes.iter().eq(b.attributes.iter()) && a.normalizations.iter().eq(b.normalizations.iter()));
    assert!(a.notes.iter().eq(b.notes.iter()));
    assert!(a.provenance.unknown.iter().eq(b.provenance.unknown.iter()));
}

#[test]
fn the_line_is_the_one_in_the_documentation() {
    let source = r#"{"rolecall":1,"name":"PubMed-1","database":"PubMed","id":"1","text":"BRCA1 loss","entities":[{"id":"T1","label":"Gene","spans":[[0,5]],"text":"BRCA1","origin":"given","status":"accepted"},{"id":"T2","label":"NegReg","spans":[[6,10]],"text":"loss","origin":{"model":{"run":"agac","confidence":0.93}},"status":"proposed"}],"relations":[{"id":"R1","role":"ThemeOf","subject":"T1","object":"T2","origin":"human","status":"accepted"}]}"#;
    let entry = read_one(source);
    assert_eq!(codes(&entry), []);
    let document = entry.document.unwrap();
    assert_eq!(document.entities["T2"].origin, Origin::Model { run: "agac".into(), confidence: 0.93 });
    assert_eq!(line_of(&document), format!("{source}\n"));
}

#[test]
fn a_line_with_nothing_but_a_text_is_a_document_with_a_name() {
    let entry = read_line(Path::new("in/some.jsonl"), 7, "{\"text\":\"p53\"}\r\n");
    assert_eq!((entry.document.unwrap().name.as_str(), entry.findings.len()), ("some-7", 0));
    let entry =
        read_one(r#"{"id":16371368,"text":"p53","entities":[{"id":"T1","label":"Gene","spans":[[0,3]]}],"relations":null}"#);
    assert_eq!(codes(&entry), []);
    let document = entry.document.unwrap();
    assert_eq!((document.name.as_str(), document.entities["T1"].status), ("16371368", Status::Accepted));
}

#[test]
fn the_lines_of_a_standoff_file_come_back_byte_for_byte_even_after_changes() {
    let annotations = "T1\tGene 0  4\tLoss\n\n# remark\nT2\tVar 34 39\tR175H\tfourth column\nR1\tThemeOf  Arg1:T1 Arg2:T2 \n*\tEquiv T1  T2\nX1\todd\nT9\tVar 90 95\tnowhere\n";
    let (mut document, _) = brat::read("d", SourceText::new(TEXT), Path::new("d.ann"), annotations);
    document.entities["T2"].label = Label::from("Mutation");
    let before = brat::write(&document);
    assert!(before.contains("T2\tMutation 34 39\tR175H\tfourth column\n") && before.contains("*\tEquiv T1  T2\n"), "{before}");
    let read = read_one(&line_of(&document)).document.unwrap();
    assert_same(&document, &read);
    assert_eq!(brat::write(&read), before);
}

#[test]
fn a_pubannotation_document_comes_back_byte_for_byte_and_may_stand_on_a_line_itself() {
    let source = r#"{"target":"http://x","sourcedb":"PubMed","sourceid":"1","text":"p53 loss","project":"x","denotations":[{"id":"T1","span":{"begin":0,"end":3},"obj":"Gene","status":"odd"},{"span":{"begin":4,"end":99},"obj":"X"}],"relations":[],"attributes":[{"id":"A1","subj":"T1","pred":"p","obj":0.25}],"namespaces":[{"prefix":"_base"}]}"#;
    let (document, _) = pubannotation::read("d", Path::new("d.json"), source).documents.remove(0);
    let line = line_of(&document);
    let read = read_one(&line).document.unwrap();
    assert_same(&document, &read);
    assert_eq!(pubannotation::write(&read).trim_end(), source);
    let entry = read_line(Path::new("d.jsonl"), 3, source);
    assert_eq!(
        (entry.document.unwrap().name.as_str(), entry.findings[0].code, entry.findings[0].line),
        ("PubMed-1", "outside-text", 3)
    );
}

#[test]
fn keys_that_are_not_known_stay_where_they_are() {
    let source = r#"{"rolecall":1,"name":"d","text":"p53","entities":[{"id":"T1","label":"Gene","spans":[[0,3]],"text":"p53","origin":"given","status":"accepted","by":{"me":[1,2]}}],"relations":[],"split":"train","fold":3}"#;
    let entry = read_one(source);
    assert_eq!(codes(&entry), []);
    assert_eq!(line_of(&entry.document.unwrap()).trim_end(), source);
}

#[test]
fn what_is_not_understood_is_reported_where_it_stands_and_kept() {
    let source = r#"{"text":"p53 loss","flagged":"yes","entities":[{"id":"T1","label":"Gene","spans":[[0,3]]},{"id":"T2","label":"X","spans":[[3,2]]},5,{"id":"T1","label":"X","spans":[[0,3]]},{"id":"T3","label":"X","spans":[[4,9]]},{"id":"T4","label":"X","spans":[]},{"id":"T5","label":"X","spans":[[4,8]],"text":"gain"}],"relations":[{"id":"R1","role":"ThemeOf","subject":"T1","object":"T3"},{"id":"R2","role":"ThemeOf","subject":"T1","object":"T1"}],"notes":[{"id":"N1","target":"R1","text":"on nothing"}],"events":7}"#;
    let entry = read_one(source);
    let mut found: Vec<_> = codes(&entry).into_iter().map(|(code, _)| code).collect();
    found.sort_unstable();
    let wanted = [
        "dangling",
        "dangling",
        "duplicate-id",
        "no-span",
        "not-understood",
        "not-understood",
        "not-understood",
        "not-understood",
        "outside-text",
        "text-mismatch",
    ];
    assert_eq!(found, wanted);
    let second = source.find("{\"id\":\"T2\"").unwrap() as u32 + 1;
    assert!(codes(&entry).contains(&("not-understood", second)), "{:?}", entry.findings);
    let document = entry.document.unwrap();
    assert_eq!((document.entities.len(), document.relations.len(), document.notes.len()), (1, 1, 0));
    let written: Value = serde_json::from_str(&line_of(&document)).unwrap();
    let original: Value = serde_json::from_str(source).unwrap();
    assert_eq!((&written["unknown"]["events"], &written["unknown"]["flagged"]), (&json!(7), &json!("yes")));
    let entities = written["entities"].as_array().unwrap();
    assert_eq!(entities.len(), 7);
    assert!(original["entities"].as_array().unwrap()[1..3].iter().all(|item| entities.contains(item)), "{entities:?}");
}

#[test]
fn a_confidence_that_can_not_be_one_is_refused() {
    // Found by fuzzing: 5e99 is no number of 32 bits, and was written as null.
    for confidence in ["5e99", "-0.5", "1.5"] {
        let entry = read_one(&format!(
            r#"{{"text":"p53","entities":[{{"id":"T1","label":"G","spans":[[0,3]],"origin":{{"model":{{"run":"m","confidence":{confidence}}}}}}}]}}"#
        ));
        assert_eq!(codes(&entry)[0].0, "confidence");
        let document = entry.document.unwrap();
        assert!(document.entities.is_empty());
        assert_eq!(document.provenance.skipped["jsonl.entities"].len(), 1);
    }
}

#[test]
fn offsets_in_other_units_are_named() {
    let entry = read_one(r#"{"text":"😀 p53","entities":[{"id":"T1","label":"Gene","spans":[[3,6]],"text":"p53"}]}"#);
    assert_eq!(entry.findings[0].code, "offset-unit");
    assert!(entry.findings[0].to_string().contains("UTF-16 units; in code points they are 2 5"), "{}", entry.findings[0]);
    assert!(entry.document.unwrap().entities.is_empty());
}

#[test]
fn lines_are_read_one_by_one_and_a_bad_one_stops_nothing() {
    let mut input =
        b"\xef\xbb\xbf{\"text\":\"a\"}\r\n\n{\"text\": \"b\nnull\n{\"text\":\"caf\xe9\"}\n{\"name\":\"no text\"}\n".to_vec();
    input.extend("[".repeat(5000).into_bytes());
    input.extend(b"\n{\"text\":\"z\"}");
    let entries: Vec<Entry> =
        Reader::new(Path::new("x.jsonl"), BufReader::with_capacity(7, Cursor::new(input))).collect::<Result<_, _>>().unwrap();
    let said: Vec<_> = entries.iter().map(|e| (e.line, e.document.is_some(), e.findings.first().map(|f| f.code))).collect();
    assert_eq!(
        said,
        [
            (1, true, Some("byte-order-mark")),
            (3, false, Some("json")),
            (4, false, Some("not-a-document")),
            (5, false, Some("not-utf8")),
            (6, false, Some("no-text")),
            (7, false, Some("json")),
            (8, true, None),
        ]
    );
    assert_eq!(entries[3].findings[0].column, 13);
    assert!(entries.iter().flat_map(|e| &e.findings).all(|f| f.line > 0 && f.severity >= Severity::Warning));
}

#[test]
fn a_line_that_is_too_long_is_passed_over() {
    let long = std::io::repeat(b'x');
    let input = std::io::Read::take(long, MAX_LINE_BYTES + 5);
    let input = std::io::Read::chain(input, Cursor::new(b"\n{\"text\":\"a\"}\n"));
    let entries: Vec<Entry> = Reader::new(Path::new("x.jsonl"), BufReader::new(input)).map(Result::unwrap).collect();
    assert_eq!((entries[0].findings[0].code, entries[0].document.is_none()), ("too-large", true));
    assert_eq!((entries[1].line, entries[1].document.is_some()), (2, true));
}

fn word() -> impl Strategy<Value = String> {
    "[A-Za-zα-ω_ -]{1,8}"
}

fn origin() -> impl Strategy<Value = Origin> {
    prop_oneof![
        Just(Origin::Given),
        Just(Origin::Human),
        (word(), 0f32..=1.0).prop_map(|(run, confidence)| Origin::Model { run: run.into(), confidence }),
    ]
}

fn status() -> impl Strategy<Value = Status> {
    prop_oneof![Just(Status::Proposed), Just(Status::Accepted), Just(Status::Corrected), Just(Status::Rejected)]
}

fn spans() -> impl Strategy<Value = Vec<CharSpan>> {
    let length = TEXT.chars().count() as u32;
    prop::collection::btree_set(0..=length, 2..7).prop_map(|cuts| {
        let cuts: Vec<u32> = cuts.into_iter().collect();
        cuts.chunks_exact(2).map(|pair| CharSpan::of_chars(pair[0], pair[1]).unwrap()).collect()
    })
}

fn unknown() -> impl Strategy<Value = serde_json::Map<String, Value>> {
    let key = prop_oneof![word(), Just("text".to_owned()), Just("id".to_owned()), Just("unknown".to_owned())];
    prop::collection::vec((key, prop_oneof![Just(json!(null)), Just(json!([1, {"a": "b"}])), Just(json!("x"))]), 0..3)
        .prop_map(|entries| entries.into_iter().collect())
}

prop_compose! {
    fn any_document()(
        entities in prop::collection::vec((word(), spans(), origin(), status(), unknown()), 1..5),
        links in prop::collection::vec((word(), 0usize..5, 0usize..5, origin(), status(), prop::option::of("(?s).{0,9}")), 0..12),
        marks in (any::<bool>(), "(?s).{0,9}", any::<bool>()),
        unknown in unknown(),
        kept in prop::collection::vec("[^\n]{0,12}", 0..3),
        names in (word(), prop::option::of(word()), prop::option::of(word())),
    ) -> Document {
        let mut document = Document::new(names.0, SourceText::new(TEXT));
        document.provenance.database = names.1;
        document.provenance.id = names.2;
        document.provenance.unknown = unknown;
        let status = if marks.0 { DocumentStatus::Done } else { DocumentStatus::New };
        document.marks = DocumentMarks { status, flagged: marks.2, remark: marks.1 };
        for (number, (label, spans, origin, status, unknown)) in entities.into_iter().enumerate() {
            let id = crate::document::AnnotationId::new(format!("T{number}"));
            if !unknown.is_empty() {
                document.provenance.unknown_of.insert(id.clone(), unknown);
            }
            document.entities.insert(id.clone(), Entity { id, label: Label::new(label), spans, origin, status });
        }
        for (number, (name, a, b, origin, status, value)) in links.into_iter().enumerate() {
            link(&mut document, number, (Label::new(name), a, b), (origin, status), value);
        }
        document.source_lines.extend(kept.into_iter().map(SourceLine::Verbatim));
        document
    }
}

fn link(document: &mut Document, number: usize, what: (Label, usize, usize), state: (Origin, Status), value: Option<String>) {
    let id = crate::document::AnnotationId::new(format!("x {number}"));
    let entity = |at: usize| document.entities.get_index(at % document.entities.len()).unwrap().0.clone();
    let ((name, a, b), (origin, status)) = (what, state);
    let (target, other) = (entity(a), entity(b));
    match number % 6 {
        0 => {
            let argument_names = value.map(|_| ("Theme".into(), "Cause".into()));
            let relation =
                Relation { id: id.clone(), role: name, subject: target, object: other, argument_names, origin, status };
            document.relations.insert(id, relation);
        }
        1 => {
            let arguments = vec![(name.clone(), other.clone()), (name.clone(), other)];
            document.events.insert(id.clone(), Event { id, label: name, trigger: target, arguments });
        }
        2 => {
            let kind = if a > b { AttributeKind::Attribute } else { AttributeKind::Modification };
            document.attributes.insert(id.clone(), Attribute { id, kind, name, target, value });
        }
        3 => {
            let (database, entry) = ("NCBI".to_owned(), "a:b".to_owned());
            document.normalizations.insert(id.clone(), Normalization { id, kind: name, target, database, entry, name: value });
        }
        4 => {
            let text = value.unwrap_or_default();
            document.notes.insert(id.clone(), Note { id, kind: name, target, text });
        }
        _ => document.equivalences.push(Equivalence { label: name, members: vec![target, other] }),
    }
}

#[test]
fn a_line_with_a_collection_of_several_documents_says_that_only_one_is_read() {
    let one = |text: &str| {
        format!(
            r#"{{"id":"{text}","infons":{{}},"passages":[{{"offset":0,"infons":{{}},"text":"{text}","annotations":[],"relations":[]}}],"annotations":[],"relations":[]}}"#
        )
    };
    let line = format!(r#"{{"source":"s","date":"","key":"","infons":{{}},"documents":[{},{}]}}"#, one("abc"), one("def"));
    let entry = read_one(&line);
    assert_eq!(entry.document.as_ref().unwrap().text.as_str(), "abc");
    assert!(entry.findings.iter().any(|finding| finding.code == "many-documents"), "{:?}", entry.findings);
}

proptest! {
    #[test]
    fn a_document_comes_back_with_every_field(document in any_document()) {
        let line = line_of(&document);
        prop_assert_eq!(line.matches('\n').count(), 1);
        let entry = read_one(&line);
        prop_assert!(entry.findings.iter().all(|f| f.code == "cuts-word" || f.code == "blank-edge"), "{:?}", entry.findings);
        let read = entry.document.unwrap();
        assert_same(&document, &read);
        prop_assert_eq!(line_of(&read), line);
    }

    #[test]
    fn the_quick_and_the_careful_way_read_the_same(document in any_document()) {
        let line = line_of(&document);
        // A key that is not known sends the whole line the careful way.
        let careful = line.replacen('{', "{\"no key of ours\":1,", 1);
        let mut read = read_one(&careful).document.unwrap();
        prop_assert_eq!(read.provenance.unknown.shift_remove("no key of ours"), Some(json!(1)));
        assert_same(&document, &read);
    }

    #[test]
    fn no_line_stops_the_reader(source in "(?s).{0,40}", item in "[\\[\\]{}\":,a-c0-9 -]{0,30}") {
        for source in [source, format!("{{\"text\":\"abc\",\"entities\":[{item}],\"lines\":[{item}],\"events\":[{item}]}}")] {
            let _ = read_one(&source);
        }
    }
}
