//! Grows a reranker from what the folds' models found in the documents that they did not see, and chooses the thresholds for it.

use super::thresholds::{Candidate, best, counts, tried};
use crate::document::{Document, Label};
use crate::evaluate::{Answers, Judged};
use crate::model::calibration::{ByLabel, Calibration};
use crate::model::rerank::{Judge, PairEvidence, Rates, Reranker};
use crate::pipeline::{AnnotateError, CancelToken, Pipeline, Tasks, Weighed, WeighedPair, WeighedSpan};
use crate::train::boosting::{Boosting, Sample, grow};
use crate::train::evaluation::stripped;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How the trees are grown. From 60 to 200 trees of four to eight leaves, held by ridges of 5 to 20, make no difference of a point on AGAC.
const HOW: Boosting = Boosting { trees: 160, leaves: 6, rate: 0.05, part: 0.5, least: 30, ridge: 5.0 };

/// How much of the gold annotation stands when a document is looked at: a curator meets all three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing: everything is proposed.
    Nothing,
    /// Every other span.
    Half,
    /// All spans, and roles alone are proposed.
    Spans,
}

impl Standing {
    pub(super) const ALL: [Self; 3] = [Self::Nothing, Self::Half, Self::Spans];

    pub(super) const fn tasks(self) -> Tasks {
        match self {
            Self::Nothing | Self::Half => Tasks::SpansAndRoles,
            Self::Spans => Tasks::RolesOnly,
        }
    }

    fn of(self, gold: &Document) -> Document {
        let mut document = stripped(gold, self != Self::Nothing);
        if self == Self::Half {
            let mut at = 0;
            document.entities.retain(|_, _| {
                at += 1;
                at % 2 == 0
            });
        }
        document
    }
}

/// A pair that was found, and whether its most probable role is right with both ends.
struct PairSample {
    evidence: PairEvidence,
    /// Places among the spans that were found with it.
    ends: [usize; 2],
    types: [Label; 2],
    role: Label,
    /// Place of the role among all by name.
    role_place: usize,
    right: bool,
}

/// A document as it was found.
struct Seen {
    standing: Standing,
    /// Types of the spans.
    labels: Vec<Label>,
    /// Of the spans that do not stand.
    stands: Vec<bool>,
    evidence: Vec<Vec<f32>>,
    right: Vec<bool>,
    pairs: Vec<PairSample>,
}

/// What the models of a fold found in its documents.
#[derive(Default)]
pub(super) struct RerankSamples {
    seen: Vec<Seen>,
    gold_spans: usize,
    gold_roles: usize,
    roles: Vec<Label>,
}

impl RerankSamples {
    /// None yet, of models with these roles.
    pub(super) fn new(roles: &[Label]) -> Self {
        let mut roles = roles.to_vec();
        roles.sort();
        Self { roles, ..Self::default() }
    }

    /// Adds what is found in a document by a pipeline that looks twice and is set to the tasks for what stands.
    pub(super) fn add(
        &mut self,
        pipeline: &Pipeline,
        gold: &Document,
        standing: Standing,
        cancel: &CancelToken,
    ) -> Result<(), AnnotateError> {
        let answers = Answers::of(gold);
        if standing == Standing::Nothing {
            self.gold_spans += answers.spans();
            self.gold_roles += answers.relations();
        }
        let Weighed { spans, pairs } = pipeline.weigh(&standing.of(gold), cancel)?;
        let right = |span: &WeighedSpan| match span.spans.as_slice() {
            [one] => answers.has_span(*one, &span.label),
            _ => false,
        };
        let pair = |WeighedPair { subject, object, role, evidence }: WeighedPair| {
            let (s, o) = (&spans[subject], &spans[object]);
            PairSample {
                evidence,
                ends: [subject, object],
                types: [s.label.clone(), o.label.clone()],
                right: answers.has_relation((&s.spans, &s.label), &role, (&o.spans, &o.label)),
                role_place: self.roles.iter().position(|other| *other == role).unwrap_or(0),
                role,
            }
        };
        let pairs = pairs.into_iter().map(pair).collect();
        self.seen.push(Seen {
            standing,
            right: spans.iter().map(right).collect(),
            stands: spans.iter().map(|span| span.stands).collect(),
            labels: spans.iter().map(|span| span.label.clone()).collect(),
            evidence: spans.into_iter().map(|span| span.evidence).collect(),
            pairs,
        });
        Ok(())
    }
}

