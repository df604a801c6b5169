//! What the scorer says of the pairs of a text.

/// For each pair the probability of no role and then of each role.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcomes {
    /// Pair by pair.
    values: Vec<f32>,
    /// Outcomes of a pair.
    count: usize,
}

impl Outcomes {
    /// Of values in rows of `count`, a row for each pair.
    ///
    /// # Panics
    /// When they do not come in whole rows: a mistake of the caller.
    pub fn new(values: Vec<f32>, count: usize) -> Self {
        assert!(count > 0 && values.len().is_multiple_of(count), "each pair has as many outcomes as the others");
        Self { values, count }
    }

    /// Of a row for each pair.
    ///
    /// # Panics
    /// When the rows differ in length: a mistake of the caller.
    pub fn of_rows(rows: &[Vec<f32>]) -> Self {
        rows.first().map_or_else(Self::default, |first| {
            assert!(rows.iter().all(|row| row.len() == first.len()), "each pair has as many outcomes as the others");
            Self::new(rows.concat(), first.len())
        })
    }

    /// Number of pairs.
    pub fn len(&self) -> usize {
        self.values.len() / self.count.max(1)
    }

    /// Whether there are no pairs.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Those of a pair.
    ///
    /// # Panics
    /// When there is no such pair.
    #[inline]
    pub fn of(&self, pair: usize) -> &[f32] {
        &self.values[pair * self.count..(pair + 1) * self.count]
    }

    /// Probability that a pair is related at all.
    ///
    /// # Panics
    /// When there is no such pair.
    #[inline]
    pub fn related(&self, pair: usize) -> f32 {
        1.0 - self.values[pair * self.count]
    }

    /// Index of the most probable role of a pair; of equally probable ones the last. `None` without roles.
    ///
    /// # Panics
    /// When there is no such pair.
    pub fn role(&self, pair: usize) -> Option<usize> {
        let roles = self.of(pair).iter().skip(1).enumerate();
        roles.max_by(|a, b| a.1.total_cmp(b.1)).map(|(role, _)| role)
    }

    /// Lets another have a share in what is said of a pair, from 0 to 1.
    ///
    /// # Panics
    /// When there is no such pair.
    pub fn mix(&mut self, pair: usize, other: &[f32], share: f32) {
        let own = &mut self.values[pair * self.count..(pair + 1) * self.count];
        own.iter_mut().zip(other).for_each(|(own, other)| *own += share * (other - *own));
    }

    /// Those of all pairs.
    pub fn iter(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.count.max(1))
    }
}
