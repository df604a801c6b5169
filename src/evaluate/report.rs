//! Scores as a table for people and as JSON for programs.

use super::{Comparison, Comparisons, Counts, Draws, Interval, Intervals, Matching, Scores, TaskIntervals, TaskScores};
use crate::document::Label;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr as _;

/// Width of the first column at least, so that the two tables stand alike: the longer of their titles.
const NAME_COLUMNS: usize = 22;

/// A table of both tasks: a line for each type, then the micro average over all. Scores are fractions of 1 with three digits; with
/// intervals, that of F1 stands behind it.
pub fn render_table(scores: &Scores, intervals: Option<&Intervals>) -> String {
    let mut table = format!("{} matching over {} documents\n", scores.matching, scores.documents);
    if let Some(Draws { count, seed }) = intervals.map(|intervals| intervals.draws) {
        // Writing to a String can't fail.
        let _ = writeln!(table, "95 % intervals of F1 from {count} resamplings of the documents, seed {seed}");
    }
    let spans = ("Task 1: trigger spans", &scores.spans, intervals.map(|intervals| &intervals.spans));
    let relations = ("Task 2: thematic roles", &scores.relations, intervals.map(|intervals| &intervals.relations));
    for (title, task, intervals) in [spans, relations] {
        table.push('\n');
        render_task(&mut table, title, task, intervals);
    }
    table
}

fn render_task(table: &mut String, title: &str, task: &TaskScores, intervals: Option<&TaskIntervals>) {
    let interval = |label: &Label| intervals.map(|intervals| intervals.per_type.get(label).copied().unwrap_or_default());
    let types = task.per_type.iter().map(|(label, counts)| (printable(label.as_str()), counts, interval(label)));
    let all = ("all".to_owned(), &task.micro, intervals.map(|intervals| intervals.micro));
    let rows: Vec<(String, &Counts, Option<Interval>)> = types.chain([all]).collect();
    let width = rows.iter().map(|(name, ..)| name.width()).max().unwrap_or(0).max(NAME_COLUMNS);
    let header = if intervals.is_some() { "  95 % interval" } else { "" };
    let _ =
        writeln!(table, "{title:<width$} {:>6} {:>6} {:>6} {:>7} {:>7} {:>7}{header}", "gold", "pred", "match", "P", "R", "F1");
    for (name, counts, interval) in rows {
        let pad = " ".repeat(width.saturating_sub(name.width()));
        let (p, r, f) = (counts.precision(), counts.recall(), counts.f1());
        let Counts { gold, predicted, matched } = counts;
        let interval = interval.map(|Interval { low, high }| format!("  {low:.3} – {high:.3}")).unwrap_or_default();
        let _ = writeln!(table, "{name}{pad} {gold:>6} {predicted:>6} {matched:>6} {p:>7.3} {r:>7.3} {f:>7.3}{interval}");
    }
}

/// The comparison of two sets of predictions as a table: F1 of both, the difference with its interval, and the p-values.
pub fn render_comparison(comparisons: &Comparisons, matching: Matching) -> String {
    let Comparisons { draws: Draws { count, seed }, documents, spans, relations } = comparisons;
    let mut table = format!("{matching} matching over {documents} documents; {count} draws, seed {seed}\n\n");
    let _ = writeln!(
        table,
        "{:<NAME_COLUMNS$} {:>7} {:>7} {:>7}  {:<17} {:>13} {:>12}",
        "micro F1", "A", "B", "B - A", "95 % interval", "p(randomised)", "p(bootstrap)"
    );
    for (title, of) in [("Task 1: trigger spans", spans), ("Task 2: thematic roles", relations)] {
        let Comparison { first, second, interval: Interval { low, high }, p_randomisation, p_bootstrap } = of;
        let interval = format!("{low:+.3} – {high:+.3}");
        let _ = writeln!(
            table,
            "{title:<NAME_COLUMNS$} {first:>7.3} {second:>7.3} {:>+7.3}  {interval:<17} {p_randomisation:>13.4} {p_bootstrap:>12.4}",
            of.difference()
        );
    }
    table
}

/// The same as JSON: for `spans` and `relations` F1 of `first` and `second`, `difference`, `interval`, `p_randomisation`, `p_bootstrap`.
pub fn comparison_json(comparisons: &Comparisons, matching: Matching) -> Value {
    let of = |comparison: &Comparison| {
        json!({
            "first": comparison.first,
            "second": comparison.second,
            "difference": comparison.difference(),
            "interval": comparison.interval,
            "p_randomisation": comparison.p_randomisation,
            "p_bootstrap": comparison.p_bootstrap,
        })
    };
    json!({
        "matching": matching,
        "documents": comparisons.documents,
        "draws": comparisons.draws.count,
        "seed": comparisons.draws.seed,
        "spans": of(&comparisons.spans),
        "relations": of(&comparisons.relations),
    })
}