impl Seen {
    /// Whether both ends of a pair stand.
    fn stand(&self, pair: &PairSample) -> bool {
        pair.ends.iter().all(|&end| self.stands[end])
    }
}

/// Grows a reranker from the samples of some folds.
pub(super) fn reranker_of(folds: &[&RerankSamples]) -> Reranker {
    let roles = folds.first().map_or(0, |fold| fold.roles.len());
    let seen = || folds.iter().flat_map(|fold| &fold.seen);
    let mut spans = Sample::default();
    for seen in seen() {
        for (at, evidence) in seen.evidence.iter().enumerate().filter(|(at, _)| !seen.stands[*at]) {
            spans.push(evidence.clone(), seen.right[at]);
        }
    }
    let judge = |standing: bool| {
        let pairs = || seen().flat_map(|seen| seen.pairs.iter().filter(move |pair| seen.stand(pair) == standing));
        let mut rates = Rates::default();
        for pair in pairs() {
            let [subject, object] = &pair.types;
            rates.add(subject, object, if pair.right { 1 + pair.role_place } else { 0 });
        }
        let mut sample = Sample::default();
        for pair in pairs() {
            let [subject, object] = &pair.types;
            sample.push(pair.evidence.with(&rates, subject, object), pair.right);
        }
        Judge { trees: grow(&sample, HOW), rates }
    };
    Reranker {
        span_evidence: Reranker::span_names(roles),
        pair_evidence: Reranker::pair_names(roles),
        spans: grow(&spans, HOW),
        doubtful: judge(false),
        standing: judge(true),
    }
}

/// What a reranker says of a fold, and whether it is right.
#[derive(Default)]
pub(super) struct Reranked<'a> {
    /// Spans that come into question when nothing stands.
    pub(super) spans: Vec<Candidate<'a>>,
    /// Roles between them, in the more probable direction, with the confidences of their ends.
    roles: Vec<(Candidate<'a>, [(&'a Label, f32); 2])>,
    /// Roles between gold spans, each by itself.
    pub(super) given: Vec<Candidate<'a>>,
    gold_spans: usize,
    gold_roles: usize,
}

impl<'a> Reranked<'a> {
    fn by(reranker: &Reranker, fold: &'a RerankSamples) -> Self {
        let mut said = Self { gold_spans: fold.gold_spans, gold_roles: fold.gold_roles, ..Self::default() };
        for seen in &fold.seen {
            let judged = |pair: &'a PairSample| {
                let [subject, object] = &pair.types;
                (pair, reranker.judge(seen.stand(pair)).probability(&pair.evidence, subject, object))
            };
            let pairs = one_direction(seen.pairs.iter().map(judged).collect());
            match seen.standing {
                Standing::Half => {}
                Standing::Spans => said.given.extend(pairs.into_iter().map(|(pair, sure)| (&pair.role, sure, pair.right))),
                Standing::Nothing => {
                    let sure: Vec<f32> = seen.evidence.iter().map(|evidence| reranker.spans.probability(evidence)).collect();
                    said.spans.extend(
                        seen.labels.iter().zip(&sure).zip(&seen.right).map(|((label, sure), right)| (label, *sure, *right)),
                    );
                    let ends = |pair: &PairSample| pair.ends.map(|end| (&seen.labels[end], sure[end]));
                    said.roles.extend(pairs.into_iter().map(|(pair, sure)| ((&pair.role, sure, pair.right), ends(pair))));
                }
            }
        }
        said
    }

    /// Roles between spans of which none is less sure than this.
    fn found(&self, end_threshold: f32) -> impl Iterator<Item = Candidate<'a>> {
        let sure = move |(_, sure): &(&Label, f32)| *sure >= end_threshold;
        self.roles.iter().filter(move |(_, ends)| ends.iter().all(sure)).map(|(role, _)| *role)
    }
}

/// Of two directions the more probable one.
fn one_direction(pairs: Vec<(&PairSample, f32)>) -> Vec<(&PairSample, f32)> {
    let sure: HashMap<[usize; 2], f32> = pairs.iter().map(|(pair, sure)| (pair.ends, *sure)).collect();
    let stays = |(pair, own): &(&PairSample, f32)| {
        let [subject, object] = pair.ends;
        sure.get(&[object, subject]).is_none_or(|other| (own, subject) > (other, object))
    };
    pairs.into_iter().filter(stays).collect()
}

/// Rerankers of the folds, each grown once: the inner ones of a cross-validation within a cross-validation leave out the same two folds
/// twice.
pub(super) struct Forests<'a> {
    folds: &'a [RerankSamples],
    /// By the folds that they were not grown from.
    grown: BTreeMap<BTreeSet<usize>, Reranker>,
}

