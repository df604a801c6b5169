//! The pass itself.

use super::Precision;
use super::attention::Layout;
use super::embedding::Embedding;
use super::linear::{Executors, PackedLinear, Scratch};
use super::recurrent::Recurrent;
use crate::model::ModelError;
use crate::model::encoder::{Architecture, Config, DISTANCES, buckets_within};
use crate::model::input::Encoded;
use crate::model::kernels::{Activation, DistanceBias, add_and_normalize};
use crate::model::stored::WeightSource;
use crate::model::tagger::{HEAD, PART_TAGS, PARTS, TaggerConfig, WordStates};
use crate::nlp::shape::SHAPES;
use rayon::prelude::*;
use std::cell::Cell;

/// Rows of a block: enough to use a packed weight well while it is in the cache, few enough that threads share evenly.
const LARGEST_BLOCK: usize = 64;

/// Scale and shift of a layer normalisation.
struct Norm {
    scale: Vec<f32>,
    shift: Vec<f32>,
}

struct Layer {
    qkv: PackedLinear,
    attended: PackedLinear,
    attended_norm: Norm,
    intermediate: PackedLinear,
    output: PackedLinear,
    output_norm: Norm,
}

/// Encoder and emissions, ready to run.
pub struct Engine {
    heads: usize,
    width: usize,
    epsilon: f32,
    activation: Activation,
    words: Embedding,
    /// Position embeddings from that of a sequence's first piece on, with the embedding of the first kind of token added.
    positions: Vec<f32>,
    norm: Norm,
    /// Shape embeddings of pieces; empty without shapes.
    piece_shapes: Vec<f32>,
    /// What the marks of a text stand for; empty when no text is marked.
    marks: Vec<f32>,
    /// What a word's shape adds to its emissions, shapes × tags; empty without shapes.
    shape_emissions: Vec<f32>,
    /// What a word's part of speech adds to its emissions, parts × tags; empty without.
    part_emissions: Vec<f32>,
    layers: Vec<Layer>,
    /// What attention adds by distance.
    distances: Option<DistanceBias>,
    /// A memory between states and emissions.
    recurrent: Option<Recurrent>,
    emission: PackedLinear,
    precision: Precision,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Engine({} layers, {} wide, {}, {})", self.layers.len(), self.width, self.precision, Executors::new().name())
    }
}

/// What stands on an encoder, and what is added to its pieces beside their embeddings.
#[derive(Clone, Debug)]
pub struct Head<'a> {
    /// Name of the output layer.
    pub name: &'a str,
    /// Its outputs.
    pub tags: usize,
    /// What the marks of a text stand for, marks × encoder width; empty when no text is marked.
    pub marks: Vec<f32>,
}

impl Head<'static> {
    /// A tagger that reads no marks.
    pub fn tagger(tags: usize) -> Self {
        Self { name: HEAD, tags, marks: Vec::new() }
    }
}

