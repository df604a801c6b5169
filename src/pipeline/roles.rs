//! From the scores of pairs to roles: those that are proposed, and those that are possible.

use super::advice::FLOOR;
use super::annotate::Pipeline;
use super::scored::Scored;
use super::{End, PossibleRole, PredictedRelation};
use crate::document::{AnnotationId, Document, Label, Status};
use crate::model::ensemble::ScoredPairs;
use crate::model::relation::{Chosen, choose_each};
use std::collections::HashMap;

/// Confidence below which no role with a doubtful end is proposed, however low a threshold was asked for.
const LEAST_ROLE: f32 = 0.05;

impl Pipeline {
    /// Whether a role is. Without a second look roles are chosen by how probably their ends are related, whatever was asked for.
    fn is_proposed_role(&self, role: &Label, confidence: f32) -> bool {
        match (self.least, self.confidence.reranker()) {
            (None, _) => confidence >= self.confidence.role_threshold(role),
            (Some(least), Some(_)) => confidence >= least,
            (Some(_), None) => true,
        }
    }

    /// Roles between mentions: those that are more probably `related` than this, chosen together from the scores of their pairs. After
    /// a second look those with a doubtful end are chosen each by itself, since it has seen their rivals.
    pub(super) fn roles(&self, document: &Document, scored: &Scored, related: f32) -> Vec<PredictedRelation> {
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
            let confidence = self.role_confidence(scored, index, role, (related, ends));
            // Of roles between spans that stand, by what a rule or the pairs together say, none is too doubtful unless asked for.
            let stand = scored.judged.is_some() && ends == [None, None] && self.least.is_none();
            if stand || self.is_proposed_role(role, confidence) {
                found.push(PredictedRelation { role: role.clone(), subject, object, confidence });
            }
        }
        found
    }

    /// How sure a role of a pair is: as a second look says, or as its probability of being related and its ends make it.
    fn role_confidence(&self, scored: &Scored, pair: usize, role: &Label, (related, ends): (f32, [Option<f32>; 2])) -> f32 {
        let judged = scored.judged.as_ref().map(|judged| judged.pairs[pair]);
        judged.unwrap_or_else(|| self.confidence.role(role, related, ends))
    }

    /// The confidence from which on roles with a doubtful end come into question after a second look.
    fn least_role(&self) -> f32 {
        self.least.map_or_else(|| self.confidence.least_role_threshold(), |least| least.max(LEAST_ROLE))
    }

    /// The most probable role of each two entities of a document, the more probable first.
    pub(super) fn possible_roles(&self, scored: &Scored) -> Vec<PossibleRole> {
        let (Some(relations), Some(ScoredPairs { candidates, outcomes })) = (self.model().relations(), &scored.pairs) else {
            return Vec::new();
        };
        let known = &scored.known;
        let mut found: Vec<PossibleRole> = Vec::new();
        let mut places: HashMap<(usize, usize), usize> = HashMap::new();
        for (index, pair) in candidates.pairs.iter().enumerate() {
            let (End::Existing(subject), End::Existing(object)) = (&known[pair.subject].end, &known[pair.object].end) else {
                continue;
            };
            let Some(role) = outcomes.role(index).and_then(|role| relations.roles().get(role)) else { continue };
            let ends = [known[pair.subject].confidence, known[pair.object].confidence];
            let confidence = self.role_confidence(scored, index, role, (outcomes.related(index), ends));
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
}

/// Ends of relations about which a person or a file has spoken.
fn settled_pairs(document: &Document) -> Vec<(&AnnotationId, &AnnotationId)> {
    let decided = document.relations.values().filter(|relation| relation.status != Status::Proposed);
    decided.flat_map(|r| [(&r.subject, &r.object), (&r.object, &r.subject)]).collect()
}
