//! What two annotators say differently of one text, span by span and role by role.

use crate::document::{AnnotationId, Document, Entity, Label};
use crate::text::CharSpan;
use std::collections::BTreeMap;
use std::fmt;

/// One thing that two annotators do not say alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// A span that only one has: as it is shown, and who (0 the first, 1 the second).
    OnlyOne {
        /// 0 or 1.
        who: usize,
        /// The annotation as it is shown.
        what: String,
    },
    /// The same span under two types.
    Type {
        /// The span as it is shown.
        what: String,
        /// What each calls it.
        labels: [Label; 2],
    },
    /// Two spans of one type that share characters.
    Edges {
        /// The type.
        label: Label,
        /// The spans as they are shown.
        spans: [String; 2],
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OnlyOne { who: 0, what } => write!(f, "< {what}"),
            Self::OnlyOne { what, .. } => write!(f, "> {what}"),
            Self::Type { what, labels: [first, second] } => write!(f, "! {what}: {first} or {second}"),
            Self::Edges { label, spans: [first, second] } => write!(f, "! {label}: {first} or {second}"),
        }
    }
}

/// The differences between what stands in two documents over the same text, in the order of the text: spans, then roles.
pub fn differences(first: &Document, second: &Document) -> Vec<Difference> {
    let (mut ours, mut theirs) = (standing(first), standing(second));
    let same: Vec<_> = ours
        .iter()
        .filter(|entity| remove(&mut theirs, |other| says(other) == says(entity)).is_some())
        .map(|e| e.id.clone())
        .collect();
    ours.retain(|entity| !same.contains(&entity.id));
    let mut found: Vec<(CharSpan, Difference)> = Vec::new();
    ours.retain(|entity| {
        let other = remove(&mut theirs, |other| sorted(other) == sorted(entity));
        found.extend(other.map(|other| {
            let labels = [entity.label.clone(), other.label.clone()];
            (entity.hull(), Difference::Type { what: shown_place(first, entity), labels })
        }));
        other.is_none()
    });
    ours.retain(|entity| {
        let overlaps = |other: &Entity| entity.spans.iter().any(|span| other.overlaps(*span));
        let other = remove(&mut theirs, |other| other.label == entity.label && overlaps(other));
        found.extend(other.map(|other| {
            let spans = [shown_place(first, entity), shown_place(second, other)];
            (entity.hull(), Difference::Edges { label: entity.label.clone(), spans })
        }));
        other.is_none()
    });
    for (who, document, alone) in [(0, first, ours), (1, second, theirs)] {
        let only =
            |entity: &Entity| Difference::OnlyOne { who, what: format!("{} {}", entity.label, shown_place(document, entity)) };
        found.extend(alone.into_iter().map(|entity| (entity.hull(), only(entity))));
    }
    found.sort_by_key(|(place, _)| *place);
    let spans = found.into_iter().map(|(_, difference)| difference);
    spans.chain(role_differences(first, second)).collect()
}

fn standing(document: &Document) -> Vec<&Entity> {
    document.entities.values().filter(|entity| entity.status.stands()).collect()
}

fn remove<'a>(entities: &mut Vec<&'a Entity>, wanted: impl Fn(&Entity) -> bool) -> Option<&'a Entity> {
    let at = entities.iter().position(|entity| wanted(entity))?;
    Some(entities.remove(at))
}

fn sorted(entity: &Entity) -> Vec<CharSpan> {
    let mut spans = entity.spans.clone();
    spans.sort_unstable();
    spans
}

fn says(entity: &Entity) -> (&Label, Vec<CharSpan>) {
    (&entity.label, sorted(entity))
}

/// `8 11 "p53"`.
fn shown_place(document: &Document, entity: &Entity) -> String {
    let places: Vec<String> = sorted(entity).iter().map(|span| format!("{} {}", span.start(), span.end())).collect();
    format!("{} \"{}\"", places.join(";"), document.covered_text(entity))
}

fn role_differences(first: &Document, second: &Document) -> Vec<Difference> {
    let roles = |document: &Document| {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for relation in document.relations.values().filter(|relation| relation.status.stands()) {
            let what = format!("{}: {} → {}", relation.role, end(document, &relation.subject), end(document, &relation.object));
            *counts.entry(what).or_default() += 1;
        }
        counts
    };
    let (ours, theirs) = (roles(first), roles(second));
    let missing = |who: usize, of: &BTreeMap<String, usize>, other: &BTreeMap<String, usize>| {
        let alone = of.keys().filter(|what| !other.contains_key(*what)).cloned();
        alone.map(move |what| Difference::OnlyOne { who, what }).collect::<Vec<_>>()
    };
    let mut found = missing(0, &ours, &theirs);
    found.extend(missing(1, &theirs, &ours));
    found
}

fn end(document: &Document, id: &AnnotationId) -> String {
    let trigger = document.events.get(id).map_or(id, |event| &event.trigger);
    let shown = |entity: &Entity| format!("{} {}", entity.label, shown_place(document, entity));
    document.entities.get(trigger).map_or_else(|| id.to_string(), shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Origin, Relation, Status};
    use crate::text::SourceText;

    fn document(entities: &[(&str, u32, u32)], relations: &[(&str, u32, u32)]) -> Document {
        let mut document = Document::new("d", SourceText::new("loss of p53 causes strong apoptosis"));
        for (i, (label, start, end)) in entities.iter().enumerate() {
            let id = AnnotationId::new(format!("T{i}"));
            let spans = vec![CharSpan::of_chars(*start, *end).unwrap()];
            let (label, origin, status) = (Label::from(*label), Origin::Given, Status::Accepted);
            document.entities.insert(id.clone(), Entity { id, label, spans, origin, status });
        }
        for (i, (role, a, b)) in relations.iter().enumerate() {
            let id = AnnotationId::new(format!("R{i}"));
            let end = |number: &u32| AnnotationId::new(format!("T{number}"));
            let (subject, object, role) = (end(a), end(b), Label::from(*role));
            let (origin, status) = (Origin::Given, Status::Accepted);
            document.relations.insert(id.clone(), Relation { id, role, subject, object, argument_names: None, origin, status });
        }
        document
    }

    #[test]
    fn each_kind_of_difference_is_told_in_the_order_of_the_text() {
        let first = document(&[("NegReg", 0, 4), ("Gene", 8, 11), ("CPA", 26, 35), ("Reg", 12, 18)], &[("ThemeOf", 1, 0)]);
        let second = document(&[("Reg", 0, 4), ("Gene", 8, 11), ("CPA", 19, 35)], &[("CauseOf", 1, 2)]);
        let told: Vec<String> = differences(&first, &second).iter().map(ToString::to_string).collect();
        let wanted = [
            "! 0 4 \"loss\": NegReg or Reg",
            "< Reg 12 18 \"causes\"",
            "! CPA: 26 35 \"apoptosis\" or 19 35 \"strong apoptosis\"",
            "< ThemeOf: Gene 8 11 \"p53\" → NegReg 0 4 \"loss\"",
            "> CauseOf: Gene 8 11 \"p53\" → CPA 19 35 \"strong apoptosis\"",
        ];
        assert_eq!(told, wanted);
        assert!(differences(&first, &first).is_empty());
    }
}
