//! Odd files of every format beyond the cases of `tests/fixtures/brat-cases.jsonl`: what is found in them, where, and what is loaded
//! all the same. What a sheet of brat holds comes back from every one of them byte for byte.

use super::{brat, load_paths};
use crate::text::SourceText;
use std::fs;
use std::path::Path;

const TEXT: &str = "Foo bar baz. Lorem ipsum\nSecond β line.\n";

/// What it is, the sheet, its text if it is not [`TEXT`], the findings as `code@line:column`, entities and relations.
type Sheet = (&'static str, &'static str, Option<&'static str>, &'static str, usize, usize);

const SHEETS: &[Sheet] = &[
    ("a relation of a mention with itself", "T1\tG 0 3\tFoo\nR1\tX Arg1:T1 Arg2:T1\n", None, "self-relation@2:4", 1, 1),
    (
        "events that are arguments of each other",
        "T1\tG 0 3\tFoo\nE1\tG:T1 Theme:E2\nE2\tG:T1 Theme:E1\n",
        None,
        "event-cycle@2:1 event-cycle@3:1",
        1,
        0,
    ),
    ("an event that is its own argument", "T1\tG 0 3\tFoo\nE1\tG:T1 Theme:E1\n", None, "event-cycle@2:1", 1, 0),
    (
        "an id with more digits than any number",
        "T99999999999999999999999999\tG 0 3\tFoo\nR1\tX Arg1:T99999999999999999999999999 Arg2:T1\nT1\tG 4 7\tbar\n",
        None,
        "",
        2,
        1,
    ),
    ("an offset below zero", "T1\tG -1 3\tFoo\n", None, "offsets@1:6", 0, 0),
    ("an offset beyond every number", "T1\tG 0 99999999999999999999\tFoo\n", None, "offsets@1:6", 0, 0),
    ("an offset of 32 bits", "T1\tG 0 4294967295\tFoo\n", None, "outside-text@1:6", 0, 0),
    ("fragments out of order", "T1\tG 4 7;0 3\tbar Foo\n", None, "", 1, 0),
    ("fragments that overlap", "T1\tG 0 5;4 7\tFoo b bar\n", None, "overlapping-fragments@1:6", 0, 0),
    ("a tab in the mention", "T1\tG 0 7\tFoo\tbar\n", Some("Foo\tbar\n"), "", 1, 0),
    ("a blank behind the mention", "T1\tG 0 3\tFoo \n", None, "text-mismatch@1:6", 0, 0),
    ("a tab behind the mention", "T1\tG 0 3\tFoo\t\n", None, "", 1, 0),
    ("a note on nothing", "#1\tAnnotatorNotes T9\tx\n", None, "dangling@1:4", 0, 0),
    ("an equivalence of one", "T1\tG 0 3\tFoo\n*\tEquiv T1\n", None, "equivalence@2:3", 1, 0),
    ("an equivalence with nothing", "T1\tG 0 3\tFoo\n*\tEquiv T1 T7\n", None, "dangling@2:3", 1, 0),
    ("an attribute of itself", "A1\tNeg A1\n", None, "dangling@1:4", 0, 0),
    ("a note on itself", "#1\tAnnotatorNotes #1\tx\n", None, "dangling@1:4", 0, 0),
    ("a link without a database", "T1\tG 0 3\tFoo\nN1\tReference T1 nocolon\tx\n", None, "normalization@2:4", 1, 0),
    ("a link with two colons", "T1\tG 0 3\tFoo\nN1\tReference T1 GO:0001:2\tx\n", None, "", 1, 0),
    ("an id that comes twice", "T1\tG 0 3\tFoo\nT1\tG 4 7\tbar\n", None, "duplicate-id@2:1", 1, 0),
    (
        "a relation before its mentions, twice",
        "T1\tG 0 3\tFoo\nR1\tX Arg1:T1 Arg2:T2\nT2\tG 4 7\tbar\nR1\tX Arg1:T2 Arg2:T1\n",
        None,
        "duplicate-id@4:1",
        2,
        1,
    ),
    ("carriage returns alone", "T1\tG 0 3\tFoo\rT2\tG 4 7\tbar\r", None, "text-mismatch@1:6", 0, 0),
    ("carriage returns at the ends", "T1\tG 0 3\tFoo\r\nT2\tG 4 7\tbar\r\n", None, "carriage-returns@0:0", 2, 0),
    ("NUL in text and mention", "T1\tG 0 3\tF\0o\n", Some("F\0o bar"), "", 1, 0),
    ("a line separator that is none", "T1\tG 0 7\tFoo\u{2028}bar\n", Some("Foo\u{2028}bar"), "", 1, 0),
    ("a relation with one end", "T1\tG 0 3\tFoo\nR1\tX Arg1:T1\n", None, "arguments@2:4", 1, 0),
    ("a relation with three ends", "T1\tG 0 3\tFoo\nR1\tX Arg1:T1 Arg2:T1 Arg3:T1\n", None, "arguments@2:4", 1, 0),
    ("a relation with a relation", "T1\tG 0 3\tFoo\nR1\tX Arg1:T1 Arg2:R1\n", None, "dangling@2:4", 1, 0),
    ("a mention without a type", "T1\t 0 3\tFoo\n", None, "no-type@1:4", 0, 0),
    ("a mention without its text", "T1\tG 0 3\t\n", None, "text-mismatch@1:6", 0, 0),
    ("blanks that do not break", "T1\tG\u{a0}0\u{a0}3\tFoo\n", None, "offsets@1:4", 0, 0),
    ("digits of another script", "T1\tG ٠ ٣\tFoo\n", None, "offsets@1:6", 0, 0),
    ("a composed letter for two", "T1\tG 0 1\té\n", Some("e\u{301}x"), "text-mismatch@1:6", 0, 0),
    ("a span of nothing", "T1\tG 3 3\t\n", None, "empty-span@1:6", 0, 0),
    ("a span turned round", "T1\tG 3 0\tFoo\n", None, "reversed-span@1:6", 0, 0),
    ("a semicolon too many", "T1\tG 0 3;\tFoo\n", None, "offsets@1:6", 0, 0),
    ("an id in lower case", "t1\tG 0 3\tFoo\n", None, "unknown-kind@1:1", 0, 0),
    ("no id", "\tG 0 3\tFoo\n", None, "unknown-kind@1:1", 0, 0),
    ("an event without arguments", "T1\tG 0 3\tFoo\nE1\tG:T1\n", None, "", 1, 0),
    ("an event without a trigger", "E1\tG Theme:T1\nT1\tG 0 3\tFoo\n", None, "no-trigger@1:4", 1, 0),
    ("a value of several words", "T1\tG 0 3\tFoo\nA1\tLevel T1 a b c\n", None, "", 1, 0),
    ("a sheet with a byte order mark", "\u{feff}T1\tG 0 3\tFoo\n", None, "byte-order-mark@1:1", 1, 0),
];

