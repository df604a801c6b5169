//! What the folds' models say of the documents that they did not see, and whether it is right.

use crate::document::{AnnotationId, Document, Label};
use crate::evaluate::Answers;
use crate::pipeline::{AnnotateError, CancelToken, End, Pipeline, Prediction};
use crate::text::CharSpan;
use crate::train::evaluation::stripped;

/// The probabilities of being related that are tried as the one from which on roles are chosen.
pub(super) const RELATED: [f32; 9] = [0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55];

/// A span that was found.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SpanSample {
    pub(super) label: Label,
    /// As the CRF has it.
    pub(super) probability: f32,
    pub(super) right: bool,
}

/// A role that was found.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RoleSample {
    pub(super) role: Label,
    /// As the scorer has it.
    pub(super) related: f32,
    /// Places of its ends among the spans of the fold; `None` between gold spans.
    pub(super) ends: Option<[usize; 2]>,
    pub(super) right: bool,
}

/// What one model says of its held-out documents.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct FoldSamples {
    pub(super) gold_spans: usize,
    pub(super) gold_roles: usize,
    pub(super) spans: Vec<SpanSample>,
    /// Roles between the spans that were found, for each of [`RELATED`].
    pub(super) found: Vec<Vec<RoleSample>>,
    /// Roles between the gold spans, for each of [`RELATED`].
    pub(super) given: Vec<Vec<RoleSample>>,
}

impl FoldSamples {
    /// None yet.
    pub(super) fn new() -> Self {
        let none = vec![Vec::new(); RELATED.len()];
        Self { found: none.clone(), given: none, ..Self::default() }
    }

    /// Adds what a pipeline for both tasks finds in a document, by raw confidence and without thresholds.
    pub(super) fn add_found(&mut self, pipeline: &Pipeline, gold: &Document, cancel: &CancelToken) -> Result<(), AnnotateError> {
        let answers = Answers::of(gold);
        self.gold_spans += answers.spans();
        self.gold_roles += answers.relations();
        let predictions = pipeline.propose_at(&stripped(gold, false), &RELATED, cancel)?;
        let first = self.spans.len();
        // The spans are the same in all of them.
        self.spans.extend(predictions.iter().take(1).flat_map(|prediction| &prediction.entities).map(|entity| SpanSample {
            label: entity.label.clone(),
            probability: entity.confidence,
            right: answers.has_span(entity.span, &entity.label),
        }));
        for (found, prediction) in self.found.iter_mut().zip(&predictions) {
            found.extend(roles(prediction, gold, &answers, first));
        }
        Ok(())
    }

    /// Adds what the same pipeline finds between the gold spans of a document, for roles alone.
    pub(super) fn add_given(&mut self, pipeline: &Pipeline, gold: &Document, cancel: &CancelToken) -> Result<(), AnnotateError> {
        let answers = Answers::of(gold);
        let predictions = pipeline.propose_at(&stripped(gold, true), &RELATED, cancel)?;
        for (given, prediction) in self.given.iter_mut().zip(&predictions) {
            given.extend(roles(prediction, gold, &answers, 0));
        }
        Ok(())
    }

    /// Whether both ends of a role are right.
    pub(super) fn ends_are_right(&self, role: &RoleSample) -> bool {
        role.ends.is_none_or(|ends| ends.iter().all(|&end| self.spans[end].right))
    }
}

/// The roles of a prediction; `first` is the place of its first span.
fn roles<'a>(
    prediction: &'a Prediction,
    gold: &'a Document,
    answers: &'a Answers,
    first: usize,
) -> impl Iterator<Item = RoleSample> + 'a {
    let existing = |id: &AnnotationId| gold.entities.get(id).map(|entity| (entity.spans.clone(), &entity.label));
    let place = move |end: &'a End| -> Option<(Vec<CharSpan>, &'a Label)> {
        match end {
            End::Existing(id) => existing(id),
            End::Predicted(index) => prediction.entities.get(*index).map(|entity| (vec![entity.span], &entity.label)),
        }
    };
    prediction.relations.iter().filter_map(move |relation| {
        let (subject, object) = (place(&relation.subject)?, place(&relation.object)?);
        let ends = match (&relation.subject, &relation.object) {
            (End::Predicted(subject), End::Predicted(object)) => Some([first + subject, first + object]),
            _ => None,
        };
        let right = answers.has_relation((&subject.0, subject.1), &relation.role, (&object.0, object.1));
        Some(RoleSample { role: relation.role.clone(), related: relation.confidence, ends, right })
    })
}
