//! How many mentions are nearer to a mention than another: counted in one walk from each mention outwards, instead of anew for each
//! pair. What a pair is told about its surroundings grows with the number of mentions, not with its square.

use super::Mention;
use std::ops::Range;

/// Mentions that are nearer to one than the other is, which is at most one sentence away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Nearer {
    /// Of the other's type.
    pub(super) same: usize,
    /// Of the other's type and on its side.
    pub(super) same_on_this_side: usize,
    /// That may be objects of the one.
    pub(super) objects: usize,
    /// That may be subjects of the one.
    pub(super) subjects: usize,
}

/// Other mentions in the sentence of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Beside {
    /// That may be its objects.
    pub(super) objects: usize,
    /// That may be its subjects.
    pub(super) subjects: usize,
}

/// What surrounds the mentions of a text.
#[derive(Debug)]
pub(super) struct Surroundings<'a> {
    mentions: &'a [Mention],
    /// Sentence of each mention.
    pub(super) sentences: Vec<usize>,
    /// Mentions at most one sentence away from each, itself too, in their order: no others matter to its pairs, and a long text has
    /// many.
    pub(super) near: Vec<Vec<usize>>,
    /// For each of these, what is nearer.
    nearer: Vec<Vec<Nearer>>,
    pub(super) beside: Vec<Beside>,
    /// Starts and ends of all mentions in the order of the starts.
    extents: Vec<(usize, usize)>,
}

impl<'a> Surroundings<'a> {
    /// `legal` tells whether a role may lead from a mention of one label to one of another.
    pub(super) fn of(mentions: &'a [Mention], sentences: &[Range<usize>], legal: impl Fn(usize, usize) -> bool) -> Self {
        let sentence = |mention: &Mention| sentences.partition_point(|words| words.end <= mention.words.start);
        let sentences: Vec<usize> = mentions.iter().map(sentence).collect();
        let mut extents: Vec<(usize, usize)> = mentions.iter().map(|m| (m.words.start, m.words.end)).collect();
        extents.sort_unstable();
        let near = near(&sentences);
        let mut all = Self { mentions, sentences, near, nearer: Vec::new(), beside: Vec::new(), extents };
        let labels = mentions.iter().map(|mention| mention.label + 1).max().unwrap_or(0);
        (all.nearer, all.beside) = (0..mentions.len()).map(|from| all.walk(from, labels, &legal)).unzip();
        all
    }

    /// From one mention outwards: what is nearer than each of those around it, and what stands in its sentence.
    fn walk(&self, from: usize, labels: usize, legal: impl Fn(usize, usize) -> bool) -> (Vec<Nearer>, Beside) {
        let (near, here) = (&self.near[from], &self.mentions[from]);
        let mut outwards: Vec<((usize, usize), usize)> =
            (0..near.len()).filter(|&i| near[i] != from).map(|i| (self.distance(from, near[i]), i)).collect();
        outwards.sort_unstable();
        let legal: Vec<(bool, bool)> = (0..labels).map(|label| (legal(here.label, label), legal(label, here.label))).collect();
        let mut nearer = vec![Nearer::default(); near.len()];
        // By label: all that were passed, and those of them that stand before.
        let mut passed = vec![(0, 0); labels];
        let (mut objects, mut subjects) = (0, 0);
        let mut beside = Beside::default();
        // Those that are equally far are not nearer than each other.
        for equal in outwards.chunk_by(|a, b| a.0 == b.0) {
            for &(_, i) in equal {
                let other = &self.mentions[near[i]];
                let (same, before) = passed[other.label];
                let same_on_this_side = if other.words.start < here.words.start { before } else { same - before };
                nearer[i] = Nearer { same, same_on_this_side, objects, subjects };
            }
            for &((apart, _), i) in equal {
                let other = &self.mentions[near[i]];
                let (all, before) = &mut passed[other.label];
                *all += 1;
                *before += usize::from(other.words.start < here.words.start);
                let (object, subject) = legal[other.label];
                objects += usize::from(object);
                subjects += usize::from(subject);
                if apart == 0 {
                    beside = Beside { objects, subjects };
                }
            }
        }
        (nearer, beside)
    }

    /// What is nearer to one mention than another, which is at most one sentence away.
    pub(super) fn nearer(&self, from: usize, to: usize) -> Nearer {
        self.near[from].binary_search(&to).map(|at| self.nearer[from][at]).unwrap_or_default()
    }

    /// Sentences between two mentions.
    pub(super) fn apart(&self, a: usize, b: usize) -> usize {
        self.sentences[a].abs_diff(self.sentences[b])
    }

    /// Words between two mentions.
    pub(super) fn between(&self, a: usize, b: usize) -> Range<usize> {
        let (a, b) = (&self.mentions[a].words, &self.mentions[b].words);
        let (first, second) = if a.start <= b.start { (a, b) } else { (b, a) };
        first.end.min(second.start)..second.start
    }

    /// Sentences first, then words: a partner in another sentence is farther than any in the same.
    fn distance(&self, a: usize, b: usize) -> (usize, usize) {
        (self.apart(a, b), self.between(a, b).len())
    }

    /// How many mentions lie within these words; `most` stands for all beyond.
    pub(super) fn inside(&self, words: &Range<usize>, most: usize) -> usize {
        let first = self.extents.partition_point(|&(start, _)| start < words.start);
        let within = self.extents.iter().skip(first).take_while(|(start, _)| *start < words.end);
        within.filter(|(_, end)| *end <= words.end).take(most).count()
    }
}

/// Mentions at most one sentence away from each.
fn near(sentences: &[usize]) -> Vec<Vec<usize>> {
    let mut by_sentence = vec![Vec::new(); sentences.iter().max().map_or(0, |last| last + 1)];
    sentences.iter().enumerate().for_each(|(mention, &sentence)| by_sentence[sentence].push(mention));
    let around = |&sentence: &usize| {
        let sentences = sentence.saturating_sub(1)..(sentence + 2).min(by_sentence.len());
        let mut near = by_sentence[sentences].concat();
        near.sort_unstable();
        near
    };
    sentences.iter().map(around).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition, pair by pair.
    fn counted(all: &Surroundings<'_>, from: usize, to: usize, legal: impl Fn(usize, usize) -> bool) -> Nearer {
        let mentions = all.mentions;
        let count = |pleases: &dyn Fn(&Mention) -> bool| {
            let nearer = |&i: &usize| i != from && i != to && all.distance(from, i) < all.distance(from, to);
            (0..mentions.len()).filter(nearer).filter(|&i| pleases(&mentions[i])).count()
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
                prop_assert_eq!(&all.near[from], &around);
                let here = around.iter().filter(|&&i| i != from && all.apart(from, i) == 0).map(|&i| mentions[i].label);
                let label = mentions[from].label;
                let beside = Beside {
                    objects: here.clone().filter(|&other| legal(label, other)).count(),
                    subjects: here.filter(|&other| legal(other, label)).count(),
                };
                prop_assert_eq!(all.beside[from], beside);
                for to in around.into_iter().filter(|&to| to != from) {
                    prop_assert_eq!(all.nearer(from, to), counted(&all, from, to, legal));
                    let words = all.between(from, to);
                    let inside = mentions.iter().filter(|m| words.start <= m.words.start && m.words.end <= words.end).count();
                    prop_assert_eq!(all.inside(&words, 3), inside.min(3));
                }
            }
        }
    }
}