impl<'a> Forests<'a> {
    /// None yet, of these folds.
    pub(super) fn new(folds: &'a [RerankSamples]) -> Self {
        Self { folds, grown: BTreeMap::new() }
    }

    /// The reranker that was grown from all folds but these.
    fn without(&mut self, left_out: BTreeSet<usize>) -> &Reranker {
        let folds = self.folds;
        let grow = |left_out: &BTreeSet<usize>| {
            let kept = folds.iter().enumerate().filter(|(fold, _)| !left_out.contains(fold));
            reranker_of(&kept.map(|(_, fold)| fold).collect::<Vec<_>>())
        };
        self.grown.entry(left_out).or_insert_with_key(grow)
    }

    /// What is said of each fold but `held_out` by a reranker that was grown from the others of them.
    fn cross_reranked(&mut self, held_out: Option<usize>) -> Vec<Reranked<'a>> {
        let folds = self.folds;
        let rest = folds.iter().enumerate().filter(|(fold, _)| Some(*fold) != held_out);
        rest.map(|(at, fold)| Reranked::by(self.without(held_out.into_iter().chain([at]).collect()), fold)).collect()
    }

    /// The calibration with a second look: a reranker grown from all folds but `held_out`, and the thresholds that are best for what is
    /// said of each of these by rerankers that were grown from the others of them, which is given too. All need the same confidence;
    /// one for each type gains nothing here.
    pub(super) fn complete(&mut self, calibration: Calibration, held_out: Option<usize>) -> (Calibration, Vec<Reranked<'a>>) {
        let said = self.cross_reranked(held_out);
        let spans: Vec<Candidate<'_>> = said.iter().flat_map(|said| said.spans.iter().copied()).collect();
        let span_thresholds = best(&spans, said.iter().map(|said| said.gold_spans).sum(), false);
        let gold_roles = said.iter().map(|said| said.gold_roles).sum();
        let (end_threshold, role_thresholds) = ends_and_roles(&said, span_thresholds.all, gold_roles);
        let given: Vec<Candidate<'_>> = said.iter().flat_map(|said| said.given.iter().copied()).collect();
        let related = best(&given, gold_roles, false).all;
        let rerank = Some(self.without(held_out.into_iter().collect()).clone());
        (
            Calibration { span_thresholds, end_threshold: Some(end_threshold), role_thresholds, related, rerank, ..calibration },
            said,
        )
    }
}

