//! Where the mentions of a text stand around a pair, told to trees by numbers: how many of which kind are between its ends, nearer than
//! they are to each other, and in their sentences. Words are not looked at.

use super::{CandidatePair, Candidates, Kinds, Mention, PairTable};

/// The mentions of a text, ready to be asked about their pairs.
#[derive(Debug)]
pub(super) struct Arrangement<'a> {
    mentions: &'a [Mention],
    kinds: &'a Kinds,
    table: &'a PairTable,
    roles: usize,
    /// Whether a role may lead from a label to another, labels × labels.
    legal: Vec<bool>,
    labels: usize,
    /// Kind of each mention.
    kind_of: Vec<usize>,
    /// Sentence of each mention.
    sentences: Vec<usize>,
    /// The mentions at most one sentence away from each.
    near: Vec<Vec<usize>>,
    /// The mentions in text order, and the place of each in it.
    order: Vec<usize>,
    places: Vec<usize>,
}

/// How far apart two mentions are: sentences, then words between.
type Distance = (usize, usize);

impl<'a> Arrangement<'a> {
    /// Of the mentions of these candidates; `roles` is the number of roles that the table has counted.
    pub(super) fn of(candidates: &'a Candidates, kinds: &'a Kinds, table: &'a PairTable, roles: usize) -> Self {
        let mentions = candidates.mentions.as_slice();
        let sentence = |mention: &Mention| candidates.sentences.partition_point(|words| words.end <= mention.words.start);
        let sentences: Vec<usize> = mentions.iter().map(sentence).collect();
        let mut order: Vec<usize> = (0..mentions.len()).collect();
        order.sort_by_key(|&mention| (mentions[mention].words.start, mentions[mention].words.end));
        let mut places = vec![0; order.len()];
        order.iter().enumerate().for_each(|(place, &mention)| places[mention] = place);
        let around = |&here: &usize| {
            let from = order.partition_point(|&mention| sentences[mention] + 1 < here);
            let to = order.partition_point(|&mention| sentences[mention] <= here + 1);
            order[from..to].to_vec()
        };
        let near = sentences.iter().map(around).collect();
        let labels = mentions.iter().map(|mention| mention.label + 1).max().unwrap_or(0);
        let legal = (0..labels * labels).map(|at| table.is_legal(at / labels, at % labels)).collect();
        let kind_of = mentions.iter().map(|mention| kinds.of_label(mention.label)).collect();
        Self { mentions, kinds, table, roles, legal, labels, kind_of, sentences, near, order, places }
    }

    /// How many numbers a pair has, for so many kinds and roles.
    pub(super) const fn width(kinds: usize, roles: usize) -> usize {
        25 + roles + 3 * kinds
    }

    /// The numbers of a pair.
    pub(super) fn of_pair(&self, pair: &CandidatePair) -> Vec<f32> {
        let CandidatePair { subject, object, .. } = *pair;
        let (s, o) = (&self.mentions[subject], &self.mentions[object]);
        let kind = |mention: usize| self.kind_of[mention];
        let apart = self.distance(subject, object);
        let mut values = Vec::with_capacity(Self::width(self.kinds.count(), self.roles));
        let flag = |holds: bool| f32::from(u8::from(holds));
        values.extend([s.label as f32, o.label as f32, apart.1 as f32]);
        values.extend([flag(apart.0 == 0), flag(s.words.start < o.words.start)]);
        values.extend(self.table.rates(s.label, o.label, self.roles));
        values.extend([kind(subject) as f32, kind(object) as f32]);

        let others = |end: usize| self.near[end].iter().copied().filter(move |&other| other != subject && other != object);
        let nearer = |end: usize| others(end).filter(move |&other| self.distance(other, end) < apart);
        let label = |mention: usize| self.mentions[mention].label;
        let objects = |other: &usize| self.legal[s.label * self.labels + label(*other)];
        let subjects = |other: &usize| self.legal[label(*other) * self.labels + o.label];
        values.extend([
            nearer(subject).filter(|&other| label(other) == o.label).count() as f32,
            nearer(object).filter(|&other| label(other) == s.label).count() as f32,
            nearer(subject).filter(objects).count() as f32,
            nearer(object).filter(subjects).count() as f32,
            nearer(subject).filter(|&other| kind(other) == kind(object)).count() as f32,
            nearer(object).filter(|&other| kind(other) == kind(subject)).count() as f32,
        ]);
        let (from, to) = (s.words.start.min(o.words.start), s.words.start.max(o.words.start));
        let is_between = |other: &usize| (from + 1..to).contains(&self.mentions[*other].words.start);
        let beside = |end: usize| others(end).filter(move |&other| self.sentences[other] == self.sentences[end]);
        values.extend([
            others(subject).filter(is_between).count() as f32,
            beside(subject).filter(objects).count() as f32,
            beside(object).filter(subjects).count() as f32,
        ]);
        self.count(others(subject).filter(is_between), &mut values);
        self.count(beside(subject), &mut values);
        self.count(beside(object), &mut values);

        let neighbour = |place: Option<usize>| place.and_then(|place| self.order.get(place)).map_or(-1.0, |&it| kind(it) as f32);
        let (at, other) = (self.places[subject], self.places[object]);
        values.extend([at, other].into_iter().flat_map(|place| [neighbour(place.checked_sub(1)), neighbour(Some(place + 1))]));
        values.push(other as f32 - at as f32);
        values.extend([s.words.len(), o.words.len(), self.sentences[subject], self.mentions.len()].map(|count| count as f32));
        values
    }

    /// Adds how many of these are of each kind.
    fn count(&self, mentions: impl Iterator<Item = usize>, values: &mut Vec<f32>) {
        let first = values.len();
        values.resize(first + self.kinds.count(), 0.0);
        for mention in mentions {
            if let Some(count) = values.get_mut(first + self.kind_of[mention]) {
                *count += 1.0;
            }
        }
    }

    fn distance(&self, one: usize, other: usize) -> Distance {
        let (a, b) = (&self.mentions[one].words, &self.mentions[other].words);
        (self.sentences[one].abs_diff(self.sentences[other]), b.start.saturating_sub(a.end).max(a.start.saturating_sub(b.end)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::relation::Cell;

    /// Three types, each a kind of its own; 0 and 1 were related, in the first role of one.
    fn table() -> PairTable {
        let mut table = PairTable::default();
        let cell = Cell { subject: 0, object: 1, same_sentence: true, object_rank: 0, subject_rank: 0 };
        (0..3).for_each(|_| table.add(cell, 1, 2));
        table.add(cell, 0, 2);
        table
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
