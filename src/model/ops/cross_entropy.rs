//! Cross-entropy over many classes as one candle operation, with its closed-form gradient.

use super::{tensor, values, with_values};
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use rayon::prelude::*;
use rten_simd::SimdOp;
use rten_vecmath::Softmax;
use std::sync::Arc;

/// What each row of logits should say.
#[derive(Clone, Debug)]
pub struct CrossEntropy {
    gold: Arc<[u32]>,
}

impl CrossEntropy {
    /// Mean over the rows of −log P(gold class), a scalar. `logits`: rows × classes, `gold`: a class for each row.
    ///
    /// # Errors
    /// When there are no rows, not as many as gold classes, or a gold class is beyond the classes.
    pub fn apply(logits: &Tensor, gold: Arc<[u32]>) -> Result<Tensor> {
        let (rows, classes) = logits.dims2()?;
        if rows == 0 || rows != gold.len() || gold.iter().any(|&class| class as usize >= classes) {
            candle_core::bail!("{} gold classes do not fit {rows}×{classes} logits", gold.len());
        }
        logits.contiguous()?.apply_op1(Self { gold })
    }
}

/// −log P(gold) of one row: log Σ exp(x) − x[gold].
fn row_loss(row: &[f32], gold: usize) -> f64 {
    let highest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut probabilities = row.to_vec();
    Softmax::new_mut(&mut probabilities).dispatch();
    // The most probable class has exp(0) above the sum, so the sum is known without a second pass of exponentials.
    let most = probabilities.into_iter().fold(0f32, f32::max);
    f64::from(highest) - f64::from(most).ln() - f64::from(row[gold])
}

impl CustomOp1 for CrossEntropy {
    fn name(&self) -> &'static str {
        "cross-entropy"
    }

    fn cpu_fwd(&self, logits: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (rows, classes) = layout.shape().dims2()?;
        let rows_of = values(logits, layout)?.par_chunks_exact(classes).zip(self.gold.par_iter());
        // Summed in the order of the rows, so that the sum does not depend on the threads.
        let losses: Vec<f64> = rows_of.map(|(row, &gold)| row_loss(row, gold as usize)).collect();
        let mean = losses.into_iter().sum::<f64>() / rows as f64;
        Ok((CpuStorage::F32(vec![mean as f32]), Shape::from(())))
    }

    fn bwd(&self, logits: &Tensor, _result: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let (rows, classes) = logits.dims2()?;
        let weight = gradient.to_scalar::<f32>()? / rows as f32;
        let mut out = with_values(logits, |logits| Ok(logits.to_vec()))?;
        out.par_chunks_exact_mut(classes).zip(self.gold.par_iter()).for_each(|(row, &gold)| {
            Softmax::new_mut(row).dispatch();
            row[gold as usize] -= 1.0;
            row.iter_mut().for_each(|value| *value *= weight);
        });
        Ok(Some(tensor(out, logits)?))
    }
}