/// Name and content of a file, the findings, and how many documents, entities and relations it gives.
type File = (&'static str, &'static str, &'static str, [usize; 3]);

const FILES: &[File] = &[
    ("half.json", "{\"text\":\"a\\ud83db\"}", "json@1:17", [0, 0, 0]),
    (
        "pair.json",
        "{\"text\":\"\\ud83d\\ude00 p53\",\"denotations\":[{\"span\":{\"begin\":2,\"end\":5},\"obj\":\"G\"}]}",
        "",
        [1, 1, 0],
    ),
    (
        "float.json",
        "{\"text\":\"abc\",\"denotations\":[{\"span\":{\"begin\":0.0,\"end\":1e0},\"obj\":\"G\"}]}",
        "offsets@1:30",
        [1, 0, 0],
    ),
    (
        "string.json",
        "{\"text\":\"abc\",\"denotations\":[{\"span\":{\"begin\":\"0\",\"end\":\"1\"},\"obj\":\"G\"}]}",
        "offsets@1:30",
        [1, 0, 0],
    ),
    ("behind.json", "{\"text\":\"abc\"}}", "json@1:15", [0, 0, 0]),
    ("two.json", "{\"text\":\"abc\"}{\"text\":\"d\"}", "json@1:15", [0, 0, 0]),
    ("empty.json", "", "json@1:1", [0, 0, 0]),
    ("nan.json", "{\"text\":\"a\",\"x\":NaN}", "json@1:17", [0, 0, 0]),
    (
        "id.json",
        "{\"text\":\"abc\",\"denotations\":[{\"id\":\"T1\",\"span\":{\"begin\":0,\"end\":3},\"obj\":\"G\"}],\"relations\":[{\"id\":\"T1\",\"pred\":\"X\",\"subj\":\"T1\",\"obj\":\"T1\"}]}",
        "duplicate-id@1:93",
        [1, 1, 0],
    ),
    (
        "gap.json",
        "{\"documents\":[{\"id\":\"1\",\"passages\":[{\"offset\":0,\"text\":\"Foo\"},{\"offset\":1000000000,\"text\":\"bar\",\"annotations\":[{\"id\":\"a\",\"infons\":{\"type\":\"G\"},\"text\":\"bar\",\"locations\":[{\"offset\":1000000000,\"length\":3}]}]}]}]}",
        "",
        [1, 1, 0],
    ),
    (
        "ring.json",
        "{\"documents\":[{\"id\":\"1\",\"passages\":[{\"offset\":0,\"text\":\"Foo\",\"annotations\":[{\"id\":\"a\",\"infons\":{\"type\":\"G\"},\"locations\":[{\"offset\":0,\"length\":3}]}]}],\"relations\":[{\"id\":\"r1\",\"infons\":{\"type\":\"X\"},\"nodes\":[{\"refid\":\"a\",\"role\":\"x\"},{\"refid\":\"r2\",\"role\":\"y\"}]},{\"id\":\"r2\",\"infons\":{\"type\":\"X\"},\"nodes\":[{\"refid\":\"a\",\"role\":\"x\"},{\"refid\":\"r1\",\"role\":\"y\"}]}]}]}",
        "dangling@1:164 dangling@1:259",
        [1, 1, 0],
    ),
    (
        "below.json",
        "{\"documents\":[{\"id\":\"1\",\"passages\":[{\"offset\":-5,\"text\":\"Foo\",\"annotations\":[{\"infons\":{\"type\":\"G\"},\"text\":\"Foo\",\"locations\":[{\"offset\":-5,\"length\":3}]}]}]}]}",
        "empty-span@1:78",
        [1, 0, 0],
    ),
    (
        "twice.json",
        "{\"documents\":[{\"id\":\"1\",\"passages\":[{\"offset\":0,\"text\":\"Foo bar\",\"annotations\":[{\"id\":\"a\",\"infons\":{\"type\":\"G\"},\"locations\":[{\"offset\":0,\"length\":3}]},{\"id\":\"a\",\"infons\":{\"type\":\"G\"},\"locations\":[{\"offset\":4,\"length\":3}]}]}]}]}",
        "duplicate-id@1:152",
        [1, 2, 0],
    ),
    ("bars.txt", "1|t|A|B title\n1|a|An | abstract|x\n1\t0\t3\tA|B\tGene\t1\n", "", [1, 1, 0]),
    ("crlf.pubtator", "1|t|Foo\r\n1|a|bar\r\n1\t4\t7\tbar\tGene\t1\r\n\r\n", "carriage-returns@1:1", [1, 1, 0]),
    ("short.pubtator", "1|t|Foo\n1\t0\t3\tFoo\tGene\t1\n\n2|a|bar\n\n", "", [2, 1, 0]),
    ("other.pubtator", "1|t|Foo\n1|a|bar\n2\t0\t3\tFoo\tGene\t1\n", "other-document@3:1", [1, 1, 0]),
    ("blanks.pubtator", "1|t|Foo  \n1|a|bar\n1\t6\t9\tbar\tGene\t1\n", "", [1, 1, 0]),
    ("again.pubtator", "1|t|Foo\n1|a|bar\n1|a|baz\n", "not-understood@3:1", [1, 0, 0]),
    ("columns.pubtator", "1|t|Foo\n1|a|bar\n1\t0\t3\n1\t0\n1\t0\t3\tFoo\tGene\n", "columns@3:1 not-understood@4:1", [1, 1, 0]),
    (
        "wrapped.nbib",
        "PMID- 12\nTI  - Foo\n      bar\n      baz.\nAB  - One\n      two.\n\nPMID- 13\nAB  - only\n",
        "",
        [2, 0, 0],
    ),
    ("odd.nbib", "PMID- 1\nTI  - a\nbroken line\n", "not-understood@3:1", [1, 0, 0]),
    (
        "markup.xml",
        "<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>5</PMID><Article><ArticleTitle>A <i>b<sup>2</sup></i> &lt;c&gt; &#x3b2; &alpha;</ArticleTitle></Article></MedlineCitation></PubmedArticle></PubmedArticleSet>",
        "entity@1:136",
        [1, 0, 0],
    ),
    (
        "cut.xml",
        "<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>5</PMID><Article><ArticleTitle>cut",
        "xml@1:91",
        [0, 0, 0],
    ),
    (
        "places.xml",
        "<collection><document><id>1</id><passage><offset>0</offset><text>Foo</text><annotation id=\"a\"><infon key=\"type\">G</infon><location offset=\"x\" length=\"3\"/><text>Foo</text></annotation>\n<annotation id=\"b\"><infon key=\"type\">G</infon><text>Foo</text></annotation></passage></document></collection>",
        "offsets@1:76 no-span@2:1",
        [1, 0, 0],
    ),
    (
        "lines.jsonl",
        "{\"text\":\"a\",\"name\":\"x\"}\n\n{\"text\":\"b\",\"entities\":[{\"id\":\"T1\",\"label\":\"G\",\"spans\":[]}]}\nnot json\n",
        "json@4:2 no-span@3:25",
        [2, 0, 0],
    ),
];

fn shown<'a>(findings: impl Iterator<Item = &'a super::Finding>) -> String {
    findings.map(|it| format!("{}@{}:{}", it.code, it.line, it.column)).collect::<Vec<_>>().join(" ")
}

