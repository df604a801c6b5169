//! How far two annotators agree: F1 under two rules, and, over the spans that both marked, Cohen's kappa of the types.

use super::{Counts, Matching, Pairing, Scores};
use crate::document::{Document, Label};
use crate::text::CharSpan;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr as _;

/// What is said of two annotators over the documents that both have.
#[derive(Clone, Debug, Default)]
pub struct Agreement {
    /// The same spans to the character.
    pub strict: Scores,
    /// Spans that share a character.
    pub relaxed: Scores,
    /// How often the first called a span this and the second that; `None` is not marked by one of them.
    pub confusion: BTreeMap<(Option<Label>, Option<Label>), usize>,
}

impl Agreement {
    /// Of documents in pairs, first and second annotator's.
    pub fn of(pairing: &Pairing<'_>) -> Self {
        // What the second of a pair only proposes would count as predicted.
        let pairing = &pairing.standing();
        let mut confusion = BTreeMap::new();
        for (first, second) in pairing.pairs() {
            let (mut ours, mut theirs) = (types(first), types(second));
            for (place, labels) in &mut ours {
                let others = theirs.remove(place).unwrap_or_default();
                count_place(labels, others, &mut confusion);
            }
            for (_, others) in theirs {
                count_place(&mut BTreeSet::new(), others, &mut confusion);
            }
        }
        Self { strict: pairing.score(Matching::Strict), relaxed: pairing.score(Matching::Overlap), confusion }
    }

    /// Spans that both marked, whatever they called them.
    pub fn both(&self) -> usize {
        self.typed().map(|(_, _, count)| count).sum()
    }

    /// Cohen's kappa of the types over the spans that both marked: 1 when all are called the same, 0 when no more are than chance would
    /// bring, given how often each annotator uses each type. `None` when they marked none together, or when chance alone explains all
    /// (both use one type only).
    pub fn kappa(&self) -> Option<f64> {
        let all = self.both() as f64;
        let (mut ours, mut theirs): (BTreeMap<&Label, f64>, BTreeMap<&Label, f64>) = Default::default();
        let mut same = 0.0;
        for (first, second, count) in self.typed() {
            *ours.entry(first).or_default() += count as f64;
            *theirs.entry(second).or_default() += count as f64;
            same += if first == second { count as f64 } else { 0.0 };
        }
        let by_chance: f64 = ours.iter().map(|(label, count)| count * theirs.get(label).copied().unwrap_or(0.0)).sum();
        let by_chance = by_chance / (all * all);
        let observed = same / all;
        (all > 0.0 && by_chance < 1.0).then(|| (observed - by_chance) / (1.0 - by_chance))
    }

    fn typed(&self) -> impl Iterator<Item = (&Label, &Label, usize)> {
        self.confusion.iter().filter_map(|((first, second), count)| Some((first.as_ref()?, second.as_ref()?, *count)))
    }
}

/// The types that stand at each place.
fn types(document: &Document) -> BTreeMap<Vec<CharSpan>, BTreeSet<Label>> {
    let mut types: BTreeMap<Vec<CharSpan>, BTreeSet<Label>> = BTreeMap::new();
    for entity in document.entities.values().filter(|entity| entity.status.stands()) {
        let mut spans = entity.spans.clone();
        spans.sort_unstable();
        types.entry(spans).or_default().insert(entity.label.clone());
    }
    types
}

/// Counts one place: types that both give it first, then the others against each other.
fn count_place(
    ours: &mut BTreeSet<Label>,
    mut theirs: BTreeSet<Label>,
    confusion: &mut BTreeMap<(Option<Label>, Option<Label>), usize>,
) {
    let mut count = |first: Option<Label>, second: Option<Label>| *confusion.entry((first, second)).or_default() += 1;
    for label in ours.iter().filter(|label| theirs.remove(*label)).cloned().collect::<Vec<_>>() {
        ours.remove(&label);
        count(Some(label.clone()), Some(label));
    }
    let (mut ours, mut theirs) = (std::mem::take(ours).into_iter(), theirs.into_iter());
    loop {
        match (ours.next(), theirs.next()) {
            (None, None) => return,
            (first, second) => count(first, second),
        }
    }
}

