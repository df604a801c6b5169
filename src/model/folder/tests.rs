use super::*;
use crate::document::Label;
use crate::model::manifest::FORMAT;
use crate::model::relation::{Cell, DegreeTable, PairTable, RelationConfig, RelationScorer};
use crate::model::tagger::{Tagger, TaggerConfig};
use crate::model::weights::Init;
use crate::text::CharOffset;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzα0123456789.,-";

fn vocab() -> String {
    let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].map(str::to_owned);
    let letters = LETTERS.chars().flat_map(|c| [c.to_string(), format!("##{c}")]);
    special.into_iter().chain(letters).collect::<Vec<_>>().join("\n")
}

const CONFIG: &str = r#"{"vocab_size": 100, "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
    "intermediate_size": 96, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "max_position_embeddings": 48,
    "type_vocab_size": 2, "initializer_range": 0.2, "layer_norm_eps": 1e-12, "pad_token_id": 0}"#;

/// A small model with random weights, in parts.
pub(crate) struct TinyParts {
    pub(crate) config: Config,
    pub(crate) tagger: TaggerConfig,
    pub(crate) relations: RelationConfig,
    pub(crate) tags: TagSet,
    pub(crate) weights: Weights,
}

pub(crate) fn tiny_parts(seed: u64) -> TinyParts {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let config = parse_config(CONFIG.as_bytes()).unwrap();
    let tags = TagSet::new(["Var", "Gene", "NegReg"].map(Label::from));
    let mut table = PairTable::default();
    for (subject, object) in [(1, 0), (0, 2), (2, 2)] {
        let cell = Cell { subject, object, same_sentence: true, object_rank: 0, subject_rank: 0 };
        (0..5).for_each(|_| table.add(cell, 1, 3));
    }
    let roles = vec![Label::from("ThemeOf"), Label::from("CauseOf")];
    let relations = RelationConfig {
        state_width: 64,
        heads: 4,
        hidden_width: 64,
        marked: true,
        message_width: 4,
        threshold: 0.5,
        roles,
        table,
        degrees: DegreeTable::default(),
        forest: None,
    };
    let tagger = TaggerConfig { shape_width: 8, part_width: 6, ..TaggerConfig::plain() };
    let mut quiet = Weights::default();
    Tagger::ensure(&mut quiet, &config, &tagger, &tags, HEAD, &mut rng).unwrap();
    RelationScorer::ensure(&mut quiet, &relations, config.hidden_size, tags.labels(), &mut rng).unwrap();
    // Stronger emissions than training begins with, so that random weights say something, and shapes that are not zero.
    let mut weights = Weights::default();
    for (name, tensor) in quiet.iter() {
        let factor = if name.starts_with("tagger.emission") { 30.0 } else { 1.0 };
        weights.insert(name, (tensor * factor).unwrap());
    }
    let mut shapes = Weights::default();
    shapes.ensure("shapes.pieces", &[crate::nlp::shape::SHAPES.len(), 64], Init::Normal(0.2), &mut rng).unwrap();
    weights.insert("shapes.pieces", shapes.get("shapes.pieces", &[crate::nlp::shape::SHAPES.len(), 64]).unwrap());
    TinyParts { config, tagger, relations, tags, weights }
}

/// The same as files.
pub(crate) fn tiny_files(seed: u64) -> ModelFiles {
    let TinyParts { tagger, relations, tags, weights, .. } = tiny_parts(seed);
    let weights = quantize::to_safetensors(&weights).unwrap();
    let manifest = Manifest {
        format: FORMAT,
        name: "tiny".to_owned(),
        description: "random weights for tests".to_owned(),
        labels: tags.labels().to_vec(),
        word_split: WordSplit::PunctuationAndDigits,
        lowercase: true,
        window: 40,
        tagger,
        relations: Some(RelationModelConfig::Scorer(relations)),
        training: serde_json::Value::Null,
        scores: serde_json::Value::Null,
        calibration: None,
        weights_hash: blake3::hash(&weights).to_hex().to_string(),
    };
    ModelFiles {
        manifest: serde_json::to_vec(&manifest).unwrap().into(),
        config: CONFIG.as_bytes().into(),
        vocab: vocab().into_bytes().into(),
        weights: weights.into(),
    }
}

