//! A second look at everything that was found, by everything that was found (stacked generalisation, Wolpert 1992).
//!
//! A tagger sees a sentence, a scorer a pair. What neither sees is the document: in AGAC, 99 of 100 annotated spans are in a relation,
//! sentences are annotated as a whole or not at all, and what was marked once is marked again. Boosted trees over such evidence say
//! how often a span, and a role, of this kind was right on documents that the model had not seen; `train::calibrate` grows them from
//! the models of a cross-validation. They lie in a model's manifest, a fiftieth of its size, and take no part in its training.

mod evidence;
mod pair_evidence;
mod span_evidence;

pub use evidence::{Evidence, Marked, Names};
pub use pair_evidence::{PairEvidence, Rates};

use super::ModelError;
use super::trees::Trees;
use crate::document::Label;
use serde::{Deserialize, Serialize};

/// Probability by the CRF from which on a span is looked at again. What is less probable stays unproposed: five in eight of all gold
/// spans are above it (AGAC, models of the cross-validation).
pub const LOOKED_AT: f32 = 0.1;

/// Probability of being related, by the relation model, from which on a pair is looked at again.
pub const RELATED: f32 = 0.01;

/// How often what looks like this was right.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reranker {
    /// What a span is judged by, in the order of the trees' features.
    pub span_evidence: Vec<String>,
    /// What a pair is judged by.
    pub pair_evidence: Vec<String>,
    /// Whether a proposed span is right.
    pub spans: Trees,
    /// Whether both ends of a pair and the role between them are right when an end is only proposed.
    pub doubtful: Judge,
    /// Whether the role of a pair is right whose ends stand.
    pub standing: Judge,
}

/// Judges pairs of one kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judge {
    /// How often pairs of two types were right, part of the evidence.
    pub rates: Rates,
    /// Whether the most probable role of a pair is right.
    pub trees: Trees,
}

impl Judge {
    /// How sure the most probable role of a pair of these types is.
    pub fn probability(&self, evidence: &PairEvidence, subject: &Label, object: &Label) -> f32 {
        self.trees.probability(&evidence.with(&self.rates, subject, object))
    }
}

impl Reranker {
    /// Who judges a pair of which both ends stand, or not.
    pub fn judge(&self, standing: bool) -> &Judge {
        if standing { &self.standing } else { &self.doubtful }
    }

    /// The same, with trees that look where this program has each kind of evidence: a file lists the kinds by name, so that it stays
    /// readable when a later program gathers more of them.
    ///
    /// # Errors
    /// [`ModelError::Damaged`] of the manifest when the trees judge by evidence that this program does not gather, or lead nowhere.
    pub fn settled(mut self) -> Result<Self, ModelError> {
        let damaged = |what: &str| ModelError::Damaged { file: "manifest.json".to_owned(), what: what.to_owned() };
        let sound = self.spans.lead_somewhere(self.span_evidence.len())
            && [&self.doubtful, &self.standing].into_iter().all(|judge| judge.trees.lead_somewhere(self.pair_evidence.len()));
        if !sound {
            return Err(damaged("its trees have a branch that leads nowhere"));
        }
        let roles = self.pair_evidence.iter().filter_map(|name| name.strip_prefix(pair_evidence::ROLE)).count();
        let (spans, pairs) = (Self::span_names(roles), Self::pair_names(roles));
        let (Some(span_places), Some(pair_places)) = (places(&self.span_evidence, &spans), places(&self.pair_evidence, &pairs))
        else {
            let what = "its trees judge by evidence that this version of the program does not gather; `rolecall calibrate` grows \
                        new ones";
            return Err(damaged(what));
        };
        self.spans.look_at(&span_places);
        [&mut self.doubtful, &mut self.standing].into_iter().for_each(|judge| judge.trees.look_at(&pair_places));
        (self.span_evidence, self.pair_evidence) = (spans, pairs);
        Ok(self)
    }

