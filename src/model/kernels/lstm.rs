//! One direction of a long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000) over sequences
//! laid end to end.
//!
//! Rows of gates hold input gate, forget gate, candidate and output gate side by side, as PyTorch's `LSTM` has them.

use super::{Matrix, matmul};
use rayon::prelude::*;
use std::ops::Range;

/// Which rows are a sequence, and how they are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LstmShape {
    /// Rows of each sequence, in order.
    pub sequences: Vec<Range<usize>>,
    /// Width of the states.
    pub width: usize,
    /// Whether the last row is read first.
    pub backwards: bool,
}

/// What the inputs of a direction depend on, differentiated.
#[derive(Debug)]
pub struct LstmGradients {
    /// Of the gates, rows × 4·width.
    pub gates: Vec<f32>,
    /// Of the recurrent weights, width × 4·width.
    pub recurrent: Vec<f32>,
}

/// All that the backward pass needs of a sequence, in reading order.
struct Trace {
    /// Activated gates, rows × 4·width.
    gates: Vec<f32>,
    /// Cells, rows × width.
    cells: Vec<f32>,
    /// States, rows × width.
    states: Vec<f32>,
}

impl LstmShape {
    /// Rows of a sequence in the order in which they are read.
    fn order(&self, rows: &Range<usize>) -> Vec<usize> {
        if self.backwards { rows.clone().rev().collect() } else { rows.clone().collect() }
    }

    /// Reads one sequence.
    fn trace(&self, gates: &[f32], recurrent: &[f32], rows: &Range<usize>) -> Trace {
        let width = self.width;
        let mut trace = Trace { gates: Vec::new(), cells: Vec::new(), states: Vec::new() };
        let (mut state, mut cell) = (vec![0.0; width], vec![0.0; width]);
        for row in self.order(rows) {
            let mut gate = gates[row * 4 * width..(row + 1) * 4 * width].to_vec();
            for (&state, weights) in state.iter().zip(recurrent.chunks_exact(4 * width)) {
                gate.iter_mut().zip(weights).for_each(|(gate, weight)| *gate += state * weight);
            }
            let (squashed, rest) = gate.split_at_mut(2 * width);
            let (candidate, output) = rest.split_at_mut(width);
            squashed.iter_mut().chain(output.iter_mut()).for_each(|gate| *gate = 1.0 / (1.0 + (-*gate).exp()));
            candidate.iter_mut().for_each(|gate| *gate = gate.tanh());
            let (input, forget) = squashed.split_at(width);
            for (i, cell) in cell.iter_mut().enumerate() {
                *cell = forget[i] * *cell + input[i] * candidate[i];
                state[i] = output[i] * cell.tanh();
            }
            trace.gates.extend_from_slice(&gate);
            trace.cells.extend_from_slice(&cell);
            trace.states.extend_from_slice(&state);
        }
        trace
    }

    /// Gradients of the gates of one sequence in reading order, and the sequence's states before each row.
    fn backward(&self, gates: &[f32], recurrent: &[f32], gradient: &[f32], rows: &Range<usize>) -> (Vec<f32>, Vec<f32>) {
        let width = self.width;
        let trace = self.trace(gates, recurrent, rows);
        let mut d_gates = vec![0.0; trace.gates.len()];
        let (mut d_state, mut d_cell) = (vec![0.0f32; width], vec![0.0f32; width]);
        let order = self.order(rows);
        for (step, &row) in order.iter().enumerate().rev() {
            let part = |part: usize| &trace.gates[(4 * step + part) * width..(4 * step + part + 1) * width];
            let (input, forget, candidate, output) = (part(0), part(1), part(2), part(3));
            let into = &mut d_gates[4 * step * width..4 * (step + 1) * width];
            for i in 0..width {
                let cell = trace.cells[step * width + i].tanh();
                let before = if step == 0 { 0.0 } else { trace.cells[(step - 1) * width + i] };
                let d = gradient[row * width + i] + d_state[i];
                let through = d_cell[i] + d * output[i] * (1.0 - cell * cell);
                into[i] = through * candidate[i] * input[i] * (1.0 - input[i]);
                into[width + i] = through * before * forget[i] * (1.0 - forget[i]);
                into[2 * width + i] = through * input[i] * (1.0 - candidate[i] * candidate[i]);
                into[3 * width + i] = d * cell * output[i] * (1.0 - output[i]);
                d_cell[i] = through * forget[i];
            }
            for (d_state, weights) in d_state.iter_mut().zip(recurrent.chunks_exact(4 * width)) {
                *d_state = dot(weights, into);
            }
        }
        let mut before = vec![0.0; trace.states.len()];
        let read = trace.states.len().saturating_sub(width);
        if read > 0 {
            before[width..].copy_from_slice(&trace.states[..read]);
        }
        (d_gates, before)
    }
}

