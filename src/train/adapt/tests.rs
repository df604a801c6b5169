use super::*;
use crate::formats::LoadReport;
use crate::model::checkpoint::tests::{Layout, write_random};
use crate::model::checkpoint::{check, weights};
use crate::model::folder::parse_config;
use candle_core::DType;
use std::fs;
use std::path::Path;

const CONFIG: &str = r#"{"model_type": "mpnet", "vocab_size": 40, "hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4,
    "intermediate_size": 32, "max_position_embeddings": 40, "initializer_range": 0.2}"#;

/// A cased MPNet and two texts, one on a token a line.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_random(folder.path(), CONFIG, Layout { prefix: "", older: false, dtype: DType::F32 });
    let letters = ('a'..='z').map(|c| c.to_string());
    let special = ["<s>", "<pad>", "</s>", "[UNK]", "<mask>", "A", "##b"].map(str::to_owned);
    fs::write(folder.path().join("vocab.txt"), special.into_iter().chain(letters).collect::<Vec<_>>().join("\n")).unwrap();
    fs::create_dir(folder.path().join("texts")).unwrap();
    fs::write(folder.path().join("texts/one.txt"), "a b c d e f g h i j k l. ".repeat(9)).unwrap();
    fs::write(folder.path().join("two.tsv"), "a\tO\nb\tO\nc\tB-Gene\nd\tO\n\n".repeat(20)).unwrap();
    folder
}

fn inputs(folder: &Path, epochs: usize, out: &str) -> AdaptInputs {
    let optimizer = OptimizerRecipe {
        epochs,
        batch: 2,
        learning_rate: 1e-2,
        warmup: 0.1,
        weight_decay: 0.01,
        clip: 5.0,
        dropout: 0.1,
        average: 0.0,
    };
    let recipe = AdaptRecipe {
        name: "adapted".to_owned(),
        description: "a test".to_owned(),
        seed: 3,
        word_split: WordSplit::Punctuation,
        window: 510,
        checkpoint_minutes: 1000.0,
        document_words: 30,
        masking: MaskingRecipe {
            paths: vec!["texts".into(), "two.tsv".into()],
            share: 0.3,
            encoder_rate: 3e-3,
            layer_decay: 0.9,
            freeze: vec!["embeddings.position".to_owned()],
            optimizer,
        },
    };
    AdaptInputs { recipe, corpora: folder.into(), encoder: folder.into(), out: folder.join(out) }
}

/// Losses of the steps; stops after so many.
struct Losses(Vec<f64>, usize, CancelToken);

impl Observer for Losses {
    fn observe(&mut self, event: &TrainEvent) {
        if let TrainEvent::Step { loss, .. } = event {
            self.0.push(*loss);
            if self.0.len() == self.1 {
                self.2.cancel();
            }
        }
    }

    fn read(&mut self, _report: &LoadReport) {}
}

fn run(inputs: AdaptInputs, steps: usize) -> (Vec<f64>, Option<PathBuf>) {
    let cancel = CancelToken::default();
    let mut losses = Losses(Vec::new(), steps, cancel.clone());
    let folder = adapt(inputs, &mut losses, &cancel).unwrap();
    (losses.0, folder)
}

#[test]
fn it_learns_which_words_are_hidden_and_leaves_an_encoder_folder() {
    let folder = folder();
    let (losses, encoder) = run(inputs(folder.path(), 30, "out"), usize::MAX);
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
    let (before, after) = (mean(&losses[..8]), mean(&losses[losses.len() - 8..]));
    assert!(before > 3.0 && after < 0.6 * before, "{before} {after}");
    let encoder = encoder.unwrap();
    let config = parse_config(CONFIG.as_bytes()).unwrap();
    let (first, adapted) = (weights(folder.path()).unwrap(), weights(&encoder).unwrap());
    check(&encoder, &adapted, &config).unwrap();
    for ((name, before), (_, after)) in first.iter().zip(adapted.iter()) {
        let values = |tensor: &candle_core::Tensor| tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        assert_eq!(values(before) == values(after), name.starts_with("embeddings.position"), "{name}");
    }
    assert!(!StartingEncoder::read(&encoder).unwrap().vocabulary.lowercase, "the folder remembers that it is cased");
    assert!(!folder.path().join("out/checkpoint.safetensors").exists());
}

#[test]
fn an_interrupted_adaptation_ends_with_the_same_encoder_as_an_uninterrupted_one() {
    let folder = folder();
    let bytes = |encoder: Option<PathBuf>| fs::read(encoder.unwrap().join("model.safetensors")).unwrap();
    let whole = bytes(run(inputs(folder.path(), 3, "whole"), usize::MAX).1);
    for steps in [1, 4] {
        assert_eq!(run(inputs(folder.path(), 3, "parts"), steps).1, None);
    }
    let other = inputs(folder.path(), 4, "parts");
    let error = adapt(other, &mut Losses(Vec::new(), 0, CancelToken::default()), &CancelToken::default()).unwrap_err();
    assert!(error.to_string().contains("another recipe"), "{error}");
    assert_eq!(whole, bytes(run(inputs(folder.path(), 3, "parts"), usize::MAX).1));
}

#[test]
fn a_finished_adaptation_is_not_done_again_and_not_overwritten_by_another() {
    let folder = folder();
    let (losses, encoder) = run(inputs(folder.path(), 1, "out"), usize::MAX);
    assert!(!losses.is_empty());
    assert_eq!(run(inputs(folder.path(), 1, "out"), usize::MAX), (Vec::new(), encoder));
    let mut losses = Losses(Vec::new(), 0, CancelToken::default());
    let error = adapt(inputs(folder.path(), 2, "out"), &mut losses, &CancelToken::default()).unwrap_err();
    assert!(error.to_string().contains("the encoder in it is of another recipe"), "{error}");
}

#[test]
fn what_can_not_guess_is_refused() {
    let folder = folder();
    let vocabulary = fs::read_to_string(folder.path().join("vocab.txt")).unwrap();
    let bert = vocabulary.replace("<s>", "[CLS]").replace("</s>", "[SEP]").replace("<pad>", "[PAD]").replace("<mask>", "x-x");
    fs::write(folder.path().join("vocab.txt"), bert).unwrap();
    let error =
        adapt(inputs(folder.path(), 1, "out"), &mut Losses(Vec::new(), 0, CancelToken::default()), &CancelToken::default());
    assert!(error.unwrap_err().to_string().contains("has no piece that hides others"));
}
