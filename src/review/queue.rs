//! In which order a person meets the items of a document, and what of it is still to be decided.

use super::{Filter, Segmentation};
use crate::document::{AnnotationId, Document, Entity, Origin, Relation, Status};
use crate::text::CharSpan;
use std::collections::HashMap;

/// Spans and relations of one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentenceGroup {
    /// The sentence; `None` for items before the first sentence, or when sentences are not known.
    pub sentence: Option<CharSpan>,
    /// Its items in reading order.
    pub items: Vec<AnnotationId>,
    /// How many of them are undecided and pass the filter.
    pub undecided: usize,
}

/// In which order undecided items come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Order {
    /// As they are read.
    #[default]
    Position,
    /// The surest first.
    Confidence,
    /// As they are read, but a relation before its ends: accepting it decides all three with one key.
    Cheapest,
}

impl Order {
    /// What comes after it when a person asks for another.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Position => Self::Confidence,
            Self::Confidence => Self::Cheapest,
            Self::Cheapest => Self::Position,
        }
    }

    /// Its name in the status line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Position => "as they are read",
            Self::Confidence => "the surest first",
            Self::Cheapest => "relations before their ends",
        }
    }
}

/// All spans and relations in an order. Equal ones, and what no model is sure or unsure of, come as they are read.
pub fn ordered(document: &Document, by: Order) -> Vec<AnnotationId> {
    match by {
        Order::Position => reading_order(document),
        Order::Cheapest => relations_first(document),
        Order::Confidence => {
            let doubt = |id: &AnnotationId| 1.0 - state(document, id).and_then(|(_, it)| it.confidence()).unwrap_or(1.0);
            let order = reading_order(document).into_iter().map(|id| (doubt(&id), id));
            let mut measured: Vec<(f32, AnnotationId)> = order.collect();
            measured.sort_by(|(a, _), (b, _)| a.total_cmp(b));
            measured.into_iter().map(|(_, id)| id).collect()
        }
    }
}

/// Spans as they are read, each behind the relations whose earlier end it is.
fn relations_first(document: &Document) -> Vec<AnnotationId> {
    let order = reading_order(document);
    let place: HashMap<&AnnotationId, usize> = order.iter().enumerate().map(|(at, id)| (id, at)).collect();
    let key = |(at, id): (usize, &AnnotationId)| {
        let ends = document.relations.get(id).map(|it| [place.get(&it.subject), place.get(&it.object)]);
        // Reading order puts a relation behind its later end; here it goes before the earlier one.
        let earlier = ends.and_then(|ends| ends.into_iter().flatten().min().copied());
        (earlier.unwrap_or(at), earlier.is_none(), at)
    };
    let mut keyed: Vec<_> = order.iter().enumerate().map(|(at, id)| (key((at, id)), id)).collect();
    keyed.sort_by_key(|(key, _)| *key);
    keyed.into_iter().map(|(_, id)| id.clone()).collect()
}

/// All spans and relations in reading order: spans by where they begin (the longer first), each followed by the relations whose later
/// end it is. Relations with an end that is no span come last.
pub fn reading_order(document: &Document) -> Vec<AnnotationId> {
    let mut entities: Vec<&Entity> = document.entities.values().collect();
    entities.sort_by_key(|entity| {
        let hull = entity.hull();
        (hull.start(), std::cmp::Reverse(hull.end()))
    });
    let place: HashMap<&AnnotationId, usize> = entities.iter().enumerate().map(|(i, entity)| (&entity.id, i)).collect();
    let mut behind: Vec<Vec<&Relation>> = vec![Vec::new(); entities.len() + 1];
    for relation in document.relations.values() {
        let ends = [place.get(&relation.subject), place.get(&relation.object)];
        let later = if ends.contains(&None) { entities.len() } else { ends.iter().flatten().map(|i| **i).max().unwrap_or(0) };
        if let Some(list) = behind.get_mut(later) {
            list.push(relation);
        }
    }
    let mut order = Vec::with_capacity(document.entities.len() + document.relations.len());
    for (i, relations) in behind.into_iter().enumerate() {
        order.extend(entities.get(i).map(|entity| entity.id.clone()));
        order.extend(relations.into_iter().map(|relation| relation.id.clone()));
    }
    order
}

/// Status and origin of a span or relation; `None` when the document has neither under this id.
pub fn state<'a>(document: &'a Document, id: &AnnotationId) -> Option<(Status, &'a Origin)> {
    let entity = document.entities.get(id).map(|entity| (entity.status, &entity.origin));
    entity.or_else(|| document.relations.get(id).map(|relation| (relation.status, &relation.origin)))
}

/// Whether a span or relation waits for a decision: proposed, sure enough for the filter and shown by it.
pub fn is_undecided(document: &Document, id: &AnnotationId, filter: &Filter) -> bool {
    let proposed = state(document, id).is_some_and(|(status, origin)| {
        status == Status::Proposed && origin.confidence().is_none_or(|confidence| confidence >= filter.threshold())
    });
    proposed && filter.passes(document, id)
}

/// How many items wait for a decision.
pub fn count_undecided(document: &Document, filter: &Filter) -> usize {
    document.entities.keys().chain(document.relations.keys()).filter(|id| is_undecided(document, id, filter)).count()
}

/// The next undecided item behind `after`; from the start when `after` is `None` or gone. `None` behind the last.
pub fn next_undecided(document: &Document, after: Option<&AnnotationId>, filter: &Filter, by: Order) -> Option<AnnotationId> {
    let order = ordered(document, by);
    let from = after.and_then(|after| order.iter().position(|id| id == after)).map_or(0, |at| at + 1);
    order.into_iter().skip(from).find(|id| is_undecided(document, id, filter))
}

