//! What the model says of the open document beside its proposals, and for which spans it was asked.

use super::app::App;
use super::mode::{Mode, Ticked};
use crate::document::{AnnotationId, Document, Label, Status};
use crate::pipeline::{Advice, PossibleRole, PredictedEntity};
use crate::review::Partner;
use crate::text::CharSpan;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Advice on documents, by their index, and the requests for it. Nothing of it is journalled: it is asked for again.
#[derive(Clone, Debug, Default)]
pub struct Advised {
    told: HashMap<usize, Advice>,
    asked: HashMap<usize, Asked>,
}

/// The last request for advice on a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Asked {
    revision: u64,
    /// Of the spans that it was asked for.
    fingerprint: u64,
}

impl Advised {
    /// Whether the spans of a document are others than those that advice was last asked for, and takes note that it is asked now.
    pub(super) fn is_wanted(&mut self, index: usize, revision: u64, document: &Document) -> bool {
        if self.asked.get(&index).is_some_and(|asked| asked.revision == revision) {
            return false;
        }
        let fingerprint = fingerprint(document);
        let asked = self.asked.get_mut(&index);
        match asked {
            // The same spans at a later revision: what was told holds, and what is on its way is not stale.
            Some(asked) if asked.fingerprint == fingerprint => false,
            _ => {
                self.asked.insert(index, Asked { revision, fingerprint });
                true
            }
        }
    }

    /// Advice on a document is to be asked for again, whatever its spans are.
    pub(super) fn forget(&mut self, index: usize) {
        self.asked.remove(&index);
    }

    /// Takes advice in, unless it is for spans that are no more: whether it was news.
    pub(super) fn take(&mut self, index: usize, revision: u64, advice: Advice) -> bool {
        let current = self.asked.get(&index).is_some_and(|asked| asked.revision == revision);
        if current {
            self.told.insert(index, advice);
        }
        current
    }
}

/// Of all that the roles between a document's spans depend on: the spans that are not rejected.
fn fingerprint(document: &Document) -> u64 {
    let mut hasher = DefaultHasher::new();
    for entity in document.entities.values().filter(|entity| entity.status != Status::Rejected) {
        (&entity.id, &entity.spans, &entity.label).hash(&mut hasher);
    }
    hasher.finish()
}

impl App {
    /// Spans of the open document that the model deems possible; empty without a model.
    pub fn possible_spans(&self) -> &[PredictedEntity] {
        self.advice.told.get(&self.current).map_or(&[], |advice| &advice.spans)
    }

    /// Roles between spans of the open document that the model deems possible, the more probable first; empty without a model.
    pub fn possible_roles(&self) -> &[PossibleRole] {
        self.advice.told.get(&self.current).map_or(&[], |advice| &advice.roles)
    }

    /// The likeliest and nearest spans that a span of the open document can be related to.
    pub fn partners(&self, entity: &AnnotationId) -> Vec<Partner> {
        self.session.partners(self.current, entity, self.possible_roles())
    }

    /// What must not go away under the curator's hand: what is focused, and what is listed.
    pub(super) fn before_the_curator(&self) -> Vec<AnnotationId> {
        let listed = match &self.mode {
            Mode::Ticks(list) => list.rows.as_slice(),
            _ => &[],
        };
        let proposals = listed.iter().filter_map(|row| match &row.what {
            Ticked::Proposal(id) => Some(id),
            _ => None,
        });
        let retargeted = match &self.mode {
            Mode::Retarget { relation, .. } => Some(relation),
            _ => None,
        };
        proposals.chain(retargeted).chain(self.focus()).cloned().collect()
    }

    /// Whether a span like this is there already, decided or not.
    pub(super) fn has_span(&self, span: CharSpan, label: &Label) -> bool {
        self.document().entity_at(&[span], label).is_some()
    }

    /// What the model would mark at a place, the most probable span that touches it and is not there yet.
    pub fn likely_span_at(&self, at: CharSpan) -> Option<&PredictedEntity> {
        let here = self.possible_spans().iter().filter(|it| it.span.overlaps(at) && !self.has_span(it.span, &it.label));
        here.max_by(|a, b| a.confidence.total_cmp(&b.confidence))
    }

    /// The types of the schema for a span, the more probable first; those of which the model says nothing come as in the schema.
    pub fn types_for(&self, span: CharSpan) -> Vec<(Label, f32)> {
        let probability = |label: &Label| {
            let here = self.possible_spans().iter().filter(|it| it.label == *label && it.span.overlaps(span));
            here.map(|it| if it.span == span { it.confidence } else { it.confidence / 2.0 }).fold(0.0, f32::max)
        };
        let types = self.schema().entities.iter().map(|known| (known.name.clone(), probability(&known.name)));
        let mut types: Vec<(Label, f32)> = types.collect();
        types.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        types
    }

    /// What enter adds while a selection grows: while it is still what it began with, the likely span there, else the selection
    /// with its likely type. `None` when the model says nothing of this place.
    pub fn offered(&self) -> Option<(CharSpan, Label, f32)> {
        let Mode::Select { anchor, .. } = &self.mode else { return None };
        let selection = self.selection()?;
        if selection == anchor.hull(self.run_end(*anchor)) {
            return self.likely_span_at(selection).map(|it| (it.span, it.label.clone(), it.confidence));
        }
        let (label, confidence) = self.types_for(selection).into_iter().next()?;
        (confidence > 0.0).then_some((selection, label, confidence))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::dsl::sketch;

    #[test]
    fn advice_is_wanted_when_spans_change_and_stale_advice_is_dropped() {
        let mut advised = Advised::default();
        let ask = |advised: &mut Advised, revision, line: &str| advised.is_wanted(0, revision, &sketch(line).document);
        assert!(ask(&mut advised, 1, "[a|Gene?] [b|Var?]"));
        assert!(!ask(&mut advised, 1, "[a|Gene?] [b|Var?]"), "it was asked already");
        assert!(!ask(&mut advised, 2, "[a|Gene!] [b|Var?]"), "accepting changes no span");
        assert!(advised.take(0, 1, Advice::default()), "so what was asked before still holds");
        assert!(ask(&mut advised, 3, "[a|Gene!] [b|Varx]"));
        assert!(!advised.take(0, 1, Advice::default()), "this is advice on a span that was rejected meanwhile");
        assert!(advised.take(0, 3, Advice::default()));
    }
}
