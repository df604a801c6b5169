//! The scorer's first layer where nothing is learned. Its input is joined from parts that many pairs share: the states of the subject,
//! of the object and of what lies between. So the weights are applied to each mention and each word once, and a pair only adds up.

use super::{CandidatePair, Candidates, Scope};
use crate::model::encoder::Affine;
use crate::model::kernels::{Matrix, matmul};
use candle_core::{Device, Result, Tensor};
use std::ops::Range;

/// Parts of the input with states: subject, object, between.
const PARTS: usize = 3;

/// The layer's sums for all pairs, pairs × outputs, before the activation. `read`: words in scope × width of a state.
pub(super) fn sums(layer: &Affine, read: &Tensor, scope: &Scope, candidates: &Candidates) -> Result<Tensor> {
    let (words, width) = read.dims2()?;
    let (outputs, inputs) = layer.weight().dims2()?;
    let Candidates { mentions, pairs, .. } = candidates;
    let read: Vec<f32> = read.flatten_all()?.to_vec1()?;
    let weight: Vec<f32> = layer.weight().flatten_all()?.to_vec1()?;
    let bias: Vec<f32> = layer.bias().to_vec1()?;
    let project = |rows: &[f32], count: usize, from: usize, columns: usize| {
        let mut out = vec![0.0; count * outputs];
        let part = Matrix::strided(&weight[from..], outputs, columns, inputs);
        matmul(&mut out, Matrix::new(rows, count, columns), part.t(), 1.0, false, true);
        out
    };
    let states = Prefixes::of(&read, width);
    let mut means = vec![0.0; mentions.len() * width];
    for (mean, mention) in means.chunks_exact_mut(width).zip(mentions) {
        states.add_mean(&scope.rows(&mention.words), mean);
    }
    let subjects = project(&means, mentions.len(), 0, width);
    let objects = project(&means, mentions.len(), width, width);
    let between = Prefixes::of(&project(&read, words, 2 * width, width), outputs);
    let features: Vec<f32> = pairs.iter().flat_map(|pair| pair.features.iter().copied()).collect();
    let mut sums = project(&features, pairs.len(), PARTS * width, CandidatePair::FEATURES);
    for (sums, pair) in sums.chunks_exact_mut(outputs).zip(pairs) {
        let subject = &subjects[pair.subject * outputs..(pair.subject + 1) * outputs];
        let object = &objects[pair.object * outputs..(pair.object + 1) * outputs];
        for (((sum, bias), subject), object) in sums.iter_mut().zip(&bias).zip(subject).zip(object) {
            *sum += bias + subject + object;
        }
        between.add_mean(&scope.rows(&pair.between), sums);
    }
    Tensor::from_vec(sums, (pairs.len(), outputs), &Device::Cpu)
}

/// Sums of all rows before each, and of all: the mean of any stretch of rows is one difference. In 64 bits, because the sums over a
/// long text are large beside a row.
struct Prefixes {
    sums: Vec<f64>,
    width: usize,
}

impl Prefixes {
    fn of(rows: &[f32], width: usize) -> Self {
        let mut sums = vec![0.0; width];
        sums.reserve(rows.len());
        for row in rows.chunks_exact(width) {
            let last = sums.len() - width;
            row.iter().enumerate().for_each(|(i, &value)| sums.push(sums[last + i] + f64::from(value)));
        }
        Self { sums, width }
    }

    /// Adds the mean of a stretch of rows; that of an empty one is zero.
    fn add_mean(&self, rows: &Range<usize>, into: &mut [f32]) {
        let sum = |row: usize| &self.sums[row * self.width..(row + 1) * self.width];
        let share = 1.0 / rows.len().max(1) as f64;
        for ((into, before), behind) in into.iter_mut().zip(sum(rows.start)).zip(sum(rows.end)) {
            *into += ((behind - before) * share) as f32;
        }
    }
}
