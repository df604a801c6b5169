//! A calibration as tables and diagrams of text.

use crate::evaluate::{Judged, calibration_error, reliability};
use crate::model::calibration::ByLabel;
use crate::train::{BINS, Calibrated, Confidences, FoldScores, Measured, Prf, Reliability, ThresholdScores, describe};

/// Bins of a single type, which has fewer predictions.
const FEW_BINS: usize = 10;

/// Characters of a bar that stands for 100 %.
const BAR: usize = 40;

/// Everything that is told of a calibration.
pub(super) fn all(calibrated: &Calibrated) -> String {
    let Calibrated { calibration, measured, scores_before, scores_after, .. } = calibrated;
    let mut out = confidences(measured);
    out += &by_label(measured);
    out += &diagram("spans, calibrated", used(&measured.spans, measured.shape.spans.curves));
    out += &diagram("roles between the spans that were found, calibrated", used(&measured.roles, measured.shape.roles.curves));
    out += "\nMicro F1 by thresholds, cross-fitted  one for all  one each\n";
    out += &thresholds("spans", measured.span_thresholds, measured.shape.spans.thresholds, &calibration.span_thresholds);
    out += &thresholds(
        "roles between them",
        measured.role_thresholds,
        measured.shape.roles.thresholds,
        &calibration.role_thresholds,
    );
    out += &format!("Roles are chosen from a probability of being related of {:.2} on.\n", calibration.related);
    out += &format!("\nWithout calibration: {}", describe(scores_before));
    out += &format!("\nCalibrated, cross-fitted: {}", describe(scores_after));
    out + &each_fold(scores_after)
}

fn each_fold(folds: &[FoldScores]) -> String {
    let cells = |of: Prf| format!("{:.3} {:.3} {:.3}", of.precision, of.recall, of.f1);
    let row = |(fold, scores): (usize, &FoldScores)| {
        let [spans, roles, given] = [scores.spans, scores.roles, scores.roles_given_gold_spans].map(cells);
        format!("{fold:<4} {spans:<20} {roles:<20} {given}\n")
    };
    let rows: String = folds.iter().enumerate().map(row).collect();
    format!("{:<4} {:<20} {:<20} {}\n{rows}", "fold", "spans P R F1", "roles P R F1", "roles given gold spans P R F1")
}

/// The confidences that are used.
pub(super) const fn used(confidences: &Confidences, own: bool) -> &Reliability {
    if own { &confidences.by_label } else { &confidences.common }
}

fn confidences(measured: &Measured) -> String {
    let row = |name: &str, of: &Confidences, own: bool| {
        let [before, common, by_label] = [&of.before, &of.common, &of.by_label].map(|it| 100.0 * it.error);
        let chance = 100.0 * used(of, own).by_chance;
        let count = of.common.judged.len();
        format!("{name:<24} {count:>6} {before:>7.1} {common:>10.1} {by_label:>11.1} {chance:>10.1}  {}\n", taken(own))
    };
    format!("ECE in points, {BINS} bins of equal mass\n")
        + &format!(
            "{:<24} {:>6} {:>7} {:>10} {:>11} {:>10}  used\n",
            "", "count", "before", "one curve", "a curve each", "by chance"
        )
        + &row("spans", &measured.spans, measured.shape.spans.curves)
        + &row("roles between them", &measured.roles, measured.shape.roles.curves)
        + &row("roles, gold spans", &measured.roles_given_gold_spans, measured.shape.roles.curves)
}

const fn taken(own: bool) -> &'static str {
    if own { "one each" } else { "one for all" }
}

fn by_label(measured: &Measured) -> String {
    let mut out = format!(
        "\n{:<24} {:>6} {:>7} {:>7} {:>7}   ECE before, after ({FEW_BINS} bins)\n",
        "type or role", "count", "before", "after", "right"
    );
    for (label, (before, after)) in &measured.by_label {
        let [said, says] = [before, after].map(|judged| mean(judged, |one| f64::from(one.confidence)));
        let right = mean(after, |one| f64::from(u8::from(one.right)));
        let [error_before, error] = [before, after].map(|judged| 100.0 * calibration_error(judged, FEW_BINS));
        let count = after.len();
        out += &format!(
            "{:<24} {count:>6} {:>5.0} % {:>5.0} % {:>5.0} %   {error_before:>10.1} {error:>6.1}\n",
            label.as_str(),
            100.0 * said,
            100.0 * says,
            100.0 * right
        );
    }
    out
}

fn mean(judged: &[Judged], of: impl Fn(&Judged) -> f64) -> f64 {
    judged.iter().map(of).sum::<f64>() / judged.len().max(1) as f64
}

/// A bar for each bin, as long as the share that is right, and a mark where the confidence is.
fn diagram(title: &str, of: &Reliability) -> String {
    let mut out = format!("\n{title}\n{:>6} {:>6}  # right, | says\n", "says", "right");
    for bin in reliability(&of.judged, BINS) {
        let at = |share: f64| (share * BAR as f64).round() as usize;
        let bar: String = (0..=BAR)
            .map(|place| match place {
                _ if place == at(bin.confidence) => '|',
                _ if place < at(bin.right) => '#',
                _ => ' ',
            })
            .collect();
        out += &format!("{:>4.0} % {:>4.0} %  {}\n", 100.0 * bin.confidence, 100.0 * bin.right, bar.trim_end());
    }
    out
}

fn thresholds(name: &str, scores: ThresholdScores, own: bool, chosen: &ByLabel<f32>) -> String {
    let (common, by_label) = (scores.common.f1(), scores.by_label.f1());
    let each = chosen.own.iter().map(|(label, threshold)| format!(", {label} {threshold:.2}")).collect::<String>();
    format!("{name:<37} {common:>11.3} {by_label:>9.3}  used: {}, {:.2}{each}\n", taken(own), chosen.all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diagram_shows_what_is_said_and_what_is_right() {
        let judged = |confidence, right| Judged { confidence, right };
        let sample = vec![judged(0.25, false), judged(0.25, true), judged(0.75, true), judged(0.75, true)];
        let shown = diagram("t", &Reliability { judged: sample, ..Reliability::default() });
        let lines: Vec<&str> = shown.lines().skip(3).collect();
        assert_eq!(lines.len(), 4, "a bin for each: {shown}");
        assert!(lines[2].starts_with("  75 %  100 %  ##############################|#########"), "{shown}");
        assert!(lines[0].ends_with("   0 %            |"), "{shown}");
    }
}
