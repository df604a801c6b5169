//! Between `f32` and the 8-bit integers of a product: activations are rounded row by row, and sums of products become `f32` again.

use rten_simd::ops::{BitOps, NumOps, ToFloat};
use rten_simd::{Isa, Simd, SimdOp, SimdUnaryOp};
use rten_vecmath::{Gelu, Quantize};

/// Rows of activations in 8 bits: value = scale · (integer − zero point), with a scale and a zero point for each row.
#[derive(Debug, Default)]
pub struct QuantizedActivations {
    /// Integers, row by row.
    pub integers: Vec<u8>,
    /// Scale and zero point of each row.
    pub steps: Vec<(f32, i32)>,
}

impl QuantizedActivations {
    /// Rounds rows of `columns` values to 0…`largest`.
    pub fn quantize(&mut self, x: &[f32], columns: usize, largest: f32) {
        RoundRows { x, columns, largest, into: self }.dispatch();
    }
}

struct RoundRows<'a> {
    x: &'a [f32],
    columns: usize,
    largest: f32,
    into: &'a mut QuantizedActivations,
}

impl SimdOp for RoundRows<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let QuantizedActivations { integers, steps } = self.into;
        integers.clear();
        integers.reserve(self.x.len());
        steps.clear();
        for row in self.x.chunks_exact(self.columns) {
            let (low, high) = extremes(isa, row);
            let scale = if high > low { (high - low) / self.largest } else { 1.0 };
            let zero_point = (-low / scale).round() as u8;
            let from = integers.len();
            let spare = &mut integers.spare_capacity_mut()[..self.columns];
            Quantize::new(row, spare, 1.0 / scale, zero_point).eval(isa);
            // SAFETY: `Quantize` wrote all `columns` values behind the ones that were there, and the capacity was reserved above.
            unsafe { integers.set_len(from + self.columns) };
            steps.push((scale, i32::from(zero_point)));
        }
    }
}

/// The least and the greatest of some values and of zero.
///
/// rten-vecmath's folds take a closure, into which the processor's instructions are not inlined: a tenth of a pass was spent on calls.
#[inline(always)]
fn extremes<I: Isa>(isa: I, values: &[f32]) -> (f32, f32) {
    // More than one of each, so that no comparison waits for the one before.
    const SEVERAL: usize = 4;
    let ops = isa.f32();
    let lanes = ops.len();
    let (mut low, mut high) = ([ops.zero(); SEVERAL], [ops.zero(); SEVERAL]);
    let whole = values.len() - values.len() % (SEVERAL * lanes);
    for at in (0..whole).step_by(SEVERAL * lanes) {
        let values: [I::F32; SEVERAL] = ops.load_many(&values[at..at + SEVERAL * lanes]);
        for ((low, high), value) in low.iter_mut().zip(&mut high).zip(values) {
            *low = ops.min(*low, value);
            *high = ops.max(*high, value);
        }
    }
    let (mut least, mut greatest) = (0f32, 0f32);
    for (low, high) in low.into_iter().zip(high) {
        for (low, high) in low.to_array().into_iter().zip(high.to_array()) {
            least = least.min(low);
            greatest = greatest.max(high);
        }
    }
    for &value in &values[whole..] {
        least = least.min(value);
        greatest = greatest.max(value);
    }
    (least, greatest)
}

/// What is known of the columns of an integer product before it is computed; one value per output each.
#[derive(Debug)]
pub struct OutputColumns<'a> {
    /// Scales of the weights.
    pub scales: &'a [f32],
    /// Sums of the integers of the weights, for the zero points of the activations.
    pub totals: &'a [i32],
    /// What is added.
    pub bias: &'a [f32],
}

/// `out` = the value that each sum stands for, plus the bias; with `gelu` the GELU of that. `steps` are those of the activations.
pub fn dequantize(sums: &[i32], steps: &[(f32, i32)], columns: &OutputColumns<'_>, gelu: bool, out: &mut [f32]) {
    if gelu {
        Dequantize::<true> { sums, steps, columns, out }.dispatch();
    } else {
        Dequantize::<false> { sums, steps, columns, out }.dispatch();
    }
}

struct Dequantize<'a, const GELU: bool> {
    sums: &'a [i32],
    steps: &'a [(f32, i32)],
    columns: &'a OutputColumns<'a>,
    out: &'a mut [f32],
}

