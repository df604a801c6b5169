use super::*;
use crate::document::Label;
use crate::model::engine::{Engine, Head, Precision};
use crate::model::input::Encoded;
use crate::model::kernels::Activation;
use crate::model::tagger::{HEAD, Tagger, TaggerConfig};
use crate::nlp::bio::TagSet;
use candle_core::{DType, Device};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::BertModel;
use rand::SeedableRng;
use std::collections::HashMap;

fn config() -> Config {
    Config {
        architecture: Architecture::Bert,
        vocab_size: 50,
        hidden_size: 24,
        num_hidden_layers: 3,
        num_attention_heads: 4,
        intermediate_size: 40,
        max_position_embeddings: 32,
        activation: Activation::Gelu,
        type_vocab_size: 2,
        relative_attention_num_buckets: 32,
        initializer_range: 0.02,
        layer_norm_eps: 1e-12,
        position_embedding_type: None,
    }
}

/// The same for the reference.
fn reference_config(config: &Config) -> candle_transformers::models::bert::Config {
    candle_transformers::models::bert::Config {
        vocab_size: config.vocab_size,
        hidden_size: config.hidden_size,
        num_hidden_layers: config.num_hidden_layers,
        num_attention_heads: config.num_attention_heads,
        intermediate_size: config.intermediate_size,
        max_position_embeddings: config.max_position_embeddings,
        ..Default::default()
    }
}

/// Random weights, also of biases and norms, so that no term can be forgotten unnoticed.
fn random_weights(config: &Config) -> Weights {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut weights = Weights::default();
    Encoder::ensure(&mut weights, config, &mut rng).unwrap();
    let shapes: Vec<(String, Vec<usize>)> = weights.iter().map(|(name, t)| (name.to_owned(), t.dims().to_vec())).collect();
    let mut random = Weights::default();
    for (name, shape) in shapes {
        random.ensure(&name, &shape, Init::Normal(0.3), &mut rng).unwrap();
    }
    random
}

/// The same weights under the names of a Hugging Face checkpoint.
fn checkpoint_names(weights: &Weights) -> HashMap<String, Tensor> {
    let mut named = HashMap::new();
    for (name, tensor) in weights.iter() {
        if name.contains("attention.qkv") {
            for (part, values) in ["query", "key", "value"].iter().zip(tensor.chunk(3, 0).unwrap()) {
                named.insert(name.replace("qkv", &format!("self.{part}")), values.contiguous().unwrap());
            }
        } else {
            named.insert(name.to_owned(), tensor.clone());
        }
    }
    named
}

fn packed(lengths: &[usize]) -> Packed {
    let ids = (0..lengths.iter().sum::<usize>() as u32).map(|i| (i * 7 + 3) % 50).collect();
    Packed { ids, lengths: lengths.to_vec() }
}

fn largest_difference(a: &Tensor, b: &Tensor) -> f32 {
    (a - b).unwrap().abs().unwrap().flatten_all().unwrap().max(0).unwrap().to_scalar().unwrap()
}

#[test]
fn agrees_with_candle_transformers_bert() {
    let config = config();
    let weights = random_weights(&config);
    let ours = Encoder::load(&weights, &config).unwrap();
    let builder = VarBuilder::from_tensors(checkpoint_names(&weights), DType::F32, &Device::Cpu);
    let reference = BertModel::load(builder, &reference_config(&config)).unwrap();
    let input = packed(&[20]);
    let ids = Tensor::new(input.ids.as_slice(), &Device::Cpu).unwrap().unsqueeze(0).unwrap();
    let expected = reference.forward(&ids, &ids.zeros_like().unwrap(), None).unwrap().squeeze(0).unwrap();
    let found = ours.forward(&input, None, &mut Dropout::off()).unwrap();
    assert!(largest_difference(&found, &expected) < 1e-4);
    assert!(largest_difference(&engine_states(&weights, &config, &input), &expected) < 1e-4);
}

/// The engine for inference over these weights and an output layer for one label.
pub(crate) fn engine(weights: &Weights, config: &Config, tagger: &TaggerConfig, precision: Precision) -> Engine {
    let tags = TagSet::new([Label::from("Var")]);
    let mut weights = weights.clone();
    Tagger::ensure(&mut weights, config, tagger, &tags, HEAD, &mut ChaCha8Rng::seed_from_u64(1)).unwrap();
    Engine::new(&weights, config, tagger, Head::tagger(tags.len()), precision).unwrap()
}

