//! The encoders of BERT (Devlin et al. 2019) and MPNet (Song et al. 2020), over sequences laid end to end, every layer with a gradient.
//!
//! BERT follows candle-transformers' `models/bert.rs` (0.11), MPNet transformers' `modeling_mpnet.py` (5.24): these are the references
//! that tests compare them with. What differs: no padding, query, key and value in one product, and a dropout that drops.

mod config;
mod dropout;
mod layer;
mod relative;

pub use config::{Architecture, Config};
pub use dropout::Dropout;
pub(crate) use layer::{Affine, Layer};
pub(crate) use relative::buckets_within;

use super::kernels::AttentionShape;
use super::weights::{Init, Weights};
use super::{ModelError, input::Packed};
use candle_core::Tensor;
use rand_chacha::ChaCha8Rng;

/// What attention adds by the kind of distance, kinds × heads.
pub(crate) const DISTANCES: &str = "encoder.relative_attention_bias.weight";

/// An encoder.
#[derive(Debug)]
pub struct Encoder {
    config: Config,
    words: Tensor,
    positions: Tensor,
    /// Embedding of the token types, where there are any.
    kinds: Option<Tensor>,
    /// What attention adds by the kind of distance, where it is biased.
    distances: Option<Tensor>,
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
        let (width, bert) = (config.hidden_size, config.architecture == Architecture::Bert);
        let distances = [config.relative_attention_num_buckets, config.num_attention_heads];
        let embedding = |kind: &str, rows: usize| weights.get(&format!("embeddings.{kind}_embeddings.weight"), &[rows, width]);
        let layers = (0..config.num_hidden_layers)
            .map(|number| Layer::load(weights, &format!("encoder.layer.{number}"), width, config.intermediate_size));
        Ok(Self {
            words: embedding("word", config.vocab_size)?,
            positions: embedding("position", config.max_position_embeddings)?,
            kinds: bert.then(|| embedding("token_type", config.type_vocab_size)).transpose()?,
            distances: (!bert).then(|| weights.get(DISTANCES, &distances)).transpose()?,
            norm: Affine::norm(weights, "embeddings.LayerNorm", width)?,
            layers: layers.collect::<Result<_, _>>()?,
            config: config.clone(),
        })
    }

    /// Puts weights of this configuration in where they are missing, as the encoder begins before it is trained.
    ///
    /// # Errors
    /// When memory can't be had.
    pub fn ensure(weights: &mut Weights, config: &Config, rng: &mut ChaCha8Rng) -> Result<(), ModelError> {
        let (width, inner) = (config.hidden_size, config.intermediate_size);
        let normal = Init::Normal(config.initializer_range as f32);
        let mut rows = vec![("word", config.vocab_size), ("position", config.max_position_embeddings)];
        match config.architecture {
            Architecture::Bert => rows.push(("token_type", config.type_vocab_size)),
            Architecture::Mpnet => {
                let distances = [config.relative_attention_num_buckets, config.num_attention_heads];
                weights.ensure(DISTANCES, &distances, normal, rng)?;
            }
        }
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
        let first = self.config.first_position() as u32;
        let positions: Vec<u32> = packed.positions().into_iter().map(|position| position + first).collect();
        let positions = Tensor::new(positions.as_slice(), device)?;
        let mut x = (self.words.index_select(&ids, 0)? + self.positions.index_select(&positions, 0)?)?;
        if let Some(kinds) = &self.kinds {
            x = x.broadcast_add(&kinds.narrow(0, 0, 1)?)?;
        }
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
        let bias = self.distances.as_ref().map(|table| self.bias(table, packed)).transpose()?;
        for layer in &self.layers {
            x = layer.forward_with(&x, bias.as_ref(), self.config.activation, (&shape, epsilon), dropout)?;
        }
        Ok(x)
    }

    /// What attention adds at every distance in these sequences, heads × distances.
    fn bias(&self, table: &Tensor, packed: &Packed) -> Result<Tensor, ModelError> {
        let longest = packed.lengths.iter().copied().max().unwrap_or(0).max(1);
        let kinds = buckets_within(longest, self.config.relative_attention_num_buckets);
        let kinds = Tensor::new(kinds.as_slice(), table.device())?;
        Ok(table.index_select(&kinds, 0)?.t()?.contiguous()?)
    }
}

#[cfg(test)]
pub(crate) mod tests;
