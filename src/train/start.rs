//! The encoder that a training begins from, alone or inside a model that goes on learning.

use super::TrainError;
use crate::document::Label;
use crate::formats::replace_bytes;
use crate::model::ModelError;
use crate::model::bounded;
use crate::model::checkpoint::{self, Vocabulary};
use crate::model::encoder::{Config, Encoder};
use crate::model::folder::{MANIFEST, parse_config};
use crate::model::manifest::Manifest;
use crate::model::quantize;
use crate::model::relation::{PairsConfig, RelationConfig, RelationModelConfig};
use crate::model::weights::Weights;
use crate::nlp::pieces::PieceEncoder;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// An encoder folder in Hugging Face layout, or a model folder.
#[derive(Debug)]
pub(super) struct StartingEncoder {
    folder: PathBuf,
    /// What a model folder says of itself; its tagger and relation scorer go on learning where they fit the training.
    pub(super) model: Option<Manifest>,
    pub(super) config_bytes: Vec<u8>,
    pub(super) config: Config,
    pub(super) vocabulary: Vocabulary,
    /// Layers that are in its file of weights but are not wanted.
    given_up: Range<usize>,
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
        let path = folder.join("config.json");
        let config = parse_config(&config_bytes).map_err(|error| TrainError::within(folder, error))?;
        config.check().map_err(|error| TrainError::at(&path, error))?;
        let vocabulary = match &model {
            Some(model) => {
                let lines = String::from_utf8_lossy(&read("vocab.txt")?).into_owned();
                Vocabulary { lines, lowercase: model.lowercase }
            }
            None => Vocabulary::read(folder)?,
        };
        let start = Self { folder: folder.to_path_buf(), model, config_bytes, config, vocabulary, given_up: 0..0 };
        let (pieces, known) = (start.pieces()?.vocab_size(), start.config.vocab_size);
        if pieces > known {
            let what = format!("\"vocab_size\" is {known}, but the vocabulary beside it has {pieces} pieces");
            return Err(TrainError::at(&path, what));
        }
        Ok(start)
    }

    /// Its weights.
    ///
    /// # Errors
    /// When the file is missing or damaged, or holds other weights than the configuration speaks of; the sentence names file and weight.
    pub(super) fn weights(&self) -> Result<Weights, TrainError> {
        if self.model.is_none() {
            let mut weights = checkpoint::weights(&self.folder)?;
            weights.retain(|name| self.is_kept(name));
            checkpoint::check(&self.folder, &weights, &self.config)?;
            return Ok(weights);
        }
        let mut weights = quantize::from_safetensors(&self.weight_bytes()?)?;
        weights.retain(|name| self.is_kept(name));
        // Otherwise what is missing would begin at random and nobody would know.
        Encoder::load(&weights, &self.config).map_err(|error| TrainError::at(&self.folder.join("weights.safetensors"), error))?;
        Ok(weights)
    }

    fn weight_bytes(&self) -> Result<Vec<u8>, TrainError> {
        match self.model {
            Some(_) => Ok(bounded::read_weights(&self.folder.join("weights.safetensors"))?),
            // Not safetensors always, so there may be no header to look at.
            None => Ok(bounded::read(&checkpoint::weights_file(&self.folder)?, bounded::MAX_WEIGHTS)?),
        }
    }

    /// Keeps so many of its layers, the lowest, and gives up the others.
    ///
    /// # Errors
    /// When there are not as many.
    pub(super) fn keep_layers(&mut self, layers: usize) -> Result<(), TrainError> {
        let path = self.folder.join("config.json");
        let there = self.config.num_hidden_layers;
        if layers > there {
            let what = format!("the encoder has {there} layers, but the recipe wants to keep {layers}");
            return Err(TrainError::at(&path, what));
        }
        let mut config: serde_json::Value =
            serde_json::from_slice(&self.config_bytes).map_err(|error| TrainError::at(&path, error))?;
        config["num_hidden_layers"] = layers.into();
        self.config_bytes = serde_json::to_vec_pretty(&config).map_err(|error| TrainError::at(&path, error))?;
        self.config.num_hidden_layers = layers;
        self.given_up = layers..there;
        Ok(())
    }

    fn is_kept(&self, name: &str) -> bool {
        let layer = name.strip_prefix("encoder.layer.").and_then(|rest| rest.split('.').next()?.parse().ok());
        layer.is_none_or(|layer: usize| !self.given_up.contains(&layer))
    }

    /// The labels of a training on documents with these: those of the model it begins from come first, in its order, so that what it
    /// has learned of them is of use.
    pub(super) fn labels(&self, found: Vec<Label>) -> Vec<Label> {
        before(self.model.as_ref().map(|model| model.labels.as_slice()), found)
    }

    /// The same of roles.
    pub(super) fn roles(&self, found: Vec<Label>) -> Vec<Label> {
        before(self.relations().map(RelationModelConfig::roles), found)
    }

    /// The relation model of the model it begins from.
    fn relations(&self) -> Option<&RelationModelConfig> {
        self.model.as_ref()?.relations.as_ref()
    }

    /// The same if it is a pair encoder.
    pub(super) fn pair_encoder(&self) -> Option<&PairsConfig> {
        match self.relations()? {
            RelationModelConfig::Pairs(config) => Some(config),
            _ => None,
        }
    }

    /// The same if it is a scorer.
    pub(super) fn scorer(&self) -> Option<&RelationConfig> {
        self.relations()?.scorer()
    }

    /// Hash of all that it brings: a training that begins from another encoder is another training.
    ///
    /// # Errors
    /// When the weights can't be read.
    pub(super) fn hash(&self) -> Result<String, TrainError> {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.config_bytes).update(self.vocabulary.lines.as_bytes()).update(&self.weight_bytes()?);
        if !self.vocabulary.lowercase {
            hasher.update(b"cased");
        }
        Ok(hasher.finalize().to_hex().to_string())
    }

    /// What cuts words up for it.
    ///
    /// # Errors
    /// When its vocabulary is not that of such a model.
    pub(super) fn pieces(&self) -> Result<PieceEncoder, TrainError> {
        let Vocabulary { lines, lowercase } = &self.vocabulary;
        Ok(PieceEncoder::new(lines, *lowercase).map_err(|error| ModelError::Pieces(error.to_string()))?)
    }

    /// Writes an encoder folder with these weights, without those of output layers.
    ///
    /// # Errors
    /// When a file can't be written.
    pub(super) fn write_encoder(&self, folder: &Path, weights: &Weights) -> Result<(), TrainError> {
        fs::create_dir_all(folder).map_err(|error| TrainError::at(folder, error))?;
        let kept = weights.iter().filter(|(name, _)| Weights::belongs_to_encoder(name));
        let kept = kept.map(|(name, tensor)| (name.to_owned(), tensor.detach())).collect();
        // Under another name first, and on disk before anything says that the encoder is finished.
        let path = folder.join("model.safetensors");
        let unfinished = folder.join("model.safetensors.unfinished");
        candle_core::safetensors::save(&kept, &unfinished)?;
        let on_disk = fs::File::open(&unfinished).and_then(|file| file.sync_all());
        on_disk.and_then(|()| fs::rename(&unfinished, &path)).map_err(|error| TrainError::at(&path, error))?;
        let settings = self.vocabulary.settings();
        let files = [
            ("config.json", self.config_bytes.as_slice()),
            ("vocab.txt", self.vocabulary.lines.as_bytes()),
            ("tokenizer_config.json", settings.as_bytes()),
        ];
        for (name, bytes) in files {
            let path = folder.join(name);
            replace_bytes(&path, bytes).map_err(|error| TrainError::at(&path, error))?;
        }
        Ok(())
    }

    /// Longest window without `[CLS]` and `[SEP]`, at most `wanted`.
    pub(super) fn window(&self, wanted: usize) -> usize {
        wanted.min(self.config.longest().saturating_sub(2))
    }
}

/// The known labels, then the others.
pub(super) fn before(known: Option<&[Label]>, found: Vec<Label>) -> Vec<Label> {
    let mut labels = known.unwrap_or_default().to_vec();
    found.into_iter().for_each(|label| {
        if !labels.contains(&label) {
            labels.push(label);
        }
    });
    labels
}
