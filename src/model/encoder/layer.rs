//! One layer of BERT, with a gradient.

use super::Dropout;
use crate::model::ModelError;
use crate::model::kernels::{Activation, AttentionShape};
use crate::model::ops::{Activate, LayerNorm, Linear, RelativeAttention, SelfAttention};
use crate::model::weights::{Init, Weights};
use candle_core::Tensor;
use rand_chacha::ChaCha8Rng;

/// Weight and bias of a linear layer or a layer normalisation.
#[derive(Debug)]
pub(crate) struct Affine {
    weight: Tensor,
    bias: Tensor,
}

impl Affine {
    pub(crate) fn linear(weights: &Weights, name: &str, outputs: usize, inputs: usize) -> Result<Self, ModelError> {
        let weight = weights.get(&format!("{name}.weight"), &[outputs, inputs])?;
        Ok(Self { weight, bias: weights.get(&format!("{name}.bias"), &[outputs])? })
    }

    pub(crate) fn norm(weights: &Weights, name: &str, width: usize) -> Result<Self, ModelError> {
        let weight = weights.get(&format!("{name}.weight"), &[width])?;
        Ok(Self { weight, bias: weights.get(&format!("{name}.bias"), &[width])? })
    }

    pub(crate) fn ensure_norm(weights: &mut Weights, name: &str, width: usize, rng: &mut ChaCha8Rng) -> Result<(), ModelError> {
        weights.ensure(&format!("{name}.weight"), &[width], Init::One, rng)?;
        weights.ensure(&format!("{name}.bias"), &[width], Init::Zero, rng)
    }

    pub(crate) fn project(&self, x: &Tensor) -> candle_core::Result<Tensor> {
        Linear::apply(x, &self.weight, &self.bias)
    }

    pub(crate) fn normalise(&self, x: &Tensor, epsilon: f64) -> candle_core::Result<Tensor> {
        LayerNorm::apply(x, &self.weight, &self.bias, epsilon)
    }
}

/// Self-attention and feed-forward network, each with its residual and norm.
#[derive(Debug)]
pub(crate) struct Layer {
    qkv: Affine,
    attended: Affine,
    attended_norm: Affine,
    intermediate: Affine,
    output: Affine,
    output_norm: Affine,
}

impl Layer {
    /// Takes the weights that begin with `name`. `width` is that of the states, `inner` that of the feed-forward network.
    pub(crate) fn load(weights: &Weights, name: &str, width: usize, inner: usize) -> Result<Self, ModelError> {
        let part = |part: &str| format!("{name}.{part}");
        Ok(Self {
            qkv: Affine::linear(weights, &part("attention.qkv"), 3 * width, width)?,
            attended: Affine::linear(weights, &part("attention.output.dense"), width, width)?,
            attended_norm: Affine::norm(weights, &part("attention.output.LayerNorm"), width)?,
            intermediate: Affine::linear(weights, &part("intermediate.dense"), inner, width)?,
            output: Affine::linear(weights, &part("output.dense"), width, inner)?,
            output_norm: Affine::norm(weights, &part("output.LayerNorm"), width)?,
        })
    }

    /// Puts its weights in where they are missing; linear ones begin as `init`.
    pub(crate) fn ensure(
        weights: &mut Weights,
        name: &str,
        (width, inner): (usize, usize),
        init: Init,
        rng: &mut ChaCha8Rng,
    ) -> Result<(), ModelError> {
        let linear = [
            ("attention.qkv", 3 * width, width),
            ("attention.output.dense", width, width),
            ("intermediate.dense", inner, width),
            ("output.dense", width, inner),
        ];
        for (part, outputs, inputs) in linear {
            weights.ensure(&format!("{name}.{part}.weight"), &[outputs, inputs], init, rng)?;
            weights.ensure(&format!("{name}.{part}.bias"), &[outputs], Init::Zero, rng)?;
        }
        for norm in ["attention.output.LayerNorm", "output.LayerNorm"] {
            Affine::ensure_norm(weights, &format!("{name}.{norm}"), width, rng)?;
        }
        Ok(())
    }

    /// `x`: rows × width. As BERT's layers are, without a bias of distances.
    pub(crate) fn forward(
        &self,
        x: &Tensor,
        shape: &AttentionShape,
        epsilon: f64,
        dropout: &mut Dropout,
    ) -> candle_core::Result<Tensor> {
        self.forward_with(x, None, Activation::Gelu, (shape, epsilon), dropout)
    }

    /// `x`: rows × width. `bias` is what attention adds by distance, heads × distances.
    pub(crate) fn forward_with(
        &self,
        x: &Tensor,
        bias: Option<&Tensor>,
        activation: Activation,
        (shape, epsilon): (&AttentionShape, f64),
        dropout: &mut Dropout,
    ) -> candle_core::Result<Tensor> {
        let joint = self.qkv.project(x)?;
        let context = match bias {
            Some(bias) => RelativeAttention::apply(&joint, bias, shape)?,
            None => SelfAttention::apply(&joint, shape)?,
        };
        let attended = dropout.apply(&self.attended.project(&context)?)?;
        let x = self.attended_norm.normalise(&(x + attended)?, epsilon)?;
        let inner = Activate::apply(&self.intermediate.project(&x)?, activation)?;
        let output = dropout.apply(&self.output.project(&inner)?)?;
        self.output_norm.normalise(&(x + output)?, epsilon)
    }
}
