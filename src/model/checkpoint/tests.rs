use super::*;
use crate::model::encoder::{Architecture, Dropout};
use crate::model::engine::Precision;
use crate::model::folder::parse_config;
use crate::model::input::Packed;
use crate::model::tagger::TaggerConfig;
use crate::nlp::pieces::PieceEncoder;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use std::fs;

/// How a checkpoint may be laid out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pub(crate) prefix: &'static str,
    /// `gamma` and `beta` for `weight` and `bias` of norms.
    pub(crate) older: bool,
    pub(crate) dtype: DType,
}

/// Writes `config.json` and `model.safetensors` of a small encoder with random weights, as others name them.
pub(crate) fn write_random(folder: &Path, config_text: &str, layout: Layout) {
    let config = parse_config(config_text.as_bytes()).unwrap();
    let mut weights = Weights::default();
    Encoder::ensure(&mut weights, &config, &mut ChaCha8Rng::seed_from_u64(5)).unwrap();
    let mut named = HashMap::new();
    for (name, tensor) in weights.iter() {
        for (name, tensor) in parts(name, tensor, config.architecture) {
            let name =
                if layout.older { name.replace("Norm.weight", "Norm.gamma").replace("Norm.bias", "Norm.beta") } else { name };
            named.insert(format!("{}{name}", layout.prefix), tensor.to_dtype(layout.dtype).unwrap());
        }
    }
    candle_core::safetensors::save(&named, folder.join("model.safetensors")).unwrap();
    fs::write(folder.join("config.json"), config_text).unwrap();
}

/// A weight of ours as checkpoints have it.
fn parts(name: &str, tensor: &Tensor, architecture: Architecture) -> Vec<(String, Tensor)> {
    let mpnet = architecture == Architecture::Mpnet;
    if name.contains("attention.qkv") {
        let names = if mpnet { ["attn.q", "attn.k", "attn.v"] } else { ["self.query", "self.key", "self.value"] };
        let chunks = tensor.chunk(3, 0).unwrap();
        return names.iter().zip(chunks).map(|(part, chunk)| (name.replace("qkv", part), chunk.contiguous().unwrap())).collect();
    }
    let name = if mpnet {
        name.replace("attention.output.dense", "attention.attn.o").replace("attention.output.LayerNorm", "attention.LayerNorm")
    } else {
        name.to_owned()
    };
    vec![(name, tensor.clone())]
}

fn config_text(kind: &str, layers: usize) -> String {
    format!(
        r#"{{"model_type": "{kind}", "vocab_size": 30, "hidden_size": 12, "num_hidden_layers": {layers}, "num_attention_heads": 3,
        "intermediate_size": 20, "hidden_act": "relu", "max_position_embeddings": 24, "initializer_range": 0.25}}"#
    )
}

fn states(weights: &Weights, config: &Config, ids: &[u32]) -> Vec<f32> {
    let packed = Packed { ids: ids.to_vec(), lengths: vec![ids.len()] };
    let states = Encoder::load(weights, config).unwrap().forward(&packed, None, &mut Dropout::off()).unwrap();
    states.flatten_all().unwrap().to_vec1().unwrap()
}