/// Type names come from files: control characters never reach the terminal.
pub(super) fn printable(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// The scores as JSON: `matching`, `documents`, and for `spans` and `relations` the `micro` counts and scores and those `per_type`;
/// with intervals, `f1_interval` beside each `f1`, and how they were drawn under `bootstrap`.
pub fn render_json(scores: &Scores, intervals: Option<&Intervals>) -> Value {
    let mut whole = json!({
        "matching": scores.matching,
        "documents": scores.documents,
        "spans": task_json(&scores.spans, intervals.map(|intervals| &intervals.spans)),
        "relations": task_json(&scores.relations, intervals.map(|intervals| &intervals.relations)),
    });
    if let (Some(whole), Some(Draws { count, seed })) = (whole.as_object_mut(), intervals.map(|intervals| intervals.draws)) {
        whole.insert("bootstrap".to_owned(), json!({ "resamplings": count, "seed": seed }));
    }
    whole
}

fn task_json(task: &TaskScores, intervals: Option<&TaskIntervals>) -> Value {
    let interval = |label: &Label| intervals.and_then(|intervals| intervals.per_type.get(label).copied());
    let per_type: Map<String, Value> =
        task.per_type.iter().map(|(label, counts)| (label.to_string(), counts_json(counts, interval(label)))).collect();
    json!({ "micro": counts_json(&task.micro, intervals.map(|intervals| intervals.micro)), "per_type": per_type })
}

fn counts_json(counts: &Counts, interval: Option<Interval>) -> Value {
    let mut value = json!({
        "gold": counts.gold,
        "predicted": counts.predicted,
        "matched": counts.matched,
        "precision": counts.precision(),
        "recall": counts.recall(),
        "f1": counts.f1(),
    });
    if let (Some(value), Some(interval)) = (value.as_object_mut(), interval) {
        value.insert("f1_interval".to_owned(), json!([interval.low, interval.high]));
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores() -> Scores {
        let mut scores = Scores { matching: Matching::Soft, documents: 2, ..Scores::default() };
        scores.spans.micro = Counts { gold: 5, predicted: 4, matched: 3 };
        scores.spans.per_type.insert("Gene".into(), Counts { gold: 4, predicted: 4, matched: 3 });
        scores.spans.per_type.insert("V\u{1b}ar".into(), Counts { gold: 1, predicted: 0, matched: 0 });
        scores
    }

    #[test]
    fn the_table_lines_up_and_shows_no_control_characters() {
        let table = render_table(&scores(), None);
        let expected = "\
soft matching over 2 documents

Task 1: trigger spans    gold   pred  match       P       R      F1
Gene                        4      4      3   0.750   0.750   0.750
V\u{fffd}ar                        1      0      0   0.000   0.000   0.000
all                         5      4      3   0.750   0.600   0.667

Task 2: thematic roles   gold   pred  match       P       R      F1
all                         0      0      0   0.000   0.000   0.000
";
        assert_eq!(table, expected);
    }

    #[test]
    fn the_json_holds_the_same_numbers() {
        let json = render_json(&scores(), None);
        assert_eq!(json["matching"], "soft");
        assert_eq!(json["spans"]["per_type"]["Gene"]["f1"], 0.75);
        assert_eq!(json["spans"]["micro"]["recall"], 0.6);
        assert_eq!(json["relations"]["micro"]["gold"], 0);
    }

    #[test]
    fn intervals_and_comparisons_stand_in_columns() {
        let draws = Draws { count: 9, seed: 3 };
        let interval = Interval { low: 0.25, high: 0.875 };
        let spans = TaskIntervals { micro: interval, per_type: [("Gene".into(), interval)].into() };
        let intervals = Intervals { draws, spans, relations: TaskIntervals::default() };
        let table = render_table(&scores(), Some(&intervals));
        assert!(table.contains("95 % intervals of F1 from 9 resamplings of the documents, seed 3\n"), "{table}");
        assert!(
            table.contains("all                         5      4      3   0.750   0.600   0.667  0.250 – 0.875\n"),
            "{table}"
        );
        let json = render_json(&scores(), Some(&intervals));
        assert_eq!(
            (&json["spans"]["per_type"]["Gene"]["f1_interval"], &json["bootstrap"]["seed"]),
            (&json!([0.25, 0.875]), &json!(3))
        );
        let one = Comparison {
            first: 0.5,
            second: 0.25,
            interval: Interval { low: -0.5, high: 0.125 },
            p_randomisation: 0.0625,
            p_bootstrap: 0.05,
        };
        let both = Comparisons { draws, documents: 2, spans: one, relations: one };
        let expected = "\
strict matching over 2 documents; 9 draws, seed 3

micro F1                     A       B   B - A  95 % interval     p(randomised) p(bootstrap)
Task 1: trigger spans    0.500   0.250  -0.250  -0.500 – +0.125          0.0625       0.0500
Task 2: thematic roles   0.500   0.250  -0.250  -0.500 – +0.125          0.0625       0.0500
";
        assert_eq!(render_comparison(&both, Matching::Strict), expected);
        assert_eq!(comparison_json(&both, Matching::Strict)["spans"]["interval"]["low"], -0.5);
    }
}
