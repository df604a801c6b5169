//! Which part of a text the relation scorer reads: the sentences that hold mentions.

use super::{Candidates, Mention};
use crate::model::input::Encoded;
use std::ops::Range;

/// Words that are read at once; whole sentences, so that one sentence alone may be longer. Attention over three times as many takes
/// longer and finds no more (models/TRIALS.md).
const SEQUENCE: usize = 120;

/// The words of the sentences that hold mentions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    sentences: Vec<Range<usize>>,
    /// Number of words in scope before each word of the text, and in all.
    before: Vec<usize>,
}

impl Scope {
    /// Of a text of so many words.
    pub fn of(candidates: &Candidates, words: usize) -> Self {
        let touched = |sentence: &&Range<usize>| {
            candidates.mentions.iter().any(|m| m.words.start < sentence.end && sentence.start < m.words.end)
        };
        let sentences: Vec<Range<usize>> = candidates.sentences.iter().filter(touched).cloned().collect();
        let mut before = vec![0; words + 1];
        for word in sentences.iter().cloned().flatten() {
            before[word + 1] = 1;
        }
        for word in 0..words {
            before[word + 1] += before[word];
        }
        Self { sentences, before }
    }

    /// The words in scope, in order.
    pub fn words(&self) -> impl Iterator<Item = usize> + '_ {
        self.sentences.iter().cloned().flatten()
    }

    /// Number of words in scope.
    pub fn len(&self) -> usize {
        self.before.last().copied().unwrap_or(0)
    }

    /// Whether no word is in scope.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where the words of a range come among those in scope.
    pub fn rows(&self, words: &Range<usize>) -> Range<usize> {
        self.before[words.start]..self.before[words.end]
    }

    /// Lengths in words of the sequences that the reader reads at once: whole sentences.
    pub(super) fn sequences(&self) -> Vec<usize> {
        let mut lengths: Vec<usize> = Vec::new();
        for sentence in &self.sentences {
            match lengths.last_mut() {
                Some(length) if *length + sentence.len() <= SEQUENCE => *length += sentence.len(),
                _ => lengths.push(sentence.len()),
            }
        }
        lengths
    }

    /// The words in scope as the encoder reads them a second time, each piece of a mention marked with its type.
    ///
    /// The sentences stand one behind the other as if nothing had been between them, in sequences no longer than those of the text.
    pub fn marked(&self, text: &Encoded, mentions: &[Mention]) -> Encoded {
        let mut labels = vec![0_u32; text.words()];
        for mention in mentions {
            labels[mention.words.clone()].fill(mention.label as u32 + 1);
        }
        let pieces = |word: usize| text.first[word] as usize..text.last[word] as usize + 1;
        let limit = text.packed.lengths.iter().copied().max().unwrap_or(0).saturating_sub(2);
        let mut marked = Marked { text, into: Encoded::default(), open: 0 };
        for sentence in &self.sentences {
            let count: usize = sentence.clone().map(|word| pieces(word).len()).sum();
            marked.make_room(count, limit);
            for word in sentence.clone() {
                marked.make_room(pieces(word).len(), limit);
                marked.push(word, pieces(word), labels[word]);
            }
        }
        marked.close();
        marked.into
    }
}

/// A text while it is put together.
struct Marked<'a> {
    text: &'a Encoded,
    into: Encoded,
    /// Pieces of the sequence that is not closed yet, without `[CLS]`.
    open: usize,
}

