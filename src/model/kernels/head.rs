//! Attention of one head, queries against all keys of a sequence, a few queries at a time: their scores never leave the first cache.

use super::tile::{ROWS, ROWS_OF_WIDE, panel_width, tile};
use super::{HeadBias, Matrix};
use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, Simd, SimdOp, SimdUnaryOp};
use rten_vecmath::Exp;

/// Memory that is used again for each head.
#[derive(Debug, Default)]
pub struct HeadBuffers {
    /// Keys transposed, in panels: panel × width of the head × columns.
    keys: Vec<f32>,
    /// Values in panels: panel × length × columns.
    values: Vec<f32>,
    scores: Vec<f32>,
    mixed: Vec<f32>,
}

/// softmax(scale · Q·Kᵀ + bias)·V of one head.
#[derive(Debug)]
pub struct HeadAttention<'a> {
    /// Queries × width of the head.
    pub query: Matrix<'a>,
    /// Length × width of the head.
    pub key: Matrix<'a>,
    /// Length × width of the head.
    pub value: Matrix<'a>,
    /// What the scores are multiplied by before the softmax.
    pub scale: f32,
    /// What is added to the scores, and the place of the first query in its sequence.
    pub bias: Option<(HeadBias<'a>, usize)>,
    /// Result, queries × width of the head.
    pub out: &'a mut [f32],
    /// Memory to work in.
    pub buffers: &'a mut HeadBuffers,
}

impl HeadAttention<'_> {
    /// Computes the result. It does not depend on how the queries of a sequence are divided between calls.
    pub fn run(self) {
        self.dispatch();
    }
}

impl SimdOp for HeadAttention<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        // As many lanes as 32 registers come with.
        if isa.f32().len() >= 16 { attend::<I, ROWS_OF_WIDE>(isa, self) } else { attend::<I, ROWS>(isa, self) }
    }
}

#[inline(always)]
fn attend<I: Isa, const N: usize>(isa: I, head: HeadAttention<'_>) {
    let HeadAttention { query, key, value, scale, bias, out, buffers } = head;
    let (length, width, panel) = (key.rows(), key.columns(), panel_width(isa));
    let HeadBuffers { keys, values, scores, mixed } = buffers;
    let stride = length.next_multiple_of(panel);
    pack_transposed(key, panel, keys);
    pack(value, panel, values);
    scores.resize(N * stride, 0.0);
    mixed.resize(N * panel, 0.0);
    for first in (0..query.rows()).step_by(N) {
        let rows = N.min(query.rows() - first);
        // Rows beyond the last are computed again instead of by a tile of their own size.
        let queries: [&[f32]; N] = std::array::from_fn(
            #[inline(always)]
            |i| query.row(first + i.min(rows - 1)),
        );
        for (number, keys) in keys.chunks_exact(panel * width).enumerate() {
            tile(isa, queries, keys, scale, &mut scores[number * panel..], stride);
        }
        let mut shares = [0.0; N];
        for (i, (share, row)) in shares.iter_mut().zip(scores.chunks_exact_mut(stride)).take(rows).enumerate() {
            if let Some((bias, from)) = bias {
                row.iter_mut().zip(bias.row(from + first + i, length)).for_each(|(score, bias)| *score += bias);
            }
            *share = 1.0 / exponentials(isa, row, length);
        }
        let powers: [&[f32]; N] = std::array::from_fn(
            #[inline(always)]
            |i| &scores[i * stride..i * stride + length],
        );
        for (number, values) in values.chunks_exact(panel * length).enumerate() {
            tile(isa, powers, values, 1.0, mixed, panel);
            let column = number * panel;
            let columns = panel.min(width - column);
            for ((i, mixed), share) in mixed.chunks_exact(panel).take(rows).enumerate().zip(shares) {
                let at = (first + i) * width + column;
                for (out, value) in out[at..at + columns].iter_mut().zip(mixed) {
                    *out = value * share;
                }
            }
        }
    }
}

