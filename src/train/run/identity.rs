//! Which training this is, and whether it is done already.

use super::{Beside, Inputs};
use crate::document::Document;
use crate::model::folder::MANIFEST;
use crate::model::manifest::Manifest;
use crate::train::TrainError;
use crate::train::start::StartingEncoder;

/// What the model of a training that is finished already says of itself; `None` when there is none.
///
/// # Errors
/// When the model that is there was made by another recipe, from another encoder or on other documents.
pub(super) fn finished(inputs: &Inputs, id: &str) -> Result<Option<Manifest>, TrainError> {
    let folder = inputs.out.join("model");
    let Ok(bytes) = std::fs::read(folder.join(MANIFEST)) else { return Ok(None) };
    let manifest = Manifest::parse(&bytes)?;
    if manifest.training.get("run").and_then(serde_json::Value::as_str) != Some(id) {
        return Err(TrainError::made_by_another(&folder, "model"));
    }
    Ok(Some(manifest))
}

/// Hash of all that decides what a training makes: recipe, held-out fold, encoder, documents and what is beside them.
pub(super) fn run_id(inputs: &Inputs, start: &StartingEncoder, beside: &Beside) -> Result<String, TrainError> {
    let Inputs { recipe, documents, fold, .. } = inputs;
    let mut hasher = blake3::Hasher::new();
    hasher.update(serde_json::to_string(&(recipe, fold.as_ref().map(|(_, fold)| fold))).unwrap_or_default().as_bytes());
    hasher.update(start.hash()?.as_bytes());
    if let Some(teachers) = &beside.teachers {
        teachers.hash(&mut hasher);
    }
    beside.auxiliary.hash(&mut hasher);
    let mut sorted: Vec<&Document> = documents.iter().collect();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    for document in sorted {
        hasher.update(document.name.as_bytes());
        hasher.update(document.text.as_str().as_bytes());
        for entity in document.entities.values() {
            hasher.update(serde_json::to_string(entity).unwrap_or_default().as_bytes());
        }
        for relation in document.relations.values() {
            hasher.update(serde_json::to_string(relation).unwrap_or_default().as_bytes());
        }
    }
    Ok(hasher.finalize().to_hex().to_string())
}
