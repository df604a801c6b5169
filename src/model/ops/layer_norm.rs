//! Layer normalisation as a candle operation that has a gradient.

use super::{tensor, values, with_values};
use crate::model::kernels::{layer_norm, layer_norm_backward};
use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};

/// Layer normalisation over the last dimension.
#[derive(Clone, Copy, Debug)]
pub struct LayerNorm {
    epsilon: f32,
}

impl LayerNorm {
    /// Normalises the rows of `x` (rows × width); `scale` and `shift` have `width` values.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn apply(x: &Tensor, scale: &Tensor, shift: &Tensor, epsilon: f64) -> Result<Tensor> {
        x.contiguous()?.apply_op3(scale, shift, Self { epsilon: epsilon as f32 })
    }
}

impl CustomOp3 for LayerNorm {
    fn name(&self) -> &'static str {
        "layer-norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        scale: &CpuStorage,
        scale_layout: &Layout,
        shift: &CpuStorage,
        shift_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (_, width) = x_layout.shape().dims2()?;
        if scale_layout.shape().dims1()? != width || shift_layout.shape().dims1()? != width {
            candle_core::bail!("a layer normalisation does not fit rows of {width}");
        }
        let x = values(x, x_layout)?;
        let mut out = vec![0.0; x.len()];
        layer_norm(x, values(scale, scale_layout)?, values(shift, shift_layout)?, self.epsilon, &mut out);
        Ok((CpuStorage::F32(out), x_layout.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        scale: &Tensor,
        shift: &Tensor,
        _result: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let gradients = with_values(gradient, |g| {
            with_values(x, |x| with_values(scale, |scale| Ok(layer_norm_backward(x, scale, self.epsilon, g))))
        })?;
        Ok((Some(tensor(gradients.x, x)?), Some(tensor(gradients.scale, scale)?), Some(tensor(gradients.shift, shift)?)))
    }
}
