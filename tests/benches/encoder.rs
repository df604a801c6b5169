//! Speed of the encoder beside its peers, on the same weights, in one run, on two threads: our engine in f32 and int8,
//! candle-transformers' `BertModel`, and ONNX Runtime in f32 and int8.
//!
//! `PEER_PYTHON=peer/bin/python BENCH_ENCODER=folder cargo bench --bench encoder`. `PEER_PYTHON` is a Python with onnx, onnxruntime
//! and safetensors; without it ONNX Runtime is left out. `BENCH_ROUNDS` is how often each gets its turn (default 12).
//!
//! The machine is rarely quiet, so the rivals take turns in short bursts, and the shortest time of each counts. The last line is
//! `result: f32_vs_ort=… int8_vs_ort=…`, each the smallest ratio of tokens a second over the shapes.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench ends when it can't go on, and prints")]

#[path = "common/encoder.rs"]
mod encoder;
#[path = "common/peer.rs"]
mod peer;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::BertModel;
use encoder::BenchEncoder;
use peer::Peer;
use rolecall::model::engine::{Engine, Precision};
use rolecall::model::input::Encoded;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

const THREADS: usize = 2;
const SHAPES: [(usize, usize); 4] = [(1, 64), (1, 384), (8, 64), (8, 256)];

/// Length of a burst. ONNX Runtime's threads stay awake for a while after a run, so the next rival waits a moment.
const BURST: Duration = Duration::from_millis(120);
const PAUSE: Duration = Duration::from_millis(15);

fn main() {
    let rounds = std::env::var("BENCH_ROUNDS").ok().map_or(12, |rounds| rounds.parse().unwrap());
    rayon::ThreadPoolBuilder::new().num_threads(THREADS).build_global().unwrap();
    let encoder = BenchEncoder::open();
    let mut rivals = rivals(&encoder);
    compare_states(&encoder, &mut rivals);
    println!("\ntokens a second (batch × length), the best of {rounds} bursts of {} ms", BURST.as_millis());
    println!("{:28}{}", "", SHAPES.map(|(batch, length)| format!("{:>10}", format!("{batch}×{length}"))).concat());
    let mut speeds = vec![[0f64; SHAPES.len()]; rivals.len()];
    for (number, &(batch, length)) in SHAPES.iter().enumerate() {
        let input = encoder.input(batch, length);
        let mut best = vec![f64::INFINITY; rivals.len()];
        let mut runs = vec![1; rivals.len()];
        for _ in 0..rounds {
            for ((rival, best), runs) in rivals.iter_mut().zip(&mut best).zip(&mut runs) {
                std::thread::sleep(PAUSE);
                *best = best.min(rival.shortest(&input, *runs));
                *runs = ((BURST.as_secs_f64() / *best) as usize).clamp(1, 200);
            }
        }
        for (speeds, best) in speeds.iter_mut().zip(best) {
            speeds[number] = (batch * length) as f64 / best;
        }
    }
    for (rival, speeds) in rivals.iter().zip(&speeds) {
        println!("{:28}{}", rival.name(), speeds.map(|speed| format!("{speed:10.0}")).concat());
    }
    let ratios = |ours: usize, theirs: usize| std::array::from_fn(|shape| speeds[ours][shape] / speeds[theirs][shape]);
    let smallest = |what: &str, ours: usize, theirs: usize| {
        let ratios: [f64; SHAPES.len()] = ratios(ours, theirs);
        println!("{what:28}{}", ratios.map(|ratio| format!("{ratio:10.2}")).concat());
        ratios.into_iter().fold(f64::INFINITY, f64::min)
    };
    println!();
    let candle = smallest("ours f32 / candle", 0, 2);
    if rivals.len() == 5 {
        let (f32, int8) = (smallest("ours f32 / ort f32", 0, 3), smallest("ours int8 / ort int8", 1, 4));
        println!("f32_vs_candle={candle:.2}");
        println!("result: f32_vs_ort={f32:.2} int8_vs_ort={int8:.2}");
    } else {
        println!("ONNX Runtime was left out: PEER_PYTHON names no Python with onnx, onnxruntime and safetensors");
        println!("result: f32_vs_candle={candle:.2}");
    }
}