/// What it gives in `f32`.
fn engine_states(weights: &Weights, config: &Config, input: &Packed) -> Tensor {
    let engine = engine(weights, config, &TaggerConfig::plain(), Precision::F32);
    let pieces = input.ids.len();
    let text = Encoded { packed: input.clone(), piece_shapes: vec![0; pieces], ..Encoded::default() };
    Tensor::from_vec(engine.hidden(&text).unwrap(), (pieces, config.hidden_size), &Device::Cpu).unwrap()
}

#[test]
fn the_engine_agrees_for_every_architecture_and_activation_and_stays_near_in_whole_numbers() {
    for architecture in [Architecture::Bert, Architecture::Mpnet] {
        for activation in [Activation::Gelu, Activation::GeluTanh, Activation::Relu] {
            let config = Config { architecture, activation, ..config() };
            let weights = random_weights(&config);
            let input = packed(&[7, 25, 1]);
            let ours = Encoder::load(&weights, &config).unwrap().forward(&input, None, &mut Dropout::off()).unwrap();
            let exact = largest_difference(&ours, &engine_states(&weights, &config, &input));
            assert!(exact < 1e-4, "{architecture:?} {activation:?}: {exact}");
            let whole = engine(&weights, &config, &TaggerConfig::plain(), Precision::Int8);
            let text = Encoded { packed: input.clone(), piece_shapes: vec![0; 33], ..Encoded::default() };
            let whole = Tensor::from_vec(whole.hidden(&text).unwrap(), (33, 24), &Device::Cpu).unwrap();
            let mean: f32 = (ours - whole).unwrap().abs().unwrap().mean_all().unwrap().to_scalar().unwrap();
            assert!(mean > 0.0 && mean < 0.03, "{architecture:?} {activation:?}: {mean}");
        }
    }
}

#[test]
fn a_sequence_alone_gives_what_it_gives_among_others() {
    let config = config();
    let encoder = Encoder::load(&random_weights(&config), &config).unwrap();
    let together = packed(&[9, 20, 5]);
    let all = encoder.forward(&together, None, &mut Dropout::off()).unwrap();
    let alone = Packed { ids: together.ids[9..29].to_vec(), lengths: vec![20] };
    let alone = encoder.forward(&alone, None, &mut Dropout::off()).unwrap();
    assert!(largest_difference(&all.narrow(0, 9, 20).unwrap(), &alone) < 1e-5);
}

#[test]
fn one_backward_pass_reaches_every_weight() {
    for architecture in [Architecture::Bert, Architecture::Mpnet] {
        reaches_every_weight(&Config { architecture, ..config() });
    }
}

fn reaches_every_weight(config: &Config) {
    let mut weights = random_weights(config);
    weights.make_trainable(|_| true).unwrap();
    let encoder = Encoder::load(&weights, config).unwrap();
    let mut dropout = Dropout::new(0.1, ChaCha8Rng::seed_from_u64(1));
    let states = encoder.forward(&packed(&[12, 6]), None, &mut dropout).unwrap();
    let gradients = states.sqr().unwrap().sum_all().unwrap().backward().unwrap();
    for (name, tensor) in weights.iter() {
        let gradient = gradients.get(tensor).unwrap_or_else(|| panic!("{name} has no gradient"));
        let size: f32 = gradient.abs().unwrap().sum_all().unwrap().to_scalar().unwrap();
        assert!(size > 0.0, "the gradient of {name} is zero");
    }
}

#[test]
fn a_missing_or_misshapen_weight_is_named() {
    let config = config();
    let weights = random_weights(&config);
    let deeper = Config { num_hidden_layers: 4, ..config.clone() };
    let error = Encoder::load(&weights, &deeper).unwrap_err().to_string();
    assert_eq!(error, "the weights have no \"encoder.layer.3.attention.qkv.weight\"");
    let wider = Config { intermediate_size: 48, ..config };
    let error = Encoder::load(&weights, &wider).unwrap_err().to_string();
    assert!(error.contains("encoder.layer.0.intermediate.dense.weight"), "{error}");
}
