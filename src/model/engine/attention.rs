//! Attention for inference: heads in parallel, each written where it belongs.

use crate::model::kernels::{Matrix, matmul};
use rayon::prelude::*;
use rten_simd::SimdOp;
use rten_vecmath::Softmax;

/// Query rows that one task takes: its scores (rows × length) stay in the cache.
const QUERIES: usize = 64;

/// A stretch of queries of one head of one sequence.
struct Task {
    /// First row of the sequence, and its length.
    start: usize,
    length: usize,
    /// First query, from the start of the sequence, and their number.
    query: usize,
    queries: usize,
    head: usize,
}

/// Attention over sequences laid end to end: `joint` has rows of query, key and value side by side, `out` rows of `width`.
pub(super) fn attend(joint: &[f32], out: &mut [f32], lengths: &[usize], heads: usize, width: usize) {
    let head_width = width / heads;
    let scale = 1.0 / (head_width as f32).sqrt();
    let tasks = tasks(lengths, heads);
    let blocks: Vec<Vec<f32>> = tasks
        .par_iter()
        .map_init(Vec::new, |scores: &mut Vec<f32>, task| {
            let part = |part: usize, row: usize, rows: usize| {
                let from = (task.start + row) * 3 * width + part * width + task.head * head_width;
                Matrix::strided(&joint[from..], rows, head_width, 3 * width)
            };
            scores.resize(task.queries * task.length, 0.0);
            let keys = part(1, 0, task.length);
            matmul(scores, part(0, task.query, task.queries), keys.t(), scale, false, false);
            for row in scores.chunks_exact_mut(task.length) {
                Softmax::new_mut(row).dispatch();
            }
            let mut block = vec![0.0; task.queries * head_width];
            let probabilities = Matrix::new(scores, task.queries, task.length);
            matmul(&mut block, probabilities, part(2, 0, task.length), 1.0, false, false);
            block
        })
        .collect();
    for (task, block) in tasks.iter().zip(&blocks) {
        for (row, values) in block.chunks_exact(head_width).enumerate() {
            let at = (task.start + task.query + row) * width + task.head * head_width;
            out[at..at + head_width].copy_from_slice(values);
        }
    }
}

fn tasks(lengths: &[usize], heads: usize) -> Vec<Task> {
    let mut tasks = Vec::new();
    let mut start = 0;
    for &length in lengths {
        for head in 0..heads {
            tasks.extend((0..length).step_by(QUERIES).map(|query| {
                let queries = QUERIES.min(length - query);
                Task { start, length, query, queries, head }
            }));
        }
        start += length;
    }
    tasks
}
