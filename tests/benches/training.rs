//! The training step: forward, loss, backward and AdamW over all weights of encoder and tagger, pieces a second beside PyTorch's.
//!
//! `PEER_PYTHON=peer/bin/python BENCH_ENCODER=folder cargo bench --bench training`. `PEER_PYTHON` is a Python with torch; without it
//! there is only our own speed. The rivals take turns, and the shortest step of each counts. The last line is
//! `result: training_vs_pytorch=…`, the smaller ratio of the two shapes, or without PyTorch `result: pieces_per_s=…`, the lower speed.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench ends when it can't go on, and prints")]

#[path = "common/encoder.rs"]
#[expect(dead_code, reason = "shared with the other benches, which use more of it")]
mod encoder;
#[path = "common/memory.rs"]
mod memory;
#[path = "common/peer.rs"]
mod peer;

use encoder::BenchEncoder;
use peer::Peer;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rolecall::document::Label;
use rolecall::model::checkpoint;
use rolecall::model::crf::PathTarget;
use rolecall::model::encoder::Dropout;
use rolecall::model::input::Encoded;
use rolecall::model::tagger::{HEAD, Tagger, TaggerConfig};
use rolecall::nlp::bio::{TagId, TagSet};
use rolecall::train::{AdamW, OptimizerRecipe};
use std::time::{Duration, Instant};

const THREADS: usize = 2;
const SHAPES: [(usize, usize); 2] = [(8, 64), (4, 256)];
const ROUNDS: usize = 8;

fn main() {
    // As the program does, before any other thread is there: candle's own threads spin on the cores that the products need.
    // SAFETY: no other thread has been started yet.
    unsafe { std::env::set_var("CANDLE_NUM_THREADS", "1") };
    rayon::ThreadPoolBuilder::new().num_threads(THREADS).build_global().unwrap();
    let encoder = BenchEncoder::open();
    let mut ours = Training::new(&encoder);
    let mut peer = Peer::start("pytorch_training.py", "torch", &encoder.folder.join("config.json"), THREADS);
    let (mut smallest, mut slowest) = (f64::INFINITY, f64::INFINITY);
    println!("training step, pieces a second (batch × length), the best of {ROUNDS} rounds");
    for (batch, length) in SHAPES {
        let text = encoder.input(batch, length);
        let (mut best, mut theirs) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..ROUNDS {
            std::thread::sleep(Duration::from_millis(15));
            best = best.min(ours.shortest_step(&text, 2));
            if let Some(peer) = &mut peer {
                std::thread::sleep(Duration::from_millis(15));
                theirs = theirs.min(peer.ask(&format!("step {batch}x{length} 2")).parse().unwrap());
            }
        }
        let speed = |seconds: f64| (batch * length) as f64 / seconds;
        print!("  {batch}×{length}: rolecall {:.0}", speed(best));
        match &peer {
            Some(peer) => println!(", {} {:.0}, ratio {:.2}", peer.name, speed(theirs), theirs / best),
            None => println!(),
        }
        smallest = smallest.min(theirs / best);
        slowest = slowest.min(speed(best));
    }
    println!("memory of this process at most {}", memory::shown("VmHWM"));
    if peer.is_some() {
        println!("result: training_vs_pytorch={smallest:.2}");
    } else {
        println!("PyTorch was left out: PEER_PYTHON names no Python with torch");
        println!("result: pieces_per_s={slowest:.0}");
    }
}

struct Training {
    tagger: Tagger,
    optimizer: AdamW,
    tags: usize,
    steps: u64,
}

impl Training {
    fn new(encoder: &BenchEncoder) -> Self {
        let tags = TagSet::new((0..12).map(|number| Label::from(format!("T{number}").as_str())));
        let config = TaggerConfig { shape_width: 16, ..TaggerConfig::plain() };
        let mut weights = checkpoint::weights(&encoder.folder).unwrap();
        Tagger::ensure(&mut weights, &encoder.config, &config, &tags, HEAD, &mut ChaCha8Rng::seed_from_u64(3)).unwrap();
        weights.make_trainable(|_| true).unwrap();
        let tagger = Tagger::load(&weights, &encoder.config, &config, &tags, HEAD).unwrap();
        let recipe = OptimizerRecipe {
            epochs: 1,
            batch: 8,
            learning_rate: 1e-5,
            warmup: 0.0,
            weight_decay: 0.01,
            clip: 1.0,
            dropout: 0.1,
            average: 0.0,
        };
        let optimizer = AdamW::new(&weights, &recipe, 1_000_000, |_| 1e-5).unwrap();
        Self { tagger, optimizer, tags: tags.len(), steps: 0 }
    }

    fn shortest_step(&mut self, input: &Encoded, steps: usize) -> f64 {
        let text = with_words(input);
        let gold: Vec<TagId> = (0..text.words()).map(|word| if word % 5 == 1 { 1 } else { 0 }).collect();
        assert!(self.tags > 1);
        let target = PathTarget::of_path(&gold, &text.sentences, self.tags);
        let times = (0..steps).map(|_| {
            let begun = Instant::now();
            self.steps += 1;
            let mut dropout = Dropout::new(0.1, ChaCha8Rng::seed_from_u64(self.steps));
            let tagged = self.tagger.forward(&text, &mut dropout).unwrap();
            let loss = self.tagger.loss(&tagged, &text, target.clone()).unwrap();
            self.optimizer.step(&loss.backward().unwrap()).unwrap();
            begun.elapsed().as_secs_f64()
        });
        times.fold(f64::INFINITY, f64::min)
    }
}

/// The same sequences with a word for each piece, in sentences of 32.
fn with_words(input: &Encoded) -> Encoded {
    let pieces = input.packed.ids.len();
    let rows: Vec<u32> = (0..pieces as u32).collect();
    let sentences = (0..pieces).step_by(32).map(|start| start..(start + 32).min(pieces)).collect();
    Encoded { first: rows.clone(), last: rows, shapes: vec![0; pieces], sentences, ..input.clone() }
}
