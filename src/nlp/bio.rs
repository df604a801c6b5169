//! The codec of tags: spans ⇄ one tag per word, and which tags may follow each other.

use crate::document::Label;
use crate::text::CharSpan;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The number of a tag in its [`TagSet`]: 0 = O; in BIO 1 + 2k = B and 2 + 2k = I of label k, in BIOES 1 + 4k = B, then I, E and S.
pub type TagId = u32;

/// The tag of words outside all entities.
pub const OUTSIDE: TagId = 0;

/// What the tags tell of an entity's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TagScheme {
    /// Its first word (B) and the others (I).
    #[default]
    Bio,
    /// Its first (B), inner (I) and last word (E), and the only word of a short one (S).
    Bioes,
}

impl TagScheme {
    /// Tags of a label, in the order of their numbers.
    const fn places(self) -> &'static [Place] {
        match self {
            Self::Bio => &[Place::Begin, Place::Inside],
            Self::Bioes => &[Place::Begin, Place::Inside, Place::End, Place::Single],
        }
    }
}

/// Place of a word in its entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// First; in BIO also the only one.
    Begin,
    /// Further; in BIO also the last one.
    Inside,
    /// Last of several.
    End,
    /// The only one.
    Single,
}

impl Place {
    /// Whether it goes on with an entity that the word before began.
    const fn continues(self) -> bool {
        matches!(self, Self::Inside | Self::End)
    }

    /// Whether the word behind may go on with the entity.
    const fn is_open(self) -> bool {
        matches!(self, Self::Begin | Self::Inside)
    }

    const fn letter(self) -> char {
        match self {
            Self::Begin => 'B',
            Self::Inside => 'I',
            Self::End => 'E',
            Self::Single => 'S',
        }
    }
}

