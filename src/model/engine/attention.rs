//! Attention for inference: heads in parallel, each with a stretch of memory of its own for what it gives.

use crate::model::kernels::{DistanceBias, HeadAttention, HeadBuffers, Matrix};
use rayon::prelude::*;

/// Query rows that one task takes at least: below, laying out the keys and values costs more than sharing gains.
const QUERIES: usize = 64;

/// Where the sequences are, and how a row is divided into heads.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    /// Lengths of the sequences, which lie end to end.
    pub(super) lengths: &'a [usize],
    pub(super) heads: usize,
    pub(super) width: usize,
    /// What is added to scores by distance; its reach covers the sequences.
    pub(super) bias: Option<&'a DistanceBias>,
}

/// A stretch of queries of one head of one sequence.
struct Task<'a> {
    /// First row of the sequence, and its length.
    start: usize,
    length: usize,
    /// First query, from the start of the sequence, and their number.
    query: usize,
    queries: usize,
    head: usize,
    /// What it gives: queries × width of the head.
    out: &'a mut [f32],
}

impl Layout<'_> {
    fn head_width(&self) -> usize {
        self.width / self.heads
    }

    /// Attention of each sequence to itself. `joint` has rows of query, key and value side by side; `context` gets, sequence by
    /// sequence and in it head by head, rows of the head's width, as [`Layout::gather`] expects them.
    pub(super) fn attend(&self, joint: &[f32], context: &mut [f32]) {
        let (width, head_width) = (self.width, self.head_width());
        let scale = 1.0 / (head_width as f32).sqrt();
        self.tasks(context).into_par_iter().for_each_init(HeadBuffers::default, |buffers, task| {
            let part = |part: usize, row: usize, rows: usize| {
                let from = (task.start + row) * 3 * width + part * width + task.head * head_width;
                Matrix::strided(&joint[from..], rows, head_width, 3 * width)
            };
            let (query, key, value) = (part(0, task.query, task.queries), part(1, 0, task.length), part(2, 0, task.length));
            let bias = self.bias.map(|bias| (bias.of_head(task.head), task.query));
            HeadAttention { query, key, value, scale, bias, out: task.out, buffers }.run();
        });
    }

    fn tasks<'a>(&self, mut context: &'a mut [f32]) -> Vec<Task<'a>> {
        // Tasks for every thread even when there are more of these than heads.
        let rows: usize = self.lengths.iter().sum();
        let queries = (rows * self.heads).div_ceil(4 * rayon::current_num_threads().max(1)).max(QUERIES);
        let mut tasks = Vec::new();
        let mut start = 0;
        for &length in self.lengths {
            for head in 0..self.heads {
                for query in (0..length).step_by(queries) {
                    let queries = queries.min(length - query);
                    let (out, rest) = context.split_at_mut(queries * self.head_width());
                    context = rest;
                    tasks.push(Task { start, length, query, queries, head, out });
                }
            }
            start += length;
        }
        tasks
    }

    /// Puts the heads of some rows side by side again: rows from `first` on, as many as fit into `out`.
    pub(super) fn gather(&self, context: &[f32], first: usize, out: &mut [f32]) {
        let head_width = self.head_width();
        let mut sequences = self.lengths.iter();
        let (mut start, mut length) = (0, 0);
        for (number, out) in out.chunks_exact_mut(self.width).enumerate() {
            let row = first + number;
            while row >= start + length {
                start += length;
                let Some(&next) = sequences.next() else { return };
                length = next;
            }
            for (head, out) in out.chunks_exact_mut(head_width).enumerate() {
                let at = start * self.width + (head * length + row - start) * head_width;
                out.copy_from_slice(&context[at..at + head_width]);
            }
        }
    }
}
