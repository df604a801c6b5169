//! Readers against inputs that nobody would write: seeds of every format, bent at random. No input may stop a reader, take it long,
//! or make it hand on a document that does not survive being written.
//!
//! `cargo test --test fuzz` tries some thousands; `ROLECALL_FUZZ=5000000 cargo test --test fuzz -- --nocapture` as many as it says,
//! from `ROLECALL_FUZZ_SEED` on. An input that fails is written to the folder for temporary files and named.

#![expect(clippy::unwrap_used, reason = "clippy's leave for tests does not reach the helper functions of an integration test")]

use rolecall::document::Document;
use rolecall::formats::{
    Format, Loaded, Stream, Visit, WriteOptions, bionlp, brat, jsonl, losses, safe_name, visible, visit_stream,
};
use rolecall::text::SourceText;
use std::io::Cursor;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

/// Inputs without `ROLECALL_FUZZ`.
const FEW: u64 = 4_000;

/// The longest that one input may take.
const LONGEST: Duration = Duration::from_secs(5);

const TEXT: &str = "Loss of β-catenin\r\n in 😀 mice;\tp53 R175H\u{2028}and\u{b}GATA1 are\nrelated.\n";
const STANDOFF: &str = "T1\tGene 8 17\tβ-catenin\nT2\tVar 0 4;34 39\tLoss R175H\nT3\tReg 0 4\tLoss\nE1\tReg:T3 Theme:T1 Theme2:E2\nE2\tReg:T3 Theme:E1\n\
                        R1\tThemeOf Arg1:T1 Arg2:T3\nA1\tNegation E1\nM1\tLevel T1 high\nN1\tReference T1 UniProt:P35222\tCTNNB1\n\
                        #1\tAnnotatorNotes T1\ta note\n*\tEquiv T1 T2\nodd line\n";
