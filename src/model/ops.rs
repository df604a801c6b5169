//! Layers as candle operations with backward passes.
//!
//! candle's own fused `LayerNorm` and last-dimension softmax have none (candle #2977, #3011): below them nothing learns and no
//! error is raised. These have, and they are checked against finite differences.

mod activation;
mod attention;
mod crf;
mod cross_entropy;
mod gelu;
mod layer_norm;
mod linear;
mod lstm;
mod span_mean;

pub use activation::Activate;
pub use attention::{RelativeAttention, SelfAttention};
pub use crf::CrfLoss;
pub use cross_entropy::CrossEntropy;
pub use gelu::Gelu;
pub use layer_norm::LayerNorm;
pub use linear::Linear;
pub use lstm::Lstm;
pub use span_mean::SpanMean;

use candle_core::{CpuStorage, Layout, Result, Storage, Tensor};

/// The values of a contiguous `f32` argument.
fn values<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let CpuStorage::F32(data) = storage else { candle_core::bail!("the layers compute in f32") };
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&data[start..end]),
        None => candle_core::bail!("the layers need contiguous arguments"),
    }
}

/// Calls `f` with the values of a tensor, which need not be contiguous.
pub(super) fn with_values<T>(tensor: &Tensor, f: impl FnOnce(&[f32]) -> Result<T>) -> Result<T> {
    let tensor = tensor.contiguous()?;
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cpu(storage) => f(values(storage, layout)?),
        _ => candle_core::bail!("the layers compute on the CPU"),
    }
}

/// A tensor of these values, on the CPU.
fn tensor(data: Vec<f32>, like: &Tensor) -> Result<Tensor> {
    Tensor::from_vec(data, like.shape(), like.device())
}

#[cfg(test)]
mod tests;
