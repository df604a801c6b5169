//! What the encoder reads: pieces of one or more sequences laid end to end, and where the words are in them.

use std::ops::Range;

/// Sequences of word pieces laid end to end, each with its `[CLS]` and `[SEP]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packed {
    /// Piece ids of all sequences.
    pub ids: Vec<u32>,
    /// Lengths of the sequences; they add up to the number of ids.
    pub lengths: Vec<usize>,
}

impl Packed {
    /// Position of each piece in its sequence, from 0.
    pub fn positions(&self) -> Vec<u32> {
        self.lengths.iter().flat_map(|&length| 0..length as u32).collect()
    }

    /// Adds the sequences of another behind these.
    pub fn extend(&mut self, other: &Self) {
        self.ids.extend_from_slice(&other.ids);
        self.lengths.extend_from_slice(&other.lengths);
    }
}

/// A text as the model sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Encoded {
    /// The pieces, in windows when the text is longer than the encoder's limit.
    pub packed: Packed,
    /// For each piece the shape class of its word; 0 for `[CLS]` and `[SEP]`.
    pub piece_shapes: Vec<u32>,
    /// In a text that is read to find roles, what a piece is told of the mentions, the same number of marks for each piece: for the
    /// scorer 0, or 1 + the label of the mention that it is part of; for the pair encoder see there. Empty in other texts.
    pub marks: Vec<u32>,
    /// For each word the row of its first piece, in the window in which the word has its context.
    pub first: Vec<u32>,
    /// For each word the row of its last piece.
    pub last: Vec<u32>,
    /// For each word its shape class.
    pub shapes: Vec<u32>,
    /// For each word the id of its part of speech; empty when the model does not ask for it.
    pub parts: Vec<u32>,
    /// Words of each sentence, in order; they cover all words.
    pub sentences: Vec<Range<usize>>,
}

impl Encoded {
    /// Number of words.
    pub fn words(&self) -> usize {
        self.first.len()
    }

    /// The words of each sequence of pieces, in order; together they are all words.
    pub fn words_of_sequences(&self) -> Vec<Range<usize>> {
        let (mut row, mut word) = (0, 0);
        let sequence = |&length: &usize| {
            let from = word;
            row += length;
            word = self.first.partition_point(|&first| (first as usize) < row);
            from..word
        };
        self.packed.lengths.iter().map(sequence).collect()
    }

    /// Lays texts end to end, so that one pass of the encoder reads them all. Either all of them are marked or none.
    pub fn join(texts: &[&Self]) -> Self {
        let mut joined = Self::default();
        for text in texts {
            let (rows, words) = (joined.packed.ids.len() as u32, joined.first.len());
            joined.packed.extend(&text.packed);
            joined.piece_shapes.extend_from_slice(&text.piece_shapes);
            joined.marks.extend_from_slice(&text.marks);
            joined.first.extend(text.first.iter().map(|row| row + rows));
            joined.last.extend(text.last.iter().map(|row| row + rows));
            joined.shapes.extend_from_slice(&text.shapes);
            joined.parts.extend_from_slice(&text.parts);
            joined.sentences.extend(text.sentences.iter().map(|range| range.start + words..range.end + words));
        }
        joined
    }

    /// The windows, each as a text of its own; together they have all words in order. Sentences are left out: a sentence may
    /// lie in two windows.
    pub fn windows(&self) -> impl Iterator<Item = Self> + '_ {
        let mut from = 0;
        let marks = self.marks.len() / self.packed.ids.len().max(1);
        self.packed.lengths.iter().map(move |&length| {
            let (start, end) = (from, from + length);
            from = end;
            let first_word = self.first.partition_point(|&row| (row as usize) < start);
            let last_word = self.first.partition_point(|&row| (row as usize) < end);
            let shift = |rows: &[u32]| rows[first_word..last_word].iter().map(|row| row - start as u32).collect();
            Self {
                packed: Packed { ids: self.packed.ids[start..end].to_vec(), lengths: vec![length] },
                piece_shapes: self.piece_shapes[start..end].to_vec(),
                marks: self.marks.get(start * marks..end * marks).unwrap_or_default().to_vec(),
                first: shift(&self.first),
                last: shift(&self.last),
                shapes: self.shapes[first_word..last_word].to_vec(),
                parts: self.parts.get(first_word..last_word).unwrap_or_default().to_vec(),
                sentences: Vec::new(),
            }
        })
    }
}