const SEEDS: [&str; 8] = [
    r#"{"sourcedb":"PubMed","sourceid":"1","text":"p53 loss of β","denotations":[{"id":"T1","span":{"begin":0,"end":3},"obj":"Gene"},{"id":"T2","span":[{"begin":4,"end":8},{"begin":9,"end":11}],"obj":"_FRAGMENT"},{"id":"T3","span":{"begin":12,"end":13},"obj":"X"}],"relations":[{"id":"R1","pred":"_lexicallyChainedTo","subj":"T3","obj":"T2"},{"pred":"ThemeOf","subj":"T1","obj":"T3"}],"attributes":[{"subj":"T1","pred":"p","obj":0.5}],"modifications":[{"pred":"Negation","obj":"T1"}],"tracks":[{"project":"a","denotations":[{"span":{"begin":0,"end":3},"obj":"Gene"}]}]}"#,
    r#"[{"text":"a"},{"text":"b","denotations":null}]"#,
    r#"{"source":"","date":"","key":"","infons":{},"documents":[{"id":"1","infons":{"n":3},"passages":[{"offset":0,"infons":{},"text":"β p53","annotations":[{"id":"0","infons":{"type":"Gene","identifier":"7157","attribute.A1":"Negation=x"},"text":"p53","locations":[{"offset":3,"length":3}]}],"sentences":[],"relations":[]},{"offset":7,"sentences":[{"offset":7,"text":"loss","annotations":[{"id":"1","infons":{"type":"Reg"},"locations":[{"offset":7,"length":2},{"offset":9,"length":2}]}]}]}],"relations":[{"id":"r","infons":{"type":"ThemeOf"},"nodes":[{"refid":"0","role":"a"},{"refid":"1","role":"b"}]}]}]}"#,
    r#"<?xml version="1.0"?><!DOCTYPE collection SYSTEM "BioC.dtd"><collection><source>s</source><date/><key/><document><id>1</id><infon key="k">v&amp;&#946;</infon><passage><offset>0</offset><text>p53 loss</text><annotation id="a"><infon key="type">Gene</infon><location offset="0" length="3"/><text>p53</text></annotation><annotation id="b"><infon key="type">Reg</infon><location offset="4" length="4"/><text>loss</text></annotation></passage><relation id="r"><infon key="type">ThemeOf</infon><node refid="a" role="Trigger"/><node refid="b" role=""/></relation></document></collection>"#,
    "<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1</PMID><Article><ArticleTitle>A <i>b</i></ArticleTitle><Abstract><AbstractText Label=\"X\">c</AbstractText></Abstract></Article></MedlineCitation></PubmedArticle><PubmedBookArticle><BookDocument><PMID>2</PMID></BookDocument></PubmedBookArticle></PubmedArticleSet>",
    "1|t|Loss of p53 \n1|a|in β cells\n1\t0\t4\tLoss\tReg\t-\n1\t8\t11\tp53\tGene\t7157|1\tx\n1\tAssociation\t7157\t1\tNovel\n\n2|t|a\r\n2|a|\n",
    "PMID- 1\nTI  - Loss\n      of p53\nAB  - It is.\nOAB - No.\n\nPMID- 2\n",
    r#"{"rolecall":1,"name":"n","database":"d","id":"i","text":"p53 loss","entities":[{"id":"T1","label":"Gene","spans":[[0,3]],"text":"p53","origin":{"model":{"run":"m","confidence":0.5}},"status":"proposed","x":1},{"id":"T2","label":"Reg","spans":[[4,6],[6,8]],"origin":"human","status":"corrected"}],"relations":[{"id":"R1","role":"ThemeOf","subject":"T1","object":"T2","origin":"given","status":"rejected"}],"events":[{"id":"E1","label":"L","trigger":"T2","arguments":[["Theme","T1"]]}],"attributes":[{"id":"A1","name":"N","target":"E1"}],"normalizations":[{"id":"N1","target":"T1","database":"a","entry":"b"}],"notes":[{"id":"x","target":"R1","text":"t"}],"equivalences":[{"label":"Equiv","members":["T1","T2"]}],"status":"done","lines":["v",{"id":"T1","original":"o"},{"equivalence":0}],"unknown":{"text":1},"skipped":{"denotations":[1]}}"#,
];
const WORDS: [&str; 40] = [
    "\t",
    "\n",
    "\r\n",
    "\r",
    "|",
    ":",
    ";",
    " ",
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    "<",
    ">",
    "/>",
    "&",
    "&#0;",
    "&x;",
    "<![CDATA[",
    "]]>",
    "-->",
    "null",
    "0",
    "-1",
    "1",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "1e9",
    "😀",
    "β",
    "\u{feff}",
    "\u{202e}",
    "\u{1b}[2J",
    "\0",
    "T1",
    "\u{2028}",
    "\\ud800",
];

/// A small generator of numbers: the same numbers for the same seed, everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % sides.max(1)
    }

    /// A seed, bent in up to a dozen places.
    fn bend(&mut self, seed: &[u8], other: &[u8]) -> Vec<u8> {
        let mut bytes = seed.to_vec();
        for _ in 0..=self.roll(12) {
            let at = self.roll(bytes.len() + 1);
            let to = (at + self.roll(20)).min(bytes.len());
            match self.roll(9) {
                0 => bytes.truncate(at.max(1)),
                1 => drop(bytes.drain(at..to)),
                2 | 3 => drop(bytes.splice(at..at, WORDS[self.roll(WORDS.len())].bytes())),
                4 => drop(bytes.splice(at..to, WORDS[self.roll(WORDS.len())].bytes())),
                5 => {
                    let part = bytes[at..to].to_vec();
                    drop(bytes.splice(at..at, part));
                }
                6 => {
                    let from = self.roll(other.len());
                    let part = &other[from..(from + self.roll(60)).min(other.len())];
                    drop(bytes.splice(at..to, part.iter().copied()));
                }
                7 if at < bytes.len() => bytes[at] ^= 1 << self.roll(8),
                _ => {
                    // Another number where one stands.
                    if let Some(digit) = (at..bytes.len()).find(|&i| bytes[i].is_ascii_digit()) {
                        bytes[digit] = b'0' + self.roll(10) as u8;
                    }
                }
            }
        }
        bytes
    }
}

