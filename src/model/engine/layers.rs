//! Layers of BERT's kind, one behind the other, over sequences laid end to end.

use super::Precision;
use super::attention::Layout;
use super::linear::{Executors, PackedLinear, Scratch};
use crate::model::ModelError;
use crate::model::kernels::{Activation, DistanceBias, add_and_normalize};
use crate::model::stored::WeightSource;
use rayon::prelude::*;
use std::cell::Cell;

/// Rows of a block: enough to use a packed weight well while it is in the cache, few enough that threads share evenly.
const LARGEST_BLOCK: usize = 64;

/// Scale and shift of a layer normalisation.
pub(in crate::model) struct Norm {
    pub(in crate::model) scale: Vec<f32>,
    pub(in crate::model) shift: Vec<f32>,
}

impl Norm {
    /// Takes the weights whose names begin with `name`.
    pub(in crate::model) fn load(source: &impl WeightSource, name: &str, width: usize) -> Result<Self, ModelError> {
        let scale = source.values(&format!("{name}.weight"), &[width])?;
        Ok(Self { scale, shift: source.values(&format!("{name}.bias"), &[width])? })
    }
}

struct Layer {
    qkv: PackedLinear,
    attended: PackedLinear,
    attended_norm: Norm,
    intermediate: PackedLinear,
    output: PackedLinear,
    output_norm: Norm,
}

/// What all layers have in common.
#[derive(Clone, Copy, Debug)]
pub(in crate::model) struct LayersShape {
    pub(in crate::model) heads: usize,
    /// Width of a state.
    pub(in crate::model) width: usize,
    /// Width of the feed-forward network.
    pub(in crate::model) inner: usize,
    /// Of the layer normalisations.
    pub(in crate::model) epsilon: f32,
    /// Of the feed-forward network.
    pub(in crate::model) activation: Activation,
}

/// The layers, ready to run.
pub(in crate::model) struct Layers {
    shape: LayersShape,
    layers: Vec<Layer>,
    /// What attention adds by distance.
    distances: Option<DistanceBias>,
}

impl Layers {
    /// Packs the weights of the layers of these names.
    pub(in crate::model) fn load(
        source: &impl WeightSource,
        names: &[String],
        shape: LayersShape,
        precision: Precision,
    ) -> Result<Self, ModelError> {
        let executors = Executors::new();
        let LayersShape { width, inner, .. } = shape;
        let layer = |name: &String| -> Result<Layer, ModelError> {
            let linear = |part: &str, outputs: usize, inputs: usize| {
                PackedLinear::load(&executors, source, &format!("{name}.{part}"), [outputs, inputs], precision)
            };
            Ok(Layer {
                qkv: linear("attention.qkv", 3 * width, width)?,
                attended: linear("attention.output.dense", width, width)?,
                attended_norm: Norm::load(source, &format!("{name}.attention.output.LayerNorm"), width)?,
                intermediate: linear("intermediate.dense", inner, width)?,
                output: linear("output.dense", width, inner)?,
                output_norm: Norm::load(source, &format!("{name}.output.LayerNorm"), width)?,
            })
        };
        let layers = names.iter().map(layer).collect::<Result<_, _>>()?;
        Ok(Self { shape, layers, distances: None })
    }

    /// The same with what attention adds by distance; its reach must cover the longest sequence.
    #[must_use]
    pub(in crate::model) fn with_distances(self, distances: Option<DistanceBias>) -> Self {
        Self { distances, ..self }
    }

    /// Number of layers.
    pub(in crate::model) fn number(&self) -> usize {
        self.layers.len()
    }

