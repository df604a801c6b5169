//! The trained pipeline: sentences → words → pieces → windows → spans → pairs → roles.

use super::confidence::Confidence;
use super::passes::read_all;
use super::rerank::{Judged, judge};
use super::{
    Advice, AnnotateError, Annotator, CancelToken, End, PredictedEntity, PredictedRelation, Prediction, Progress, Silent, Times,
};
use crate::document::{Document, Entity, Label, Status};
use crate::model::decoder::{Decoding, FoundSpan};
use crate::model::ensemble::{Ensemble, EnsembleReading, MemberReading, ScoredPairs};
use crate::model::folder::{Model, Prepared};
use crate::model::relation::Mention;
use crate::model::rerank::{LOOKED_AT, Names};
use crate::model::tagger::WordStates;
use crate::text::{CharSpan, SourceText};
use std::ops::Range;
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
    tasks: Tasks,
    decoding: Decoding,
    pub(super) confidence: Confidence,
    /// Whether spans are kept for a second look that are not sure enough by themselves.
    looks_twice: bool,
    /// How a second look counts types and roles.
    names: Names,
    /// The confidence that a span needs to be proposed; `None` for the model's own thresholds, which hold for roles too.
    pub(super) least: Option<f32>,
}

/// Probability below which a span or role is not worth a person's look.
pub(super) const FLOOR: f32 = 0.01;

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

    /// Spans that the tagger finds, as words and as prediction; those that are worth a second look, if there is one, or are sure enough.
    fn spans(&self, document: &Document, reading: &EnsembleReading) -> Vec<FoundEntity> {
        let prepared = reading.prepared();
        let decided: Vec<&Entity> = document.entities.values().filter(|entity| entity.status != Status::Proposed).collect();
        let mut found = Vec::new();
        let spans = self.models.decoder().decode(reading.emissions(), &prepared.encoded.sentences, self.decoding);
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
                same || entity.status.stands() && entity.spans.iter().any(|span| span.overlaps(covered))
            });
            if !settled {
                let prediction = PredictedEntity { span: covered, label: label.clone(), confidence };
                let mention = Mention { words: span.words, label: span.label };
                found.push(FoundEntity { mention, prediction, probability: span.probability });
            }
        }
        found
    }

    /// Whether a span is sure enough to be proposed.
    fn is_proposed(&self, label: &Label, confidence: f32) -> bool {
        confidence >= self.least.unwrap_or_else(|| self.confidence.span_threshold(label))
    }

    /// Entities of the document that count and whose type the model knows.
    fn existing(&self, document: &Document, words: &[CharSpan], counts: impl Fn(Status) -> bool) -> Vec<Known> {
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

    /// Scores all pairs of known mentions, and takes a second look at everything if the model was calibrated for one.
    fn score_pairs(
        &self,
        (document, reading): (&Document, &EnsembleReading),
        mut known: Vec<Known>,
        cancel: &CancelToken,
    ) -> Result<Scored, AnnotateError> {
        known.sort_by_key(|known| (known.mention.words.start, known.mention.words.end));
        let mentions: Vec<Mention> = known.iter().map(|known| known.mention.clone()).collect();
        let pairs = self.models.score_pairs(reading, &mentions, &|| cancel.is_cancelled())?;
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

    /// Spans that are possible, whatever the document says of them, as words and as prediction.
    fn possible_spans(&self, reading: &EnsembleReading) -> Vec<FoundEntity> {
        let prepared = reading.prepared();
        let spans = self.models.decoder().possible(reading.emissions(), &prepared.encoded.sentences, FLOOR).into_iter();
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
        let mut places = Vec::with_capacity(entities.len());
        let mut kept = Vec::with_capacity(entities.len());
        for entity in entities {
            let proposed = self.is_proposed(&entity.label, entity.confidence);
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

struct FoundEntity {
    mention: Mention,
    prediction: PredictedEntity,
    /// By the CRF.
    probability: f32,
}

impl FoundEntity {
    /// As a mention that stands at this place among what is proposed.
    fn known(self, at: usize) -> Known {
        let Self { mention, prediction, probability } = self;
        Known { mention, end: End::Predicted(at), confidence: Some(prediction.confidence), probability }
    }
}

fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

/// The span from the first to the last of these words.
pub(super) fn cover(words: &[CharSpan], range: &Range<usize>) -> Option<CharSpan> {
    let (first, last) = (words.get(range.start)?, words.get(range.end.checked_sub(1)?)?);
    Some(first.hull(*last))
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
