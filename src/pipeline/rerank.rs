//! The second look at a document: from what was found to evidence, and from a reranker's judgement to confidences and roles.

use super::annotate::Pipeline;
use super::mentions::{Known, cover};
use super::scored::Scored;
use super::{AnnotateError, CancelToken, End, Silent, Times};
use crate::document::{Document, Label};
use crate::model::ensemble::{EnsembleReading, ScoredPairs};
use crate::model::relation::{CandidatePair, Candidates, Mention, Outcomes};
use crate::model::rerank::{Evidence, Marked, PairEvidence, Reranker};
use crate::text::CharSpan;
use std::collections::HashMap;

/// Evidence for each mention, and for each pair that is worth a look.
pub(super) struct Gathered {
    /// By mention.
    pub(super) spans: Vec<Vec<f32>>,
    /// By pair.
    pub(super) pairs: Vec<PairEvidence>,
}

/// A mention that comes into question, and what it is judged by.
#[derive(Clone, Debug, PartialEq)]
pub struct WeighedSpan {
    /// Its fragments.
    pub spans: Vec<CharSpan>,
    /// Its type.
    pub label: Label,
    /// Whether the document has it already.
    pub stands: bool,
    /// What it is judged by.
    pub evidence: Vec<f32>,
}

/// A pair that comes into question, and what it is judged by.
#[derive(Clone, Debug, PartialEq)]
pub struct WeighedPair {
    /// Place of the subject among the spans.
    pub subject: usize,
    /// Place of the object among the spans.
    pub object: usize,
    /// The most probable role.
    pub role: Label,
    /// What it is judged by.
    pub evidence: PairEvidence,
}

/// All that comes into question in a document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weighed {
    /// Mentions in text order.
    pub spans: Vec<WeighedSpan>,
    /// Pairs of them.
    pub pairs: Vec<WeighedPair>,
}

/// What a reranker says.
pub(super) struct Judged {
    /// How sure each mention is.
    pub(super) spans: Vec<f32>,
    /// How sure each pair's most probable role is, both ends included.
    pub(super) pairs: Vec<f32>,
}

impl Pipeline {
    /// Gathers the evidence of a document.
    pub(super) fn gather(
        &self,
        document: &Document,
        reading: &EnsembleReading,
        known: &[Known],
        pairs: Option<&ScoredPairs>,
    ) -> Gathered {
        let prepared = reading.prepared();
        let mentions: Vec<Mention> = known.iter().map(|known| known.mention.clone()).collect();
        let evidence = Evidence {
            names: self.names(),
            words: prepared.words.len(),
            sentences: &prepared.encoded.sentences,
            mentions: &mentions,
            marked: &marked(document, reading, known),
            scored: pairs.map(|pairs| (&pairs.candidates, &pairs.outcomes)),
        };
        Gathered { spans: evidence.of_spans(), pairs: evidence.of_pairs() }
    }

    /// What a reranker would be told of a document, by the models as they are.
    ///
    /// # Errors
    /// When the model fails, or `cancel` was set.
    pub fn weigh(&self, document: &Document, cancel: &CancelToken) -> Result<Weighed, AnnotateError> {
        let reading = self.read(&document.text, &mut Silent, cancel)?;
        let (entities, scored) = self.find_and_score(document, &reading, &mut Times::default(), cancel)?;
        let Scored { known, pairs: scored, .. } = scored;
        let Gathered { spans, pairs } = self.gather(document, &reading, &known, scored.as_ref());
        let span = |(known, evidence): (&Known, Vec<f32>)| {
            let (spans, label) = match &known.end {
                End::Existing(id) => document.entities.get(id).map(|entity| (entity.spans.clone(), entity.label.clone()))?,
                End::Predicted(at) => entities.get(*at).map(|entity| (vec![entity.span], entity.label.clone()))?,
            };
            Some(WeighedSpan { spans, label, stands: known.stands(), evidence })
        };
        let pair = |evidence: PairEvidence| {
            let ScoredPairs { candidates, outcomes } = scored.as_ref()?;
            let role = self.model().relations()?.roles().get(outcomes.role(evidence.pair)?)?.clone();
            let CandidatePair { subject, object, .. } = candidates.pairs[evidence.pair];
            Some(WeighedPair { subject, object, role, evidence })
        };
        let spans: Option<Vec<WeighedSpan>> = known.iter().zip(spans).map(span).collect();
        Ok(Weighed { spans: spans.unwrap_or_default(), pairs: pairs.into_iter().filter_map(pair).collect() })
    }
}

/// What a reranker makes of the evidence; `labels` are the types that mentions have the indices of.
pub(super) fn judge(
    reranker: &Reranker,
    gathered: &Gathered,
    known: &[Known],
    candidates: &[CandidatePair],
    labels: &[Label],
) -> Judged {
    let mut pairs = vec![0.0; candidates.len()];
    for evidence in &gathered.pairs {
        let pair = &candidates[evidence.pair];
        let [subject, object] = [pair.subject, pair.object].map(|end| &labels[known[end].mention.label]);
        pairs[evidence.pair] = reranker.judge(stand(known, pair)).probability(evidence, subject, object);
    }
    Judged { spans: gathered.spans.iter().map(|evidence| reranker.spans.probability(evidence)).collect(), pairs }
}

/// Whether both ends of a pair stand.
fn stand(known: &[Known], pair: &CandidatePair) -> bool {
    known[pair.subject].stands() && known[pair.object].stands()
}

impl Judged {
    /// The outcomes of the pairs between mentions that stand, and of the others: as probably related as was judged, and in the role
    /// that the relation model said.
    pub(super) fn outcomes(&self, known: &[Known], candidates: &Candidates, outcomes: &Outcomes) -> [Outcomes; 2] {
        [true, false].map(|standing| {
            let row = |(at, outcomes): (usize, &[f32])| {
                let pair = &candidates.pairs[at];
                let counts = stand(known, pair) == standing;
                let judged = if counts { self.pairs[at] } else { 0.0 };
                let related = (1.0 - outcomes[0]).max(f32::MIN_POSITIVE);
                let mut row = vec![1.0 - judged];
                row.extend(outcomes[1..].iter().map(|role| judged * role / related));
                row
            };
            Outcomes::of_rows(&outcomes.iter().enumerate().map(row).collect::<Vec<_>>())
        })
    }
}

/// What the text says of each mention.
fn marked(document: &Document, reading: &EnsembleReading, known: &[Known]) -> Vec<Marked> {
    let text = document.text.as_str().to_lowercase();
    let mut surfaces: HashMap<String, (usize, usize)> = HashMap::new();
    let of = |known: &Known| {
        let span = cover(&reading.prepared().words, &known.mention.words);
        let words = span.and_then(|span| document.text.slice(span)).unwrap_or_default().to_lowercase();
        let (next, characters) = (surfaces.len(), words.chars().count());
        let repeated = |words: &String| text.matches(words.as_str()).count();
        let (surface, repeated) = match surfaces.get(&words) {
            Some(&known) => known,
            None => {
                let found = (next, repeated(&words));
                surfaces.insert(words, found);
                found
            }
        };
        Marked { probability: known.probability, stands: known.stands(), characters, surface, repeated }
    };
    known.iter().map(of).collect()
}
