//! How far a score would move with other documents: intervals by resampling documents, as Efron's bootstrap has it.

use super::{Counts, Scores, TaskScores};
use crate::document::Label;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use std::collections::BTreeMap;

/// How often something random is repeated, and from which seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draws {
    /// How often; at least 1.
    pub count: usize,
    /// The same seed gives the same draws, on every machine.
    pub seed: u64,
}

impl Draws {
    pub(super) fn generator(self) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(self.seed)
    }
}

/// Where 95 % of the resampled values lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Interval {
    /// The 2.5th percentile.
    pub low: f64,
    /// The 97.5th percentile.
    pub high: f64,
}

impl Interval {
    /// The interval of these values, by nearest rank; zeros when there are none.
    pub(super) fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let rank = |share: f64| (share * values.len() as f64).ceil().max(1.0) as usize - 1;
        let at = |share: f64| values.get(rank(share)).copied().unwrap_or_default();
        Self { low: at(0.025), high: at(0.975) }
    }
}

/// Intervals of F1 for one task.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TaskIntervals {
    /// Over all types together.
    pub micro: Interval,
    /// By entity type or by role.
    pub per_type: BTreeMap<Label, Interval>,
}

/// Intervals of F1 for both tasks.
#[derive(Clone, Debug, PartialEq)]
pub struct Intervals {
    /// How they were drawn.
    pub draws: Draws,
    /// Task 1.
    pub spans: TaskIntervals,
    /// Task 2.
    pub relations: TaskIntervals,
}

/// 95 % intervals of F1 when as many documents are drawn, with replacement, as there are. `scores` are those of single documents.
///
/// B. Efron, R. Tibshirani: An Introduction to the Bootstrap (1993), chapter 13, the percentile interval.
pub fn intervals(scores: &[Scores], draws: Draws) -> Intervals {
    let resamples = resamples(scores.len(), draws);
    let of = |counts: &[Counts]| {
        let f1 = resamples.iter().map(|resample| sum(resample.iter().filter_map(|&at| counts.get(at).copied())).f1());
        Interval::of(f1.collect())
    };
    let task = |task: fn(&Scores) -> &TaskScores| {
        let labels = scores.iter().flat_map(|scores| task(scores).per_type.keys());
        let per_type: BTreeMap<Label, Vec<Counts>> = labels
            .map(|label| {
                let counts = |scores: &Scores| task(scores).per_type.get(label).copied().unwrap_or_default();
                (label.clone(), scores.iter().map(counts).collect())
            })
            .collect();
        let micro: Vec<Counts> = scores.iter().map(|scores| task(scores).micro).collect();
        TaskIntervals { micro: of(&micro), per_type: per_type.into_iter().map(|(label, counts)| (label, of(&counts))).collect() }
    };
    Intervals { draws, spans: task(|scores| &scores.spans), relations: task(|scores| &scores.relations) }
}

/// Places of documents, drawn with replacement.
pub(super) fn resamples(documents: usize, draws: Draws) -> Vec<Vec<usize>> {
    let mut generator = draws.generator();
    let mut resample = || (0..documents).map(|_| generator.random_range(0..documents)).collect();
    (0..draws.count).map(|_| resample()).collect()
}

/// All counts together.
pub(super) fn sum(counts: impl Iterator<Item = Counts>) -> Counts {
    let mut total = Counts::default();
    counts.for_each(|counts| total.add(counts));
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(gold: usize, predicted: usize, matched: usize) -> Scores {
        let counts = Counts { gold, predicted, matched };
        let mut scores = Scores { documents: 1, ..Scores::default() };
        scores.spans.micro = counts;
        scores.spans.per_type.insert("Gene".into(), counts);
        scores
    }

    const DRAWS: Draws = Draws { count: 2000, seed: 7 };

    #[test]
    fn percentiles_are_those_of_the_nearest_rank() {
        let hundred = (1..=100).rev().map(f64::from).collect();
        assert_eq!(Interval::of(hundred), Interval { low: 3.0, high: 98.0 });
        assert_eq!(Interval::of(vec![0.5]), Interval { low: 0.5, high: 0.5 });
        assert_eq!(Interval::of(Vec::new()), Interval::default());
    }

    #[test]
    fn documents_that_are_all_alike_leave_nothing_to_chance() {
        let found = intervals(&[document(4, 4, 2), document(4, 4, 2), document(4, 4, 2)], DRAWS);
        assert_eq!(found.spans.micro, Interval { low: 0.5, high: 0.5 });
        assert_eq!(found.relations, TaskIntervals::default());
    }

    #[test]
    fn of_two_documents_both_alone_are_drawn_one_time_in_four() {
        // F1 is 1 for the first alone, 0 for the second alone and 1/2 for both: a quarter each lies in the two tails.
        let two = [document(1, 1, 1), document(1, 1, 0)];
        let found = intervals(&two, DRAWS);
        assert_eq!(found.spans.micro, Interval { low: 0.0, high: 1.0 });
        assert_eq!(found.spans.per_type[&Label::from("Gene")], found.spans.micro);
        let alone = resamples(2, DRAWS).iter().filter(|drawn| drawn[0] == drawn[1]).count();
        assert!((900..1100).contains(&alone), "{alone} of 2000, half of them expected");
        assert_eq!(found, intervals(&two, DRAWS), "the same seed gives the same interval");
    }

    #[test]
    fn the_width_is_that_of_the_binomial_distribution() {
        // 200 documents with one span each, half of them right: the share that is right has a standard error of sqrt(.25/200).
        let documents: Vec<Scores> = (0..200).map(|at| document(1, 1, at % 2)).collect();
        let Interval { low, high } = intervals(&documents, DRAWS).spans.micro;
        let wanted = 1.96 * (0.25f64 / 200.0).sqrt();
        assert!((low - (0.5 - wanted)).abs() < 0.01 && (high - (0.5 + wanted)).abs() < 0.01, "{low} {high}, ± {wanted}");
    }
}
