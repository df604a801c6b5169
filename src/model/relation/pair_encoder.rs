//! The paper's relation model, with gradients: an encoder of its own reads each pair of mentions, and a softmax over its `[CLS]` decides.
//!
//! Types and distances enter as vectors that are added to the embeddings, since the decision is made from `[CLS]` alone: joined behind the
//! encoder they could not reach it. The engine computes the same for inference ([`PairModel`](super::PairModel)).

use super::pair_input::{MARKS_OF_A_PIECE, MarkRows};
use super::pair_model::PairsConfig;
use super::scorer::label_rows;
use crate::document::Label;
use crate::model::ModelError;
use crate::model::encoder::{Affine, Config, Dropout, Encoder};
use crate::model::input::Encoded;
use crate::model::stored::WeightSource;
use crate::model::weights::{Init, Weights};
use crate::nlp::shape::SHAPES;
use candle_core::{Device, Tensor};
use rand_chacha::ChaCha8Rng;

/// Name of the output layer.
pub(super) const HEAD: &str = "outcome";

/// Beginning of the names of the types' vectors.
const TYPES: &str = "type.";

/// Distances from the subject and from the object, and shapes.
const TABLES: [&str; 3] = ["distance.subject", "distance.object", "shapes"];

/// Shape embeddings of the encoder that a pair encoder begins from.
const SHAPES_BEFORE: &str = "shapes.pieces";

/// One of the pair encoders of a model, without the prefix of its weights.
#[derive(Debug)]
pub struct PairEncoder {
    encoder: Encoder,
    /// A vector for each label. Put together with the tables anew for each reading: a copy would not see the optimiser's steps.
    types: Vec<Tensor>,
    tables: Vec<Tensor>,
    output: Affine,
}

impl PairEncoder {
    /// Takes its weights by name, behind a prefix.
    ///
    /// # Errors
    /// When a weight is missing or of the wrong shape.
    pub fn load(
        weights: &Weights,
        prefix: &str,
        (config, outcomes): (&PairsConfig, usize),
        encoder: &Config,
        labels: &[Label],
    ) -> Result<Self, ModelError> {
        let own = weights.under(prefix);
        let width = encoder.hidden_size;
        let types = labels.iter().map(|label| own.get(&format!("{TYPES}{label}"), &[width]));
        let tables = tables(config.rows(labels.len())).into_iter().map(|(name, rows)| own.get(name, &[rows, width]));
        Ok(Self {
            encoder: Encoder::load(&own, encoder)?,
            types: types.collect::<Result<_, _>>()?,
            tables: tables.collect::<Result<_, _>>()?,
            output: Affine::linear(&own, &format!("{HEAD}.emission"), outcomes, width)?,
        })
    }

    /// Puts its weights in where they are missing: those of the encoder as `start` has them, new ones beside them. What is added to the
    /// embeddings begins small, so that the sentences are at first read much as before.
    ///
    /// # Errors
    /// When memory can't be had.
    pub fn ensure(
        weights: &mut Weights,
        prefix: &str,
        (config, outcomes): (&PairsConfig, usize),
        (start, encoder): (&Weights, &Config),
        labels: &[Label],
        rng: &mut ChaCha8Rng,
    ) -> Result<(), ModelError> {
        let width = encoder.hidden_size;
        let of_encoder = |name: &str| name.starts_with("embeddings.") || name.starts_with("encoder.");
        for (name, tensor) in start.iter().filter(|(name, _)| of_encoder(name) || *name == SHAPES_BEFORE) {
            let name = format!("{prefix}{}", if name == SHAPES_BEFORE { TABLES[2] } else { name });
            if !weights.contains(&name) {
                weights.insert(&name, tensor.detach());
            }
        }
        let types: Vec<String> = labels.iter().map(|label| format!("{prefix}{TYPES}{label}")).collect();
        let of_types = format!("{prefix}{TYPES}");
        weights.retain(|name| !name.starts_with(&of_types) || types.iter().any(|kept| kept == name));
        for name in types {
            weights.ensure(&name, &[width], Init::Normal(0.02), rng)?;
        }
        for (name, rows) in tables(config.rows(labels.len())) {
            weights.ensure(&format!("{prefix}{name}"), &[rows, width], Init::Zero, rng)?;
        }
        weights.ensure(&format!("{prefix}{HEAD}.emission.weight"), &[outcomes, width], Init::Normal(0.02), rng)?;
        weights.ensure(&format!("{prefix}{HEAD}.emission.bias"), &[outcomes], Init::Zero, rng)
    }

    /// Scores of each outcome for each pair of a text of pairs, pairs × outcomes, before the softmax.
    ///
    /// # Errors
    /// When the text does not fit the encoder, or memory can't be had.
    pub fn scores(&self, pairs: &Encoded, dropout: &mut Dropout) -> Result<Tensor, ModelError> {
        let types = Tensor::stack(&self.types, 0)?;
        let none = types.narrow(0, 0, 1)?.zeros_like()?;
        let rows: Vec<&Tensor> = [&none, &types].into_iter().chain(&self.tables).collect();
        let marks = Tensor::cat(&rows, 0)?.index_select(&Tensor::new(pairs.marks.as_slice(), &Device::Cpu)?, 0)?;
        let width = marks.dim(1)?;
        let marks = marks.reshape((pairs.packed.ids.len(), MARKS_OF_A_PIECE, width))?.sum(1)?;
        let states = self.encoder.forward(&pairs.packed, Some(&marks), dropout)?;
        let first = states.index_select(&Tensor::new(pairs.first.as_slice(), &Device::Cpu)?, 0)?;
        Ok(self.output.project(&dropout.apply(&first)?)?)
    }
}

/// Name and number of rows of each table behind the types.
fn tables(rows: MarkRows) -> [(&'static str, usize); 3] {
    [(TABLES[0], rows.distances()), (TABLES[1], rows.distances()), (TABLES[2], SHAPES.len())]
}

/// What all marks stand for, marks × encoder width, for an engine.
pub(super) fn mark_rows(
    source: &impl WeightSource,
    config: &PairsConfig,
    labels: &[Label],
    width: usize,
) -> Result<Vec<f32>, ModelError> {
    let mut all = label_rows(source, TYPES, labels, width)?;
    for (name, rows) in tables(config.rows(labels.len())) {
        all.append(&mut source.values(name, &[rows, width])?);
    }
    Ok(all)
}
