//! Pairs of the mentions that come into question, scored, and what a second look says of all of it.

use super::annotate::{Pipeline, Tasks};
use super::mentions::Known;
use super::rerank::{Judged, judge};
use super::{AnnotateError, CancelToken, End, PredictedEntity, Times};
use crate::document::{Document, Status};
use crate::model::ensemble::{EnsembleReading, ScoredPairs};
use crate::model::relation::Mention;
use std::time::Instant;

/// What the mentions of a document stand for, and their pairs with the probability of each outcome.
pub(super) struct Scored {
    /// In text order.
    pub(super) known: Vec<Known>,
    /// `None` when no two of them may be related.
    pub(super) pairs: Option<ScoredPairs>,
    /// What a second look at all of it says.
    pub(super) judged: Option<Judged>,
}

impl Pipeline {
    /// Scores all pairs of known mentions, and takes a second look at everything if the model was calibrated for one.
    pub(super) fn score_pairs(
        &self,
        (document, reading): (&Document, &EnsembleReading),
        mut known: Vec<Known>,
        cancel: &CancelToken,
    ) -> Result<Scored, AnnotateError> {
        known.sort_by_key(|known| (known.mention.words.start, known.mention.words.end));
        let mentions: Vec<Mention> = known.iter().map(|known| known.mention.clone()).collect();
        let standing: Vec<bool> = known.iter().map(Known::stands).collect();
        let pairs = self.models().score_pairs(reading, (&mentions, &standing), &|| cancel.is_cancelled())?;
        if cancel.is_cancelled() {
            return Err(AnnotateError::Cancelled);
        }
        let judged = self.confidence.reranker().map(|reranker| {
            let gathered = self.gather(document, reading, &known, pairs.as_ref());
            let candidates = pairs.as_ref().map_or(&[] as &[_], |pairs| &pairs.candidates.pairs);
            judge(reranker, &gathered, &known, candidates, self.model().tags().labels())
        });
        Ok(Scored { known, pairs, judged })
    }

    /// The spans that come into question for a document, and the scores of pairs between them and those that stand.
    pub(super) fn find_and_score(
        &self,
        document: &Document,
        reading: &EnsembleReading,
        times: &mut Times,
        cancel: &CancelToken,
    ) -> Result<(Vec<PredictedEntity>, Scored), AnnotateError> {
        let clock = Instant::now();
        let mut known = self.existing(document, &reading.prepared().words, Status::stands);
        let mut entities = Vec::new();
        if self.tasks == Tasks::SpansAndRoles {
            for found in self.spans(document, reading) {
                entities.push(found.prediction.clone());
                known.push(found.known(entities.len() - 1));
            }
        }
        times.decoding += clock.elapsed();
        let clock = Instant::now();
        let scored = self.score_pairs((document, reading), known, cancel)?;
        if let Some(judged) = &scored.judged {
            for (known, &confidence) in scored.known.iter().zip(&judged.spans) {
                if let End::Predicted(at) = known.end {
                    entities[at].confidence = confidence;
                }
            }
        }
        times.relating += clock.elapsed();
        Ok((entities, scored))
    }
}
