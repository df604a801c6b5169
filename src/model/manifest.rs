//! What a model folder says of itself.

mod layout;

use super::ModelError;
use super::calibration::Calibration;
use super::relation::RelationModelConfig;
use super::tagger::TaggerConfig;
use crate::document::Label;
use crate::nlp::WordSplit;
use layout::Layout;
use serde::{Deserialize, Serialize};

/// Format of model folders that this program reads and writes.
pub const FORMAT: u32 = 1;

/// `manifest.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Format of the folder.
    pub format: u32,
    /// Name of the model; the origin of what it proposes.
    pub name: String,
    /// One sentence on what it is.
    pub description: String,
    /// Entity types in the order of the tags.
    pub labels: Vec<Label>,
    /// How text is split into words.
    pub word_split: WordSplit,
    /// Whether the vocabulary is lower-case.
    pub lowercase: bool,
    /// Longest window in pieces, without `[CLS]` and `[SEP]`.
    pub window: usize,
    /// The tagger.
    pub tagger: TaggerConfig,
    /// The relation model, if there is one.
    pub relations: Option<RelationModelConfig>,
    /// How it was trained: the recipe and what it was given.
    pub training: serde_json::Value,
    /// What it scored, on what, by which command.
    pub scores: serde_json::Value,
    /// How its confidence and thresholds were calibrated on documents that it did not see; without it they are the raw ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibration>,
    /// blake3 hash of `weights.safetensors`.
    pub weights_hash: String,
}

impl Manifest {
    /// The bytes of its file.
    ///
    /// # Errors
    /// When it holds what JSON has no word for.
    pub fn to_bytes(&self) -> serde_json::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, Layout::default()))?;
        Ok(bytes)
    }

    /// Reads a manifest and checks its format.
    ///
    /// # Errors
    /// [`ModelError::Version`] for another format, [`ModelError::Damaged`] for anything else that is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, ModelError> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let damaged = |error: serde_json::Error| ModelError::Damaged {
            file: format!("manifest.json:{}:{}", error.line(), error.column()),
            what: error.to_string(),
        };
        let Format { format } = serde_json::from_slice(bytes).map_err(damaged)?;
        if format != FORMAT {
            return Err(ModelError::Version { found: format, expected: FORMAT });
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(damaged)?;
        Ok(Self { calibration: manifest.calibration.map(Calibration::settled).transpose()?, ..manifest })
    }
}
