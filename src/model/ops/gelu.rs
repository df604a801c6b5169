//! GELU as a candle operation.

use super::{tensor, values, with_values};
use crate::model::kernels::{gelu, gelu_backward};
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

/// GELU with the exact error function.
#[derive(Clone, Copy, Debug)]
pub struct Gelu;

impl Gelu {
    /// Applies the activation.
    ///
    /// # Errors
    /// When the tensor is not `f32` on the CPU.
    pub fn apply(x: &Tensor) -> Result<Tensor> {
        x.contiguous()?.apply_op1(Self)
    }
}

impl CustomOp1 for Gelu {
    fn name(&self) -> &'static str {
        "gelu"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let mut out = values(x, layout)?.to_vec();
        gelu(&mut out);
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _result: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let mut out = with_values(gradient, |gradient| Ok(gradient.to_vec()))?;
        with_values(x, |x| {
            gelu_backward(x, &mut out);
            Ok(())
        })?;
        Ok(Some(tensor(out, x)?))
    }
}
