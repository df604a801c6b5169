//! The encoder that a training begins from, alone or inside a model that goes on learning.

use super::TrainError;
use crate::document::Label;
use crate::model::ModelError;
use crate::model::bounded;
use crate::model::encoder::Config;
use crate::model::folder::{MANIFEST, parse_config};
use crate::model::manifest::Manifest;
use crate::model::quantize;
use crate::model::relation::RelationConfig;
use crate::model::weights::Weights;
use crate::nlp::pieces::PieceEncoder;
use std::path::{Path, PathBuf};

/// An encoder folder in Hugging Face layout, or a model folder.
#[derive(Debug)]
pub(super) struct StartingEncoder {
    folder: PathBuf,
    /// What a model folder says of itself; its tagger and relation scorer go on learning where they fit the training.
    pub(super) model: Option<Manifest>,
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
        let read = |name: &str| bounded::read(&folder.join(name), bounded::MAX_TEXT);
        let manifest = folder.join(MANIFEST);
        let model = manifest.is_file().then(|| Ok::<_, TrainError>(Manifest::parse(&read(MANIFEST)?)?)).transpose()?;
        let config_bytes = read("config.json")?;
        let config = parse_config(&config_bytes)?;
        Ok(Self { folder: folder.to_path_buf(), model, config_bytes, config, vocab: read("vocab.txt")? })
    }

    /// Its weights.
    ///
    /// # Errors
    /// When the file is missing or damaged.
    pub(super) fn weights(&self) -> Result<Weights, TrainError> {
        if self.model.is_none() {
            return Ok(Weights::from_checkpoint(&self.folder)?);
        }
        Ok(quantize::from_safetensors(&self.weight_bytes()?)?)
    }

    fn weight_bytes(&self) -> Result<Vec<u8>, TrainError> {
        let path = match self.model {
            Some(_) => self.folder.join("weights.safetensors"),
            None => Weights::checkpoint_file(&self.folder),
        };
        Ok(bounded::read_weights(&path)?)
    }

    /// The labels of a training on documents with these: those of the model it begins from come first, in its order, so that what it
    /// has learned of them is of use.
    pub(super) fn labels(&self, found: Vec<Label>) -> Vec<Label> {
        before(self.model.as_ref().map(|model| model.labels.as_slice()), found)
    }

    /// The same of roles.
    pub(super) fn roles(&self, found: Vec<Label>) -> Vec<Label> {
        before(self.relations().map(|relations| relations.roles.as_slice()), found)
    }

    /// The relation scorer of the model it begins from.
    pub(super) fn relations(&self) -> Option<&RelationConfig> {
        self.model.as_ref()?.relations.as_ref()
    }

    /// Hash of all that it brings: a training that begins from another encoder is another training.
    ///
    /// # Errors
    /// When the weights can't be read.
    pub(super) fn hash(&self) -> Result<String, TrainError> {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.config_bytes).update(&self.vocab).update(&self.weight_bytes()?);
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

/// The known labels, then the others.
fn before(known: Option<&[Label]>, found: Vec<Label>) -> Vec<Label> {
    let mut labels = known.unwrap_or_default().to_vec();
    found.into_iter().for_each(|label| {
        if !labels.contains(&label) {
            labels.push(label);
        }
    });
    labels
}
