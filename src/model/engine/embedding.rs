//! An embedding table, in 8 bits where it is kept that way, read row by row where it lies.

use crate::model::stored::Table;

/// A table of rows.
pub(super) struct Embedding {
    table: Table,
    width: usize,
}

impl Embedding {
    /// Rows of `width` values.
    pub(super) fn new(table: Table, width: usize) -> Self {
        Self { table, width }
    }

    /// Adds a row to `into`; an unknown row adds nothing (ids were checked before).
    pub(super) fn add(&self, row: usize, into: &mut [f32]) {
        let range = row * self.width..(row + 1) * self.width;
        match &self.table {
            Table::Integers { bytes, scales } => {
                let (Some(&scale), Some(bytes)) = (scales.get(row), bytes.get(range)) else { return };
                for (into, &byte) in into.iter_mut().zip(bytes) {
                    *into += f32::from(byte.cast_signed()) * scale;
                }
            }
            Table::Floats(values) => {
                let Some(values) = values.get(range) else { return };
                into.iter_mut().zip(values).for_each(|(into, value)| *into += value);
            }
        }
    }

    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        match &self.table {
            Table::Integers { scales, .. } => scales.len(),
            Table::Floats(values) => values.len() / self.width,
        }
    }
}