/// Ours in f32 and int8, candle-transformers, and the peer in f32 and int8 if there is one.
fn rivals(encoder: &BenchEncoder) -> Vec<Rival> {
    let mut rivals: Vec<Rival> = [Precision::F32, Precision::Int8].map(|p| Rival::Ours(Box::new(encoder.engine(p)), p)).into();
    let file = encoder.folder.join("model.safetensors");
    let bytes = std::fs::read(&file).unwrap();
    let weights = VarBuilder::from_buffered_safetensors(bytes, DType::F32, &Device::Cpu).unwrap();
    let config = std::fs::read(encoder.folder.join("config.json")).unwrap();
    rivals.push(Rival::Candle(Box::new(BertModel::load(weights, &serde_json::from_slice(&config).unwrap()).unwrap())));
    if let Some(peer) = Peer::start("onnxruntime_bert.py", "onnx, onnxruntime, safetensors", &encoder.folder, THREADS) {
        let peer = Rc::new(RefCell::new(peer));
        rivals.extend([Precision::F32, Precision::Int8].map(|p| Rival::Peer(Rc::clone(&peer), p)));
    }
    rivals
}

enum Rival {
    Ours(Box<Engine>, Precision),
    Candle(Box<BertModel>),
    Peer(Rc<RefCell<Peer>>, Precision),
}

impl Rival {
    fn name(&self) -> String {
        match self {
            Self::Ours(_, precision) => format!("rolecall, {precision}"),
            Self::Candle(_) => "candle-transformers, f32".to_owned(),
            Self::Peer(peer, precision) => format!("{}, {precision}", peer.borrow().name),
        }
    }

    /// Seconds of the shortest of so many runs.
    fn shortest(&mut self, input: &Encoded, runs: usize) -> f64 {
        let shortest = |run: &mut dyn FnMut()| {
            let times = (0..runs).map(|_| {
                let begin = Instant::now();
                run();
                begin.elapsed().as_secs_f64()
            });
            times.fold(f64::INFINITY, f64::min)
        };
        match self {
            Self::Ours(engine, _) => shortest(&mut || drop(engine.hidden(input).unwrap())),
            Self::Candle(model) => shortest(&mut || drop(candle_states(model, input))),
            Self::Peer(peer, precision) => {
                let (batch, length) = (input.packed.lengths.len(), input.packed.lengths[0]);
                peer.borrow_mut().ask(&format!("run {precision} {batch}x{length} {runs}")).parse().unwrap()
            }
        }
    }

    fn states(&mut self, input: &Encoded) -> Vec<f32> {
        match self {
            Self::Ours(engine, _) => engine.hidden(input).unwrap(),
            Self::Candle(model) => candle_states(model, input).flatten_all().unwrap().to_vec1().unwrap(),
            Self::Peer(peer, precision) => {
                let folder = tempfile::tempdir().unwrap();
                let file = folder.path().join("hidden");
                let (batch, length) = (input.packed.lengths.len(), input.packed.lengths[0]);
                peer.borrow_mut().ask(&format!("hidden {precision} {batch}x{length} {}", file.display()));
                rolecall::model::quantize::from_bytes(&std::fs::read(file).unwrap())
            }
        }
    }
}

fn candle_states(model: &BertModel, input: &Encoded) -> Tensor {
    let shape = (input.packed.lengths.len(), input.packed.lengths[0]);
    let ids = Tensor::from_slice(&input.packed.ids, shape, &Device::Cpu).unwrap();
    model.forward(&ids, &ids.zeros_like().unwrap(), None).unwrap()
}

/// How far everybody's states are from those of candle-transformers.
fn compare_states(encoder: &BenchEncoder, rivals: &mut [Rival]) {
    let input = encoder.input(2, 64);
    let reference = rivals[2].states(&input);
    let size = reference.iter().map(|value| value.abs()).sum::<f32>() / reference.len() as f32;
    println!("distance from candle-transformers' states (their mean size is {size:.3})");
    for rival in rivals {
        let states = rival.states(&input);
        let distances: Vec<f32> = states.iter().zip(&reference).map(|(a, b)| (a - b).abs()).collect();
        let (mean, largest) =
            (distances.iter().sum::<f32>() / distances.len() as f32, distances.iter().fold(0f32, |a, &b| a.max(b)));
        println!("{:28}mean {mean:.1e}, largest {largest:.1e}", rival.name());
    }
}
