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

use rolecall::document::Document;
use rolecall::formats::{Format, WriteMany, WriteOptions, load_paths};
use rolecall::model::engine::Precision;
use rolecall::model::input::Encoded;
use rolecall::model::relation::{Candidates, Mention, RelationModel, Scope, choose};
use rolecall::pipeline::{CancelToken, Pipeline, Tasks, Times, apply};
use rolecall::text::SourceText;
use rolecall::worker::{Bulk, BulkTimes, Deliver, Done};
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
    scale_threads(&pipeline, &documents);
    scale_lengths(&pipeline);
    let relating = scale_mentions(&pipeline).map_or_else(String::new, |ratio| format!(" relations_of_30_vs_encoder={ratio:.2}"));
    scale_documents(&pipeline);
    let flat = scale_throughput(pipeline).map_or_else(String::new, |ratio| format!(" flat_over_mentions={ratio:.2}"));
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

/// Seconds that the encoder alone takes for the windows of these documents, each thread a document at a time.
fn encode_only(pipeline: &Pipeline, documents: &[Document], threads: usize) -> f64 {
    let windows: Vec<Encoded> =
        documents.iter().flat_map(|d| pipeline.model().prepare(&d.text).unwrap().encoded.windows().collect::<Vec<_>>()).collect();
    let next = std::sync::atomic::AtomicUsize::new(0);
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let _alone = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build().unwrap();
                while let Some(window) = windows.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    pipeline.model().engine().run(window).unwrap();
                }
            });
        }
    });
    begun.elapsed().as_secs_f64()
}

/// Predicts and writes all as `rolecall predict` does; only the reading of files is not in it. Also how long the disk was waited for.
fn whole(pipeline: &Pipeline, documents: &[Document], threads: usize, out: &Path) -> (BulkTimes, Duration) {
    let options = WriteOptions { with_text: true, include_proposed: true, ..WriteOptions::default() };
    let mut writing = Writing { files: WriteMany::new(out, Format::Brat, options).unwrap(), waiting: 0 };
    let read = |feed: &mut rolecall::worker::Feed<'_, ()>| {
        for (number, document) in documents.iter().enumerate() {
            let mut document = Document::new(format!("{number}-{}", document.name), SourceText::new(document.text.as_str()));
            document.marks = Default::default();
            feed.push(Some(document), ());
        }
    };
    let times = Bulk { threads, ordered: false }.run(pipeline, &CancelToken::default(), read, &mut writing);
    (times, writing.files.waited())
}

/// Writes results as brat files, in batches.
struct Writing {
    files: WriteMany,
    waiting: usize,
}

impl Deliver<()> for &mut Writing {
    fn take(&mut self, done: Done<()>) -> bool {
        let (mut document, prediction) = done.predicted.unwrap();
        apply(&mut document, &prediction.unwrap());
        self.files.write(&document).unwrap();
        self.waiting += 1;
        if self.waiting == 64 {
            self.settle();
        }
        true
    }

    fn settle(&mut self) {
        self.files.put_in_place().into_iter().for_each(|placed| placed.unwrap());
        self.waiting = 0;
    }
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

fn scale_threads(pipeline: &Pipeline, documents: &[Document]) {
    println!("threads: bare encoder and predictions, seconds");
    for threads in 1..=THREADS {
        let encoder = (0..3).map(|_| encode_only(pipeline, documents, threads)).fold(f64::INFINITY, f64::min);
        let all = (0..3).map(|_| predict_only(pipeline, documents, threads)).fold(f64::INFINITY, f64::min);
        println!("  {threads}: {encoder:8.3} {all:8.3}");
    }
}

fn predict_only(pipeline: &Pipeline, documents: &[Document], threads: usize) -> f64 {
    let begun = Instant::now();
    let read = |feed: &mut rolecall::worker::Feed<'_, ()>| {
        documents.iter().all(|d| feed.push(Some(d.clone()), ())).then_some(()).unwrap()
    };
    Bulk { threads, ordered: true }.run(pipeline, &CancelToken::default(), read, |_| true);
    begun.elapsed().as_secs_f64()
}

const SENTENCE: &str = "A missense mutation of QRX7 reduces kinase activity in patients with retinal dystrophy. ";

/// A text of about so many pieces.
fn text_of(pipeline: &Pipeline, pieces: usize) -> SourceText {
    let one = pipeline.model().prepare(&SourceText::new(SENTENCE)).unwrap().encoded.packed.ids.len() - 2;
    SourceText::new(SENTENCE.repeat(pieces.div_ceil(one)))
}

fn scale_lengths(pipeline: &Pipeline) {
    println!("length of an abstract: pieces, pieces a second");
    for length in [50, 100, 200, 350, 500, 1000, 2000] {
        let documents = vec![Document::new("d", text_of(pipeline, length)); (60_000 / length).max(20)];
        let pieces: usize = documents.iter().map(|d| pipeline.model().prepare(&d.text).unwrap().encoded.packed.ids.len()).sum();
        let seconds = (0..2).map(|_| predict_only(pipeline, &documents, THREADS)).fold(f64::INFINITY, f64::min);
        println!("  {:5} {:8.0}", pieces / documents.len(), pieces as f64 / seconds);
    }
}

