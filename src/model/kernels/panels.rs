//! Products with weights that are packed once, for the few dozens of rows that a task has. The sums of a tile stay in registers over
//! the whole depth, so that nothing is read but a row of weights and a value of each row of the input at a time: at the encoder's
//! shapes a third faster than a product that is made for matrices of any size.

use super::tile::{ROWS, ROWS_OF_WIDE, panel_width, product};
use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, Simd, SimdOp};

/// Weights of outputs × inputs in panels: panel × input × column of the panel; columns beyond the last output are zero.
#[derive(Debug)]
pub struct Panels {
    values: Vec<f32>,
    /// Columns of a panel.
    panel: usize,
    outputs: usize,
    inputs: usize,
}

impl Panels {
    /// Packs weights of outputs × inputs for this processor.
    ///
    /// # Panics
    /// When there are not outputs × inputs values: a mistake of the caller.
    pub fn of(weights: &[f32], outputs: usize, inputs: usize) -> Self {
        Pack { weights, outputs, inputs }.dispatch()
    }

    /// Values of a row of the input.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// `x·wᵀ + b`: `x` has rows of `inputs` values, `out` as many rows of `outputs` values. A row's result does not depend on the
    /// others.
    ///
    /// # Panics
    /// When the sizes do not fit: a mistake of the caller.
    pub fn apply(&self, x: &[f32], bias: &[f32], out: &mut [f32]) {
        Apply { weights: self, x, bias, out }.dispatch();
    }
}

struct Pack<'a> {
    weights: &'a [f32],
    outputs: usize,
    inputs: usize,
}

impl SimdOp for Pack<'_> {
    type Output = Panels;

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) -> Panels {
        let Self { weights, outputs, inputs } = self;
        assert_eq!(weights.len(), outputs * inputs, "the weights have their shape");
        let panel = panel_width(isa);
        let mut values = vec![0.0; outputs.next_multiple_of(panel) * inputs];
        for (output, row) in weights.chunks_exact(inputs.max(1)).enumerate() {
            let from = output / panel * panel * inputs + output % panel;
            for (into, &value) in values[from..].iter_mut().step_by(panel).zip(row) {
                *into = value;
            }
        }
        Panels { values, panel, outputs, inputs }
    }
}

struct Apply<'a> {
    weights: &'a Panels,
    x: &'a [f32],
    bias: &'a [f32],
    out: &'a mut [f32],
}

impl SimdOp for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(mut self, isa: I) {
        let Panels { values, panel, outputs, inputs } = self.weights;
        let rows = self.x.len() / inputs;
        assert!(*panel == panel_width(isa) && self.out.len() == rows * outputs, "packed for this processor, and of fitting size");
        let mut panels = values.chunks_exact(panel * inputs).enumerate().peekable();
        while let Some((number, values)) = panels.next() {
            let panel = Panel { number, values, next: panels.peek().map(|(_, next)| *next) };
            // As many lanes as 32 registers come with.
            if isa.f32().len() >= 16 {
                self.panel::<I, ROWS_OF_WIDE>(isa, panel, rows);
            } else {
                self.panel::<I, ROWS>(isa, panel, rows);
            }
        }
    }
}

/// A panel on its way through the rows.
#[derive(Clone, Copy)]
struct Panel<'a> {
    number: usize,
    values: &'a [f32],
    /// The one that comes behind it.
    next: Option<&'a [f32]>,
}

