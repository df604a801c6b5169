//! The floor that a learned relation model has to beat: each mention with its nearest compatible partner in the sentence, in the usual
//! role of the two types. It has no weights, only counts.

use super::nearness::Surroundings;
use super::selection::{Chosen, one_direction};
use super::{Candidates, Outcomes, PairTable};
use crate::document::Label;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// From which side the nearest partner is looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Look {
    /// Each subject takes the nearest object that it may have.
    #[default]
    Subject,
    /// Each object takes the nearest subject that it may have.
    Object,
    /// Each mention takes its nearest partner, whichever of the two is the subject.
    Partner,
}

/// How often two types that were nearest to each other were related.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NearestCount {
    /// Label index of the subject.
    pub subject: usize,
    /// Label index of the object.
    pub object: usize,
    /// Pairs of which the one was the nearest partner of the other, by any legal types.
    pub nearest: u32,
    /// Those of them that had a role.
    pub related: u32,
}

/// What the rule knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleConfig {
    /// From which side it looks.
    pub look: Look,
    /// Share of the nearest pairs of two types that must have been related for the types to be compatible, 0 to 1; with 0 all legal types
    /// are.
    pub compatible: f32,
    /// Roles in the order of the outcomes; outcome 0 is no role.
    pub roles: Vec<Label>,
    /// What the training data say about types: the legal ones and their usual role.
    pub table: PairTable,
    /// What they say about the nearest.
    pub nearest: Vec<NearestCount>,
}

impl RuleConfig {
    /// Counts the nearest pairs of documents, of which the legal pairs and the outcome of each are given.
    pub fn learn<'a>(
        (look, compatible): (Look, f32),
        (roles, table): (Vec<Label>, PairTable),
        documents: impl Iterator<Item = (&'a Candidates, &'a [u32])>,
    ) -> Self {
        let mut counts: BTreeMap<(usize, usize), (u32, u32)> = BTreeMap::new();
        for (candidates, outcomes) in documents {
            let nearest = nearest(candidates, look, |subject, object| table.is_legal(subject, object));
            for ((pair, outcome), _) in candidates.pairs.iter().zip(outcomes).zip(nearest).filter(|(_, nearest)| *nearest) {
                let (nearest, related) = counts.entry((pair.cell.subject, pair.cell.object)).or_default();
                *nearest += 1;
                *related += u32::from(*outcome > 0);
            }
        }
        let count = |((subject, object), (nearest, related))| NearestCount { subject, object, nearest, related };
        let nearest = counts.into_iter().map(count).collect();
        Self { look, compatible, roles, table, nearest }
    }

    /// Share of the nearest pairs of two types that were related; `None` when there were none.
    fn share(&self, subject: usize, object: usize) -> Option<f32> {
        let count = self.nearest.iter().find(|count| (count.subject, count.object) == (subject, object))?;
        Some(count.related as f32 / count.nearest.max(1) as f32)
    }
}

/// The rule at work.
#[derive(Debug)]
pub struct RelationRule {
    config: RuleConfig,
    /// Of compatible types, their usual role and the share of nearest pairs that have it or another.
    compatible: BTreeMap<(usize, usize), (usize, f32)>,
}

impl RelationRule {
    /// By these counts.
    pub fn new(config: &RuleConfig) -> Self {
        let usual = |types: &NearestCount| {
            let NearestCount { subject, object, .. } = *types;
            let share = config.share(subject, object).filter(|share| *share >= config.compatible)?;
            let role = config.table.usual_role(subject, object).filter(|role| *role < config.roles.len())?;
            Some(((subject, object), (role, share)))
        };
        Self { config: config.clone(), compatible: config.nearest.iter().filter_map(usual).collect() }
    }

    /// Its counts.
    pub fn config(&self) -> &RuleConfig {
        &self.config
    }

