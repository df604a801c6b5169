//! The 65 cases of `tests/fixtures/brat-cases.jsonl`: what brat's own reader and four other parsers make of odd files, and what we
//! want. Every check is complete: exactly these annotations are loaded, exactly these findings are reported, and writing gives
//! exactly this file.

use super::*;
use crate::document::{Document, Item};
use crate::formats::{Finding, Severity};
use crate::text::SourceText;
use std::path::Path;

const FIXTURE: &str = include_str!("../../../tests/fixtures/brat-cases.jsonl");

/// A case after it was read.
struct Case {
    annotations: String,
    document: Document,
    findings: Vec<Finding>,
}

impl Case {
    fn number(number: u64) -> Self {
        let cases = FIXTURE.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let case = cases.into_iter().find(|case| case["n"] == number).unwrap();
        let (text, annotations) = (case["txt"].as_str().unwrap(), case["ann"].as_str().unwrap().to_owned());
        let (document, findings) = read("d", SourceText::new(text), Path::new("d.ann"), &annotations);
        Self { annotations, document, findings }
    }

    /// Exactly these annotations are loaded, in normal form; equivalences last.
    fn loads(&self, lines: &[&str]) -> &Self {
        let mut loaded: Vec<String> = items(&self.document).map(|item| writer::item_line(&self.document, &item)).collect();
        loaded.extend(self.document.equivalences.iter().map(writer::equivalence_line));
        assert_eq!(loaded, lines);
        self
    }

    /// Exactly these findings, as severity, code, line and column.
    fn finds(&self, expected: &[(Severity, &str, u32, u32)]) -> &Self {
        let found: Vec<_> = self.findings.iter().map(|f| (f.severity, f.code, f.line, f.column)).collect();
        assert_eq!(found, expected);
        self
    }

    /// The only finding says this, message or hint.
    fn saying(&self, words: &[&str]) -> &Self {
        let said = self.findings[0].to_string();
        words.iter().for_each(|words| assert!(said.contains(words), "{said}"));
        self
    }

    fn repairs_to(&self, line: &str) -> &Self {
        assert_eq!(self.findings[0].repair.as_deref(), Some(line));
        let text = self.document.text.clone();
        let (repaired, findings) = read("d", text, Path::new("d.ann"), line);
        assert!(repaired.entities.len() == 1 && findings.is_empty(), "{findings:?}");
        self
    }

    /// Writing gives the file that was read.
    fn keeps_the_file(&self) {
        assert_eq!(write(&self.document), self.annotations);
    }

    /// Writing gives this file, which then reads without a finding and is kept.
    fn writes(&self, annotations: &str) {
        assert_eq!(write(&self.document), annotations);
        let (again, findings) = read("d", self.document.text.clone(), Path::new("d.ann"), annotations);
        assert!(findings.is_empty(), "{findings:?}");
        assert_eq!(again.entities, self.document.entities);
        assert_eq!(write(&again), annotations);
    }

    /// It is accepted without a word, as these annotations, and kept.
    fn is_accepted(&self, lines: &[&str]) {
        self.loads(lines).finds(&[]).keeps_the_file();
    }

    fn spans(&self, id: &str) -> Vec<(u32, u32)> {
        self.document.entities[id].spans.iter().map(|&span| span.into()).collect()
    }
}

use Severity::{Error, Info, Warning};

const FOO: &str = "T1\tG 0 3\tFoo";
const GENE: &str = "T1\tGene 0 3\tFoo";
const VAR: &str = "T2\tVar 4 7\tbar";

macro_rules! cases {
    ($($number:literal $name:ident: $check:expr;)*) => {
        $(
            #[test]
            fn $name() {
                let check: fn(&Case) = $check;
                check(&Case::number($number));
            }
        )*

        #[test]
        fn every_case_of_the_file_is_checked() {
            let numbers: Vec<u64> = FIXTURE.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["n"].as_u64().unwrap()).collect();
            assert_eq!(numbers, [$($number),*]);
            assert_eq!(numbers.len(), 65);
        }
    };
}

