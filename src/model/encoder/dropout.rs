//! Dropout that drops: the reference's does nothing.

use candle_core::Tensor;
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