pub(crate) fn tiny_model(seed: u64) -> Model {
    Model::load(&tiny_files(seed), Precision::F32).unwrap()
}

#[test]
fn a_folder_is_read_back_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let files = tiny_files(1);
    files.write(folder.path()).unwrap();
    let read = ModelFiles::read(folder.path()).unwrap();
    assert_eq!(read.weights, files.weights);
    assert_eq!(Model::load(&read, Precision::F32).unwrap().manifest(), tiny_model(1).manifest());
}

#[test]
fn every_damage_is_refused_with_a_sentence() {
    let sentence = |change: &dyn Fn(&mut ModelFiles)| {
        let mut files = tiny_files(1);
        change(&mut files);
        Model::load(&files, Precision::F32).map(|_| ()).unwrap_err().to_string()
    };
    let manifest = |from: &str, to: &str| {
        let text = String::from_utf8(tiny_files(1).manifest.into_owned()).unwrap();
        assert!(text.contains(from));
        text.replace(from, to).into_bytes()
    };
    assert!(sentence(&|f| f.weights.to_mut()[5000] ^= 1).starts_with("weights.safetensors: its bytes are not those"));
    assert!(sentence(&|f| f.weights.to_mut().truncate(1000)).starts_with("weights.safetensors:"));
    assert!(sentence(&|f| f.manifest = manifest("\"format\":1", "\"format\":2").into()).contains("format 2"));
    assert!(sentence(&|f| f.manifest = b"{".to_vec().into()).starts_with("manifest.json:1:1"));
    assert!(sentence(&|f| f.manifest = manifest("\"window\":40", "\"window\":400").into()).contains("48 positions"));
    assert!(sentence(&|f| f.config = b"{}".to_vec().into()).starts_with("config.json:1:2"));
    assert!(sentence(&|f| f.vocab = b"a\nb".to_vec().into()).contains("[UNK]"));
    assert!(sentence(&|f| f.vocab = vec![0xff].into()).contains("byte 0"));
    let fewer = manifest("[\"Var\",\"Gene\",\"NegReg\"]", "[\"Var\",\"Gene\"]");
    assert!(sentence(&|f| f.manifest = fewer.clone().into()).contains("tagger.emission.weight"));
}

#[test]
fn sizes_that_nothing_stands_behind_take_no_memory() {
    // What would be taken for these shapes does not exist, so a refusal is the proof that nothing was taken.
    let load = |files: &ModelFiles| Model::load(files, Precision::F32).map(|_| ()).unwrap_err().to_string();
    let keys = [
        "vocab_size",
        "hidden_size",
        "num_hidden_layers",
        "num_attention_heads",
        "intermediate_size",
        "max_position_embeddings",
        "type_vocab_size",
    ];
    for (key, size) in keys.iter().flat_map(|key| [0u64, 1 << 40, u64::MAX].map(|size| (key, size))) {
        let mut config: serde_json::Value = serde_json::from_str(CONFIG).unwrap();
        config[*key] = size.into();
        let files = ModelFiles { config: config.to_string().into_bytes().into(), ..tiny_files(1) };
        if (*key, size) != ("num_hidden_layers", 0) {
            assert!(!load(&files).is_empty(), "{key}: {size}");
        }
    }
    let manifest: serde_json::Value = serde_json::from_slice(&tiny_files(1).manifest).unwrap();
    for path in [
        "/window",
        "/tagger/shape_width",
        "/tagger/part_width",
        "/relations/state_width",
        "/relations/heads",
        "/relations/hidden_width",
    ] {
        for size in [1u64 << 40, u64::MAX] {
            let mut manifest = manifest.clone();
            *manifest.pointer_mut(path).unwrap() = size.into();
            let files = ModelFiles { manifest: manifest.to_string().into_bytes().into(), ..tiny_files(1) };
            assert!(!load(&files).is_empty(), "{path}: {size}");
        }
    }
    // A safetensors file whose header says more than there is, in its length and in its shapes.
    let header =
        br#"{"embeddings.word_embeddings.weight":{"dtype":"F32","shape":[1099511627776,1099511627776],"data_offsets":[0,8]}}"#;
    for length in [header.len() as u64, 1 << 40, u64::MAX] {
        let weights = [&length.to_le_bytes()[..], header, &[0; 8]].concat();
        let mut manifest = manifest.clone();
        manifest["weights_hash"] = blake3::hash(&weights).to_hex().to_string().into();
        let files = ModelFiles { manifest: manifest.to_string().into_bytes().into(), weights: weights.into(), ..tiny_files(1) };
        let sentence = load(&files);
        assert!(sentence.starts_with("weights.safetensors: not a whole safetensors file"), "{sentence}");
    }
}

