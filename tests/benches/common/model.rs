//! The model that benches run: a model folder named by `BENCH_MODEL`, or the encoder of `common/encoder.rs` with output layers that
//! were never trained, which finds nothing.

use super::encoder::BenchEncoder;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rolecall::document::Label;
use rolecall::model::checkpoint;
use rolecall::model::engine::Precision;
use rolecall::model::folder::{Model, ModelFiles};
use rolecall::model::manifest::{FORMAT, Manifest};
use rolecall::model::tagger::{HEAD, Tagger, TaggerConfig};
use rolecall::nlp::WordSplit;
use rolecall::nlp::bio::TagSet;
use std::path::{Path, PathBuf};

/// The folder that `BENCH_MODEL` names, or one that is made in `fallback`.
pub fn folder(fallback: &Path) -> PathBuf {
    if let Some(folder) = std::env::var_os("BENCH_MODEL") {
        return PathBuf::from(folder);
    }
    println!("BENCH_MODEL names no model folder: a model that was never trained is measured, which finds nothing");
    let encoder = BenchEncoder::open();
    let labels =
        ["Var", "MPA", "Reg", "PosReg", "NegReg", "Disease", "Gene", "Protein", "Enzyme", "Interaction", "Pathway", "CPA"];
    let labels: Vec<Label> = labels.map(Label::from).into();
    let tags = TagSet::new(labels.iter().cloned());
    let tagger = TaggerConfig { shape_width: 16, ..TaggerConfig::plain() };
    let mut weights = checkpoint::weights(&encoder.folder).unwrap();
    Tagger::ensure(&mut weights, &encoder.config, &tagger, &tags, HEAD, &mut ChaCha8Rng::seed_from_u64(5)).unwrap();
    // The tag O comes first; nothing else gets near it.
    let mut bias = vec![0f32; tags.len()];
    bias[0] = 20.0;
    weights.insert(
        &format!("{HEAD}.emission.bias"),
        candle_core::Tensor::from_vec(bias, tags.len(), &candle_core::Device::Cpu).unwrap(),
    );
    let weights = rolecall::model::quantize::to_safetensors(&weights).unwrap();
    let manifest = Manifest {
        format: FORMAT,
        name: "untrained".to_owned(),
        description: "untrained output layers for benches".to_owned(),
        labels,
        word_split: WordSplit::PunctuationAndDigits,
        lowercase: true,
        window: 510,
        tagger,
        relations: None,
        training: serde_json::Value::Null,
        scores: serde_json::Value::Null,
        calibration: None,
        weights_hash: blake3::hash(&weights).to_hex().to_string(),
    };
    let vocab = std::fs::read(encoder.folder.join("vocab.txt")).unwrap_or_else(|_| spelled_vocabulary(encoder.config.vocab_size));
    let config = std::fs::read(encoder.folder.join("config.json")).unwrap();
    let manifest = serde_json::to_vec(&manifest).unwrap();
    ModelFiles { manifest: manifest.into(), config: config.into(), vocab: vocab.into(), weights: weights.into() }
        .write(fallback)
        .unwrap();
    fallback.to_path_buf()
}

/// Loads it.
pub fn load(folder: &Path, precision: Precision) -> Model {
    Model::load(&ModelFiles::read(folder).unwrap(), precision).unwrap()
}

/// Letters, alone and inside words, and lines that no word has, up to the size.
fn spelled_vocabulary(size: usize) -> Vec<u8> {
    let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].map(str::to_owned);
    let letters = ('!'..='~').flat_map(|c| [c.to_string(), format!("##{c}")]);
    let rest = (0..).map(|number| format!("[unused{number}]"));
    special.into_iter().chain(letters).chain(rest).take(size).collect::<Vec<_>>().join("\n").into_bytes()
}
