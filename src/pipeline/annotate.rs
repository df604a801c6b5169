//! The trained pipeline: sentences → words → pieces → windows → spans → pairs → roles.

use super::confidence::Confidence;
use super::passes::read_all;
use super::{
    Advice, AnnotateError, Annotator, CancelToken, End, PredictedEntity, PredictedRelation, Prediction, Progress, Silent, Times,
};
use crate::document::{Document, Label};
use crate::model::decoder::Decoding;
use crate::model::ensemble::{Ensemble, EnsembleReading, MemberReading};
use crate::model::folder::{Model, Prepared};
use crate::model::rerank::Names;
use crate::model::tagger::WordStates;
use crate::text::SourceText;
use std::sync::Arc;
use std::time::Instant;

/// What a pipeline proposes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tasks {
    /// Spans, and roles between them and the spans that are there already.
    SpansAndRoles,
    /// Roles between the spans that are there already, e.g. gold ones.
    RolesOnly,
}

/// A model at work, or several that decide together.
#[derive(Debug)]
pub struct Pipeline {
    models: Ensemble,
    name: Arc<str>,
    pub(super) tasks: Tasks,
    pub(super) decoding: Decoding,
    pub(super) confidence: Confidence,
    /// Whether spans are kept for a second look that are not sure enough by themselves.
    pub(super) looks_twice: bool,
    /// How a second look counts types and roles.
    names: Names,
    /// The confidence that a span needs to be proposed; `None` for the model's own thresholds, which hold for roles too.
    pub(super) least: Option<f32>,
}

impl Pipeline {
    /// A pipeline for both tasks that proposes every span which decoding finds, plausible ones that are rather wrong too.
    pub fn new(models: impl Into<Ensemble>) -> Self {
        let models = models.into();
        let name = Arc::from(models.first().manifest().name.as_str());
        let confidence = Confidence::of(models.first().manifest());
        let first = models.first();
        let names = Names::of(first.tags().labels(), first.relations().map_or(&[], |relations| relations.roles()));
        let (tasks, decoding) = (Tasks::SpansAndRoles, Decoding::default());
        let looks_twice = confidence.reranker().is_some();
        Self { models, name, tasks, decoding, confidence, looks_twice, names, least: Some(0.0) }
    }

    /// The same model for other tasks.
    #[must_use]
    pub fn with_tasks(self, tasks: Tasks) -> Self {
        Self { tasks, ..self }
    }

    /// The same with spans found in another way.
    #[must_use]
    pub fn with_decoding(self, decoding: Decoding) -> Self {
        Self { decoding, ..self }
    }

    /// The same without spans that are less sure than this, and without roles of these.
    #[must_use]
    pub fn with_least_confidence(self, least: f32) -> Self {
        Self { least: Some(least), ..self }
    }

    /// The same without spans and roles below the model's own thresholds, which trade recall for precision where that is worth it.
    #[must_use]
    pub fn with_own_threshold(self) -> Self {
        Self { least: None, ..self }
    }

    /// The same with all spans kept that a second look would see; see [`Pipeline::weigh`].
    #[must_use]
    pub fn looking_twice(self) -> Self {
        Self { looks_twice: true, ..self }
    }

    /// The model; of several the first.
    pub fn model(&self) -> &Model {
        self.models.first()
    }

    /// How a second look counts types and roles.
    pub(super) fn names(&self) -> &Names {
        &self.names
    }

    /// All models.
    pub fn models(&self) -> &Ensemble {
        &self.models
    }

    /// Whether a span is sure enough to be proposed.
    pub(super) fn is_proposed(&self, label: &Label, confidence: f32) -> bool {
        confidence >= self.least.unwrap_or_else(|| self.confidence.span_threshold(label))
    }

    /// Whether a span is sure enough to be proposed with a role that it is an end of.
    fn is_proposed_as_end(&self, label: &Label, confidence: f32) -> bool {
        confidence >= self.least.unwrap_or_else(|| self.confidence.end_threshold(label))
    }

    /// Reads a text, model by model and window by window.
    pub(super) fn read(
        &self,
        text: &SourceText,
        progress: &mut dyn Progress,
        cancel: &CancelToken,
    ) -> Result<EnsembleReading, AnnotateError> {
        let prepared = self.models.models().map(|model| model.prepare(text));
        let prepared: Vec<Prepared> = prepared.collect::<Result<_, _>>()?;
        let total = prepared.iter().map(|prepared| prepared.encoded.packed.ids.len()).sum();
        let mut done = 0;
        let mut members = Vec::with_capacity(prepared.len());
        for (model, prepared) in self.models.models().zip(prepared) {
            let mut states = WordStates::default();
            for window in prepared.encoded.windows() {
                if cancel.is_cancelled() {
                    return Err(AnnotateError::Cancelled);
                }
                progress.advance(done, total);
                states.append(model.engine().run(&window)?);
                done += window.packed.ids.len();
            }
            members.push(MemberReading { prepared, states });
        }
        if cancel.is_cancelled() {
            return Err(AnnotateError::Cancelled);
        }
        Ok(self.models.reading(members))
    }

