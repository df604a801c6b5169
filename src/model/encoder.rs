//! BERT's encoder (Devlin et al. 2019), over sequences laid end to end, every layer with a gradient.
//!
//! Follows candle-transformers' `models/bert.rs` (0.11), which is the reference that a test compares it with, and takes its
//! [`Config`]. What differs: no padding, query, key and value in one product, and a dropout that drops.

use super::kernels::AttentionShape;
use super::ops::{Gelu, LayerNorm, Linear, SelfAttention};
use super::weights::{Init, Weights};
use super::{ModelError, input::Packed};
use candle_core::Tensor;
pub use candle_transformers::models::bert::Config;
use candle_transformers::models::bert::HiddenAct;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Dropout with its own reproducible randomness; without a generator it passes everything.
#[derive(Debug)]
pub struct Dropout {
    rate: f32,
    rng: Option<ChaCha8Rng>,
}

impl Dropout {
    /// For inference: passes everything.
    pub fn off() -> Self {
        Self { rate: 0.0, rng: None }
    }

    /// Drops a share `rate` of the values and scales the others up.
    pub fn new(rate: f32, rng: ChaCha8Rng) -> Self {
        Self { rate, rng: Some(rng) }
    }

    /// Applies it with the rate it was made with.
    ///
    /// # Errors
    /// When memory can't be had.
    pub fn apply(&mut self, x: &Tensor) -> candle_core::Result<Tensor> {
        let rate = self.rate;
        let Some(rng) = self.rng.as_mut().filter(|_| rate > 0.0) else { return Ok(x.clone()) };
        let bar = (f64::from(rate) * f64::from(u32::MAX)) as u32;
        let kept = 1.0 / (1.0 - rate);
        let mask = (0..x.elem_count()).map(|_| if rng.random::<u32>() < bar { 0.0 } else { kept }).collect::<Vec<f32>>();
        x * Tensor::from_vec(mask, x.shape(), x.device())?
    }
}

/// Weight and bias of a linear layer or a layer normalisation.
#[derive(Debug)]
struct Affine {
    weight: Tensor,
    bias: Tensor,
}

impl Affine {
    fn linear(weights: &Weights, name: &str, outputs: usize, inputs: usize) -> Result<Self, ModelError> {
        let weight = weights.get(&format!("{name}.weight"), &[outputs, inputs])?;
        Ok(Self { weight, bias: weights.get(&format!("{name}.bias"), &[outputs])? })
    }

    fn norm(weights: &Weights, name: &str, width: usize) -> Result<Self, ModelError> {
        let weight = weights.get(&format!("{name}.weight"), &[width])?;
        Ok(Self { weight, bias: weights.get(&format!("{name}.bias"), &[width])? })
    }

    fn project(&self, x: &Tensor) -> candle_core::Result<Tensor> {
        Linear::apply(x, &self.weight, &self.bias)
    }

    fn normalise(&self, x: &Tensor, epsilon: f64) -> candle_core::Result<Tensor> {
        LayerNorm::apply(x, &self.weight, &self.bias, epsilon)
    }
}

#[derive(Debug)]
struct Layer {
    qkv: Affine,
    attended: Affine,
    attended_norm: Affine,
    intermediate: Affine,
    output: Affine,
    output_norm: Affine,
}

impl Layer {
    fn load(weights: &Weights, config: &Config, number: usize) -> Result<Self, ModelError> {
        let (width, inner) = (config.hidden_size, config.intermediate_size);
        let name = |part: &str| format!("encoder.layer.{number}.{part}");
        Ok(Self {
            qkv: Affine::linear(weights, &name("attention.qkv"), 3 * width, width)?,
            attended: Affine::linear(weights, &name("attention.output.dense"), width, width)?,
            attended_norm: Affine::norm(weights, &name("attention.output.LayerNorm"), width)?,
            intermediate: Affine::linear(weights, &name("intermediate.dense"), inner, width)?,
            output: Affine::linear(weights, &name("output.dense"), width, inner)?,
            output_norm: Affine::norm(weights, &name("output.LayerNorm"), width)?,
        })
    }

    fn forward(&self, x: &Tensor, shape: &AttentionShape, epsilon: f64, dropout: &mut Dropout) -> candle_core::Result<Tensor> {
        let context = SelfAttention::apply(&self.qkv.project(x)?, shape)?;
        let attended = dropout.apply(&self.attended.project(&context)?)?;
        let x = self.attended_norm.normalise(&(x + attended)?, epsilon)?;
        let inner = Gelu::apply(&self.intermediate.project(&x)?)?;
        let output = dropout.apply(&self.output.project(&inner)?)?;
        self.output_norm.normalise(&(x + output)?, epsilon)
    }
}

