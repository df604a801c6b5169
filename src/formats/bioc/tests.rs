use super::*;
use crate::document::Document;
use crate::formats::json::{Kind, kind};
use crate::formats::{Entry, Finding, brat, pubannotation};
use crate::text::SourceText;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::path::Path;

fn read_xml(source: &str) -> Vec<Entry> {
    xml::Reader::new(Path::new("x.xml"), source.as_bytes()).collect::<Result<_, _>>().unwrap()
}

fn one_xml(source: &str) -> (Document, Vec<Finding>) {
    let entry = read_xml(source).remove(0);
    (entry.document.expect("a document"), entry.findings)
}

fn one_json(source: &str) -> (Document, Vec<Finding>) {
    assert_eq!(kind(source), Kind::Bioc);
    let (document, findings) = json::read("x", Path::new("x.json"), source).remove(0);
    (document.unwrap(), findings)
}

fn codes(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.code).collect()
}

fn spans(document: &Document, id: &str) -> Vec<(u32, u32)> {
    document.entities[id].spans.iter().map(|&span| span.into()).collect()
}

const XML: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE collection SYSTEM "BioC.dtd">
<collection><source>PubMed</source><date>20260101</date><key>some.key</key><infon key="k">v</infon>
<document><id>12</id><infon key="journal">J &amp; K</infon>
<passage><infon key="type">title</infon><offset>0</offset><text>Loss of TNF-α</text>
 <annotation id="7"><infon key="type">Gene</infon><infon key="identifier">7124</infon><location offset="8" length="5"/><text>TNF-α</text></annotation></passage>
<passage><infon key="type">abstract</infon><offset>15</offset>
 <sentence><offset>15</offset><text>It kills.</text><annotation id="8"><infon key="type">Reg</infon><location offset="18" length="5"/><text>kills</text></annotation></sentence>
 <sentence><infon key="n">2</infon><offset>26</offset><text>Right and left hand.</text>
 <annotation id="9"><infon key="type">Part</infon><location offset="26" length="5"/><location offset="41" length="4"/><text>Right hand</text></annotation></sentence>
</passage>
<relation id="r1"><infon key="type">ThemeOf</infon><infon key="sure">yes</infon><node refid="7" role="Arg1"/><node refid="8" role="Arg2"/></relation>
<relation id="r2"><infon key="type">Set</infon><node refid="7" role=""/><node refid="8" role=""/><node refid="9" role=""/></relation>
<relation id="r3"><infon key="type">ThemeOf</infon><node refid="7" role="a"/><node refid="99" role="b"/></relation>
</document></collection>"#;

#[test]
fn passages_sentences_infons_and_all_relations_survive() {
    let (document, findings) = one_xml(XML);
    assert_eq!(codes(&findings), ["arguments", "dangling"]);
    assert_eq!(findings[1].line, 14);
    assert_eq!(document.text.as_str(), "Loss of TNF-α\n It kills.\n Right and left hand.");
    assert_eq!(spans(&document, "9"), [(26, 31), (41, 45)]);
    assert_eq!((document.name.as_str(), document.provenance.database.as_deref()), ("12", Some("PubMed")));
    assert_eq!(document.normalizations["N1"].entry, "7124");
    let written = xml::write([&document]);
    for part in [
        "<key>some.key</key><infon key=\"k\">v</infon>",
        "<infon key=\"journal\">J &amp; K</infon>",
        "<infon key=\"identifier\">7124</infon>",
        "<offset>15</offset><sentence><offset>15</offset>",
        "<infon key=\"n\">2</infon><offset>26</offset>",
        "<infon key=\"sure\">yes</infon>",
        "<node refid=\"9\" role=\"\"/>",
        "<node refid=\"99\" role=\"b\"/>",
        "<location offset=\"41\" length=\"4\"/>",
    ] {
        assert!(written.contains(part), "{part}\n{written}");
    }
    assert!(!written.contains("normalization."), "{written}");
    let (again, _) = one_xml(&written);
    assert_eq!((&again.entities, &again.relations), (&document.entities, &document.relations));
    assert_eq!(xml::write([&again]), written);
    let (json, _) = one_json(&json::write([&document]));
    assert_eq!(
        (&json.entities, &json.relations, json.text.as_str()),
        (&document.entities, &document.relations, document.text.as_str())
    );
    assert_eq!(xml::write([&json]), written);
}