/// Confidences from which on spans are proposed that a role needs, and roles: those of the best F1 of roles. A span is as probable as
/// any of its roles at least, so that one which a role speaks for need not be as sure as others.
fn ends_and_roles(said: &[Reranked<'_>], span_threshold: f32, gold: usize) -> (f32, ByLabel<f32>) {
    let at = |end: f32| {
        let roles: Vec<Candidate<'_>> = said.iter().flat_map(|said| said.found(end)).collect();
        let thresholds = best(&roles, gold, false);
        (counts(&roles, &thresholds, gold).f1(), end, thresholds)
    };
    let lower = tried().rev().filter(|end| *end > 0.0 && *end < span_threshold);
    let (_, end, roles) = lower.map(at).fold(at(span_threshold), |best, other| if other.0 > best.0 { other } else { best });
    (end, roles)
}

/// The same predictions of spans and of roles between them, by type and role.
pub(super) fn by_label(said: &[Reranked<'_>]) -> BTreeMap<Label, Vec<Judged>> {
    let mut by_label: BTreeMap<Label, Vec<Judged>> = BTreeMap::new();
    for (label, confidence, right) in
        said.iter().flat_map(|said| said.spans.iter().chain(said.roles.iter().map(|(role, _)| role)))
    {
        by_label.entry((*label).clone()).or_default().push(Judged { confidence: *confidence, right: *right });
    }
    by_label
}

/// Every span, every role between spans that come into question, and every role between gold spans, as predictions of their confidence.
pub(super) fn judged(said: &[Reranked<'_>]) -> [Vec<Judged>; 3] {
    let of = |(_, confidence, right): &Candidate<'_>| Judged { confidence: *confidence, right: *right };
    [
        said.iter().flat_map(|said| said.spans.iter().map(of)).collect(),
        said.iter().flat_map(|said| said.roles.iter().map(|(role, _)| of(role))).collect(),
        said.iter().flat_map(|said| said.given.iter().map(of)).collect(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A fold in which every span has the same probability, and is right where a relation speaks for it; so is every other pair, when
    /// its other features say so.
    fn fold(documents: usize, shift: usize) -> RerankSamples {
        let roles = [Label::from("ThemeOf"), Label::from("CauseOf")];
        let mut fold = RerankSamples::new(&roles);
        let support = Reranker::span_names(2).iter().position(|name| name == "best as subject of role 0").unwrap();
        for document in 0..documents {
            let right: Vec<bool> = (0..10).map(|at| (at + document + shift).is_multiple_of(3)).collect();
            let evidence = |right: &bool| {
                let mut values = vec![0.0; Reranker::span_names(2).len()];
                values[support] = f32::from(u8::from(*right));
                values
            };
            fold.gold_spans += right.iter().filter(|right| **right).count();
            fold.seen.push(Seen {
                standing: Standing::Nothing,
                labels: vec![Label::from("Var"); 10],
                stands: vec![false; 10],
                evidence: right.iter().map(evidence).collect(),
                right,
                pairs: Vec::new(),
            });
        }
        fold
    }

    #[test]
    fn what_speaks_for_spans_in_other_folds_decides_in_this_one() {
        let folds: Vec<RerankSamples> = (0..3).map(|shift| fold(20, shift)).collect();
        let mut forests = Forests::new(&folds);
        let (calibration, all) = forests.complete(crate::model::calibration::tests::some(), None);
        assert!(calibration.clone().settled().is_ok());
        for said in &all {
            let found = said.spans.iter().all(|(label, sure, right)| (*sure >= calibration.span_thresholds.of(label)) == *right);
            assert!(found && said.spans.len() == 200, "{:?}", calibration.span_thresholds);
        }
        let [spans, roles, given] = judged(&all);
        assert!(crate::evaluate::calibration_error(&spans, 10) < 0.02 && roles.is_empty() && given.is_empty());
        assert_eq!(by_label(&all).keys().map(Label::as_str).collect::<Vec<_>>(), ["Var"]);
    }

    #[test]
    fn ends_of_roles_may_be_as_doubtful_as_it_pays() {
        let (var, theme) = (Label::from("Var"), Label::from("ThemeOf"));
        // Roles are right down to ends of .1, and wrong from there on.
        let role = |at: u8| {
            let sure = f32::from(at) / 100.0;
            ((&theme, 0.5, at >= 10), [(&var, 0.9), (&var, sure)])
        };
        let said = [Reranked { roles: (1..60).map(role).collect(), ..Reranked::default() }];
        let (end, roles) = ends_and_roles(&said, 0.3, 50);
        assert!((end - 0.1).abs() < 0.021, "{end}");
        assert!(roles.all <= 0.5);
        // Where nothing is gained it stays.
        let sure = |at: u8| ((&theme, 0.5, true), [(&var, 0.9), (&var, 0.4 + f32::from(at) / 100.0)]);
        let said = [Reranked { roles: (1..10).map(sure).collect(), ..Reranked::default() }];
        assert_eq!(ends_and_roles(&said, 0.3, 50).0, 0.3);
    }

    #[test]
    fn a_forest_is_grown_once_and_without_the_folds_that_are_held_out() {
        let folds: Vec<RerankSamples> = (0..3).map(|shift| fold(20, shift)).collect();
        let mut forests = Forests::new(&folds);
        assert_eq!(forests.cross_reranked(None).len(), 3);
        for held_out in 0..3 {
            assert_eq!(forests.cross_reranked(Some(held_out)).len(), 2);
        }
        let pairs = [[0].into(), [0, 1].into(), [0, 2].into(), [1].into(), [1, 2].into(), [2].into()];
        assert_eq!(forests.grown.keys().cloned().collect::<Vec<BTreeSet<usize>>>(), pairs);
        assert_eq!(forests.grown[&pairs[1]], reranker_of(&[&folds[2]]));
    }

    #[test]
    fn a_document_stands_as_far_as_was_asked_for() {
        let (gold, _) = crate::formats::brat::read(
            "d",
            crate::text::SourceText::new("abcd"),
            std::path::Path::new("d.ann"),
            "T1\tVar 0 1\ta\nT2\tVar 1 2\tb\nT3\tGene 2 3\tc\nR1\tThemeOf Arg1:T3 Arg2:T1\n",
        );
        let stand = Standing::ALL.map(|standing| standing.of(&gold).entities.len());
        assert_eq!(stand, [0, 1, 3]);
        assert!(Standing::ALL.iter().all(|standing| standing.of(&gold).relations.is_empty()));
    }
}