/// Time of the relation scorer over an abstract of ten sentences, with so many mentions in each, beside that of its encoder.
/// Returns the ratio of the two at the most mentions.
fn scale_mentions(pipeline: &Pipeline) -> Option<f64> {
    let Some(scorer) = pipeline.model().relations().and_then(RelationModel::scorer) else {
        println!("mentions in a sentence: this model has no relation scorer");
        return None;
    };
    let mut most = 0.0;
    let (sentences, words) = (10, 40);
    let prepared = pipeline.model().prepare(&text_of(pipeline, 350)).unwrap();
    let encoding = shortest(20, || drop(pipeline.model().engine().run(&prepared.encoded).unwrap()));
    let width = scorer_width(pipeline);
    let states: Vec<f32> = (0..sentences * words * width).map(|i| ((i * 37 % 101) as f32 - 50.0) / 50.0).collect();
    let ranges: Vec<_> = (0..sentences).map(|sentence| sentence * words..(sentence + 1) * words).collect();
    let labels = pipeline.model().tags().labels().len();
    println!("mentions in each of ten sentences: pairs, milliseconds of all, finding pairs, scoring and choosing");
    println!("  the encoder takes {:.1} ms", encoding * 1e3);
    for count in [1, 2, 5, 10, 20, 30] {
        let mentions = ranges.iter().flat_map(|range| {
            (0..count).map(|i| Mention { words: range.start + i..range.start + i + 1, label: (i * 5) % labels })
        });
        let mentions: Vec<Mention> = mentions.collect();
        let mut pairs = 0;
        let (mut finding, mut scoring, mut choosing) = (f64::INFINITY, f64::INFINITY, f64::INFINITY);
        let seconds = shortest(7, || {
            let begun = Instant::now();
            let candidates = Candidates::find(mentions.clone(), &ranges, Some(&scorer.config().table));
            pairs = candidates.pairs.len();
            let found = begun.elapsed().as_secs_f64();
            let scope = Scope::of(&candidates, sentences * words);
            let outcomes = scorer.outcomes_of(&states, &scope, &candidates).unwrap();
            let scored = begun.elapsed().as_secs_f64();
            choose(&candidates, &outcomes, scorer.config(), scorer.config().threshold);
            finding = finding.min(found);
            scoring = scoring.min(scored - found);
            choosing = choosing.min(begun.elapsed().as_secs_f64() - scored);
        });
        let parts = [seconds, finding, scoring, choosing].map(|seconds| format!("{:8.2}", seconds * 1e3)).concat();
        println!("  {count:5} {pairs:6} {parts}");
        most = seconds;
    }
    Some(most / encoding)
}

/// Abstracts a second with so many mentions given in each sentence, text to predicted roles, beside those with one. Returns the least
/// ratio. Rounds go over all numbers in turn, so that what else the machine does hits all alike.
fn scale_throughput(pipeline: Pipeline) -> Option<f64> {
    pipeline.model().relations()?;
    let pipeline = pipeline.with_tasks(Tasks::RolesOnly);
    let counts = [1, 5, 10, 20, 30];
    let documents = counts.map(|count| vec![mentions::abstract_with(pipeline.model(), count); 40]);
    println!("given mentions in each of ten sentences: abstracts a second, as a share of those with one");
    let mut least = f64::INFINITY;
    for threads in 1..=THREADS {
        let mut best = [f64::INFINITY; 5];
        for _ in 0..ROUNDS {
            for (best, documents) in best.iter_mut().zip(&documents) {
                *best = best.min(predict_only(&pipeline, documents, threads));
            }
        }
        for ((count, documents), seconds) in counts.iter().zip(&documents).zip(best) {
            let ratio = best[0] / seconds;
            println!("  {threads} threads {count:3} mentions {:8.1} {ratio:6.2}", documents.len() as f64 / seconds);
            least = least.min(ratio);
        }
    }
    Some(least)
}

fn scorer_width(pipeline: &Pipeline) -> usize {
    let prepared = pipeline.model().prepare(&SourceText::new("loss")).unwrap();
    pipeline.model().engine().run(&prepared.encoded).unwrap().states.len()
}

fn scale_documents(pipeline: &Pipeline) {
    println!("documents: pieces a second, memory at most");
    for count in [10, 100, 1000, 10_000] {
        let text = text_of(pipeline, 60);
        let pieces = pipeline.model().prepare(&text).unwrap().encoded.packed.ids.len() * count;
        let begun = Instant::now();
        let read = |feed: &mut rolecall::worker::Feed<'_, ()>| {
            (0..count).for_each(|number| {
                feed.push(Some(Document::new(format!("{number}"), text.clone())), ());
            });
        };
        let mut seen = 0;
        Bulk { threads: THREADS, ordered: true }.run(pipeline, &CancelToken::default(), read, |_| {
            seen += 1;
            true
        });
        assert_eq!(seen, count);
        println!("  {count:6} {:8.0} {}", pieces as f64 / begun.elapsed().as_secs_f64(), memory::shown("VmHWM"));
    }
}

fn shortest(runs: usize, mut run: impl FnMut()) -> f64 {
    let times = (0..runs).map(|_| {
        let begun = Instant::now();
        run();
        begun.elapsed().as_secs_f64()
    });
    times.fold(f64::INFINITY, f64::min)
}
