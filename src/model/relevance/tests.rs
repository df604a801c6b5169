use super::*;
use crate::model::crf::PathTarget;
use crate::model::decoder::{Decoding, FoundSpan};
use crate::model::encoder::Dropout;
use crate::model::engine::Precision;
use crate::model::ensemble::Ensemble;
use crate::model::folder::tests::{TinyParts, tiny_files, tiny_parts};
use crate::model::folder::{Model, ModelFiles};
use crate::model::manifest::Manifest;
use crate::model::quantize;
use crate::model::tagger::{HEAD, Tagger};
use crate::nlp::Context;
use crate::text::SourceText;
use rand::SeedableRng;

const WIDTH: usize = 64;

/// Longer than a window, so that its third sentence lies in two of them.
const TEXT: &str = "Loss of abc1 lowers growth. The p53 change stops it. And so on, and so on. The p53 r175h change, as was said \
    before, stops abc-2 again.";

const USES: [RelevanceUse; 4] = [RelevanceUse::Unused, RelevanceUse::Decoding, RelevanceUse::Given, RelevanceUse::Joint];

fn with_relevance(used: RelevanceUse) -> TinyParts {
    let mut parts = tiny_parts(4);
    let config = RelevanceConfig { used, strength: 0.7 };
    parts.tagger.relevance = Some(config);
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    parts.weights.ensure(&name(HEAD, "words"), &[2, WIDTH], Init::Normal(0.3), &mut rng).unwrap();
    parts.weights.ensure(&name(HEAD, "bias"), &[1], Init::One, &mut rng).unwrap();
    RelevanceOutput::ensure(&mut parts.weights, config, WIDTH, HEAD, &mut rng).unwrap();
    parts
}

/// The files of a small model that knows something of sentences and reads each alone.
pub(crate) fn files_of_sentences() -> ModelFiles {
    let mut parts = with_relevance(RelevanceUse::Given);
    parts.tagger.context = Context::Sentence;
    files(&parts)
}

fn files(parts: &TinyParts) -> ModelFiles {
    let files = tiny_files(4);
    let weights = quantize::to_safetensors(&parts.weights).unwrap();
    let manifest = Manifest {
        tagger: parts.tagger.clone(),
        weights_hash: blake3::hash(&weights).to_hex().to_string(),
        ..Manifest::parse(&files.manifest).unwrap()
    };
    ModelFiles { manifest: serde_json::to_vec(&manifest).unwrap().into(), weights: weights.into(), ..files }
}

