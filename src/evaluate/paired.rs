//! Whether one set of predictions is better than another by more than chance, on the same gold documents.

use super::resample::{Interval, resamples, sum};
use super::{Counts, Draws, Scores};
use rand::Rng as _;

/// Differences smaller than this are the same: sums of the same fractions in another order.
const SAME: f64 = 1e-12;

/// What came of comparing two sets of predictions for one task, by micro F1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// F1 of the first.
    pub first: f64,
    /// F1 of the second.
    pub second: f64,
    /// Where the difference, second − first, lies in 95 % of the resampled sets of documents.
    pub interval: Interval,
    /// Two-sided p-value of the approximate randomisation test: how often a difference at least this large comes about when it is left
    /// to chance which of a document's two predictions belongs to which set.
    pub p_randomisation: f64,
    /// p-value of the paired bootstrap: how often the difference among resampled documents exceeds twice the one that was seen, in its
    /// direction.
    pub p_bootstrap: f64,
}

impl Comparison {
    /// Second − first.
    pub fn difference(&self) -> f64 {
        self.second - self.first
    }
}

/// Comparisons for both tasks.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparisons {
    /// How often was drawn.
    pub draws: Draws,
    /// Number of gold documents.
    pub documents: usize,
    /// Task 1.
    pub spans: Comparison,
    /// Task 2.
    pub relations: Comparison,
}

/// Compares the scores of two sets of predictions, document by document: `first` and `second` are in the order of the gold documents.
///
/// The randomisation test is that of E. W. Noreen, Computer-Intensive Methods for Testing Hypotheses (1989), as A. Yeh uses it for F1
/// (COLING 2000), with p = (n + 1) / (draws + 1); the bootstrap is that of T. Berg-Kirkpatrick, D. Burkett, D. Klein (EMNLP 2012).
pub fn compare(first: &[Scores], second: &[Scores], draws: Draws) -> Comparisons {
    let task = |counts: fn(&Scores) -> Counts| {
        let pairs: Vec<(Counts, Counts)> = first.iter().map(counts).zip(second.iter().map(counts)).collect();
        comparison(&pairs, draws)
    };
    let (spans, relations) = (task(|scores| scores.spans.micro), task(|scores| scores.relations.micro));
    Comparisons { draws, documents: first.len().min(second.len()), spans, relations }
}

fn comparison(pairs: &[(Counts, Counts)], draws: Draws) -> Comparison {
    let f1_of = |pairs: &mut dyn Iterator<Item = (Counts, Counts)>| {
        let (first, second): (Vec<Counts>, Vec<Counts>) = pairs.unzip();
        (sum(first.into_iter()).f1(), sum(second.into_iter()).f1())
    };
    let (first, second) = f1_of(&mut pairs.iter().copied());
    let difference = second - first;
    let mut generator = draws.generator();
    let as_large = (0..draws.count).filter(|_| {
        let mut swapped = pairs.iter().map(|&(a, b)| if generator.random::<bool>() { (b, a) } else { (a, b) });
        let (first, second) = f1_of(&mut swapped);
        (second - first).abs() >= difference.abs() - SAME
    });
    let as_large = as_large.count();
    let drawn = resamples(pairs.len(), draws);
    let differences: Vec<f64> = drawn
        .iter()
        .map(|places| {
            let (first, second) = f1_of(&mut places.iter().filter_map(|&at| pairs.get(at).copied()));
            second - first
        })
        .collect();
    // Twice the difference is its own distance from nothing, once more.
    let beyond =
        |drawn: &&f64| if difference < 0.0 { **drawn < 2.0 * difference - SAME } else { **drawn > 2.0 * difference + SAME };
    let beyond = if difference.abs() <= SAME { draws.count } else { differences.iter().filter(beyond).count() };
    Comparison {
        first,
        second,
        p_randomisation: (as_large + 1) as f64 / (draws.count + 1) as f64,
        p_bootstrap: beyond as f64 / draws.count.max(1) as f64,
        interval: Interval::of(differences),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAWS: Draws = Draws { count: 10_000, seed: 1 };

    fn counts(gold: usize, predicted: usize, matched: usize) -> Counts {
        Counts { gold, predicted, matched }
    }

    fn near(found: f64, wanted: f64) -> bool {
        (found - wanted).abs() < 0.02
    }

    #[test]
    fn the_same_predictions_differ_by_nothing() {
        let pairs = [(counts(4, 4, 2), counts(4, 4, 2)), (counts(3, 1, 1), counts(3, 1, 1))];
        let found = comparison(&pairs, DRAWS);
        assert_eq!((found.difference(), found.p_randomisation, found.p_bootstrap), (0.0, 1.0, 1.0));
        assert_eq!(found.interval, Interval::default());
    }

    #[test]
    fn chances_are_those_of_tossing_a_coin_for_each_document() {
        // The second is right in all of n documents, the first in none: only when all or none are swapped is the difference as large,
        // which is 2 of 2^n times.
        for (documents, wanted) in [(1, 1.0), (2, 0.5), (3, 0.25), (5, 0.0625)] {
            let pairs = vec![(counts(1, 1, 0), counts(1, 1, 1)); documents];
            let found = comparison(&pairs, DRAWS);
            assert_eq!((found.first, found.second, found.interval), (0.0, 1.0, Interval { low: 1.0, high: 1.0 }));
            assert!(near(found.p_randomisation, wanted), "{documents}: {} for {wanted}", found.p_randomisation);
            assert_eq!(found.p_bootstrap, 0.0);
        }
    }

    #[test]
    fn the_bootstrap_counts_what_lies_beyond_twice_the_difference() {
        // In one of four documents the second is better: the difference is 1/4. Beyond 1/2 are the resamples with the better document
        // three or four times: 4·(1/4)³·(3/4) + (1/4)⁴ = 13/256.
        let mut pairs = vec![(counts(1, 1, 0), counts(1, 1, 0)); 3];
        pairs.push((counts(1, 1, 0), counts(1, 1, 1)));
        let found = comparison(&pairs, DRAWS);
        assert!((found.difference() - 0.25).abs() < 1e-12);
        assert!(near(found.p_bootstrap, 13.0 / 256.0), "{}", found.p_bootstrap);
        // Swapped or not, the one document makes the same difference.
        assert_eq!(found.p_randomisation, 1.0);
        let turned: Vec<_> = pairs.iter().map(|&(a, b)| (b, a)).collect();
        let turned = comparison(&turned, DRAWS);
        assert!(near(turned.p_bootstrap, 13.0 / 256.0) && turned.difference() < 0.0);
        assert_eq!(found, comparison(&pairs, DRAWS), "the same seed gives the same values");
    }

    #[test]
    fn nothing_to_compare_is_no_difference() {
        let found = compare(&[], &[], Draws { count: 10, seed: 1 });
        assert_eq!((found.documents, found.spans.difference(), found.spans.p_randomisation), (0, 0.0, 1.0));
    }
}
