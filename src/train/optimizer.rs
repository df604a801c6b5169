//! AdamW (Loshchilov and Hutter 2019) with a learning rate per weight, gradient clipping and a running average of the weights.

use super::recipe::OptimizerRecipe;
use crate::model::weights::Weights;
use candle_core::backprop::GradStore;
use candle_core::{CpuStorage, InplaceOp2, Layout, Result, Tensor};
use rayon::prelude::*;
use std::cell::RefCell;

const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// What is remembered of one weight.
#[derive(Debug)]
pub struct Slot {
    /// Name of the weight.
    pub name: String,
    tensor: Tensor,
    /// Learning rate relative to the schedule.
    rate: f64,
    decays: bool,
    /// First moment.
    pub mean: Vec<f32>,
    /// Second moment.
    pub square: Vec<f32>,
    /// Running average of the weight; empty when none is kept.
    pub average: Vec<f32>,
}

/// The optimiser of one stage.
#[derive(Debug)]
pub struct AdamW {
    recipe: OptimizerRecipe,
    steps: usize,
    /// Steps done.
    pub step: usize,
    /// One per trainable weight, in the order of their names.
    pub slots: Vec<Slot>,
}

impl AdamW {
    /// For all trainable weights; `rate` gives the highest learning rate of a weight by name. `steps` is the length of the run.
    ///
    /// # Errors
    /// When a weight is not `f32` on the CPU.
    pub fn new(weights: &Weights, recipe: &OptimizerRecipe, steps: usize, rate: impl Fn(&str) -> f64) -> Result<Self> {
        let mut slots = Vec::new();
        for (name, tensor) in weights.iter().filter(|(_, tensor)| tensor.is_variable()) {
            let count = tensor.elem_count();
            let average = if recipe.average > 0.0 { tensor.flatten_all()?.to_vec1()? } else { Vec::new() };
            slots.push(Slot {
                name: name.to_owned(),
                tensor: tensor.clone(),
                rate: rate(name),
                decays: tensor.dims().len() > 1 && !name.contains("LayerNorm"),
                mean: vec![0.0; count],
                square: vec![0.0; count],
                average,
            });
        }
        Ok(Self { recipe: recipe.clone(), steps, step: 0, slots })
    }

    /// Share of the highest rate at this step: a rise over the warm-up, then a straight fall to 0.
    fn schedule(&self) -> f64 {
        let warmup = (self.recipe.warmup * self.steps as f64).max(1.0);
        let step = self.step as f64 + 1.0;
        if step < warmup { step / warmup } else { ((self.steps as f64 - step) / (self.steps as f64 - warmup).max(1.0)).max(0.0) }
    }

    /// Moves every weight; returns the norm of the gradient before it was clipped.
    ///
    /// # Errors
    /// When a gradient has another shape than its weight.
    pub fn step(&mut self, gradients: &GradStore) -> Result<f64> {
        let mut sum = 0.0;
        for slot in &self.slots {
            if let Some(gradient) = gradients.get(&slot.tensor) {
                sum += f64::from(gradient.sqr()?.sum_all()?.to_scalar::<f32>()?);
            }
        }
        let norm = sum.sqrt();
        let clip = if norm > self.recipe.clip { self.recipe.clip / norm } else { 1.0 };
        let share = self.schedule();
        self.step += 1;
        let averaging = self.recipe.average.min((self.step as f64) / (self.step as f64 + 10.0));
        for slot in &mut self.slots {
            let Some(gradient) = gradients.get(&slot.tensor) else { continue };
            let rate = share * slot.rate;
            let decay = if slot.decays { self.recipe.weight_decay } else { 0.0 };
            let tensor = slot.tensor.clone();
            let update = Update { slot: RefCell::new(slot), step: self.step as f64, rate, decay, clip, averaging };
            tensor.inplace_op2(&gradient.contiguous()?, &update)?;
        }
        Ok(norm)
    }

    /// The weights with the averages in the place of the last values, if averages are kept.
    ///
    /// # Errors
    /// When memory can't be had.
    pub fn averaged(&self, weights: &Weights) -> Result<Weights> {
        let mut averaged = weights.detached();
        for slot in self.slots.iter().filter(|slot| !slot.average.is_empty()) {
            averaged.insert(&slot.name, Tensor::from_slice(&slot.average, slot.tensor.shape(), slot.tensor.device())?);
        }
        Ok(averaged)
    }
}