cases! {
    1 basic: |case| {
        case.is_accepted(&[GENE, VAR, "R1\tThemeOf Arg1:T1 Arg2:T2"]);
        let relation = &case.document.relations["R1"];
        assert_eq!((relation.subject.as_str(), relation.object.as_str()), ("T1", "T2"));
    };
    3 discontinuous_without_separator: |case| {
        case.loads(&["T1\tGene 13 18;25 30\tLorem dolor"]).finds(&[(Warning, "joined-fragments", 1, 9)]);
        case.saying(&["before 1.3"]).writes("T1\tGene 13 18;25 30\tLorem dolor\n");
    };
    4 adjacent_fragments: |case| {
        case.is_accepted(&["T1\tGene 0 3;3 7\tFoo  bar"]);
        assert_eq!(case.spans("T1"), [(0, 3), (3, 7)]);
    };
    5 descending_fragments: |case| {
        case.is_accepted(&["T1\tGene 25 30;13 18\tdolor Lorem"]);
        assert_eq!(case.spans("T1"), [(25, 30), (13, 18)]);
    };
    7 carriage_returns: |case| {
        case.loads(&[GENE, VAR, "R1\tThemeOf Arg1:T1 Arg2:T2"]).finds(&[(Info, "carriage-returns", 0, 0)]);
        case.writes("T1\tGene 0 3\tFoo\nT2\tVar 4 7\tbar\nR1\tThemeOf Arg1:T1 Arg2:T2\n");
    };
    8 astral_in_code_points: |case| case.is_accepted(&["T1\tVar 5 8\tbar"]);
    9 astral_in_utf16: |case| {
        case.loads(&[]).finds(&[(Error, "offset-unit", 1, 8)]).saying(&["UTF-16", "5 8"]).repairs_to("T1\tVar 5 8\tbar").keeps_the_file();
    };
    11 blank_line: |case| case.loads(&[GENE, VAR]).finds(&[(Info, "blank-line", 2, 1)]).keeps_the_file();
    12 no_final_newline: |case| case.loads(&[GENE]).finds(&[]).writes("T1\tGene 0 3\tFoo\n");
    13 empty: |case| case.is_accepted(&[]);
    15 other_text: |case| {
        case.loads(&[]).finds(&[(Error, "text-mismatch", 1, 9)]).saying(&["\"Fox\"", "\"Foo\""]).keeps_the_file();
        assert_eq!(case.findings[0].repair, None);
    };
    16 inclusive_end: |case| {
        case.loads(&[]).finds(&[(Error, "text-mismatch", 1, 9)]).saying(&["end offset looks inclusive"]);
        case.repairs_to(GENE).keeps_the_file();
    };
    17 no_text_column: |case| {
        case.loads(&[GENE]).finds(&[(Warning, "no-text-column", 1, 9)]).writes("T1\tGene 0 3\tFoo\n");
    };
    19 empty_span: |case| case.loads(&[]).finds(&[(Error, "empty-span", 1, 9)]).keeps_the_file();
    20 end_beyond_the_text: |case| {
        case.loads(&[]).finds(&[(Error, "outside-text", 1, 9)]).saying(&["0 999", "55 characters"]).keeps_the_file();
    };
    21 start_behind_end: |case| {
        case.loads(&[]).finds(&[(Error, "reversed-span", 1, 9)]).saying(&["ends before it starts"]).keeps_the_file();
    };
    23 spaces_for_tabs: |case| {
        case.loads(&[]).finds(&[(Error, "not-understood", 1, 1)]).saying(&["spaces instead of tabs"]).keeps_the_file();
    };
    24 tabs_for_spaces: |case| {
        case.loads(&[]).finds(&[(Error, "offsets", 1, 4)]).saying(&["spaces, not tabs"]).keeps_the_file();
    };
    25 white_space_only: |case| {
        case.loads(&["T1\tGene 54 55\t "]).finds(&[(Warning, "blank-mention", 1, 9)]).saying(&["white space only"]).keeps_the_file();
    };
    27 comment_column: |case| {
        case.is_accepted(&[GENE]);
        let mut changed = case.document.clone();
        changed.entities["T1"].label = "Var".into();
        assert_eq!(write(&changed), "T1\tVar 0 3\tFoo\tcomment\n");
    };
    28 raw_newline_in_mention: |case| {
        case.loads(&[]).finds(&[(Error, "text-mismatch", 1, 9), (Error, "not-understood", 2, 1)]);
        case.saying(&["crosses a line end", "one fragment for each line"]).keeps_the_file();
    };
    29 one_fragment_for_each_line: |case| {
        case.is_accepted(&["T1\tGene 25 30;31 37\tdolor Second"]);
        let mut crossing = case.document.clone();
        crossing.entities["T1"].spans = vec![crate::text::CharSpan::of_chars(25, 37).unwrap()];
        assert_eq!(write(&crossing), case.annotations);
    };
    31 other_argument_names: |case| {
        case.is_accepted(&[GENE, VAR, "R1\tThemeOf Subj:T1 Obj:T2"]);
        let relation = &case.document.relations["R1"];
        assert_eq!((relation.subject.as_str(), relation.object.as_str()), ("T1", "T2"));
        let mut changed = case.document.clone();
        changed.relations["R1"].role = "CauseOf".into();
        assert!(write(&changed).ends_with("R1\tCauseOf Subj:T1 Obj:T2\n"));
    };
    32 tab_behind_relation: |case| case.is_accepted(&[GENE, VAR, "R1\tThemeOf Arg1:T1 Arg2:T2"]);
    33 relation_before_its_entities: |case| case.is_accepted(&[GENE, VAR, "R1\tThemeOf Arg1:T1 Arg2:T2"]);
    35 relation_to_itself: |case| {
        case.loads(&[GENE, "R1\tThemeOf Arg1:T1 Arg2:T1"]).finds(&[(Warning, "self-relation", 2, 4)]).keeps_the_file();
    };
    36 same_argument_twice: |case| {
        case.loads(&[GENE, VAR]).finds(&[(Error, "arguments", 3, 4)]).saying(&["both arguments are called Arg1"]).keeps_the_file();
    };
    37 three_arguments: |case| {
        case.loads(&[GENE, VAR]).finds(&[(Error, "arguments", 3, 4)]).saying(&["two arguments, this one has 3"]).keeps_the_file();
    };
    39 relation_to_event: |case| {
        case.is_accepted(&[GENE, "T2\tReg 4 7\tbar", "E1\tReg:T2 Theme:T1", "R1\tThemeOf Arg1:T1 Arg2:E1"]);
    };
    40 two_types_on_one_span: |case| case.is_accepted(&[GENE, "T2\tProtein 0 3\tFoo"]);
    41 nested: |case| case.is_accepted(&["T1\tGene 0 7\tFoo bar", "T2\tProtein 4 7\tbar"]);
    43 overlapping_equivalences: |case| {
        case.is_accepted(&[FOO, "T2\tG 4 7\tbar", "T3\tG 8 11\tbaz", "*\tEquiv T1 T2", "*\tEquiv T2 T3"]);
    };
    44 equivalence_of_long_ids: |case| {
        case.is_accepted(&["T10\tG 0 3\tFoo", "T11\tG 4 7\tbar", "*\tEquiv T10 T11"]);
        assert_eq!(case.document.equivalences[0].members, ["T10".into(), "T11".into()]);
    };
    45 binary_attribute: |case| {
        case.is_accepted(&[FOO, "A1\tNegated T1"]);
        assert_eq!(case.document.attributes["A1"].value, None);
    };
    47 attribute_value_with_space: |case| {
        case.is_accepted(&[FOO, "A1\tConf T1 Very High"]);
        assert_eq!(case.document.attributes["A1"].value.as_deref(), Some("Very High"));
    };
    48 attribute_value_with_point: |case| {
        case.is_accepted(&[FOO, "A1\tConf T1 0.93"]);
        assert_eq!(case.document.attributes["A1"].value.as_deref(), Some("0.93"));
    };
    49 attribute_of_relation: |case| {
        case.is_accepted(&[FOO, "T2\tV 4 7\tbar", "R1\tX Arg1:T1 Arg2:T2", "A1\tConf R1 High"]);
        assert_eq!(case.document.attributes["A1"].target.as_str(), "R1");
    };
    51 modification: |case| {
        case.is_accepted(&["T1\tReg 0 3\tFoo", "T2\tG 4 7\tbar", "E1\tReg:T1 Theme:T2", "M1\tNegation E1"]);
        assert_eq!(case.document.attributes["M1"].kind, crate::document::AttributeKind::Modification);
    };
    52 normalization: |case| {
        case.is_accepted(&[FOO, "N1\tReference T1 NCBIGene:672\tBRCA1"]);
        let doubled = case.annotations.replace("\tBRCA1", "\t\tBRCA1");
        let (document, findings) = read("d", case.document.text.clone(), Path::new("d.ann"), &doubled);
        assert!(findings.is_empty() && document.normalizations == case.document.normalizations);
    };
    53 normalization_without_name: |case| {
        case.is_accepted(&[FOO, "N1\tReference T1 NCBIGene:672"]);
        assert_eq!(case.document.normalizations["N1"].name, None);
    };
    55 normalization_of_2013: |case| {
        case.loads(&[FOO, "N1\tReference T1 GO:0008150"]).finds(&[]).writes("T1\tG 0 3\tFoo\nN1\tReference T1 GO:0008150\n");
        let normalization = &case.document.normalizations["N1"];
        assert_eq!((normalization.database.as_str(), normalization.entry.as_str()), ("GO", "0008150"));
    };
    56 note: |case| {
        case.is_accepted(&[FOO, "#1\tAnnotatorNotes T1\thello world"]);
        assert_eq!(case.document.notes["#1"].text, "hello world");
    };
    57 note_without_text: |case| {
        case.is_accepted(&[FOO, "#1\tAnnotatorNotes T1\t"]);
        assert_eq!(case.document.notes["#1"].text, "");
    };
    59 free_comment: |case| case.loads(&[FOO]).finds(&[(Info, "comment", 1, 1)]).keeps_the_file();
    60 event_without_arguments: |case| case.is_accepted(&["T1\tReg 0 3\tFoo", "E1\tReg:T1"]);
    61 space_behind_event: |case| case.is_accepted(&["T1\tReg 0 3\tFoo", "E1\tReg:T1"]);
    63 role_twice_in_event: |case| {
        case.is_accepted(&["T1\tBinding 0 3\tFoo", "T2\tG 4 7\tbar", "T3\tG 8 11\tbaz", "E1\tBinding:T1 Theme:T2 Theme:T3"]);
        assert_eq!(case.document.events["E1"].arguments.len(), 2);
    };
    64 events_in_a_circle: |case| {
        case.loads(&["T1\tReg 0 3\tFoo", "T2\tReg 4 7\tbar", "E1\tReg:T1 Theme:E2", "E2\tReg:T2 Theme:E1"]);
        case.finds(&[(Warning, "event-cycle", 3, 1), (Warning, "event-cycle", 4, 1)]).keeps_the_file();
    };
    65 event_before_its_argument: |case| {
        case.is_accepted(&["T1\tReg 0 3\tFoo", "T2\tReg 4 7\tbar", "T3\tG 8 11\tbaz", "E1\tReg:T1 Theme:E2", "E2\tReg:T2 Theme:T3"]);
    };
    67 trigger_missing: |case| case.loads(&[]).finds(&[(Error, "dangling", 1, 4)]).saying(&["no trigger T9"]).keeps_the_file();
    68 event_without_trigger: |case| case.loads(&[FOO]).finds(&[(Error, "no-trigger", 2, 4)]).keeps_the_file();
    69 shared_trigger: |case| {
        let entities = ["T1\tReg 0 3\tFoo", "T2\tG 4 7\tbar", "T3\tG 8 11\tbaz"];
        case.is_accepted(&[&entities[..], &["E1\tReg:T1 Theme:T2", "E2\tReg:T1 Theme:T3"]].concat());
    };
    71 unknown_kind: |case| case.loads(&[FOO]).finds(&[(Error, "unknown-kind", 2, 1)]).saying(&["X1"]).keeps_the_file();
    72 id_with_leading_zero: |case| case.is_accepted(&["T01\tG 0 3\tFoo"]);
    73 id_with_two_letters: |case| case.loads(&["TX1\tG 0 3\tFoo"]).finds(&[(Info, "unusual-id", 1, 1)]).keeps_the_file();
    75 id_without_number: |case| case.loads(&[]).finds(&[(Error, "id", 1, 1)]).saying(&["has no number"]).keeps_the_file();
    76 type_with_hyphen: |case| case.is_accepted(&["T1\tPos-Reg 0 3\tFoo"]);
    77 type_beyond_ascii: |case| case.loads(&["T1\tGène 0 3\tFoo"]).finds(&[(Warning, "unusual-type", 1, 4)]).keeps_the_file();
    79 line_separator_in_mention: |case| case.is_accepted(&["T1\tG 0 5\tFo\u{2028}ob"]);
    80 next_line_in_mention: |case| case.is_accepted(&["T1\tG 0 5\tFo\u{85}ob"]);
    81 vertical_tab_in_mention: |case| {
        case.is_accepted(&["T1\tG 0 5\tFo\u{b}ob"]);
        for c in ['\u{c}', '\u{1c}', '\u{1d}', '\u{1e}'] {
            let line = format!("T1\tG 0 5\tFo{c}ob\n");
            let (document, findings) = read("d", SourceText::new(format!("Fo{c}ob bar\n")), Path::new("d.ann"), &line);
            assert!(document.entities.len() == 1 && findings.is_empty() && write(&document) == line);
        }
    };
    83 mark_in_the_text: |case| {
        case.loads(&["T1\tG 1 4\tFoo"]).finds(&[(Warning, "offset-unit", 1, 6)]).saying(&["byte order mark"]).keeps_the_file();
        let (counted, findings) = read("d", case.document.text.clone(), Path::new("d.ann"), "T1\tG 1 4\tFoo\n");
        assert!(findings.is_empty() && counted.entities == case.document.entities);
    };
    84 mark_in_the_annotations: |case| case.loads(&[FOO]).finds(&[(Warning, "byte-order-mark", 1, 1)]).writes("T1\tG 0 3\tFoo\n");
    85 carriage_returns_in_the_text: |case| {
        case.is_accepted(&["T1\tG 5 8\tbar"]);
        let (uncounted, findings) = read("d", case.document.text.clone(), Path::new("d.ann"), "T1\tG 4 7\tbar\n");
        assert!(uncounted.entities.is_empty() && findings[0].to_string().contains("without the carriage returns"));
        assert_eq!(findings[0].repair.as_deref(), Some("T1\tG 5 8\tbar"));
    };
    87 leading_zeros: |case| {
        case.loads(&[FOO]).finds(&[]).writes("T1\tG 0 3\tFoo\n");
        let (plus, _) = read("d", case.document.text.clone(), Path::new("d.ann"), "T1\tG +0 +3\tFoo\n");
        assert_eq!(write(&plus), "T1\tG 0 3\tFoo\n");
    };
}

