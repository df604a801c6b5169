use super::*;
use crate::model::encoder::Dropout;
use crate::model::folder::tests::{TinyParts, tiny_parts};
use crate::model::input::{Encoded, Packed};
use crate::model::quantize::quantize_rows;
use crate::model::relation::{RelationScorer, mark_rows};
use crate::model::tagger::{HEAD, Tagger, WordStates};
use rand::SeedableRng;

fn text(lengths: &[usize]) -> Encoded {
    let pieces: usize = lengths.iter().sum();
    let rows: Vec<u32> = (0..pieces as u32).collect();
    Encoded {
        packed: Packed { ids: rows.iter().map(|i| (i * 7 + 3) % 90).collect(), lengths: lengths.to_vec() },
        piece_shapes: rows.iter().map(|row| row % 20).collect(),
        marks: Vec::new(),
        last: rows.iter().map(|&row| (row + 1).min(pieces as u32 - 1)).collect(),
        shapes: rows.iter().map(|row| row % 20).collect(),
        parts: rows.iter().map(|row| row % 7).collect(),
        first: rows,
        sentences: std::iter::once(0..pieces).collect(),
    }
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn engine(parts: &TinyParts, precision: Precision) -> Engine {
    Engine::new(&parts.weights, &parts.config, &parts.tagger, Head::tagger(parts.tags.len()), precision).unwrap()
}

/// What the tagger with gradients gives for the same text.
fn reference(parts: &TinyParts, text: &Encoded) -> WordStates {
    let tagger = Tagger::load(&parts.weights, &parts.config, &parts.tagger, &parts.tags, HEAD).unwrap();
    let tagged = tagger.forward(text, &mut Dropout::off()).unwrap();
    let values = |tensor: &candle_core::Tensor| tensor.flatten_all().unwrap().to_vec1().unwrap();
    WordStates { states: values(&tagged.states), emissions: values(&tagged.emissions) }
}

/// The embeddings are kept in 8 bits, so the reference gets them rounded too.
fn rounded_parts() -> TinyParts {
    let mut parts = tiny_parts(9);
    let bytes = crate::model::quantize::to_safetensors(&parts.weights).unwrap();
    parts.weights = crate::model::quantize::from_safetensors(&bytes).unwrap();
    parts
}

#[test]
fn the_engine_agrees_with_the_tagger_that_has_gradients() {
    let parts = rounded_parts();
    let text = text(&[40, 7, 1, 33]);
    let (found, wanted) = (engine(&parts, Precision::F32).run(&text).unwrap(), reference(&parts, &text));
    assert!(largest_difference(&found.states, &wanted.states) < 1e-4);
    let largest = wanted.emissions.iter().fold(0f32, |largest, value| largest.max(value.abs()));
    assert!(largest_difference(&found.emissions, &wanted.emissions) < 1e-4 * largest.max(1.0));
}

#[test]
fn a_memory_behind_the_encoder_reads_what_the_one_with_gradients_reads() {
    let mut parts = tiny_parts(9);
    parts.tagger.lstm_width = 10;
    let mut rng = rand_chacha::ChaCha8Rng::from_seed([3; 32]);
    Tagger::ensure(&mut parts.weights, &parts.config, &parts.tagger, &parts.tags, HEAD, &mut rng).unwrap();
    let text = text(&[30, 7, 1]);
    let (found, wanted) = (engine(&parts, Precision::F32).run(&text).unwrap(), reference(&parts, &text));
    assert!(largest_difference(&found.emissions, &wanted.emissions) < 1e-4);
    let without =
        TinyParts { tagger: crate::model::tagger::TaggerConfig { lstm_width: 0, ..parts.tagger.clone() }, ..tiny_parts(9) };
    assert!(largest_difference(&found.emissions, &reference(&without, &text).emissions) > 1e-3, "the memory says something");
}

#[test]
fn a_marked_text_is_read_as_the_tagger_reads_it() {
    let parts = rounded_parts();
    let mut text = text(&[20, 9]);
    text.marks = (0..29).map(|row| row % 4).collect();
    let labels = parts.tags.labels();
    let head = Head { marks: mark_rows(&parts.weights, labels, 64).unwrap(), ..Head::tagger(parts.tags.len()) };
    let engine = Engine::new(&parts.weights, &parts.config, &parts.tagger, head, Precision::F32).unwrap();
    let scorer =
        RelationScorer::load(&parts.weights, &parts.relations, parts.config.hidden_size, labels, Precision::F32).unwrap();
    let marks = scorer.marks().unwrap().unwrap();
    let tagger = Tagger::load(&parts.weights, &parts.config, &parts.tagger, &parts.tags, HEAD).unwrap();
    let states = |marks| tagger.states(&text, marks, &mut Dropout::off()).unwrap().flatten_all().unwrap().to_vec1().unwrap();
    let found = engine.run(&text).unwrap().states;
    assert!(largest_difference(&found, &states(Some(&marks))) < 1e-4);
    assert!(largest_difference(&found, &states(None)) > 1e-3, "the marks say something");
}

#[test]
fn integers_stay_near_floating_point() {
    let parts = rounded_parts();
    let text = text(&[40, 12]);
    let (found, wanted) = (engine(&parts, Precision::Int8).run(&text).unwrap(), reference(&parts, &text));
    let mean = |values: &[f32]| values.iter().map(|value| value.abs()).sum::<f32>() / values.len() as f32;
    let errors: Vec<f32> = found.states.iter().zip(&wanted.states).map(|(a, b)| a - b).collect();
    assert!(mean(&errors) < 0.03 * mean(&wanted.states), "{} of {}", mean(&errors), mean(&wanted.states));
}

#[test]
fn neighbours_in_the_batch_and_threads_change_nothing() {
    let parts = rounded_parts();
    for precision in [Precision::F32, Precision::Int8] {
        let engine = engine(&parts, precision);
        let together = text(&[9, 40, 5]);
        let all = engine.hidden(&together).unwrap();
        let mut alone = text(&[40]);
        alone.packed.ids = together.packed.ids[9..49].to_vec();
        alone.piece_shapes = together.piece_shapes[9..49].to_vec();
        let hidden = engine.hidden(&alone).unwrap();
        assert!(largest_difference(&all[9 * 64..49 * 64], &hidden) < 1e-4, "{precision}");
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let three = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        let (a, b) = (one.install(|| engine.hidden(&together).unwrap()), three.install(|| engine.hidden(&together).unwrap()));
        assert!(largest_difference(&a, &b) < 1e-4, "{precision}");
    }
}

#[test]
fn an_id_or_a_length_beyond_the_embeddings_is_refused() {
    let engine = engine(&rounded_parts(), Precision::F32);
    let mut unknown = text(&[4]);
    unknown.packed.ids[2] = 100;
    assert!(engine.run(&unknown).is_err());
    assert!(engine.run(&text(&[49])).is_err());
}

/// Rows with zero points of their own: rten-gemm's handling of them went wrong from the twelfth row on.
#[test]
fn an_integer_product_is_near_the_product_it_stands_for() {
    use super::linear::{Executors, PackedLinear, Scratch};
    let executors = Executors::new();
    let wave = |n: usize, step: f32| (0..n).map(|i| (i as f32 * step).sin()).collect::<Vec<f32>>();
    let mut scratch = Scratch::default();
    for (rows, inputs, outputs) in [(1, 64, 192), (11, 64, 64), (40, 96, 64), (26, 64, 96), (64, 384, 40)] {
        let (weights, bias) = (wave(outputs * inputs, 0.37), wave(outputs, 0.1));
        // From all negative in the first row to all positive in the last.
        let shift = |i: usize| 2.0 * (i / inputs) as f32 / rows as f32 - 1.0;
        let x: Vec<f32> = wave(rows * inputs, 0.7).iter().enumerate().map(|(i, x)| x + shift(i)).collect();
        let mut product = |precision| {
            let layer = match precision {
                Precision::F32 => PackedLinear::of_floats(&weights, bias.clone(), inputs),
                Precision::Int8 => PackedLinear::of_integers(&executors, quantize_rows(&weights, inputs), bias.clone(), inputs),
            };
            let mut out = vec![0.0; rows * outputs];
            layer.apply(&executors, &x, &mut out, &mut scratch).unwrap();
            out
        };
        let (wanted, found) = (product(Precision::F32), product(Precision::Int8));
        let tolerance = 0.04 * (inputs as f32).sqrt();
        assert!(largest_difference(&wanted, &found) < tolerance, "{rows}×{inputs}×{outputs} by {}", executors.name());
    }
}
