//! BERT's encoder (Devlin et al. 2019), over sequences laid end to end, every layer with a gradient.
//!
//! Follows candle-transformers' `models/bert.rs` (0.11), which is the reference that a test compares it with. What differs: no
//! padding, query, key and value in one product, and a dropout that drops.

mod config;
mod dropout;
mod layer;

pub use config::Config;
pub use dropout::Dropout;
pub(crate) use layer::{Affine, Layer};

use super::kernels::AttentionShape;
use super::weights::{Init, Weights};
use super::{ModelError, input::Packed};
use candle_core::Tensor;
use rand_chacha::ChaCha8Rng;

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
        config.check()?;
        let width = config.hidden_size;
        let embedding = |kind: &str, rows: usize| weights.get(&format!("embeddings.{kind}_embeddings.weight"), &[rows, width]);
        let layers = (0..config.num_hidden_layers)
            .map(|number| Layer::load(weights, &format!("encoder.layer.{number}"), width, config.intermediate_size));
        Ok(Self {
            words: embedding("word", config.vocab_size)?,
            positions: embedding("position", config.max_position_embeddings)?,
            kinds: embedding("token_type", config.type_vocab_size)?,
            norm: Affine::norm(weights, "embeddings.LayerNorm", width)?,
            layers: layers.collect::<Result<_, _>>()?,
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
        Affine::ensure_norm(weights, "embeddings.LayerNorm", width, rng)?;
        for number in 0..config.num_hidden_layers {
            Layer::ensure(weights, &format!("encoder.layer.{number}"), (width, inner), normal, rng)?;
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
