//! Counts and scores over documents.

use super::matching::{Matching, RelationKey, SpanKey, pair_one_to_one};
use crate::document::{AnnotationId, Document, Label, Status};
use serde::Serialize;
use std::collections::{BTreeMap, HashSet};
use std::hash::Hash;

/// How many annotations there are and how many of them were paired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Gold annotations, each counted once.
    pub gold: usize,
    /// Predicted annotations, each counted once.
    pub predicted: usize,
    /// Pairs of the two; each annotation is in one pair at most.
    pub matched: usize,
}

impl Counts {
    /// Share of the predicted that is right, 0 to 1; 0 when nothing was predicted.
    pub fn precision(&self) -> f64 {
        ratio(self.matched, self.predicted)
    }

    /// Share of the gold that was found, 0 to 1; 0 when there is no gold.
    pub fn recall(&self) -> f64 {
        ratio(self.matched, self.gold)
    }

    /// Harmonic mean of precision and recall, 0 to 1; 0 when there is neither gold nor prediction.
    pub fn f1(&self) -> f64 {
        ratio(2 * self.matched, self.gold + self.predicted)
    }

    /// Adds the counts of another set.
    pub fn add(&mut self, other: Self) {
        self.gold += other.gold;
        self.predicted += other.predicted;
        self.matched += other.matched;
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Scores of one task: over all types together, and for each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskScores {
    /// All annotations thrown together, whatever their type.
    pub micro: Counts,
    /// By entity type or by role, in alphabetical order.
    pub per_type: BTreeMap<Label, Counts>,
}

impl TaskScores {
    fn count(&mut self, label: &Label, change: impl Fn(&mut Counts)) {
        change(&mut self.micro);
        change(self.per_type.entry(label.clone()).or_default());
    }
}

/// Scores of both tasks over a set of documents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scores {
    /// The rule by which annotations were matched.
    pub matching: Matching,
    /// Number of documents.
    pub documents: usize,
    /// Task 1: trigger spans with their types.
    pub spans: TaskScores,
    /// Task 2: roles with direction and both ends.
    pub relations: TaskScores,
}

/// Scores predictions against gold, document by document, as `(gold, predicted)`.
///
/// Of the gold, what stands is counted; of the predicted, all but the rejected. Annotations that say the same twice are
/// counted once. A relation one of whose ends is an event stands for that event's trigger; one with an end that is not
/// in its document counts, and can't be matched.
pub fn score_documents(pairs: &[(&Document, &Document)], matching: Matching) -> Scores {
    let mut scores = Scores { matching, documents: pairs.len(), ..Scores::default() };
    for (gold, predicted) in pairs {
        score_spans(gold, predicted, matching, &mut scores.spans);
        score_relations(gold, predicted, matching, &mut scores.relations);
    }
    scores
}

fn score_spans(gold: &Document, predicted: &Document, rule: Matching, scores: &mut TaskScores) {
    let gold_spans = spans(gold, Status::stands);
    let found_spans = spans(predicted, is_counted);
    let pairs = pair_one_to_one(&gold_spans, &found_spans, |g, p| rule.spans_match(&gold.text, g, p));
    tally(&gold_spans, &found_spans, &pairs, |span| &span.label, scores);
}

fn score_relations(gold: &Document, predicted: &Document, rule: Matching, scores: &mut TaskScores) {
    let (gold_relations, gold_dangling) = relations(gold, Status::stands);
    let (found_relations, found_dangling) = relations(predicted, is_counted);
    let pairs = pair_one_to_one(&gold_relations, &found_relations, |g, p| g.matches(&gold.text, p, rule));
    tally(&gold_relations, &found_relations, &pairs, |relation| &relation.role, scores);
    gold_dangling.iter().for_each(|role| scores.count(role, |counts| counts.gold += 1));
    found_dangling.iter().for_each(|role| scores.count(role, |counts| counts.predicted += 1));
}

fn tally<T>(gold: &[T], predicted: &[T], pairs: &[Option<usize>], label: impl Fn(&T) -> &Label, scores: &mut TaskScores) {
    for (item, pair) in gold.iter().zip(pairs) {
        scores.count(label(item), |counts| {
            counts.gold += 1;
            counts.matched += usize::from(pair.is_some());
        });
    }
    predicted.iter().for_each(|item| scores.count(label(item), |counts| counts.predicted += 1));
}

/// A prediction in memory is proposed, one read from a file is accepted: both count.
fn is_counted(status: Status) -> bool {
    status != Status::Rejected
}

pub(super) fn spans(document: &Document, counts: fn(Status) -> bool) -> Vec<SpanKey> {
    let standing = document.entities.values().filter(|entity| counts(entity.status));
    once_each(standing.map(|entity| SpanKey::new(entity.label.clone(), entity.spans.clone())))
}

/// The relations as they are compared, and the roles of those one of whose ends is missing.
pub(super) fn relations(document: &Document, counts: fn(Status) -> bool) -> (Vec<RelationKey>, Vec<Label>) {
    let mut whole = Vec::new();
    let mut dangling = Vec::new();
    for relation in document.relations.values().filter(|relation| counts(relation.status)) {
        match (end_of(document, &relation.subject), end_of(document, &relation.object)) {
            (Some(subject), Some(object)) => whole.push(RelationKey { role: relation.role.clone(), subject, object }),
            _ => dangling.push(relation.role.clone()),
        }
    }
    (once_each(whole.into_iter()), dangling)
}

fn end_of(document: &Document, id: &AnnotationId) -> Option<SpanKey> {
    let trigger = document.events.get(id).map_or(id, |event| &event.trigger);
    let entity = document.entities.get(trigger)?;
    Some(SpanKey::new(entity.label.clone(), entity.spans.clone()))
}

fn once_each<T: Clone + Eq + Hash>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = HashSet::new();
    items.filter(|item| seen.insert(item.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Entity, Origin, Relation};
    use crate::text::{CharSpan, SourceText};

    /// A document over `0123…` text with entities `(label, start, end)` T1, T2, … and relations `(role, subject, object)`.
    fn document(entities: &[(&str, u32, u32)], relations: &[(&str, u32, u32)]) -> Document {
        let mut document = Document::new("d", SourceText::new("loss of p53 causes strong apoptosis in breast cancer cells"));
        for (i, (label, start, end)) in entities.iter().enumerate() {
            let id = AnnotationId::new(format!("T{}", i + 1));
            let spans = vec![CharSpan::of_chars(*start, *end).unwrap()];
            let entity =
                Entity { id: id.clone(), label: (*label).into(), spans, origin: Origin::Given, status: Status::Accepted };
            document.entities.insert(id, entity);
        }
        for (i, (role, subject, object)) in relations.iter().enumerate() {
            let id = AnnotationId::new(format!("R{}", i + 1));
            let relation = Relation {
                id: id.clone(),
                role: (*role).into(),
                subject: AnnotationId::new(format!("T{subject}")),
                object: AnnotationId::new(format!("T{object}")),
                argument_names: None,
                origin: Origin::Given,
                status: Status::Accepted,
            };
            document.relations.insert(id, relation);
        }
        document
    }

    fn counts(gold: usize, predicted: usize, matched: usize) -> Counts {
        Counts { gold, predicted, matched }
    }

    #[test]
    fn counts_and_scores_are_those_worked_out_by_hand() {
        let gold = document(
            &[("NegReg", 0, 4), ("Gene", 8, 11), ("CPA", 26, 35), ("Disease", 39, 52)],
            &[("ThemeOf", 2, 1), ("CauseOf", 1, 3)],
        );
        // The gene is right, the loss has the wrong type, the process is one word too long, the disease was missed; of the
        // roles, the first points at a loss of the wrong type.
        let predicted = document(
            &[("PosReg", 0, 4), ("Gene", 8, 11), ("CPA", 19, 35)],
            &[("ThemeOf", 2, 1), ("ThemeOf", 2, 3), ("CauseOf", 3, 2)],
        );
        let strict = score_documents(&[(&gold, &predicted)], Matching::Strict);
        assert_eq!(strict.spans.micro, counts(4, 3, 1));
        assert!((strict.spans.micro.precision() - 1.0 / 3.0).abs() < 1e-12);
        assert!((strict.spans.micro.recall() - 0.25).abs() < 1e-12);
        assert!((strict.spans.micro.f1() - 2.0 / 7.0).abs() < 1e-12);
        assert_eq!(strict.spans.per_type[&Label::from("Gene")], counts(1, 1, 1));
        assert_eq!(strict.spans.per_type[&Label::from("NegReg")], counts(1, 0, 0));
        assert_eq!(strict.spans.per_type[&Label::from("PosReg")], counts(0, 1, 0));
        assert_eq!(strict.relations.micro, counts(2, 3, 0));
        let soft = score_documents(&[(&gold, &predicted)], Matching::Soft);
        assert_eq!(soft.spans.micro, counts(4, 3, 2));
        assert_eq!(soft.spans.per_type[&Label::from("CPA")], counts(1, 1, 1));
    }

    #[test]
    fn the_direction_of_a_role_counts_and_soft_ends_are_enough_for_a_soft_match() {
        let gold = document(&[("Gene", 8, 11), ("CPA", 26, 35)], &[("ThemeOf", 1, 2)]);
        let turned = document(&[("Gene", 8, 11), ("CPA", 26, 35)], &[("ThemeOf", 2, 1)]);
        let wider = document(&[("Gene", 8, 11), ("CPA", 19, 35)], &[("ThemeOf", 1, 2)]);
        let score = |predicted, rule| score_documents(&[(&gold, predicted)], rule).relations.micro;
        assert_eq!(score(&gold, Matching::Strict), counts(1, 1, 1));
        assert_eq!(score(&turned, Matching::Strict), counts(1, 1, 0));
        assert_eq!(score(&turned, Matching::Overlap), counts(1, 1, 0));
        assert_eq!(score(&wider, Matching::Strict), counts(1, 1, 0));
        assert_eq!(score(&wider, Matching::Soft), counts(1, 1, 1));
    }

    #[test]
    fn what_is_said_twice_counts_once_and_a_prediction_is_used_once() {
        let twice = document(&[("Gene", 8, 11), ("Gene", 8, 11), ("CPA", 26, 35)], &[("ThemeOf", 1, 3), ("ThemeOf", 2, 3)]);
        let once = document(&[("Gene", 8, 11), ("CPA", 26, 35)], &[("ThemeOf", 1, 2)]);
        let scores = score_documents(&[(&twice, &once), (&once, &twice)], Matching::Strict);
        assert_eq!((scores.documents, scores.spans.micro, scores.relations.micro), (2, counts(4, 4, 4), counts(2, 2, 2)));
        // Two predictions overlap the one gold span: only one of them is right.
        let long = document(&[("CPA", 19, 35)], &[]);
        let halves = document(&[("CPA", 19, 25), ("CPA", 26, 35)], &[]);
        assert_eq!(score_documents(&[(&long, &halves)], Matching::Overlap).spans.micro, counts(1, 2, 1));
    }

    #[test]
    fn proposals_count_as_predicted_and_rejected_items_nowhere() {
        let gold = document(&[("Gene", 8, 11), ("CPA", 26, 35)], &[]);
        let mut predicted = gold.clone();
        predicted.entities[0].status = Status::Proposed;
        predicted.entities[1].status = Status::Rejected;
        assert_eq!(score_documents(&[(&gold, &predicted)], Matching::Strict).spans.micro, counts(2, 1, 1));
        assert_eq!(score_documents(&[(&predicted, &gold)], Matching::Strict).spans.micro, counts(0, 2, 0));
    }

    #[test]
    fn a_relation_without_one_of_its_ends_counts_and_matches_nothing() {
        let dangling = document(&[("Gene", 8, 11)], &[("ThemeOf", 1, 9)]);
        assert_eq!(score_documents(&[(&dangling, &dangling)], Matching::Strict).relations.micro, counts(1, 1, 0));
    }

    #[test]
    fn nothing_over_nothing_is_zero() {
        let empty = document(&[], &[]);
        let micro = score_documents(&[(&empty, &empty)], Matching::Strict).spans.micro;
        assert_eq!((micro.precision(), micro.recall(), micro.f1()), (0.0, 0.0, 0.0));
    }
}
