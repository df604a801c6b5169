//! The activations that BERT checkpoints ask for, by name.

use super::{gelu, gelu_backward, rows_per_task};
use rayon::prelude::*;
use rten_simd::SimdUnaryOp;
use rten_vecmath::Tanh;
use serde::Deserialize;

/// Activation of a feed-forward network, named as in `config.json`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Activation {
    /// GELU with the exact error function.
    #[default]
    #[serde(rename = "gelu")]
    Gelu,
    /// GELU by its approximation with a hyperbolic tangent (Hendrycks and Gimpel 2016, section 2).
    #[serde(rename = "gelu_new", alias = "gelu_pytorch_tanh", alias = "gelu_fast")]
    GeluTanh,
    /// The positive part.
    #[serde(rename = "relu")]
    Relu,
}

/// Elements that count as a row when work is shared.
const CHUNK: usize = 1024;

/// √(2/π)
const SLOPE: f32 = 0.797_884_6;
const CUBIC: f32 = 0.044_715;

impl Activation {
    /// Replaces every value.
    pub fn apply(self, values: &mut [f32]) {
        match self {
            Self::Gelu => gelu(values),
            Self::GeluTanh | Self::Relu => {
                let task = CHUNK * rows_per_task(values.len() / CHUNK);
                values.par_chunks_mut(task).for_each(|values| self.apply_alone(values));
            }
        }
    }

    /// The same on this thread alone.
    pub fn apply_alone(self, values: &mut [f32]) {
        match self {
            Self::Gelu => rten_vecmath::Gelu {}.map_mut(values),
            Self::GeluTanh => {
                let mut tanh = [0f32; CHUNK];
                for values in values.chunks_mut(CHUNK) {
                    let tanh = tanh_of(values, &mut tanh);
                    values.iter_mut().zip(tanh).for_each(|(value, tanh)| *value *= 0.5 * (1.0 + *tanh));
                }
            }
            Self::Relu => values.iter_mut().for_each(|value| *value = value.max(0.0)),
        }
    }

    /// `gradient ← gradient · f'(x)`.
    pub fn backward(self, x: &[f32], gradient: &mut [f32]) {
        match self {
            Self::Gelu => gelu_backward(x, gradient),
            Self::GeluTanh => {
                let task = CHUNK * rows_per_task(x.len() / CHUNK);
                gradient.par_chunks_mut(task).zip(x.par_chunks(task)).for_each(|(gradient, x)| gelu_tanh_backward(x, gradient));
            }
            Self::Relu => gradient.iter_mut().zip(x).filter(|(_, x)| **x <= 0.0).for_each(|(gradient, _)| *gradient = 0.0),
        }
    }
}

/// The hyperbolic tangent inside the approximation, for at most a chunk of values.
fn tanh_of<'a>(x: &[f32], buffer: &'a mut [f32; CHUNK]) -> &'a [f32] {
    let inner = &mut buffer[..x.len()];
    inner.iter_mut().zip(x).for_each(|(inner, x)| *inner = SLOPE * (x + CUBIC * x * x * x));
    Tanh {}.map_mut(inner);
    inner
}

fn gelu_tanh_backward(x: &[f32], gradient: &mut [f32]) {
    let mut buffer = [0f32; CHUNK];
    for (gradient, x) in gradient.chunks_mut(CHUNK).zip(x.chunks(CHUNK)) {
        let tanh = tanh_of(x, &mut buffer);
        for ((gradient, x), tanh) in gradient.iter_mut().zip(x).zip(tanh) {
            let slope = SLOPE * (1.0 + 3.0 * CUBIC * x * x);
            *gradient *= 0.5 * (1.0 + tanh) + 0.5 * x * (1.0 - tanh * tanh) * slope;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definitions, in `f64`.
    fn defined(kind: Activation, x: f64) -> f64 {
        match kind {
            Activation::Gelu => unreachable!("checked elsewhere"),
            Activation::GeluTanh => 0.5 * x * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3))).tanh()),
            Activation::Relu => x.max(0.0),
        }
    }

    #[test]
    fn values_are_those_of_the_definitions() {
        for kind in [Activation::GeluTanh, Activation::Relu] {
            let x: Vec<f32> = (0..3000).map(|i| (i as f32 - 1500.0) / 200.0).collect();
            let mut found = x.clone();
            kind.apply(&mut found);
            for (x, found) in x.iter().zip(&found) {
                assert!((f64::from(*found) - defined(kind, f64::from(*x))).abs() < 1e-5, "{kind:?} of {x}: {found}");
            }
        }
    }

    #[test]
    fn checkpoints_name_them() {
        let named = |name: &str| serde_json::from_str::<Activation>(&format!("{name:?}"));
        assert_eq!(named("gelu").unwrap(), Activation::Gelu);
        assert_eq!(named("gelu_pytorch_tanh").unwrap(), Activation::GeluTanh);
        assert!(named("silu").unwrap_err().to_string().contains("silu"));
    }
}
