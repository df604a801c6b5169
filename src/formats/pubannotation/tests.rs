//! What the reader makes of good and bad files, and that the writer gives back what was read.

use super::*;
use crate::document::{Document, Label, Origin, Status};
use crate::formats::Finding;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::path::Path;

fn read_one(source: &str) -> (Document, Vec<Finding>) {
    let collection = read("d", Path::new("d.json"), source);
    assert!(collection.findings.is_empty(), "{:?}", collection.findings);
    collection.documents.into_iter().next().unwrap()
}

fn spans(document: &Document, id: &str) -> Vec<(u32, u32)> {
    document.entities[id].spans.iter().map(|&span| span.into()).collect()
}

fn codes(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn a_document_keeps_its_keys_their_order_and_what_is_not_known() {
    let source = r#"{"target":"http://example.org/1","sourcedb":"PubMed","sourceid":7,"text":"α loss of p53 😀 in mice","divid":0,"project":"x","denotations":[{"id":"T1","span":{"begin":2,"end":6},"obj":"Reg","note":["kept"]},{"id":"T2","span":{"begin":10,"end":13},"obj":"Gene"}],"relations":[{"id":"R1","pred":"ThemeOf","subj":"T2","obj":"T1","weight":0.5}],"attributes":[{"id":"A1","subj":"T1","pred":"sure","obj":0.25},{"id":"A2","subj":"R1","pred":"checked","obj":true},{"id":"A3","subj":"T2","pred":"name","obj":"TP53"}],"modifications":[{"id":"M1","pred":"Negation","obj":"R1"}],"namespaces":[{"prefix":"_base","uri":"http://example.org/"}]}"#;
    let (document, findings) = read_one(source);
    assert!(findings.is_empty(), "{findings:?}");
    assert_eq!(spans(&document, "T2"), [(10, 13)]);
    let relation = &document.relations["R1"];
    assert_eq!((relation.subject.as_str(), relation.object.as_str(), relation.role.as_str()), ("T2", "T1", "ThemeOf"));
    assert_eq!((&relation.origin, relation.status), (&Origin::Given, Status::Accepted));
    assert_eq!(document.attributes["A1"].value.as_deref(), Some("0.25"));
    assert_eq!(document.attributes["A2"].value, None);
    assert_eq!(document.provenance.id.as_deref(), Some("7"));
    assert_eq!(write(&document), format!("{source}\n"));
}

#[test]
fn a_changed_attribute_value_is_written_as_changed() {
    let (mut document, _) = read_one(
        r#"{"text":"p53","denotations":[{"id":"T1","span":{"begin":0,"end":3},"obj":"Gene"}],"attributes":[{"id":"A1","subj":"T1","pred":"sure","obj":0.25}]}"#,
    );
    document.attributes["A1"].value = Some("high".into());
    assert_eq!(to_value(&document)["attributes"][0]["obj"], json!("high"));
}

#[test]
fn null_lists_are_empty_and_missing_ids_are_made() {
    let source = r#"{"text":"a b c","denotations":[{"span":{"begin":0,"end":1},"obj":"X"},{"id":"T1","span":{"begin":2,"end":3},"obj":"X"}],"relations":null,"attributes":null}"#;
    let (document, findings) = read_one(source);
    assert!(findings.is_empty());
    assert_eq!(document.entities.keys().map(|id| id.as_str()).collect::<Vec<_>>(), ["T2", "T1"]);
    let written = to_value(&document);
    assert_eq!((&written["relations"], &written["attributes"]), (&json!([]), &json!([])));
    assert!(written.get("modifications").is_none());
}

#[test]
fn discontinuous_mentions_come_as_lists_or_as_chains_and_go_back_as_they_came() {
    let list = r#"{"text":"right and left hand","denotations":[{"id":"T1","span":[{"begin":0,"end":5},{"begin":15,"end":19}],"obj":"Part"}],"relations":[]}"#;
    let (document, _) = read_one(list);
    assert_eq!(spans(&document, "T1"), [(0, 5), (15, 19)]);
    assert_eq!(write(&document).trim_end(), list);
    let chain = r#"{"text":"right and left hand","denotations":[{"id":"T1","span":{"begin":0,"end":5},"obj":"_FRAGMENT","by":"me"},{"id":"T2","span":{"begin":15,"end":19},"obj":"Part"}],"relations":[{"id":"R1","pred":"_lexicallyChainedTo","subj":"T2","obj":"T1"}]}"#;
    let (mut document, findings) = read_one(chain);
    assert!(findings.is_empty(), "{findings:?}");
    assert_eq!(spans(&document, "T2"), [(0, 5), (15, 19)]);
    assert_eq!((document.entities.len(), document.relations.len()), (1, 0));
    assert_eq!(write(&document).trim_end(), chain);
    document.entities["T2"].spans.remove(0);
    let denotations = &to_value(&document)["denotations"];
    assert_eq!(*denotations, json!([{"id":"T2","span":{"begin":15,"end":19},"obj":"Part"}]));
}

#[test]
fn chains_that_go_round_or_lead_nowhere_are_no_trap() {
    let item = |id: &str, begin: u32, label: &str| json!({"id": id, "span": {"begin": begin, "end": begin + 1}, "obj": label});
    let chained =
        |id: &str, later: &str, earlier: &str| json!({"id": id, "pred": "_lexicallyChainedTo", "subj": later, "obj": earlier});
    let source = json!({
        "text": "abcdef",
        "denotations": [item("T1", 0, "_FRAGMENT"), item("T2", 1, "_FRAGMENT"), item("T3", 2, "X"), item("T4", 4, "_FRAGMENT")],
        "relations": [chained("R1", "T1", "T2"), chained("R2", "T2", "T1"), chained("R3", "T3", "T2"), chained("R4", "T3", "T9")],
    });
    let (document, findings) = read_one(&source.to_string());
    assert_eq!(spans(&document, "T3"), [(0, 1), (1, 2), (2, 3)]);
    assert_eq!(codes(&findings), ["cuts-word", "lone-fragment", "cuts-word", "dangling", "dangling"]);
}

#[test]
fn fragments_that_overlap_are_not_folded_into_one_mention() {
    let source = r#"{"text":"abcdef","denotations":[{"id":"T1","span":{"begin":0,"end":4},"obj":"_FRAGMENT"},{"id":"T2","span":{"begin":2,"end":6},"obj":"X"}],"relations":[{"id":"R1","pred":"_lexicallyChainedTo","subj":"T2","obj":"T1"}]}"#;
    let (document, findings) = read_one(source);
    assert_eq!((document.entities.len(), document.relations.len()), (2, 1));
    assert!(codes(&findings).contains(&"lone-fragment"));
    assert_eq!(write(&document).trim_end(), source);
}

#[test]
fn bad_items_are_reported_where_they_stand_and_kept() {
    let source = "{\"text\": \"p53 loss\", \"denotations\": [\n  {\"id\": \"T1\", \"span\": {\"begin\": 0, \"end\": 3}, \"obj\": \"Gene\"},\n  \
                  {\"id\": \"T2\", \"span\": {\"begin\": 4, \"end\": 99}, \"obj\": \"Reg\"},\n  {\"id\": \"T3\", \"span\": {\"begin\": -1, \"end\": 3}, \"obj\": \"Reg\"},\n  \
                  {\"id\": \"T4\", \"span\": {\"begin\": 2.0, \"end\": 3}, \"obj\": \"Reg\"}, {\"id\": \"T5\", \"span\": {\"begin\": 3, \"end\": 3}, \"obj\": \"Reg\"},\n  \
                  {\"id\": \"T1\", \"span\": {\"begin\": 4, \"end\": 8}, \"obj\": \"Reg\"}, 17, {\"id\": \"T6\", \"obj\": \"Reg\"}, {\"span\": {\"begin\": 0, \"end\": 3}}],\n \
                  \"relations\": [{\"id\": \"R1\", \"pred\": \"ThemeOf\", \"subj\": \"T1\", \"obj\": \"T2\"}]}";
    let (document, findings) = read_one(source);
    let found: Vec<_> = findings.iter().map(|finding| (finding.code, finding.line, finding.column)).collect();
    assert_eq!(
        found,
        [
            ("outside-text", 3, 3),
            ("offsets", 4, 3),
            ("offsets", 5, 3),
            ("empty-span", 5, 65),
            ("not-an-object", 6, 63),
            ("no-span", 6, 67),
            ("no-type", 6, 95),
            ("duplicate-id", 6, 3),
            ("dangling", 7, 16),
        ]
    );
    assert!(findings[0].to_string().starts_with("d.json:3:3: the span 4–99 reaches beyond the text, which has 8 characters"));
    assert_eq!((document.entities.len(), document.relations.len()), (1, 0));
    let (original, written) = (serde_json::from_str::<Value>(source).unwrap(), to_value(&document));
    for list in ["denotations", "relations"] {
        let (original, written) = (original[list].as_array().unwrap(), written[list].as_array().unwrap());
        assert_eq!(original.len(), written.len());
        assert!(original.iter().all(|item| written.contains(item)), "{written:?}");
    }
}

#[test]
fn broken_json_is_located_in_code_points() {
    let collection = read("d", Path::new("d.json"), "{\"text\": \"αβ\",\n \"αβ\": 1 2}");
    let finding = &collection.findings[0];
    assert_eq!((finding.code, finding.line, finding.column), ("json", 2, 10));
    assert!(collection.documents.is_empty());
    for source in ["", "[1]", "{\"text\": 5}", "null", "[[]]"] {
        let collection = read("d", Path::new("d.json"), source);
        assert!(collection.documents.is_empty() && collection.findings.len() == 1, "{source}");
    }
}

#[test]
fn an_array_is_a_collection_and_its_documents_are_named_by_their_source() {
    let source = "[{\"sourcedb\":\"PMC\",\"sourceid\":\"12\",\"divid\":3,\"text\":\"a\"},\n 5,\n {\"text\":\"b c\",\"denotations\":[{\"span\":{\"begin\":7,\"end\":9},\"obj\":\"X\"}]}]";
    let collection = read("all", Path::new("all.json"), source);
    let names: Vec<&str> = collection.documents.iter().map(|(document, _)| document.name.as_str()).collect();
    assert_eq!(names, ["PMC-12-3", "all-3"]);
    assert_eq!((collection.findings[0].line, collection.findings[0].column), (2, 2));
    let (_, findings) = &collection.documents[1];
    assert_eq!((findings[0].line, findings[0].column), (3, 31));
}

#[test]
fn tracks_and_old_annotations_are_kept_and_named() {
    let source = r#"{"text":"a","tracks":[{"project":"x","denotations":[]}],"catanns":[],"denotations":[],"relations":[]}"#;
    let (document, findings) = read_one(source);
    assert_eq!(codes(&findings), ["tracks", "old-pubannotation"]);
    assert_eq!(write(&document).trim_end(), source);
}

fn any_document() -> impl Strategy<Value = Document> {
    let text = "Loss of β-catenin\n in 😀 mice; p53";
    let length = text.chars().count() as u32;
    let entity = ("[A-Za-z _]{1,6}", prop::collection::btree_set(0..=length, 2..6));
    (prop::collection::vec(entity, 1..6), prop::collection::vec(("[a-z]{1,4}", 0usize..9, 0usize..9), 0..6)).prop_map(
        move |(entities, links)| {
            let lists = entities.iter().enumerate().map(|(number, (label, cuts))| {
                let cuts: Vec<u32> = cuts.iter().copied().collect();
                let spans: Vec<Value> = cuts.chunks_exact(2).map(|pair| json!({"begin": pair[0], "end": pair[1]})).collect();
                json!({"id": format!("T{number}"), "span": spans, "obj": label})
            });
            let denotations: Vec<Value> = lists.collect();
            let end = |at: usize| format!("T{}", at % denotations.len());
            let relations: Vec<Value> = links
                .iter()
                .enumerate()
                .map(|(i, (pred, a, b))| json!({"id": format!("R{i}"), "pred": pred, "subj": end(*a), "obj": end(*b)}))
                .collect();
            let source = json!({"text": text, "denotations": denotations, "relations": relations});
            read_one(&source.to_string()).0
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_reads_back_equal(document in any_document()) {
        let (read, _) = read_one(&write(&document));
        prop_assert_eq!(&read.entities, &document.entities);
        prop_assert_eq!(&read.relations, &document.relations);
        prop_assert_eq!(write(&read), write(&document));
        prop_assert!(read.entities.values().all(|entity| entity.label != Label::from("")));
    }

    #[test]
    fn no_json_stops_the_reader(source in "(?s).{0,30}", item in "[\\[\\]{}\":,a-c0-9 -]{0,30}") {
        let wrapped = format!("{{\"text\":\"abc\",\"denotations\":[{item}],\"relations\":[{item}]}}");
        for source in [source, wrapped] {
            let _ = read("d", Path::new("d.json"), &source);
        }
    }
}
