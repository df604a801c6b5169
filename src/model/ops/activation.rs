//! Activations by name as a candle operation.

use super::{tensor, values, with_values};
use crate::model::kernels::Activation;
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

/// An activation.
#[derive(Clone, Copy, Debug)]
pub struct Activate(Activation);

impl Activate {
    /// Applies the activation to every value.
    ///
    /// # Errors
    /// When the tensor is not `f32` on the CPU.
    pub fn apply(x: &Tensor, activation: Activation) -> Result<Tensor> {
        x.contiguous()?.apply_op1(Self(activation))
    }
}

impl CustomOp1 for Activate {
    fn name(&self) -> &'static str {
        "activate"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let mut out = values(x, layout)?.to_vec();
        self.0.apply(&mut out);
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _result: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let mut out = with_values(gradient, |gradient| Ok(gradient.to_vec()))?;
        with_values(x, |x| {
            self.0.backward(x, &mut out);
            Ok(())
        })?;
        Ok(Some(tensor(out, x)?))
    }
}