/// The last undecided item before `before`; from the end when `before` is `None` or gone. `None` before the first.
pub fn previous_undecided(
    document: &Document,
    before: Option<&AnnotationId>,
    filter: &Filter,
    by: Order,
) -> Option<AnnotationId> {
    let order = ordered(document, by);
    let end = before.and_then(|before| order.iter().position(|id| id == before)).unwrap_or(order.len());
    order.into_iter().take(end).rev().find(|id| is_undecided(document, id, filter))
}

/// The item's place in the text: its hull, for a relation that of its later end.
pub fn place(document: &Document, id: &AnnotationId) -> Option<CharSpan> {
    if let Some(entity) = document.entities.get(id) {
        return Some(entity.hull());
    }
    let relation = document.relations.get(id)?;
    let ends = [&relation.subject, &relation.object];
    ends.into_iter().filter_map(|end| document.entities.get(end)).map(Entity::hull).max()
}

/// The items by sentence, in text order; sentences without items are left out.
pub fn by_sentence(document: &Document, segmentation: &Segmentation, filter: &Filter) -> Vec<SentenceGroup> {
    let mut groups: Vec<(Option<usize>, SentenceGroup)> = Vec::new();
    for id in reading_order(document) {
        let at = place(document, &id).and_then(|span| segmentation.sentence_at(span.start()));
        let undecided = usize::from(is_undecided(document, &id, filter));
        if let Some((_, group)) = groups.last_mut().filter(|(last, _)| *last == at) {
            group.items.push(id);
            group.undecided += undecided;
        } else {
            let sentence = at.and_then(|i| segmentation.sentences().get(i)).copied();
            groups.push((at, SentenceGroup { sentence, items: vec![id], undecided }));
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::dsl::sketch;

    const LINE: &str =
        "[loss of [p53|Gene?]|Var] rose. [Mice|Disease?] [fell|NegReg?] @ T4 CauseOf? T1 T3 ThemeOfx T4 T2 ThemeOf? T1";

    fn names(ids: &[AnnotationId]) -> Vec<&str> {
        ids.iter().map(AnnotationId::as_str).collect()
    }

    #[test]
    fn relations_follow_the_later_of_their_ends() {
        assert_eq!(names(&reading_order(&sketch(LINE).document)), ["T1", "T2", "R3", "T3", "T4", "R1", "R2"]);
        let dangling = sketch("[p53|Gene] @ T1 ThemeOf? E1").document;
        assert_eq!(names(&reading_order(&dangling)), ["T1", "R1"]);
    }

    #[test]
    fn the_queue_runs_both_ways_over_what_is_undecided() {
        let document = sketch(LINE).document;
        let mut there = vec![];
        while let Some(next) = next_undecided(&document, there.last(), &all(), Order::Position) {
            there.push(next);
        }
        assert_eq!(names(&there), ["T2", "R3", "T3", "T4", "R1"]);
        let mut back = vec![];
        while let Some(next) = previous_undecided(&document, back.last(), &all(), Order::Position) {
            back.push(next);
        }
        back.reverse();
        assert_eq!(there, back);
        assert_eq!(count_undecided(&document, &all()), there.len());
        let from = |threshold| {
            let mut filter = all();
            filter.set_threshold(threshold);
            filter
        };
        let next = |after: Option<&str>, threshold| {
            next_undecided(&document, after.map(AnnotationId::from).as_ref(), &from(threshold), Order::Position)
        };
        assert_eq!(next(None, 0.51), None, "all are less sure than the threshold");
        assert_eq!(next(Some("T1"), 0.5), Some("T2".into()), "behind what is decided");
        assert_eq!(next(Some("T99"), 0.0), Some("T2".into()), "behind what is gone");
    }

    #[test]
    fn the_surest_or_what_decides_most_comes_first() {
        let mut document = sketch("[a|Gene?] [b|Var?] [c|Reg!] @ T1 ThemeOf? T2 T2 CauseOf? T3").document;
        let origins = document.entities.values_mut().map(|it| &mut it.origin);
        let origins = origins.chain(document.relations.values_mut().map(|it| &mut it.origin));
        for (origin, value) in origins.zip([0.5, 0.9, 0.2, 0.95, 0.6]) {
            if let crate::document::Origin::Model { confidence, .. } = origin {
                *confidence = value;
            }
        }
        assert_eq!(names(&ordered(&document, Order::Confidence)), ["R1", "T2", "R2", "T1", "T3"]);
        assert_eq!(names(&ordered(&document, Order::Cheapest)), ["R1", "T1", "R2", "T2", "T3"]);
    }

    fn all() -> Filter {
        Filter::everything()
    }

    #[test]
    fn items_are_grouped_by_sentence() {
        let document = sketch(LINE).document;
        let sentences = [(0, 17), (18, 27)].map(|(start, end)| CharSpan::of_chars(start, end).unwrap());
        let groups = by_sentence(&document, &Segmentation::new(sentences.to_vec(), vec![]), &all());
        let groups: Vec<_> = groups.iter().map(|it| (it.sentence, names(&it.items), it.undecided)).collect();
        assert_eq!(
            groups,
            [(Some(sentences[0]), vec!["T1", "T2", "R3"], 2), (Some(sentences[1]), vec!["T3", "T4", "R1", "R2"], 3),]
        );
        assert_eq!(by_sentence(&document, &Segmentation::default(), &all()).len(), 1);
    }
}