    /// Runs the rows in `memory.x` through all layers. `lengths` are those of the sequences; they add up to the number of rows.
    ///
    /// rten-gemm's executors can be shared by threads but not moved to another one, so a pass makes its own; they hold no data.
    pub(in crate::model) fn run(&self, executors: &Executors, lengths: &[usize], memory: &mut Memory) -> Result<(), ModelError> {
        let LayersShape { heads, width, .. } = self.shape;
        let Memory { x, joint, context } = memory;
        let rows = x.len() / width;
        joint.resize(rows * 3 * width, 0.0);
        context.resize(rows * width, 0.0);
        let Some(first) = self.layers.first() else { return Ok(()) };
        let block = block_rows(rows);
        self.blocks(block, x, joint, |task, x, joint, _| first.qkv.apply(executors, x, joint, &mut task.scratch))?;
        let layout = Layout { lengths, heads, width, bias: self.distances.as_ref() };
        for (number, layer) in self.layers.iter().enumerate() {
            layout.attend(joint, context);
            let next = self.layers.get(number + 1);
            self.blocks(block, x, joint, |task, x, joint, row| {
                let mut gathered = std::mem::take(&mut task.context);
                gathered.resize(x.len(), 0.0);
                layout.gather(context, row, &mut gathered);
                let done = self.rest_of_layer(executors, (layer, next), task, x, &gathered, joint);
                task.context = gathered;
                done
            })?;
        }
        Ok(())
    }

    /// Runs `work` on blocks of rows of `x` and of `joint`; it is told the first row of the block.
    fn blocks(
        &self,
        rows: usize,
        x: &mut [f32],
        joint: &mut [f32],
        work: impl Fn(&mut Task, &mut [f32], &mut [f32], usize) -> Result<(), ModelError> + Sync,
    ) -> Result<(), ModelError> {
        let chunks = x.par_chunks_mut(rows * self.shape.width).zip(joint.par_chunks_mut(rows * 3 * self.shape.width));
        chunks.enumerate().try_for_each(|(number, (x, joint))| {
            // Taken out rather than borrowed: inside a product this thread may begin with another block.
            let mut task = TASK.take();
            let done = work(&mut task, x, joint, number * rows);
            TASK.set(task);
            done
        })
    }

    /// From the attention's context to the layer's output in `x`, and on to the next layer's query, key and value in `joint`.
    fn rest_of_layer(
        &self,
        executors: &Executors,
        (layer, next): (&Layer, Option<&Layer>),
        task: &mut Task,
        x: &mut [f32],
        context: &[f32],
        joint: &mut [f32],
    ) -> Result<(), ModelError> {
        let Task { scratch, narrow, wide, .. } = task;
        narrow.resize(x.len(), 0.0);
        wide.resize(x.len() / self.shape.width * layer.intermediate.outputs(), 0.0);
        layer.attended.apply(executors, context, narrow, scratch)?;
        self.add_and_normalise(&layer.attended_norm, x, narrow);
        layer.intermediate.apply_and_activate(self.shape.activation, executors, x, wide, scratch)?;
        layer.output.apply(executors, wide, narrow, scratch)?;
        self.add_and_normalise(&layer.output_norm, x, narrow);
        match next {
            Some(next) => next.qkv.apply(executors, x, joint, scratch),
            None => Ok(()),
        }
    }

    /// `x ← norm(x + added)`, row by row.
    fn add_and_normalise(&self, norm: &Norm, x: &mut [f32], added: &[f32]) {
        add_and_normalize(x, Some(added), &norm.scale, &norm.shift, self.shape.epsilon);
    }
}

/// Memory of a pass; rows of all pieces.
#[derive(Default)]
pub(in crate::model) struct Memory {
    /// What goes in, and in the end what comes out.
    pub(in crate::model) x: Vec<f32>,
    /// Query, key and value side by side.
    joint: Vec<f32>,
    context: Vec<f32>,
}

impl Memory {
    /// That of this thread, kept from pass to pass: fresh memory costs a fault for every page, which is some percent of a pass.
    pub(in crate::model) fn take() -> Self {
        MEMORY.take()
    }

    /// Keeps it for the next pass.
    pub(in crate::model) fn give_back(self) {
        MEMORY.set(self);
    }
}

/// What one task needs besides its rows.
#[derive(Default)]
struct Task {
    scratch: Scratch,
    context: Vec<f32>,
    narrow: Vec<f32>,
    wide: Vec<f32>,
}

thread_local! {
    static MEMORY: Cell<Memory> = Cell::default();
    static TASK: Cell<Task> = Cell::default();
}

/// Rows of a block, so that every thread gets as many blocks as the others.
fn block_rows(rows: usize) -> usize {
    let blocks = rows.div_ceil(LARGEST_BLOCK).max(1).next_multiple_of(rayon::current_num_threads().max(1));
    rows.div_ceil(blocks).max(1)
}
