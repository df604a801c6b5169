//! How many megabytes a second each reader takes in, and how much memory a PubMed file of 30,000 articles needs. All input is made
//! here: abstracts of about 1,500 characters, some of them Greek, with some forty annotations each.
//!
//! `cargo bench --bench readers`; the last line is
//! `result: brat_mb_s=… … pubmed_s=… pubmed_peak_mb=…`, the best of several passes over the same input in memory. The PubMed file is
//! read from disk by a process of its own, so that its peak is not that of the bench.
#![expect(
    clippy::unwrap_used,
    clippy::string_slice,
    clippy::print_stdout,
    reason = "a bench ends when it can't go on, and prints"
)]

#[path = "readers/material.rs"]
mod material;
#[path = "common/memory.rs"]
#[expect(dead_code, reason = "shared with the other benches, which use more of it")]
mod memory;

use material::{Abstract, pubmed_article};
use rolecall::document::Document;
use rolecall::formats::{Format, Stream, Visit, WriteOptions, bionlp, brat, visit_paths, visit_stream};
use std::fmt::Write as _;
use std::fs::File;
use std::hint::black_box;
use std::io::{BufWriter, Cursor, Write as _};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// Documents of one pass.
const DOCUMENTS: usize = 2_000;
const PASSES: usize = 5;
/// Articles in one file of NLM's baseline.
const ARTICLES: usize = 30_000;

/// Least megabytes a second, where one is promised.
const BARS: [(&str, f64); 5] =
    [("brat", 50.0), ("pubtator", 50.0), ("pubannotation", 100.0), ("bioc_json", 100.0), ("jsonl", 100.0)];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--once") {
        return once(Path::new(&arguments[at + 1]));
    }
    let abstracts: Vec<Abstract> = (0..DOCUMENTS).map(Abstract::new).collect();
    let documents: Vec<Document> = abstracts.iter().map(Abstract::document).collect();
    let mut measured = vec![("brat", brat_speed(&abstracts)), ("bionlp", bionlp_speed(&documents))];
    let formats = [
        ("pubannotation", Format::PubAnnotation),
        ("bioc_json", Format::BiocJson),
        ("bioc_xml", Format::BiocXml),
        ("pubtator", Format::PubTator),
        ("jsonl", Format::JsonLines),
    ];
    for (name, format) in formats {
        measured.push((name, stream_speed(name, &whole(&documents, format))));
    }
    measured.push(("medline", stream_speed("x.nbib", &medline(&abstracts))));
    measured.push(("pubmed", stream_speed("x.xml", &pubmed(DOCUMENTS))));
    for (name, speed) in &measured {
        let bar = BARS.iter().find(|(of, _)| of == name).map(|(_, bar)| *bar);
        let verdict =
            bar.map_or(String::new(), |bar| format!(" (at least {bar:.0}: {})", if *speed >= bar { "met" } else { "MISSED" }));
        println!("{name:>14} {speed:>6.0} MB/s{verdict}");
    }
    let (megabytes, seconds, peak) = baseline();
    println!("PubMed XML of {ARTICLES} articles, {megabytes:.0} MB: {seconds:.2} s, {peak:.1} MiB of memory at most");
    let speeds: Vec<String> = measured.iter().map(|(name, speed)| format!("{name}_mb_s={speed:.0}")).collect();
    println!("result: {} pubmed_s={seconds:.2} pubmed_peak_mb={peak:.1}", speeds.join(" "));
}

/// Megabytes a second of the best pass over `bytes` bytes.
fn speed(bytes: usize, mut pass: impl FnMut()) -> f64 {
    let seconds = (0..PASSES).map(|_| {
        let begun = Instant::now();
        pass();
        begun.elapsed().as_secs_f64()
    });
    bytes as f64 / 1e6 / seconds.fold(f64::INFINITY, f64::min)
}

