//! The encoder that benches run: a folder in Hugging Face layout named by `BENCH_ENCODER`, or random weights of the shape of
//! all-MiniLM-L6-v2 (6 layers, 384 wide) when it is not set.

use candle_core::Tensor;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rolecall::document::Label;
use rolecall::model::checkpoint;
use rolecall::model::encoder::{Config, Encoder};
use rolecall::model::engine::{Engine, Head, Precision};
use rolecall::model::folder::parse_config;
use rolecall::model::input::{Encoded, Packed};
use rolecall::model::tagger::{HEAD, Tagger, TaggerConfig};
use rolecall::model::weights::Weights;
use rolecall::nlp::bio::TagSet;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

const CONFIG: &str = r#"{"vocab_size": 30522, "hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12,
    "intermediate_size": 1536, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "max_position_embeddings": 512,
    "type_vocab_size": 2, "initializer_range": 0.02, "layer_norm_eps": 1e-12, "pad_token_id": 0}"#;

/// An encoder folder, and what our engine needs of it.
pub struct BenchEncoder {
    pub folder: PathBuf,
    pub config: Config,
    weights: Weights,
    /// Holds the folder when it is a random one.
    _random: Option<tempfile::TempDir>,
}

impl BenchEncoder {
    /// From the folder that `BENCH_ENCODER` names, or with random weights.
    pub fn open() -> Self {
        match std::env::var_os("BENCH_ENCODER") {
            Some(folder) => Self::read(PathBuf::from(folder), None),
            None => {
                let random = tempfile::tempdir().unwrap();
                write_random(random.path());
                println!("BENCH_ENCODER names no encoder folder: random weights of the same shape as all-MiniLM-L6-v2");
                Self::read(random.path().to_path_buf(), Some(random))
            }
        }
    }

    fn read(folder: PathBuf, random: Option<tempfile::TempDir>) -> Self {
        let config = parse_config(&fs::read(folder.join("config.json")).unwrap()).unwrap();
        let mut weights = checkpoint::weights(&folder).unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        Tagger::ensure(&mut weights, &config, &tagger(), &tags(), HEAD, &mut rng).unwrap();
        Self { folder, config, weights, _random: random }
    }

    pub fn engine(&self, precision: Precision) -> Engine {
        Engine::new(&self.weights, &self.config, &tagger(), Head::tagger(tags().len()), precision).unwrap()
    }

    /// Sequences of one length, with the same ids as the peer script's.
    pub fn input(&self, batch: usize, length: usize) -> Encoded {
        let ids = (0..batch * length).map(|i| (i * 7919 % (self.config.vocab_size - 1000) + 1000) as u32);
        Encoded {
            packed: Packed { ids: ids.collect(), lengths: vec![length; batch] },
            piece_shapes: vec![0; batch * length],
            ..Encoded::default()
        }
    }
}

fn tagger() -> TaggerConfig {
    TaggerConfig::plain()
}

fn tags() -> TagSet {
    TagSet::new([Label::from("Var")])
}

fn write_random(folder: &Path) {
    let config = parse_config(CONFIG.as_bytes()).unwrap();
    let mut weights = Weights::default();
    Encoder::ensure(&mut weights, &config, &mut ChaCha8Rng::seed_from_u64(7)).unwrap();
    let mut named: HashMap<String, Tensor> = HashMap::new();
    for (name, tensor) in weights.iter() {
        if name.contains("attention.qkv") {
            for (part, values) in ["query", "key", "value"].iter().zip(tensor.chunk(3, 0).unwrap()) {
                named.insert(name.replace("qkv", &format!("self.{part}")), values.contiguous().unwrap());
            }
        } else {
            named.insert(name.to_owned(), tensor.clone());
        }
    }
    candle_core::safetensors::save(&named, folder.join("model.safetensors")).unwrap();
    fs::write(folder.join("config.json"), CONFIG).unwrap();
}
