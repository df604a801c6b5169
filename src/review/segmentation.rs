//! Sentences and words of a document, as `nlp` finds them; this room only uses them.

use crate::text::{CharOffset, CharSpan};

/// Where the sentences and words of a document are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Segmentation {
    sentences: Vec<CharSpan>,
    words: Vec<CharSpan>,
}

impl Segmentation {
    /// From sentences and words in any order.
    pub fn new(mut sentences: Vec<CharSpan>, mut words: Vec<CharSpan>) -> Self {
        sentences.sort_unstable();
        words.sort_unstable();
        Self { sentences, words }
    }

    /// The sentences in text order; they do not overlap.
    pub fn sentences(&self) -> &[CharSpan] {
        &self.sentences
    }

    /// The words in text order; they do not overlap.
    pub fn words(&self) -> &[CharSpan] {
        &self.words
    }

    /// Index of the sentence that holds a position; between two sentences it is the one before; `None` before the first.
    pub fn sentence_at(&self, at: CharOffset) -> Option<usize> {
        self.sentences.partition_point(|sentence| sentence.start() <= at).checked_sub(1)
    }
}
