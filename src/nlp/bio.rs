//! The BIO codec: spans ⇄ one tag per word, and which tags may follow each other.

use crate::document::Label;
use crate::text::CharSpan;
use std::ops::Range;

/// The number of a tag in its [`TagSet`]: 0 = O, 1 + 2k = B and 2 + 2k = I of label k.
pub type TagId = u32;

/// The tag of words outside all entities.
pub const OUTSIDE: TagId = 0;

/// The tags of a corpus: O, and B and I for each of its labels. The order of the labels is the order of the model's output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagSet {
    labels: Vec<Label>,
}

/// Entities as tags, and what was lost on the way. Indices point into the entities that were given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Encoded {
    /// One tag for each word.
    pub tags: Vec<TagId>,
    /// Entities that began or ended inside a word and were widened to the words they touch.
    pub snapped: Vec<usize>,
    /// Entities that touch no word, share a word with another one that begins earlier or is longer, or whose label is unknown.
    pub lost: Vec<usize>,
}

impl TagSet {
    /// The tags for these labels in this order. A label that is named twice keeps its first place.
    pub fn new(labels: impl IntoIterator<Item = Label>) -> Self {
        let mut unique: Vec<Label> = Vec::new();
        for label in labels {
            if !unique.contains(&label) {
                unique.push(label);
            }
        }
        Self { labels: unique }
    }

    /// The labels in order.
    pub fn labels(&self) -> &[Label] {
        &self.labels
    }

    /// The place of a label.
    pub fn label_index(&self, label: &Label) -> Option<usize> {
        self.labels.iter().position(|known| known == label)
    }

    /// Number of tags: one more than twice the labels.
    pub fn len(&self) -> usize {
        1 + 2 * self.labels.len()
    }

    /// Never: there is always O.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The tag of the first word of an entity with this label.
    pub fn begin(label: usize) -> TagId {
        1 + 2 * label as TagId
    }

    /// The tag of its further words.
    pub fn inside(label: usize) -> TagId {
        2 + 2 * label as TagId
    }

    /// The label of a tag; `None` for O.
    pub fn label_of(tag: TagId) -> Option<usize> {
        tag.checked_sub(1).map(|rest| (rest / 2) as usize)
    }

    /// Whether a tag continues an entity.
    pub fn is_inside(tag: TagId) -> bool {
        tag != OUTSIDE && tag.is_multiple_of(2)
    }

    /// How a tag is written: `O`, `B-Var`, `I-Var`; `None` for a number beyond the set.
    pub fn name(&self, tag: TagId) -> Option<String> {
        let Some(label) = Self::label_of(tag) else { return Some("O".to_owned()) };
        let letter = if Self::is_inside(tag) { 'I' } else { 'B' };
        self.labels.get(label).map(|label| format!("{letter}-{label}"))
    }

    /// Whether a sentence may begin with this tag: all but I.
    pub fn may_start(tag: TagId) -> bool {
        !Self::is_inside(tag)
    }

    /// Whether `to` may follow `from`: I only behind B or I of its own label, all else always.
    pub fn may_follow(from: TagId, to: TagId) -> bool {
        !Self::is_inside(to) || Self::label_of(from) == Self::label_of(to)
    }

    /// [`TagSet::may_start`] for all tags in order.
    pub fn legal_starts(&self) -> Vec<bool> {
        (0..self.len() as TagId).map(Self::may_start).collect()
    }

    /// [`TagSet::may_follow`] for all pairs: row = from, column = to, rows one after the other.
    pub fn legal_transitions(&self) -> Vec<bool> {
        let tags = 0..self.len() as TagId;
        tags.clone().flat_map(|from| tags.clone().map(move |to| Self::may_follow(from, to))).collect()
    }

    /// One tag for each word from entities with label indices. An entity that does not end at borders of words takes all words that
    /// it touches; of entities that share words the one that begins first is kept, of those the longest.
    pub fn encode(&self, words: &[CharSpan], entities: &[(CharSpan, usize)]) -> Encoded {
        let mut encoded = Encoded { tags: vec![OUTSIDE; words.len()], ..Encoded::default() };
        let mut order: Vec<usize> = (0..entities.len()).collect();
        order.sort_by_key(|&i| entities.get(i).map(|(span, _)| (span.start(), std::cmp::Reverse(span.end()))));
        for i in order {
            let Some(&(span, label)) = entities.get(i) else { continue };
            let range = touched(words, span);
            let place = encoded.tags.get_mut(range.clone()).unwrap_or_default();
            if label >= self.labels.len() || place.is_empty() || place.iter().any(|&tag| tag != OUTSIDE) {
                encoded.lost.push(i);
                continue;
            }
            place.fill(Self::inside(label));
            if let Some(first) = place.first_mut() {
                *first = Self::begin(label);
            }
            if covered(words, range) != Some(span) {
                encoded.snapped.push(i);
            }
        }
        encoded
    }

