//! Softmax of many short rows.

use rten_simd::SimdUnaryOp;
use rten_vecmath::Exp;

/// Replaces each row of `columns` values by its softmax, on this thread. Vectors go over the borders of the rows, which are shorter
/// than one.
pub fn softmax_rows(values: &mut [f32], columns: usize) {
    for row in values.chunks_exact_mut(columns) {
        let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        row.iter_mut().for_each(|value| *value -= largest);
    }
    Exp {}.map_mut(values);
    for row in values.chunks_exact_mut(columns) {
        let share = 1.0 / row.iter().sum::<f32>();
        row.iter_mut().for_each(|value| *value *= share);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_becomes_probabilities() {
        let mut values = [0.0, 2.0_f32.ln(), 1000.0, 1000.0, -1000.0, 0.0];
        softmax_rows(&mut values, 2);
        let wanted = [1.0 / 3.0, 2.0 / 3.0, 0.5, 0.5, 0.0, 1.0];
        assert!(values.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-6), "{values:?}");
    }
}
