//! A whole model: loaded from its folder or from the binary, saved to a folder.

use super::ModelError;
use super::bounded;
use super::decoder::Decoder;
use super::encoder::Config;
use super::engine::{Engine, Head, Precision};
use super::input::{Encoded, Packed};
use super::manifest::Manifest;
use super::quantize;
use super::relation::{Candidates, Mention, Outcomes, PAIRS, RelationModel, RelationModelConfig, Scope, mark_rows};
use super::relevance::Relevance;
use super::stored::{StoredWeights, WeightSource};
use super::tagger::{HEAD, TaggerConfig, WordStates};
use super::weights::Weights;
use crate::nlp::bio::TagSet;
use crate::nlp::pieces::PieceEncoder;
use crate::nlp::pos::{PosTagger, TableError};
use crate::nlp::{self, Context, WordSplit, shape};
use crate::text::{CharSpan, SourceText};
use std::borrow::Cow;
use std::fs;
use std::io::Write;
use std::path::Path;

/// The four files of a model folder.
#[derive(Clone, Debug)]
pub struct ModelFiles {
    /// `manifest.json`
    pub manifest: Cow<'static, [u8]>,
    /// `config.json`: the encoder's configuration in Hugging Face's form.
    pub config: Cow<'static, [u8]>,
    /// `vocab.txt`
    pub vocab: Cow<'static, [u8]>,
    /// `weights.safetensors`
    pub weights: Cow<'static, [u8]>,
}

/// The file that makes a folder a model folder.
pub const MANIFEST: &str = "manifest.json";

/// Names of the files in the order of the fields.
const NAMES: [&str; 4] = [MANIFEST, "config.json", "vocab.txt", "weights.safetensors"];

impl ModelFiles {
    /// Reads a model folder.
    ///
    /// # Errors
    /// When one of the files can't be read, or is larger than what it claims or than any model.
    pub fn read(folder: &Path) -> Result<Self, ModelError> {
        let read = |name: &str| bounded::read(&folder.join(name), bounded::MAX_TEXT).map(Cow::Owned);
        let [manifest, config, vocab, weights] = NAMES;
        let weights = folder.join(weights);
        let (manifest, config, vocab) = (read(manifest)?, read(config)?, read(vocab)?);
        Ok(Self { manifest, config, vocab, weights: Cow::Owned(bounded::read_weights(&weights)?) })
    }

    /// Writes a model folder, each file under a temporary name first.
    ///
    /// # Errors
    /// When the folder can't be made or a file can't be written.
    pub fn write(&self, folder: &Path) -> Result<(), ModelError> {
        fs::create_dir_all(folder).map_err(failed(folder))?;
        // The manifest comes last: a folder with a manifest is whole.
        for (name, bytes) in NAMES.iter().zip([&self.manifest, &self.config, &self.vocab, &self.weights]).rev() {
            replace(folder, name, bytes)?;
        }
        Ok(())
    }
}

/// Reads the manifest of a model folder.
///
/// # Errors
/// When it can't be read or is damaged.
pub fn read_manifest(folder: &Path) -> Result<Manifest, ModelError> {
    Manifest::parse(&bounded::read(&folder.join(MANIFEST), bounded::MAX_TEXT)?)
}

/// Puts another manifest into a model folder, under a temporary name first.
///
/// # Errors
/// When it can't be written.
pub fn write_manifest(folder: &Path, manifest: &Manifest) -> Result<(), ModelError> {
    let path = folder.join(MANIFEST);
    let bytes = manifest.to_bytes().map_err(|error| failed(&path)(error.into()))?;
    replace(folder, MANIFEST, &bytes)
}

