//! Embedding tables in 8 bits, read row by row where they are needed.

use crate::model::quantize::{QuantizedRows, quantize_rows};

/// A table of rows with a scale each.
pub(super) struct Embedding {
    rows: QuantizedRows,
    width: usize,
}

impl Embedding {
    /// Rounds a row-major table.
    pub(super) fn new(table: &[f32], width: usize) -> Self {
        Self { rows: quantize_rows(table, width), width }
    }

    /// Adds a row to `into`; an unknown row adds nothing (ids were checked before).
    pub(super) fn add(&self, row: usize, into: &mut [f32]) {
        let (Some(&scale), Some(values)) =
            (self.rows.scales.get(row), self.rows.integers.get(row * self.width..(row + 1) * self.width))
        else {
            return;
        };
        for (into, &value) in into.iter_mut().zip(values) {
            *into += f32::from(value) * scale;
        }
    }

    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.rows.scales.len()
    }
}
