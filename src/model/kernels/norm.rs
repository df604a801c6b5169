//! Layer normalisation over the last dimension (Ba et al. 2016), forward and backward.

use super::rows_per_task;
use rayon::prelude::*;

/// `out = (x − mean) / √(variance + ε) · scale + shift`, row by row; rows have `scale.len()` values.
pub fn layer_norm(x: &[f32], scale: &[f32], shift: &[f32], epsilon: f32, out: &mut [f32]) {
    let width = scale.len();
    let task = width * rows_per_task(x.len() / width);
    out.par_chunks_mut(task).zip(x.par_chunks(task)).for_each(|(out, x)| {
        for (out, x) in out.chunks_exact_mut(width).zip(x.chunks_exact(width)) {
            let (mean, inverse) = moments(x, epsilon);
            for (((out, x), scale), shift) in out.iter_mut().zip(x).zip(scale).zip(shift) {
                *out = (x - mean) * inverse * scale + shift;
            }
        }
    });
}

/// The same in place, on one thread.
pub fn layer_norm_rows(x: &mut [f32], scale: &[f32], shift: &[f32], epsilon: f32) {
    for row in x.chunks_exact_mut(scale.len()) {
        let (mean, inverse) = moments(row, epsilon);
        for ((x, scale), shift) in row.iter_mut().zip(scale).zip(shift) {
            *x = (*x - mean) * inverse * scale + shift;
        }
    }
}

/// Mean and 1/√(variance + ε) of a row.
fn moments(row: &[f32], epsilon: f32) -> (f32, f32) {
    let mean = lane_sum(row, |x| x) / row.len() as f32;
    let variance = lane_sum(row, |x| (x - mean) * (x - mean)) / row.len() as f32;
    (mean, 1.0 / (variance + epsilon).sqrt())
}

/// A sum in eight lanes: quick to compute, and always in the same order.
fn lane_sum(row: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0f32; 8];
    let chunks = row.chunks_exact(8);
    let rest: f32 = chunks.remainder().iter().map(|&x| f(x)).sum();
    for chunk in chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane += f(x);
        }
    }
    lanes.iter().sum::<f32>() + rest
}

/// Gradients of a layer normalisation.
#[derive(Debug)]
pub struct LayerNormGradients {
    /// With respect to the input, shaped like it.
    pub x: Vec<f32>,
    /// With respect to the scale.
    pub scale: Vec<f32>,
    /// With respect to the shift.
    pub shift: Vec<f32>,
}

/// The gradients, given the input and the gradient of the result.
pub fn layer_norm_backward(x: &[f32], scale: &[f32], epsilon: f32, gradient: &[f32]) -> LayerNormGradients {
    let width = scale.len();
    let mut result = LayerNormGradients { x: vec![0.0; x.len()], scale: vec![0.0; width], shift: vec![0.0; width] };
    let task = width * rows_per_task(x.len() / width);
    let parts: Vec<(Vec<f32>, Vec<f32>)> = result
        .x
        .par_chunks_mut(task)
        .zip(x.par_chunks(task))
        .zip(gradient.par_chunks(task))
        .map(|((dx, x), gradient)| {
            let (mut d_scale, mut d_shift) = (vec![0.0; width], vec![0.0; width]);
            let rows = dx.chunks_exact_mut(width).zip(x.chunks_exact(width)).zip(gradient.chunks_exact(width));
            for ((dx, x), gradient) in rows {
                backward_row(dx, x, scale, epsilon, gradient, &mut d_scale, &mut d_shift);
            }
            (d_scale, d_shift)
        })
        .collect();
    for (d_scale, d_shift) in parts {
        super::add_column_sums(&d_scale, &mut result.scale);
        super::add_column_sums(&d_shift, &mut result.shift);
    }
    result
}

fn backward_row(
    dx: &mut [f32],
    x: &[f32],
    scale: &[f32],
    epsilon: f32,
    gradient: &[f32],
    d_scale: &mut [f32],
    d_shift: &mut [f32],
) {
    let (mean, inverse) = moments(x, epsilon);
    // `dx` first holds the gradient with respect to the normalised value.
    let (mut sum, mut sum_with_normal) = (0f32, 0f32);
    for i in 0..x.len() {
        let normal = (x[i] - mean) * inverse;
        d_scale[i] += gradient[i] * normal;
        d_shift[i] += gradient[i];
        dx[i] = gradient[i] * scale[i];
        sum += dx[i];
        sum_with_normal += dx[i] * normal;
    }
    let count = x.len() as f32;
    for i in 0..x.len() {
        let normal = (x[i] - mean) * inverse;
        dx[i] = inverse * (dx[i] - sum / count - normal * sum_with_normal / count);
    }
}
