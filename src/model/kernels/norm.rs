//! Layer normalisation over the last dimension (Ba et al. 2016), forward and backward.

use super::rows_per_task;
use rayon::prelude::*;
use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, SimdOp};

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

/// `x ← norm(x + added)` row by row, on one thread; without `added`, `x ← norm(x)`.
pub fn add_and_normalize(x: &mut [f32], added: Option<&[f32]>, scale: &[f32], shift: &[f32], epsilon: f32) {
    AddAndNormalize { x, added, scale, shift, epsilon }.dispatch();
}

struct AddAndNormalize<'a> {
    x: &'a mut [f32],
    added: Option<&'a [f32]>,
    scale: &'a [f32],
    shift: &'a [f32],
    epsilon: f32,
}

impl SimdOp for AddAndNormalize<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let width = self.scale.len();
        for (number, row) in self.x.chunks_exact_mut(width).enumerate() {
            if let Some(added) = self.added {
                add(isa, row, &added[number * width..(number + 1) * width]);
            }
            normalize(isa, row, self.scale, self.shift, self.epsilon);
        }
    }
}

#[inline(always)]
fn add<I: Isa>(isa: I, row: &mut [f32], added: &[f32]) {
    let ops = isa.f32();
    let vectors = row.len() - row.len() % ops.len();
    for at in (0..vectors).step_by(ops.len()) {
        ops.store(ops.add(ops.load(&row[at..]), ops.load(&added[at..])), &mut row[at..]);
    }
    for at in vectors..row.len() {
        row[at] += added[at];
    }
}

#[inline(always)]
fn normalize<I: Isa>(isa: I, row: &mut [f32], scale: &[f32], shift: &[f32], epsilon: f32) {
    let ops = isa.f32();
    let (lanes, count) = (ops.len(), row.len() as f32);
    let vectors = row.len() - row.len() % lanes;
    let mut sum = ops.zero();
    for at in (0..vectors).step_by(lanes) {
        sum = ops.add(sum, ops.load(&row[at..]));
    }
    let mean = (ops.sum(sum) + row[vectors..].iter().sum::<f32>()) / count;
    let mean_lanes = ops.splat(mean);
    let mut squares = ops.zero();
    for at in (0..vectors).step_by(lanes) {
        let distance = ops.sub(ops.load(&row[at..]), mean_lanes);
        squares = ops.mul_add(distance, distance, squares);
    }
    let rest: f32 = row[vectors..].iter().map(|x| (x - mean) * (x - mean)).sum();
    let inverse = 1.0 / ((ops.sum(squares) + rest) / count + epsilon).sqrt();
    let inverse_lanes = ops.splat(inverse);
    for at in (0..vectors).step_by(lanes) {
        let normal = ops.mul(ops.sub(ops.load(&row[at..]), mean_lanes), inverse_lanes);
        ops.store(ops.mul_add(normal, ops.load(&scale[at..]), ops.load(&shift[at..])), &mut row[at..]);
    }
    for at in vectors..row.len() {
        row[at] = (row[at] - mean) * inverse * scale[at] + shift[at];
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adding_and_normalizing_in_vectors_is_layer_norm_of_the_sum() {
        for width in [3, 16, 37, 384] {
            let wave = |count: usize, step: f32| (0..count).map(|i| (i as f32 * step).sin() * 3.0).collect::<Vec<f32>>();
            let (x, added, scale, shift) = (wave(4 * width, 0.3), wave(4 * width, 0.7), wave(width, 0.2), wave(width, 0.9));
            let sum: Vec<f32> = x.iter().zip(&added).map(|(a, b)| a + b).collect();
            let mut wanted = vec![0.0; sum.len()];
            layer_norm(&sum, &scale, &shift, 1e-5, &mut wanted);
            let (mut apart, mut together) = (sum, x);
            add_and_normalize(&mut apart, None, &scale, &shift, 1e-5);
            add_and_normalize(&mut together, Some(&added), &scale, &shift, 1e-5);
            let near = |a: &f32, b: &f32| (a - b).abs() < 1e-4;
            assert!(apart.iter().zip(&wanted).all(|(a, b)| near(a, b)), "{width}");
            assert!(together.iter().zip(&wanted).all(|(a, b)| near(a, b)), "{width}");
        }
    }
}
