//! What calibrations are worth: each is applied to the fold that it was not fitted on, and the better shape is taken.

use super::fit::{Seen, Shape, calibration_of, nearest};
use super::samples::FoldSamples;
use super::thresholds::Candidate;
use crate::document::Label;
use crate::evaluate::{Counts, Draws, Judged, calibration_error, error_by_chance, log_loss};
use crate::model::calibration::Calibration;
use std::collections::BTreeMap;

/// Bins of equal mass over which calibration errors are taken.
pub const BINS: usize = 15;

/// How far confidence and truth lie apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reliability {
    /// Expected calibration error over [`BINS`] bins of equal mass, 0 to 1.
    pub error: f64,
    /// What chance alone would make of it if every confidence were exactly right.
    pub by_chance: f64,
    /// Mean −ln of the probability of what turned out.
    pub log_loss: f64,
    /// Every prediction.
    pub judged: Vec<Judged>,
}

impl Reliability {
    /// Of these predictions.
    pub fn of(judged: Vec<Judged>) -> Self {
        let by_chance = error_by_chance(&judged, BINS, Draws { count: 50, seed: 1 });
        Self { error: calibration_error(&judged, BINS), by_chance, log_loss: log_loss(&judged), judged }
    }
}

/// Reliability before and after, over all folds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Confidences {
    /// As the models compute it.
    pub before: Reliability,
    /// By one curve.
    pub common: Reliability,
    /// By a curve for each type or role.
    pub by_label: Reliability,
}

/// Micro scores of what is proposed by thresholds, over all folds together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ThresholdScores {
    /// By one threshold.
    pub common: Counts,
    /// By one for each type or role.
    pub by_label: Counts,
}

/// All that is measured on samples.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// What was better, and is therefore used.
    pub shape: Shape,
    /// Confidence of spans.
    pub spans: Confidences,
    /// Confidence of roles between the spans that were found.
    pub roles: Confidences,
    /// Confidence of roles between gold spans.
    pub roles_given_gold_spans: Confidences,
    /// Every span by its type and every role between spans that were found: before, and by the curves that are used.
    pub by_label: BTreeMap<Label, (Vec<Judged>, Vec<Judged>)>,
    /// Spans by thresholds.
    pub span_thresholds: ThresholdScores,
    /// Roles between them by thresholds.
    pub role_thresholds: ThresholdScores,
    /// Confidence after a second look, if there was one, which is then used: of spans that come into question, of roles between them,
    /// and of roles between gold spans.
    pub reranked: Option<[Reliability; 3]>,
}

/// Which of what was seen is looked at.
type Pick = for<'s, 'a> fn(&'s Seen<'a>) -> &'s [Candidate<'a>];

const SPANS: Pick = |seen| &seen.spans;
const FOUND: Pick = |seen| &seen.found;
const GIVEN: Pick = |seen| &seen.given;

/// Measures both shapes of everything, one after the other. `related`: from where on the models themselves choose roles.
pub(super) fn measure(samples: &[FoldSamples], related: f32) -> Measured {
    let mut shape = Shape::default();
    let [raw_spans, raw_found, raw_given] = raw(samples, related);
    let spans = curves(samples, &mut shape, |shape, own| shape.spans.curves = own, (&raw_spans, SPANS));
    let roles = curves(samples, &mut shape, |shape, own| shape.roles.curves = own, (&raw_found, FOUND));
    // The choice between the spans that were found stands.
    let mut same = shape;
    let given = curves(samples, &mut same, |shape, own| shape.roles.curves = own, (&raw_given, GIVEN));
    let span_thresholds = thresholds(samples, &mut shape, |shape, own| shape.spans.thresholds = own, 0);
    let role_thresholds = thresholds(samples, &mut shape, |shape, own| shape.roles.thresholds = own, 1);
    let mut by_label: BTreeMap<Label, (Vec<Judged>, Vec<Judged>)> = BTreeMap::new();
    for candidate in raw_spans.iter().chain(&raw_found) {
        by_label.entry(candidate.0.clone()).or_default().0.push(judged(candidate));
    }
    for (_, seen) in cross_fitted(samples, shape) {
        for candidate in seen.spans.iter().chain(&seen.found) {
            by_label.entry(candidate.0.clone()).or_default().1.push(judged(candidate));
        }
    }
    Measured { shape, spans, roles, roles_given_gold_spans: given, by_label, span_thresholds, role_thresholds, reranked: None }
}

/// All folds but one.
pub(super) fn others<T>(samples: &[T], fold: usize) -> Vec<&T> {
    samples.iter().enumerate().filter(|(other, _)| *other != fold).map(|(_, samples)| samples).collect()
}

/// Every fold as the calibration sees it that was fitted on the others.
fn cross_fitted(samples: &[FoldSamples], shape: Shape) -> Vec<(Calibration, Seen<'_>)> {
    let seen = |(number, fold)| {
        let calibration = calibration_of(&others(samples, number), shape);
        let seen = Seen::by(&calibration, fold);
        (calibration, seen)
    };
    samples.iter().enumerate().map(seen).collect()
}

/// Spans, roles between them and roles between gold spans as the models say them.
fn raw(samples: &[FoldSamples], related: f32) -> [Vec<Candidate<'_>>; 3] {
    let at = nearest(related);
    let roles = |of: fn(&FoldSamples) -> &[Vec<super::samples::RoleSample>]| {
        samples.iter().flat_map(move |fold| &of(fold)[at]).map(|role| (&role.role, role.related, role.right)).collect()
    };
    let spans = samples.iter().flat_map(|fold| &fold.spans).map(|span| (&span.label, span.probability, span.right));
    [spans.collect(), roles(|fold| &fold.found), roles(|fold| &fold.given)]
}

fn curves(
    samples: &[FoldSamples],
    shape: &mut Shape,
    set: fn(&mut Shape, bool),
    (before, pick): (&[Candidate<'_>], Pick),
) -> Confidences {
    let mut with = |own| {
        set(shape, own);
        let folds = cross_fitted(samples, *shape);
        Reliability::of(folds.iter().flat_map(|(_, seen)| pick(seen)).map(judged).collect())
    };
    let (common, by_label) = (with(false), with(true));
    set(shape, by_label.log_loss < common.log_loss);
    Confidences { before: Reliability::of(before.iter().map(judged).collect()), common, by_label }
}

fn thresholds(samples: &[FoldSamples], shape: &mut Shape, set: fn(&mut Shape, bool), task: usize) -> ThresholdScores {
    let mut with = |own| {
        set(shape, own);
        let mut sum = Counts::default();
        cross_fitted(samples, *shape).iter().for_each(|(calibration, seen)| sum.add(seen.counts(calibration)[task]));
        sum
    };
    let (common, by_label) = (with(false), with(true));
    set(shape, by_label.f1() > common.f1());
    ThresholdScores { common, by_label }
}

fn judged((_, confidence, right): &Candidate<'_>) -> Judged {
    Judged { confidence: *confidence, right: *right }
}
