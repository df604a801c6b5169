//! The trained pipeline: sentences → words → pieces → windows → spans → pairs → roles.

use super::confidence::Confidence;
use super::rerank::{Judged, judge};
use super::{
    Advice, AnnotateError, Annotator, CancelToken, End, PossibleRole, PredictedEntity, PredictedRelation, Prediction, Progress,
    Silent, Times,
};
use crate::document::{AnnotationId, Document, Entity, Label, Status};
use crate::model::decoder::{Decoding, FoundSpan};
use crate::model::ensemble::{Ensemble, EnsembleReading, MemberReading, ScoredPairs};
use crate::model::folder::{Model, Prepared};
use crate::model::input::Encoded;
use crate::model::relation::{Chosen, Mention, choose_each};
use crate::model::rerank::{LOOKED_AT, Names};
use crate::model::tagger::WordStates;
use crate::text::{CharSpan, SourceText};
use std::collections::HashMap;
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
    confidence: Confidence,
    /// Whether spans are kept for a second look that are not sure enough by themselves.
    looks_twice: bool,
    /// How a second look counts types and roles.
    names: Names,
    /// The confidence that a span needs to be proposed; `None` for the model's own thresholds, which hold for roles too.
    least: Option<f32>,
}

/// Pieces from which on a pass of the encoder takes no further window: enough to use the weights well while they are in the cache.
const PASS: usize = 256;

/// Probability below which a span or role is not worth a person's look.
const FLOOR: f32 = 0.01;

/// Confidence below which no role with a doubtful end is proposed, however low a threshold was asked for.
const LEAST_ROLE: f32 = 0.05;

/// A mention and what it stands for.
pub(super) struct Known {
    pub(super) mention: Mention,
    pub(super) end: End,
    /// How sure it is; `None` when a person or a file has spoken.
    pub(super) confidence: Option<f32>,
    /// Its probability by the CRF; 1 when a person or a file has spoken.
    pub(super) probability: f32,
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

    /// Whether a role is. Without a second look roles are chosen by how probably their ends are related, whatever was asked for.
    fn is_proposed_role(&self, role: &Label, confidence: f32) -> bool {
        match (self.least, self.confidence.reranker()) {
            (None, _) => confidence >= self.confidence.role_threshold(role),
            (Some(least), Some(_)) => confidence >= least,
            (Some(_), None) => true,
        }
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
        let gathered = || self.gather(document, reading, &known, pairs.as_ref());
        let judged =
            self.confidence.reranker().map(|reranker| judge(reranker, &gathered(), &known, self.model().tags().labels()));
        Ok(Scored { known, pairs, judged })
    }

    /// Roles between mentions: those that are more probably `related` than this, chosen together from the scores of their pairs. After
    /// a second look those with a doubtful end are chosen each by itself, since it has seen their rivals.
    fn roles(&self, document: &Document, scored: &Scored, related: f32) -> Vec<PredictedRelation> {
        let (Some(relations), Some(ScoredPairs { candidates, outcomes })) = (self.model().relations(), &scored.pairs) else {
            return Vec::new();
        };
        let known = &scored.known;
        let mut chosen = match &scored.judged {
            None => relations.choose(candidates, outcomes, related),
            Some(judged) => {
                let ([standing, doubtful], least) = (judged.outcomes(known, candidates, outcomes), self.least_role());
                let mut chosen = relations.choose(candidates, &standing, related);
                chosen.extend(choose_each(candidates, &doubtful, least));
                chosen
            }
        };
        chosen.sort_by_key(|chosen| {
            let pair = &candidates.pairs[chosen.pair];
            (pair.subject.min(pair.object), pair.subject.max(pair.object))
        });
        let settled = settled_pairs(document);
        let mut found = Vec::new();
        for Chosen { pair: index, role, related } in chosen {
            let pair = &candidates.pairs[index];
            let (subject, object) = (&known[pair.subject], &known[pair.object]);
            let ends = [subject.confidence, object.confidence];
            let (subject, object) = (subject.end.clone(), object.end.clone());
            if let (End::Existing(subject), End::Existing(object)) = (&subject, &object)
                && settled.contains(&(subject, object))
            {
                continue;
            }
            let role: &Label = &relations.roles()[role];
            let confidence = match &scored.judged {
                Some(judged) => judged.pairs[index],
                None => self.confidence.role(role, related, ends),
            };
            // Of roles between spans that stand, by what a rule or the pairs together say, none is too doubtful unless asked for.
            let stand = scored.judged.is_some() && ends == [None, None] && self.least.is_none();
            if stand || self.is_proposed_role(role, confidence) {
                found.push(PredictedRelation { role: role.clone(), subject, object, confidence });
            }
        }
        found
    }

