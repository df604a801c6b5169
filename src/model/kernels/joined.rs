//! Rows that are sums of rows, activated before they leave the registers: the hidden states of pairs, whose parts were multiplied by
//! the weights already.

use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, SimdOp, SimdUnaryOp};
use rten_vecmath::Gelu;

/// What a row is the sum of.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a, const ROWS: usize, const WEIGHTED: usize> {
    /// Rows.
    pub rows: [&'a [f32]; ROWS],
    /// Rows that are multiplied first.
    pub weighted: [(&'a [f32], f32); WEIGHTED],
}

/// `out = GELU(Σ rows + Σ weight · row)`, a row for each item of `terms`, on this thread. The results fill the first `width` values of
/// each `stride` values of `out`; those behind them are left as they are.
///
/// # Panics
/// When a row is too short: a mistake of the caller.
pub fn join_and_gelu<'a, const ROWS: usize, const WEIGHTED: usize>(
    terms: impl Iterator<Item = Terms<'a, ROWS, WEIGHTED>>,
    [width, stride]: [usize; 2],
    out: &mut [f32],
) {
    Join { terms, width, stride, out }.dispatch();
}

struct Join<'o, T> {
    terms: T,
    width: usize,
    stride: usize,
    out: &'o mut [f32],
}

impl<'a, T, const ROWS: usize, const WEIGHTED: usize> SimdOp for Join<'_, T>
where
    T: Iterator<Item = Terms<'a, ROWS, WEIGHTED>>,
{
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let Self { terms, width, stride, out } = self;
        for (out, terms) in out.chunks_exact_mut(stride).zip(terms) {
            join(isa, &terms, &mut out[..width]);
        }
    }
}

#[inline(always)]
fn join<I: Isa, const ROWS: usize, const WEIGHTED: usize>(isa: I, terms: &Terms<'_, ROWS, WEIGHTED>, out: &mut [f32]) {
    let ops = isa.f32();
    let width = out.len();
    // Known to be long enough before the loop.
    let rows = terms.rows.map(
        #[inline(always)]
        |row| &row[..width],
    );
    let weighted = terms.weighted.map(
        #[inline(always)]
        |(row, weight)| (&row[..width], ops.splat(weight)),
    );
    let vectors = width - width % ops.len();
    for at in (0..vectors).step_by(ops.len()) {
        let mut sum = ops.zero();
        for row in &rows {
            sum = ops.add(sum, ops.load(&row[at..]));
        }
        for (row, weight) in &weighted {
            sum = ops.mul_add(ops.load(&row[at..]), *weight, sum);
        }
        ops.store(Gelu {}.eval(isa, sum), &mut out[at..]);
    }
    if vectors < width {
        for at in vectors..width {
            let weighted = terms.weighted.iter().map(|(row, weight)| row[at] * weight);
            out[at] = rows.iter().map(|row| row[at]).sum::<f32>() + weighted.sum::<f32>();
        }
        Gelu {}.map_mut(&mut out[vectors..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rten_simd::isa::GenericIsa;

    #[test]
    fn every_width_gives_what_the_definition_gives_on_every_kind_of_processor() {
        let wave = |count: usize, step: f32| (0..count).map(|i| (i as f32 * step).sin()).collect::<Vec<f32>>();
        for width in [1, 8, 16, 37, 128] {
            let stride = width + 3;
            let (a, b, c) = (wave(5 * width, 0.3), wave(5 * width, 0.7), wave(5 * width, 0.11));
            let terms = || {
                (0..5).map(|i| {
                    let row = |of: &'_ [f32]| i * width..(i + 1) * width.min(of.len());
                    Terms { rows: [&a[row(&a)], &b[row(&b)]], weighted: [(&c[row(&c)], i as f32 - 2.0)] }
                })
            };
            let check = |out: &[f32]| {
                for (i, out) in out.chunks_exact(stride).enumerate() {
                    let sum = |at: usize| a[i * width + at] + b[i * width + at] + (i as f32 - 2.0) * c[i * width + at];
                    let mut wanted: Vec<f32> = (0..width).map(sum).collect();
                    Gelu {}.map_mut(&mut wanted);
                    assert!(out.iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 1e-5), "{width}: {out:?} is not {wanted:?}");
                    assert_eq!(out[width..], [7.0; 3]);
                }
            };
            let mut out = vec![7.0; 5 * stride];
            join_and_gelu(terms(), [width, stride], &mut out);
            check(&out);
            let mut out = vec![7.0; 5 * stride];
            Join { terms: terms(), width, stride, out: &mut out }.eval(GenericIsa::new());
            check(&out);
        }
    }
}
