//! Checkpoints: all that a training needs to go on exactly as if it had not stopped.

use super::TrainError;
use super::optimizer::AdamW;
use crate::model::quantize::{from_bytes, to_bytes};
use crate::model::weights::Weights;
use candle_core::{Device, Tensor};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The stages of trainings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Encoder and tagger.
    Tagger,
    /// Relation model; of a pair encoder in two stages the first.
    Relations,
    /// Second stage of a pair encoder.
    Roles,
    /// Encoder on other corpora, before the training proper.
    Auxiliary,
    /// Encoder on texts alone.
    Masking,
}

impl Stage {
    /// Its name in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tagger => "tagger",
            Self::Relations => "relations",
            Self::Roles => "roles",
            Self::Auxiliary => "auxiliary",
            Self::Masking => "masking",
        }
    }
}

/// Where a training stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// The stage.
    pub stage: Stage,
    /// Steps done in it.
    pub step: usize,
    /// Hash of recipe and documents: a checkpoint only continues what it was made by.
    pub run: String,
}

/// A checkpoint that was read.
#[derive(Debug)]
pub struct Checkpoint {
    /// Where the training stands.
    pub position: Position,
    /// All weights.
    pub weights: Weights,
    moments: HashMap<String, Vec<f32>>,
}

const FILE: &str = "checkpoint.safetensors";

fn path_in(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// Writes a checkpoint under a temporary name, syncs it, and puts it in the place of the last one.
///
/// # Errors
/// When it can't be written; the last one is then still there.
pub fn save(folder: &Path, position: &Position, weights: &Weights, optimizer: &AdamW) -> Result<(), TrainError> {
    let path = path_in(folder);
    let failed = |error: &dyn std::fmt::Display| TrainError::Input(format!("{}: {error}", path.display()));
    let mut stored: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::new();
    for (name, tensor) in weights.iter() {
        let values = tensor.flatten_all()?.to_vec1::<f32>()?;
        stored.push((format!("weight/{name}"), tensor.dims().to_vec(), to_bytes(&values)));
    }
    for slot in &optimizer.slots {
        for (kind, values) in [("mean", &slot.mean), ("square", &slot.square), ("average", &slot.average)] {
            stored.push((format!("{kind}/{}", slot.name), vec![values.len()], to_bytes(values)));
        }
    }
    let views = stored
        .iter()
        .map(|(name, shape, bytes)| TensorView::new(Dtype::F32, shape.clone(), bytes).map(|view| (name.as_str(), view)));
    let views = views.collect::<Result<Vec<_>, _>>().map_err(|error| failed(&error))?;
    let text = serde_json::to_string(position).map_err(|error| failed(&error))?;
    let bytes = safetensors::serialize(views, Some([("position".to_owned(), text)].into())).map_err(|error| failed(&error))?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|error| failed(&error))?;
    file.write_all(&bytes).and_then(|()| file.as_file().sync_all()).map_err(|error| failed(&error))?;
    file.persist(&path).map_err(|error| failed(&error))?;
    Ok(())
}

impl Checkpoint {
    /// The checkpoint of a folder; `None` when there is none.
    ///
    /// # Errors
    /// When there is one that can't be read.
    pub fn load(folder: &Path) -> Result<Option<Self>, TrainError> {
        let path = path_in(folder);
        if !path.exists() {
            return Ok(None);
        }
        let failed =
            |error: &dyn std::fmt::Display| TrainError::Input(format!("{}: {error}: remove it to begin anew", path.display()));
        let bytes = fs::read(&path).map_err(|error| failed(&error))?;
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|error| failed(&error))?;
        let position = header.metadata().as_ref().and_then(|metadata| metadata.get("position"));
        let position = position.ok_or_else(|| failed(&"it is not a checkpoint of a training"))?;
        let position: Position = serde_json::from_str(position).map_err(|error| failed(&error))?;
        let file = SafeTensors::deserialize(&bytes).map_err(|error| failed(&error))?;
        let (mut weights, mut moments) = (BTreeMap::new(), HashMap::new());
        for (name, view) in file.iter() {
            let values = from_bytes(view.data());
            match name.strip_prefix("weight/") {
                Some(weight) => {
                    weights.insert(weight.to_owned(), Tensor::from_vec(values, view.shape(), &Device::Cpu)?);
                }
                None => {
                    moments.insert(name.to_owned(), values);
                }
            }
        }
        Ok(Some(Self { position, weights: Weights::new(weights), moments }))
    }

    /// Gives an optimiser of the same weights its memory back.
    ///
    /// # Errors
    /// When a weight has another size than in the checkpoint.
    pub fn restore(&mut self, optimizer: &mut AdamW) -> Result<(), TrainError> {
        optimizer.step = self.position.step;
        for slot in &mut optimizer.slots {
            for (kind, into) in [("mean", &mut slot.mean), ("square", &mut slot.square), ("average", &mut slot.average)] {
                let name = format!("{kind}/{}", slot.name);
                let values = self.moments.remove(&name).filter(|values| values.len() == into.len());
                *into = values.ok_or_else(|| TrainError::Input(format!("the checkpoint has no fitting \"{name}\"")))?;
            }
        }
        Ok(())
    }
}

/// Removes the checkpoint of a finished training.
///
/// # Errors
/// When it is there and can't be removed.
pub fn remove(folder: &Path) -> Result<(), TrainError> {
    match fs::remove_file(path_in(folder)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(TrainError::Input(format!("{}: {error}", path_in(folder).display())))
        }
        _ => Ok(()),
    }
}
