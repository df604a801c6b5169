//! What the pair encoder reads of a pair of mentions, as the paper has it:
//!
//! ```text
//! [CLS] loss of %Gene through its %Var reduces growth . [SEP] p53 R175H [SEP]
//!                                                             subject, object
//! ```
//!
//! The sentences of the two, each mention replaced by its type; behind `[SEP]` the texts of both. Each piece is told how far it is from
//! either mention. All else that is known of the text, also other mentions, stays as it is written.

use super::{CandidatePair, Candidates};
use crate::model::input::Encoded;
use std::ops::Range;

/// Marks of a piece: type, distance from the subject, distance from the object, shape of the word.
pub(super) const MARKS_OF_A_PIECE: usize = 4;

/// Share of a sequence that the text of one mention takes at most.
const LARGEST_TEXT: usize = 4;

/// Where the marks lie in the table of what they stand for: a row that stands for nothing, the types, the distances from the subject, those
/// from the object, and the shapes.
#[derive(Clone, Copy, Debug)]
pub(super) struct MarkRows {
    /// Number of labels.
    pub(super) labels: usize,
    /// Pieces up to which distances are told apart.
    pub(super) reach: usize,
}

/// A side of the pair.
#[derive(Clone, Copy)]
enum End {
    Subject,
    Object,
}

impl MarkRows {
    /// Rows of one table of distances: from `-reach` to `reach`, and one for the text of the mention itself, which stands behind `[SEP]`.
    pub(super) fn distances(self) -> usize {
        2 * self.reach + 2
    }

    fn of_type(self, label: usize) -> u32 {
        1 + label as u32
    }

    fn from(self, end: End) -> usize {
        1 + self.labels + if matches!(end, End::Object) { self.distances() } else { 0 }
    }

    fn distance(self, end: End, distance: isize) -> u32 {
        let reach = self.reach as isize;
        (self.from(end) + (distance.clamp(-reach, reach) + reach) as usize) as u32
    }

    fn text(self, end: End) -> u32 {
        (self.from(end) + self.distances() - 1) as u32
    }

    fn shape(self, shape: u32) -> u32 {
        (1 + self.labels + 2 * self.distances()) as u32 + shape
    }
}

/// Writes pairs of a text down for the encoder.
#[derive(Debug)]
pub(super) struct PairWriter<'a> {
    pub(super) text: &'a Encoded,
    pub(super) candidates: &'a Candidates,
    pub(super) rows: MarkRows,
    /// The piece that stands for a mention; its type is added to it.
    pub(super) type_piece: u32,
    /// Pieces of the longest sequence.
    pub(super) longest: usize,
}

/// A piece of the sentences.
struct Piece {
    id: u32,
    /// What stands for a type, or nothing.
    of_type: u32,
    shape: u32,
}