    /// The confidence from which on roles with a doubtful end come into question after a second look.
    fn least_role(&self) -> f32 {
        self.least.map_or_else(|| self.confidence.least_role_threshold(), |least| least.max(LEAST_ROLE))
    }

    /// The most probable role of each two entities of a document, the more probable first.
    fn possible_roles(&self, scored: &Scored) -> Vec<PossibleRole> {
        let (Some(relations), Some(ScoredPairs { candidates, outcomes })) = (self.model().relations(), &scored.pairs) else {
            return Vec::new();
        };
        let known = &scored.known;
        let mut found: Vec<PossibleRole> = Vec::new();
        let mut places: HashMap<(usize, usize), usize> = HashMap::new();
        for (index, (pair, outcomes)) in candidates.pairs.iter().zip(outcomes.iter()).enumerate() {
            let (End::Existing(subject), End::Existing(object)) = (&known[pair.subject].end, &known[pair.object].end) else {
                continue;
            };
            let roles = outcomes.iter().skip(1).zip(relations.roles());
            let Some((_, role)) = roles.max_by(|a, b| a.0.total_cmp(b.0)) else { continue };
            let ends = [known[pair.subject].confidence, known[pair.object].confidence];
            let confidence = match &scored.judged {
                Some(judged) => judged.pairs[index],
                None => self.confidence.role(role, 1.0 - outcomes[0], ends),
            };
            let possible = PossibleRole { role: role.clone(), subject: subject.clone(), object: object.clone(), confidence };
            let both = (pair.subject.min(pair.object), pair.subject.max(pair.object));
            match places.get(&both).and_then(|&at| found.get_mut(at)) {
                Some(other) if other.confidence >= confidence => {}
                Some(other) => *other = possible,
                None => {
                    places.insert(both, found.len());
                    found.push(possible);
                }
            }
        }
        found.retain(|possible| possible.confidence >= FLOOR);
        found.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
        found
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
            for known in known.iter_mut().filter(|known| known.confidence.is_some()) {
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
                let same = possible.iter_mut().filter(|it| it.mention == known.mention && known.confidence.is_some());
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
    known: Vec<Known>,
    /// `None` when no two of them may be related.
    pairs: Option<ScoredPairs>,
    /// What a second look at all of it says.
    judged: Option<Judged>,
}

impl Scored {
    /// The mentions in text order and their pairs.
    pub(super) fn into_parts(self) -> (Vec<Known>, Option<ScoredPairs>) {
        (self.known, self.pairs)
    }
}

/// A window of one of several documents.
struct Window {
    document: usize,
    encoded: Encoded,
}

/// Divides the windows of documents into passes.
fn passes(prepared: &[Result<Prepared, AnnotateError>]) -> Vec<Vec<Window>> {
    let mut passes: Vec<Vec<Window>> = Vec::new();
    let mut room = 0;
    for (document, prepared) in prepared.iter().enumerate() {
        let Ok(prepared) = prepared else { continue };
        for encoded in prepared.encoded.windows() {
            if room == 0 {
                passes.push(Vec::new());
                room = PASS;
            }
            room = room.saturating_sub(encoded.packed.ids.len());
            if let Some(pass) = passes.last_mut() {
                pass.push(Window { document, encoded });
            }
        }
    }
    passes
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

/// Reads several documents with one model; short ones share passes of the encoder.
fn read_all(model: &Model, documents: &[&Document], times: &mut Times) -> Vec<Result<MemberReading, AnnotateError>> {
    let clock = Instant::now();
    let prepared: Vec<Result<Prepared, AnnotateError>> =
        documents.iter().map(|document| Ok(model.prepare(&document.text)?)).collect();
    times.preparing += clock.elapsed();
    let clock = Instant::now();
    let mut states = vec![Ok(WordStates::default()); documents.len()];
    for pass in passes(&prepared) {
        times.pieces += pass.iter().map(|window| window.encoded.packed.ids.len()).sum::<usize>();
        run_pass(model, &pass, &mut states);
    }
    times.encoding += clock.elapsed();
    let read = prepared.into_iter().zip(states);
    read.map(|(prepared, states)| Ok(MemberReading { prepared: prepared?, states: states? })).collect()
}

/// Encodes windows together and deals the states out to their documents.
fn run_pass(model: &Model, pass: &[Window], states: &mut [Result<WordStates, AnnotateError>]) {
    let joined = Encoded::join(&pass.iter().map(|window| &window.encoded).collect::<Vec<_>>());
    let all = match model.engine().run(&joined) {
        Ok(all) => all,
        Err(error) => {
            let failed = AnnotateError::from(error);
            pass.iter().for_each(|window| states[window.document] = Err(failed.clone()));
            return;
        }
    };
    let words = joined.words().max(1);
    let (width, tags) = (all.states.len() / words, all.emissions.len() / words);
    let mut first = 0;
    for window in pass {
        let behind = first + window.encoded.words();
        if let Ok(states) = &mut states[window.document] {
            states.states.extend_from_slice(&all.states[first * width..behind * width]);
            states.emissions.extend_from_slice(&all.emissions[first * tags..behind * tags]);
        }
        first = behind;
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

/// Ends of relations about which a person or a file has spoken.
fn settled_pairs(document: &Document) -> Vec<(&AnnotationId, &AnnotationId)> {
    let decided = document.relations.values().filter(|relation| relation.status != Status::Proposed);
    decided.flat_map(|r| [(&r.subject, &r.object), (&r.object, &r.subject)]).collect()
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
mod tests {
    use super::*;
    use crate::document::Origin;
    use crate::model::calibration::Calibration;
    use crate::model::engine::Precision;
    use crate::model::folder::tests::{tiny_files, tiny_model};
    use crate::model::manifest::Manifest;
    use crate::model::relevance::tests::files_of_sentences;
    use crate::pipeline::Silent;
    use crate::text::SourceText;

    fn annotate(document: &Document) -> Prediction {
        Pipeline::new(tiny_model(3)).annotate(document, &mut Silent, &CancelToken::default()).unwrap()
    }

    fn text() -> SourceText {
        SourceText::new("Loss of p53 function.\nThe R175H mutation leads to a loss of binding in α-cells, and so on.")
    }

    #[test]
    fn predicted_spans_lie_on_words_and_roles_between_them() {
        let document = Document::new("d", text());
        let prediction = annotate(&document);
        assert!(!prediction.entities.is_empty(), "random weights propose something");
        let words = crate::nlp::words(&document.text, crate::nlp::WordSplit::PunctuationAndDigits);
        for entity in &prediction.entities {
            assert!(words.iter().any(|word| word.start() == entity.span.start()));
            assert!(words.iter().any(|word| word.end() == entity.span.end()));
            assert!((0.0..=1.0).contains(&entity.confidence));
        }
        for relation in &prediction.relations {
            for end in [&relation.subject, &relation.object] {
                assert!(matches!(end, End::Predicted(i) if *i < prediction.entities.len()));
            }
        }
    }

    #[test]
    fn what_was_given_or_rejected_is_not_proposed_again() {
        let mut document = Document::new("d", text());
        let first = annotate(&document);
        for (i, status) in [(0, Status::Accepted), (1, Status::Rejected)] {
            let proposed = &first.entities[i];
            let id = AnnotationId::new(format!("T{}", i + 1));
            let entity = Entity {
                id: id.clone(),
                label: proposed.label.clone(),
                spans: vec![proposed.span],
                origin: Origin::Given,
                status,
            };
            document.entities.insert(id, entity);
        }
        let second = annotate(&document);
        assert!(!second.entities.contains(&first.entities[0]) && !second.entities.contains(&first.entities[1]));
        assert_eq!(second.entities.len(), first.entities.len() - 2);
    }

    #[test]
    fn a_calibrated_model_gives_out_calibrated_confidence_and_keeps_its_own_thresholds() {
        let mut files = tiny_files(3);
        assert!(!String::from_utf8_lossy(&files.manifest).contains("calibration"), "manifests without one stay as they were");
        let calibration = crate::model::calibration::tests::some();
        let plain = Manifest::parse(&files.manifest).unwrap();
        let manifest = Manifest { calibration: Some(calibration.clone()), ..plain };
        files.manifest = serde_json::to_vec(&manifest).unwrap().into();
        let pipeline = || Pipeline::new(Model::load(&files, Precision::F32).unwrap());
        let document = Document::new("d", text());
        let predict = |pipeline: Pipeline| pipeline.annotate(&document, &mut Silent, &CancelToken::default()).unwrap();
        let (raw, all, own) = (annotate(&document), predict(pipeline()), predict(pipeline().with_own_threshold()));
        assert_eq!(raw.entities.len(), all.entities.len());
        for (raw, calibrated) in raw.entities.iter().zip(&all.entities) {
            let wanted = calibration.spans.of(&raw.label).apply(raw.confidence);
            assert!(raw.span == calibrated.span && (calibrated.confidence - wanted).abs() < 1e-4);
        }
        let kept: Vec<_> =
            all.entities.iter().filter(|it| it.confidence >= calibration.span_thresholds.of(&it.label)).cloned().collect();
        assert_eq!(own.entities, kept);
        assert!(own.relations.iter().all(|it| it.confidence >= calibration.role_thresholds.of(&it.role)));
    }

    /// A model that looks twice, by how probable spans and relations are alone.
    fn looking_twice() -> Pipeline {
        let mut files = tiny_files(3);
        let rerank = Some(crate::model::rerank::tests::some(2));
        let calibration = Calibration { rerank, ..crate::model::calibration::tests::some() };
        let plain = Manifest::parse(&files.manifest).unwrap();
        assert_eq!(plain.relations.as_ref().unwrap().roles().len(), 2);
        files.manifest = serde_json::to_vec(&Manifest { calibration: Some(calibration), ..plain }).unwrap().into();
        Pipeline::new(Model::load(&files, Precision::F32).unwrap())
    }

    #[test]
    fn a_second_look_decides_how_sure_spans_and_roles_are() {
        let document = Document::new("d", text());
        let predict =
            |pipeline: &Pipeline, document: &Document| pipeline.annotate(document, &mut Silent, &CancelToken::default()).unwrap();
        let sure = |odds: f32| 1.0 / (1.0 + (-odds).exp());
        let (raw, all) = (annotate(&document), predict(&looking_twice(), &document));
        let looked_at: Vec<_> = raw.entities.iter().filter(|it| it.confidence >= LOOKED_AT).collect();
        assert!(looked_at.iter().any(|it| it.confidence >= 0.5) && looked_at.iter().any(|it| it.confidence < 0.5));
        assert_eq!(looked_at.len(), all.entities.len());
        for (raw, judged) in looked_at.iter().zip(&all.entities) {
            let wanted = if raw.confidence >= 0.5 { sure(1.0) } else { sure(-2.0) };
            assert!(raw.span == judged.span && (judged.confidence - wanted).abs() < 1e-6);
        }
        let own = predict(&looking_twice().with_own_threshold(), &document);
        assert!(!own.entities.is_empty() && own.entities.iter().all(|it| it.confidence > 0.4));
        assert!(own.entities.len() < all.entities.len());
        for role in &own.relations {
            assert!((role.confidence - sure(0.5)).abs() < 1e-6, "both ends are only proposed");
            let ends = [&role.subject, &role.object];
            assert!(ends.into_iter().all(|end| matches!(end, End::Predicted(at) if *at < own.entities.len())));
        }
        // Three that stand, each of another type.
        let labels = looking_twice().model().tags().labels().to_vec();
        let mut accepted = document;
        for (at, (start, end)) in [(0, 4), (8, 11), (12, 20)].into_iter().enumerate() {
            let id = AnnotationId::new(format!("T{at}"));
            let spans = vec![CharSpan::of_chars(start, end).unwrap()];
            let label = labels[at % labels.len()].clone();
            accepted.entities.insert(id.clone(), Entity { id, label, spans, origin: Origin::Given, status: Status::Accepted });
        }
        let roles = predict(&looking_twice().with_tasks(Tasks::RolesOnly), &accepted).relations;
        assert!(!roles.is_empty() && roles.iter().all(|role| (role.confidence - sure(2.0)).abs() < 1e-6), "{roles:?}");
    }

    #[test]
    fn advice_is_as_sure_of_a_span_as_its_proposal() {
        let mut document = Document::new("d", text());
        let pipeline = looking_twice();
        let proposed = pipeline.annotate(&document, &mut Silent, &CancelToken::default()).unwrap();
        let first = pipeline.advise(&document, &CancelToken::default()).unwrap().unwrap();
        crate::pipeline::apply(&mut document, &proposed);
        let second = pipeline.advise(&document, &CancelToken::default()).unwrap().unwrap();
        assert!(
            second
                .prediction
                .relations
                .iter()
                .all(|it| matches!((&it.subject, &it.object), (End::Existing(_), End::Existing(_))))
        );
        for advice in [first, second] {
            for entity in &proposed.entities {
                let same = advice.spans.iter().find(|it| it.span == entity.span && it.label == entity.label);
                assert!((same.unwrap().confidence - entity.confidence).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn a_cancelled_prediction_stops() {
        let cancel = CancelToken::default();
        cancel.cancel();
        let result = Pipeline::new(tiny_model(3)).annotate(&Document::new("d", text()), &mut Silent, &cancel);
        assert_eq!(result, Err(AnnotateError::Cancelled));
    }

    #[test]
    fn many_documents_get_what_each_gets_alone() {
        let texts = ["", "Loss of p53.", "The R175H mutation leads to a loss of binding in α-cells. ", "p53"];
        let repeated = [1, 1, 6, 1];
        let documents: Vec<Document> =
            texts.iter().zip(repeated).map(|(text, times)| Document::new("d", SourceText::new(text.repeat(times)))).collect();
        let documents: Vec<&Document> = documents.iter().cycle().take(11).collect();
        for model in [tiny_model(3), Model::load(&files_of_sentences(), Precision::F32).unwrap()] {
            let pipeline = Pipeline::new(model);
            let mut times = Times::default();
            let together = pipeline.annotate_all(&documents, &mut times);
            assert_eq!(together.len(), 11);
            for (document, prediction) in documents.iter().zip(together) {
                let prediction = prediction.unwrap();
                let alone = pipeline.annotate(document, &mut Silent, &CancelToken::default()).unwrap();
                assert_eq!(prediction.entities.len(), alone.entities.len());
                for (a, b) in prediction.entities.iter().zip(&alone.entities) {
                    assert_eq!((a.span, &a.label), (b.span, &b.label));
                    assert!((a.confidence - b.confidence).abs() < 1e-4);
                }
                assert_eq!(prediction.relations.len(), alone.relations.len());
            }
            assert!(times.pieces > 200 && times.encoding > std::time::Duration::ZERO);
        }
    }

    #[test]
    fn an_empty_document_gets_an_empty_prediction() {
        let prediction = annotate(&Document::new("d", SourceText::new("")));
        assert!(prediction.entities.is_empty() && prediction.relations.is_empty());
    }
}
