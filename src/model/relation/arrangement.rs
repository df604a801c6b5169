//! Where the mentions of a text stand around a pair, told to trees by numbers: how many of which kind are between its ends, nearer than
//! they are to each other, and in their sentences. Words are not looked at.

use super::nearness::Surroundings;
use super::{CandidatePair, Candidates, Kinds, Mention, PairTable};

/// The mentions of a text, ready to be asked about their pairs.
#[derive(Debug)]
pub(super) struct Arrangement<'a> {
    mentions: &'a [Mention],
    kinds: &'a Kinds,
    table: &'a PairTable,
    roles: usize,
    by_type: Surroundings<'a>,
    /// The same with the kind of each mention in the place of its type.
    by_kind: Surroundings<'a>,
    /// Kind of each mention.
    kind_of: Vec<usize>,
    /// Mentions of each kind in each sentence.
    in_sentence: Vec<Vec<u32>>,
    /// Mentions of each kind among the first so many by their start.
    begun: Vec<Vec<u32>>,
    /// For each mention, how many begin before it, and how many no later.
    starts: Vec<[usize; 2]>,
    /// The mentions in text order, and the place of each in it.
    order: Vec<usize>,
    places: Vec<usize>,
}

impl<'a> Arrangement<'a> {
    /// Of the mentions of these candidates; `roles` is the number of roles that the table has counted.
    pub(super) fn of(candidates: &'a Candidates, kinds: &'a Kinds, table: &'a PairTable, roles: usize) -> Self {
        let (mentions, sentences) = (candidates.mentions.as_slice(), candidates.sentences.as_slice());
        let kind_of: Vec<usize> = mentions.iter().map(|mention| kinds.of_label(mention.label)).collect();
        let of_kind = |(mention, &label): (&Mention, &usize)| Mention { words: mention.words.clone(), label };
        let of_kinds: Vec<Mention> = mentions.iter().zip(&kind_of).map(of_kind).collect();
        let by_kind = Surroundings::of(of_kinds, sentences, |_, _| false);
        let by_type = Surroundings::of(mentions, sentences, |subject, object| table.is_legal(subject, object));

        // One more, for what stands behind the last sentence.
        let mut in_sentence = vec![vec![0; kinds.count()]; sentences.len() + 1];
        for (mention, &kind) in kind_of.iter().enumerate() {
            in_sentence[by_type.sentence(mention)].get_mut(kind).into_iter().for_each(|count| *count += 1);
        }
        let mut order: Vec<usize> = (0..mentions.len()).collect();
        order.sort_by_key(|&mention| (mentions[mention].words.start, mentions[mention].words.end));
        let mut places = vec![0; order.len()];
        order.iter().enumerate().for_each(|(place, &mention)| places[mention] = place);
        let mut begun = vec![vec![0; kinds.count()]];
        for &mention in &order {
            let mut counts = begun[begun.len() - 1].clone();
            counts.get_mut(kind_of[mention]).into_iter().for_each(|count| *count += 1);
            begun.push(counts);
        }
        let start = |mention: &Mention| {
            let from = mention.words.start;
            [from, from + 1].map(|start| order.partition_point(|&other| mentions[other].words.start < start))
        };
        let starts = mentions.iter().map(start).collect();
        Self { mentions, kinds, table, roles, by_type, by_kind, kind_of, in_sentence, begun, starts, order, places }
    }

    /// How many numbers a pair has, for so many kinds and roles.
    pub(super) const fn width(kinds: usize, roles: usize) -> usize {
        25 + roles + 3 * kinds
    }