    /// Names of what spans are judged by, for a number of roles.
    pub fn span_names(roles: usize) -> Vec<String> {
        span_evidence::names(roles)
    }

    /// Names of what pairs are judged by, for a number of roles.
    pub fn pair_names(roles: usize) -> Vec<String> {
        pair_evidence::names(roles)
    }
}

/// The place of each name among others; `None` when one is not among them.
fn places(names: &[String], among: &[String]) -> Option<Vec<u16>> {
    let place = |name| among.iter().position(|other| other == name).and_then(|place| u16::try_from(place).ok());
    names.iter().map(place).collect()
}

/// ln p/(1 − p), kept within ±14.
pub(crate) fn odds(probability: f32) -> f32 {
    const LEAST: f32 = 1e-6;
    (probability.max(LEAST) / (1.0 - probability).max(LEAST)).ln()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::model::trees::{Split, Tree};

    /// One that believes in spans from a probability of a half on, and in pairs that are as probably related; where both ends stand,
    /// in all.
    pub(crate) fn some(roles: usize) -> Reranker {
        let step = |feature, below, low, high| Trees {
            start: 0.0,
            trees: vec![Tree { splits: vec![Split { feature, below, then: -1, otherwise: -2 }], leaves: vec![low, high] }],
        };
        let at = |names: &[String], name: &str| names.iter().position(|it| it == name).unwrap() as u16;
        let (spans, pairs) = (Reranker::span_names(roles), Reranker::pair_names(roles));
        let related = at(&pairs, "related");
        Reranker {
            spans: step(at(&spans, "probability"), 0.0, -2.0, 1.0),
            doubtful: Judge { rates: Rates::default(), trees: step(related, 0.0, -3.0, 0.5) },
            standing: Judge { rates: Rates::default(), trees: step(related, -20.0, -3.0, 2.0) },
            span_evidence: spans,
            pair_evidence: pairs,
        }
    }

    #[test]
    fn trees_that_do_not_fit_are_refused() {
        assert_eq!((some(2).settled().unwrap(), some(1).settled().unwrap()), (some(2), some(1)));
        let refused = |change: fn(&mut Reranker)| {
            let mut changed = some(2);
            change(&mut changed);
            changed.settled().unwrap_err().to_string()
        };
        assert!(refused(|it| it.span_evidence[0].push('s')).contains("does not gather"));
        assert!(refused(|it| it.pair_evidence[0].push('s')).contains("does not gather"));
        assert!(refused(|it| it.pair_evidence.clear()).contains("leads nowhere"));
        assert!(refused(|it| it.spans.trees[0].splits[0].feature = 999).contains("leads nowhere"));
        assert!(refused(|it| it.standing.trees.trees[0].splits[0].then = 0).contains("leads nowhere"));
        assert!(refused(|it| it.doubtful.trees.trees[0].leaves.truncate(1)).contains("leads nowhere"));
    }

    #[test]
    fn trees_that_were_grown_when_less_evidence_was_gathered_still_judge_by_theirs() {
        let (mut older, all) = (some(2), some(2));
        // As if there had been neither the first span evidence nor the last of pairs, and the pairs' other evidence came backwards.
        older.span_evidence.swap(0, 1);
        older.spans.trees[0].splits[0].feature = 1;
        older.pair_evidence.pop();
        older.pair_evidence.reverse();
        let last = older.pair_evidence.len() as u16 - 1;
        [&mut older.doubtful, &mut older.standing].into_iter().for_each(|judge| {
            let split = &mut judge.trees.trees[0].splits[0];
            split.feature = last - split.feature;
        });
        assert_ne!(older, all);
        assert_eq!(older.settled().unwrap(), all);
    }

    #[test]
    fn it_survives_its_file_form() {
        let text = serde_json::to_string(&some(2)).unwrap();
        assert_eq!(serde_json::from_str::<Reranker>(&text).unwrap(), some(2));
        assert!(text.contains("[[0,0.0,-1,-2]]"), "splits are short: {text}");
    }
}