#[test]
fn a_missing_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = ModelFiles::read(folder.path()).unwrap_err().to_string();
    assert!(error.contains("manifest.json"), "{error}");
}

#[test]
fn long_texts_are_cut_into_windows_that_keep_every_word_once() {
    let model = tiny_model(2);
    let text = SourceText::new("The quick brown mutation of p53. ".repeat(20));
    let prepared = model.prepare(&text).unwrap();
    assert!(prepared.encoded.packed.lengths.len() > 3);
    assert!(prepared.encoded.packed.lengths.iter().all(|&length| length <= 42));
    assert_eq!(prepared.encoded.words(), prepared.words.len());
    let windows: Vec<Encoded> = prepared.encoded.windows().collect();
    assert_eq!(windows.iter().map(Encoded::words).sum::<usize>(), prepared.words.len());
    assert_eq!(text.slice(prepared.words[0]), Some("The"));
    assert_eq!(prepared.words[0].start(), CharOffset::ZERO);
}

#[test]
fn a_sentence_is_read_with_as_much_of_its_text_as_the_tagger_wants() {
    let sentences = ["Loss of abc1 lowers it. ", "The p53 change stops. ", "And so on. "];
    let model = |context| {
        let mut manifest = Manifest::parse(&tiny_files(2).manifest).unwrap();
        manifest.tagger.context = context;
        Model::load(&ModelFiles { manifest: serde_json::to_vec(&manifest).unwrap().into(), ..tiny_files(2) }, Precision::F32)
            .unwrap()
    };
    let [whole, neighbours, alone] = [Context::Abstract, Context::Neighbours, Context::Sentence].map(model);
    let read = |model: &Model, sentences: &[&str]| {
        let text = model.prepare(&SourceText::new(sentences.concat())).unwrap().encoded;
        assert_eq!(text.sentences.len(), sentences.len());
        let states = model.read(&text).unwrap();
        let tags = states.emissions.len() / text.words();
        text.sentences.iter().map(|words| states.emissions[words.start * tags..words.end * tags].to_vec()).collect::<Vec<_>>()
    };
    let close = |a: &[f32], b: &[f32]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-3);
    let [all, three, each] = [&whole, &neighbours, &alone].map(|model| read(model, &sentences));
    for (at, sentence) in sentences.iter().enumerate() {
        assert!(close(&each[at], &read(&whole, &[sentence])[0]), "sentence {at} alone");
        assert!(!close(&each[at], &all[at]), "the others say something of sentence {at}");
    }
    assert!(close(&three[0], &read(&whole, &sentences[..2])[0]), "the first has one neighbour");
    assert!(close(&three[1], &all[1]), "the second has two, which are the whole text");
    assert!(close(&three[2], &read(&whole, &sentences[1..])[1]) && !close(&three[2], &all[2]));
}
