//! The encoder that a training begins from.

use super::TrainError;
use crate::model::ModelError;
use crate::model::encoder::Config;
use crate::model::folder::parse_config;
use crate::model::weights::Weights;
use crate::nlp::pieces::PieceEncoder;
use std::fs;
use std::path::{Path, PathBuf};

/// An encoder folder in Hugging Face layout.
#[derive(Debug)]
pub(super) struct StartingEncoder {
    folder: PathBuf,
    pub(super) config_bytes: Vec<u8>,
    pub(super) config: Config,
    pub(super) vocab: Vec<u8>,
}

impl StartingEncoder {
    /// Reads configuration and vocabulary.
    ///
    /// # Errors
    /// When one of them is missing or wrong; the sentence names the file.
    pub(super) fn read(folder: &Path) -> Result<Self, TrainError> {
        let read = |name: &str| {
            let path = folder.join(name);
            fs::read(&path).map_err(|error| TrainError::at(&path, error))
        };
        let config_bytes = read("config.json")?;
        let config = parse_config(&config_bytes)?;
        Ok(Self { folder: folder.to_path_buf(), config_bytes, config, vocab: read("vocab.txt")? })
    }

    /// Its weights.
    ///
    /// # Errors
    /// When the file is missing or damaged.
    pub(super) fn weights(&self) -> Result<Weights, TrainError> {
        Ok(Weights::from_checkpoint(&self.folder)?)
    }

    /// Hash of all that it brings: a training that begins from another encoder is another training.
    ///
    /// # Errors
    /// When the weights can't be read.
    pub(super) fn hash(&self) -> Result<String, TrainError> {
        let path = Weights::checkpoint_file(&self.folder);
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.config_bytes).update(&self.vocab);
        hasher.update(&fs::read(&path).map_err(|error| TrainError::at(&path, error))?);
        Ok(hasher.finalize().to_hex().to_string())
    }

    /// Its vocabulary.
    ///
    /// # Errors
    /// When it is not that of a BERT model.
    pub(super) fn pieces(&self, lowercase: bool) -> Result<PieceEncoder, TrainError> {
        let text = String::from_utf8_lossy(&self.vocab);
        Ok(PieceEncoder::new(&text, lowercase).map_err(|error| ModelError::Pieces(error.to_string()))?)
    }

    /// Longest window without `[CLS]` and `[SEP]`, at most `wanted`.
    pub(super) fn window(&self, wanted: usize) -> usize {
        wanted.min(self.config.max_position_embeddings.saturating_sub(2))
    }
}
