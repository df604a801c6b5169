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
fn keys_of_spans_come_back_where_they_stood() {
    for spans in [
        r#"{"id":"T1","span":{"begin":0,"end":3,"page":[1,{"x":null}]},"obj":"Gene","z":1}"#,
        r#"{"id":"T1","span":[{"begin":0,"end":3},{"begin":4,"end":8,"page":2}],"obj":"Gene"}"#,
        r#"{"id":"F","span":{"begin":0,"end":3,"page":1},"obj":"_FRAGMENT"},{"id":"T1","span":{"begin":4,"end":8,"page":2},"obj":"Gene"}"#,
    ] {
        let links =
            if spans.contains("FRAGMENT") { r#"{"id":"R1","pred":"_lexicallyChainedTo","subj":"T1","obj":"F"}"# } else { "" };
        let source = format!(r#"{{"text":"p53 loss","denotations":[{spans}],"relations":[{links}]}}"#);
        let (document, findings) = read_one(&source);
        assert!(findings.is_empty() && document.entities.len() == 1, "{findings:?}");
        assert_eq!(write(&document).trim_end(), source);
    }
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
fn what_stands_where_an_id_belongs_is_told_and_another_one_made() {
    let source = r#"{"text":"a b","denotations":[{"id":true,"span":{"begin":0,"end":1},"obj":"X"},{"id":7,"span":{"begin":2,"end":3},"obj":"X"}]}"#;
    let (document, findings) = read_one(source);
    assert_eq!(document.entities.keys().map(|id| id.as_str()).collect::<Vec<_>>(), ["T1", "7"]);
    assert_eq!(findings[0].to_string(), "d.json:1:30: an id is a string or a number, here it is true; the item gets another one");
    assert_eq!(codes(&findings), ["no-id"]);
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
fn tracks_are_proposals_of_their_annotators_and_are_written_back_as_they_were() {
    let denotation =
        |id: &str, begin: u32, end: u32, obj: &str| json!({"id": id, "span": {"begin": begin, "end": end}, "obj": obj});
    let theme = |id: &str, subj: &str, obj: &str| json!({"id": id, "pred": "ThemeOf", "subj": subj, "obj": obj});
    let source = json!({
        "text": "loss of p53 in mice",
        "tracks": [
            {"project": "anna", "denotations": [denotation("T1", 8, 11, "Gene"), denotation("T2", 0, 4, "NegReg"), denotation("T3", 15, 19, "Org")],
             "relations": [theme("R1", "T1", "T2")], "attributes": [{"id": "A1", "subj": "T1", "pred": "sure", "obj": true}]},
            {"project": "ben", "denotations": [denotation("T1", 0, 4, "NegReg"), denotation("T2", 15, 99, "Org"), {"span": {"begin": 8, "end": 11}, "obj": "Protein"}],
             "relations": [theme("R1", "T9", "T1")]},
            {"denotations": null},
            5,
        ],
        "denotations": [denotation("T1", 15, 19, "Org")],
        "relations": [],
    });
    let (document, findings) = read_one(&source.to_string());
    assert_eq!(codes(&findings), ["tracks", "outside-text", "dangling", "not-an-object", "tracks"]);
    assert!(findings[4].message.ends_with("annotators: anna, ben, track 3"), "{}", findings[4].message);
    let place = (findings[1].line, findings[1].column);
    let column = source.to_string().find(&denotation("T2", 15, 99, "Org").to_string()).unwrap() as u32 + 1;
    assert_eq!(place, (1, column));
    let by = |origin: &Origin| match origin {
        Origin::Annotator { name } => name.to_string(),
        other => format!("{other:?}"),
    };
    let shown: Vec<_> = document
        .entities
        .values()
        .map(|it| (document.covered_text(it), it.label.to_string(), by(&it.origin), it.status))
        .collect();
    let row = |text: &str, label: &str, by: &str, status| (text.to_owned(), label.to_owned(), by.to_owned(), status);
    assert_eq!(
        shown,
        [
            row("mice", "Org", "Given", Status::Accepted),
            row("loss", "NegReg", "anna, ben", Status::Proposed),
            row("p53", "Gene", "anna", Status::Proposed),
            row("p53", "Protein", "ben", Status::Proposed),
        ]
    );
    let relation = &document.relations[0];
    assert_eq!((by(&relation.origin), relation.status), ("anna".to_owned(), Status::Proposed));
    assert_eq!((document.covered_text(&document.entities[&relation.subject]), document.entities.len()), ("p53".to_owned(), 4));
    assert!(document.attributes.is_empty());

    // Without a decision the file comes back as it was; an accepted proposal stands beside the tracks and is not proposed again.
    let standing = |document: &Document| {
        let mut document = document.clone();
        document.entities.retain(|_, entity| entity.status.stands());
        document.relations.retain(|_, relation| relation.status.stands());
        document
    };
    assert_eq!(to_value(&standing(&document)), source);
    let mut decided = document.clone();
    decided.entities.values_mut().filter(|it| it.label.as_str() == "Gene").for_each(|it| it.status = Status::Accepted);
    let (again, _) = read_one(&write(&standing(&decided)));
    let of = |status: Status| {
        again.entities.values().filter(move |it| it.status == status).map(|it| it.label.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(of(Status::Accepted), ["Org", "Gene"]);
    assert_eq!(of(Status::Proposed), ["NegReg", "Protein"]);
    assert_eq!(to_value(&again)["tracks"], source["tracks"]);
}

#[test]
fn tracks_that_are_no_list_and_old_annotations_are_kept_and_named() {
    let source = r#"{"text":"a","tracks":"many","catanns":[],"denotations":[],"relations":[]}"#;
    let (document, findings) = read_one(source);
    assert_eq!(codes(&findings), ["old-pubannotation", "tracks"]);
    assert_eq!(write(&document).trim_end(), source);
}

#[test]
fn an_id_that_is_made_is_none_that_a_folded_fragment_or_a_kept_item_bears() {
    let source = r#"{"text":"right and left hand","denotations":[{"id":"T1","span":{"begin":0,"end":5},"obj":"_FRAGMENT"},{"id":"T2","span":{"begin":15,"end":19},"obj":"Part"},{"span":{"begin":10,"end":14},"obj":"Side"},{"id":"T3","span":{"begin":0,"end":99},"obj":"Part"}],"relations":[{"id":"R1","pred":"_lexicallyChainedTo","subj":"T2","obj":"T1"}]}"#;
    let (document, _) = read_one(source);
    assert_eq!(document.entities.keys().map(|id| id.as_str()).collect::<Vec<_>>(), ["T2", "T4"]);
    let written = to_value(&document);
    let ids: Vec<&str> = written["denotations"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["T1", "T2", "T4", "T3"]);
}

#[test]
fn of_an_array_that_breaks_off_the_documents_before_are_read() {
    let source = "[{\"text\": \"a\", \"sourceid\": \"1\"},\n {\"text\": \"b\", \"sourceid\": \"2\"},\n {\"text\": \"c";
    let collection = read("d", Path::new("d.json"), source);
    assert_eq!(collection.documents.iter().map(|(document, _)| document.text.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    let [finding] = collection.findings.as_slice() else { panic!("{:?}", collection.findings) };
    assert_eq!((finding.line, finding.severity), (3, crate::formats::Severity::Error));
}

#[test]
fn a_key_given_twice_is_told_with_its_place_and_the_last_counts() {
    let source = "{\"text\": \"loss of p53\",\n \"denotations\": [{\"id\": \"T1\", \"obj\": \"Reg\", \"obj\": \"NegReg\",\n \"span\": {\"begin\": 0, \"end\": 4}}]}";
    let (document, findings) = read_one(source);
    assert_eq!(codes(&findings), ["duplicate-key"]);
    assert_eq!((findings[0].line, findings[0].column), (2, 52));
    assert_eq!(document.entities["T1"].label.as_str(), "NegReg");
}

#[test]
fn what_stands_where_a_list_belongs_is_told_and_makes_room_for_the_list() {
    let source = "{\"text\": \"loss of p53\",\n \"denotations\": {}, \"relations\": \"x\", \"attributes\": null}";
    let (mut document, findings) = read_one(source);
    assert_eq!(codes(&findings), ["not-a-list", "not-a-list"]);
    let places: Vec<_> = findings.iter().map(|finding| (finding.line, finding.column)).collect();
    assert_eq!(places, [(2, 17), (2, 34)]);
    let given =
        read_one(r#"{"text": "loss of p53", "denotations": [{"id": "T1", "span": {"begin": 0, "end": 4}, "obj": "Reg"}]}"#);
    document.entities = given.0.entities;
    assert_eq!(spans(&read_one(&write(&document)).0, "T1"), [(0, 4)], "a new annotation has its place");
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
    fn the_quick_way_and_the_way_by_a_tree_read_the_same(document in any_document()) {
        let source = write(&document);
        let (quick, findings) = read_one(&source);
        // A key given twice sends the whole document through a tree.
        let doubled = source.replacen('{', "{\"zz\":1,\"zz\":2,", 1);
        let (mut slow, mut more) = read_one(&doubled);
        prop_assert_eq!(slow.provenance.unknown.shift_remove("zz"), Some(json!(2)));
        prop_assert_eq!(more.remove(0).code, "duplicate-key");
        prop_assert_eq!(codes(&more), codes(&findings));
        prop_assert_eq!((&slow.entities, &slow.relations), (&quick.entities, &quick.relations));
        prop_assert_eq!((&slow.attributes, slow.text.as_str()), (&quick.attributes, quick.text.as_str()));
        prop_assert_eq!(write(&slow), write(&quick));
    }

    #[test]
    fn no_json_stops_the_reader(source in "(?s).{0,30}", item in "[\\[\\]{}\":,a-c0-9 -]{0,30}") {
        let wrapped = format!("{{\"text\":\"abc\",\"denotations\":[{item}],\"relations\":[{item}]}}");
        for source in [source, wrapped] {
            let _ = read("d", Path::new("d.json"), &source);
        }
    }
}
