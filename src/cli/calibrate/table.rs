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
    let [spans, roles, _] = used(measured);
    out += &diagram("spans, calibrated", spans);
    out += &diagram("roles between the spans that were found, calibrated", roles);
    out += "\nMicro F1 by thresholds, cross-fitted  one for all  one each\n";
    let chosen = |of| if measured.reranked.is_none() { Some(of) } else { None };
    let (shape, spans, roles) = (measured.shape, chosen(&calibration.span_thresholds), chosen(&calibration.role_thresholds));
    out += &thresholds("spans", measured.span_thresholds, shape.spans.thresholds, spans);
    out += &thresholds("roles between them", measured.role_thresholds, shape.roles.thresholds, roles);
    out += &match measured.reranked {
        None => format!("Roles are chosen from a probability of being related of {:.2} on.\n", calibration.related),
        Some(_) => format!(
            "After a second look, from these confidences on: spans {:.2}, of proposed roles {:.2}, roles {:.2}, roles between spans that \
             stand {:.2}.\n",
            calibration.span_thresholds.all,
            calibration.end_threshold.unwrap_or(calibration.span_thresholds.all),
            calibration.role_thresholds.all,
            calibration.related
        ),
    };
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

const fn by_curves(confidences: &Confidences, own: bool) -> &Reliability {
    if own { &confidences.by_label } else { &confidences.common }
}

/// The confidences that are used: of spans, of roles between those that were found, and of roles between gold spans.
pub(super) fn used(measured: &Measured) -> [&Reliability; 3] {
    let Measured { shape, spans, roles, roles_given_gold_spans: given, .. } = measured;
    match &measured.reranked {
        Some([spans, roles, given]) => [spans, roles, given],
        None => {
            [by_curves(spans, shape.spans.curves), by_curves(roles, shape.roles.curves), by_curves(given, shape.roles.curves)]
        }
    }
}

fn confidences(measured: &Measured) -> String {
    let used = used(measured);
    let row = |name: &str, of: &Confidences, own: bool, at: usize| {
        let [before, common, by_label] = [&of.before, &of.common, &of.by_label].map(|it| 100.0 * it.error);
        let chance = 100.0 * used[at].by_chance;
        let count = of.common.judged.len();
        let again = measured.reranked.as_ref().map_or("-".to_owned(), |again| format!("{:.1}", 100.0 * again[at].error));
        let taken = if measured.reranked.is_some() { "second look" } else { taken(own) };
        format!("{name:<24} {count:>6} {before:>7.1} {common:>10.1} {by_label:>11.1} {again:>12} {chance:>10.1}  {taken}\n")
    };
    format!("ECE in points, {BINS} bins of equal mass\n")
        + &format!(
            "{:<24} {:>6} {:>7} {:>10} {:>11} {:>11} {:>10}  used\n",
            "", "count", "before", "one curve", "a curve each", "second look", "by chance"
        )
        + &row("spans", &measured.spans, measured.shape.spans.curves, 0)
        + &row("roles between them", &measured.roles, measured.shape.roles.curves, 1)
        + &row("roles, gold spans", &measured.roles_given_gold_spans, measured.shape.roles.curves, 2)
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

fn thresholds(name: &str, scores: ThresholdScores, own: bool, chosen: Option<&ByLabel<f32>>) -> String {
    let (common, by_label) = (scores.common.f1(), scores.by_label.f1());
    let each = |chosen: &ByLabel<f32>| chosen.own.iter().map(|(label, it)| format!(", {label} {it:.2}")).collect::<String>();
    let used = chosen.map_or_else(String::new, |chosen| format!("  used: {}, {:.2}{}", taken(own), chosen.all, each(chosen)));
    format!("{name:<37} {common:>11.3} {by_label:>9.3}{used}\n")
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
