//! How many mentions are nearer to a mention than another: counted in one walk from each mention outwards, instead of anew for each
//! pair. What a pair is told about its surroundings grows with the number of mentions, not with its square.

use super::Mention;
use std::borrow::Cow;
use std::ops::Range;

/// Mentions that are nearer to one than the other is, which is at most one sentence away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Nearer {
    /// Of the other's type.
    pub(super) same: u32,
    /// Of the other's type and on its side.
    pub(super) same_on_this_side: u32,
    /// That may be objects of the one.
    pub(super) objects: u32,
    /// That may be subjects of the one.
    pub(super) subjects: u32,
}

/// Other mentions in the sentence of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Beside {
    /// That may be its objects.
    pub(super) objects: u32,
    /// That may be its subjects.
    pub(super) subjects: u32,
}

/// What surrounds the mentions of a text.
#[derive(Debug)]
pub(super) struct Surroundings<'a> {
    mentions: Cow<'a, [Mention]>,
    /// Whether a role may lead from a label to another, labels × labels.
    legal: Vec<bool>,
    labels: usize,
    /// Sentence of each mention.
    sentences: Vec<usize>,
    /// All mentions in the order of their sentences.
    order: Vec<usize>,
    /// Place of each mention in this order.
    places: Vec<usize>,
    /// Places of the mentions at most one sentence away from each, itself too: no others matter to its pairs, and a long text has
    /// many.
    near: Vec<Range<usize>>,
    /// For each of these, what is nearer; those of all mentions one behind the other.
    nearer: Vec<Nearer>,
    /// Where those of each mention begin.
    begins: Vec<usize>,
    pub(super) beside: Vec<Beside>,
    /// Starts and ends of all mentions in the order of the starts.
    extents: Vec<(usize, usize)>,
    /// How many of these begin before the end of each mention.
    begun: Vec<usize>,
}

impl<'a> Surroundings<'a> {
    /// `legal` tells whether a role may lead from a mention of one label to one of another; it is asked once for each two labels.
    pub(super) fn of(
        mentions: impl Into<Cow<'a, [Mention]>>,
        sentences: &[Range<usize>],
        legal: impl Fn(usize, usize) -> bool,
    ) -> Self {
        let mentions = mentions.into();
        let sentence = |mention: &Mention| sentences.partition_point(|words| words.end <= mention.words.start);
        let sentences: Vec<usize> = mentions.iter().map(sentence).collect();
        let mut extents: Vec<(usize, usize)> = mentions.iter().map(|m| (m.words.start, m.words.end)).collect();
        extents.sort_unstable();
        let begun = mentions.iter().map(|m| extents.partition_point(|&(start, _)| start < m.words.end)).collect();
        let mut order: Vec<usize> = (0..mentions.len()).collect();
        order.sort_by_key(|&mention| sentences[mention]);
        let mut places = vec![0; order.len()];
        order.iter().enumerate().for_each(|(place, &mention)| places[mention] = place);
        let around = |&sentence: &usize| {
            let before = |sentence: usize| order.partition_point(|&mention| sentences[mention] < sentence);
            before(sentence.saturating_sub(1))..before(sentence + 2)
        };
        let near: Vec<Range<usize>> = sentences.iter().map(around).collect();
        let (nearer, begins, beside) = (Vec::with_capacity(near.iter().map(Range::len).sum()), Vec::new(), Vec::new());
        let labels = mentions.iter().map(|mention| mention.label + 1).max().unwrap_or(0);
        let legal = (0..labels * labels).map(|at| legal(at / labels, at % labels)).collect();
        let mut all = Self { mentions, legal, labels, sentences, order, places, near, nearer, begins, beside, extents, begun };
        let mut walk = Walk { outwards: Vec::new(), passed: vec![(0, 0); labels] };
        (0..all.mentions.len()).for_each(|from| all.walk(from, &mut walk));
        all
    }

    /// From one mention outwards: what is nearer than each of those around it, and what stands in its sentence.
    fn walk(&mut self, from: usize, walk: &mut Walk) {
        let (near, here) = (self.near[from].clone(), &self.mentions[from]);
        let Walk { outwards, passed } = walk;
        outwards.clear();
        for (at, &other) in self.order[near.clone()].iter().enumerate().filter(|(_, other)| **other != from) {
            let distance = (self.apart(from, other) as u64) << 31 | self.between(from, other).len() as u64;
            outwards.push(distance << 32 | at as u64);
        }
        outwards.sort_unstable();
        let begin = self.nearer.len();
        self.begins.push(begin);
        self.nearer.resize(begin + near.len(), Nearer::default());
        let nearer = &mut self.nearer[begin..];
        let legal = |subject: &Mention, object: &Mention| self.legal[subject.label * self.labels + object.label];
        passed.fill((0, 0));
        let (mut objects, mut subjects) = (0, 0);
        let mut beside = Beside::default();
        let at = |packed: u64| (packed & u64::from(u32::MAX)) as usize;
        // Those that are equally far are not nearer than each other.
        for equal in outwards.chunk_by(|a, b| a >> 32 == b >> 32) {
            for at in equal.iter().map(|&packed| at(packed)) {
                let other = &self.mentions[self.order[near.start + at]];
                let (same, before) = passed[other.label];
                let same_on_this_side = if other.words.start < here.words.start { before } else { same - before };
                nearer[at] = Nearer { same, same_on_this_side, objects, subjects };
            }
            for at in equal.iter().map(|&packed| at(packed)) {
                let other = &self.mentions[self.order[near.start + at]];
                let (all, before) = &mut passed[other.label];
                *all += 1;
                *before += u32::from(other.words.start < here.words.start);
                objects += u32::from(legal(here, other));
                subjects += u32::from(legal(other, here));
            }
            if equal.iter().all(|packed| packed >> 63 == 0) {
                beside = Beside { objects, subjects };
            }
        }
        self.beside.push(beside);
    }

