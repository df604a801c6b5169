//! Scores as a table for people and as JSON for programs.

use super::{Counts, Scores, TaskScores};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr as _;

/// Width of the first column at least, so that the two tables stand alike: the longer of their titles.
const NAME_COLUMNS: usize = 22;

/// A table of both tasks: a line for each type, then the micro average over all. Scores are fractions of 1 with three digits.
pub fn render_table(scores: &Scores) -> String {
    let mut table = format!("{} matching over {} documents\n", scores.matching, scores.documents);
    for (title, task) in [("Task 1: trigger spans", &scores.spans), ("Task 2: thematic roles", &scores.relations)] {
        table.push('\n');
        render_task(&mut table, title, task);
    }
    table
}

fn render_task(table: &mut String, title: &str, task: &TaskScores) {
    let names = task.per_type.keys().map(|label| printable(label.as_str()));
    let rows: Vec<(String, &Counts)> = names.zip(task.per_type.values()).chain([("all".to_owned(), &task.micro)]).collect();
    let width = rows.iter().map(|(name, _)| name.width()).max().unwrap_or(0).max(NAME_COLUMNS);
    // Writing to a String can't fail.
    let _ = writeln!(table, "{title:<width$} {:>6} {:>6} {:>6} {:>7} {:>7} {:>7}", "gold", "pred", "match", "P", "R", "F1");
    for (name, counts) in rows {
        let pad = " ".repeat(width.saturating_sub(name.width()));
        let (p, r, f) = (counts.precision(), counts.recall(), counts.f1());
        let Counts { gold, predicted, matched } = counts;
        let _ = writeln!(table, "{name}{pad} {gold:>6} {predicted:>6} {matched:>6} {p:>7.3} {r:>7.3} {f:>7.3}");
    }
}

/// Type names come from files: control characters never reach the terminal.
pub(super) fn printable(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// The same as JSON: `matching`, `documents`, and for `spans` and `relations` the `micro` counts and scores and those `per_type`.
pub fn render_json(scores: &Scores) -> Value {
    json!({
        "matching": scores.matching,
        "documents": scores.documents,
        "spans": task_json(&scores.spans),
        "relations": task_json(&scores.relations),
    })
}

fn task_json(task: &TaskScores) -> Value {
    let per_type: Map<String, Value> =
        task.per_type.iter().map(|(label, counts)| (label.to_string(), counts_json(counts))).collect();
    json!({ "micro": counts_json(&task.micro), "per_type": per_type })
}

fn counts_json(counts: &Counts) -> Value {
    json!({
        "gold": counts.gold,
        "predicted": counts.predicted,
        "matched": counts.matched,
        "precision": counts.precision(),
        "recall": counts.recall(),
        "f1": counts.f1(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::Matching;

    fn scores() -> Scores {
        let mut scores = Scores { matching: Matching::Soft, documents: 2, ..Scores::default() };
        scores.spans.micro = Counts { gold: 5, predicted: 4, matched: 3 };
        scores.spans.per_type.insert("Gene".into(), Counts { gold: 4, predicted: 4, matched: 3 });
        scores.spans.per_type.insert("V\u{1b}ar".into(), Counts { gold: 1, predicted: 0, matched: 0 });
        scores
    }

    #[test]
    fn the_table_lines_up_and_shows_no_control_characters() {
        let table = render_table(&scores());
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
        let json = render_json(&scores());
        assert_eq!(json["matching"], "soft");
        assert_eq!(json["spans"]["per_type"]["Gene"]["f1"], 0.75);
        assert_eq!(json["spans"]["micro"]["recall"], 0.6);
        assert_eq!(json["relations"]["micro"]["gold"], 0);
    }
}
