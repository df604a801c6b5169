//! Where annotators whose work was merged do not agree: what each of them says of one place.

use crate::document::{AnnotationId, Document, Entity, Origin, Relation, Status};
use crate::text::CharSpan;
use std::sync::Arc;

/// What annotators say of one place of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// One for each annotator who said anything in the document, in the order of their names.
    pub sides: Vec<Side>,
}

/// What one annotator says there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// Who. Untrusted.
    pub name: Arc<str>,
    /// Their undecided spans, or relations, in the order of the text; empty when they have nothing there.
    pub items: Vec<AnnotationId>,
}

impl Disagreement {
    /// All that is to be decided, each once.
    pub fn items(&self) -> Vec<AnnotationId> {
        let mut items: Vec<AnnotationId> = Vec::new();
        for id in self.sides.iter().flat_map(|side| &side.items) {
            if !items.contains(id) {
                items.push(id.clone());
            }
        }
        items
    }
}

/// The disagreement that an undecided span or relation of an annotator belongs to; `None` for anything else.
///
/// Spans belong together that overlap, also by way of others; relations, whose ends do so. An annotator who says nothing of it stands
/// beside with nothing.
pub fn disagreement(document: &Document, id: &AnnotationId) -> Option<Disagreement> {
    let is_relation = document.relations.contains_key(id);
    let candidates: Vec<Saying> = if is_relation {
        document.relations.values().filter_map(|relation| Saying::of_relation(document, relation)).collect()
    } else {
        document.entities.values().filter_map(Saying::of_entity).collect()
    };
    let (mut together, mut others): (Vec<_>, Vec<_>) = candidates.into_iter().partition(|saying| saying.id == id);
    let mut grown = 0;
    while grown < together.len() {
        let joined: Vec<_> = others.extract_if(.., |other| together.iter().skip(grown).any(|it| it.meets(other))).collect();
        grown = together.len();
        together.extend(joined);
    }
    together.sort_by(|a, b| a.places.cmp(&b.places));
    let sides = annotators(document).into_iter().map(|name| {
        let theirs = together.iter().filter(|saying| saying.by.annotators().any(|by| by == name));
        Side { name: name.into(), items: theirs.map(|saying| saying.id.clone()).collect() }
    });
    (!together.is_empty()).then(|| Disagreement { sides: sides.collect() })
}

/// Who is named in the origins of a document, in the order of their names.
fn annotators(document: &Document) -> Vec<&str> {
    let origins = document.entities.values().map(|it| &it.origin).chain(document.relations.values().map(|it| &it.origin));
    let mut names: Vec<&str> = origins.flat_map(Origin::annotators).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Something that waits to be decided, by whom, and where: the hull of a span, or those of the two ends of a relation in the order
/// of the text.
struct Saying<'a> {
    id: &'a AnnotationId,
    by: &'a Origin,
    places: Vec<CharSpan>,
}

impl<'a> Saying<'a> {
    fn new(id: &'a AnnotationId, status: Status, origin: &'a Origin, mut places: Vec<CharSpan>) -> Option<Self> {
        places.sort();
        let waits = status == Status::Proposed && matches!(origin, Origin::Annotator { .. });
        waits.then_some(Self { id, by: origin, places })
    }

    fn of_entity(entity: &'a Entity) -> Option<Self> {
        Self::new(&entity.id, entity.status, &entity.origin, vec![entity.hull()])
    }

    fn of_relation(document: &Document, relation: &'a Relation) -> Option<Self> {
        let ends = [&relation.subject, &relation.object].into_iter().filter_map(|end| document.entities.get(end));
        Self::new(&relation.id, relation.status, &relation.origin, ends.map(Entity::hull).collect())
    }

    fn meets(&self, other: &Self) -> bool {
        let pairs = self.places.iter().zip(&other.places);
        self.places.len() == other.places.len() && pairs.into_iter().all(|(a, b)| a.overlaps(*b))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::dsl::sketch;

    /// The document of a line whose proposals are given to annotators in turn: spans first, then relations.
    fn merged(line: &str, by: &[&str]) -> Document {
        let mut document = sketch(line).document;
        let entities = document.entities.values_mut().map(|it| (it.status, &mut it.origin));
        let relations = document.relations.values_mut().map(|it| (it.status, &mut it.origin));
        let proposed = entities.chain(relations).filter(|(status, _)| *status == Status::Proposed);
        for ((_, origin), name) in proposed.zip(by) {
            *origin = Origin::Annotator { name: (*name).into() };
        }
        document
    }

    fn sides(document: &Document, id: &str) -> Vec<String> {
        let sides = disagreement(document, &id.into()).map(|it| it.sides).unwrap_or_default();
        let side =
            |side: &Side| format!("{}: {}", side.name, side.items.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(" "));
        sides.iter().map(side).collect()
    }

    #[test]
    fn spans_that_overlap_stand_side_by_side() {
        let document = merged("[no [kinase|MPA?] activity|MPA?] in [mice|Disease?] with [p53|Gene]", &["ben", "anna", "anna"]);
        assert_eq!(sides(&document, "T1"), ["anna: T2", "ben: T1"]);
        assert_eq!(sides(&document, "T2"), sides(&document, "T1"));
        assert_eq!(sides(&document, "T3"), ["anna: T3", "ben: "]);
        assert_eq!(sides(&document, "T4"), Vec::<String>::new(), "what both have is no disagreement");
        assert_eq!(sides(&document, "T9"), Vec::<String>::new());
    }

    #[test]
    fn two_of_three_may_say_the_same_and_more_than_one_thing() {
        let document = merged("[[no|NegReg?] [activity|MPA?]|CPA?]", &["anna", "anna, eve", "ben"]);
        let order: Vec<_> = document.entities.keys().map(AnnotationId::as_str).collect();
        assert_eq!(order, ["T1", "T2", "T3"]);
        let all = sides(&document, "T1");
        assert_eq!(all.len(), 3);
        assert_eq!(disagreement(&document, &"T2".into()).unwrap().items().len(), 3);
    }

    #[test]
    fn relations_stand_beside_those_between_the_same_places() {
        let line = "[loss|Var] [of|Var] [p53|Gene] @ T3 ThemeOf? T1 T1 CauseOf? T3 T3 ThemeOf? T2";
        let document = merged(line, &["anna", "ben", "ben"]);
        assert_eq!(sides(&document, "R1"), ["anna: R1", "ben: R2"]);
        assert_eq!(sides(&document, "R3"), ["anna: ", "ben: R3"]);
    }
}
