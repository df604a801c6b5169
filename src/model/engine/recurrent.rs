//! A bidirectional memory over the words of each window, for inference.

use super::linear::{Executors, PackedLinear, Scratch};
use crate::model::ModelError;
use crate::model::input::Encoded;
use crate::model::kernels::{LstmShape, lstm};
use crate::model::lstm::DIRECTIONS;
use crate::model::stored::WeightSource;

/// Both directions, and what is joined to the states that they read. Always computed in `f32`: the memory sums over all words, so
/// what is rounded would add up.
pub(super) struct Recurrent {
    width: usize,
    /// Tables of what is joined to a state, with their columns: of its word's shape, of its part of speech.
    pub(super) shapes: (Vec<f32>, usize),
    pub(super) parts: (Vec<f32>, usize),
    directions: [(PackedLinear, Vec<f32>); 2],
}

impl Recurrent {
    /// Takes the weights whose names begin with `name`. `inputs` is the width of a state with what is joined to it.
    pub(super) fn load(source: &impl WeightSource, name: &str, [inputs, width]: [usize; 2]) -> Result<Self, ModelError> {
        let direction = |direction: &str| {
            let weights = source.values(&format!("{name}.{direction}.gates.weight"), &[4 * width, inputs])?;
            let bias = source.values(&format!("{name}.{direction}.gates.bias"), &[4 * width])?;
            let recurrent = source.values(&format!("{name}.{direction}.recurrent"), &[width, 4 * width])?;
            Ok::<_, ModelError>((PackedLinear::of_floats(&weights, bias, inputs), recurrent))
        };
        let [forwards, backwards] = DIRECTIONS.map(direction);
        Ok(Self { width, shapes: (Vec::new(), 0), parts: (Vec::new(), 0), directions: [forwards?, backwards?] })
    }

    /// From states, words × `columns`, to what both directions say of them side by side.
    pub(super) fn run(
        &self,
        executors: &Executors,
        states: &[f32],
        columns: usize,
        text: &Encoded,
    ) -> Result<Vec<f32>, ModelError> {
        let mut joined = Vec::new();
        for (word, state) in states.chunks_exact(columns).enumerate() {
            joined.extend_from_slice(state);
            for ((table, columns), rows) in [(&self.shapes, &text.shapes), (&self.parts, &text.parts)] {
                let row = rows.get(word).map_or(0, |&row| row as usize);
                joined.extend_from_slice(table.get(row * columns..(row + 1) * columns).unwrap_or_default());
            }
        }
        let (words, width) = (text.words(), self.width);
        let mut out = vec![0.0; words * 2 * width];
        for (number, (gates, recurrent)) in self.directions.iter().enumerate() {
            let mut said = vec![0.0; words * 4 * width];
            gates.apply(executors, &joined, &mut said, &mut Scratch::default())?;
            let shape = LstmShape { sequences: text.words_of_sequences(), width, backwards: number == 1 };
            let read = lstm(&said, recurrent, &shape);
            for (out, read) in out.chunks_exact_mut(2 * width).zip(read.chunks_exact(width)) {
                out[number * width..(number + 1) * width].copy_from_slice(read);
            }
        }
        Ok(out)
    }
}