#[test]
fn every_layout_of_the_same_weights_gives_the_same_encoder() {
    let folder = tempfile::tempdir().unwrap();
    for (kind, layers) in [("bert", 2), ("bert", 24), ("mpnet", 3)] {
        let text = config_text(kind, layers);
        let config = parse_config(text.as_bytes()).unwrap();
        let mut first: Option<Vec<f32>> = None;
        let layouts = [("", false), ("bert.", false), ("bert.", true), ("mpnet.", false), ("0.auto_model.", true)];
        for (prefix, older) in layouts {
            write_random(folder.path(), &text, Layout { prefix, older, dtype: DType::F32 });
            let found = weights(folder.path()).unwrap();
            check(folder.path(), &found, &config).unwrap();
            let found = states(&found, &config, &[3, 17, 5, 29, 11]);
            assert_eq!(*first.get_or_insert_with(|| found.clone()), found, "{kind} {prefix:?} {older}");
        }
        for (dtype, tolerance) in [(DType::F16, 0.05), (DType::BF16, 0.4)] {
            write_random(folder.path(), &text, Layout { prefix: "", older: false, dtype });
            let found = states(&weights(folder.path()).unwrap(), &config, &[3, 17, 5, 29, 11]);
            let largest = found.iter().zip(first.as_ref().unwrap()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(largest > 0.0 && largest < tolerance, "{kind} in {dtype:?}: {largest}");
        }
    }
}

/// A sequence and the reference's state of its last piece.
#[derive(Deserialize)]
struct Expected {
    ids: Vec<u32>,
    last: Vec<f32>,
}

/// The fixtures and their numbers are written by `tests/peers/encoders.py` with PyTorch 2.15 and transformers 5.24.
#[test]
fn checkpoints_written_by_pytorch_give_the_states_that_transformers_gives() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/encoders");
    for name in ["bert", "mpnet"] {
        let folder = fixtures.join(name);
        let config = parse_config(&fs::read(folder.join("config.json")).unwrap()).unwrap();
        let weights = weights(&folder).unwrap();
        check(&folder, &weights, &config).unwrap();
        let expected: Vec<Expected> = serde_json::from_slice(&fs::read(folder.join("states.json")).unwrap()).unwrap();
        for Expected { ids, last } in &expected {
            let ours = states(&weights, &config, ids);
            let packed = Packed { ids: ids.clone(), lengths: vec![ids.len()] };
            let engine = crate::model::encoder::tests::engine(&weights, &config, &TaggerConfig::plain(), Precision::F32);
            let text = crate::model::input::Encoded { packed, piece_shapes: vec![0; ids.len()], ..Default::default() };
            let engines = engine.hidden(&text).unwrap();
            for found in [&ours, &engines] {
                let from = found.len() - last.len();
                let largest = found[from..].iter().zip(last).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(largest < 1e-4, "{name}, {} pieces: {largest}", ids.len());
            }
        }
    }
}

#[test]
fn what_is_missing_or_wrong_is_named_with_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let sentence = || {
        let config = parse_config(&fs::read(path.join("config.json")).unwrap()).unwrap();
        weights(path).and_then(|found| check(path, &found, &config)).unwrap_err().to_string()
    };
    fs::write(path.join("config.json"), config_text("bert", 2)).unwrap();
    assert!(sentence().ends_with("there is no model.safetensors and no pytorch_model.bin in it"), "{}", sentence());

    let plain = Layout { prefix: "bert.", older: false, dtype: DType::F32 };
    let change = |change: &dyn Fn(&mut HashMap<String, Tensor>)| {
        write_random(path, &config_text("bert", 2), plain);
        let mut named = candle_core::safetensors::load(path.join("model.safetensors"), &Device::Cpu).unwrap();
        change(&mut named);
        candle_core::safetensors::save(&named, path.join("model.safetensors")).unwrap();
        sentence()
    };
    let missing = |name: &str| change(&|named| drop(named.remove(&format!("bert.{name}")).unwrap()));
    for name in [
        "encoder.layer.1.attention.self.key.bias",
        "encoder.layer.0.output.LayerNorm.weight",
        "embeddings.word_embeddings.weight",
    ] {
        let said = missing(name);
        assert!(said.contains("model.safetensors: the weights have no") && said.contains(name), "{said}");
    }
    let said = change(&|named| named.retain(|name, _| !name.contains("layer.1.attention.self.")));
    assert!(
        said.ends_with("the weights have no \"encoder.layer.1.attention.self.query.bias\"") || said.ends_with("query.weight\""),
        "{said}"
    );

    write_random(path, &config_text("bert", 2), plain);
    for (from, to, wanted) in [
        ("layers\": 2", "layers\": 1", "it has \"encoder.layer.1."),
        ("\"intermediate_size\": 20", "\"intermediate_size\": 24", "\"encoder.layer.0.intermediate.dense.weight\" has the shape"),
        ("\"vocab_size\": 30", "\"vocab_size\": 31", "\"embeddings.word_embeddings.weight\" has the shape [30, 12]"),
    ] {
        fs::write(path.join("config.json"), config_text("bert", 2).replace(from, to)).unwrap();
        assert!(sentence().contains(wanted), "{}", sentence());
    }
    fs::write(path.join("model.safetensors"), b"no tensors").unwrap();
    assert!(sentence().contains("model.safetensors: "), "{}", sentence());
}

