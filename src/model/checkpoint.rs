//! Encoder folders in Hugging Face layout: `config.json`, the weights in `model.safetensors` or `pytorch_model.bin`, the vocabulary in
//! `vocab.txt` or `tokenizer.json`.

mod names;
mod pytorch;
mod vocabulary;

pub use vocabulary::Vocabulary;

use super::ModelError;
use super::bounded;
use super::encoder::{Config, Encoder};
use super::weights::Weights;
use candle_core::{DType, Device, Tensor};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Files that hold weights, the better one first.
const FILES: [&str; 2] = ["model.safetensors", "pytorch_model.bin"];

/// The file of an encoder folder that holds its weights.
///
/// # Errors
/// When there is none.
pub fn weights_file(folder: &Path) -> Result<PathBuf, ModelError> {
    let found = FILES.iter().map(|name| folder.join(name)).find(|path| path.is_file());
    found.ok_or_else(|| damaged(folder, format!("there is no {} and no {} in it", FILES[0], FILES[1])))
}

/// The weights of an encoder folder in our names. Weights of heads and of other models stay out.
///
/// # Errors
/// When there is no file of weights, or it can't be read or lacks a part of a query, key and value; the sentence names file and weight.
pub fn weights(folder: &Path) -> Result<Weights, ModelError> {
    let path = weights_file(folder)?;
    let named = if path.ends_with(FILES[0]) { safetensors(&path)? } else { pytorch::read(&path)? };
    names::ours(named).map_err(|error| at(&path, error))
}

/// Whether an encoder folder's weights are those that its configuration speaks of: all of them, in their shapes, and no further layers.
///
/// # Errors
/// The sentence names file and weight.
pub fn check(folder: &Path, weights: &Weights, config: &Config) -> Result<(), ModelError> {
    let path = weights_file(folder)?;
    Encoder::load(weights, config).map_err(|error| at(&path, error))?;
    let beyond = format!("encoder.layer.{}.", config.num_hidden_layers);
    match weights.iter().find(|(name, _)| name.starts_with(&beyond)) {
        Some((name, _)) => {
            let what =
                format!("it has \"{}\", but config.json speaks of {} layers", names::theirs(name), config.num_hidden_layers);
            Err(damaged(&path, what))
        }
        None => Ok(()),
    }
}

fn safetensors(path: &Path) -> Result<HashMap<String, Tensor>, ModelError> {
    let bytes = bounded::read_weights(path)?;
    candle_core::safetensors::load_buffer(&bytes, &Device::Cpu).map_err(|error| damaged(path, error))
}

/// Checkpoints come in half precision too.
fn to_f32(tensor: &Tensor) -> candle_core::Result<Tensor> {
    tensor.to_dtype(DType::F32)
}

fn damaged(path: &Path, what: impl std::fmt::Display) -> ModelError {
    ModelError::Damaged { file: path.display().to_string(), what: what.to_string() }
}

/// What is wrong with a weight, with the file that it is of.
fn at(path: &Path, error: ModelError) -> ModelError {
    match error {
        ModelError::MissingWeight(name) => damaged(path, ModelError::MissingWeight(names::theirs(&name))),
        ModelError::Shape { name, found, expected } => {
            damaged(path, ModelError::Shape { name: names::theirs(&name), found, expected })
        }
        ModelError::Tensor(error) => damaged(path, error),
        other => other,
    }
}

#[cfg(test)]
pub(crate) mod tests;