/// Writes a file of a folder under a temporary name and then gives it its own.
fn replace(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), ModelError> {
    let path = folder.join(name);
    let mut builder = tempfile::Builder::new();
    // As any other new file, for a model is no secret; without a word a temporary file is its owner's alone.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder).map_err(failed(&path))?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(failed(&path))?;
    file.persist(&path).map_err(|error| failed(&path)(error.error))?;
    Ok(())
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> ModelError + use<> {
    let path = path.to_path_buf();
    move |source| ModelError::Io { path, source }
}

/// A text cut up for the model.
#[derive(Debug)]
pub struct Prepared {
    /// Its words.
    pub words: Vec<CharSpan>,
    /// What the encoder reads.
    pub encoded: Encoded,
}

/// Cuts texts up for an encoder.
#[derive(Debug)]
pub struct Preparer {
    pieces: PieceEncoder,
    word_split: WordSplit,
    window: usize,
    context: Context,
    parts: Option<PosTagger>,
}

impl Preparer {
    /// By this vocabulary and split, in windows of at most `window` pieces without `[CLS]` and `[SEP]`.
    pub fn new(pieces: PieceEncoder, word_split: WordSplit, window: usize) -> Self {
        Self { pieces, word_split, window, context: Context::default(), parts: None }
    }

    /// The same as this tagger needs it: with its context, and with parts of speech if it has an embedding for them.
    ///
    /// # Errors
    /// When the tables of the part-of-speech tagger are damaged.
    pub fn for_tagger(self, tagger: &TaggerConfig) -> Result<Self, ModelError> {
        let parts = (tagger.part_width > 0).then(PosTagger::built_in).transpose();
        let damaged = |error: TableError| ModelError::Damaged { file: "pos.safetensors".to_owned(), what: error.to_string() };
        Ok(Self { parts: parts.map_err(damaged)?, context: tagger.context, ..self })
    }

    /// Its vocabulary.
    pub fn pieces(&self) -> &PieceEncoder {
        &self.pieces
    }

    /// Cuts a text up: sentences, words, pieces, windows.
    ///
    /// # Errors
    /// When a word can't be cut into pieces.
    pub fn prepare(&self, text: &SourceText) -> Result<Prepared, ModelError> {
        self.prepare_in(self.context, text)
    }

    /// The same to be read in another context.
    ///
    /// # Errors
    /// As for [`Self::prepare`].
    pub fn prepare_in(&self, context: Context, text: &SourceText) -> Result<Prepared, ModelError> {
        let words = nlp::words(text, self.word_split);
        let sentences = nlp::word_ranges(&nlp::sentences(text), &words);
        let covered: Vec<&str> = words.iter().map(|&word| text.slice(word).unwrap_or_default()).collect();
        let pieces = self.pieces.encode_words(&covered).map_err(|error| ModelError::Pieces(error.to_string()))?;
        let shapes: Vec<u32> = covered.iter().map(|word| shape::shape(word)).collect();
        let parts = self.parts.as_ref().map_or_else(Vec::new, |tagger| tagger.tag_words(text, &words, &sentences));
        let parts = parts.into_iter().map(u32::from).collect();
        let mut encoded = Encoded { shapes, parts, sentences, ..Encoded::default() };
        let counts: Vec<usize> = pieces.iter().map(|word| word.ids.len()).collect();
        let special = self.pieces.special();
        for window in nlp::windows(&counts, &encoded.sentences, self.window, context) {
            let from = encoded.packed.ids.len();
            push(&mut encoded.packed, &mut encoded.piece_shapes, &[special.cls], 0);
            for word in window.words {
                let first = encoded.packed.ids.len() as u32;
                push(&mut encoded.packed, &mut encoded.piece_shapes, &pieces[word].ids, encoded.shapes[word]);
                if window.core.contains(&word) {
                    encoded.first.push(first);
                    encoded.last.push(encoded.packed.ids.len() as u32 - 1);
                }
            }
            push(&mut encoded.packed, &mut encoded.piece_shapes, &[special.sep], 0);
            encoded.packed.lengths.push(encoded.packed.ids.len() - from);
        }
        Ok(Prepared { words, encoded })
    }
}

/// A loaded model.
#[derive(Debug)]
pub struct Model {
    manifest: Manifest,
    preparer: Preparer,
    tags: TagSet,
    engine: Engine,
    decoder: Decoder,
    relevance: Option<Relevance>,
    relations: Option<RelationModel>,
}

impl Model {
    /// Puts a model together from its parts.
    ///
    /// # Errors
    /// When the parts do not fit each other.
    pub fn assemble(
        manifest: Manifest,
        config: &Config,
        pieces: PieceEncoder,
        weights: &Weights,
        precision: Precision,
    ) -> Result<Self, ModelError> {
        Self::put_together(manifest, config, pieces, (weights, weights), precision)
    }

    /// The engine takes its weights from the first source, decoder and scorer from the second.
    fn put_together(
        manifest: Manifest,
        config: &Config,
        pieces: PieceEncoder,
        (source, weights): (&impl WeightSource, &Weights),
        precision: Precision,
    ) -> Result<Self, ModelError> {
        check_sizes(&manifest, config)?;
        if pieces.vocab_size() > config.vocab_size {
            let (found, known) = (pieces.vocab_size(), config.vocab_size);
            let what = format!("it has {found} pieces, but the encoder knows {known}");
            return Err(ModelError::Damaged { file: "vocab.txt".to_owned(), what });
        }
        if manifest.window > config.longest().saturating_sub(2) || manifest.window == 0 {
            let (window, limit) = (manifest.window, config.longest());
            let what = format!("windows of {window} pieces do not fit the encoder's {limit} positions");
            return Err(ModelError::Damaged { file: "manifest.json".to_owned(), what });
        }
        let tags = TagSet::new(manifest.labels.iter().cloned()).with_scheme(manifest.tagger.scheme);
        let scorer = manifest.relations.as_ref().and_then(RelationModelConfig::scorer);
        let marked = scorer.is_some_and(|scorer| scorer.marked);
        let mut head = Head::tagger(tags.len());
        if marked {
            head.marks = mark_rows(source, tags.labels(), config.hidden_size)?;
        }
        let engine = Engine::new(source, config, &manifest.tagger, head, precision)?;
        let decoder = Decoder::load(weights, &manifest.tagger, &tags, HEAD)?;
        let of_sentences = manifest.tagger.relevance;
        let relevance = of_sentences.map(|it| Relevance::load(weights, it, config.hidden_size, HEAD)).transpose()?.flatten();
        let known = (tags.labels(), pieces.special().placeholder());
        let load = |relations| RelationModel::load((source, weights), relations, config, known, precision);
        let relations = manifest.relations.as_ref().map(load).transpose()?;
        let preparer = Preparer::new(pieces, manifest.word_split, manifest.window).for_tagger(&manifest.tagger)?;
        Ok(Self { manifest, preparer, tags, engine, decoder, relevance, relations })
    }

    /// Loads a model from its files.
    ///
    /// # Errors
    /// When a file is damaged, of another version, or does not fit the others.
    pub fn load(files: &ModelFiles, precision: Precision) -> Result<Self, ModelError> {
        let manifest = Manifest::parse(&files.manifest)?;
        let found = blake3::hash(&files.weights).to_hex();
        if found.as_str() != manifest.weights_hash {
            let what = "its bytes are not those that the manifest was written for: the file is damaged or from another model";
            return Err(ModelError::Damaged { file: "weights.safetensors".to_owned(), what: what.to_owned() });
        }
        let config = parse_config(&files.config)?;
        let vocab = std::str::from_utf8(&files.vocab).map_err(|error| ModelError::Damaged {
            file: "vocab.txt".to_owned(),
            what: format!("byte {} is not UTF-8", error.valid_up_to()),
        })?;
        let pieces = PieceEncoder::new(vocab, manifest.lowercase).map_err(|error| ModelError::Pieces(error.to_string()))?;
        let stored = StoredWeights::new(&files.weights)?;
        let of_engine = |name: &str| ["encoder.", "embeddings.", PAIRS].iter().any(|start| name.starts_with(start));
        let rest = quantize::some_from_safetensors(&files.weights, |name| !of_engine(name))?;
        Self::put_together(manifest, &config, pieces, (&stored, &rest), precision)
    }

    /// Loads a model from its files once for each of these contexts, in which it reads instead of its own; without any once, in its own.
    ///
    /// # Errors
    /// As for [`Self::load`].
    pub fn load_in(files: &ModelFiles, contexts: &[Context], precision: Precision) -> Result<Vec<Self>, ModelError> {
        if contexts.is_empty() {
            return Ok(vec![Self::load(files, precision)?]);
        }
        contexts.iter().map(|&context| Ok(Self::load(files, precision)?.reading_in(context))).collect()
    }

    fn reading_in(mut self, context: Context) -> Self {
        self.manifest.tagger.context = context;
        self.preparer.context = context;
        self
    }

    /// What the model says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Its tags.
    pub fn tags(&self) -> &TagSet {
        &self.tags
    }

    /// What computes states and emissions.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// What makes spans of emissions.
    pub fn decoder(&self) -> &Decoder {
        &self.decoder
    }

    /// What is added to the emissions of a text's words once all its sentences are read, if it knows anything of sentences.
    pub fn relevance(&self) -> Option<&Relevance> {
        self.relevance.as_ref()
    }

    /// Its relation model, if it has one.
    pub fn relations(&self) -> Option<&RelationModel> {
        self.relations.as_ref()
    }

    /// Probability of each outcome (no role, then each role) for each pair of mentions of a text that was read; nothing without a
    /// relation model. `None` when `stopped`, which is asked now and then by models that take their time, said so.
    ///
    /// # Errors
    /// When the arithmetic fails.
    pub fn outcomes(
        &self,
        text: &Encoded,
        states: &WordStates,
        candidates: &Candidates,
        stopped: &dyn Fn() -> bool,
    ) -> Result<Option<Outcomes>, ModelError> {
        match &self.relations {
            None => Ok(Some(Outcomes::default())),
            Some(RelationModel::Scorer(scorer)) => {
                let scope = Scope::of(candidates, text.words());
                let in_scope = self.states_in_scope(text, states, &scope, &candidates.mentions)?;
                scorer.outcomes_of(&in_scope, &scope, candidates).map(Some)
            }
            Some(RelationModel::Rule(rule)) => Ok(Some(rule.outcomes(candidates))),
            Some(RelationModel::Pairs(pairs)) => pairs.outcomes(text, candidates, stopped),
        }
    }

    /// States and emissions of a text, read window by window. What it knows of whole sentences is not in the emissions yet.
    ///
    /// # Errors
    /// When the arithmetic fails.
    pub fn read(&self, text: &Encoded) -> Result<WordStates, ModelError> {
        let mut states = WordStates::default();
        for window in text.windows() {
            states.append(self.engine.run(&window)?);
        }
        Ok(states)
    }

    /// States of the words in scope, laid end to end, from which roles are found: read anew with the mentions marked, or those that
    /// the tags were found from, as the scorer wants it.
    ///
    /// # Errors
    /// When the arithmetic fails.
    pub fn states_in_scope(
        &self,
        text: &Encoded,
        states: &WordStates,
        scope: &Scope,
        mentions: &[Mention],
    ) -> Result<Vec<f32>, ModelError> {
        if self.relations.as_ref().and_then(RelationModel::scorer).is_some_and(|scorer| scorer.config().marked) {
            return Ok(self.read(&scope.marked(text, mentions))?.states);
        }
        let width = states.states.len() / text.words().max(1);
        let mut in_scope = Vec::with_capacity(scope.len() * width);
        for word in scope.words() {
            in_scope.extend_from_slice(&states.states[word * width..(word + 1) * width]);
        }
        Ok(in_scope)
    }

    /// What cuts texts up for it.
    pub fn preparer(&self) -> &Preparer {
        &self.preparer
    }

    /// Cuts a text up for this model.
    ///
    /// # Errors
    /// When a word can't be cut into pieces.
    pub fn prepare(&self, text: &SourceText) -> Result<Prepared, ModelError> {
        self.preparer.prepare(text)
    }
}

/// Largest width or number of anything: far beyond all models, and no product of two of them overflows.
const MAX_SIZE: usize = 1 << 24;

/// Refuses sizes that no model has, before anything is multiplied or taken by them.
fn check_sizes(manifest: &Manifest, config: &Config) -> Result<(), ModelError> {
    let encoder = [config.vocab_size, config.hidden_size, config.num_hidden_layers, config.intermediate_size];
    let encoder = encoder.into_iter().chain([config.max_position_embeddings, config.type_vocab_size]);
    let relations = manifest.relations.iter().flat_map(|relations| match relations {
        RelationModelConfig::Scorer(it) => vec![it.state_width, it.heads, it.hidden_width, it.message_width],
        RelationModelConfig::Rule(_) => Vec::new(),
        RelationModelConfig::Pairs(it) => vec![it.reach],
    });
    let heads = relations.chain([manifest.tagger.shape_width, manifest.tagger.part_width, manifest.window]);
    let of = |file: &'static str| move |size| (file, size);
    let refused = encoder.map(of("config.json")).chain(heads.map(of("manifest.json"))).find(|(_, size)| *size > MAX_SIZE);
    refused.map_or(Ok(()), |(file, size)| {
        Err(ModelError::Damaged {
            file: file.to_owned(),
            what: format!("it asks for a size of {size}; none is beyond {MAX_SIZE}"),
        })
    })
}

fn push(packed: &mut Packed, shapes: &mut Vec<u32>, ids: &[u32], shape: u32) {
    packed.ids.extend_from_slice(ids);
    shapes.extend(std::iter::repeat_n(shape, ids.len()));
}

/// Reads an encoder configuration in Hugging Face's form.
///
/// # Errors
/// When it is not JSON or lacks a key.
pub fn parse_config(bytes: &[u8]) -> Result<Config, ModelError> {
    serde_json::from_slice(bytes).map_err(|error| ModelError::Damaged {
        file: format!("config.json:{}:{}", error.line(), error.column()),
        what: error.to_string(),
    })
}

#[cfg(test)]
pub(crate) mod tests;
