//! The pass from pieces to states and emissions.

use super::Precision;
use super::embedding::Embedding;
use super::layers::{Layers, LayersShape, Memory, Norm};
use super::linear::{Executors, PackedLinear, Scratch};
use super::recurrent::Recurrent;
use crate::model::ModelError;
use crate::model::encoder::{Architecture, Config, DISTANCES, buckets_within};
use crate::model::input::Encoded;
use crate::model::kernels::{DistanceBias, add_and_normalize};
use crate::model::stored::WeightSource;
use crate::model::tagger::{HEAD, PART_TAGS, PARTS, TaggerConfig, WordStates};
use crate::nlp::shape::SHAPES;

/// Encoder and emissions, ready to run.
pub struct Engine {
    width: usize,
    epsilon: f32,
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
    layers: Layers,
    /// A memory between states and emissions.
    recurrent: Option<Recurrent>,
    emission: PackedLinear,
    precision: Precision,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Engine({} layers, {} wide, {}, {})", self.layers.number(), self.width, self.precision, Executors::new().name())
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
        let width = config.hidden_size;
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
        let epsilon = config.layer_norm_eps as f32;
        let shape = LayersShape {
            heads: config.num_attention_heads,
            width,
            inner: config.intermediate_size,
            epsilon,
            activation: config.activation,
        };
        let names: Vec<String> = (0..config.num_hidden_layers).map(|number| format!("encoder.layer.{number}")).collect();
        let layers = Layers::load(source, &names, shape, precision)?.with_distances(distances);
        Ok(Self {
            width,
            epsilon,
            words: Embedding::new(words, width),
            positions,
            norm: Norm::load(source, "embeddings.LayerNorm", width)?,
            piece_shapes,
            marks,
            shape_emissions,
            part_emissions,
            layers,
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
        let mut memory = Memory::take();
        self.hidden_by(executors, text, &mut memory)?;
        let row = |at: u32| &memory.x[at as usize * self.width..(at as usize + 1) * self.width];
        let mut states = Vec::with_capacity(text.words() * self.width);
        for (&first, &last) in text.first.iter().zip(&text.last) {
            states.extend(row(first).iter().zip(row(last)).map(|(a, b)| 0.5 * (a + b)));
        }
        memory.give_back();
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
        let mut memory = Memory::take();
        self.hidden_by(&Executors::new(), text, &mut memory)?;
        let hidden = memory.x.clone();
        memory.give_back();
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
        memory.x.resize(pieces * self.width, 0.0);
        self.embed(text, &mut memory.x);
        self.layers.run(executors, &text.packed.lengths, memory)
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
