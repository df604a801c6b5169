//! Fitting curves in log-odds: logistic regression on one number, by Newton's method.

use crate::document::Label;
use crate::model::calibration::{ByLabel, Curve, log_odds};
use std::collections::BTreeMap;

/// How strongly the curve of a type is held to that of all: as strongly as by about so many spans that are as often right as wrong,
/// divided by four. From 5 to 50 make no difference on AGAC.
const PRIOR: f64 = 20.0;

/// Enough to make the curve of two or three samples finite, and no more.
const RIDGE: f64 = 1e-3;

/// A probability and whether what it was given to was right.
pub(super) type Point = (f32, bool);

/// The curve that makes the points most probable, held to `to`.
fn fit_near(points: &[Point], to: Curve, strength: f64) -> Curve {
    let (mut slope, mut offset) = (to.slope, to.offset);
    for _ in 0..50 {
        let mut gradient = [strength * (slope - to.slope), strength * (offset - to.offset)];
        let mut curvature = [strength, 0.0, strength];
        for &(probability, right) in points {
            let x = log_odds(probability);
            let p = 1.0 / (1.0 + (-slope * x - offset).exp());
            let (error, weight) = (p - f64::from(u8::from(right)), p * (1.0 - p));
            gradient = [gradient[0] + error * x, gradient[1] + error];
            curvature = [curvature[0] + weight * x * x, curvature[1] + weight * x, curvature[2] + weight];
        }
        let [a, b, c] = curvature;
        let determinant = a * c - b * b;
        let step = [(c * gradient[0] - b * gradient[1]) / determinant, (a * gradient[1] - b * gradient[0]) / determinant];
        if !step.iter().all(|part| part.is_finite()) {
            return to;
        }
        (slope, offset) = (slope - step[0], offset - step[1]);
        if step.iter().all(|part| part.abs() < 1e-9) {
            break;
        }
    }
    let fitted = Curve { slope, offset };
    // Where the surer ones are not more often right there is nothing to be learned.
    if slope > 0.0 && slope.is_finite() && offset.is_finite() { fitted } else { to }
}

/// The curve of all points.
pub(super) fn fit(points: &[Point]) -> Curve {
    fit_near(points, Curve::IDENTITY, RIDGE)
}

/// The curve of all points and, if wanted, one for each type or role, held to it.
pub(super) fn fit_by_label<'a>(points: impl Iterator<Item = (&'a Label, Point)>, own: bool) -> ByLabel<Curve> {
    let mut by_label: BTreeMap<&Label, Vec<Point>> = BTreeMap::new();
    points.for_each(|(label, point)| by_label.entry(label).or_default().push(point));
    let all = fit(&by_label.values().flatten().copied().collect::<Vec<_>>());
    let curves = by_label.iter().filter(|_| own).map(|(label, points)| ((*label).clone(), fit_near(points, all, PRIOR)));
    ByLabel { all, own: curves.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng as _, SeedableRng as _};
    use rand_chacha::ChaCha8Rng;

    /// Points whose true probability is that of a curve.
    fn drawn(curve: Curve, count: usize, seed: u64) -> Vec<Point> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut draw = || {
            let said = rng.random_range(0.05f32..0.99);
            (said, rng.random::<f32>() < curve.apply(said))
        };
        (0..count).map(|_| draw()).collect()
    }

    #[test]
    fn a_curve_is_found_again() {
        let truth = Curve { slope: 0.6, offset: -1.2 };
        let found = fit(&drawn(truth, 20_000, 1));
        assert!((found.slope - truth.slope).abs() < 0.05 && (found.offset - truth.offset).abs() < 0.05, "{found:?}");
    }

    #[test]
    fn a_rare_type_follows_the_others_and_a_frequent_one_itself() {
        let [common, other] = [Curve { slope: 0.8, offset: -1.0 }, Curve { slope: 0.8, offset: 1.0 }];
        let (gene, rare, var) = (Label::from("Gene"), Label::from("Pathway"), Label::from("Var"));
        let (many, few, frequent) = (drawn(common, 9000, 2), drawn(other, 4, 3), drawn(other, 3000, 4));
        let points = many.iter().map(|point| (&gene, *point));
        let points = points.chain(few.iter().map(|point| (&rare, *point))).chain(frequent.iter().map(|point| (&var, *point)));
        let found = fit_by_label(points.clone(), true);
        assert!((found.of(&var).offset - 1.0).abs() < 0.15 && (found.of(&gene).offset + 1.0).abs() < 0.15, "{found:?}");
        assert!((found.of(&rare).offset - found.all.offset).abs() < 0.2, "{found:?}");
        assert!(fit_by_label(points, false).own.is_empty());
    }

    #[test]
    fn curves_rise_whatever_the_points_are() {
        assert_eq!(fit(&[]), Curve::IDENTITY);
        let falling: Vec<Point> = (0..100).map(|i| (i as f32 / 100.0, i < 50)).collect();
        let all_right: Vec<Point> = (0..5).map(|i| (0.5 + i as f32 / 100.0, true)).collect();
        for points in [falling, all_right, vec![(0.3, false)], vec![(1.0, true), (0.0, false)]] {
            let curve = fit(&points);
            assert!(curve.slope > 0.0 && curve.slope.is_finite() && curve.offset.is_finite(), "{curve:?}");
        }
    }
}