#[test]
fn entities_come_first_in_what_is_new() {
    let case = Case::number(1);
    let mut document = case.document.clone();
    let mut entity = document.entities["T1"].clone();
    entity.id = document.fresh_id('T');
    let mut relation = document.relations["R1"].clone();
    (relation.id, relation.subject) = (document.fresh_id('R'), entity.id.clone());
    document.relations.insert(relation.id.clone(), relation);
    document.entities.insert(entity.id.clone(), entity);
    let lines = [GENE, VAR, "T3\tGene 0 3\tFoo", "R1\tThemeOf Arg1:T1 Arg2:T2", "R2\tThemeOf Arg1:T3 Arg2:T2"];
    assert_eq!(write(&document), lines.map(|line| format!("{line}\n")).concat());
    assert!(items(&document).all(|item| !matches!(item, Item::Note(_))));
}

#[test]
fn what_falls_with_a_refused_line_is_refused_too() {
    let annotations = "T1\tG 0 3\tFox\nE1\tReg:T1\nE2\tReg:T2 Theme:E1\nT2\tReg 4 7\tbar\nA1\tNegation E2\nT2\tReg 0 3\tFoo\n";
    let (document, findings) = read("d", SourceText::new("Foo bar"), Path::new("d.ann"), annotations);
    let found: Vec<_> = findings.iter().map(|finding| (finding.line, finding.code)).collect();
    assert_eq!(found, [(1, "text-mismatch"), (2, "dangling"), (3, "dangling"), (5, "dangling"), (6, "duplicate-id")]);
    assert_eq!(items(&document).count(), 1);
    assert_eq!(write(&document), annotations);
}
