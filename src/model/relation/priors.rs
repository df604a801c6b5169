//! The prior of every kind of pair, worked out once: a text of many mentions asks for it thousands of times.

use super::table::{Cell, PairTable};

/// Ranks of nearness that a cell tells apart.
const RANKS: usize = 3;

/// Logarithms of the probability of each outcome, by cell.
#[derive(Debug)]
pub(super) struct Priors {
    /// Cells × outcomes.
    values: Vec<f32>,
    labels: usize,
    outcomes: usize,
}

impl Priors {
    /// Those that a table gives for so many labels.
    pub(super) fn of(table: &PairTable, labels: usize, outcomes: usize) -> Self {
        let mut values = Vec::new();
        for subject in 0..labels {
            for object in 0..labels {
                for same_sentence in [false, true] {
                    for ranks in 0..RANKS * RANKS {
                        let (object_rank, subject_rank) = ((ranks / RANKS) as u8, (ranks % RANKS) as u8);
                        let cell = Cell { subject, object, same_sentence, object_rank, subject_rank };
                        values.extend(table.log_prior(cell, outcomes));
                    }
                }
            }
        }
        Self { values, labels, outcomes }
    }

    /// That of a cell.
    ///
    /// # Panics
    /// When it has a label or a rank beyond those that are known.
    #[inline]
    pub(super) fn get(&self, cell: &Cell) -> &[f32] {
        let types = (cell.subject * self.labels + cell.object) * 2 + usize::from(cell.same_sentence);
        let at = (types * RANKS + usize::from(cell.object_rank)) * RANKS + usize::from(cell.subject_rank);
        &self.values[at * self.outcomes..(at + 1) * self.outcomes]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cell_has_the_prior_that_the_table_gives() {
        let mut table = PairTable::default();
        let mut cells = Vec::new();
        for at in 0..2 * 2 * 2 * 9 {
            let (ranks, rest) = (at % 9, at / 9);
            let (subject, object, same_sentence) = (rest / 4, rest / 2 % 2, rest % 2 == 1);
            let cell = Cell { subject, object, same_sentence, object_rank: ranks as u8 / 3, subject_rank: ranks as u8 % 3 };
            (0..at).for_each(|i| table.add(cell, i % 3, 3));
            cells.push(cell);
        }
        let priors = Priors::of(&table, 2, 3);
        for cell in cells {
            assert_eq!(priors.get(&cell), table.log_prior(cell, 3), "{cell:?}");
        }
    }
}