impl Engine {
    /// Packs the weights of encoder and output layer. The emissions are always computed in `f32`: they are a thousandth of the work.
    ///
    /// # Errors
    /// When a weight is missing or of the wrong shape, or when the configuration asks for what this engine does not compute.
    pub fn new(
        source: &impl WeightSource,
        config: &Config,
        tagger: &TaggerConfig,
        head: Head<'_>,
        precision: Precision,
    ) -> Result<Self, ModelError> {
        config.check()?;
        let Head { name: head, tags, marks } = head;
        let executors = Executors::new();
        let width = config.hidden_size;
        let linear = |name: &str, outputs: usize, inputs: usize| {
            PackedLinear::load(&executors, source, name, [outputs, inputs], precision)
        };
        let norm = |name: &str| -> Result<Norm, ModelError> {
            let scale = source.values(&format!("{name}.weight"), &[width])?;
            Ok(Norm { scale, shift: source.values(&format!("{name}.bias"), &[width])? })
        };
        let layer = |number: usize| -> Result<Layer, ModelError> {
            let name = |part: &str| format!("encoder.layer.{number}.{part}");
            Ok(Layer {
                qkv: linear(&name("attention.qkv"), 3 * width, width)?,
                attended: linear(&name("attention.output.dense"), width, width)?,
                attended_norm: norm(&name("attention.output.LayerNorm"))?,
                intermediate: linear(&name("intermediate.dense"), config.intermediate_size, width)?,
                output: linear(&name("output.dense"), width, config.intermediate_size)?,
                output_norm: norm(&name("output.LayerNorm"))?,
            })
        };
        let layers = (0..config.num_hidden_layers).map(layer).collect::<Result<_, _>>()?;
        let embeddings = |name: &str| format!("embeddings.{name}_embeddings.weight");
        let words = source.table(&embeddings("word"), [config.vocab_size, width])?;
        let mut positions = source.values(&embeddings("position"), &[config.max_position_embeddings, width])?;
        positions.drain(..(config.first_position() * width).min(positions.len()));
        let mut distances = None;
        match config.architecture {
            Architecture::Bert => {
                let kinds = source.values(&embeddings("token_type"), &[config.type_vocab_size, width])?;
                for row in positions.chunks_exact_mut(width) {
                    row.iter_mut().zip(&kinds).for_each(|(value, kind)| *value += kind);
                }
            }
            Architecture::Mpnet => distances = Some(distance_bias(source, config)?),
        }
        let columns = tagger.columns(width);
        let emission = source.values(&format!("{head}.emission.weight"), &[tags, columns])?;
        let mut recurrent = match tagger.lstm_width {
            0 => None,
            memory => Some(Recurrent::load(source, &format!("{head}.lstm"), [tagger.joined(width), memory])?),
        };
        // With a memory the emissions depend on nothing else.
        let inputs = if recurrent.is_some() { columns } else { width };
        let state_part: Vec<f32> = emission.chunks_exact(columns).flat_map(|row| row[..inputs].iter().copied()).collect();
        let bias = source.values(&format!("{head}.emission.bias"), &[tags])?;
        let (mut piece_shapes, mut shape_emissions) = (Vec::new(), Vec::new());
        if tagger.shape_width > 0 {
            piece_shapes = source.values("shapes.pieces", &[SHAPES.len(), width])?;
            let shapes = source.values("shapes.words", &[SHAPES.len(), tagger.shape_width])?;
            match &mut recurrent {
                Some(recurrent) => recurrent.shapes = (shapes, tagger.shape_width),
                None => {
                    for shape in shapes.chunks_exact(tagger.shape_width) {
                        let rows = emission.chunks_exact(columns);
                        shape_emissions.extend(rows.map(|row| dot(&row[width..width + tagger.shape_width], shape)));
                    }
                }
            }
        }
        let mut part_emissions = Vec::new();
        if tagger.part_width > 0 {
            let parts = source.values(PARTS, &[PART_TAGS, tagger.part_width])?;
            match &mut recurrent {
                Some(recurrent) => recurrent.parts = (parts, tagger.part_width),
                None => {
                    for part in parts.chunks_exact(tagger.part_width) {
                        let rows = emission.chunks_exact(columns);
                        part_emissions.extend(rows.map(|row| dot(&row[width + tagger.shape_width..], part)));
                    }
                }
            }
        }
        Ok(Self {
            heads: config.num_attention_heads,
            width,
            epsilon: config.layer_norm_eps as f32,
            activation: config.activation,
            words: Embedding::new(words, width),
            positions,
            norm: norm("embeddings.LayerNorm")?,
            piece_shapes,
            marks,
            shape_emissions,
            part_emissions,
            layers,
            distances,
            recurrent,
            emission: PackedLinear::of_floats(&state_part, bias, inputs),
            precision,
        })
    }

    /// States and emissions of all words of a text, or of several laid end to end.
    ///
    /// # Errors
    /// When an id or a position lies beyond the embeddings.
    pub fn run(&self, text: &Encoded) -> Result<WordStates, ModelError> {
        let executors = &Executors::new();
        let mut memory = MEMORY.take();
        self.hidden_by(executors, text, &mut memory)?;
        let row = |at: u32| &memory.x[at as usize * self.width..(at as usize + 1) * self.width];
        let mut states = Vec::with_capacity(text.words() * self.width);
        for (&first, &last) in text.first.iter().zip(&text.last) {
            states.extend(row(first).iter().zip(row(last)).map(|(a, b)| 0.5 * (a + b)));
        }
        MEMORY.set(memory);
        let tags = self.emission.outputs();
        let mut emissions = vec![0.0; text.words() * tags];
        let remembered = self.recurrent.as_ref().map(|recurrent| recurrent.run(executors, &states, self.width, text));
        let features = remembered.transpose()?;
        self.emission.apply(executors, features.as_ref().unwrap_or(&states), &mut emissions, &mut Scratch::default())?;
        add_rows(&mut emissions, &self.shape_emissions, &text.shapes, tags);
        add_rows(&mut emissions, &self.part_emissions, &text.parts, tags);
        Ok(WordStates { states, emissions })
    }

    /// Hidden states of the last layer, pieces × width.
    ///
    /// # Errors
    /// When an id or a position lies beyond the embeddings.
    pub fn hidden(&self, text: &Encoded) -> Result<Vec<f32>, ModelError> {
        let mut memory = MEMORY.take();
        self.hidden_by(&Executors::new(), text, &mut memory)?;
        let hidden = memory.x.clone();
        MEMORY.set(memory);
        Ok(hidden)
    }

