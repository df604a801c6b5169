//! A fully connected layer: product and bias in one pass over the result.

use super::{tensor, values, with_values};
use crate::model::kernels::{Matrix, add_column_sums, matmul};
use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};

/// `x·wᵀ + b`; x: rows × inputs, w: outputs × inputs (as in BERT checkpoints), b: outputs.
#[derive(Clone, Copy, Debug)]
pub struct Linear;

impl Linear {
    /// Applies the layer.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn apply(x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
        x.contiguous()?.apply_op3(weight, bias, Self)
    }
}

impl CustomOp3 for Linear {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (rows, inputs) = x_layout.shape().dims2()?;
        let (outputs, expected) = weight_layout.shape().dims2()?;
        if inputs != expected || bias_layout.shape().dims1()? != outputs {
            candle_core::bail!("a linear layer of {outputs}×{expected} does not fit rows of {inputs}");
        }
        let bias = values(bias, bias_layout)?;
        let mut out = Vec::with_capacity(rows * outputs);
        for _ in 0..rows {
            out.extend_from_slice(bias);
        }
        let (x, weight) = (Matrix::new(values(x, x_layout)?, rows, inputs), values(weight, weight_layout)?);
        matmul(&mut out, x, Matrix::new(weight, outputs, inputs).t(), 1.0, true, true);
        Ok((CpuStorage::F32(out), Shape::from((rows, outputs))))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        bias: &Tensor,
        _result: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (rows, inputs) = x.dims2()?;
        let outputs = bias.dims1()?;
        with_values(gradient, |g| {
            let g_matrix = Matrix::new(g, rows, outputs);
            let d_x = with_values(weight, |w| {
                let mut out = vec![0.0; rows * inputs];
                matmul(&mut out, g_matrix, Matrix::new(w, outputs, inputs), 1.0, false, true);
                tensor(out, x)
            })?;
            let d_weight = with_values(x, |x| {
                let mut out = vec![0.0; outputs * inputs];
                matmul(&mut out, g_matrix.t(), Matrix::new(x, rows, inputs), 1.0, false, true);
                tensor(out, weight)
            })?;
            let mut sums = vec![0.0; outputs];
            add_column_sums(g, &mut sums);
            Ok((Some(d_x), Some(d_weight), Some(tensor(sums, bias)?)))
        })
    }
}