impl<const GELU: bool> SimdOp for Dequantize<'_, GELU> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let (ops, int) = (isa.f32(), isa.i32());
        let lanes = ops.len();
        let OutputColumns { scales, totals, bias } = self.columns;
        let width = bias.len();
        let vectors = width - width % lanes;
        let rows = self.out.chunks_exact_mut(width).zip(self.sums.chunks_exact(width));
        for ((out, sums), &(scale, zero_point)) in rows.zip(self.steps) {
            // Σ(a − z)·b = Σa·b − z·Σb. rten-gemm 0.27 takes zero points too, but gets them wrong from the twelfth row on when they
            // differ between rows.
            let (row_scale, zero) = (ops.splat(scale), int.splat(zero_point));
            for at in (0..vectors).step_by(lanes) {
                let products = int.sub(int.load(&sums[at..]), int.mul(zero, int.load(&totals[at..])));
                let scale = ops.mul(row_scale, ops.load(&scales[at..]));
                let mut value = ops.mul_add(int.to_float(products), scale, ops.load(&bias[at..]));
                if GELU {
                    value = Gelu {}.eval(isa, value);
                }
                ops.store(value, &mut out[at..]);
            }
            for at in vectors..width {
                let products = sums[at] - zero_point * totals[at];
                out[at] = products as f32 * (scale * scales[at]) + bias[at];
            }
            if GELU && vectors < width {
                Gelu {}.map_mut(&mut out[vectors..]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_are_found_wherever_they_stand() {
        struct Extremes<'a>(&'a [f32]);
        impl SimdOp for Extremes<'_> {
            type Output = (f32, f32);
            #[inline(always)]
            fn eval<I: Isa>(self, isa: I) -> (f32, f32) {
                extremes(isa, self.0)
            }
        }
        for length in [1, 15, 16, 64, 70, 200] {
            for place in 0..length {
                let mut values = vec![0.5; length];
                values[place] = 3.0;
                assert_eq!(Extremes(&values).dispatch(), (0.0, 3.0));
                values[place] = -2.0;
                assert_eq!(Extremes(&values).dispatch(), (-2.0, if length > 1 { 0.5 } else { 0.0 }));
            }
        }
    }

    #[test]
    fn rounded_rows_stand_for_what_they_were_and_zero_stays_zero() {
        let x: Vec<f32> = (0..3 * 50).map(|i| (i as f32 * 0.37).sin() * (1 + i / 50) as f32 + (i / 100) as f32 * 3.0).collect();
        let mut rounded = QuantizedActivations::default();
        rounded.quantize(&x, 50, 255.0);
        for (i, (&integer, x)) in rounded.integers.iter().zip(&x).enumerate() {
            let (scale, zero_point) = rounded.steps[i / 50];
            let back = scale * (i32::from(integer) - zero_point) as f32;
            assert!((back - x).abs() <= 1.01 * scale, "{back} for {x}");
        }
        rounded.quantize(&[0.0; 20], 20, 255.0);
        assert_eq!((rounded.integers[7], rounded.steps[0].1), (0, 0));
    }

    #[test]
    fn sums_become_values_in_vectors_and_in_the_rest() {
        let width = 37;
        let sums: Vec<i32> = (0..2 * width as i32).map(|i| i * 311 - 9000).collect();
        let totals: Vec<i32> = (0..width as i32).map(|i| 40 - i).collect();
        let scales: Vec<f32> = (0..width).map(|i| 0.001 * (i + 1) as f32).collect();
        let bias: Vec<f32> = (0..width).map(|i| i as f32 - 20.0).collect();
        let steps = [(0.01, 3), (0.02, 120)];
        let columns = OutputColumns { scales: &scales, totals: &totals, bias: &bias };
        let mut out = vec![0.0; 2 * width];
        dequantize(&sums, &steps, &columns, false, &mut out);
        let mut activated = vec![0.0; 2 * width];
        dequantize(&sums, &steps, &columns, true, &mut activated);
        for i in 0..2 * width {
            let (row, column) = (i / width, i % width);
            let product = (sums[i] - steps[row].1 * totals[column]) as f32;
            let wanted = product * steps[row].0 * scales[column] + bias[column];
            assert!((out[i] - wanted).abs() < 1e-4);
            let mut gelu = [wanted];
            Gelu {}.map_mut(&mut gelu);
            assert!((activated[i] - gelu[0]).abs() < 1e-4);
        }
    }
}
