//! What of a document a person wants to see at the moment. What is filtered out is neither met nor decided in bulk.

use super::queue;
use crate::document::{AnnotationId, Document, Label, Origin, Status};
use std::collections::BTreeSet;

/// Where an annotation stands, as a person sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Made by a model, not decided yet.
    Proposed,
    /// Accepted, or added by a person.
    Accepted,
    /// Stands after a change.
    Corrected,
    /// Refused.
    Rejected,
    /// Was in the file, and was left as it is.
    Given,
}

impl State {
    /// All, in the order of menus.
    pub const ALL: [Self; 5] = [Self::Proposed, Self::Accepted, Self::Corrected, Self::Rejected, Self::Given];

    /// Of an annotation.
    pub const fn of(status: Status, origin: &Origin) -> Self {
        match (status, origin) {
            (Status::Proposed, _) => Self::Proposed,
            (Status::Accepted, Origin::Given) => Self::Given,
            (Status::Accepted, _) => Self::Accepted,
            (Status::Corrected, _) => Self::Corrected,
            (Status::Rejected, _) => Self::Rejected,
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Accepted => "accepted",
            Self::Corrected => "corrected",
            Self::Rejected => "rejected",
            Self::Given => "given",
        }
    }
}

/// Which annotations are met: by confidence, type and state.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    threshold: f32,
    hidden_types: BTreeSet<Label>,
    hidden_states: BTreeSet<State>,
}

impl Filter {
    /// Nothing is filtered out.
    pub const fn everything() -> Self {
        Self { threshold: 0.0, hidden_types: BTreeSet::new(), hidden_states: BTreeSet::new() }
    }

    /// The confidence, 0 to 1, below which proposals are passed over.
    pub const fn threshold(&self) -> f32 {
        self.threshold
    }

    /// Sets the confidence below which proposals are passed over, kept within 0 to 1.
    pub const fn set_threshold(&mut self, threshold: f32) {
        self.threshold = if threshold.is_nan() { 0.0 } else { threshold.clamp(0.0, 1.0) };
    }

    /// Hides a type and the relations of its spans, or shows it again.
    pub fn toggle_type(&mut self, label: &Label) {
        if !self.hidden_types.remove(label) {
            self.hidden_types.insert(label.clone());
        }
    }

    /// Hides what is in a state, or shows it again.
    pub fn toggle_state(&mut self, state: State) {
        if !self.hidden_states.remove(&state) {
            self.hidden_states.insert(state);
        }
    }

    /// Shows these types only; all when they are the only ones already.
    pub fn only(&mut self, label: &Label, all: impl IntoIterator<Item = Label>) {
        let others: BTreeSet<Label> = all.into_iter().filter(|other| other != label).collect();
        self.hidden_types = if self.hidden_types == others { BTreeSet::new() } else { others };
    }

    /// Shows all types and states again; the threshold stays.
    pub fn clear(&mut self) {
        self.hidden_types.clear();
        self.hidden_states.clear();
    }

    /// Whether any type or state is hidden.
    pub fn hides(&self) -> bool {
        !self.hidden_types.is_empty() || !self.hidden_states.is_empty()
    }

    /// Whether a type is shown.
    pub fn shows_type(&self, label: &Label) -> bool {
        !self.hidden_types.contains(label)
    }

    /// Whether a state is shown.
    pub fn shows_state(&self, state: State) -> bool {
        !self.hidden_states.contains(&state)
    }

    /// Whether type and state of a span, or state and both ends of a relation, are shown. The threshold is not asked.
    pub fn passes(&self, document: &Document, id: &AnnotationId) -> bool {
        let Some((status, origin)) = queue::state(document, id) else { return false };
        if !self.hides() {
            return true;
        }
        let type_shown = |id: &AnnotationId| document.entities.get(id).is_none_or(|entity| self.shows_type(&entity.label));
        let ends_shown = document.relations.get(id).is_none_or(|it| type_shown(&it.subject) && type_shown(&it.object));
        self.shows_state(State::of(status, origin)) && type_shown(id) && ends_shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::dsl::sketch;

    #[test]
    fn types_take_their_relations_along() {
        let document = sketch("[a|Gene] [b|Var?] [c|Reg!] @ T1 ThemeOf? T2 T2 CauseOf? T3").document;
        let mut filter = Filter::default();
        let shown = |filter: &Filter| {
            let ids = document.entities.keys().chain(document.relations.keys());
            ids.filter(|id| filter.passes(&document, id)).map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(shown(&filter), ["T1", "T2", "T3", "R1", "R2"]);
        filter.toggle_type(&"Gene".into());
        assert_eq!(shown(&filter), ["T2", "T3", "R2"]);
        filter.toggle_state(State::Proposed);
        assert_eq!(shown(&filter), ["T3"]);
        filter.clear();
        filter.only(&"Var".into(), ["Gene", "Var", "Reg"].map(Label::from));
        assert_eq!(shown(&filter), ["T2"]);
        filter.only(&"Var".into(), ["Gene", "Var", "Reg"].map(Label::from));
        assert!(!filter.hides());
    }

    #[test]
    fn the_threshold_stays_within_its_bounds() {
        let mut filter = Filter::default();
        for (set, kept) in [(2.0, 1.0), (-1.0, 0.0), (f32::NAN, 0.0), (0.5, 0.5)] {
            filter.set_threshold(set);
            assert!((filter.threshold() - kept).abs() < f32::EPSILON);
        }
    }
}
