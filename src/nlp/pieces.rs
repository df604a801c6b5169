//! Word pieces of BERT: from words to the ids that the encoder has embeddings for.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizers::bert::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::{Model, NormalizedString, Normalizer, OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer};

/// A word of more characters, or of more pieces, becomes one `[UNK]`, as in BERT.
pub const LONGEST_WORD: usize = 100;

/// Why a vocabulary or a word could not be used.
#[derive(Debug, thiserror::Error)]
pub enum PieceError {
    /// The vocabulary lacks one of the tokens that BERT cannot do without.
    #[error("the vocabulary has no line \"{0}\": it is not the vocabulary of a BERT model")]
    MissingToken(&'static str),
    /// The tokenizer library refused.
    #[error("the word \"{word}\" could not be cut into pieces: {reason}")]
    Tokenizer {
        /// The word.
        word: String,
        /// What the library says.
        reason: String,
    },
    /// The vocabulary could not be read.
    #[error("the vocabulary could not be read: {0}")]
    Vocabulary(String),
}

/// The ids of the tokens with a meaning of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpecialIds {
    /// `[CLS]` or `<s>`, before all words.
    pub cls: u32,
    /// `[SEP]` or `</s>`, behind all words.
    pub sep: u32,
    /// `[PAD]` or `<pad>`, fills up a batch.
    pub pad: u32,
    /// `[UNK]`, stands for what the vocabulary cannot spell.
    pub unk: u32,
    /// `[MASK]` or `<mask>`, if the vocabulary has it.
    pub mask: Option<u32>,
}

impl SpecialIds {
    /// The piece that stands for something that is not written: `[MASK]`, or `[UNK]` where the vocabulary has none.
    pub fn placeholder(self) -> u32 {
        self.mask.unwrap_or(self.unk)
    }
}

/// How BERT spells the tokens before, behind and beside the words, and the one that hides others.
const BERT_TOKENS: [&str; 4] = ["[CLS]", "[SEP]", "[PAD]", "[MASK]"];

/// How MPNet does. Its vocabulary is BERT's with these added, so they come first where they are there.
const MPNET_TOKENS: [&str; 4] = ["<s>", "</s>", "<pad>", "<mask>"];

/// The pieces of one word, at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordPieces {
    /// The ids in order. Equal words share them.
    pub ids: Arc<[u32]>,
}

/// Cuts words into pieces by the vocabulary of a BERT model. Adds no special tokens, cuts nothing off and fills nothing up.
pub struct PieceEncoder {
    normalizer: BertNormalizer,
    model: WordPiece,
    special: SpecialIds,
    size: usize,
}

impl fmt::Debug for PieceEncoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { normalizer, special, size, .. } = self;
        f.debug_struct("PieceEncoder").field("normalizer", normalizer).field("special", special).field("size", size).finish()
    }
}

impl PieceEncoder {
    /// An encoder from the content of a `vocab.txt` (one piece per line, the id is the line number from 0). `lowercase` must be what
    /// the model was trained with; it also strips accents.
    ///
    /// # Errors
    /// [`PieceError::MissingToken`] when `[UNK]`, `[CLS]`, `[SEP]` or `[PAD]` is not in it.
    pub fn new(vocab: &str, lowercase: bool) -> Result<Self, PieceError> {
        let vocab = WordPiece::read_bytes(vocab.as_bytes()).map_err(|error| PieceError::Vocabulary(error.to_string()))?;
        let id = |token: &'static str| vocab.get(token).copied().ok_or(PieceError::MissingToken(token));
        let mpnet = MPNET_TOKENS.iter().all(|&token| vocab.contains_key(token));
        let [cls, sep, pad, mask] = if mpnet { MPNET_TOKENS } else { BERT_TOKENS };
        let special =
            SpecialIds { unk: id("[UNK]")?, cls: id(cls)?, sep: id(sep)?, pad: id(pad)?, mask: vocab.get(mask).copied() };
        let size = vocab.values().max().map_or(0, |&highest| highest as usize + 1);
        let model =
            WordPiece::builder().vocab(vocab).unk_token("[UNK]".to_owned()).max_input_chars_per_word(LONGEST_WORD).build();
        let model = model.map_err(|error| PieceError::Vocabulary(error.to_string()))?;
        Ok(Self { normalizer: BertNormalizer::new(true, true, Some(lowercase), lowercase), model, special, size })
    }

    /// The ids of the special tokens.
    pub fn special(&self) -> SpecialIds {
        self.special
    }

    /// One more than the highest id: the rows that the embedding must have at least.
    pub fn vocab_size(&self) -> usize {
        self.size
    }

    /// The id of a piece as the vocabulary spells it (`##ing`).
    pub fn id_of(&self, piece: &str) -> Option<u32> {
        self.model.token_to_id(piece)
    }

