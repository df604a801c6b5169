//! The same edits in brat and in TextAE, counted by their documented steps: a click, a double click, a drag and a key are one step.
//!
//! brat 1.3, "Quick start" and "Introduction to annotation": a span is a drag over the text, a click on its type and a click on OK; a
//! relation is a drag from span to span, a click on its type and OK; to change a type is a double click, a click on the type and OK;
//! to move a span is a double click, Move, a drag and OK; to delete is a double click, Delete and the confirmation.
//!
//! TextAE 5+, "Editing": a denotation is a drag; another than the default type is the key for the type, a click on it and closing the
//! dialog; a relation is a click on each of its ends and the same three steps for its type unless it is the default one; deleting is
//! a click and a key; an edge is a drag.

use crate::goal::{Goal, arrow, span};
use rolecall::document::{Document, Status};
use std::collections::BTreeSet;

/// Steps, summed over documents.
#[derive(Clone, Copy, Debug, Default)]
pub struct Steps {
    brat_alone: usize,
    brat_repairing: usize,
    textae_alone: usize,
    textae_repairing: usize,
}

impl Steps {
    pub fn rows(&self) -> [(&'static str, usize); 4] {
        [
            ("brat, from the text alone", self.brat_alone),
            ("brat, repairing imported proposals", self.brat_repairing),
            ("TextAE, from the text alone", self.textae_alone),
            ("TextAE, repairing imported proposals", self.textae_repairing),
        ]
    }
}

impl std::ops::AddAssign for Steps {
    fn add_assign(&mut self, other: Self) {
        self.brat_alone += other.brat_alone;
        self.brat_repairing += other.brat_repairing;
        self.textae_alone += other.textae_alone;
        self.textae_repairing += other.textae_repairing;
    }
}

/// What gold costs, and what it costs to repair proposals up to gold: the cheapest of retyping, moving and deleting is taken for each.
pub fn steps(goal: &Goal, proposals: &Document) -> Steps {
    let proposed: Vec<_> = proposals.entities.values().filter(|it| it.status != Status::Rejected).map(span).collect();
    let exact: BTreeSet<_> = proposed.iter().filter(|it| goal.spans.contains(*it)).cloned().collect();
    let mut missing: Vec<_> = goal.spans.difference(&exact).cloned().collect();
    let (mut retyped, mut moved, mut deleted) = (0, 0, 0);
    for (spans, label) in proposed.iter().filter(|it| !exact.contains(*it)) {
        if let Some(at) = missing.iter().position(|(gold, _)| gold == spans) {
            retyped += 1;
            missing.remove(at);
        } else if let Some(at) = missing.iter().position(|(gold, type_)| type_ == label && gold[0].overlaps(spans[0])) {
            moved += 1;
            missing.remove(at);
        } else {
            deleted += 1;
        }
    }
    let arrows: BTreeSet<_> = proposals.relations.values().filter_map(|it| arrow(proposals, it)).collect();
    let right = arrows.intersection(&goal.relations).count();
    // A deleted span takes its relations along in both programs, so wrong ones cost only where both ends stay.
    let stays = |it: &crate::goal::Span| exact.contains(it);
    let wrong = arrows.difference(&goal.relations).filter(|(a, _, b)| stays(a) && stays(b)).count();
    let unrelated = goal.relations.len() - right;
    let gold = (goal.spans.len(), goal.relations.len());
    Steps {
        brat_alone: 3 * gold.0 + 3 * gold.1,
        brat_repairing: 3 * missing.len() + 3 * retyped + 4 * moved + 3 * deleted + 3 * unrelated + 3 * wrong,
        textae_alone: 4 * gold.0 + 5 * gold.1,
        textae_repairing: 4 * missing.len() + 3 * retyped + moved + 2 * deleted + 5 * unrelated + 2 * wrong,
    }
}
