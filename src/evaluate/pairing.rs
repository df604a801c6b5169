//! Which predicted document belongs to which gold document.

use super::{Matching, Scores, score_documents};
use crate::document::Document;
use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};

/// Gold documents with their predictions, paired by name.
#[derive(Clone, Debug)]
pub struct Pairing<'a> {
    /// Every gold document with its prediction; an empty one where there was none.
    pairs: Vec<(&'a Document, Cow<'a, Document>)>,
    /// Names of gold documents without a prediction, in gold order. They are scored as if nothing had been predicted.
    pub missing: Vec<&'a str>,
    /// Names of predicted documents without gold. They are not scored.
    pub surplus: Vec<&'a str>,
    /// Names of documents whose two texts differ, so that their offsets may not mean the same. They are scored as they are.
    pub differing: Vec<&'a str>,
}

impl<'a> Pairing<'a> {
    /// Pairs by name; among documents of the same name, the first with the first.
    pub fn by_name(gold: impl IntoIterator<Item = &'a Document>, predicted: impl IntoIterator<Item = &'a Document>) -> Self {
        let mut waiting: HashMap<&str, VecDeque<&'a Document>> = HashMap::new();
        let mut order = Vec::new();
        for document in predicted {
            waiting.entry(&document.name).or_default().push_back(document);
            order.push(document.name.as_str());
        }
        let mut pairing = Self { pairs: Vec::new(), missing: Vec::new(), surplus: Vec::new(), differing: Vec::new() };
        for gold in gold {
            pairing.add(gold, waiting.get_mut(gold.name.as_str()).and_then(VecDeque::pop_front));
        }
        for name in order {
            if waiting.get_mut(name).and_then(VecDeque::pop_front).is_some() {
                pairing.surplus.push(name);
            }
        }
        pairing
    }

    fn add(&mut self, gold: &'a Document, predicted: Option<&'a Document>) {
        let predicted = match predicted {
            Some(predicted) => {
                if predicted.text != gold.text {
                    self.differing.push(&gold.name);
                }
                Cow::Borrowed(predicted)
            }
            None => {
                self.missing.push(&gold.name);
                Cow::Owned(Document::new(gold.name.clone(), gold.text.clone()))
            }
        };
        self.pairs.push((gold, predicted));
    }

    /// The same with only what stands on either side: for two annotators, of whom neither predicts.
    pub(super) fn standing(&self) -> Self {
        let standing = |document: &Document| {
            let mut document = document.clone();
            document.entities.retain(|_, entity| entity.status.stands());
            document.relations.retain(|_, relation| relation.status.stands());
            document
        };
        let pairs = self.pairs.iter().map(|(first, second)| (*first, Cow::Owned(standing(second))));
        Self { pairs: pairs.collect(), ..self.clone() }
    }

    /// The pairs, gold first.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&Document, &Document)> {
        self.pairs.iter().map(|(gold, predicted)| (*gold, predicted.as_ref()))
    }

    /// Scores all pairs.
    pub fn score(&self, matching: Matching) -> Scores {
        let pairs: Vec<(&Document, &Document)> = self.pairs().collect();
        score_documents(&pairs, matching)
    }

    /// Scores every pair by itself, in gold order.
    pub fn score_each(&self, matching: Matching) -> Vec<Scores> {
        self.pairs().map(|pair| score_documents(&[pair], matching)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{AnnotationId, Entity, Origin, Status};
    use crate::text::{CharSpan, SourceText};

    fn document(name: &str, text: &str) -> Document {
        let mut document = Document::new(name, SourceText::new(text));
        let id = AnnotationId::from("T1");
        let spans = vec![CharSpan::of_chars(0, 3).unwrap()];
        let entity = Entity { id: id.clone(), label: "Gene".into(), spans, origin: Origin::Given, status: Status::Accepted };
        document.entities.insert(id, entity);
        document
    }

    #[test]
    fn a_missing_prediction_is_named_and_counts_as_empty() {
        let gold = [document("a", "p53 loss"), document("b", "p53 gain"), document("c", "APC")];
        let predicted = [document("c", "APC!"), document("a", "p53 loss"), document("z", "p21")];
        let pairing = Pairing::by_name(&gold, &predicted);
        assert_eq!((&pairing.missing, &pairing.surplus, &pairing.differing), (&vec!["b"], &vec!["z"], &vec!["c"]));
        let micro = pairing.score(Matching::Strict).spans.micro;
        assert_eq!((micro.gold, micro.predicted, micro.matched), (3, 2, 2));
        let each = pairing.score_each(Matching::Strict);
        let each: Vec<_> = each.iter().map(|scores| (scores.documents, scores.spans.micro.matched)).collect();
        assert_eq!(each, [(1, 1), (1, 0), (1, 1)]);
    }
}