    /// The entities as ranges of words with their label indices. An I without its B begins an entity, so any tags can be decoded.
    pub fn decode_words(tags: &[TagId]) -> Vec<(Range<usize>, usize)> {
        let mut found: Vec<(Range<usize>, usize)> = Vec::new();
        let mut before = OUTSIDE;
        for (at, &tag) in tags.iter().enumerate() {
            if let Some(label) = Self::label_of(tag) {
                match found.last_mut() {
                    Some((range, _)) if Self::is_inside(tag) && Self::label_of(before) == Some(label) => range.end = at + 1,
                    _ => found.push((at..at + 1, label)),
                }
            }
            before = tag;
        }
        found
    }

    /// The entities as spans with their label indices, in text order. Tags beyond the words are ignored.
    pub fn decode(tags: &[TagId], words: &[CharSpan]) -> Vec<(CharSpan, usize)> {
        let tags = tags.get(..words.len()).unwrap_or(tags);
        let found = Self::decode_words(tags).into_iter();
        found.filter_map(|(range, label)| Some((covered(words, range)?, label))).collect()
    }
}

/// The words that share a character with the span.
fn touched(words: &[CharSpan], span: CharSpan) -> Range<usize> {
    let start = words.partition_point(|word| word.end() <= span.start());
    let end = words.partition_point(|word| word.start() < span.end());
    start..end.max(start)
}

/// From the first character of the first word to the last of the last.
fn covered(words: &[CharSpan], range: Range<usize>) -> Option<CharSpan> {
    let words = words.get(range)?;
    Some(words.first()?.hull(*words.last()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn span(start: u32, end: u32) -> CharSpan {
        CharSpan::of_chars(start, end).unwrap()
    }

    fn tags() -> TagSet {
        TagSet::new(["Var", "Gene", "Var"].map(Label::from))
    }

    #[test]
    fn the_numbers_of_tags_are_fixed() {
        let names: Vec<_> = (0..6).map(|tag| tags().name(tag)).collect();
        let expected = ["O", "B-Var", "I-Var", "B-Gene", "I-Gene"].map(|name| Some(name.to_owned()));
        assert_eq!(names[..5], expected);
        assert_eq!(names[5], None);
        assert_eq!(tags().len(), 5);
    }

    #[test]
    fn moves_into_an_entity_need_its_begin() {
        assert_eq!(tags().legal_starts(), [true, true, false, true, false]);
        let expected = [
            [true, true, false, true, false],
            [true, true, true, true, false],
            [true, true, true, true, false],
            [true, true, false, true, true],
            [true, true, false, true, true],
        ];
        assert_eq!(tags().legal_transitions(), expected.concat());
    }

    #[test]
    fn what_does_not_fit_is_snapped_or_lost_and_reported() {
        let words = [span(0, 4), span(5, 9), span(10, 14)];
        let entities = [(span(6, 12), 1), (span(5, 9), 0), (span(0, 4), 0), (span(4, 5), 0), (span(0, 4), 7)];
        let encoded = tags().encode(&words, &entities);
        assert_eq!(encoded.tags, [1, 1, 0]);
        assert_eq!((encoded.snapped, encoded.lost), (vec![], vec![4, 3, 0]));
        let encoded = tags().encode(&words, &entities[..1]);
        assert_eq!((encoded.tags, encoded.snapped), (vec![0, 3, 4], vec![0]));
    }

    #[test]
    fn illegal_tags_are_decoded_too() {
        let words = [span(0, 1), span(1, 2), span(2, 3)];
        assert_eq!(TagSet::decode(&[2, 4, 4, 1], &words), [(span(0, 1), 0), (span(1, 3), 1)]);
    }

    /// Words with gaps between them, and entities over them that do not share words.
    fn layout() -> impl Strategy<Value = (Vec<CharSpan>, Vec<(CharSpan, usize)>)> {
        prop::collection::vec((0u32..3, 1u32..5, prop::option::of((1usize..4, 0usize..2))), 0..30).prop_map(|plan| {
            let mut at = 0;
            let mut words = Vec::new();
            for (gap, width, _) in &plan {
                words.push(span(at + gap, at + gap + width));
                at += gap + width;
            }
            let mut entities = Vec::new();
            let mut free = 0;
            for (i, (_, _, entity)) in plan.iter().enumerate() {
                if let (Some((len, label)), true) = (entity, i >= free) {
                    let last = (i + len - 1).min(words.len() - 1);
                    entities.push((words[i].hull(words[last]), *label));
                    free = last + 1;
                }
            }
            (words, entities)
        })
    }

    proptest! {
        #[test]
        fn encoding_then_decoding_changes_nothing((words, entities) in layout()) {
            let encoded = tags().encode(&words, &entities);
            prop_assert!(encoded.snapped.is_empty() && encoded.lost.is_empty());
            prop_assert!(encoded.tags.first().is_none_or(|&tag| TagSet::may_start(tag)));
            prop_assert!(encoded.tags.windows(2).all(|pair| TagSet::may_follow(pair[0], pair[1])));
            prop_assert_eq!(TagSet::decode(&encoded.tags, &words), entities);
        }
    }
}
