use super::*;
use crate::formats::LoadReport;
use crate::model::checkpoint::tests::{Layout, write_random};
use crate::model::checkpoint::{check, weights};
use crate::model::folder::parse_config;
use crate::train::metrics::Ignore;
use candle_core::DType;

const CONFIG: &str = r#"{"vocab_size": 60, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
    "intermediate_size": 48, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "max_position_embeddings": 64,
    "type_vocab_size": 2, "initializer_range": 0.2, "layer_norm_eps": 1e-12, "pad_token_id": 0}"#;

const RECIPE: &str = r#"
name = "biomedical"
description = "a test"
seed = 2
checkpoint_minutes = 1000.0
document_words = 10

[tagger]
encoder_rate = 3e-3
layer_decay = 0.9
freeze = ["embeddings.position_embeddings"]
shape_width = 4

[tagger.optimizer]
epochs = 30
batch = 2
learning_rate = 1e-2
warmup = 0.1
weight_decay = 0.01
clip = 5.0
dropout = 0.1
average = 0.0

[relations]
joint_weight = 0.5
state_width = 16
heads = 2
hidden_width = 16

[[corpus]]
name = "events"
paths = ["events"]
weight = 1.0
rename = { Negative_regulation = "NegReg" }

[[corpus]]
name = "names"
paths = ["names.tsv"]
weight = 0.5
"#;

/// An encoder, a corpus of events in standoff and one of names on a token a line.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_random(folder.path(), CONFIG, Layout { prefix: "bert.", older: false, dtype: DType::F32 });
    let letters = ('a'..='z').flat_map(|c| [c.to_string(), format!("##{c}")]);
    let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].map(str::to_owned);
    fs::write(folder.path().join("vocab.txt"), special.into_iter().chain(letters).collect::<Vec<_>>().join("\n")).unwrap();
    fs::create_dir(folder.path().join("events")).unwrap();
    for gene in ["abc", "bcd", "cde", "def"] {
        let file = |ending: &str, content: &str| {
            fs::write(folder.path().join("events").join(format!("{gene}.{ending}")), content).unwrap();
        };
        file("txt", &format!("{gene} is lost in it."));
        file("a1", &format!("T1\tGene 0 3\t{gene}\n"));
        file("a2", "T2\tNegative_regulation 7 11\tlost\nE1\tNegative_regulation:T2 Theme:T1\n");
    }
    fs::write(folder.path().join("names.tsv"), "abc\tB-Name\nde\tI-Name\nsaw\tO\nit\tO\n.\tO\n\n".repeat(8)).unwrap();
    folder
}

fn inputs(folder: &Path, seed: u64, out: &str) -> PretrainInputs {
    let recipe = PretrainRecipe { seed, ..toml::from_str(RECIPE).unwrap() };
    PretrainInputs { recipe, corpora: folder.into(), encoder: folder.into(), out: folder.join(out) }
}

/// Losses of the steps and what was found in what was read; stops after so many steps.
struct Watch {
    losses: Vec<f64>,
    findings: Vec<String>,
    steps: usize,
    cancel: CancelToken,
}

impl Watch {
    fn until(steps: usize) -> Self {
        Self { losses: Vec::new(), findings: Vec::new(), steps, cancel: CancelToken::default() }
    }

    fn pretrain(&mut self, inputs: PretrainInputs) -> Option<PathBuf> {
        let cancel = self.cancel.clone();
        pretrain(inputs, self, &cancel).unwrap()
    }
}

impl Observer for Watch {
    fn observe(&mut self, event: &TrainEvent) {
        if let TrainEvent::Step { loss, .. } = event {
            self.losses.push(*loss);
            if self.losses.len() == self.steps {
                self.cancel.cancel();
            }
        }
    }

    fn read(&mut self, report: &LoadReport) {
        self.findings.extend(report.all_findings().map(ToString::to_string));
    }
}

#[test]
fn the_encoder_learns_all_corpora_and_their_output_layers_go() {
    let folder = folder();
    let mut watch = Watch::until(usize::MAX);
    let encoder = watch.pretrain(inputs(folder.path(), 2, "out")).unwrap();
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
    let (before, after) = (mean(&watch.losses[..8]), mean(&watch.losses[watch.losses.len() - 8..]));
    assert!(after < 0.3 * before, "{before} {after}");
    assert_eq!(watch.findings, [""; 0]);

    let config = parse_config(CONFIG.as_bytes()).unwrap();
    let (first, taught) = (weights(folder.path()).unwrap(), weights(&encoder).unwrap());
    check(&encoder, &taught, &config).unwrap();
    // Of what stands on it the scorer stays, for AGAC's to begin with, and no corpus's own output layer.
    assert!(taught.iter().any(|(name, _)| name.starts_with("relation.")));
    assert!(taught.iter().all(|(name, _)| !name.starts_with("events.") && !name.starts_with("names.")));
    let taught_at = |name: &str| taught.iter().find(|(other, _)| *other == name).unwrap().1;
    for (name, before) in first.iter() {
        let values = |tensor: &candle_core::Tensor| tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        assert_eq!(values(before) == values(taught_at(name)), name.contains("position_embeddings"), "{name}");
    }
    assert!(!folder.path().join("out/checkpoint.safetensors").exists());
}

#[test]
fn an_interrupted_training_ends_with_the_same_encoder_as_an_uninterrupted_one() {
    let folder = folder();
    let bytes = |encoder: PathBuf| fs::read(encoder.join("model.safetensors")).unwrap();
    let whole = bytes(Watch::until(usize::MAX).pretrain(inputs(folder.path(), 2, "whole")).unwrap());
    for steps in [1, 40] {
        assert_eq!(Watch::until(steps).pretrain(inputs(folder.path(), 2, "parts")), None);
    }
    assert_eq!(whole, bytes(Watch::until(usize::MAX).pretrain(inputs(folder.path(), 2, "parts")).unwrap()));

    // It is not done again, and not overwritten by another.
    let mut again = Watch::until(usize::MAX);
    assert_eq!(again.pretrain(inputs(folder.path(), 2, "parts")), Some(folder.path().join("parts/encoder")));
    assert!(again.losses.is_empty());
    let error = pretrain(inputs(folder.path(), 3, "parts"), &mut Ignore, &CancelToken::default()).unwrap_err();
    assert!(error.to_string().contains("the encoder in it is of another recipe"), "{error}");
}

#[test]
fn what_is_wrong_in_a_corpus_is_told_and_the_rest_is_learned() {
    let folder = folder();
    fs::write(folder.path().join("events/abc.a1"), "T1\tGene 0 3\tabc\nT9\tGene 90 93\tabc\n").unwrap();
    let mut watch = Watch::until(1);
    assert_eq!(watch.pretrain(inputs(folder.path(), 2, "out")), None);
    assert_eq!(watch.losses.len(), 1);
    assert!(watch.findings.len() == 1 && watch.findings[0].contains("abc.a1:2:"), "{:?}", watch.findings);
}
