//! Weights by name: read from a checkpoint, made anew, or made trainable.

use super::ModelError;
use candle_core::{Device, Tensor, Var};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

/// How a weight that no checkpoint holds begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    /// All zero.
    Zero,
    /// All one.
    One,
    /// Normal with mean 0 and this standard deviation.
    Normal(f32),
}

/// Named tensors. Layers take clones, which share storage: a step of the optimiser is seen by all of them.
#[derive(Clone, Debug, Default)]
pub struct Weights {
    tensors: BTreeMap<String, Tensor>,
}

impl Weights {
    /// Of tensors that are already named.
    pub fn new(tensors: BTreeMap<String, Tensor>) -> Self {
        Self { tensors }
    }

    /// Whether a weight is part of an encoder folder: the encoder's own, and what our training on other corpora teaches beside it, the
    /// embeddings of word shapes and of parts of speech, and the relation scorer.
    pub fn belongs_to_encoder(name: &str) -> bool {
        let encoder = ["embeddings.", "encoder.layer.", "encoder.relative_attention_bias."];
        let encoder = encoder.iter().any(|start| name.starts_with(start));
        encoder && !name.ends_with("position_ids")
            || ["shapes.", "parts.", "relation."].iter().any(|start| name.starts_with(start))
    }

    /// Forgets the weights whose name does not please `kept`.
    pub fn retain(&mut self, kept: impl Fn(&str) -> bool) {
        self.tensors.retain(|name, _| kept(name));
    }

    /// A weight that must be there.
    ///
    /// # Errors
    /// When it is missing or has another shape.
    pub fn get(&self, name: &str, shape: &[usize]) -> Result<Tensor, ModelError> {
        let tensor = self.tensors.get(name).ok_or_else(|| ModelError::MissingWeight(name.to_owned()))?;
        if tensor.dims() == shape {
            Ok(tensor.clone())
        } else {
            let (name, found, expected) = (name.to_owned(), tensor.dims().to_vec(), shape.to_vec());
            Err(ModelError::Shape { name, found, expected })
        }
    }

    /// Puts a new weight in, unless one of this name and shape is there.
    ///
    /// # Errors
    /// When memory for it can't be had.
    pub fn ensure(&mut self, name: &str, shape: &[usize], init: Init, rng: &mut ChaCha8Rng) -> Result<(), ModelError> {
        if self.tensors.get(name).is_some_and(|tensor| tensor.dims() == shape) {
            return Ok(());
        }
        let count: usize = shape.iter().product();
        let values: Vec<f32> = match init {
            Init::Zero => vec![0.0; count],
            Init::One => vec![1.0; count],
            Init::Normal(deviation) => (0..count).map(|_| deviation * standard_normal(rng)).collect(),
        };
        self.tensors.insert(name.to_owned(), Tensor::from_vec(values, shape, &Device::Cpu)?);
        Ok(())
    }

    /// Whether there is a weight of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// The weights whose names begin with a prefix, under what follows it. They share their storage with these.
    #[must_use]
    pub fn under(&self, prefix: &str) -> Self {
        let named = |(name, tensor): (&String, &Tensor)| Some((name.strip_prefix(prefix)?.to_owned(), tensor.clone()));
        Self { tensors: self.tensors.iter().filter_map(named).collect() }
    }

    /// Puts a weight in, in the place of one of the same name.
    pub fn insert(&mut self, name: &str, tensor: Tensor) {
        self.tensors.insert(name.to_owned(), tensor);
    }

    /// The same weights without gradients, sharing their storage.
    #[must_use]
    pub fn detached(&self) -> Self {
        Self { tensors: self.tensors.iter().map(|(name, tensor)| (name.clone(), tensor.detach())).collect() }
    }

    /// Makes the weights whose name pleases `chosen` trainable and all others constant.
    ///
    /// # Errors
    /// When memory for the copies can't be had.
    pub fn make_trainable(&mut self, chosen: impl Fn(&str) -> bool) -> Result<(), ModelError> {
        for (name, tensor) in &mut self.tensors {
            *tensor = if chosen(name) { Var::from_tensor(&tensor.detach())?.into_inner() } else { tensor.detach() };
        }
        Ok(())
    }

    /// All, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor))
    }
}

/// Box and Muller 1958.
fn standard_normal(rng: &mut ChaCha8Rng) -> f32 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    let angle = std::f64::consts::TAU * rng.random::<f64>();
    (radius * angle.cos()) as f32
}
