//! A bidirectional long short-term memory over the words of each window.

use super::ModelError;
use super::encoder::Affine;
use super::kernels::LstmShape;
use super::ops::Lstm;
use super::weights::{Init, Weights};
use candle_core::{Device, Tensor};
use rand_chacha::ChaCha8Rng;
use std::ops::Range;

/// Names of the two directions.
pub(super) const DIRECTIONS: [&str; 2] = ["forwards", "backwards"];

/// Both directions.
#[derive(Debug)]
pub(super) struct BiLstm {
    width: usize,
    /// What the inputs say to the gates, and what the states say.
    directions: [(Affine, Tensor); 2],
}

impl BiLstm {
    /// Takes its weights by name. `width` is that of the states of one direction.
    pub(super) fn load(weights: &Weights, name: &str, inputs: usize, width: usize) -> Result<Self, ModelError> {
        let direction = |direction: &str| {
            let recurrent = weights.get(&format!("{name}.{direction}.recurrent"), &[width, 4 * width])?;
            Ok::<_, ModelError>((Affine::linear(weights, &format!("{name}.{direction}.gates"), 4 * width, inputs)?, recurrent))
        };
        let [forwards, backwards] = DIRECTIONS.map(direction);
        Ok(Self { width, directions: [forwards?, backwards?] })
    }

    /// Puts its weights in where they are missing. At first it forgets little (Jozefowicz et al. 2015).
    pub(super) fn ensure(
        weights: &mut Weights,
        name: &str,
        (inputs, width): (usize, usize),
        rng: &mut ChaCha8Rng,
    ) -> Result<(), ModelError> {
        for direction in DIRECTIONS {
            let deviation = |count: usize| Init::Normal(1.0 / (count.max(1) as f32).sqrt());
            weights.ensure(&format!("{name}.{direction}.gates.weight"), &[4 * width, inputs], deviation(inputs), rng)?;
            weights.ensure(&format!("{name}.{direction}.recurrent"), &[width, 4 * width], deviation(width), rng)?;
            let bias = format!("{name}.{direction}.gates.bias");
            if weights.get(&bias, &[4 * width]).is_err() {
                let forget = |gate: usize| if gate / width == 1 { 1.0f32 } else { 0.0 };
                let values = (0..4 * width).map(forget).collect();
                weights.insert(&bias, Tensor::from_vec(values, 4 * width, &Device::Cpu)?);
            }
        }
        Ok(())
    }

    /// States of both directions side by side, rows × 2·width.
    pub(super) fn forward(&self, x: &Tensor, sequences: &[Range<usize>]) -> Result<Tensor, ModelError> {
        let mut states = Vec::with_capacity(2);
        for ((gates, recurrent), backwards) in self.directions.iter().zip([false, true]) {
            let shape = LstmShape { sequences: sequences.to_vec(), width: self.width, backwards };
            states.push(Lstm::apply(&gates.project(x)?, recurrent, shape)?);
        }
        Ok(Tensor::cat(&states, 1)?)
    }
}
