//! The second look at a document: from what was found to evidence, and from a reranker's judgement to confidences and roles.

use super::annotate::{Known, Pipeline, cover};
use super::{AnnotateError, CancelToken, End, Silent, Times};
use crate::document::{Document, Label};
use crate::model::ensemble::{EnsembleReading, ScoredPairs};
use crate::model::relation::{Candidates, Mention, Outcomes};
use crate::model::rerank::{Evidence, Marked, PairEvidence, Reranker};
use crate::text::CharSpan;
use std::collections::HashMap;

/// Evidence for each mention, and for each pair that is worth a look.
pub(super) struct Gathered {
    /// By mention.
    pub(super) spans: Vec<Vec<f32>>,
    /// By pair.
    pub(super) pairs: Vec<GatheredPair>,
    /// Number of all pairs.
    all_pairs: usize,
}

/// Evidence for a pair.
pub(super) struct GatheredPair {
    pub(super) evidence: PairEvidence,
    pub(super) subject: usize,
    pub(super) object: usize,
    /// Index of its most probable role.
    pub(super) role: usize,
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
        let gathered = evidence.of_pairs().into_iter().filter_map(|of_pair| {
            let ScoredPairs { candidates, outcomes } = pairs?;
            let pair = &candidates.pairs[of_pair.pair];
            let role = most_probable(outcomes.of(of_pair.pair))?;
            Some(GatheredPair { evidence: of_pair, subject: pair.subject, object: pair.object, role })
        });
        let gathered = gathered.collect();
        let all_pairs = pairs.map_or(0, |pairs| pairs.candidates.pairs.len());
        Gathered { spans: evidence.of_spans(), pairs: gathered, all_pairs }
    }

    /// What a reranker would be told of a document, by the models as they are.
    ///
    /// # Errors
    /// When the model fails, or `cancel` was set.
    pub fn weigh(&self, document: &Document, cancel: &CancelToken) -> Result<Weighed, AnnotateError> {
        let reading = self.read(&document.text, &mut Silent, cancel)?;
        let (entities, scored) = self.find_and_score(document, &reading, &mut Times::default(), cancel)?;
        let (known, pairs) = scored.into_parts();
        let Gathered { spans, pairs, .. } = self.gather(document, &reading, &known, pairs.as_ref());
        let span = |(known, evidence): (&Known, Vec<f32>)| {
            let (spans, label) = match &known.end {
                End::Existing(id) => document.entities.get(id).map(|entity| (entity.spans.clone(), entity.label.clone()))?,
                End::Predicted(at) => entities.get(*at).map(|entity| (vec![entity.span], entity.label.clone()))?,
            };
            Some(WeighedSpan { spans, label, stands: known.confidence.is_none(), evidence })
        };
        let roles = self.model().relations().map_or(&[] as &[Label], |relations| relations.roles());
        let pair = |GatheredPair { evidence, subject, object, role }| {
            Some(WeighedPair { subject, object, role: roles.get(role)?.clone(), evidence })
        };
        let spans: Option<Vec<WeighedSpan>> = known.iter().zip(spans).map(span).collect();
        Ok(Weighed { spans: spans.unwrap_or_default(), pairs: pairs.into_iter().filter_map(pair).collect() })
    }
}

/// What a reranker makes of the evidence.
pub(super) fn judge(reranker: &Reranker, gathered: &Gathered, known: &[Known], labels: &[Label]) -> Judged {
    let mut pairs = vec![0.0; gathered.all_pairs];
    for GatheredPair { evidence, subject, object, .. } in &gathered.pairs {
        let (subject, object) = (&known[*subject], &known[*object]);
        let judge = if stand(subject, object) { &reranker.standing } else { &reranker.doubtful };
        let (subject, object) = (&labels[subject.mention.label], &labels[object.mention.label]);
        pairs[evidence.pair] = judge.trees.probability(&evidence.with(&judge.rates, subject, object));
    }
    Judged { spans: gathered.spans.iter().map(|evidence| reranker.spans.probability(evidence)).collect(), pairs }
}

/// Whether a person or a file has spoken of both.
pub(super) const fn stand(subject: &Known, object: &Known) -> bool {
    subject.confidence.is_none() && object.confidence.is_none()
}

impl Judged {
    /// The outcomes of the pairs between mentions that stand, and of the others: as probably related as was judged, and in the role
    /// that the relation model said.
    pub(super) fn outcomes(&self, known: &[Known], candidates: &Candidates, outcomes: &Outcomes) -> [Outcomes; 2] {
        [true, false].map(|standing| {
            let row = |(at, outcomes): (usize, &[f32])| {
                let pair = &candidates.pairs[at];
                let counts = stand(&known[pair.subject], &known[pair.object]) == standing;
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

fn most_probable(outcomes: &[f32]) -> Option<usize> {
    (1..outcomes.len()).max_by(|&a, &b| outcomes[a].total_cmp(&outcomes[b])).map(|outcome| outcome - 1)
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
        Marked { probability: known.probability, stands: known.confidence.is_none(), characters, surface, repeated }
    };
    known.iter().map(of).collect()
}