    /// The numbers of a pair.
    pub(super) fn of_pair(&self, pair: &CandidatePair) -> Vec<f32> {
        let CandidatePair { subject, object, .. } = *pair;
        let (s, o) = (&self.mentions[subject], &self.mentions[object]);
        let kind = |mention: usize| self.kind_of[mention] as f32;
        let same_sentence = self.by_type.apart(subject, object) == 0;
        let mut values = Vec::with_capacity(Self::width(self.kinds.count(), self.roles));
        let flag = |holds: bool| f32::from(u8::from(holds));
        values.extend([s.label as f32, o.label as f32, self.by_type.between(subject, object).len() as f32]);
        values.extend([flag(same_sentence), flag(s.words.start < o.words.start)]);
        values.extend(self.table.rates(s.label, o.label, self.roles));
        values.extend([kind(subject), kind(object)]);

        let (to_subject, to_object) = (self.by_type.nearer(subject, object), self.by_type.nearer(object, subject));
        let of_kind = [self.by_kind.nearer(subject, object).same, self.by_kind.nearer(object, subject).same];
        let nearer = [to_subject.same, to_object.same, to_subject.objects, to_object.subjects];
        values.extend(nearer.into_iter().chain(of_kind).map(|count| count as f32));

        let [first, second] = if s.words.start <= o.words.start { [subject, object] } else { [object, subject] };
        let (from, to) = (self.starts[first][1], self.starts[second][0].max(self.starts[first][1]));
        // The other end may itself stand beside one, which says nothing of others.
        let own = u32::from(same_sentence && self.by_type.is_legal(subject, object));
        let beside = [self.by_type.beside[subject].objects - own, self.by_type.beside[object].subjects - own];
        values.push((to - from) as f32);
        values.extend(beside.map(|count| count as f32));
        values.extend(self.begun[to].iter().zip(&self.begun[from]).map(|(until, before)| (until - before) as f32));
        let sentence = |mention: usize| self.by_type.sentence(mention);
        for (end, other) in [(subject, object), (object, subject)] {
            let itself = |of: usize, kind: usize| sentence(of) == sentence(end) && self.kind_of[of] == kind;
            let others =
                |(kind, &count): (usize, &u32)| (count - u32::from(itself(end, kind)) - u32::from(itself(other, kind))) as f32;
            values.extend(self.in_sentence[sentence(end)].iter().enumerate().map(others));
        }

        let neighbour = |place: Option<usize>| place.and_then(|place| self.order.get(place)).map_or(-1.0, |&it| kind(it));
        let (at, other) = (self.places[subject], self.places[object]);
        values.extend([at, other].into_iter().flat_map(|place| [neighbour(place.checked_sub(1)), neighbour(Some(place + 1))]));
        values.push(other as f32 - at as f32);
        values.extend([s.words.len(), o.words.len(), sentence(subject), self.mentions.len()].map(|count| count as f32));
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::relation::Cell;
    use proptest::prelude::*;

    /// Three types, each a kind of its own; 0 and 1 were related, in the first role of one.
    fn table() -> PairTable {
        let mut table = PairTable::default();
        let cell = Cell { subject: 0, object: 1, same_sentence: true, object_rank: 0, subject_rank: 0 };
        (0..3).for_each(|_| table.add(cell, 1, 2));
        table.add(cell, 0, 2);
        table
    }

    /// The definition, mention by mention, of what is counted around a pair.
    fn counted(candidates: &Candidates, kinds: &Kinds, table: &PairTable, pair: &CandidatePair) -> Vec<f32> {
        let CandidatePair { subject, object, .. } = *pair;
        let of = |mention: usize| &candidates.mentions[mention];
        let label = |mention: usize| of(mention).label;
        let kind = |mention: usize| kinds.of_label(label(mention));
        let sentence = |mention: usize| candidates.sentences.partition_point(|words| words.end <= of(mention).words.start);
        let distance = |one: usize, other: usize| {
            let (a, b) = (&of(one).words, &of(other).words);
            (sentence(one).abs_diff(sentence(other)), b.start.saturating_sub(a.end).max(a.start.saturating_sub(b.end)))
        };
        let count = |pleases: &dyn Fn(usize) -> bool| {
            let others = (0..candidates.mentions.len()).filter(|&other| other != subject && other != object);
            others.filter(|&other| pleases(other)).count() as f32
        };
        let nearer = |other: usize, end: usize| distance(other, end) < distance(subject, object);
        let (objects, subjects) = (
            |other: usize| table.is_legal(label(subject), label(other)),
            |other: usize| table.is_legal(label(other), label(object)),
        );
        let starts = [subject, object].map(|end| of(end).words.start);
        let (from, to) = (starts[0].min(starts[1]), starts[0].max(starts[1]));
        let between = |other: usize| (from + 1..to).contains(&of(other).words.start);
        let beside = |other: usize, end: usize| sentence(other) == sentence(end);
        let mut counts = vec![
            count(&|other| nearer(other, subject) && label(other) == label(object)),
            count(&|other| nearer(other, object) && label(other) == label(subject)),
            count(&|other| nearer(other, subject) && objects(other)),
            count(&|other| nearer(other, object) && subjects(other)),
            count(&|other| nearer(other, subject) && kind(other) == kind(object)),
            count(&|other| nearer(other, object) && kind(other) == kind(subject)),
            count(&between),
            count(&|other| beside(other, subject) && objects(other)),
            count(&|other| beside(other, object) && subjects(other)),
        ];
        counts.extend((0..kinds.count()).map(|it| count(&|other| between(other) && kind(other) == it)));
        for end in [subject, object] {
            counts.extend((0..kinds.count()).map(|it| count(&|other| beside(other, end) && kind(other) == it)));
        }
        counts
    }

    proptest! {
        #[test]
        fn what_is_looked_up_is_what_the_definition_counts(
            places in prop::collection::vec((0_usize..40, 1_usize..4, 0_usize..5), 0..14),
        ) {
            let mut table = PairTable::default();
            for (subject, object) in [(0, 1), (1, 2), (2, 0), (3, 3), (4, 1), (1, 0)] {
                let cell = Cell { subject, object, same_sentence: true, object_rank: 0, subject_rank: 0 };
                (0..3).for_each(|_| table.add(cell, 1, 2));
            }
            // Two types are of a kind, and the last is unknown to the kinds.
            let kinds: Kinds = serde_json::from_str("[0, 1, 0, 2]").unwrap();
            let mentions = places.iter().map(|&(start, length, label)| Mention { words: start..start + length, label }).collect();
            let sentences: Vec<std::ops::Range<usize>> = (0..5).map(|at| at * 9..(at + 1) * 9).collect();
            let candidates = Candidates::find(mentions, &sentences, Some(&table));
            let around = Arrangement::of(&candidates, &kinds, &table, 1);
            for pair in &candidates.pairs {
                let told = around.of_pair(pair);
                let counts = counted(&candidates, &kinds, &table, pair);
                prop_assert_eq!(&told[8..8 + counts.len()], &counts);
                prop_assert_eq!(told.len(), Arrangement::width(3, 1));
            }
        }
    }

    #[test]
    fn a_pair_is_told_what_stands_around_it() {
        let (table, kinds) = (table(), Kinds::of(&PairTable::default(), 3));
        // Words:      0       2       4..6    9    |  11
        let labels = [(0..1, 0), (2..3, 1), (4..6, 1), (9..10, 2), (11..12, 1)];
        let mentions = labels.map(|(words, label)| Mention { words, label }).to_vec();
        let candidates = Candidates::find(mentions, &[0..10, 10..20], Some(&table));
        let around = Arrangement::of(&candidates, &kinds, &table, 1);
        let told = |object: usize| {
            let pair = candidates.pairs.iter().find(|pair| pair.subject == 0 && pair.object == object).unwrap();
            around.of_pair(pair)
        };
        let expected = [
            // Types, words between, same sentence, subject first; rate of the role; kinds.
            &[0.0, 1.0, 3.0, 1.0, 1.0, 3.5 / 5.0, 0.0, 1.0][..],
            // Nearer of the object's and the subject's type, to be objects and subjects, of their kinds.
            &[1.0, 0.0, 1.0, 0.0, 1.0, 0.0],
            // Between; objects and subjects beside.
            &[1.0, 1.0, 0.0],
            // Of each kind between, in the subject's and in the object's sentence.
            &[0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0],
            // Kinds before and behind the subject and the object; places apart; words; sentence; mentions.
            &[-1.0, 1.0, 1.0, 2.0, 2.0, 1.0, 2.0, 0.0, 5.0],
        ];
        assert_eq!(told(2), expected.concat());
        assert_eq!(told(2).len(), Arrangement::width(3, 1));
        let across = told(4);
        assert_eq!((across[2], across[3]), (10.0, 0.0), "words between, not the same sentence");
        assert_eq!(across[8], 2.0, "both in the subject's sentence are nearer");
    }
}