#[test]
fn a_damaged_pytorch_file_is_refused_with_a_sentence() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/encoders/bert/pytorch_model.bin");
    let whole = fs::read(fixture).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let read = |bytes: &[u8]| {
        fs::write(folder.path().join("pytorch_model.bin"), bytes).unwrap();
        weights(folder.path())
    };
    assert!(read(&whole).is_ok());
    let legacy = read(b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.").unwrap_err().to_string();
    assert!(legacy.contains("pytorch_model.bin: it is not a zip archive, as PyTorch writes since version 1.6"), "{legacy}");
    for length in [0, 3, 100, whole.len() / 2, whole.len() - 1] {
        let said = read(&whole[..length]).unwrap_err().to_string();
        assert!(said.contains("pytorch_model.bin: "), "{said}");
    }
    // The pickle stands at the beginning: whatever is in it, the answer is weights or a sentence.
    for at in (60..3000).step_by(37) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x15;
        if let Err(error) = read(&bytes) {
            assert!(error.to_string().contains("pytorch_model.bin: "), "{error}");
        }
    }
}

#[test]
fn vocabulary_and_case_are_found_wherever_they_stand() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let read = || Vocabulary::read(folder.path()).map_err(|error| error.to_string());
    assert!(read().unwrap_err().ends_with("there is no vocab.txt and no tokenizer.json in it"));

    let special = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";
    fs::write(path("vocab.txt"), format!("{special}gene\n##s\n")).unwrap();
    assert!(read().unwrap().lowercase, "a vocabulary without capitals is lower-case");
    fs::write(path("vocab.txt"), format!("{special}gene\nGene\n")).unwrap();
    assert!(!read().unwrap().lowercase, "one with capitals is not");
    fs::write(path("tokenizer_config.json"), r#"{"do_lower_case": true}"#).unwrap();
    assert!(read().unwrap().lowercase, "what is said counts");
    fs::write(path("tokenizer_config.json"), r#"{"do_lower_case": true, "strip_accents": false}"#).unwrap();
    assert!(read().unwrap_err().contains("tokenizer_config.json: accents are stripped (false) otherwise than case (true)"));
    fs::remove_file(path("tokenizer_config.json")).unwrap();

    fs::remove_file(path("vocab.txt")).unwrap();
    let tokenizer = r###"{"added_tokens": [{"id": 5, "content": "[NEW]"}], "normalizer": {"type": "BertNormalizer", "lowercase": true},
        "model": {"type": "WordPiece", "continuing_subword_prefix": "##", "vocab": {"[UNK]": 1, "[PAD]": 0, "[CLS]": 2, "[SEP]": 3, "P": 7}}}"###;
    fs::write(path("tokenizer.json"), tokenizer).unwrap();
    let found = read().unwrap();
    assert!(found.lowercase);
    let pieces = PieceEncoder::new(&found.lines, found.lowercase).unwrap();
    assert_eq!((pieces.vocab_size(), pieces.id_of("P"), pieces.id_of("[NEW]")), (8, Some(7), Some(5)));
    for (from, to, wanted) in [
        ("WordPiece", "BPE", "tokenizer.json: its model is of the kind \"BPE\""),
        ("\"P\": 7", "\"P\": 4000000000", "tokenizer.json: its highest id is 4000000000"),
        ("\"model\"", "\"modul\"", "tokenizer.json: missing field `model`"),
    ] {
        fs::write(path("tokenizer.json"), tokenizer.replace(from, to)).unwrap();
        let said = read().unwrap_err();
        assert!(said.contains(wanted), "{said}");
    }
}