impl Marked<'_> {
    fn push_piece(&mut self, row: usize, mark: u32) {
        self.into.packed.ids.push(self.text.packed.ids[row]);
        self.into.piece_shapes.push(self.text.piece_shapes[row]);
        self.into.marks.push(mark);
    }

    /// Closes the sequence when so many more pieces would be too long for it.
    fn make_room(&mut self, pieces: usize, limit: usize) {
        if self.open > 0 && self.open + pieces > limit {
            self.close();
        }
    }

    fn push(&mut self, word: usize, pieces: Range<usize>, mark: u32) {
        if self.open == 0 {
            // Every sequence of the text begins with `[CLS]` and ends with `[SEP]`.
            self.push_piece(0, 0);
        }
        self.open += pieces.len();
        self.into.first.push(self.into.packed.ids.len() as u32);
        pieces.for_each(|row| self.push_piece(row, mark));
        self.into.last.push(self.into.packed.ids.len() as u32 - 1);
        self.into.shapes.push(self.text.shapes[word]);
    }

    fn close(&mut self) {
        if self.open > 0 {
            self.push_piece(self.text.packed.lengths[0] - 1, 0);
            self.into.packed.lengths.push(self.open + 2);
            self.open = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::input::Packed;

    #[test]
    fn only_sentences_with_mentions_are_in_scope() {
        let mentions = vec![Mention { words: 4..6, label: 0 }, Mention { words: 11..12, label: 1 }];
        let candidates = Candidates::find(mentions, &[0..3, 3..7, 7..10, 10..12], None);
        let scope = Scope::of(&candidates, 12);
        assert_eq!(scope.words().collect::<Vec<_>>(), [3, 4, 5, 6, 10, 11]);
        assert_eq!(scope.sequences(), [6]);
        assert_eq!(scope.len(), 6);
        assert_eq!(scope.rows(&(4..6)), 1..3);
        assert_eq!(scope.rows(&(11..12)), 5..6);
    }

    #[test]
    fn a_long_text_is_read_in_sequences_of_whole_sentences() {
        let ranges = |lengths: &[usize]| -> Vec<Range<usize>> {
            let starts = lengths.iter().scan(0, |next, length| Some(std::mem::replace(next, *next + length)));
            starts.zip(lengths).map(|(start, length)| start..start + length).collect()
        };
        // The third fills the first sequence to the last word; the last is longer than a sequence by itself.
        let sentences = ranges(&[50, 30, SEQUENCE - 80, 70, 60, SEQUENCE + 30]);
        let words = sentences.last().map_or(0, |last| last.end);
        let mentions = sentences.iter().map(|sentence| Mention { words: sentence.start..sentence.start + 1, label: 0 }).collect();
        let scope = Scope::of(&Candidates::find(mentions, &sentences, None), words);
        assert_eq!(scope.sequences(), [SEQUENCE, 70, 60, SEQUENCE + 30]);
    }

    /// Four words in two sentences, the third of two pieces: `[CLS] a b | c c d [SEP]`.
    fn text() -> Encoded {
        Encoded {
            packed: Packed { ids: vec![1, 10, 11, 12, 13, 14, 2], lengths: vec![7] },
            piece_shapes: vec![0, 3, 4, 5, 5, 6, 0],
            marks: Vec::new(),
            first: vec![1, 2, 3, 5],
            last: vec![1, 2, 4, 5],
            shapes: vec![3, 4, 5, 6],
            parts: Vec::new(),
            sentences: vec![0..2, 2..4],
        }
    }

    #[test]
    fn mentions_are_marked_in_the_sentences_that_hold_them() {
        let mentions = vec![Mention { words: 2..3, label: 4 }];
        let candidates = Candidates::find(mentions.clone(), &text().sentences, None);
        let marked = Scope::of(&candidates, 4).marked(&text(), &mentions);
        assert_eq!(marked.packed, Packed { ids: vec![1, 12, 13, 14, 2], lengths: vec![5] });
        assert_eq!(marked.marks, [0, 5, 5, 0, 0]);
        assert_eq!(marked.piece_shapes, [0, 5, 5, 6, 0]);
        assert_eq!((marked.first, marked.last, marked.shapes), (vec![1, 3], vec![2, 3], vec![5, 6]));
    }

    #[test]
    fn a_sequence_is_never_longer_than_those_of_the_text() {
        let mut text = text();
        text.packed = Packed { ids: vec![1, 10, 11, 2, 1, 12, 13, 14, 2], lengths: vec![4, 5] };
        text.piece_shapes = vec![0; 9];
        (text.first, text.last) = (vec![1, 2, 5, 7], vec![1, 2, 6, 7]);
        let mentions = vec![Mention { words: 0..1, label: 0 }, Mention { words: 3..4, label: 1 }];
        let candidates = Candidates::find(mentions.clone(), &text.sentences, None);
        let marked = Scope::of(&candidates, 4).marked(&text, &mentions);
        assert_eq!(marked.packed, text.packed, "each sentence in its own sequence again");
        assert_eq!(marked.marks, [0, 1, 0, 0, 0, 0, 0, 2, 0]);
        assert_eq!((marked.first, marked.last), (text.first, text.last));
    }
}