    /// Probability of each outcome (no role, then each role) for each pair: of those that the rule relates how often such pairs were
    /// related, of the others what is known of their types and nearness.
    pub fn outcomes(&self, candidates: &Candidates) -> Outcomes {
        let outcomes = 1 + self.config.roles.len();
        let related = self.related(candidates);
        let outcome = |(pair, related): (&super::CandidatePair, Option<(usize, f32)>)| match related {
            Some((role, share)) => {
                let mut values = vec![0.0; outcomes];
                (values[0], values[1 + role]) = (1.0 - share, share);
                values
            }
            None => self.config.table.log_prior(pair.cell, outcomes).into_iter().map(f32::exp).collect(),
        };
        Outcomes::of_rows(&candidates.pairs.iter().zip(related).map(outcome).collect::<Vec<_>>())
    }

    /// The roles of a text.
    pub fn choose(&self, candidates: &Candidates) -> Vec<Chosen> {
        let related = self.related(candidates).into_iter().enumerate();
        let chosen = related.filter_map(|(pair, it)| it.map(|(role, related)| Chosen { pair, role, related })).collect();
        one_direction(candidates, chosen)
    }

    /// Role and share of each pair that the rule relates.
    fn related(&self, candidates: &Candidates) -> Vec<Option<(usize, f32)>> {
        let types = |subject, object| self.compatible.get(&(subject, object)).copied();
        let nearest = nearest(candidates, self.config.look, |subject, object| types(subject, object).is_some());
        let pairs = candidates.pairs.iter().zip(nearest);
        pairs.map(|(pair, nearest)| types(pair.cell.subject, pair.cell.object).filter(|_| nearest)).collect()
    }
}