/// Emissions of the text as a model folder gives them, and the spans that are found.
fn said(files: &ModelFiles, precision: Precision) -> (Vec<f32>, Vec<FoundSpan>) {
    let ensemble = Ensemble::from(Model::load(files, precision).unwrap());
    let reading = ensemble.read(&SourceText::new(TEXT)).unwrap();
    let spans = ensemble.decoder().decode(reading.emissions(), &reading.prepared().encoded.sentences, Decoding::Path);
    (reading.emissions().to_vec(), spans)
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// What the tagger that learns gives for the text, with the weights as they are in the folder.
fn while_learning(parts: &TinyParts, files: &ModelFiles) -> (Vec<f32>, Vec<f32>, Encoded) {
    let text = Model::load(files, Precision::F32).unwrap().prepare(&SourceText::new(TEXT)).unwrap().encoded;
    let weights = quantize::from_safetensors(&files.weights).unwrap();
    let tagger = Tagger::load(&weights, &parts.config, &parts.tagger, &parts.tags, HEAD).unwrap();
    let tagged = tagger.forward(&text, &mut Dropout::off()).unwrap();
    let values = |tensor: &Tensor| tensor.flatten_all().unwrap().to_vec1().unwrap();
    (values(&tagged.emissions), values(&tagged.relevance.unwrap()), text)
}

#[test]
fn a_model_adds_what_its_training_added_in_floats_and_in_whole_numbers() {
    let plain = said(&tiny_files(4), Precision::F32);
    for used in USES {
        let parts = with_relevance(used);
        let files = files(&parts);
        let (mut wanted, log_odds, text) = while_learning(&parts, &files);
        assert!(text.packed.lengths.len() > 1 && text.sentences.len() == 4);
        if used == RelevanceUse::Decoding {
            assert!(largest_difference(&wanted, &plain.0) < 1e-3, "nothing is added while the tags are learned");
            let tags = parts.tags.len();
            for (sentence, log_odds) in text.sentences.iter().zip(&log_odds) {
                for row in wanted[sentence.start * tags..sentence.end * tags].chunks_exact_mut(tags) {
                    row[1..].iter_mut().for_each(|score| *score += 0.7 * log_odds);
                }
            }
        }
        assert!(log_odds.iter().any(|it| it.abs() > 0.3) && log_odds.windows(2).all(|two| two[0] != two[1]), "{log_odds:?}");
        let (found, _) = said(&files, Precision::F32);
        let largest = wanted.iter().fold(1.0, |largest: f32, value| largest.max(value.abs()));
        assert!(largest_difference(&found, &wanted) < 1e-4 * largest, "{used:?}");
        assert_eq!(largest_difference(&found, &plain.0) < 1e-3, used == RelevanceUse::Unused, "{used:?}");

        let [whole, whole_plain] = [&files, &tiny_files(4)].map(|files| said(files, Precision::Int8).0);
        let added = |with: &[f32], without: &[f32]| with.iter().zip(without).map(|(a, b)| a - b).collect::<Vec<_>>();
        let (added, in_floats) = (added(&whole, &whole_plain), added(&found, &plain.0));
        assert!(largest_difference(&added, &in_floats) < 0.1, "{used:?}");
    }
}

#[test]
fn sentences_that_are_sure_to_be_of_no_use_have_no_spans() {
    let mut parts = with_relevance(RelevanceUse::Given);
    assert!(!said(&files(&parts), Precision::F32).1.is_empty());
    parts.weights.insert(&name(HEAD, "bias"), Tensor::new(&[-200_f32], &Device::Cpu).unwrap());
    assert!(said(&files(&parts), Precision::F32).1.is_empty());
}

#[test]
fn sentences_without_words_are_passed_over() {
    let parts = with_relevance(RelevanceUse::Joint);
    let config = parts.tagger.relevance.unwrap();
    let output = RelevanceOutput::load(&parts.weights, config, WIDTH, HEAD).unwrap();
    let done = Relevance::load(&parts.weights, config, WIDTH, HEAD).unwrap().unwrap();
    let values: Vec<f32> = (0..5 * WIDTH).map(|i| (i as f32 * 0.7).sin()).collect();
    let states = Tensor::from_slice(&values, (5, WIDTH), &Device::Cpu).unwrap();
    let sentences = [0..0, 0..2, 2..2, 2..5, 5..5];
    let log_odds: Vec<f32> = output.log_odds(&states, &sentences).unwrap().flatten_all().unwrap().to_vec1().unwrap();
    let alone = [0..2, 2..5].map(|words| done.log_odds(&values[words.start * WIDTH..words.end * WIDTH]));
    assert!(largest_difference(&log_odds, &alone) < 1e-5, "{log_odds:?} {alone:?}");
    let target = PathTarget::of_path(&[0, 0, 0, 2, 0], &sentences, 3);
    assert_eq!(target.annotated(&sentences), [0.0, 1.0]);
    let believed = target.towards(&PathTarget::of_path(&[0, 1, 0, 0, 0], &sentences, 3), 0.25);
    assert_eq!(believed.annotated(&sentences), [0.25, 0.75]);
}

/// Loss of tags and sentences, or of the tags alone.
fn loss(parts: &TinyParts, weights: &Weights, of_sentences: bool) -> Tensor {
    let text = Model::load(&tiny_files(4), Precision::F32).unwrap().prepare(&SourceText::new(TEXT)).unwrap().encoded;
    let gold: Vec<u32> = (0..text.words()).map(|word| if (3..9).contains(&word) { 1 } else { 0 }).collect();
    let target = PathTarget::of_path(&gold, &text.sentences, parts.tags.len());
    let tagger = Tagger::load(weights, &parts.config, &parts.tagger, &parts.tags, HEAD).unwrap();
    let tagged = tagger.forward(&text, &mut Dropout::off()).unwrap();
    let sentences = tagger.relevance_loss(&tagged, &text, &target).unwrap().unwrap();
    let tags = (tagger.loss(&tagged, &text, target).unwrap() * 0.01).unwrap();
    if of_sentences { (tags + (sentences * 2.0).unwrap()).unwrap() } else { tags }
}

#[test]
fn sentences_have_the_right_gradients_and_tags_teach_them_only_where_they_may() {
    for used in USES {
        let mut parts = with_relevance(used);
        parts.weights.make_trainable(|weight| weight.contains(".relevance.")).unwrap();
        for which in NAMES.map(|which| name(HEAD, which)).iter().filter(|it| parts.weights.contains(it)) {
            let tensor = parts.weights.iter().find(|(known, _)| known == which).unwrap().1.clone();
            let values: Vec<f32> = tensor.flatten_all().unwrap().to_vec1().unwrap();
            let gradient = |of_sentences| {
                let gradients = loss(&parts, &parts.weights, of_sentences).backward().unwrap();
                gradients.get(&tensor).map(|it| it.flatten_all().unwrap().to_vec1::<f32>().unwrap())
            };
            let is_strength = which.ends_with("strength");
            let from_tags = gradient(false).is_some_and(|it| it.iter().any(|value| *value != 0.0));
            assert_eq!(from_tags, used == RelevanceUse::Joint || is_strength, "{used:?} {which}");
            // Where the tags do not teach, the gradient is that of the sentences' loss alone, which differences can't tell apart.
            if used == RelevanceUse::Given && !is_strength {
                continue;
            }
            let found = gradient(true).unwrap();
            for at in [0, values.len() / 3, values.len() - 1] {
                let moved = |by: f32| {
                    let mut values = values.clone();
                    values[at] += by;
                    let mut weights = parts.weights.detached();
                    weights.insert(which, Tensor::from_vec(values, tensor.dims(), &Device::Cpu).unwrap());
                    f64::from(loss(&parts, &weights, true).to_scalar::<f32>().unwrap())
                };
                let wanted = (moved(1e-2) - moved(-1e-2)) / 2e-2;
                let difference = (f64::from(found[at]) - wanted).abs();
                assert!(difference < 2e-3 + 1e-2 * wanted.abs(), "{used:?} {which} {at}: {} is not {wanted}", found[at]);
            }
        }
    }
}

#[test]
fn the_loss_of_sentences_has_the_right_gradient_where_training_begins_too() {
    let log_odds = candle_core::Var::from_slice(&[0_f32, 30.0, -30.0, 0.0], (4, 1), &Device::Cpu).unwrap();
    let loss = relevance_loss(log_odds.as_tensor(), vec![1.0, 1.0, 1.0, 0.25]).unwrap();
    assert!((loss.to_scalar::<f32>().unwrap() - (2.0 * 2_f32.ln() + 30.0)).abs() < 1e-4);
    let gradients = loss.backward().unwrap();
    let found: Vec<f32> = gradients.get(log_odds.as_tensor()).unwrap().flatten_all().unwrap().to_vec1().unwrap();
    assert!(largest_difference(&found, &[-0.5, 0.0, -1.0, 0.25]) < 1e-4, "{found:?}");
}