#[test]
fn odd_sheets_lose_no_line_and_load_what_makes_sense() {
    let mut wrong = Vec::new();
    for &(name, sheet, text, findings, entities, relations) in SHEETS {
        let (document, found) = brat::read("d", SourceText::new(text.unwrap_or(TEXT)), Path::new("d.ann"), sheet);
        let told = (shown(found.iter()), document.entities.len(), document.relations.len());
        if told != (findings.to_owned(), entities, relations) {
            wrong.push(format!("{name}: {told:?}"));
        }
        // Carriage returns at line ends and a byte order mark go, as is told, and the last line gets an end; nothing else.
        let mut kept = sheet.replace("\r\n", "\n").replace('\u{feff}', "");
        if !kept.ends_with('\n') {
            kept.push('\n');
        }
        assert_eq!(brat::write(&document), kept, "{name}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn odd_files_are_named_by_place_and_load_what_makes_sense() {
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    for &(name, content, findings, loaded) in FILES {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        let report = load_paths(&[path]);
        let documents = || report.loaded.iter().map(|loaded| &loaded.document);
        let counts = [
            report.loaded.len(),
            documents().map(|document| document.entities.len()).sum(),
            documents().map(|document| document.relations.len()).sum(),
        ];
        let told = (shown(report.all_findings()), counts);
        if told != (findings.to_owned(), loaded) {
            wrong.push(format!("{name}: {told:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn utf_16_is_named_as_such_whatever_the_format() {
    let folder = tempfile::tempdir().unwrap();
    let utf16 = |text: &str| [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let contents = ["Foo bar", "{\"text\":\"abc\"}", "<?xml version=\"1.0\"?><collection/>"];
    for (name, content) in ["a.txt", "b.json", "c.xml"].into_iter().zip(contents) {
        fs::write(folder.path().join(name), utf16(content)).unwrap();
    }
    fs::write(folder.path().join("a.ann"), "T1\tG 0 3\tFoo\n").unwrap();
    let report = load_paths(&[folder.path().to_path_buf()]);
    assert!(report.loaded.is_empty());
    let hints: Vec<&str> = report.findings.iter().map(|it| it.hint.as_deref().unwrap_or_default()).collect();
    assert_eq!(hints, ["it begins as UTF-16 does; convert it to UTF-8"; 3]);
    assert_eq!(shown(report.findings.iter()), "not-utf8@1:1 not-utf8@1:1 not-utf8@1:1");
}
