//! The thresholds at which micro F1 is best.
//!
//! Where confidence is a probability the best threshold is about half of the F1 that is reached by it (Lipton et al. 2014), the same for
//! all types: one more span is worth its place when it is right more often than that.

use crate::document::Label;
use crate::evaluate::Counts;
use crate::model::calibration::ByLabel;
use std::collections::BTreeMap;

/// Distance between the thresholds that are tried.
const STEP: f32 = 0.02;

/// Thresholds that are tried.
const STEPS: usize = 45;

/// Passes over the types; the choice settles after two or three.
const PASSES: usize = 5;

/// A calibrated prediction: type or role, confidence, whether it is right.
pub(super) type Candidate<'a> = (&'a Label, f32, bool);

/// What is counted when only candidates from a threshold on are proposed, of which `gold` are to be found.
pub(super) fn counts(candidates: &[Candidate<'_>], thresholds: &ByLabel<f32>, gold: usize) -> Counts {
    let kept = candidates.iter().filter(|(label, confidence, _)| *confidence >= thresholds.of(label));
    let add = |sum: Counts, (_, _, right): &Candidate<'_>| Counts {
        predicted: sum.predicted + 1,
        matched: sum.matched + usize::from(*right),
        ..sum
    };
    kept.fold(Counts { gold, ..Counts::default() }, add)
}

/// The thresholds of the best micro F1: one for all or, if wanted, one for each label.
pub(super) fn best(candidates: &[Candidate<'_>], gold: usize, own: bool) -> ByLabel<f32> {
    let mut by_label: BTreeMap<&Label, Vec<(usize, usize)>> = BTreeMap::new();
    for (label, confidence, right) in candidates {
        let steps = by_label.entry(label).or_insert_with(|| vec![(0, 0); STEPS]);
        for (step, (predicted, matched)) in steps.iter_mut().enumerate() {
            if *confidence >= threshold(step) {
                *predicted += 1;
                *matched += usize::from(*right);
            }
        }
    }
    let f1 = |sums: (usize, usize)| Counts { gold, predicted: sums.0, matched: sums.1 }.f1();
    let plus = |a: (usize, usize), b: (usize, usize)| (a.0 + b.0, a.1 + b.1);
    let at = |step: usize| by_label.values().map(|steps| steps[step]).fold((0, 0), plus);
    let all = first_best(|step| f1(at(step)));
    let mut chosen: BTreeMap<&Label, usize> = by_label.keys().map(|label| (*label, all)).collect();
    for _ in 0..if own { PASSES } else { 0 } {
        for (label, steps) in &by_label {
            let others = by_label.iter().filter(|(other, _)| other != &label);
            let rest = others.map(|(other, steps)| steps[chosen[other]]).fold((0, 0), plus);
            chosen.insert(label, first_best(|step| f1(plus(rest, steps[step]))));
        }
    }
    let own = chosen.into_iter().filter(|_| own).map(|(label, step)| (label.clone(), threshold(step)));
    ByLabel { all: threshold(all), own: own.collect() }
}

/// The thresholds that are tried, the lowest first.
pub(super) fn tried() -> impl DoubleEndedIterator<Item = f32> {
    (0..STEPS).map(threshold)
}

fn threshold(step: usize) -> f32 {
    // Rounded, so that a manifest shows .2 and not what adding up makes of it.
    (step as f32 * STEP * 100.0).round() / 100.0
}

/// The middle one of the steps from the first best one on that are equally good.
fn first_best(score: impl Fn(usize) -> f64) -> usize {
    let scores: Vec<f64> = (0..STEPS).map(score).collect();
    let first = (0..STEPS).fold(0, |best, step| if scores[step] > scores[best] { step } else { best });
    let alike = scores[first..].iter().take_while(|score| **score >= scores[first]).count();
    first + (alike - 1) / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_is_half_of_the_f1_where_confidence_is_true() {
        // Of each confidence c, c in 100 are right.
        let label = Label::from("Gene");
        let of = |c: usize| (0..100).map(move |i| (c as f32 / 100.0, i < c));
        let candidates: Vec<Candidate<'_>> = (1..100).flat_map(of).map(|(c, right)| (&label, c, right)).collect();
        let gold = 2 * candidates.iter().filter(|it| it.2).count();
        let found = best(&candidates, gold, false);
        let f1 = counts(&candidates, &found, gold).f1();
        assert!((f64::from(found.all) - f1 / 2.0).abs() < 0.02, "{} for an F1 of {f1}", found.all);
    }

    #[test]
    fn a_type_of_its_own_kind_gets_its_own_threshold() {
        let (gene, var) = (Label::from("Gene"), Label::from("Var"));
        // Genes are right from .3 on, variants from .7 on.
        let at = |i: usize| i as f32 / 50.0;
        let genes = (0..50).map(|i| (&gene, at(i), at(i) >= 0.3));
        let candidates: Vec<Candidate<'_>> = genes.chain((0..50).map(|i| (&var, at(i), at(i) >= 0.7))).collect();
        let gold = candidates.iter().filter(|it| it.2).count();
        let found = best(&candidates, gold, true);
        assert_eq!(counts(&candidates, &found, gold).f1(), 1.0, "{found:?}");
        assert!((found.of(&gene) - 0.3).abs() < 0.03 && (found.of(&var) - 0.7).abs() < 0.03, "{found:?}");
        assert!(counts(&candidates, &best(&candidates, gold, false), gold).f1() < 0.9);
        assert_eq!(best(&[], 3, true), ByLabel::same(threshold((STEPS - 1) / 2)));
    }
}