/// Of each pair, whether its types are compatible, it stands in one sentence and one of the two is the nearest compatible partner of the
/// other. Of those that are equally near all are the nearest.
fn nearest(candidates: &Candidates, look: Look, compatible: impl Fn(usize, usize) -> bool) -> Vec<bool> {
    let Candidates { mentions, sentences, pairs } = candidates;
    let around = Surroundings::of(mentions, sentences, &compatible);
    let is_nearest = |pair: &super::CandidatePair| {
        let (of_subject, of_object) = (around.nearer(pair.subject, pair.object), around.nearer(pair.object, pair.subject));
        let nearest = match look {
            Look::Subject => of_subject.objects == 0,
            Look::Object => of_object.subjects == 0,
            Look::Partner => of_subject.objects + of_subject.subjects == 0 || of_object.objects + of_object.subjects == 0,
        };
        nearest && pair.cell.same_sentence && compatible(pair.cell.subject, pair.cell.object)
    };
    pairs.iter().map(is_nearest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::relation::Mention;
    use std::ops::Range;

    const GENE: usize = 0;
    const VAR: usize = 1;
    const LOSS: usize = 2;

    fn mentions(words: &[(usize, usize)]) -> Vec<Mention> {
        words.iter().map(|&(word, label)| Mention { words: word..word + 1, label }).collect()
    }

    /// Pairs of legal types, with the outcome of each.
    fn document(
        words: &[(usize, usize)],
        sentences: &[Range<usize>],
        related: &[(usize, usize, u32)],
        table: Option<&PairTable>,
    ) -> (Candidates, Vec<u32>) {
        let candidates = Candidates::find(mentions(words), sentences, table);
        let outcome = |pair: &super::super::CandidatePair| {
            let found = related.iter().find(|(subject, object, _)| (*subject, *object) == (pair.subject, pair.object));
            found.map_or(0, |(_, _, outcome)| *outcome)
        };
        let outcomes = candidates.pairs.iter().map(outcome).collect();
        (candidates, outcomes)
    }

    /// Two sentences: `gene var . . loss` and `var var loss gene`. A gene is the theme (outcome 1) of a variation, a variation the cause
    /// (outcome 2) of a loss; twice one is the theme of a loss.
    fn learn(look: Look, compatible: f32) -> RuleConfig {
        let words = [(0, GENE), (1, VAR), (4, LOSS), (5, VAR), (6, VAR), (7, LOSS), (8, GENE)];
        let sentences = [0..5, 5..9];
        let related = [(0, 1, 1), (1, 2, 2), (3, 5, 2), (4, 5, 2), (6, 4, 1)];
        let mut table = PairTable::default();
        let (all, outcomes) = document(&words, &sentences, &related, None);
        all.pairs.iter().zip(outcomes).for_each(|(pair, outcome)| table.add(pair.cell, outcome as usize, 3));
        table.keep_legal();
        let (legal, outcomes) = document(&words, &sentences, &related, Some(&table));
        let roles = vec![Label::from("ThemeOf"), Label::from("CauseOf")];
        RuleConfig::learn((look, compatible), (roles, table), std::iter::once((&legal, outcomes.as_slice())))
    }

    /// Subject, object and role of what a rule chooses.
    fn chosen(config: &RuleConfig, words: &[(usize, usize)], sentences: &[Range<usize>]) -> Vec<(usize, usize, usize)> {
        let candidates = Candidates::find(mentions(words), sentences, Some(&config.table));
        let chosen = RelationRule::new(config).choose(&candidates).into_iter();
        chosen.map(|it| (candidates.pairs[it.pair].subject, candidates.pairs[it.pair].object, it.role)).collect()
    }

    #[test]
    fn nearest_pairs_are_counted_by_their_types() {
        let config = learn(Look::Subject, 0.0);
        // Genes: of 0 the variation 1, of 6 the variation 4, both related. Variations: of 1 the loss 2, of 3 and 4 the loss 5.
        let count = |subject, object, nearest| NearestCount { subject, object, nearest, related: nearest };
        assert_eq!(config.nearest, [count(GENE, VAR, 2), count(VAR, LOSS, 3)]);
        // From the other side the loss 5 is nearest to the variation 4 alone.
        assert_eq!(learn(Look::Object, 0.0).nearest[1], count(VAR, LOSS, 2));
    }

    #[test]
    fn each_subject_gets_its_nearest_object_in_the_sentence_in_the_usual_role() {
        let words = [(0, VAR), (1, GENE), (3, VAR), (5, LOSS), (12, LOSS)];
        let config = learn(Look::Subject, 0.5);
        assert_eq!(chosen(&config, &words, &[0..10, 10..14]), [(0, 3, 1), (1, 0, 0), (2, 3, 1)]);
        let from_objects = learn(Look::Object, 0.5);
        assert_eq!(chosen(&from_objects, &words, &[0..10, 10..14]), [(1, 0, 0), (1, 2, 0), (2, 3, 1)]);
        // The variation at 3 is as near to the gene as to the loss, so it has both; that at 0 has its nearest partner in the gene.
        let partners = learn(Look::Partner, 0.5);
        assert_eq!(chosen(&partners, &words, &[0..10, 10..14]), [(1, 0, 0), (1, 2, 0), (2, 3, 1)]);
    }

    #[test]
    fn types_that_are_seldom_related_when_they_are_nearest_are_not_compatible() {
        let mut config = learn(Look::Subject, 0.5);
        config.nearest[1].related = 1;
        let words = [(0, VAR), (1, GENE), (5, LOSS)];
        assert_eq!(chosen(&config, &words, &[0..6, 6..7]), [(1, 0, 0)]);
        config.compatible = 0.0;
        assert_eq!(chosen(&config, &words, &[0..6, 6..7]), [(0, 2, 1), (1, 0, 0)]);
        let candidates = Candidates::find(mentions(&words), &[0..6, 6..7], Some(&config.table));
        let outcomes = RelationRule::new(&config).outcomes(&candidates);
        assert_eq!(outcomes.of(0), [1.0 - 1.0 / 3.0, 0.0, 1.0 / 3.0], "a third of the nearest variations were a cause of a loss");
        assert!(outcomes.iter().all(|values| (values.iter().sum::<f32>() - 1.0).abs() < 1e-5));
    }
}
