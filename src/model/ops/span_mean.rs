//! Mean of the rows of spans, with the gradient spread back over them.

use super::{tensor, values, with_values};
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use std::ops::Range;

/// The mean row of each span of rows; zero for an empty span.
#[derive(Clone, Debug)]
pub struct SpanMean {
    spans: Vec<Range<usize>>,
}

impl SpanMean {
    /// `x`: rows × width; the result has one row per span.
    ///
    /// # Errors
    /// When a span lies beyond the rows.
    pub fn apply(x: &Tensor, spans: Vec<Range<usize>>) -> Result<Tensor> {
        x.contiguous()?.apply_op1(Self { spans })
    }
}

/// Adds `share` times a row to another.
fn add_row(into: &mut [f32], row: &[f32], share: f32) {
    for (into, value) in into.iter_mut().zip(row) {
        *into += share * value;
    }
}

impl CustomOp1 for SpanMean {
    fn name(&self) -> &'static str {
        "span-mean"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (rows, width) = layout.shape().dims2()?;
        let x = values(x, layout)?;
        let mut out = vec![0.0; self.spans.len() * width];
        for (mean, span) in out.chunks_exact_mut(width).zip(&self.spans) {
            if span.end > rows {
                candle_core::bail!("the rows {span:?} lie beyond the {rows} rows of the text");
            }
            let share = 1.0 / span.len().max(1) as f32;
            x.chunks_exact(width).take(span.end).skip(span.start).for_each(|row| add_row(mean, row, share));
        }
        Ok((CpuStorage::F32(out), Shape::from((self.spans.len(), width))))
    }

    fn bwd(&self, x: &Tensor, _result: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let (rows, width) = x.dims2()?;
        let mut out = vec![0.0; rows * width];
        with_values(gradient, |gradient| {
            for (row, span) in gradient.chunks_exact(width).zip(&self.spans) {
                let share = 1.0 / span.len().max(1) as f32;
                out.chunks_exact_mut(width).take(span.end).skip(span.start).for_each(|into| add_row(into, row, share));
            }
            Ok(())
        })?;
        Ok(Some(tensor(out, x)?))
    }
}
