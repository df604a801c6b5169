//! Whether a confidence is what it says: how often the predictions of each confidence are right.

use super::Draws;
use rand::Rng as _;

/// A prediction with its confidence, 0 to 1, and whether it was right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    /// What the model says.
    pub confidence: f32,
    /// What the gold annotation says.
    pub right: bool,
}

/// Predictions of about the same confidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReliabilityBin {
    /// How many.
    pub count: usize,
    /// Their mean confidence.
    pub confidence: f64,
    /// The share of them that is right.
    pub right: f64,
}

/// Predictions in bins of equal mass: sorted by confidence, as many in each as in the others, give or take one.
pub fn reliability(judged: &[Judged], bins: usize) -> Vec<ReliabilityBin> {
    let mut sorted = judged.to_vec();
    sorted.sort_by(|a, b| a.confidence.total_cmp(&b.confidence));
    let bins = bins.clamp(1, sorted.len().max(1));
    let edge = |bin: usize| bin * sorted.len() / bins;
    let bin = |number: usize| {
        let part = &sorted[edge(number)..edge(number + 1)];
        let count = part.len().max(1) as f64;
        ReliabilityBin {
            count: part.len(),
            confidence: part.iter().map(|one| f64::from(one.confidence)).sum::<f64>() / count,
            right: part.iter().filter(|one| one.right).count() as f64 / count,
        }
    };
    (0..bins).map(bin).filter(|bin| bin.count > 0).collect()
}

/// Expected calibration error, 0 to 1 (Naeini et al. 2015, with bins of equal mass): the mean distance between confidence and the share
/// that is right, over the bins by their size.
pub fn calibration_error(judged: &[Judged], bins: usize) -> f64 {
    let bins = reliability(judged, bins);
    let total = bins.iter().map(|bin| bin.count).sum::<usize>().max(1) as f64;
    bins.iter().map(|bin| bin.count as f64 / total * (bin.confidence - bin.right).abs()).sum()
}

/// The error that would be found if every confidence were exactly right, by chance alone: the mean over draws.
pub fn error_by_chance(judged: &[Judged], bins: usize, draws: Draws) -> f64 {
    let mut rng = draws.generator();
    let mut draw = || {
        let lucky = |one: &Judged| Judged { right: rng.random::<f32>() < one.confidence, ..*one };
        calibration_error(&judged.iter().map(lucky).collect::<Vec<_>>(), bins)
    };
    (0..draws.count).map(|_| draw()).sum::<f64>() / draws.count.max(1) as f64
}

/// Mean of −ln of the probability that was given to what turned out.
pub fn log_loss(judged: &[Judged]) -> f64 {
    let loss = |one: &Judged| {
        let said = if one.right { f64::from(one.confidence) } else { 1.0 - f64::from(one.confidence) };
        -said.max(1e-9).ln()
    };
    judged.iter().map(loss).sum::<f64>() / judged.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(of: &[(f32, bool)]) -> Vec<Judged> {
        of.iter().map(|&(confidence, right)| Judged { confidence, right }).collect()
    }

    #[test]
    fn the_error_is_the_distance_between_confidence_and_truth() {
        let sample = judged(&[(0.9, true), (0.1, false), (0.9, false), (0.1, false)]);
        let bins = reliability(&sample, 2);
        assert_eq!(bins.iter().map(|bin| (bin.count, bin.right)).collect::<Vec<_>>(), [(2, 0.0), (2, 0.5)]);
        assert!((calibration_error(&sample, 2) - (0.1 + 0.4) / 2.0).abs() < 1e-6);
        assert!((calibration_error(&sample, 1) - 0.25).abs() < 1e-6);
        assert_eq!(calibration_error(&[], 15), 0.0);
        assert_eq!(reliability(&sample, 15).len(), 4, "no empty bins");
        assert!((log_loss(&judged(&[(0.5, true), (0.5, false)])) - std::f64::consts::LN_2).abs() < 1e-9);
    }

    #[test]
    fn chance_alone_makes_an_error_that_shrinks_with_the_sample() {
        let sample = |count: usize| judged(&(0..count).map(|i| ((i % 100) as f32 / 100.0, false)).collect::<Vec<_>>());
        let draws = Draws { count: 20, seed: 1 };
        let (few, many) = (error_by_chance(&sample(300), 15, draws), error_by_chance(&sample(30_000), 15, draws));
        assert!(0.02 < few && few < 0.15 && many < few / 5.0, "{few} {many}");
        assert!(calibration_error(&sample(300), 15) > 0.4, "the sample itself is wrong");
    }
}