    /// Leaves the hidden states in `memory.x`. rten-gemm's executors can be shared by threads but not moved to another one, so a
    /// pass makes its own; they hold no data.
    fn hidden_by(&self, executors: &Executors, text: &Encoded, memory: &mut Memory) -> Result<(), ModelError> {
        let pieces = text.packed.ids.len();
        let longest = text.packed.lengths.iter().copied().max().unwrap_or(0);
        if text.packed.ids.iter().any(|&id| id as usize >= self.words.len()) || longest * self.width > self.positions.len() {
            let what = format!("a sequence of {longest} pieces does not fit the encoder's vocabulary or positions");
            return Err(ModelError::Unsupported(what));
        }
        let Memory { x, joint, context } = memory;
        x.resize(pieces * self.width, 0.0);
        joint.resize(pieces * 3 * self.width, 0.0);
        context.resize(pieces * self.width, 0.0);
        self.embed(text, x);
        let Some(first) = self.layers.first() else { return Ok(()) };
        let block = block_rows(pieces);
        self.blocks(block, x, joint, |task, x, joint, _| first.qkv.apply(executors, x, joint, &mut task.scratch))?;
        let bias = self.distances.as_ref();
        let layout = Layout { lengths: &text.packed.lengths, heads: self.heads, width: self.width, bias };
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
        let chunks = x.par_chunks_mut(rows * self.width).zip(joint.par_chunks_mut(rows * 3 * self.width));
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
        wide.resize(x.len() / self.width * layer.intermediate.outputs(), 0.0);
        layer.attended.apply(executors, context, narrow, scratch)?;
        self.add_and_normalise(&layer.attended_norm, x, narrow);
        layer.intermediate.apply_and_activate(self.activation, executors, x, wide, scratch)?;
        layer.output.apply(executors, wide, narrow, scratch)?;
        self.add_and_normalise(&layer.output_norm, x, narrow);
        match next {
            Some(next) => next.qkv.apply(executors, x, joint, scratch),
            None => Ok(()),
        }
    }

    /// `x ← norm(x + added)`, row by row.
    fn add_and_normalise(&self, norm: &Norm, x: &mut [f32], added: &[f32]) {
        add_and_normalize(x, Some(added), &norm.scale, &norm.shift, self.epsilon);
    }

    fn embed(&self, text: &Encoded, x: &mut [f32]) {
        let width = self.width;
        let rows = x.chunks_exact_mut(width).zip(text.packed.positions()).zip(&text.packed.ids);
        for ((row, position), &id) in rows {
            row.copy_from_slice(&self.positions[position as usize * width..(position as usize + 1) * width]);
            self.words.add(id as usize, row);
        }
        add_rows(x, &self.piece_shapes, &text.piece_shapes, width);
        add_rows(x, &self.marks, &text.marks, width);
        add_and_normalize(x, None, &self.norm.scale, &self.norm.shift, self.epsilon);
    }
}

/// Memory of a pass; rows of all pieces.
#[derive(Default)]
struct Memory {
    x: Vec<f32>,
    /// Query, key and value side by side.
    joint: Vec<f32>,
    context: Vec<f32>,
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
    // Kept from pass to pass: fresh memory costs a fault for every page, which is some percent of a pass.
    static MEMORY: Cell<Memory> = Cell::default();
    static TASK: Cell<Task> = Cell::default();
}

/// Rows of a block, so that every thread gets as many blocks as the others.
fn block_rows(rows: usize) -> usize {
    let blocks = rows.div_ceil(LARGEST_BLOCK).max(1).next_multiple_of(rayon::current_num_threads().max(1));
    rows.div_ceil(blocks).max(1)
}

/// Adds to each row of `into` the rows of a table that `rows` names, as many for each; an empty table adds nothing.
fn add_rows(into: &mut [f32], table: &[f32], rows: &[u32], columns: usize) {
    if table.is_empty() {
        return;
    }
    let each = rows.len() / (into.len() / columns).max(1);
    for (into, rows) in into.chunks_exact_mut(columns).zip(rows.chunks_exact(each.max(1))) {
        for &row in rows {
            let row = row as usize * columns..(row as usize + 1) * columns;
            into.iter_mut().zip(table.get(row).unwrap_or_default()).for_each(|(value, added)| *value += added);
        }
    }
}

/// What attention adds at every distance that a sequence of this encoder can have.
fn distance_bias(source: &impl WeightSource, config: &Config) -> Result<DistanceBias, ModelError> {
    let heads = config.num_attention_heads;
    let table = source.values(DISTANCES, &[config.relative_attention_num_buckets, heads])?;
    let kinds = buckets_within(config.longest().max(1), config.relative_attention_num_buckets);
    let of_head = |head: usize| kinds.iter().map(move |&kind| kind as usize * heads + head);
    let values = (0..heads).flat_map(of_head).map(|at| table[at]).collect();
    Ok(DistanceBias::new(config.longest().max(1), values))
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
