//! Self-attention as one candle operation.

use super::{tensor, values, with_values};
use crate::model::kernels::{AttentionShape, attention, attention_backward};
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

/// Self-attention of sequences laid end to end.
#[derive(Clone, Debug)]
pub struct SelfAttention {
    shape: AttentionShape,
}

impl SelfAttention {
    /// `joint` has rows of query, key and value side by side (rows × 3·width); the result is rows × width.
    ///
    /// # Errors
    /// When rows or columns do not fit the shape.
    pub fn apply(joint: &Tensor, shape: &AttentionShape) -> Result<Tensor> {
        joint.contiguous()?.apply_op1(Self { shape: shape.clone() })
    }
}

impl CustomOp1 for SelfAttention {
    fn name(&self) -> &'static str {
        "self-attention"
    }

    fn cpu_fwd(&self, joint: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (rows, columns) = layout.shape().dims2()?;
        if rows != self.shape.lengths.iter().sum::<usize>() || columns != 3 * self.shape.width {
            candle_core::bail!("attention over {:?} does not fit {rows}×{columns}", self.shape);
        }
        let out = attention(values(joint, layout)?, &self.shape);
        Ok((CpuStorage::F32(out), Shape::from((rows, self.shape.width))))
    }

    fn bwd(&self, joint: &Tensor, _result: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let out = with_values(gradient, |g| with_values(joint, |joint| Ok(attention_backward(joint, g, &self.shape))))?;
        Ok(Some(tensor(out, joint)?))
    }
}