impl PairWriter<'_> {
    /// Adds a sequence for a pair. Its only word is its `[CLS]`, whose state is what is to be known of the pair.
    pub(super) fn write(&self, pair: &CandidatePair, into: &mut Encoded) {
        let from = into.packed.ids.len();
        let (cls, sep) = self.edges();
        let none = [0, 0, 0, self.rows.shape(0)];
        into.first.push(from as u32);
        into.last.push(from as u32);
        into.shapes.push(0);
        push(into, cls, none);
        let texts = [(pair.subject, End::Subject), (pair.object, End::Object)].map(|(mention, end)| {
            let words = self.candidates.mentions[mention].words.clone();
            (self.pieces(words).take(self.longest / LARGEST_TEXT), end)
        });
        let texts = texts.map(|(pieces, end)| (pieces.collect::<Vec<_>>(), end));
        let room = self.longest.saturating_sub(3 + texts.iter().map(|(pieces, _)| pieces.len()).sum::<usize>());
        self.write_sentences(pair, room, into);
        push(into, sep, none);
        for (pieces, end) in texts {
            let (subject, object) = match end {
                End::Subject => (self.rows.text(end), 0),
                End::Object => (0, self.rows.text(end)),
            };
            for Piece { id, shape, .. } in pieces {
                push(into, id, [0, subject, object, self.rows.shape(shape)]);
            }
        }
        push(into, sep, none);
        into.packed.lengths.push(into.packed.ids.len() - from);
    }

    /// `[CLS]` and `[SEP]`: every window of a text begins and ends with them.
    fn edges(&self) -> (u32, u32) {
        let ids = &self.text.packed.ids;
        let end = self.text.packed.lengths.first().copied().unwrap_or(1) - 1;
        (ids.first().copied().unwrap_or_default(), ids.get(end).copied().unwrap_or_default())
    }

    /// The sentences of the pair with the types in the place of the mentions. Where there is no room for all, the pieces that are farthest
    /// from both mentions are left out.
    fn write_sentences(&self, pair: &CandidatePair, room: usize, into: &mut Encoded) {
        let ends = [pair.subject, pair.object];
        let mentions = ends.map(|mention| &self.candidates.mentions[mention]);
        let mut pieces = Vec::new();
        let mut places = [0, 0];
        for word in self.words(mentions.map(|mention| &mention.words)) {
            for (mention, place) in mentions.iter().zip(&mut places).filter(|(mention, _)| mention.words.start == word) {
                *place = pieces.len();
                pieces.push(Piece { id: self.type_piece, of_type: self.rows.of_type(mention.label), shape: 0 });
            }
            if !mentions.iter().any(|mention| mention.words.contains(&word)) {
                pieces.extend(self.pieces(word..word + 1));
            }
        }
        let nearest = |at: usize| places.iter().map(|&place| at.abs_diff(place)).min().unwrap_or(0);
        let mut kept: Vec<usize> = (0..pieces.len()).collect();
        kept.sort_by_key(|&at| nearest(at));
        kept.truncate(room.max(ends.len()));
        kept.sort_unstable();
        let [subject, object] = places;
        let between = subject.min(object) + 1..subject.max(object);
        for at in kept {
            let from = |end: End, place: usize| {
                let away = if between.contains(&at) { 0 } else { at as isize - place as isize };
                self.rows.distance(end, away)
            };
            let Piece { id, of_type, shape } = pieces[at];
            push(into, id, [of_type, from(End::Subject, subject), from(End::Object, object), self.rows.shape(shape)]);
        }
    }

    /// The words of the sentences that hold the mentions.
    fn words(&self, mentions: [&Range<usize>; 2]) -> Range<usize> {
        let first = mentions[0].start.min(mentions[1].start);
        let last = mentions[0].end.max(mentions[1].end).max(first + 1) - 1;
        let sentence = |word: usize| self.candidates.sentences.iter().find(|sentence| sentence.contains(&word));
        let start = sentence(first).map_or(first, |sentence| sentence.start);
        start..sentence(last).map_or(last + 1, |sentence| sentence.end)
    }

    fn pieces(&self, words: Range<usize>) -> impl Iterator<Item = Piece> + '_ {
        words.flat_map(move |word| {
            let shape = self.text.shapes[word];
            let rows = self.text.first[word] as usize..self.text.last[word] as usize + 1;
            rows.map(move |row| Piece { id: self.text.packed.ids[row], of_type: 0, shape })
        })
    }
}

