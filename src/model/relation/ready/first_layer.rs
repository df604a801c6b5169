//! The scorer's first layer, factored. Its input is joined from parts that many pairs share: the states of the subject, of the object
//! and of what lies between, and features that take few values. So the weights are applied to each mention and each word once, those
//! of the features when they are loaded, and a pair only adds up rows.

use super::super::features::{Count, PairFeatures};
use super::super::{CandidatePair, Candidates, Scope};
use super::apply_in_blocks;
use super::means::Means;
use crate::model::kernels::{Panels, Terms};

/// Rows and weighted rows that the sum of a pair has.
const ROWS: usize = 2 + TABLES;
const WEIGHTED: usize = 3;

/// Tables of what the features say; each for several of them together, so that there are few rows to add.
const TABLES: usize = 5;

/// Counts whose values together choose a row of a table. To the last table belong the two conditions as well.
const COUNTS: [&[Count]; TABLES] = [
    &[Count::NearerToSubject, Count::NearerToObject],
    &[Count::OtherObjects, Count::OtherSubjects],
    &[Count::NearerOnObjectsSide, Count::NearerOnSubjectsSide],
    &[Count::ObjectsBeside, Count::SubjectsBeside],
    &[Count::Between],
];

/// Lengths between two mentions, in words, whose logarithm is kept.
const LENGTHS: usize = 512;

/// The layer's weights, taken apart.
pub(super) struct FirstLayer {
    /// Outputs.
    pub(super) width: usize,
    /// Width of a state.
    inputs: usize,
    /// From the mean state of a mention to what it says as subject and, behind that, as object.
    ends: Panels,
    /// For these: the layer's bias, and zeros.
    ends_bias: Vec<f32>,
    between: Panels,
    no_bias: Vec<f32>,
    /// Rows of outputs.
    tables: [Vec<f32>; TABLES],
    /// What each unit of the length says.
    length: Vec<f32>,
    lengths: Vec<f32>,
}

impl FirstLayer {
    /// `weight`: outputs × (three states and the features).
    pub(super) fn of(weight: &[f32], bias: &[f32], inputs: usize) -> Self {
        let width = bias.len();
        let columns = 3 * inputs + PairFeatures::WIDTH;
        let part = |part: usize| weight.chunks_exact(columns).flat_map(move |row| &row[part * inputs..(part + 1) * inputs]);
        let ends: Vec<f32> = part(0).chain(part(1)).copied().collect();
        let between: Vec<f32> = part(2).copied().collect();
        let feature = |column: usize| -> Vec<f32> { weight.chunks_exact(columns).map(|row| row[3 * inputs + column]).collect() };
        let conditions = [PairFeatures::SAME_SENTENCE, PairFeatures::SUBJECT_FIRST].map(feature);
        let table = |counts: &[Count]| {
            // Row by row in the order of `row_of`.
            let mut rows = vec![vec![0.0; width]];
            let more = |rows: Vec<Vec<f32>>, choices: &[Vec<f32>]| -> Vec<Vec<f32>> {
                let with = |row: &[f32], choice: &[f32]| row.iter().zip(choice).map(|(a, b)| a + b).collect();
                rows.iter().flat_map(|row| choices.iter().map(move |choice| with(row, choice))).collect()
            };
            for &count in counts {
                let choices: Vec<Vec<f32>> = (0..count.values()).map(|value| feature(count.column() + value)).collect();
                rows = more(rows, &choices);
            }
            if counts == COUNTS[TABLES - 1] {
                for condition in &conditions {
                    rows = more(rows, &[vec![0.0; width], condition.clone()]);
                }
            }
            rows.concat()
        };
        let lengths = (0..LENGTHS).map(PairFeatures::length_of).collect();
        Self {
            width,
            inputs,
            ends: Panels::of(&ends, 2 * width, inputs),
            ends_bias: bias.iter().copied().chain(std::iter::repeat_n(0.0, width)).collect(),
            between: Panels::of(&between, width, inputs),
            no_bias: vec![0.0; width],
            tables: COUNTS.map(table),
            length: feature(PairFeatures::LENGTH),
            lengths,
        }
    }

    /// Applies the weights to all that pairs share. `read`: words in scope × width of a state.
    pub(super) fn shared<'a>(&'a self, read: &[f32], scope: &'a Scope, candidates: &Candidates) -> Shared<'a> {
        let mentions = &candidates.mentions;
        let states = Means::of(read, self.inputs);
        let mut means = vec![0.0; mentions.len() * self.inputs];
        for (mean, mention) in means.chunks_exact_mut(self.inputs).zip(mentions) {
            states.write(&scope.rows(&mention.words), mean);
        }
        let mut ends = vec![0.0; mentions.len() * 2 * self.width];
        apply_in_blocks(&self.ends, &self.ends_bias, &means, &mut ends);
        let mut between = vec![0.0; scope.len() * self.width];
        apply_in_blocks(&self.between, &self.no_bias, read, &mut between);
        let between = Means::of(&between, self.width);
        // To each pair what lies between adds what it has beyond the mean.
        for ends in ends.chunks_exact_mut(2 * self.width) {
            ends.iter_mut().zip(&between.mean).for_each(|(value, mean)| *value += mean);
        }
        Shared { layer: self, scope, ends, between }
    }

    /// Which row of a table a pair has.
    #[inline]
    fn row_of(&self, table: usize, features: &PairFeatures) -> &[f32] {
        let mut row = 0;
        for &count in COUNTS[table] {
            row = row * count.values() + features.count(count);
        }
        if table == TABLES - 1 {
            row = (row * 2 + usize::from(features.same_sentence)) * 2 + usize::from(features.subject_first);
        }
        &self.tables[table][row * self.width..(row + 1) * self.width]
    }
}

/// What the pairs of a text share.
pub(super) struct Shared<'a> {
    layer: &'a FirstLayer,
    scope: &'a Scope,
    /// What each mention says as subject and, behind that, as object.
    ends: Vec<f32>,
    between: Means,
}

impl Shared<'_> {
    /// What the sums of a pair are made of.
    #[inline]
    pub(super) fn terms(&self, pair: &CandidatePair) -> Terms<'_, ROWS, WEIGHTED> {
        let (layer, width) = (self.layer, self.layer.width);
        let end = |row: usize| &self.ends[row * width..(row + 1) * width];
        let table = |table: usize| layer.row_of(table, &pair.features);
        let rows = [end(2 * pair.subject), end(2 * pair.object + 1), table(0), table(1), table(2), table(3), table(4)];
        let [behind, before] = self.between.beyond_mean(&self.scope.rows(&pair.between));
        let length = pair.between.len();
        let length = layer.lengths.get(length).copied().unwrap_or_else(|| PairFeatures::length_of(length));
        Terms { rows, weighted: [behind, before, (&layer.length, length)] }
    }
}