impl Apply<'_> {
    /// All rows by one panel, in tiles of `N` rows; what is left at the end by a tile that fits better. The first tile has the next
    /// panel fetched.
    #[inline(always)]
    fn panel<I: Isa, const N: usize>(&mut self, isa: I, mut panel: Panel<'_>, rows: usize) {
        let whole = rows - rows % N;
        for first in (0..whole).step_by(N) {
            self.tile::<I, N>(isa, panel, first..first + N);
            panel.next = None;
        }
        match rows - whole {
            0 => {}
            1..=2 => self.tile::<I, 2>(isa, panel, whole..rows),
            3..=4 => self.tile::<I, 4>(isa, panel, whole..rows),
            _ => self.tile::<I, N>(isa, panel, whole..rows),
        }
    }

    /// Some rows, at most `N`, by one panel.
    #[inline(always)]
    fn tile<I: Isa, const N: usize>(&mut self, isa: I, panel: Panel<'_>, rows: std::ops::Range<usize>) {
        let ops = isa.f32();
        let Panels { panel: width, outputs, inputs, .. } = *self.weights;
        // Rows beyond the last are computed again instead of by a tile of their own size.
        let a: [&[f32]; N] = std::array::from_fn(
            #[inline(always)]
            |i| {
                let row = (rows.start + i).min(rows.end - 1);
                &self.x[row * inputs..(row + 1) * inputs]
            },
        );
        let sums = product(isa, a, panel.values, panel.next);
        let column = panel.number * width;
        let columns = width.min(outputs - column);
        for (row, sums) in rows.zip(&sums) {
            let at = row * outputs + column;
            let (out, bias) = (&mut self.out[at..at + columns], &self.bias[column..column + columns]);
            if columns == width {
                let parts = out.chunks_exact_mut(ops.len()).zip(bias.chunks_exact(ops.len()));
                for ((out, bias), &sum) in parts.zip(sums) {
                    ops.store(ops.add(sum, ops.load(bias)), out);
                }
            } else {
                let lanes = sums.iter().flat_map(|sum| sum.to_array());
                for ((out, bias), sum) in out.iter_mut().zip(bias).zip(lanes) {
                    *out = sum + bias;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rten_simd::isa::GenericIsa;

    fn wave(count: usize, step: f32) -> Vec<f32> {
        (0..count).map(|i| (i as f32 * step).sin()).collect()
    }

    #[test]
    fn every_shape_gives_what_the_definition_gives_on_every_kind_of_processor() {
        for (rows, inputs, outputs) in [(1, 1, 1), (2, 7, 33), (5, 64, 32), (8, 12, 31), (13, 40, 100), (40, 130, 64)] {
            let (x, weights, bias) = (wave(rows * inputs, 0.37), wave(outputs * inputs, 0.71), wave(outputs, 1.3));
            let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
            let wanted = x.chunks_exact(inputs).flat_map(|x| {
                let outputs = weights.chunks_exact(inputs).zip(&bias);
                outputs.map(move |(weights, bias)| (dot(x, weights) + f64::from(*bias)) as f32)
            });
            let wanted: Vec<f32> = wanted.collect();
            let check = |out: Vec<f32>| {
                let largest = out.iter().zip(&wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(largest < 1e-4, "{rows} × {inputs} × {outputs}: {largest}");
            };
            let mut out = vec![f32::NAN; rows * outputs];
            Panels::of(&weights, outputs, inputs).apply(&x, &bias, &mut out);
            check(out);
            let mut out = vec![f32::NAN; rows * outputs];
            let packed = Pack { weights: &weights, outputs, inputs }.eval(GenericIsa::new());
            Apply { weights: &packed, x: &x, bias: &bias, out: &mut out }.eval(GenericIsa::new());
            check(out);
        }
    }

    #[test]
    fn a_row_gets_the_same_alone_as_among_others() {
        let (inputs, outputs) = (37, 50);
        let (x, weights, bias) = (wave(11 * inputs, 0.3), wave(outputs * inputs, 0.7), wave(outputs, 1.0));
        let packed = Panels::of(&weights, outputs, inputs);
        let mut together = vec![0.0; 11 * outputs];
        packed.apply(&x, &bias, &mut together);
        for (x, together) in x.chunks_exact(inputs).zip(together.chunks_exact(outputs)) {
            let mut alone = vec![0.0; outputs];
            packed.apply(x, &bias, &mut alone);
            assert_eq!(alone, together);
        }
    }
}
