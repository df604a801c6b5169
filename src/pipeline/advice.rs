//! What a model says to a person who works in a document, beside what it proposes by itself.

use super::annotate::Pipeline;
use super::mentions::FoundEntity;
use super::{AnnotateError, Annotator, CancelToken, End, PredictedEntity, Prediction};
use crate::document::{AnnotationId, Document, Label, Status};
use crate::model::ensemble::EnsembleReading;
use std::ops::Range;

/// Probability below which a span or role is not worth a person's look.
pub(super) const FLOOR: f32 = 0.01;

/// A role between two entities of a document that may hold.
#[derive(Clone, Debug, PartialEq)]
pub struct PossibleRole {
    /// The most probable role of the two.
    pub role: Label,
    /// The argument, in the more probable direction.
    pub subject: AnnotationId,
    /// The trigger.
    pub object: AnnotationId,
    /// Probability that the two are related in this direction, 0 to 1; calibrated if the model was.
    pub confidence: f32,
}

/// What a model says of a document as it stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Advice {
    /// Roles between entities of the document, to be proposed. It holds no entities.
    pub prediction: Prediction,
    /// Spans that are possible, proposed or not, in text order. They may overlap. Nothing of it is a proposal.
    pub spans: Vec<PredictedEntity>,
    /// Roles that are possible between any two entities that are not rejected, the more probable first.
    pub roles: Vec<PossibleRole>,
}

impl Pipeline {
    /// What a model says of a document whose text was read.
    pub(super) fn advise_on(
        &self,
        document: &Document,
        reading: &EnsembleReading,
        cancel: &CancelToken,
    ) -> Result<Advice, AnnotateError> {
        let mut known = self.existing(document, &reading.prepared().words, |status| status != Status::Rejected);
        let mut possible = self.possible_spans(reading);
        if self.looks_twice {
            // The document is looked at as when its spans were proposed: with all that may be in it, by what the CRF says of it.
            for known in known.iter_mut().filter(|known| !known.stands()) {
                let same = possible.iter().find(|it| it.mention == known.mention);
                known.probability = same.map_or(known.probability, |it| it.probability);
            }
            let free = |found: &FoundEntity| known.iter().all(|known| !overlap(&known.mention.words, &found.mention.words));
            let beside: Vec<FoundEntity> = self.spans(document, reading).into_iter().filter(free).collect();
            known.extend(beside.into_iter().enumerate().map(|(at, found)| found.known(at)));
        }
        let scored = self.score_pairs((document, reading), known, cancel)?;
        if let Some(judged) = &scored.judged {
            for (known, &confidence) in scored.known.iter().zip(&judged.spans) {
                let same = possible.iter_mut().filter(|it| it.mention == known.mention && !known.stands());
                same.for_each(|it| it.prediction.confidence = confidence);
            }
        }
        let stand = |end: &End| matches!(end, End::Existing(_));
        let mut relations = self.roles(document, &scored, self.confidence.related());
        relations.retain(|role| stand(&role.subject) && stand(&role.object));
        let prediction = Prediction { model: self.name(), entities: Vec::new(), relations };
        let spans = possible.into_iter().map(|it| it.prediction).collect();
        Ok(Advice { prediction, spans, roles: self.possible_roles(&scored) })
    }
}

fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}