/// Tables for people. `names` are what the two annotators are called.
pub fn render_agreement(agreement: &Agreement, names: [&str; 2]) -> String {
    let names = names.map(super::report::printable);
    let [first, second] = &names;
    let mut out = format!("{first} and {second} over {} documents\n", agreement.strict.documents);
    let Agreement { strict, relaxed, .. } = agreement;
    for (title, strict, relaxed) in [("spans", &strict.spans, &relaxed.spans), ("roles", &strict.relations, &relaxed.relations)] {
        let mut rows: Vec<(String, &Counts, Counts)> = Vec::new();
        for (label, counts) in &strict.per_type {
            let relaxed = relaxed.per_type.get(label).copied().unwrap_or_default();
            rows.push((super::report::printable(label.as_str()), counts, relaxed));
        }
        rows.push(("all".to_owned(), &strict.micro, relaxed.micro));
        let width = rows.iter().map(|(name, ..)| name.width()).max().unwrap_or(0).max(title.len());
        // Writing to a String can't fail.
        let _ = writeln!(out, "\n{title:<width$} {:>8} {:>8} {:>8} {:>8} {:>8}", "first", "second", "same", "strict", "relaxed");
        for (name, counts, relaxed) in rows {
            let pad = " ".repeat(width.saturating_sub(name.width()));
            let Counts { gold, predicted, matched } = counts;
            let (strict, relaxed) = (counts.f1(), relaxed.f1());
            let _ = writeln!(out, "{name}{pad} {gold:>8} {predicted:>8} {matched:>8} {strict:>8.3} {relaxed:>8.3}");
        }
    }
    let kappa = agreement.kappa().map_or_else(|| "not defined".to_owned(), |kappa| format!("{kappa:.3}"));
    let _ = writeln!(out, "\nCohen's kappa of the types over {} spans that both marked: {kappa}", agreement.both());
    out.push_str(&confusion_table(agreement, &names));
    out
}

/// Rows are what the first annotator says, columns what the second does.
fn confusion_table(agreement: &Agreement, names: &[String; 2]) -> String {
    let labels: BTreeSet<&Label> = agreement.confusion.keys().flat_map(|(a, b)| [a.as_ref(), b.as_ref()]).flatten().collect();
    let axis: Vec<Option<&Label>> = labels.into_iter().map(Some).chain([None]).collect();
    let name = |label: Option<&Label>| label.map_or_else(|| "—".to_owned(), |label| super::report::printable(label.as_str()));
    let corner = format!("{} \\ {}", names[0], names[1]);
    let width = axis.iter().map(|label| name(*label).width()).max().unwrap_or(0).max(corner.width());
    let cells: Vec<usize> = axis.iter().map(|label| name(*label).width().max(5)).collect();
    let mut out = format!("\n{corner}{}", " ".repeat(width - corner.width()));
    for (label, cell) in axis.iter().zip(&cells) {
        let shown = name(*label);
        out.push_str(&format!(" {}{shown}", " ".repeat(cell.saturating_sub(shown.width()))));
    }
    out.push('\n');
    for row in &axis {
        let shown = name(*row);
        out.push_str(&format!("{shown}{}", " ".repeat(width.saturating_sub(shown.width()))));
        for (column, cell) in axis.iter().zip(&cells) {
            let key = (row.cloned(), column.cloned());
            let count = agreement.confusion.get(&key).copied().unwrap_or(0);
            let shown = if row.is_none() && column.is_none() { String::new() } else { count.to_string() };
            out.push_str(&format!(" {shown:>cell$}"));
        }
        out.push('\n');
    }
    out
}