#[test]
fn keys_and_values_of_json_survive() {
    let source = r#"{"source":"","date":"","key":"","infons":{},"version":2,"documents":[{"id":"1","infons":{"n":3},"passages":[{"offset":0,"infons":{},"text":"p53","sentences":[],"annotations":[{"id":"0","infons":{"type":"Gene","valid":true,"x":null},"text":"p53","locations":[{"offset":0,"length":3}],"extra":[1]}],"relations":[],"odd":1}],"annotations":[],"relations":[],"pmid":1}]}"#;
    let (document, findings) = one_json(source);
    assert!(findings.is_empty());
    assert_eq!(json::write([&document]).trim_end(), source);
    let wrapped = format!("{{\"PubTator3\":[{}]}}", &serde_json::from_str::<Value>(source).unwrap()["documents"][0]);
    assert_eq!(one_json(&wrapped).0.entities.len(), 1);
}

#[test]
fn keys_of_locations_and_nodes_come_back_where_they_stood() {
    let source = r#"{"source":"","date":"","key":"","infons":{},"documents":[{"id":"1","infons":{},"passages":[{"offset":0,"infons":{},"text":"right and left hand","sentences":[],"annotations":[{"id":"a","infons":{"type":"Part"},"text":"right hand","locations":[{"offset":0,"length":5,"page":3,"box":[1.50,{"z":null}]},{"offset":15,"length":4}]},{"id":"b","infons":{"type":"Part"},"text":"left","locations":[{"offset":10,"length":4,"page":4}],"sure":1e0}],"relations":[]}],"annotations":[],"relations":[{"id":"r","infons":{"type":"Of"},"nodes":[{"refid":"a","role":"Arg1"},{"refid":"b","role":"Arg2","x":true}]},{"id":"e","infons":{"type":"Set"},"nodes":[{"refid":"a","role":"Trigger"},{"refid":"b","role":"Theme","y":[]}]}]}]}"#;
    let (document, findings) = one_json(source);
    assert_eq!((codes(&findings), spans(&document, "a")), (Vec::new(), vec![(0, 5), (15, 19)]));
    let tree: Value = serde_json::from_str(source).unwrap();
    assert_eq!(json::write([&document]).trim_end(), tree.to_string());
    let turned = source.replace("\"Arg1\"", "\"Arg9\"").replace("\"Arg2\"", "\"Arg1\"").replace("\"Arg9\"", "\"Arg2\"");
    let written = json::write([&one_json(&turned).0]);
    assert!(written.contains(r#""nodes":[{"refid":"b","role":"Arg1","x":true},{"refid":"a","role":"Arg2"}]"#), "{written}");
    // An annotation that got another location says nothing of the old ones any more.
    let mut moved = document.clone();
    moved.entities["a"].spans.truncate(1);
    assert!(json::write([&moved]).contains(r#""locations":[{"offset":0,"length":5}]"#));
}

#[test]
fn what_is_not_what_it_should_be_is_named_and_written_back() {
    let bad = [
        r#"{"id":"n","infons":{"type":"X"},"text":"p53","locations":[{"offset":"0","length":3}],"more":7}"#,
        r#"{"id":"m","infons":[1],"locations":[{"offset":0,"length":3.0}]}"#,
        r#"[0,3]"#,
    ];
    let relation = r#"{"id":"r","infons":{"type":"Y"},"nodes":{"refid":"n"},"odd":[]}"#;
    let source = format!(
        r#"{{"infons":"i","documents":[{{"id":"1","infons":7,"passages":[{{"offset":0,"infons":[],"text":"p53","annotations":[{}]}},5,{{"offset":"4","text":"a","annotations":{{"a":1}}}}],"relations":[{relation},3]}}]}}"#,
        bad.join(",")
    );
    let (document, findings) = one_json(&source);
    let said: Vec<String> = findings.iter().map(|it| format!("{}@{}", it.code, it.column)).collect();
    let byte = |part: &str| source.find(part).unwrap() + 1;
    let places = [
        ("not-understood", byte(r#"{"offset":0,"infons":[]"#)),
        ("not-an-object", byte(r#"5,{"offset""#)),
        ("not-understood", byte(r#"{"offset":"4""#)),
        ("not-understood", byte(r#"{"offset":"4""#)),
        ("not-understood", byte(r#"{"id":"1""#)),
        ("offsets", byte(bad[0])),
        ("no-type", byte(bad[1])),
        ("not-an-object", byte(bad[2])),
        ("arguments", byte(relation)),
        ("not-an-object", byte("3]}]}")),
    ];
    let mut wanted: Vec<String> = places.iter().map(|(code, at)| format!("{code}@{at}")).collect();
    let mut sorted = said.clone();
    wanted.sort();
    sorted.sort();
    assert_eq!(sorted, wanted, "{findings:#?}");
    let written = json::write([&document]);
    for part in bad.iter().copied().chain([relation, r#""infons":"i""#, r#""infons":7"#, r#""annotations":{"a":1}"#, ",3]"]) {
        let tree: Option<Value> = serde_json::from_str(part).ok();
        let part = tree.map_or_else(|| part.to_owned(), |tree| tree.to_string());
        assert!(written.contains(&part), "{part}\n{written}");
    }
    assert_eq!(json::write([&one_json(&written).0]), written);
}

#[test]
fn sentences_beside_a_text_are_written_back() {
    let source = r#"{"documents":[{"id":"1","passages":[{"offset":0,"text":"p53 loss","sentences":[{"offset":0,"infons":{"n":1},"text":"p53","annotations":[{"id":"a","infons":{"type":"Gene"},"text":"p53","locations":[{"offset":0,"length":3}]}]},{"offset":4,"text":"loss","more":2}]}]}]}"#;
    let (document, findings) = one_json(source);
    assert_eq!((codes(&findings), document.text.as_str(), spans(&document, "a")), (vec![], "p53 loss", vec![(0, 3)]));
    let written = json::write([&document]);
    assert!(written.contains(r#""sentences":[{"offset":0,"infons":{"n":1},"text":"p53","annotations":[],"relations":[]},{"offset":4,"infons":{},"text":"loss","annotations":[],"relations":[],"more":2}]"#), "{written}");
    assert_eq!(json::write([&one_json(&written).0]), written);
}

#[test]
fn what_is_refused_keeps_its_other_keys() {
    let refused =
        r#"{"id":"a","infons":{"x":1,"type":"Gene"},"text":"p54","locations":[{"offset":0,"length":3}],"extra":{"k":[2]}}"#;
    let source = format!(r#"{{"documents":[{{"id":"1","passages":[{{"offset":0,"text":"p53","annotations":[{refused}]}}]}}]}}"#);
    let (document, findings) = one_json(&source);
    assert_eq!(codes(&findings), ["text-mismatch"]);
    assert!(json::write([&document]).contains(refused));
}

#[test]
fn what_xml_says_beyond_bioc_is_named_once_a_document() {
    let source = r#"<?xml version="1.0"?>
<collection xmlns:xsi="http://example.org/s" version="2"><source>s</source><source>t</source><license>free</license>
<document n="1"><id>1</id><passage><offset>0</offset><text>p53 loss</text>lost
<annotation id="a" by="x"><infon key="type">Gene</infon><infon key="type">Var</infon><location offset="0" length="3" page="1"/></annotation>
<annotation id="b" by="y"><infon key="type">Reg</infon><location offset="4" length="4"/><link>u</link></annotation>
<sentence><offset>0</offset><sentence/></sentence></passage></document>
<document><id>2</id><passage><offset>0</offset><offset>0</offset><text>a</text></passage></document>
<more/></collection>"#;
    let entries = read_xml(source);
    let said = |entry: &Entry| {
        let all = entry.findings.iter().map(|it| format!("{}:{}: {}", it.line, it.column, it.message.split(',').next().unwrap()));
        all.collect::<Vec<_>>()
    };
    assert_eq!(
        said(&entries[0]),
        [
            "2:1: BioC knows no attribute \"version\" of <collection>",
            "2:76: <source> comes again in one element: the last one counts",
            "2:94: BioC knows no <license> in <collection>",
            "2:103: BioC knows no text between the elements of <collection>",
            "3:1: BioC knows no attribute \"n\" of <document>",
            "3:75: BioC knows no text between the elements of <passage>",
            "4:1: BioC knows no attribute \"by\" of <annotation>",
            "4:57: the infon \"type\" comes again in one element: the last one counts",
            "4:86: BioC knows no attribute \"page\" of <location>",
            "5:89: BioC knows no <link> in <annotation>",
            "6:29: BioC knows no <sentence> in <sentence>",
        ]
    );
    assert!(entries[0].findings[6].message.ends_with("2 times in this document"));
    assert_eq!(said(&entries[1]), ["7:48: <offset> comes again in one element: the last one counts"]);
    assert_eq!(said(&entries[2]), ["8:1: BioC knows no <more> in <collection>"]);
    assert!(entries[2].document.is_none() && entries.len() == 3);
    assert_eq!(entries[0].document.as_ref().unwrap().entities["a"].label.as_str(), "Var");
}

fn passage(offset: i64, text: &str, annotations: &[(i64, i64, &str)]) -> Value {
    let annotations: Vec<Value> = annotations
        .iter()
        .map(|(offset, length, text)| {
            json!({"id": null, "infons": {"type": "Gene"}, "text": text, "locations": [{"offset": offset, "length": length}]})
        })
        .collect();
    json!({"offset": offset, "infons": {}, "text": text, "annotations": annotations})
}

#[test]
fn offsets_in_bytes_are_known_by_what_is_covered() {
    let source = json!({"id": "1", "passages": [passage(0, "αβ TNF", &[(5, 3, "TNF")]), passage(9, "γ p53", &[(12, 3, "p53")])]});
    let (document, findings) = one_json(&source.to_string());
    assert_eq!((codes(&findings), document.text.as_str()), (vec!["offset-unit"], "αβ TNF\nγ p53"));
    assert!(findings[0].message.contains("bytes"));
    assert_eq!((spans(&document, "T1"), spans(&document, "T2")), (vec![(3, 6)], vec![(9, 12)]));
}

#[test]
fn relative_normalised_and_missing_places_cost_at_most_the_annotation() {
    let annotations = [(2, 3, "p53"), (12, 5, "TNF-a"), (900, 2, "xx"), (-4, 2, "xx"), (10, 1, "q")];
    let source = json!({"id": "1", "passages": [passage(0, "abcdefghi", &[]), passage(10, "a p53 TNF-α p", &annotations)]});
    let mut source = source;
    source["passages"][1]["annotations"][1]["locations"][0] = json!({"offset": 16, "length": 5});
    source["passages"][0]["annotations"] = json!([{"id": "n", "infons": {"type": "X"}, "locations": []}, {"id": "m", "infons": {}, "locations": [{"offset": 0, "length": 1}]}]);
    let (document, findings) = one_json(&source.to_string());
    let found: Vec<_> = document.entities.values().map(|entity| document.covered_text(entity)).collect();
    assert_eq!(found, ["p53", "TNF-α"]);
    let said = codes(&findings);
    assert_eq!(said, ["no-span", "no-type", "relative-offset", "normalised-text", "outside-text", "empty-span", "text-mismatch"]);
    assert_eq!(document.provenance.skipped[SKIPPED_ANNOTATIONS].len(), 5);
    let (again, more) = one_json(&json::write([&document]));
    assert_eq!((again.entities.len(), more.len()), (2, 5), "{more:?}");
}

#[test]
fn gaps_and_offsets_that_can_not_be_meant_are_closed() {
    let source = json!({"documents": [{"id": "1", "passages": [passage(0, "ab", &[]), passage(4_000_000_000, "cd", &[(4_000_000_000, 2, "cd")]), passage(1, "ef", &[(1, 2, "ef")])]}]});
    let (document, findings) = one_json(&source.to_string());
    assert_eq!((document.text.as_str(), codes(&findings)), ("ab\ncd\nef", vec!["passage-offset"]));
    assert_eq!((spans(&document, "T1"), spans(&document, "T2")), (vec![(3, 5)], vec![(6, 8)]));
}

const STANDOFF: &str = "T1\tGene 0 4\tLoss\nT2\tVar 8 17\tβ-catenin\nE1\tReg:T1 Theme:T2 Cause:E2\nE2\tReg:T1 Theme:T2\nR1\tCauseOf Theme:T1 Cause:E1\n\
                        A1\tNegation E1\nA2\tLevel T2 high = low\nM3\tSpeculation R1\nN1\tReference T2 UniProt:P35222\tCTNNB1\n#1\tAnnotatorNotes T1\tone = two\n";

#[test]
fn what_standoff_says_of_events_attributes_links_and_notes_goes_through_both() {
    let text = "Loss of β-catenin\n in 😀 mice;\tp53\r R175H\n";
    let (document, _) = brat::read("d", SourceText::new(text), Path::new("d.ann"), STANDOFF);
    for read in [one_xml(&xml::write([&document])), one_json(&json::write([&document]))] {
        let (read, findings) = read;
        assert!(findings.is_empty(), "{findings:?}");
        assert_eq!((read.name.as_str(), read.text.as_str()), ("d", text));
        assert_eq!(brat::items(&read).collect::<Vec<_>>().len(), brat::items(&document).count());
        for item in brat::items(&document) {
            assert_eq!(brat::item(&read, item.id().as_str()), Some(item));
        }
    }
}

#[test]
fn events_may_stand_before_what_they_refer_to_and_those_of_a_circle_are_kept_in_their_order() {
    let event = |id: String, theme: String| json!({"id": id, "infons": {"type": "Reg"}, "nodes": [{"refid": "t", "role": TRIGGER}, {"refid": theme, "role": "Theme"}]});
    let chain = (0..500).map(|n| event(format!("e{n}"), if n < 499 { format!("e{}", n + 1) } else { "t".to_owned() }));
    let circle = ["a b", "b a", "c c", "d nowhere"].map(|pair| pair.split_once(' ').expect("two ids"));
    let relations = chain.chain(circle.map(|(id, theme)| event(id.to_owned(), theme.to_owned()))).collect::<Vec<_>>();
    let annotation = json!({"id": "t", "infons": {"type": "Reg"}, "text": "loss", "locations": [{"offset": 0, "length": 4}]});
    let passage = json!({"offset": 0, "text": "loss", "annotations": [annotation]});
    let (document, findings) =
        one_json(&json!({"documents": [{"id": "5", "passages": [passage], "relations": relations}]}).to_string());
    assert_eq!((document.events.len(), codes(&findings)), (500, vec!["dangling"; 4]));
    let left: Vec<&str> =
        document.provenance.skipped[SKIPPED_RELATIONS].iter().filter_map(|event| event["id"].as_str()).collect();
    assert_eq!(left, ["a", "b", "c", "d"]);
}

#[test]
fn collections_in_a_list_are_read_as_the_services_send_them() {
    let document = |id: &str, text: &str| json!({"id": id, "passages": [{"offset": 0, "text": text}]});
    let collection =
        |source: &str, documents: Vec<Value>| json!({"bioctype": "BioCCollection", "source": source, "documents": documents});
    let source = json!([
        collection("PubMed", vec![document("5", "loss"), document("6", "gain")]),
        collection("PMC", vec![document("PMC7", "rise")])
    ]);
    assert_eq!(kind(&source.to_string()), Kind::Bioc);
    let read = json::read("x", Path::new("x.json"), &source.to_string());
    let names: Vec<_> = read.iter().map(|(document, findings)| (document.as_ref().unwrap(), findings.len())).collect();
    let shown =
        |(document, findings): &(&Document, usize)| (document.name.clone(), document.provenance.database.clone(), *findings);
    let pubmed = Some("PubMed".to_owned());
    assert_eq!(
        names.iter().map(shown).collect::<Vec<_>>(),
        [("5".to_owned(), pubmed.clone(), 0), ("6".to_owned(), pubmed, 0), ("PMC7".to_owned(), None, 0)]
    );
}

#[test]
fn a_chain_of_formats_keeps_ids_and_names() {
    let source = r#"{"sourcedb":"PubMed","sourceid":"5","text":"p53\nloss of","denotations":[{"id":"T9","span":{"begin":0,"end":3},"obj":"Gene"},{"id":"x","span":{"begin":4,"end":8},"obj":"NegReg"}],"relations":[{"id":"R4","pred":"ThemeOf","subj":"T9","obj":"x"}]}"#;
    let (document, _) = pubannotation::read("PubMed-5", Path::new("d.json"), source).documents.remove(0);
    let (through, _) = one_json(&json::write([&document]));
    let (through, _) = one_xml(&xml::write([&through]));
    assert_eq!(
        (&through.name, &through.provenance.id, &through.provenance.database),
        (&document.name, &document.provenance.id, &document.provenance.database)
    );
    assert_eq!((&through.entities, &through.relations), (&document.entities, &document.relations));
}

#[test]
fn characters_that_xml_can_not_hold_are_counted() {
    let document = Document::new("d", SourceText::new("a\u{1}b\u{b}c\u{85}\u{2028}\r\n"));
    let (read, _) = one_xml(&xml::write([&document]));
    assert_eq!(read.text.as_str(), "a\u{fffd}b\u{fffd}c\u{85}\u{2028}\r\n");
    assert_eq!(xml::forbidden(&document), 2);
}

proptest! {
    #[test]
    fn no_json_stops_the_reader(offset in any::<i64>(), length in any::<i64>(), text in "(?s).{0,9}", said in ".{0,5}", at in -5i64..20) {
        for (offset, length, at) in [(offset, length, at), (offset % 20, length % 10, offset)] {
            let source = json!({"passages": [passage(at, &text, &[(offset, length, &said)]), passage(offset, &said, &[(at, length, &text)])]}).to_string();
            let (document, _) = one_json(&source);
            let (mut again, _) = one_json(&json::write([&document]));
            // What was refused is written back as it was, and may make sense where passages could not keep their places.
            if !document.provenance.skipped.is_empty() {
                again.entities.retain(|id, _| document.entities.contains_key(id));
            }
            prop_assert_eq!(&again.entities, &document.entities);
            // A key given twice sends a document through a tree.
            let written = json::write([&document]);
            let doubled = written.replacen("\"documents\":[{", "\"documents\":[{\"zz\":1,\"zz\":2,", 1);
            prop_assert_ne!(&doubled, &written);
            let (slow, mut more) = one_json(&doubled);
            let (quick, findings) = one_json(&written);
            let twice = more.iter().position(|finding| finding.code == "duplicate-key");
            prop_assert!(twice.is_some());
            more.retain(|finding| finding.code != "duplicate-key");
            prop_assert_eq!(codes(&more), codes(&findings));
            prop_assert_eq!((&slow.entities, &slow.relations), (&quick.entities, &quick.relations));
            prop_assert_eq!(slow.text.as_str(), quick.text.as_str());
        }
    }

    #[test]
    fn no_xml_stops_the_reader(parts in prop::collection::vec("<?/?(document|passage|annotation|location|text|offset)?( offset=\"9\")?[>/&;#x]?.{0,3}", 0..12)) {
        let _ = read_xml(&format!("<collection>{}", parts.concat()));
    }
}

#[test]
fn an_id_that_is_made_up_is_not_that_of_a_later_annotation() {
    let annotation = |id: &str, offset: u32, text: &str, label: &str| json!({ "id": id, "infons": { "type": label }, "locations": [{ "offset": offset, "length": text.len() }], "text": text });
    let annotations = [annotation("", 0, "Loss", "Reg"), annotation("T1", 8, "p53", "Gene")];
    let nodes = json!([{ "refid": "T1", "role": "subject" }, { "refid": "", "role": "object" }]);
    let source = json!({ "source": "s", "date": "d", "key": "k", "infons": {}, "documents": [{ "id": "1", "infons": {}, "passages": [
        { "offset": 0, "infons": {}, "text": "Loss of p53", "annotations": annotations, "relations": [], "sentences": [] }],
        "annotations": [], "relations": [{ "id": "R1", "infons": { "type": "ThemeOf" }, "nodes": nodes }] }] });
    let (document, findings) = one_json(&source.to_string());
    assert_eq!(document.entities["T1"].label.as_str(), "Gene", "{findings:?}");
    assert!(!codes(&findings).contains(&"duplicate-id"));
}