    /// Whether a role may lead from one mention to another.
    #[inline]
    pub(super) fn is_legal(&self, subject: usize, object: usize) -> bool {
        self.legal[self.mentions[subject].label * self.labels + self.mentions[object].label]
    }

    /// Mentions at most one sentence away from one, itself too, sentence by sentence.
    pub(super) fn near(&self, mention: usize) -> &[usize] {
        &self.order[self.near[mention].clone()]
    }

    /// How many mentions that is for all together.
    pub(super) fn all_near(&self) -> usize {
        self.nearer.len()
    }

    /// What is nearer to one mention than another, which is at most one sentence away.
    #[inline]
    pub(super) fn nearer(&self, from: usize, to: usize) -> Nearer {
        self.nearer[self.begins[from] + self.places[to] - self.near[from].start]
    }

    /// The sentence of a mention; one behind the last for what stands behind it.
    #[inline]
    pub(super) fn sentence(&self, mention: usize) -> usize {
        self.sentences[mention]
    }

    /// Sentences between two mentions.
    #[inline]
    pub(super) fn apart(&self, a: usize, b: usize) -> usize {
        self.sentences[a].abs_diff(self.sentences[b])
    }

    /// Words between two mentions.
    #[inline]
    pub(super) fn between(&self, a: usize, b: usize) -> Range<usize> {
        let (first, second) = self.in_order(a, b);
        self.mentions[first].words.end.min(self.mentions[second].words.start)..self.mentions[second].words.start
    }

    fn in_order(&self, a: usize, b: usize) -> (usize, usize) {
        if self.mentions[a].words.start <= self.mentions[b].words.start { (a, b) } else { (b, a) }
    }

    /// How many mentions lie within the words between two; `most` stands for all beyond.
    #[inline]
    pub(super) fn inside(&self, a: usize, b: usize, most: usize) -> usize {
        let (first, second) = self.in_order(a, b);
        let end = self.mentions[second].words.start;
        let within = self.extents[self.begun[first]..].iter().take_while(|extent| extent.0 < end);
        within.filter(|extent| extent.1 <= end).take(most).count()
    }
}

/// Memory of a walk.
struct Walk {
    /// Mentions around: from the top bit on, whether in another sentence, the words between (31 bits), place among those around (32).
    outwards: Vec<u64>,
    /// By label: all that were passed, and those of them that stand before.
    passed: Vec<(u32, u32)>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition, pair by pair.
    fn counted(all: &Surroundings<'_>, from: usize, to: usize, legal: impl Fn(usize, usize) -> bool) -> Nearer {
        let mentions = &all.mentions;
        // Sentences first, then words: a partner in another sentence is farther than any in the same.
        let distance = |other: usize| (all.apart(from, other), all.between(from, other).len());
        let count = |pleases: &dyn Fn(&Mention) -> bool| {
            let nearer = |&i: &usize| i != from && i != to && distance(i) < distance(to);
            (0..mentions.len()).filter(nearer).filter(|&i| pleases(&mentions[i])).count() as u32
        };
        let (here, there) = (&mentions[from], &mentions[to]);
        let side = |mention: &Mention| mention.words.start < here.words.start;
        Nearer {
            same: count(&|other| other.label == there.label),
            same_on_this_side: count(&|other| other.label == there.label && side(other) == side(there)),
            objects: count(&|other| legal(here.label, other.label)),
            subjects: count(&|other| legal(other.label, here.label)),
        }
    }

    proptest! {
        #[test]
        fn one_walk_counts_what_the_definition_counts(
            places in prop::collection::vec((0_usize..40, 1_usize..4, 0_usize..4), 0..14),
            legal in prop::collection::vec(any::<bool>(), 16),
        ) {
            let sentences: Vec<Range<usize>> = (0..5).map(|i| i * 9..(i + 1) * 9).collect();
            let mentions: Vec<Mention> =
                places.iter().map(|&(start, length, label)| Mention { words: start..start + length, label }).collect();
            let legal = |subject: usize, object: usize| legal[subject * 4 + object];
            let all = Surroundings::of(&mentions, &sentences, legal);
            for from in 0..mentions.len() {
                let around: Vec<usize> = (0..mentions.len()).filter(|&i| all.apart(from, i) <= 1).collect();
                let mut near = all.near(from).to_vec();
                near.sort_unstable();
                prop_assert_eq!(&near, &around);
                let here = around.iter().filter(|&&i| i != from && all.apart(from, i) == 0).map(|&i| mentions[i].label);
                let label = mentions[from].label;
                let beside = Beside {
                    objects: here.clone().filter(|&other| legal(label, other)).count() as u32,
                    subjects: here.filter(|&other| legal(other, label)).count() as u32,
                };
                prop_assert_eq!(all.beside[from], beside);
                for to in around.into_iter().filter(|&to| to != from) {
                    prop_assert_eq!(all.nearer(from, to), counted(&all, from, to, legal));
                    let words = all.between(from, to);
                    let inside = mentions.iter().filter(|m| words.start <= m.words.start && m.words.end <= words.end).count();
                    prop_assert_eq!(all.inside(from, to, 3), inside.min(3));
                }
            }
        }
    }
}