/// The same as JSON.
pub fn agreement_json(agreement: &Agreement) -> Value {
    let confusion: Vec<Value> = agreement
        .confusion
        .iter()
        .map(|((first, second), count)| {
            json!({ "first": first.as_ref().map(Label::as_str), "second": second.as_ref().map(Label::as_str), "count": count })
        })
        .collect();
    json!({
        "strict": super::render_json(&agreement.strict, None),
        "relaxed": super::render_json(&agreement.relaxed, None),
        "both_marked": agreement.both(),
        "kappa": agreement.kappa(),
        "confusion": confusion,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{AnnotationId, Entity, Origin, Status};
    use crate::text::SourceText;

    fn document(entities: &[(&str, u32, u32)]) -> Document {
        let mut document = Document::new("d", SourceText::new("0123456789012345678901234567890123456789"));
        for (i, (label, start, end)) in entities.iter().enumerate() {
            let id = AnnotationId::new(format!("T{i}"));
            let spans = vec![CharSpan::of_chars(*start, *end).unwrap()];
            let (label, origin, status) = (Label::from(*label), Origin::Given, Status::Accepted);
            document.entities.insert(id.clone(), Entity { id, label, spans, origin, status });
        }
        document
    }

    #[test]
    fn kappa_and_confusion_are_those_worked_out_by_hand() {
        // Marked by both: 4 Gene/Gene, 1 Gene/Var, 2 Var/Gene, 3 Var/Var. Observed 0.7; by chance (5·6 + 5·4) / 100 = 0.5.
        let first: Vec<_> =
            (0..10).map(|i| (if i < 5 { "Gene" } else { "Var" }, i * 2, i * 2 + 1)).chain([("Var", 30, 31)]).collect();
        let label = |i: u32| if i < 4 || i == 5 || i == 6 { "Gene" } else { "Var" };
        let second: Vec<_> = (0..10).map(|i| (label(i), i * 2, i * 2 + 1)).collect();
        let (first, second) = (document(&first), document(&second));
        let agreement = Agreement::of(&Pairing::by_name([&first], [&second]));
        assert_eq!(agreement.both(), 10);
        assert!((agreement.kappa().unwrap() - 0.4).abs() < 1e-12, "{:?}", agreement.kappa());
        let at = |a: Option<&str>, b: Option<&str>| {
            agreement.confusion.get(&(a.map(Label::from), b.map(Label::from))).copied().unwrap_or(0)
        };
        assert_eq!((at(Some("Gene"), Some("Var")), at(Some("Var"), Some("Gene")), at(Some("Var"), None)), (1, 2, 1));
        assert_eq!(agreement.strict.spans.micro, Counts { gold: 11, predicted: 10, matched: 7 });
        let table = render_agreement(&agreement, ["anna", "ben"]);
        assert!(table.contains("over 10 spans that both marked: 0.400"), "{table}");
        let row: Vec<&str> = table.lines().rfind(|line| line.starts_with("Var")).unwrap().split_whitespace().collect();
        assert_eq!(row, ["Var", "2", "3", "1"]);
        assert_eq!(agreement_json(&agreement)["kappa"].as_f64().map(|k| (k * 1000.0).round()), Some(400.0));
    }

    #[test]
    fn what_one_of_them_has_not_decided_on_counts_for_neither() {
        let (first, mut second) = (document(&[("Gene", 0, 2), ("Var", 4, 6)]), document(&[("Gene", 0, 2), ("Var", 4, 6)]));
        if let Some(entity) = second.entities.get_mut("T1") {
            entity.status = Status::Proposed;
        }
        for (a, b, counts) in [(&first, &second, (2, 1, 1)), (&second, &first, (1, 2, 1)), (&second, &second, (1, 1, 1))] {
            let agreement = Agreement::of(&Pairing::by_name([a], [b]));
            let Counts { gold, predicted, matched } = agreement.strict.spans.micro;
            assert_eq!((gold, predicted, matched), counts);
            assert_eq!(agreement.both(), 1);
        }
    }

    #[test]
    fn nothing_in_common_has_no_kappa() {
        let (first, second) = (document(&[("Gene", 0, 1)]), document(&[("Gene", 2, 3)]));
        let agreement = Agreement::of(&Pairing::by_name([&first], [&second]));
        assert_eq!((agreement.both(), agreement.kappa()), (0, None));
        let same = Agreement::of(&Pairing::by_name([&first], [&first]));
        assert_eq!((same.both(), same.kappa()), (1, None));
    }
}
