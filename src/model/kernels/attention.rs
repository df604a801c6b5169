//! Scaled dot-product self-attention (Vaswani et al. 2017, section 3.2) over sequences laid end to end.
//!
//! Nothing is padded and nothing is transposed in memory: each head of each sequence is a strided view of the joint
//! query-key-value rows. The probabilities are not kept for the backward pass but computed again, which costs one product
//! and saves a matrix of length × length for each head.

use super::{DistanceBias, Matrix, matmul};
use rayon::prelude::*;
use rten_simd::SimdOp;
use rten_vecmath::Softmax;
use std::ops::Range;

/// How rows are divided into sequences and columns into heads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttentionShape {
    /// Lengths of the sequences; they add up to the number of rows.
    pub lengths: Vec<usize>,
    /// Number of heads.
    pub heads: usize,
    /// Width of the model: heads × width of a head.
    pub width: usize,
}

/// One head of one sequence.
struct Head {
    number: usize,
    rows: Range<usize>,
    /// First column of the head inside query, key or value.
    column: usize,
}

impl AttentionShape {
    fn head_width(&self) -> usize {
        self.width / self.heads
    }

    fn heads(&self) -> Vec<Head> {
        let mut start = 0;
        let mut heads = Vec::with_capacity(self.lengths.len() * self.heads);
        for &length in &self.lengths {
            heads.extend((0..self.heads).map(|number| Head {
                number,
                rows: start..start + length,
                column: number * self.head_width(),
            }));
            start += length;
        }
        heads
    }

    /// Query (0), key (1) or value (2) of a head in rows of query, key and value side by side.
    fn part<'a>(&self, joint: &'a [f32], head: &Head, part: usize) -> Matrix<'a> {
        let from = head.rows.start * 3 * self.width + part * self.width + head.column;
        Matrix::strided(&joint[from..], head.rows.len(), self.head_width(), 3 * self.width)
    }

    fn scale(&self) -> f32 {
        1.0 / (self.head_width() as f32).sqrt()
    }

    /// Row-wise softmax(scale · Q·Kᵀ + bias) of a head: length × length.
    fn probabilities(&self, joint: &[f32], bias: Option<&DistanceBias>, head: &Head) -> Vec<f32> {
        let length = head.rows.len();
        let mut scores = vec![0.0; length * length];
        matmul(&mut scores, self.part(joint, head, 0), self.part(joint, head, 1).t(), self.scale(), false, false);
        let bias = bias.map(|bias| bias.of_head(head.number));
        for (query, row) in scores.chunks_exact_mut(length).enumerate() {
            if let Some(bias) = bias {
                row.iter_mut().zip(bias.row(query, length)).for_each(|(score, bias)| *score += bias);
            }
            Softmax::new_mut(row).dispatch();
        }
        scores
    }
}

/// Copies a block of `columns` wide rows into a wider row-major matrix.
fn scatter(block: &[f32], columns: usize, into: &mut [f32], row: usize, column: usize, stride: usize) {
    for (i, values) in block.chunks_exact(columns).enumerate() {
        let at = (row + i) * stride + column;
        into[at..at + columns].copy_from_slice(values);
    }
}

/// Attention of every sequence to itself. `joint` has rows of query, key and value side by side (3 × width); the result has
/// rows of `width`. `bias` is added to the scores; its reach must cover the longest sequence.
pub fn attention(joint: &[f32], bias: Option<&DistanceBias>, shape: &AttentionShape) -> Vec<f32> {
    let width = shape.head_width();
    let heads = shape.heads();
    let blocks: Vec<Vec<f32>> = heads
        .par_iter()
        .map(|head| {
            let length = head.rows.len();
            let probabilities = shape.probabilities(joint, bias, head);
            let mut block = vec![0.0; length * width];
            let value = shape.part(joint, head, 2);
            matmul(&mut block, Matrix::new(&probabilities, length, length), value, 1.0, false, false);
            block
        })
        .collect();
    let mut out = vec![0.0; joint.len() / 3];
    for (head, block) in heads.iter().zip(&blocks) {
        scatter(block, width, &mut out, head.rows.start, head.column, shape.width);
    }
    out
}

/// What attention's result depends on, differentiated.
#[derive(Debug)]
pub struct AttentionGradients {
    /// Of the joint rows.
    pub joint: Vec<f32>,
    /// Of the bias, if there is one.
    pub bias: Option<DistanceBias>,
}

/// The gradients with respect to `joint` and to the bias, given the gradient of the result.
pub fn attention_backward(
    joint: &[f32],
    bias: Option<&DistanceBias>,
    gradient: &[f32],
    shape: &AttentionShape,
) -> AttentionGradients {
    let heads = shape.heads();
    let blocks: Vec<HeadGradients> = heads.par_iter().map(|head| head_backward(joint, bias, gradient, shape, head)).collect();
    let mut out = vec![0.0; joint.len()];
    let mut d_bias = bias.map(DistanceBias::zeros_like);
    for (head, gradients) in heads.iter().zip(&blocks) {
        for (part, block) in gradients.parts.iter().enumerate() {
            let column = part * shape.width + head.column;
            scatter(block, shape.head_width(), &mut out, head.rows.start, column, 3 * shape.width);
        }
        if let Some(bias) = &mut d_bias {
            bias.add_scores(head.number, &gradients.scores, head.rows.len());
        }
    }
    AttentionGradients { joint: out, bias: d_bias }
}

struct HeadGradients {
    /// Of query, key and value.
    parts: [Vec<f32>; 3],
    /// Of the scores, length × length; empty without a bias.
    scores: Vec<f32>,
}

fn head_backward(
    joint: &[f32],
    bias: Option<&DistanceBias>,
    gradient: &[f32],
    shape: &AttentionShape,
    head: &Head,
) -> HeadGradients {
    let (length, width) = (head.rows.len(), shape.head_width());
    let from = head.rows.start * shape.width + head.column;
    let d_out = Matrix::strided(&gradient[from..], length, width, shape.width);
    let probabilities = shape.probabilities(joint, bias, head);
    let product = |a: Matrix<'_>, b: Matrix<'_>, scale: f32, size: usize| {
        let mut out = vec![0.0; size];
        matmul(&mut out, a, b, scale, false, false);
        out
    };
    let square = Matrix::new(&probabilities, length, length);
    let d_value = product(square.t(), d_out, 1.0, length * width);
    let mut d_scores = product(d_out, shape.part(joint, head, 2).t(), 1.0, length * length);
    // Through the softmax: dS = P ∘ (dP − rowsum(dP ∘ P)).
    for (d_row, p_row) in d_scores.chunks_exact_mut(length).zip(probabilities.chunks_exact(length)) {
        let inner: f32 = d_row.iter().zip(p_row).map(|(d, p)| d * p).sum();
        for (d, p) in d_row.iter_mut().zip(p_row) {
            *d = p * (*d - inner);
        }
    }
    let square = Matrix::new(&d_scores, length, length);
    let d_query = product(square, shape.part(joint, head, 1), shape.scale(), length * width);
    let d_key = product(square.t(), shape.part(joint, head, 0), shape.scale(), length * width);
    let scores = if bias.is_some() { d_scores } else { Vec::new() };
    HeadGradients { parts: [d_query, d_key, d_value], scores }
}