fn brat_speed(abstracts: &[Abstract]) -> f64 {
    let sheets: Vec<String> = abstracts.iter().map(Abstract::standoff).collect();
    let bytes = abstracts.iter().zip(&sheets).map(|(of, sheet)| of.text.len() + sheet.len()).sum();
    speed(bytes, || {
        for (of, sheet) in abstracts.iter().zip(&sheets) {
            let (document, findings) = brat::read("a", of.source(), Path::new("a.ann"), sheet);
            assert!(findings.is_empty() && !document.relations.is_empty());
            black_box(document);
        }
    })
}

fn bionlp_speed(documents: &[Document]) -> f64 {
    let sheets: Vec<(String, String)> = documents.iter().map(bionlp::write).collect();
    let bytes = documents.iter().zip(&sheets).map(|(of, (a1, a2))| of.text.as_str().len() + a1.len() + a2.len()).sum();
    speed(bytes, || {
        for (of, (a1, a2)) in documents.iter().zip(&sheets) {
            let text = rolecall::text::SourceText::new(of.text.as_str());
            let (document, findings) = bionlp::read("a", text, Some((Path::new("a.a1"), a1)), Some((Path::new("a.a2"), a2)));
            assert!(findings.is_empty(), "{findings:?}");
            black_box(document);
        }
    })
}

/// All documents in one stream.
fn whole(documents: &[Document], format: Format) -> Vec<u8> {
    let mut stream = Stream::new(format).unwrap();
    let options = WriteOptions::default();
    let mut all: String = documents.iter().map(|document| stream.document(document, &options).unwrap()).collect();
    all.push_str(&stream.end());
    all.into_bytes()
}

/// As the program reads it, detection of the format included.
fn stream_speed(file: &str, bytes: &[u8]) -> f64 {
    speed(bytes.len(), || {
        let mut read = 0;
        let _ = visit_stream(Path::new(file), Box::new(Cursor::new(bytes.to_vec())), &mut |visit| {
            read += usize::from(matches!(visit, Visit::Document(_)));
            ControlFlow::Continue(())
        });
        assert_eq!(read, DOCUMENTS, "{file}");
    })
}

fn medline(abstracts: &[Abstract]) -> Vec<u8> {
    let mut all = String::new();
    for (number, of) in abstracts.iter().enumerate() {
        let (title, rest) = of.text.split_once('\n').unwrap();
        let words: Vec<&str> = rest.split_whitespace().collect();
        let lines: Vec<String> = words.chunks(12).map(|words| words.join(" ")).collect();
        writeln!(all, "PMID- {number}\nTI  - {title}\nAB  - {}\n", lines.join("\n      ")).unwrap();
    }
    all.into_bytes()
}

fn pubmed(articles: usize) -> Vec<u8> {
    let body: String = (0..articles).map(pubmed_article).collect();
    format!("<?xml version=\"1.0\"?>\n<PubmedArticleSet>\n{body}</PubmedArticleSet>\n").into_bytes()
}

/// Writes a file like those of the baseline and reads it in a process of its own: megabytes, seconds, MiB at most.
fn baseline() -> (f64, f64, f64) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("baseline.xml");
    let mut file = BufWriter::new(File::create(&path).unwrap());
    writeln!(file, "<?xml version=\"1.0\"?>\n<PubmedArticleSet>").unwrap();
    (0..ARTICLES).for_each(|number| file.write_all(pubmed_article(number).as_bytes()).unwrap());
    writeln!(file, "</PubmedArticleSet>").unwrap();
    let megabytes = file.into_inner().unwrap().metadata().unwrap().len() as f64 / 1e6;
    let output = Command::new(std::env::current_exe().unwrap()).arg("--once").arg(&path).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let numbers: Vec<f64> = text.split_whitespace().map(|number| number.parse().unwrap()).collect();
    (megabytes, numbers[0], numbers[1])
}

fn once(path: &Path) {
    let begun = Instant::now();
    let mut read = 0;
    let _ = visit_paths(&[path.to_path_buf()], &mut |visit| {
        read += usize::from(matches!(visit, Visit::Document(_)));
        ControlFlow::Continue(())
    });
    assert_eq!(read, ARTICLES);
    println!("{} {}", begun.elapsed().as_secs_f64(), memory::megabytes("VmHWM").unwrap_or(f64::NAN));
}
