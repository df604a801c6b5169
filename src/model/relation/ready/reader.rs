//! The second look at the sentences that hold mentions, without gradients.

use super::super::reader::{NAME, TYPES};
use super::super::{Candidates, RelationConfig, Scope};
use super::apply_in_blocks;
use crate::document::Label;
use crate::model::ModelError;
use crate::model::engine::{Executors, Layers, LayersShape, Memory, Norm, Precision};
use crate::model::kernels::{Activation, Panels, add_and_normalize};
use crate::model::stored::WeightSource;
use crate::model::weights::Weights;

/// As BERT's layers have it.
const EPSILON: f32 = 1e-12;

/// The layer and the vectors of types.
pub(super) struct Reader {
    /// Width of its own states.
    pub(super) width: usize,
    down: (Panels, Vec<f32>),
    /// A vector for each label.
    types: Vec<Vec<f32>>,
    norm: Norm,
    layers: Layers,
}

impl Reader {
    /// `inputs` is the width of the encoder's states, `precision` that in which its own layer computes.
    pub(super) fn load(
        weights: &Weights,
        config: &RelationConfig,
        inputs: usize,
        labels: &[Label],
        precision: Precision,
    ) -> Result<Self, ModelError> {
        let width = config.state_width;
        let shape = LayersShape {
            heads: config.heads,
            width,
            inner: width.saturating_mul(2),
            epsilon: EPSILON,
            activation: Activation::Gelu,
        };
        let down = weights.values(&format!("{NAME}.down.weight"), &[width, inputs])?;
        let types = labels.iter().map(|label| weights.values(&format!("{TYPES}{label}"), &[width]));
        Ok(Self {
            width,
            down: (Panels::of(&down, width, inputs), weights.values(&format!("{NAME}.down.bias"), &[width])?),
            types: types.collect::<Result<_, _>>()?,
            norm: Norm::load(weights, &format!("{NAME}.norm"), width)?,
            layers: Layers::load(weights, &[NAME.to_owned()], shape, precision)?,
        })
    }

    /// `states`: words in scope × encoder width. The result has a row of its own width for each of them too.
    pub(super) fn read(&self, states: &[f32], scope: &Scope, candidates: &Candidates) -> Result<Vec<f32>, ModelError> {
        let mut memory = Memory::take();
        memory.x.resize(scope.len() * self.width, 0.0);
        let (down, bias) = &self.down;
        apply_in_blocks(down, bias, states, &mut memory.x);
        self.add_types(scope, candidates, &mut memory.x);
        add_and_normalize(&mut memory.x, None, &self.norm.scale, &self.norm.shift, EPSILON);
        self.layers.run(&Executors::new(), &scope.sequences(), &mut memory)?;
        let read = memory.x.clone();
        memory.give_back();
        Ok(read)
    }

    /// Adds to each word the vectors of the types of the mentions that it belongs to, each once.
    fn add_types(&self, scope: &Scope, candidates: &Candidates, rows: &mut [f32]) {
        let mut marked = vec![false; scope.len() * self.types.len()];
        for mention in &candidates.mentions {
            for row in scope.rows(&mention.words) {
                if !std::mem::replace(&mut marked[row * self.types.len() + mention.label], true) {
                    let row = &mut rows[row * self.width..(row + 1) * self.width];
                    row.iter_mut().zip(&self.types[mention.label]).for_each(|(value, of_type)| *value += of_type);
                }
            }
        }
    }
}