/// The softmax of the first `length` values of a row without its division: each becomes e to the power of itself less the largest.
/// Returns their sum. The row goes on for whole vectors; what is behind `length` is lost.
///
/// rten-vecmath's softmax takes closures, into which the processor's instructions are not inlined, and divides each value; here the
/// division is left to the row of the result, which is shorter.
#[inline(always)]
fn exponentials<I: Isa>(isa: I, row: &mut [f32], length: usize) -> f32 {
    let ops = isa.f32();
    let lanes = ops.len();
    let behind = length.next_multiple_of(lanes);
    row[length..behind].fill(f32::NEG_INFINITY);
    let mut most = ops.splat(f32::NEG_INFINITY);
    for at in (0..behind).step_by(lanes) {
        most = ops.max(most, ops.load(&row[at..]));
    }
    let mut largest = f32::NEG_INFINITY;
    for lane in most.to_array() {
        largest = largest.max(lane);
    }
    // So little that nothing is left of it.
    row[length..behind].fill(largest - 1000.0);
    let most = ops.splat(largest);
    let mut sum = ops.zero();
    for at in (0..behind).step_by(lanes) {
        let power = Exp {}.eval(isa, ops.sub(ops.load(&row[at..]), most));
        sum = ops.add(sum, power);
        ops.store(power, &mut row[at..]);
    }
    ops.sum(sum)
}

/// Rows of the matrix become columns of panels; columns beyond the last row are zero.
#[inline(always)]
fn pack_transposed(matrix: Matrix<'_>, panel: usize, into: &mut Vec<f32>) {
    let width = matrix.columns();
    into.clear();
    into.resize(matrix.rows().next_multiple_of(panel) * width, 0.0);
    for (number, into) in into.chunks_exact_mut(panel * width).enumerate() {
        for column in 0..panel.min(matrix.rows() - number * panel) {
            let row = matrix.row(number * panel + column);
            for (into, &value) in into.chunks_exact_mut(panel).zip(row) {
                into[column] = value;
            }
        }
    }
}

/// Columns of the matrix in panels; columns beyond the last are zero.
#[inline(always)]
fn pack(matrix: Matrix<'_>, panel: usize, into: &mut Vec<f32>) {
    let (rows, width) = (matrix.rows(), matrix.columns());
    into.clear();
    into.resize(width.next_multiple_of(panel) * rows, 0.0);
    for (number, into) in into.chunks_exact_mut(panel * rows).enumerate() {
        let columns = panel.min(width - number * panel);
        for (i, into) in into.chunks_exact_mut(panel).enumerate() {
            into[..columns].copy_from_slice(&matrix.row(i)[number * panel..number * panel + columns]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::kernels::DistanceBias;
    use rten_simd::isa::GenericIsa;

    fn wave(count: usize, step: f32) -> Vec<f32> {
        (0..count).map(|i| (i as f32 * step).sin()).collect()
    }

    /// The definition, in `f64`.
    fn reference(query: Matrix<'_>, key: Matrix<'_>, value: Matrix<'_>, scale: f32, bias: Option<HeadBias<'_>>) -> Vec<f32> {
        let mut out = Vec::new();
        for q in 0..query.rows() {
            let dot = |row: &[f32]| row.iter().zip(query.row(q)).map(|(a, b)| f64::from(a * b)).sum::<f64>();
            let biased = |k: usize| bias.map_or(0.0, |bias| f64::from(bias.row(q, key.rows())[k]));
            let weights: Vec<f64> = (0..key.rows()).map(|k| (f64::from(scale) * dot(key.row(k)) + biased(k)).exp()).collect();
            let total: f64 = weights.iter().sum();
            out.extend((0..value.columns()).map(|column| {
                let mixed = weights.iter().enumerate().map(|(k, weight)| weight * f64::from(value.row(k)[column]));
                (mixed.sum::<f64>() / total) as f32
            }));
        }
        out
    }

    #[test]
    fn every_length_and_width_gives_what_the_definition_gives_on_every_kind_of_processor() {
        let mut buffers = HeadBuffers::default();
        for (length, width) in [(1, 3), (7, 6), (33, 32), (40, 64), (64, 33), (130, 12)] {
            let stride = 3 * width + 5;
            let rows = wave(length * stride, 0.37);
            let part = |part: usize| Matrix::strided(&rows[part * width..], length, width, stride);
            let (query, key, value, scale) = (part(0), part(1), part(2), 0.7);
            let distances = DistanceBias::new(length + 2, wave(DistanceBias::distances(length + 2), 0.9));
            let mut check = |generic: bool, bias: Option<HeadBias<'_>>| {
                let wanted = reference(query, key, value, scale, bias);
                let mut out = vec![f32::NAN; length * width];
                let bias = bias.map(|bias| (bias, 0));
                let head = HeadAttention { query, key, value, scale, bias, out: &mut out, buffers: &mut buffers };
                if generic {
                    head.eval(GenericIsa::new())
                } else {
                    head.run()
                }
                let largest = out.iter().zip(&wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(largest < 1e-5, "{length}×{width}: {largest}");
            };
            for bias in [None, Some(distances.of_head(0))] {
                check(false, bias);
                check(true, bias);
            }
        }
    }
}