    /// What would be proposed for a document if roles were chosen from each of these probabilities of being related on, in their
    /// order; it is read and scored only once.
    ///
    /// # Errors
    /// When the model fails, or `cancel` was set.
    pub fn propose_at(
        &self,
        document: &Document,
        related: &[f32],
        cancel: &CancelToken,
    ) -> Result<Vec<Prediction>, AnnotateError> {
        let reading = self.read(&document.text, &mut Silent, cancel)?;
        let (entities, scored) = self.find_and_score(document, &reading, &mut Times::default(), cancel)?;
        let at = |&related: &f32| self.prediction(entities.clone(), self.roles(document, &scored, related));
        Ok(related.iter().map(at).collect())
    }

    /// What is proposed for a document whose text was read.
    pub(super) fn propose_from(
        &self,
        document: &Document,
        reading: &EnsembleReading,
        cancel: &CancelToken,
    ) -> Result<Prediction, AnnotateError> {
        self.propose(document, reading, &mut Times::default(), cancel)
    }
}

impl Pipeline {
    /// Predictions for several documents at once, in their order; the same as for each alone. Short ones share passes of the
    /// encoder. `times` is told where the time went.
    pub fn annotate_all(&self, documents: &[&Document], times: &mut Times) -> Vec<Result<Prediction, AnnotateError>> {
        let mut readings: Vec<Result<Vec<MemberReading>, AnnotateError>> = documents.iter().map(|_| Ok(Vec::new())).collect();
        for model in self.models.models() {
            for (readings, read) in readings.iter_mut().zip(read_all(model, documents, times)) {
                match (readings.as_mut(), read) {
                    (Ok(readings), Ok(read)) => readings.push(read),
                    (Ok(_), Err(error)) => *readings = Err(error),
                    (Err(_), _) => {}
                }
            }
        }
        let results = documents.iter().zip(readings);
        let results =
            results.map(|(document, read)| self.propose(document, &self.models.reading(read?), times, &CancelToken::default()));
        results.collect()
    }

    /// From the states of a document's words to what is proposed for it.
    fn propose(
        &self,
        document: &Document,
        reading: &EnsembleReading,
        times: &mut Times,
        cancel: &CancelToken,
    ) -> Result<Prediction, AnnotateError> {
        let (entities, scored) = self.find_and_score(document, reading, times, cancel)?;
        let clock = Instant::now();
        let relations = self.roles(document, &scored, self.confidence.related());
        times.relating += clock.elapsed();
        Ok(self.prediction(entities, relations))
    }

    /// Leaves out spans that are not sure enough, and roles that lead to them.
    fn prediction(&self, entities: Vec<PredictedEntity>, relations: Vec<PredictedRelation>) -> Prediction {
        let wanted = self.ends_of_roles(&entities, &relations);
        let mut places = Vec::with_capacity(entities.len());
        let mut kept = Vec::with_capacity(entities.len());
        for (entity, wanted) in entities.into_iter().zip(wanted) {
            let proposed = wanted || self.is_proposed(&entity.label, entity.confidence);
            places.push(proposed.then_some(kept.len()));
            kept.extend(proposed.then_some(entity));
        }
        let end = |end: End| match end {
            End::Predicted(at) => places.get(at).copied().flatten().map(End::Predicted),
            existing @ End::Existing(_) => Some(existing),
        };
        let moved = relations.into_iter().filter_map(|relation| {
            let (subject, object) = (end(relation.subject)?, end(relation.object)?);
            Some(PredictedRelation { subject, object, ..relation })
        });
        Prediction { model: self.name(), relations: moved.collect(), entities: kept }
    }

    /// Which spans are ends of roles that have no end too doubtful for it.
    fn ends_of_roles(&self, entities: &[PredictedEntity], relations: &[PredictedRelation]) -> Vec<bool> {
        let sure: Vec<bool> = entities.iter().map(|it| self.is_proposed_as_end(&it.label, it.confidence)).collect();
        let predicted = |end: &End| match end {
            End::Predicted(at) => Some(*at),
            End::Existing(_) => None,
        };
        let mut wanted = vec![false; entities.len()];
        for relation in relations {
            let ends = [&relation.subject, &relation.object].map(predicted);
            if ends.iter().flatten().all(|&at| sure[at]) {
                ends.iter().flatten().for_each(|&at| wanted[at] = true);
            }
        }
        wanted
    }
}

impl Annotator for Pipeline {
    fn name(&self) -> Arc<str> {
        Arc::clone(&self.name)
    }

    fn annotate(
        &self,
        document: &Document,
        progress: &mut dyn Progress,
        cancel: &CancelToken,
    ) -> Result<Prediction, AnnotateError> {
        let reading = self.read(&document.text, progress, cancel)?;
        let prediction = self.propose_from(document, &reading, cancel)?;
        let total = reading.pieces();
        progress.advance(total, total);
        Ok(prediction)
    }

    fn advise(&self, document: &Document, cancel: &CancelToken) -> Result<Option<Advice>, AnnotateError> {
        let reading = self.read(&document.text, &mut Silent, cancel)?;
        self.advise_on(document, &reading, cancel).map(Some)
    }
}

#[cfg(test)]
mod tests;