/// One step of one weight.
struct Update<'a> {
    slot: RefCell<&'a mut Slot>,
    step: f64,
    rate: f64,
    decay: f64,
    clip: f64,
    averaging: f64,
}

impl InplaceOp2 for Update<'_> {
    fn name(&self) -> &'static str {
        "adamw"
    }

    fn cpu_fwd(&self, weight: &mut CpuStorage, layout: &Layout, gradient: &CpuStorage, gradient_layout: &Layout) -> Result<()> {
        let (CpuStorage::F32(weight), CpuStorage::F32(gradient)) = (weight, gradient) else {
            candle_core::bail!("AdamW moves f32 weights")
        };
        let (Some((from, to)), Some((start, end))) = (layout.contiguous_offsets(), gradient_layout.contiguous_offsets()) else {
            candle_core::bail!("AdamW moves contiguous weights")
        };
        let mut slot = self.slot.borrow_mut();
        let Slot { mean, square, average, .. } = &mut **slot;
        let (weight, gradient) = (&mut weight[from..to], &gradient[start..end]);
        let unbias1 = (1.0 / (1.0 - BETA1.powf(self.step))) as f32;
        let unbias2 = (1.0 / (1.0 - BETA2.powf(self.step))) as f32;
        let (beta1, beta2, epsilon) = (BETA1 as f32, BETA2 as f32, EPSILON as f32);
        let (clip, rate, keep) = (self.clip as f32, self.rate as f32, (1.0 - self.rate * self.decay) as f32);
        let moments = mean.par_iter_mut().zip(square.par_iter_mut()).with_min_len(4096);
        weight.par_iter_mut().zip(gradient).zip(moments).for_each(|((weight, gradient), (mean, square))| {
            let gradient = gradient * clip;
            *mean = beta1 * *mean + (1.0 - beta1) * gradient;
            *square = beta2 * *square + (1.0 - beta2) * gradient * gradient;
            *weight = *weight * keep - rate * (*mean * unbias1) / ((*square * unbias2).sqrt() + epsilon);
        });
        let averaging = self.averaging as f32;
        for (average, weight) in average.iter_mut().zip(weight.iter()) {
            *average = averaging * *average + (1.0 - averaging) * weight;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    fn recipe() -> OptimizerRecipe {
        OptimizerRecipe {
            epochs: 1,
            batch: 1,
            learning_rate: 0.1,
            warmup: 0.0,
            weight_decay: 0.0,
            clip: 1e9,
            dropout: 0.0,
            average: 0.0,
        }
    }

    /// The numbers are those of `torch.optim.AdamW([w], lr=0.1, weight_decay=0)` on (w²).sum(), whose first step moves every
    /// weight by the rate.
    #[test]
    fn the_first_step_moves_by_the_rate_and_the_minimum_is_found() {
        let mut weights = Weights::default();
        weights.insert("w", Tensor::new(&[1.0f32, -2.0], &Device::Cpu).unwrap());
        weights.make_trainable(|_| true).unwrap();
        let mut optimizer = AdamW::new(&weights, &recipe(), 1_000_000, |_| 0.1).unwrap();
        let tensor = weights.get("w", &[2]).unwrap();
        let mut step = || {
            let gradients = tensor.sqr().unwrap().sum_all().unwrap().backward().unwrap();
            optimizer.step(&gradients).unwrap()
        };
        assert!((step() - 20f64.sqrt()).abs() < 1e-5);
        let moved = tensor.to_vec1::<f32>().unwrap();
        assert!((moved[0] - 0.9).abs() < 1e-4 && (moved[1] + 1.9).abs() < 1e-4, "{moved:?}");
        for _ in 0..300 {
            step();
        }
        assert!(tensor.to_vec1::<f32>().unwrap().iter().all(|w| w.abs() < 0.05));
    }

    #[test]
    fn the_rate_rises_and_falls() {
        let mut optimizer = AdamW::new(&Weights::default(), &OptimizerRecipe { warmup: 0.1, ..recipe() }, 100, |_| 0.1).unwrap();
        let rates: Vec<f64> = (0..100)
            .map(|step| {
                optimizer.step = step;
                optimizer.schedule()
            })
            .collect();
        assert!((rates[0] - 0.1).abs() < 1e-9 && (rates[9] - 1.0).abs() < 1e-9);
        assert!(rates[50] < 0.6 && rates[99] == 0.0);
    }
}
