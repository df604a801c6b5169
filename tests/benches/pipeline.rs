//! The whole pipeline, text in and standoff out: abstracts and word pieces a second, as a share of what the bare encoder does with
//! the same windows, and how that scales.
//!
//! `BENCH_MODEL=model BENCH_ABSTRACTS=folder cargo bench --bench pipeline`; the demo abstracts are used without the second.
//! `BENCH_PRECISION` is int8 (default) or f32. The last line is
//! `result: abstracts_per_s=… pieces_per_s=… share_of_encoder=… slowest_part_beside_encoder=…%
//! relations_of_30_vs_encoder=… flat_over_mentions=…`: the time of the relations of thirty mentions in each of ten sentences as a share
//! of the encoder's, and the least throughput over 1 to 30 given mentions a sentence and over one and all threads as a share of that
//! with one mention.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench ends when it can't go on, and prints")]

#[path = "common/encoder.rs"]
#[expect(dead_code, reason = "shared with the other benches, which use more of it")]
mod encoder;
#[path = "common/memory.rs"]
mod memory;
#[path = "common/mentions.rs"]
mod mentions;
#[path = "common/model.rs"]
mod model;
#[path = "pipeline/runs.rs"]
mod runs;
#[path = "pipeline/scale.rs"]
mod scale;

use rolecall::document::Document;
use rolecall::formats::load_paths;
use rolecall::model::engine::Precision;
use rolecall::pipeline::{Pipeline, Times};
use rolecall::worker::BulkTimes;
use runs::{encode_only, whole};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const THREADS: usize = 2;

/// Documents of a measurement at least; fewer are read again and again.
const DOCUMENTS: usize = 250;

const ROUNDS: usize = 5;

fn main() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = model::folder(&temporary.path().join("model"));
    let precision = std::env::var("BENCH_PRECISION").map_or(Precision::Int8, |name| name.parse().unwrap());
    let pipeline = Pipeline::new(model::load(&folder, precision)).with_own_threshold();
    println!("{} in {precision}", pipeline.model().manifest().name);
    let source = std::env::var_os("BENCH_ABSTRACTS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo"), PathBuf::from);
    let documents: Vec<Document> = load_paths(&[source]).loaded.into_iter().map(|loaded| bare(loaded.document)).collect();
    let documents: Vec<Document> = documents.iter().cycle().take(documents.len().max(DOCUMENTS)).cloned().collect();

    let mut best = (f64::INFINITY, (BulkTimes::default(), Duration::ZERO));
    let mut bare_encoder = f64::INFINITY;
    for round in 0..ROUNDS {
        bare_encoder = bare_encoder.min(encode_only(&pipeline, &documents, THREADS));
        let out = temporary.path().join(format!("out-{round}"));
        let begun = Instant::now();
        let times = whole(&pipeline, &documents, THREADS, &out);
        let seconds = begun.elapsed().as_secs_f64();
        if seconds < best.0 {
            best = (seconds, times);
        }
    }
    let (seconds, (times, disk)) = best;
    let pieces = times.predicting.pieces as f64;
    println!("{} abstracts, {pieces:.0} pieces, {THREADS} threads, the best of {ROUNDS}", documents.len());
    println!("bare encoder                {bare_encoder:8.3} s {:8.0} pieces a second", pieces / bare_encoder);
    println!("whole pipeline              {seconds:8.3} s {:8.0} pieces a second", pieces / seconds);
    let slowest = print_parts(&times, disk);
    scale::threads(&pipeline, &documents);
    scale::lengths(&pipeline);
    let relating = scale::mentions(&pipeline).map_or_else(String::new, |ratio| format!(" relations_of_30_vs_encoder={ratio:.2}"));
    scale::documents(&pipeline);
    let flat = scale::throughput(pipeline).map_or_else(String::new, |ratio| format!(" flat_over_mentions={ratio:.2}"));
    println!(
        "result: abstracts_per_s={:.1} pieces_per_s={:.0} share_of_encoder={:.2} slowest_part_beside_encoder={slowest:.1}%{relating}{flat}",
        documents.len() as f64 / seconds,
        pieces / seconds,
        bare_encoder / seconds
    );
}

/// The text alone.
fn bare(document: Document) -> Document {
    Document::new(document.name, document.text)
}

/// Prints the parts and what they waited for; returns the largest share of one beside the encoder.
fn print_parts(times: &BulkTimes, disk: Duration) -> f64 {
    let Times { preparing, encoding, decoding, relating, .. } = times.predicting;
    let parts = [
        ("reading", times.reading),
        ("sentences, words, pieces", preparing),
        ("encoder", encoding),
        ("tags and spans", decoding),
        ("pairs and roles", relating),
        ("writing", times.delivering.saturating_sub(disk)),
    ];
    let all: Duration = parts.iter().map(|(_, time)| *time).sum();
    let share = |time: Duration| 100.0 * time.as_secs_f64() / all.as_secs_f64();
    for (name, time) in parts {
        println!("  {name:26}{:8.3} s {:6.1} %", time.as_secs_f64(), share(time));
    }
    println!("  {:26}{:8.3} s, beside the rest", "waiting for the disk", disk.as_secs_f64());
    println!("  {:26}{:8.3} s, threads that had none to predict", "waiting for documents", times.starved.as_secs_f64());
    parts.iter().filter(|(name, _)| *name != "encoder").map(|(_, time)| share(*time)).fold(0.0, f64::max)
}