/// A BERT encoder.
#[derive(Debug)]
pub struct Encoder {
    config: Config,
    words: Tensor,
    positions: Tensor,
    kinds: Tensor,
    norm: Affine,
    layers: Vec<Layer>,
}

impl Encoder {
    /// Takes its weights by name.
    ///
    /// # Errors
    /// When a weight is missing or of the wrong shape, or when the configuration asks for what this encoder does not compute.
    pub fn load(weights: &Weights, config: &Config) -> Result<Self, ModelError> {
        if config.hidden_act != HiddenAct::Gelu {
            let what = format!("the encoder's activation {:?} is not supported: only gelu is", config.hidden_act);
            return Err(ModelError::Unsupported(what));
        }
        if config.num_attention_heads == 0 || !config.hidden_size.is_multiple_of(config.num_attention_heads) {
            let what = format!("{} values can't be shared by {} heads", config.hidden_size, config.num_attention_heads);
            return Err(ModelError::Unsupported(what));
        }
        let width = config.hidden_size;
        let embedding = |kind: &str, rows: usize| weights.get(&format!("embeddings.{kind}_embeddings.weight"), &[rows, width]);
        Ok(Self {
            words: embedding("word", config.vocab_size)?,
            positions: embedding("position", config.max_position_embeddings)?,
            kinds: embedding("token_type", config.type_vocab_size)?,
            norm: Affine::norm(weights, "embeddings.LayerNorm", width)?,
            layers: (0..config.num_hidden_layers).map(|n| Layer::load(weights, config, n)).collect::<Result<_, _>>()?,
            config: config.clone(),
        })
    }

    /// Puts weights of this configuration in where they are missing, as BERT begins before it is trained.
    ///
    /// # Errors
    /// When memory can't be had.
    pub fn ensure(weights: &mut Weights, config: &Config, rng: &mut ChaCha8Rng) -> Result<(), ModelError> {
        let (width, inner) = (config.hidden_size, config.intermediate_size);
        let normal = Init::Normal(config.initializer_range as f32);
        let rows =
            [("word", config.vocab_size), ("position", config.max_position_embeddings), ("token_type", config.type_vocab_size)];
        for (kind, rows) in rows {
            weights.ensure(&format!("embeddings.{kind}_embeddings.weight"), &[rows, width], normal, rng)?;
        }
        let mut norms = vec!["embeddings.LayerNorm".to_owned()];
        for number in 0..config.num_hidden_layers {
            let name = |part: &str| format!("encoder.layer.{number}.{part}");
            norms.extend([name("attention.output.LayerNorm"), name("output.LayerNorm")]);
            let linear = [
                ("attention.qkv", 3 * width, width),
                ("attention.output.dense", width, width),
                ("intermediate.dense", inner, width),
                ("output.dense", width, inner),
            ];
            for (part, outputs, inputs) in linear {
                weights.ensure(&format!("{}.weight", name(part)), &[outputs, inputs], normal, rng)?;
                weights.ensure(&format!("{}.bias", name(part)), &[outputs], Init::Zero, rng)?;
            }
        }
        for norm in norms {
            weights.ensure(&format!("{norm}.weight"), &[width], Init::One, rng)?;
            weights.ensure(&format!("{norm}.bias"), &[width], Init::Zero, rng)?;
        }
        Ok(())
    }

    /// Its configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Hidden states of the last layer, pieces × width. `added`, shaped like the result, is added to the embeddings.
    ///
    /// # Errors
    /// When an id or position lies beyond the embeddings, or memory can't be had.
    pub fn forward(&self, packed: &Packed, added: Option<&Tensor>, dropout: &mut Dropout) -> Result<Tensor, ModelError> {
        let device = self.words.device();
        let ids = Tensor::new(packed.ids.as_slice(), device)?;
        let positions = Tensor::new(packed.positions().as_slice(), device)?;
        let embedded = (self.words.index_select(&ids, 0)? + self.positions.index_select(&positions, 0)?)?;
        let mut x = embedded.broadcast_add(&self.kinds.narrow(0, 0, 1)?)?;
        if let Some(added) = added {
            x = (x + added)?;
        }
        let epsilon = self.config.layer_norm_eps;
        x = dropout.apply(&self.norm.normalise(&x, epsilon)?)?;
        let shape = AttentionShape {
            lengths: packed.lengths.clone(),
            heads: self.config.num_attention_heads,
            width: self.config.hidden_size,
        };
        for layer in &self.layers {
            x = layer.forward(&x, &shape, epsilon, dropout)?;
        }
        Ok(x)
    }
}

#[cfg(test)]
mod tests;