/// Everything that can be written is written, and what JSON lines holds is the same again.
fn survives(document: &Document) {
    for entity in document.entities.values() {
        assert!(!entity.spans.is_empty() && entity.spans.iter().all(|span| span.end() <= document.text.len()));
    }
    let mut line = Vec::new();
    jsonl::write(document, &mut line).unwrap();
    let line = String::from_utf8(line).unwrap();
    let again = jsonl::read_line(Path::new("x"), 1, &line).document.unwrap();
    let mut twice = Vec::new();
    jsonl::write(&again, &mut twice).unwrap();
    assert_eq!(line, String::from_utf8(twice).unwrap());
    for format in [Format::Brat, Format::Bionlp, Format::PubAnnotation, Format::BiocXml, Format::BiocJson, Format::PubTator] {
        let _ = losses(document, format, &WriteOptions::default());
        if let Ok(mut stream) = Stream::new(format) {
            // A document that does not read back equal is refused, which is an answer.
            let _ = stream.document(document, &WriteOptions::default());
        }
    }
    let _ = (brat::write(document), bionlp::write(document));
    assert!(!safe_name(&document.name).contains('/'));
}

fn read_stream(bytes: Vec<u8>) {
    let _ = visit_stream(Path::new("x.json"), Box::new(Cursor::new(bytes)), &mut |visit| {
        match visit {
            Visit::Document(loaded) => {
                let Loaded { document, findings, .. } = *loaded;
                findings.iter().for_each(|finding| assert_eq!(visible(&finding.in_full()), finding.in_full()));
                survives(&document);
            }
            Visit::Finding(finding) => assert_eq!(visible(&finding.in_full()), finding.in_full()),
        }
        ControlFlow::Continue(())
    });
}

fn read_standoff(text: &str, sheet: &str) {
    let (document, _) = brat::read("d", SourceText::new(text), Path::new("d.ann"), sheet);
    let written = brat::write(&document);
    let (again, _) = brat::read("d", document.text.clone(), Path::new("d.ann"), &written);
    assert_eq!(brat::write(&again), written);
    survives(&document);
    let (given, found) = sheet.split_at_checked(sheet.len() / 2).unwrap_or((sheet, ""));
    let sheet = |content| Some((Path::new("d.a"), content));
    let (document, _) = bionlp::read("d", SourceText::new(text), sheet(given), sheet(found));
    survives(&document);
}

fn run(which: usize, input: &[u8]) {
    if which < SEEDS.len() {
        read_stream(input.to_vec());
    } else {
        read_standoff(TEXT, &String::from_utf8_lossy(input));
    }
}

#[test]
fn no_input_stops_a_reader() {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let (count, seed) = (number("ROLECALL_FUZZ").unwrap_or(FEW), number("ROLECALL_FUZZ_SEED").unwrap_or(1));
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let seeds: Vec<&[u8]> = SEEDS.iter().map(|seed| seed.as_bytes()).chain([STANDOFF.as_bytes()]).collect();
    let (begun, mut longest) = (Instant::now(), Duration::ZERO);
    for round in 0..count {
        let which = dice.roll(seeds.len());
        let other = seeds[dice.roll(seeds.len())];
        let input = dice.bend(seeds[which], other);
        let start = Instant::now();
        let result = std::panic::catch_unwind(|| run(which, &input));
        let took = start.elapsed();
        longest = longest.max(took);
        if result.is_err() || took > LONGEST {
            let file = std::env::temp_dir().join(format!("rolecall-fuzz-{seed}-{round}"));
            std::fs::write(&file, &input).unwrap();
            panic!("input {round} of seed {seed} (of kind {which}) {took:?}: {}", file.display());
        }
        if round > 0 && round.is_multiple_of(500_000) {
            println!("{round} inputs, {:?}, the longest took {longest:?}", begun.elapsed());
        }
    }
    println!("result: fuzz_inputs={count} seconds={:.0} longest_ms={}", begun.elapsed().as_secs_f64(), longest.as_millis());
}
