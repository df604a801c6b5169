//! Self-attention as one candle operation.

use super::{tensor, values, with_values};
use crate::model::kernels::{AttentionShape, DistanceBias, attention, attention_backward};
use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Result, Shape, Tensor};

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

/// Whether joint rows fit a shape.
fn fit(layout: &Layout, shape: &AttentionShape) -> Result<Shape> {
    let (rows, columns) = layout.shape().dims2()?;
    if rows != shape.lengths.iter().sum::<usize>() || columns != 3 * shape.width {
        candle_core::bail!("attention over {shape:?} does not fit {rows}×{columns}");
    }
    Ok(Shape::from((rows, shape.width)))
}

impl CustomOp1 for SelfAttention {
    fn name(&self) -> &'static str {
        "self-attention"
    }

    fn cpu_fwd(&self, joint: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let result = fit(layout, &self.shape)?;
        Ok((CpuStorage::F32(attention(values(joint, layout)?, None, &self.shape)), result))
    }

    fn bwd(&self, joint: &Tensor, _result: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let out =
            with_values(gradient, |g| with_values(joint, |joint| Ok(attention_backward(joint, None, g, &self.shape).joint)))?;
        Ok(Some(tensor(out, joint)?))
    }
}

/// Self-attention whose scores also depend on how far query and key are apart.
#[derive(Clone, Debug)]
pub struct RelativeAttention {
    shape: AttentionShape,
    reach: usize,
}

impl RelativeAttention {
    /// As [`SelfAttention::apply`]. `bias` has a row for each head with what is added at each distance, from `1 − reach` to
    /// `reach − 1`; the reach covers the longest sequence.
    ///
    /// # Errors
    /// When rows or columns do not fit the shape, or the bias does not cover it.
    pub fn apply(joint: &Tensor, bias: &Tensor, shape: &AttentionShape) -> Result<Tensor> {
        let (heads, distances) = bias.dims2()?;
        let reach = distances.div_ceil(2);
        let longest = shape.lengths.iter().copied().max().unwrap_or(0);
        if heads != shape.heads || DistanceBias::distances(reach) != distances || longest > reach {
            candle_core::bail!("a bias of {heads} heads and {distances} distances does not fit {shape:?}");
        }
        joint.contiguous()?.apply_op2(&bias.contiguous()?, Self { shape: shape.clone(), reach })
    }
}

impl CustomOp2 for RelativeAttention {
    fn name(&self) -> &'static str {
        "relative-attention"
    }

    fn cpu_fwd(
        &self,
        joint: &CpuStorage,
        joint_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let result = fit(joint_layout, &self.shape)?;
        let bias = DistanceBias::new(self.reach, values(bias, bias_layout)?.to_vec());
        Ok((CpuStorage::F32(attention(values(joint, joint_layout)?, Some(&bias), &self.shape)), result))
    }

    fn bwd(
        &self,
        joint: &Tensor,
        bias: &Tensor,
        _result: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let added = DistanceBias::new(self.reach, with_values(bias, |bias| Ok(bias.to_vec()))?);
        let gradients =
            with_values(gradient, |g| with_values(joint, |joint| Ok(attention_backward(joint, Some(&added), g, &self.shape))))?;
        let d_bias = gradients.bias.map(|d_bias| tensor(d_bias.values().to_vec(), bias)).transpose()?;
        Ok((Some(tensor(gradients.joint, joint)?), d_bias))
    }
}
