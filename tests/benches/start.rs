//! How long it takes from nothing to the first prediction, and how much memory a loaded model needs: each measurement is a process
//! of its own, which loads the model as the program does and predicts one abstract of about 350 pieces.
//!
//! `BENCH_MODEL=model cargo bench --bench start`; the last line is
//! `result: first_prediction_ms=… memory_mb=…`, in int8, the median of several starts.
#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a bench ends when it can't go on, and prints")]

#[path = "common/encoder.rs"]
#[expect(dead_code, reason = "shared with the other benches, which use more of it")]
mod encoder;
#[path = "common/memory.rs"]
#[expect(dead_code, reason = "shared with the other benches, which use more of it")]
mod memory;
#[path = "common/model.rs"]
mod model;

use rolecall::document::Document;
use rolecall::model::engine::Precision;
use rolecall::pipeline::{Annotator as _, CancelToken, Pipeline, Silent};
use rolecall::text::SourceText;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

const STARTS: usize = 11;
const SENTENCE: &str = "A missense mutation of QRX7 reduces kinase activity in patients with retinal dystrophy. ";

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--once") {
        return once(Path::new(&arguments[at + 1]), arguments[at + 2].parse().unwrap());
    }
    let temporary = tempfile::tempdir().unwrap();
    let folder = model::folder(temporary.path());
    let mut last = String::new();
    for precision in [Precision::F32, Precision::Int8] {
        let mut runs: Vec<Vec<f64>> = (0..STARTS).map(|_| start(&folder, precision)).collect();
        runs.sort_by(|a, b| a[0].total_cmp(&b[0]));
        let [total, loaded, first, second, pieces, resident, most] = runs[STARTS / 2][..] else { panic!("seven numbers") };
        println!("{precision}: first prediction {total:.0} ms after the start of the process (median of {STARTS})");
        println!(
            "  model loaded in {loaded:.0} ms, first abstract of {pieces:.0} pieces in {first:.0} ms, the next in {second:.0} ms"
        );
        println!("  memory {resident:.0} MB with the model loaded and used, {most:.0} MB at most");
        last = format!("result: first_prediction_ms={total:.0} memory_mb={resident:.0}");
    }
    println!("{last}");
}

/// Starts a process and reads what it measured.
fn start(folder: &Path, precision: Precision) -> Vec<f64> {
    let begun = Instant::now();
    let mut command = Command::new(std::env::current_exe().unwrap());
    let output = command.arg("--once").arg(folder).arg(precision.to_string()).output().unwrap();
    let total = begun.elapsed().as_secs_f64() * 1e3;
    let text = String::from_utf8(output.stdout).unwrap();
    let mut numbers: Vec<f64> = text.split_whitespace().map(|number| number.parse().unwrap()).collect();
    // The second prediction is not what a user waits for at the start.
    numbers.insert(0, total - numbers[2]);
    numbers
}

/// Loads, predicts twice, and prints milliseconds of loading, of both predictions, the number of pieces, and the memory.
fn once(folder: &Path, precision: Precision) {
    let begun = Instant::now();
    let pipeline = Pipeline::new(model::load(folder, precision));
    let loaded = begun.elapsed();
    let document = Document::new("first", SourceText::new(SENTENCE.repeat(18)));
    let predict = || {
        let begun = Instant::now();
        pipeline.annotate(&document, &mut Silent, &CancelToken::default()).unwrap();
        begun.elapsed().as_secs_f64() * 1e3
    };
    let (first, second) = (predict(), predict());
    let pieces = pipeline.model().prepare(&document.text).unwrap().encoded.packed.ids.len();
    let memory = |line: &str| memory::megabytes(line).unwrap_or(f64::NAN);
    println!("{} {first} {second} {pieces} {} {}", loaded.as_secs_f64() * 1e3, memory("VmRSS"), memory("VmHWM"));
}
