//! Means of any stretch of rows, each by two rows of sums.

use std::ops::Range;

/// Sums of all rows before each row, and of all, of what each row has over the mean of all: without it the sums over a long text would
/// be so large beside a row that little of a row is left in a difference.
pub(super) struct Means {
    /// (1 + rows) × width.
    sums: Vec<f32>,
    /// The mean of all rows, and behind it its negative.
    pub(super) mean: Vec<f32>,
    less: Vec<f32>,
}

impl Means {
    pub(super) fn of(rows: &[f32], width: usize) -> Self {
        let count = (rows.len() / width).max(1) as f32;
        let mut mean = vec![0.0_f32; width];
        for row in rows.chunks_exact(width) {
            mean.iter_mut().zip(row).for_each(|(mean, value)| *mean += value);
        }
        mean.iter_mut().for_each(|mean| *mean /= count);
        let mut sums = vec![0.0; rows.len() + width];
        for (number, row) in rows.chunks_exact(width).enumerate() {
            let (before, behind) = sums[number * width..(number + 2) * width].split_at_mut(width);
            for (((behind, before), value), mean) in behind.iter_mut().zip(before).zip(row).zip(&mean) {
                *behind = *before + (value - mean);
            }
        }
        let less = mean.iter().map(|mean| -mean).collect();
        Self { sums, mean, less }
    }

    /// What has to be added to the mean of all rows to get that of a stretch, as two rows with their weights; the mean of an empty
    /// stretch is zero.
    #[inline]
    pub(super) fn beyond_mean(&self, rows: &Range<usize>) -> [(&[f32], f32); 2] {
        if rows.is_empty() {
            return [(&self.less, 1.0), (&self.less, 0.0)];
        }
        let width = self.mean.len();
        let share = 1.0 / rows.len() as f32;
        let sum = |row: usize| &self.sums[row * width..(row + 1) * width];
        [(sum(rows.end), share), (sum(rows.start), -share)]
    }

    /// Writes the mean of a stretch.
    pub(super) fn write(&self, rows: &Range<usize>, into: &mut [f32]) {
        let [(behind, share), (before, less)] = self.beyond_mean(rows);
        for (((into, mean), behind), before) in into.iter_mut().zip(&self.mean).zip(behind).zip(before) {
            *into = mean + (behind * share + before * less);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stretch_has_its_mean_even_where_the_values_are_large() {
        let width = 3;
        let rows: Vec<f32> = (0..2000 * width).map(|i| 50.0 + (i as f32 * 0.37).sin()).collect();
        let means = Means::of(&rows, width);
        let mut found = vec![0.0; width];
        for stretch in [0..1, 0..2000, 1998..2000, 1999..2000, 700..703, 5..5, 2000..2000] {
            means.write(&stretch, &mut found);
            for (column, found) in found.iter().enumerate() {
                let sum: f64 = stretch.clone().map(|row| f64::from(rows[row * width + column])).sum();
                let wanted = sum / stretch.len().max(1) as f64;
                assert!((f64::from(*found) - wanted).abs() < 1e-4, "{stretch:?}: {found} is not {wanted}");
            }
        }
    }
}