fn push(into: &mut Encoded, id: u32, marks: [u32; MARKS_OF_A_PIECE]) {
    into.packed.ids.push(id);
    // The encoder's own shapes are not used; here they are among the marks.
    into.piece_shapes.push(0);
    into.marks.extend(marks);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::input::Packed;
    use crate::model::relation::Mention;

    const CLS: u32 = 1;
    const SEP: u32 = 2;
    const TYPE: u32 = 3;
    const ROWS: MarkRows = MarkRows { labels: 2, reach: 3 };

    /// Twelve words of one piece each, but for word 5, which has two; piece = 100 + 10 × word, shape = word. Three sentences of four words.
    fn text() -> Encoded {
        let mut text = Encoded { sentences: vec![0..4, 4..8, 8..12], shapes: (0..12).collect(), ..Encoded::default() };
        text.packed.ids.push(CLS);
        for word in 0..12_u32 {
            text.first.push(text.packed.ids.len() as u32);
            text.packed.ids.push(100 + 10 * word);
            if word == 5 {
                text.packed.ids.push(101 + 10 * word);
            }
            text.last.push(text.packed.ids.len() as u32 - 1);
        }
        text.packed.ids.push(SEP);
        text.packed.lengths = vec![text.packed.ids.len()];
        text.piece_shapes = vec![0; text.packed.ids.len()];
        text
    }

    /// The sequence of the pair of mentions 0 and 1.
    fn written(mentions: [Mention; 2], longest: usize) -> Encoded {
        let text = text();
        let candidates = Candidates::find(mentions.into(), &text.sentences, None);
        let pair = candidates.pairs.iter().find(|pair| pair.subject == 0).unwrap();
        let mut into = Encoded::default();
        PairWriter { text: &text, candidates: &candidates, rows: ROWS, type_piece: TYPE, longest }.write(pair, &mut into);
        into
    }

    fn mention(words: Range<usize>, label: usize) -> Mention {
        Mention { words, label }
    }

    /// One kind of mark of all pieces.
    fn marks(text: &Encoded, kind: usize) -> Vec<u32> {
        text.marks.iter().skip(kind).step_by(MARKS_OF_A_PIECE).copied().collect()
    }

    #[test]
    fn the_sentences_are_written_with_types_for_the_mentions_and_their_texts_behind() {
        // The object stands before the subject, in the sentence before.
        let pair = written([mention(6..7, 1), mention(1..3, 0)], 40);
        let ids = [CLS, 100, TYPE, 130, 140, 150, 151, TYPE, 170, SEP, 160, 110, 120, SEP];
        assert_eq!(pair.packed, Packed { ids: ids.to_vec(), lengths: vec![14] });
        assert_eq!((&pair.first, &pair.last), (&vec![0], &vec![0]), "the state of [CLS] is read");
        assert_eq!(marks(&pair, 0), [0, 0, 1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0]);
        // Distances from -3 to 3 are rows 0 to 6 of a table that begins behind nothing and the two types; row 7 is the mention's text.
        let from_subject = |distance: i32| (3 + distance + 3) as u32;
        let [far, near, here, after] = [-3, -3, 0, 1].map(from_subject);
        let own_text = 3 + 7;
        assert_eq!(marks(&pair, 1), [0, far, near, here, here, here, here, here, after, 0, own_text, 0, 0, 0]);
        let from_object = |distance: i32| (3 + 8 + distance + 3) as u32;
        let [before, here, far] = [-1, 0, 3].map(from_object);
        let own_text = 3 + 8 + 7;
        assert_eq!(marks(&pair, 2), [0, before, here, here, here, here, here, far, far, 0, 0, own_text, own_text, 0]);
        let shape = |shapes: &[u32]| shapes.iter().map(|shape| 3 + 16 + shape).collect::<Vec<_>>();
        assert_eq!(marks(&pair, 3), shape(&[0, 0, 0, 3, 4, 5, 5, 0, 7, 0, 6, 1, 2, 0]));
    }

    #[test]
    fn only_the_sentence_of_both_is_written() {
        let pair = written([mention(4..5, 0), mention(7..8, 1)], 40);
        assert_eq!(pair.packed.ids, [CLS, TYPE, 150, 151, 160, TYPE, SEP, 140, 170, SEP]);
    }

    #[test]
    fn a_mention_inside_another_has_its_type_beside_it() {
        let pair = written([mention(4..7, 0), mention(5..6, 1)], 40);
        assert_eq!(pair.packed.ids, [CLS, TYPE, TYPE, 170, SEP, 140, 150, 151, 160, 150, 151, SEP]);
        assert_eq!(marks(&pair, 0)[..4], [0, 1, 2, 0]);
    }

    #[test]
    fn where_room_is_short_the_pieces_far_from_both_are_left_out() {
        let pair = written([mention(1..2, 0), mention(7..8, 1)], 12);
        // 12 pieces: three at the edges, two texts of one piece, seven of the sentences.
        assert_eq!(pair.packed.ids, [CLS, 100, TYPE, 120, 130, 151, 160, TYPE, SEP, 110, 170, SEP]);
        let tight = written([mention(0..2, 0), mention(5..8, 1)], 10);
        assert_eq!(tight.packed.ids, [CLS, TYPE, 120, TYPE, SEP, 100, 110, 150, 151, SEP], "long mentions are cut too");
    }
}
