//! The vocabulary of an encoder folder, and whether it knows capitals.

use super::damaged;
use crate::model::{ModelError, bounded};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

/// Word pieces, as a `vocab.txt` has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vocabulary {
    /// A piece on each line; its id is the number of the line, from 0.
    pub lines: String,
    /// Whether text is made lower-case, and accents taken off, before it is looked up.
    pub lowercase: bool,
}

/// `tokenizer.json`, as far as it matters here. Its lengths to cut off at and to fill up to are left alone.
#[derive(Debug, Deserialize)]
struct Tokenizer {
    #[serde(default)]
    added_tokens: Vec<AddedToken>,
    #[serde(default)]
    normalizer: Option<Normalizer>,
    model: TokenizerModel,
}

#[derive(Debug, Deserialize)]
struct AddedToken {
    id: u32,
    content: String,
}

#[derive(Debug, Deserialize)]
struct Normalizer {
    lowercase: Option<bool>,
    strip_accents: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct TokenizerModel {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default = "continuation")]
    continuing_subword_prefix: String,
    /// Of other kinds it is not always a map.
    #[serde(default)]
    vocab: serde_json::Value,
}

fn continuation() -> String {
    "##".to_owned()
}

/// `tokenizer_config.json`, as far as it matters here.
#[derive(Debug, Default, Deserialize)]
struct TokenizerConfig {
    do_lower_case: Option<bool>,
    strip_accents: Option<bool>,
}

const VOCABULARY: &str = "vocab.txt";
const TOKENIZER: &str = "tokenizer.json";
const TOKENIZER_CONFIG: &str = "tokenizer_config.json";

impl Vocabulary {
    /// Reads `vocab.txt`, or the vocabulary of `tokenizer.json`. Whether it is lower-case says `tokenizer_config.json`, else
    /// `tokenizer.json`, else the vocabulary: one without a capital is.
    ///
    /// # Errors
    /// When neither is there, a file is no such file, or asks for what is not done here.
    pub fn read(folder: &Path) -> Result<Self, ModelError> {
        let tokenizer: Option<Tokenizer> = json(folder, TOKENIZER)?;
        let settings: TokenizerConfig = json(folder, TOKENIZER_CONFIG)?.unwrap_or_default();
        let path = folder.join(VOCABULARY);
        let lines = match (bytes(&path)?, &tokenizer) {
            (Some(bytes), _) => String::from_utf8(bytes)
                .map_err(|error| damaged(&path, format!("byte {} is not UTF-8", error.utf8_error().valid_up_to())))?,
            (None, Some(tokenizer)) => tokenizer.lines().map_err(|what| damaged(&folder.join(TOKENIZER), what))?,
            (None, None) => return Err(damaged(folder, format!("there is no {VOCABULARY} and no {TOKENIZER} in it"))),
        };
        let normalizer = tokenizer.and_then(|tokenizer| tokenizer.normalizer);
        let (by_normalizer, accents) = normalizer.map_or((None, None), |n| (n.lowercase, n.strip_accents));
        let lowercase = settings.do_lower_case.or(by_normalizer).unwrap_or_else(|| !has_capitals(&lines));
        // What is not said goes with the case, as in BERT.
        if let Some(accents) = settings.strip_accents.or(accents).filter(|accents| *accents != lowercase) {
            let what = format!("accents are stripped ({accents}) otherwise than case ({lowercase}), which is not supported");
            return Err(damaged(&folder.join(TOKENIZER_CONFIG), what));
        }
        Ok(Self { lines, lowercase })
    }

    /// `tokenizer_config.json` for this vocabulary.
    pub fn settings(&self) -> String {
        format!("{{\"do_lower_case\": {}}}\n", self.lowercase)
    }
}

/// A JSON file of a folder; `None` when there is none.
fn json<T: DeserializeOwned>(folder: &Path, name: &str) -> Result<Option<T>, ModelError> {
    let path = folder.join(name);
    let read = |bytes: Vec<u8>| serde_json::from_slice(&bytes).map_err(|error| damaged(&path, error));
    bytes(&path)?.map(read).transpose()
}

/// A file, as those of a model folder are read; `None` when there is none.
fn bytes(path: &Path) -> Result<Option<Vec<u8>>, ModelError> {
    match bounded::read(path, bounded::MAX_TEXT) {
        Err(ModelError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    }
}

/// Whether a piece that is no special token has a capital.
fn has_capitals(lines: &str) -> bool {
    let special = |piece: &str| piece.starts_with(['[', '<']) && piece.ends_with([']', '>']);
    lines.lines().any(|piece| !special(piece) && piece.chars().any(char::is_uppercase))
}

impl Tokenizer {
    /// The pieces in the order of their ids. An id that no piece has gets a line that no word can match.
    fn lines(&self) -> Result<String, String> {
        let kind = self.model.kind.as_deref().unwrap_or("unknown");
        if kind != "WordPiece" || self.model.continuing_subword_prefix != "##" {
            return Err(format!("its model is of the kind {kind:?}: only \"WordPiece\" with \"##\" is supported"));
        }
        let vocab: BTreeMap<String, u32> = serde_json::from_value(self.model.vocab.clone()).map_err(|error| error.to_string())?;
        let added = self.added_tokens.iter().map(|token| (token.id, token.content.as_str()));
        let pieces: BTreeMap<u32, &str> = vocab.iter().map(|(piece, &id)| (id, piece.as_str())).chain(added).collect();
        let count = pieces.last_key_value().map_or(0, |(&id, _)| id as usize + 1);
        // Ids are dense in real vocabularies; a stray one must not make a list of billions.
        if count > 2 * pieces.len() + 1000 {
            return Err(format!("its highest id is {}, but it has {} pieces", count - 1, pieces.len()));
        }
        let line = |id: usize| pieces.get(&(id as u32)).map_or_else(|| format!("[no piece {id}]"), |piece| (*piece).to_owned());
        Ok((0..count).map(|id| line(id) + "\n").collect())
    }
}
