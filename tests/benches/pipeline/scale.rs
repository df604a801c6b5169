//! How the pipeline scales: with threads, lengths, mentions and documents.

use super::runs::{encode_only, predict_only};
use super::{ROUNDS, THREADS, memory, mentions};
use rolecall::document::Document;
use rolecall::model::relation::{Candidates, Mention, RelationModel, Scope, choose};
use rolecall::pipeline::{CancelToken, Pipeline, Tasks};
use rolecall::text::SourceText;
use rolecall::worker::Bulk;
use std::time::Instant;

pub fn threads(pipeline: &Pipeline, documents: &[Document]) {
    println!("threads: bare encoder and predictions, seconds");
    for threads in 1..=THREADS {
        let encoder = (0..3).map(|_| encode_only(pipeline, documents, threads)).fold(f64::INFINITY, f64::min);
        let all = (0..3).map(|_| predict_only(pipeline, documents, threads)).fold(f64::INFINITY, f64::min);
        println!("  {threads}: {encoder:8.3} {all:8.3}");
    }
}

const SENTENCE: &str = "A missense mutation of QRX7 reduces kinase activity in patients with retinal dystrophy. ";

/// A text of about so many pieces.
fn text_of(pipeline: &Pipeline, pieces: usize) -> SourceText {
    let one = pipeline.model().prepare(&SourceText::new(SENTENCE)).unwrap().encoded.packed.ids.len() - 2;
    SourceText::new(SENTENCE.repeat(pieces.div_ceil(one)))
}

pub fn lengths(pipeline: &Pipeline) {
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
pub fn mentions(pipeline: &Pipeline) -> Option<f64> {
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
pub fn throughput(pipeline: Pipeline) -> Option<f64> {
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

pub fn documents(pipeline: &Pipeline) {
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
