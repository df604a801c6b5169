//! Speed of the encoder beside its peers, on the same weights, in one run, on two threads: our engine in f32 and int8,
//! candle-transformers' `BertModel`, and ONNX Runtime in f32 and int8.
//!
//! `PEER_PYTHON=peer/bin/python BENCH_CANDLE=1 BENCH_ENCODER=folder cargo bench --bench encoder`. `PEER_PYTHON` is a Python with onnx,
//! onnxruntime and safetensors; without it ONNX Runtime is left out. `BENCH_CANDLE` has candle-transformers built as a program of its
//! own, as its users get it; in this process it has the AVX-512 products that our training asks for.
//! `BENCH_ROUNDS` is how often each gets its turn (default 12).
//!
//! The machine is rarely quiet, so the rivals take turns in short bursts, and the shortest time of each counts. The last line is
//! `result: f32_vs_ort=… int8_vs_ort=… f32_vs_candle=…`, each the smallest ratio of tokens a second over the shapes; peers that were
//! left out are missing in it. Without any it has our own lowest speeds.
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
use std::path::Path;
use std::process::Command;
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
    println!("{:32}{}", "", SHAPES.map(|(batch, length)| format!("{:>10}", format!("{batch}×{length}"))).concat());
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
        println!("{:32}{}", rival.name(), speeds.map(|speed| format!("{speed:10.0}")).concat());
    }
    println!();
    let place = |[name, precision]: [&str; 2]| {
        rivals.iter().map(Rival::name).position(|rival| rival.starts_with(name) && rival.ends_with(precision))
    };
    let smallest = |what: &str, ours: [&str; 2], theirs: [&str; 2]| {
        let (ours, theirs) = (place(ours)?, place(theirs)?);
        let ratios: [f64; SHAPES.len()] = std::array::from_fn(|shape| speeds[ours][shape] / speeds[theirs][shape]);
        println!("{what:32}{}", ratios.map(|ratio| format!("{ratio:10.2}")).concat());
        Some(ratios.into_iter().fold(f64::INFINITY, f64::min))
    };
    smallest("f32 / candle, gemm/x86-v4", ["rolecall", "f32"], ["candle with gemm/x86-v4", "f32"]);
    let candle = smallest("f32 / candle, default", ["rolecall", "f32"], ["candle default features", "f32"]);
    let f32 = smallest("f32 / ort f32", ["rolecall", "f32"], ["onnxruntime", "f32"]);
    let int8 = smallest("int8 / ort int8", ["rolecall", "int8"], ["onnxruntime", "int8"]);
    let named = [("f32_vs_ort", f32), ("int8_vs_ort", int8), ("f32_vs_candle", candle)];
    let measured = named.iter().filter_map(|(name, ratio)| ratio.map(|ratio| format!(" {name}={ratio:.2}")));
    let slowest = |speeds: &[f64]| speeds.iter().copied().fold(f64::INFINITY, f64::min);
    match measured.collect::<String>() {
        ratios if ratios.is_empty() => println!("result: f32={:.0} int8={:.0}", slowest(&speeds[0]), slowest(&speeds[1])),
        ratios => println!("result:{ratios}"),
    }
}

/// Ours in f32 and int8, candle-transformers in this process and as its users get it, and ONNX Runtime in f32 and int8.
fn rivals(encoder: &BenchEncoder) -> Vec<Rival> {
    let mut rivals: Vec<Rival> = [Precision::F32, Precision::Int8].map(|p| Rival::Ours(Box::new(encoder.engine(p)), p)).into();
    let file = encoder.folder.join("model.safetensors");
    let bytes = std::fs::read(&file).unwrap();
    let weights = VarBuilder::from_buffered_safetensors(bytes, DType::F32, &Device::Cpu).unwrap();
    let config = std::fs::read(encoder.folder.join("config.json")).unwrap();
    rivals.push(Rival::Candle(Box::new(BertModel::load(weights, &serde_json::from_slice(&config).unwrap()).unwrap())));
    rivals.extend(candle(encoder).map(|peer| Rival::Peer(Rc::new(RefCell::new(peer)), Precision::F32)));
    match Peer::start("onnxruntime_bert.py", "onnx, onnxruntime, safetensors", &encoder.folder, THREADS) {
        Some(peer) => {
            let peer = Rc::new(RefCell::new(peer));
            rivals.extend([Precision::F32, Precision::Int8].map(|p| Rival::Peer(Rc::clone(&peer), p)));
        }
        None => println!("ONNX Runtime is left out: PEER_PYTHON names no Python with onnx, onnxruntime and safetensors"),
    }
    rivals
}

/// candle-transformers built by itself, with what its users get by default; the settings of this build are not passed on.
fn candle(encoder: &BenchEncoder) -> Option<Peer> {
    if std::env::var_os("BENCH_CANDLE").is_none() {
        println!("candle-transformers with default features is left out: BENCH_CANDLE=1 has it built, which takes some minutes");
        return None;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = root.join("target/candle-peer");
    let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    build.args(["build", "--release", "--locked", "--manifest-path"]).arg(root.join("tests/peers/candle/Cargo.toml"));
    build.arg("--target-dir").arg(&target).env_remove("RUSTFLAGS");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARGO_PROFILE_")) {
        build.env_remove(name);
    }
    if !build.status().is_ok_and(|status| status.success()) {
        println!("candle-transformers with default features is left out: it could not be built");
        return None;
    }
    let mut run = Command::new(target.join("release/candle-peer"));
    run.arg(&encoder.folder).env("RAYON_NUM_THREADS", THREADS.to_string());
    Some(Peer::run(run))
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
            Self::Candle(_) => "candle with gemm/x86-v4, f32".to_owned(),
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
        println!("{:32}mean {mean:.1e}, largest {largest:.1e}", rival.name());
    }
}