/// The tags of a corpus: O, and those of each of its labels. The order of the labels is the order of the model's output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagSet {
    labels: Vec<Label>,
    scheme: TagScheme,
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
    /// The tags in BIO for these labels in this order. A label that is named twice keeps its first place.
    pub fn new(labels: impl IntoIterator<Item = Label>) -> Self {
        let mut unique: Vec<Label> = Vec::new();
        for label in labels {
            if !unique.contains(&label) {
                unique.push(label);
            }
        }
        Self { labels: unique, scheme: TagScheme::Bio }
    }

    /// The tags for the same labels in a scheme.
    #[must_use]
    pub fn with_scheme(self, scheme: TagScheme) -> Self {
        Self { scheme, ..self }
    }

    /// The labels in order.
    pub fn labels(&self) -> &[Label] {
        &self.labels
    }

    /// The place of a label.
    pub fn label_index(&self, label: &Label) -> Option<usize> {
        self.labels.iter().position(|known| known == label)
    }

    /// Number of tags: O and those of each label.
    pub fn len(&self) -> usize {
        1 + self.scheme.places().len() * self.labels.len()
    }

    /// Never: there is always O.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The tag of a word at this place of an entity with this label. A scheme that does not tell a place from another gives the same
    /// tag for both.
    pub fn tag(&self, label: usize, place: Place) -> TagId {
        let (places, known) = (self.scheme.places(), if place.continues() { Place::Inside } else { Place::Begin });
        let number = places.iter().position(|&other| other == place).or_else(|| places.iter().position(|&other| other == known));
        1 + (places.len() * label + number.unwrap_or(0)) as TagId
    }

    /// Label and place of a tag; `None` for O.
    pub fn place_of(&self, tag: TagId) -> Option<(usize, Place)> {
        let places = self.scheme.places();
        let number = tag.checked_sub(1)? as usize;
        Some((number / places.len(), *places.get(number % places.len())?))
    }

    /// The tag with which the word behind an entity would make it longer; `None` where its last word's own tag says that it ends.
    pub fn continuation(&self, label: usize) -> Option<TagId> {
        (self.scheme == TagScheme::Bio).then(|| self.tag(label, Place::Inside))
    }

    /// How a tag is written: `O`, `B-Var`, `I-Var`; `None` for a number beyond the set.
    pub fn name(&self, tag: TagId) -> Option<String> {
        let Some((label, place)) = self.place_of(tag) else { return Some("O".to_owned()) };
        self.labels.get(label).map(|label| format!("{}-{label}", place.letter()))
    }

    /// Whether a sentence may begin with this tag: all but those that go on with an entity.
    pub fn may_start(&self, tag: TagId) -> bool {
        self.place_of(tag).is_none_or(|(_, place)| !place.continues())
    }

    /// Whether a sentence may end with this tag: in BIO all, in BIOES all but those of an entity that is not at its end.
    pub fn may_end(&self, tag: TagId) -> bool {
        self.scheme == TagScheme::Bio || self.place_of(tag).is_none_or(|(_, place)| !place.is_open())
    }

    /// Whether `to` may follow `from`: what goes on with an entity only behind one of its own label that is not at its end; in BIOES
    /// nothing else behind such a one.
    pub fn may_follow(&self, from: TagId, to: TagId) -> bool {
        let open = self.place_of(from).filter(|(_, place)| place.is_open()).map(|(label, _)| label);
        match self.place_of(to).filter(|(_, place)| place.continues()) {
            Some((label, _)) => open == Some(label),
            None => open.is_none() || self.scheme == TagScheme::Bio,
        }
    }

    /// [`TagSet::may_start`] for all tags in order.
    pub fn legal_starts(&self) -> Vec<bool> {
        (0..self.len() as TagId).map(|tag| self.may_start(tag)).collect()
    }

    /// [`TagSet::may_end`] for all tags in order.
    pub fn legal_ends(&self) -> Vec<bool> {
        (0..self.len() as TagId).map(|tag| self.may_end(tag)).collect()
    }

    /// [`TagSet::may_follow`] for all pairs: row = from, column = to, rows one after the other.
    pub fn legal_transitions(&self) -> Vec<bool> {
        let tags = 0..self.len() as TagId;
        tags.clone().flat_map(|from| tags.clone().map(move |to| self.may_follow(from, to))).collect()
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
            self.fill(place, label);
            if covered(words, range) != Some(span) {
                encoded.snapped.push(i);
            }
        }
        encoded
    }

    /// The tags of all words of an entity.
    fn fill(&self, words: &mut [TagId], label: usize) {
        let last = words.len().saturating_sub(1);
        for (at, tag) in words.iter_mut().enumerate() {
            let place = match at {
                0 if last == 0 => Place::Single,
                0 => Place::Begin,
                at if at == last => Place::End,
                _ => Place::Inside,
            };
            *tag = self.tag(label, place);
        }
    }

    /// Cuts entities in two where a border lies inside of them; each part is then an entity. Borders are numbers of words, in order,
    /// that something new begins with.
    pub fn cut(&self, tags: &mut [TagId], borders: &[usize]) {
        for (range, label) in self.decode_words(tags) {
            let mut from = range.start;
            let inside = borders.iter().copied().filter(|border| (range.start + 1..range.end).contains(border));
            for to in inside.chain([range.end]) {
                self.fill(tags.get_mut(from..to).unwrap_or_default(), label);
                from = to;
            }
        }
    }

    /// The entities as ranges of words with their label indices. A tag that goes on with an entity that is not there begins one, so any
    /// tags can be decoded.
    pub fn decode_words(&self, tags: &[TagId]) -> Vec<(Range<usize>, usize)> {
        let mut found: Vec<(Range<usize>, usize)> = Vec::new();
        let mut open = None;
        for (at, &tag) in tags.iter().enumerate() {
            let Some((label, place)) = self.place_of(tag) else {
                open = None;
                continue;
            };
            match found.last_mut() {
                Some((range, _)) if place.continues() && open == Some(label) => range.end = at + 1,
                _ => found.push((at..at + 1, label)),
            }
            open = place.is_open().then_some(label);
        }
        found
    }

    /// The entities as spans with their label indices, in text order. Tags beyond the words are ignored.
    pub fn decode(&self, tags: &[TagId], words: &[CharSpan]) -> Vec<(CharSpan, usize)> {
        let tags = tags.get(..words.len()).unwrap_or(tags);
        let found = self.decode_words(tags).into_iter();
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
        let bioes = tags().with_scheme(TagScheme::Bioes);
        let names: Vec<_> = (0..10).filter_map(|tag| bioes.name(tag)).collect();
        assert_eq!(names, ["O", "B-Var", "I-Var", "E-Var", "S-Var", "B-Gene", "I-Gene", "E-Gene", "S-Gene"]);
        assert_eq!(bioes.len(), 9);
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
    fn in_bioes_an_entity_goes_on_to_its_end_and_no_further() {
        let tags = TagSet::new([Label::from("Var")]).with_scheme(TagScheme::Bioes);
        assert_eq!(tags.legal_starts(), [true, true, false, false, true]);
        assert_eq!(tags.legal_ends(), [true, false, false, true, true]);
        let expected = [
            [true, true, false, false, true],
            [false, false, true, true, false],
            [false, false, true, true, false],
            [true, true, false, false, true],
            [true, true, false, false, true],
        ];
        assert_eq!(tags.legal_transitions(), expected.concat());
        assert_eq!((tags.continuation(0), TagSet::new([Label::from("Var")]).continuation(0)), (None, Some(2)));
    }

    #[test]
    fn an_entity_across_a_border_begins_anew() {
        let mut bio = [0, 3, 4, 4, 0];
        tags().cut(&mut bio, &[0, 3]);
        assert_eq!(bio, [0, 3, 4, 3, 0]);
        let mut bioes = [5, 6, 6, 7, 8, 1, 3];
        tags().with_scheme(TagScheme::Bioes).cut(&mut bioes, &[0, 2, 3, 5]);
        assert_eq!(bioes, [5, 7, 8, 8, 8, 1, 3]);
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
        assert_eq!(tags().decode(&[2, 4, 4, 1], &words), [(span(0, 1), 0), (span(1, 3), 1)]);
        // E of a label behind S of it, and I behind its E: both begin anew.
        let bioes = tags().with_scheme(TagScheme::Bioes);
        assert_eq!(bioes.decode_words(&[4, 3, 2, 6]), [(0..1, 0), (1..2, 0), (2..3, 0), (3..4, 1)]);
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
            for scheme in [TagScheme::Bio, TagScheme::Bioes] {
                let tags = tags().with_scheme(scheme);
                let encoded = tags.encode(&words, &entities);
                prop_assert!(encoded.snapped.is_empty() && encoded.lost.is_empty());
                prop_assert!(encoded.tags.first().is_none_or(|&tag| tags.may_start(tag)));
                prop_assert!(encoded.tags.last().is_none_or(|&tag| tags.may_end(tag)));
                prop_assert!(encoded.tags.windows(2).all(|pair| tags.may_follow(pair[0], pair[1])));
                prop_assert_eq!(tags.decode(&encoded.tags, &words), entities.clone());
            }
        }
    }
}
