//! Which mentions of a document come into question: those that stand, and those that the tagger finds.

use super::advice::FLOOR;
use super::annotate::Pipeline;
use super::{End, PredictedEntity};
use crate::document::{Document, Entity, Status};
use crate::model::decoder::FoundSpan;
use crate::model::ensemble::EnsembleReading;
use crate::model::relation::Mention;
use crate::model::rerank::LOOKED_AT;
use crate::text::CharSpan;
use std::ops::Range;

/// A mention and what it stands for.
pub(super) struct Known {
    pub(super) mention: Mention,
    pub(super) end: End,
    /// How sure it is; `None` when a person or a file has spoken.
    pub(super) confidence: Option<f32>,
    /// Its probability by the CRF; 1 when a person or a file has spoken.
    pub(super) probability: f32,
}

impl Known {
    /// Whether a person or a file has spoken of it.
    pub(super) const fn stands(&self) -> bool {
        self.confidence.is_none()
    }
}

/// A mention that the tagger finds.
pub(super) struct FoundEntity {
    pub(super) mention: Mention,
    pub(super) prediction: PredictedEntity,
    /// By the CRF.
    pub(super) probability: f32,
}

impl FoundEntity {
    /// As a mention that stands at this place among what is proposed.
    pub(super) fn known(self, at: usize) -> Known {
        let Self { mention, prediction, probability } = self;
        Known { mention, end: End::Predicted(at), confidence: Some(prediction.confidence), probability }
    }
}

impl Pipeline {
    /// Spans that the tagger finds, as words and as prediction; those that are worth a second look, if there is one, or are sure enough.
    pub(super) fn spans(&self, document: &Document, reading: &EnsembleReading) -> Vec<FoundEntity> {
        let prepared = reading.prepared();
        let decided: Vec<&Entity> = document.entities.values().filter(|entity| entity.status != Status::Proposed).collect();
        let mut found = Vec::new();
        let spans = self.models().decoder().decode(reading.emissions(), &prepared.encoded.sentences, self.decoding);
        for span in spans {
            let Some(covered) = cover(&prepared.words, &span.words) else { continue };
            let Some(label) = self.model().tags().labels().get(span.label) else { continue };
            let confidence = self.confidence.span(label, span.probability);
            if !(if self.looks_twice { span.probability >= LOOKED_AT } else { self.is_proposed(label, confidence) }) {
                continue;
            }
            // What a person decided or a file gave is not proposed again, and nothing is proposed on top of what stands.
            let settled = decided.iter().any(|entity| {
                let same = entity.spans == [covered] && entity.label == *label;
                same || entity.status.stands() && entity.overlaps(covered)
            });
            if !settled {
                let prediction = PredictedEntity { span: covered, label: label.clone(), confidence };
                let mention = Mention { words: span.words, label: span.label };
                found.push(FoundEntity { mention, prediction, probability: span.probability });
            }
        }
        found
    }

    /// Entities of the document that count and whose type the model knows.
    pub(super) fn existing(&self, document: &Document, words: &[CharSpan], counts: impl Fn(Status) -> bool) -> Vec<Known> {
        let entities = document.entities.values().filter(|entity| counts(entity.status));
        let known = entities.filter_map(|entity| {
            let label = self.model().tags().label_index(&entity.label)?;
            let hull = entity.hull();
            let first = words.partition_point(|word| word.end() <= hull.start());
            let behind = words.partition_point(|word| word.start() < hull.end());
            let mention = Mention { words: first..behind, label };
            let confidence = (entity.status == Status::Proposed).then(|| entity.origin.confidence()).flatten();
            // What the CRF says of a proposal is not remembered with it; its confidence is near enough where nobody knows better.
            let probability = confidence.unwrap_or(1.0);
            (first < behind).then(|| Known { mention, end: End::Existing(entity.id.clone()), confidence, probability })
        });
        known.collect()
    }

    /// Spans that are possible, whatever the document says of them, as words and as prediction.
    pub(super) fn possible_spans(&self, reading: &EnsembleReading) -> Vec<FoundEntity> {
        let prepared = reading.prepared();
        let spans = self.models().decoder().possible(reading.emissions(), &prepared.encoded.sentences, FLOOR).into_iter();
        let entity = |span: FoundSpan| {
            let (covered, label) = (cover(&prepared.words, &span.words)?, self.model().tags().labels().get(span.label)?);
            let confidence = self.confidence.span(label, span.probability);
            let prediction = PredictedEntity { span: covered, label: label.clone(), confidence };
            Some(FoundEntity {
                mention: Mention { words: span.words, label: span.label },
                prediction,
                probability: span.probability,
            })
        };
        spans.filter_map(entity).filter(|entity| entity.prediction.confidence >= FLOOR).collect()
    }
}

/// The span from the first to the last of these words.
pub(super) fn cover(words: &[CharSpan], range: &Range<usize>) -> Option<CharSpan> {
    let (first, last) = (words.get(range.start)?, words.get(range.end.checked_sub(1)?)?);
    Some(first.hull(*last))
}