    /// The piece with this id.
    #[cfg(test)]
    pub fn piece_of(&self, id: u32) -> Option<String> {
        self.model.id_to_token(id)
    }

    /// The pieces of each word, in order. A word of which the normaliser leaves nothing is `[UNK]`.
    ///
    /// # Errors
    /// [`PieceError::Tokenizer`] when the library refuses a word; no input is known for which it does.
    pub fn encode_words(&self, words: &[&str]) -> Result<Vec<WordPieces>, PieceError> {
        let mut known: HashMap<&str, Arc<[u32]>> = HashMap::new();
        let mut all = Vec::with_capacity(words.len());
        for &word in words {
            let ids = match known.get(word) {
                Some(ids) => Arc::clone(ids),
                None => {
                    let ids: Arc<[u32]> = self.encode_word(word)?.into();
                    known.insert(word, Arc::clone(&ids));
                    ids
                }
            };
            all.push(WordPieces { ids });
        }
        Ok(all)
    }

    fn encode_word(&self, word: &str) -> Result<Vec<u32>, PieceError> {
        let mut ids =
            self.pieces(word).map_err(|error| PieceError::Tokenizer { word: word.to_owned(), reason: error.to_string() })?;
        if ids.is_empty() || ids.len() > LONGEST_WORD {
            ids = vec![self.special.unk];
        }
        Ok(ids)
    }

    fn pieces(&self, word: &str) -> tokenizers::Result<Vec<u32>> {
        let mut normalized = NormalizedString::from(word);
        self.normalizer.normalize(&mut normalized)?;
        // A word may still hold several of BERT's own words: punctuation that the word split keeps, or Chinese characters.
        let mut parts = PreTokenizedString::from(normalized);
        BertPreTokenizer.pre_tokenize(&mut parts)?;
        let mut ids = Vec::new();
        for (part, _, _) in parts.get_splits(OffsetReferential::Normalized, OffsetType::Byte) {
            ids.extend(self.model.tokenize(part)?.into_iter().map(|token| token.id));
        }
        Ok(ids)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VOCAB: &str =
        "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nmutation\n##s\np\n##53\nnf\n-\nkappa\nMutation\ncafe\ncafé\n蛋\n白\n";

    fn encode(lowercase: bool, words: &[&str]) -> Vec<Vec<String>> {
        let encoder = PieceEncoder::new(VOCAB, lowercase).unwrap();
        let pieces = encoder.encode_words(words).unwrap();
        assert_eq!(pieces.len(), words.len());
        pieces.iter().map(|word| word.ids.iter().map(|&id| encoder.piece_of(id).unwrap()).collect()).collect()
    }

    #[test]
    fn words_are_cut_into_the_longest_pieces() {
        assert_eq!(encode(true, &["Mutations", "p53", "-"]), [vec!["mutation", "##s"], vec!["p", "##53"], vec!["-"]]);
        assert_eq!(encode(false, &["Mutations"]), [vec!["Mutation", "##s"]]);
    }

    #[test]
    fn accents_go_with_lower_case_only() {
        assert_eq!(encode(true, &["Café"]), [["cafe"]]);
        assert_eq!(encode(false, &["café"]), [["café"]]);
    }

    #[test]
    fn a_word_that_bert_would_split_has_the_pieces_of_all_parts() {
        assert_eq!(encode(true, &["NF-kappa", "蛋白"]), [vec!["nf", "-", "kappa"], vec!["蛋", "白"]]);
    }

    #[test]
    fn every_word_has_a_piece() {
        let long = "p".repeat(LONGEST_WORD + 1);
        let hyphens = "-".repeat(LONGEST_WORD + 1);
        let unknown = vec!["[UNK]".to_owned()];
        assert_eq!(encode(true, &["", "\u{200b}", "\u{0}", "xyz", &long, &hyphens]), vec![unknown; 6]);
        assert!(encode(true, &[]).is_empty());
    }

    #[test]
    fn a_list_that_is_no_bert_vocabulary_is_refused() {
        let error = PieceEncoder::new("[UNK]\n[CLS]\nthe\n", true).unwrap_err();
        assert_eq!(error.to_string(), "the vocabulary has no line \"[SEP]\": it is not the vocabulary of a BERT model");
        let encoder = PieceEncoder::new(VOCAB, true).unwrap();
        assert_eq!(encoder.special(), SpecialIds { pad: 0, unk: 1, cls: 2, sep: 3, mask: Some(4) });
        assert_eq!((encoder.vocab_size(), encoder.id_of("##53")), (17, Some(8)));
    }

    #[test]
    fn a_vocabulary_with_the_tokens_of_mpnet_uses_these() {
        let encoder = PieceEncoder::new("<s>\n<pad>\n</s>\n[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\np\n<mask>\n", true).unwrap();
        assert_eq!(encoder.special(), SpecialIds { cls: 0, pad: 1, sep: 2, unk: 4, mask: Some(9) });
    }
}
