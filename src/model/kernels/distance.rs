//! What attention adds to the scores of a query and a key by how far they are apart, for each head.

/// A value for every distance and head.
#[derive(Clone, Debug, PartialEq)]
pub struct DistanceBias {
    /// Distances are smaller than this on both sides.
    reach: usize,
    /// Heads × (2·reach − 1): from the farthest key on the left to the farthest on the right.
    values: Vec<f32>,
}

impl DistanceBias {
    /// Of values in rows of 2·reach − 1, a row for each head.
    pub fn new(reach: usize, values: Vec<f32>) -> Self {
        Self { reach, values }
    }

    /// Zero for every distance and head of another.
    pub fn zeros_like(other: &Self) -> Self {
        Self::new(other.reach, vec![0.0; other.values.len()])
    }

    /// Number of distances that lie within a reach.
    pub fn distances(reach: usize) -> usize {
        (2 * reach).saturating_sub(1)
    }

    /// All values.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Those of a head.
    pub fn of_head(&self, head: usize) -> HeadBias<'_> {
        let distances = Self::distances(self.reach);
        HeadBias { reach: self.reach, values: &self.values[head * distances..(head + 1) * distances] }
    }

    /// Adds gradients of the scores of a head, length × length, to its values.
    pub fn add_scores(&mut self, head: usize, scores: &[f32], length: usize) {
        let distances = Self::distances(self.reach);
        for (query, row) in scores.chunks_exact(length).enumerate() {
            let from = head * distances + self.reach - 1 - query;
            self.values[from..from + length].iter_mut().zip(row).for_each(|(value, score)| *value += score);
        }
    }
}

/// The values of one head.
#[derive(Clone, Copy, Debug)]
pub struct HeadBias<'a> {
    reach: usize,
    values: &'a [f32],
}

impl<'a> HeadBias<'a> {
    /// What is added to the scores of a query, for each of `length` keys; at most as many as the reach.
    pub fn row(self, query: usize, length: usize) -> &'a [f32] {
        let from = self.reach - 1 - query;
        &self.values[from..from + length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_the_value_of_each_distance() {
        let bias = DistanceBias::new(3, vec![-2.0, -1.0, 0.0, 1.0, 2.0, -20.0, -10.0, 0.0, 10.0, 20.0]);
        assert_eq!(bias.of_head(0).row(0, 3), [0.0, 1.0, 2.0]);
        assert_eq!(bias.of_head(1).row(2, 3), [-20.0, -10.0, 0.0]);
        assert_eq!(bias.of_head(1).row(1, 2), [-10.0, 0.0]);
    }

    #[test]
    fn gradients_of_scores_go_where_the_values_came_from() {
        let mut bias = DistanceBias::new(3, vec![0.0; 10]);
        bias.add_scores(1, &[1.0, 2.0, 4.0, 8.0], 2);
        assert_eq!(bias.values(), [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 4.0, 9.0, 2.0, 0.0]);
    }
}