/// States of all rows, rows × width. `gates` has what the inputs say to the gates, rows × 4·width, `recurrent` what each state says to
/// them, width × 4·width. Rows outside all sequences stay zero.
pub fn lstm(gates: &[f32], recurrent: &[f32], shape: &LstmShape) -> Vec<f32> {
    let width = shape.width;
    let traces: Vec<Vec<f32>> = shape.sequences.par_iter().map(|rows| shape.trace(gates, recurrent, rows).states).collect();
    let mut out = vec![0.0; gates.len() / 4];
    for (rows, states) in shape.sequences.iter().zip(traces) {
        for (row, state) in shape.order(rows).into_iter().zip(states.chunks_exact(width)) {
            out[row * width..(row + 1) * width].copy_from_slice(state);
        }
    }
    out
}

/// The gradients, given that of the states. The states are computed again.
pub fn lstm_backward(gates: &[f32], recurrent: &[f32], gradient: &[f32], shape: &LstmShape) -> LstmGradients {
    let width = shape.width;
    let parts: Vec<(Vec<f32>, Vec<f32>)> =
        shape.sequences.par_iter().map(|rows| shape.backward(gates, recurrent, gradient, rows)).collect();
    let mut out = LstmGradients { gates: vec![0.0; gates.len()], recurrent: vec![0.0; recurrent.len()] };
    for (rows, (d_gates, before)) in shape.sequences.iter().zip(&parts) {
        for (row, d_gates) in shape.order(rows).into_iter().zip(d_gates.chunks_exact(4 * width)) {
            out.gates[row * 4 * width..(row + 1) * 4 * width].copy_from_slice(d_gates);
        }
        let (before, d_gates) = (Matrix::new(before, rows.len(), width), Matrix::new(d_gates, rows.len(), 4 * width));
        matmul(&mut out.recurrent, before.t(), d_gates, 1.0, true, false);
    }
    out
}

/// Eight sums side by side, which the compiler keeps in one register.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut sums = [0f32; 8];
    for (a, b) in a.iter().zip(b) {
        for i in 0..8 {
            sums[i] += a[i] * b[i];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By `torch.nn.LSTM(8, 2)` of PyTorch 2.15 without biases, the identity as its input weights and these recurrent ones.
    #[test]
    fn states_are_those_of_pytorch() {
        let gates: Vec<f32> = (0..24).map(|i| ((i * 7 % 11) as f32 - 5.0) / 4.0).collect();
        let recurrent: Vec<f32> = (0..16).map(|i| ((i * 5 % 13) as f32 - 6.0) / 8.0).collect();
        let of =
            |backwards| lstm(&gates, &recurrent, &LstmShape { sequences: std::iter::once(0..3).collect(), width: 2, backwards });
        for (found, wanted) in [(of(false), FORWARDS), (of(true), BACKWARDS)] {
            assert!(found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-5), "{found:?} is not {wanted:?}");
        }
    }

    const FORWARDS: [f32; 6] = [0.039835, -0.187983, 0.112515, -0.161552, 0.058746, -0.070336];
    const BACKWARDS: [f32; 6] = [0.092545, -0.234848, 0.160664, -0.155205, 0.044762, -0.110275];

    #[test]
    fn sequences_do_not_see_each_other_and_other_rows_stay_zero() {
        let gates: Vec<f32> = (0..60).map(|i| (i as f32 * 0.7).sin()).collect();
        let recurrent: Vec<f32> = (0..36).map(|i| (i as f32 * 0.3).cos()).collect();
        let both = lstm(&gates, &recurrent, &LstmShape { sequences: vec![0..2, 3..5], width: 3, backwards: true });
        let last =
            lstm(&gates[36..], &recurrent, &LstmShape { sequences: std::iter::once(0..2).collect(), width: 3, backwards: true });
        assert_eq!(both[9..], last);
        assert_eq!(both[6..9], [0.0; 3]);
    }
}
