//! Kinds of types: a gene, a protein and an enzyme stand in the same places of relations, so that one takes the other's part.

use super::PairTable;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Cosine between the relations of two kinds from which on they are one. On AGAC this makes four of twelve types: genes and their
/// products, variations, regulations, and all that is regulated; from .6 on genes are apart from their products.
const ALIKE: f64 = 0.5;

/// The kind of each type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Kinds(Vec<usize>);

/// How often types of one kind stood where: as subject or object, in which role, beside which kind.
type Places = BTreeMap<(bool, usize, usize), f64>;

impl Kinds {
    /// Of so many labels, by the related pairs that were counted: the two that are most alike become one until none are.
    pub fn of(table: &PairTable, labels: usize) -> Self {
        let mut kinds = Self((0..labels).collect());
        while let Some((one, other)) = kinds.most_alike(table) {
            for kind in &mut kinds.0 {
                *kind = match *kind {
                    kind if kind == other => one,
                    kind if kind > other => kind - 1,
                    kind => kind,
                };
            }
        }
        kinds
    }

    /// The kind of a label, from 0; that of an unknown one is a kind of its own.
    pub fn of_label(&self, label: usize) -> usize {
        self.0.get(label).copied().unwrap_or_else(|| self.count())
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.iter().max().map_or(0, |last| last + 1)
    }

    /// Whether they are those of so many labels, numbered without gaps.
    pub fn are_of(&self, labels: usize) -> bool {
        self.0.len() == labels && (0..self.count()).all(|kind| self.0.contains(&kind))
    }

    /// The first two of those that are most alike, if they are alike enough.
    fn most_alike(&self, table: &PairTable) -> Option<(usize, usize)> {
        let places = self.places(table);
        let mut best = None;
        for other in 0..places.len() {
            for one in 0..other {
                let alike = cosine(&places[one], &places[other]);
                if alike >= ALIKE && best.is_none_or(|(most, _)| alike > most) {
                    best = Some((alike, (one, other)));
                }
            }
        }
        best.map(|(_, both)| both)
    }

    fn places(&self, table: &PairTable) -> Vec<Places> {
        let mut places = vec![Places::new(); self.count()];
        for ((subject, object), counts) in table.by_types() {
            let (subject, object) = (self.of_label(subject), self.of_label(object));
            for (role, &count) in counts.iter().skip(1).enumerate() {
                for (kind, place) in [(subject, (true, role, object)), (object, (false, role, subject))] {
                    if let Some(places) = places.get_mut(kind) {
                        *places.entry(place).or_default() += f64::from(count);
                    }
                }
            }
        }
        places
    }
}

fn cosine(one: &Places, other: &Places) -> f64 {
    let dot: f64 = one.iter().filter_map(|(place, count)| Some(count * other.get(place)?)).sum();
    let square = |places: &Places| places.values().map(|count| count * count).sum::<f64>();
    let lengths = (square(one) * square(other)).sqrt();
    if lengths > 0.0 { dot / lengths } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::relation::Cell;

    const VAR: usize = 0;
    const GENE: usize = 1;
    const UP: usize = 2;
    const PROTEIN: usize = 3;
    const DOWN: usize = 4;
    const NONE: usize = 5;

    fn table() -> PairTable {
        let mut table = PairTable::default();
        let seen =
            [(GENE, VAR, 1, 9), (PROTEIN, VAR, 1, 3), (PROTEIN, UP, 1, 1), (VAR, UP, 2, 5), (VAR, DOWN, 2, 7), (NONE, UP, 0, 20)];
        for (subject, object, outcome, times) in seen {
            let cell = Cell { subject, object, same_sentence: true, object_rank: 0, subject_rank: 0 };
            (0..times).for_each(|_| table.add(cell, outcome, 3));
        }
        table
    }

    #[test]
    fn types_that_stand_in_the_same_places_are_of_one_kind() {
        let kinds = Kinds::of(&table(), 6);
        let kind = |label| kinds.of_label(label);
        assert_eq!((kind(GENE), kind(UP)), (kind(PROTEIN), kind(DOWN)));
        assert_eq!(kinds.count(), 4, "variations, genes, regulations, and what is in no relation: {kinds:?}");
        assert!(kinds.are_of(6) && !kinds.are_of(5));
        assert_eq!(kinds.of_label(6), 4, "a type that was never seen");
        assert!(!Kinds(vec![0, 2]).are_of(2));
    }

    #[test]
    fn without_relations_each_type_is_a_kind_of_its_own() {
        assert_eq!(Kinds::of(&PairTable::default(), 3), Kinds(vec![0, 1, 2]));
    }
}
