//! From what models said of documents to a calibration, and what another calibration makes of what they said.

use super::curves::{fit, fit_by_label};
use super::samples::{FoldSamples, RELATED, RoleSample, SpanSample};
use super::thresholds::{Candidate, best, counts};
use crate::evaluate::Counts;
use crate::model::calibration::{ByLabel, Calibration};

/// Which values there are for each type or role instead of one for all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Own {
    /// Curves.
    pub curves: bool,
    /// Thresholds.
    pub thresholds: bool,
}

/// What a calibration has for each type and role.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// For types.
    pub spans: Own,
    /// For roles.
    pub roles: Own,
}

/// The calibration that fits these folds best.
pub(super) fn calibration_of(folds: &[&FoldSamples], shape: Shape) -> Calibration {
    let at = best_related(folds);
    let spans = folds.iter().flat_map(|fold| &fold.spans).map(|span| (&span.label, (span.probability, span.right)));
    let spans = fit_by_label(spans, shape.spans.curves);
    let given = folds.iter().flat_map(|fold| &fold.given[at]).map(|role| (&role.role, (role.related, role.right)));
    let roles = fit_by_label(given, shape.roles.curves);
    let sure = |span: &SpanSample| spans.of(&span.label).apply(span.probability);
    let both = |fold: &FoldSamples, role: &RoleSample| {
        let [subject, object] = role.ends?;
        Some((sure(&fold.spans[subject]) * sure(&fold.spans[object]), fold.ends_are_right(role)))
    };
    let ends: Vec<_> = folds.iter().flat_map(|fold| fold.found[at].iter().filter_map(|role| both(fold, role))).collect();
    let mut calibration = Calibration {
        ends: fit(&ends),
        spans,
        roles,
        span_thresholds: ByLabel::same(0.0),
        end_threshold: None,
        role_thresholds: ByLabel::same(0.0),
        related: RELATED[at],
        rerank: None,
    };
    let seen: Vec<Seen<'_>> = folds.iter().map(|fold| Seen::by(&calibration, fold)).collect();
    let spans: Vec<Candidate<'_>> = seen.iter().flat_map(|seen| seen.spans.iter().copied()).collect();
    let gold = folds.iter().map(|fold| fold.gold_spans).sum();
    calibration.span_thresholds = best(&spans, gold, shape.spans.thresholds);
    let roles: Vec<Candidate<'_>> = seen.iter().flat_map(|seen| seen.found_between(&calibration.span_thresholds)).collect();
    let gold = folds.iter().map(|fold| fold.gold_roles).sum();
    calibration.role_thresholds = best(&roles, gold, shape.roles.thresholds);
    calibration
}

/// Which of [`RELATED`] gives the best F1 between gold spans.
fn best_related(folds: &[&FoldSamples]) -> usize {
    let gold = folds.iter().map(|fold| fold.gold_roles).sum();
    let f1 = |at: usize| {
        let all = folds.iter().flat_map(|fold| &fold.given[at]);
        let (predicted, matched) = all.fold((0, 0), |sum, role| (sum.0 + 1, sum.1 + usize::from(role.right)));
        Counts { gold, predicted, matched }.f1()
    };
    (0..RELATED.len()).fold(0, |best, at| if f1(at) > f1(best) { at } else { best })
}

/// The place in [`RELATED`] that is nearest to a probability.
pub(super) fn nearest(related: f32) -> usize {
    let distance = |at: usize| (RELATED[at] - related).abs();
    (0..RELATED.len()).fold(0, |best, at| if distance(at) < distance(best) { at } else { best })
}

/// What a calibration makes of what a model said of a fold.
#[derive(Debug)]
pub(super) struct Seen<'a> {
    fold: &'a FoldSamples,
    pub(super) spans: Vec<Candidate<'a>>,
    /// Between the spans that were found.
    pub(super) found: Vec<Candidate<'a>>,
    /// Their ends.
    ends: Vec<Option<[usize; 2]>>,
    /// Between gold spans.
    pub(super) given: Vec<Candidate<'a>>,
}

impl<'a> Seen<'a> {
    pub(super) fn by(calibration: &Calibration, fold: &'a FoldSamples) -> Self {
        let sure = |span: &SpanSample| calibration.spans.of(&span.label).apply(span.probability);
        let role = |role: &'a RoleSample| {
            let ends = role.ends.map_or([None; 2], |ends| ends.map(|end| Some(sure(&fold.spans[end]))));
            (&role.role, calibration.role(&role.role, role.related, ends), role.right)
        };
        let at = nearest(calibration.related);
        Self {
            fold,
            spans: fold.spans.iter().map(|span| (&span.label, sure(span), span.right)).collect(),
            found: fold.found[at].iter().map(role).collect(),
            ends: fold.found[at].iter().map(|role| role.ends).collect(),
            given: fold.given[at].iter().map(role).collect(),
        }
    }

    /// Roles between spans that are proposed by these thresholds.
    fn found_between(&self, thresholds: &ByLabel<f32>) -> impl Iterator<Item = Candidate<'a>> {
        let proposed = |end: usize| self.spans[end].1 >= thresholds.of(self.spans[end].0);
        let kept = self.found.iter().zip(&self.ends);
        kept.filter(move |(_, ends)| ends.is_none_or(|ends| ends.into_iter().all(proposed))).map(|(role, _)| *role)
    }

    /// Counts of spans and of roles by the thresholds of a calibration.
    pub(super) fn counts(&self, calibration: &Calibration) -> [Counts; 2] {
        let roles: Vec<Candidate<'_>> = self.found_between(&calibration.span_thresholds).collect();
        [
            counts(&self.spans, &calibration.span_thresholds, self.fold.gold_spans),
            counts(&roles, &calibration.role_thresholds, self.fold.gold_roles),
        ]
    }
}
