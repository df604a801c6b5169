//! Several models that decide together (paper, ensembles): the mean of their emissions and moves is one CRF that is decoded once, and
//! the mean of their scorers' probabilities makes the roles. A model alone is the smallest ensemble.
//!
//! The members may have other vocabularies and encoders, and their types in another order; labels, tags and roles of an ensemble are
//! those of its first member.

use super::ModelError;
use super::decoder::Decoder;
use super::engine::Precision;
use super::folder::{Model, ModelFiles, Prepared};
use super::manifest::Manifest;
use super::relation::{CandidatePair, Candidates, Mention, Outcomes};
use super::tagger::WordStates;
use crate::document::Label;
use crate::nlp::Context;
use crate::nlp::bio::TagSet;
use crate::text::SourceText;
use std::collections::HashMap;
use std::path::PathBuf;

/// Models that decide together.
#[derive(Debug)]
pub struct Ensemble {
    first: Member,
    others: Vec<Member>,
    decoder: Decoder,
}

/// A model and how it calls what the first one knows.
#[derive(Debug)]
pub struct Member {
    model: Model,
    /// For each label, tag and outcome of the first member, which of this one's it is.
    labels: Vec<usize>,
    tags: Vec<usize>,
    outcomes: Vec<usize>,
}

/// A text as one member has read it.
#[derive(Debug)]
pub struct MemberReading {
    /// Its words and pieces.
    pub prepared: Prepared,
    /// States of its words, and their emissions as its windows are read, without what is known of whole sentences.
    pub states: WordStates,
}

/// A text as all members have read it.
#[derive(Debug)]
pub struct EnsembleReading {
    /// By member, in their order.
    members: Vec<MemberReading>,
    /// Mean emissions, words × tags; empty while there is but one member, which has them.
    mean: Vec<f32>,
}

/// Pairs of mentions with the probability of each outcome: no role, then each role.
#[derive(Debug)]
pub struct ScoredPairs {
    /// The pairs; labels are those of the ensemble.
    pub candidates: Candidates,
    /// By pair.
    pub outcomes: Outcomes,
}

impl From<Model> for Ensemble {
    fn from(model: Model) -> Self {
        let decoder = model.decoder().clone();
        Self { first: Member::first(model), others: Vec::new(), decoder }
    }
}

impl Ensemble {
    /// Puts models together.
    ///
    /// # Errors
    /// When two of them do not know the same types and roles, or cut texts into other words; the message names them.
    pub fn new(first: Model, others: Vec<Model>) -> Result<Self, ModelError> {
        let others: Vec<Member> = others.into_iter().map(|other| Member::beside(&first, other)).collect::<Result<_, _>>()?;
        let first = Member::first(first);
        let all: Vec<(&Decoder, &[usize])> =
            std::iter::once(&first).chain(&others).map(|member| (member.model.decoder(), member.tags.as_slice())).collect();
        let decoder = Decoder::mean(first.model.decoder(), &all);
        Ok(Self { first, others, decoder })
    }

    /// Loads the models of several folders.
    ///
    /// # Errors
    /// When there is no folder, a model is damaged or of another version, or they do not fit each other.
    pub fn load(folders: &[PathBuf], precision: Precision) -> Result<Self, ModelError> {
        Self::load_in(folders, &[], precision)
    }

    /// Loads the models of several folders, each once for each of these contexts, in which it reads instead of its own; without any
    /// in its own. One model that reads in several contexts decides better than in one, and takes the time of all of them.
    ///
    /// # Errors
    /// As for [`Self::load`].
    pub fn load_in(folders: &[PathBuf], contexts: &[Context], precision: Precision) -> Result<Self, ModelError> {
        let models = folders.iter().map(|folder| {
            let models = ModelFiles::read(folder).and_then(|files| Model::load_in(&files, contexts, precision));
            models.map_err(|source| ModelError::OneOf { folder: folder.clone(), source: Box::new(source) })
        });
        let mut models = models.collect::<Result<Vec<_>, _>>()?.into_iter().flatten();
        let none = || ModelError::Unsupported("no model was named".to_owned());
        Self::new(models.next().ok_or_else(none)?, models.collect())
    }

    /// The first model, whose labels, thresholds and name are those of the ensemble.
    pub fn first(&self) -> &Model {
        &self.first.model
    }

    /// All models.
    pub fn models(&self) -> impl Iterator<Item = &Model> {
        self.members().map(|member| &member.model)
    }

    fn members(&self) -> impl Iterator<Item = &Member> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// What makes spans of the emissions.
    pub fn decoder(&self) -> &Decoder {
        &self.decoder
    }

    /// Puts together what each member has read, in their order, with what it makes of whole sentences.
    pub fn reading(&self, mut members: Vec<MemberReading>) -> EnsembleReading {
        for (model, MemberReading { prepared, states }) in self.models().zip(&mut members) {
            if let Some(relevance) = model.relevance() {
                relevance.weigh(&prepared.encoded, states);
            }
        }
        let mut mean = Vec::new();
        if members.len() > 1 {
            let share = 1.0 / members.len() as f32;
            let tags = self.first.tags.len();
            mean.resize(members.iter().map(|read| read.states.emissions.len()).min().unwrap_or(0), 0.0);
            for (member, read) in self.members().zip(&members) {
                for (mean, own) in mean.chunks_exact_mut(tags).zip(read.states.emissions.chunks_exact(tags)) {
                    mean.iter_mut().zip(&member.tags).for_each(|(mean, &tag)| *mean += own[tag] * share);
                }
            }
        }
        EnsembleReading { members, mean }
    }

    /// Reads a text without stopping in between.
    ///
    /// # Errors
    /// When the text can't be cut up, or the arithmetic fails.
    pub fn read(&self, text: &SourceText) -> Result<EnsembleReading, ModelError> {
        let members = self.models().map(|model| {
            let prepared = model.prepare(text)?;
            let states = model.read(&prepared.encoded)?;
            Ok(MemberReading { prepared, states })
        });
        Ok(self.reading(members.collect::<Result<_, ModelError>>()?))
    }

    /// Scores all pairs of mentions that come into question for any member; `None` when there are none, no member knows roles, or
    /// `stopped`, which is asked now and then by models that take their time, said so. The mentions must be in text order; `standing` tells
    /// of each whether a person or a file has spoken about it.
    ///
    /// # Errors
    /// When the arithmetic fails.
    pub fn score_pairs(
        &self,
        reading: &EnsembleReading,
        (mentions, standing): (&[Mention], &[bool]),
        stopped: &dyn Fn() -> bool,
    ) -> Result<Option<ScoredPairs>, ModelError> {
        if self.others.is_empty() {
            let Some(alone) = reading.members.first() else { return Ok(None) };
            return self.first.score_pairs(alone, (mentions, standing), stopped);
        }
        let mut all: Option<Sum> = None;
        for (member, read) in self.members().zip(&reading.members) {
            let Some(scored) = member.score_pairs(read, (mentions, standing), stopped)? else { continue };
            match &mut all {
                Some(sum) => sum.add(scored),
                None => all = Some(Sum::new(scored)),
            }
        }
        Ok(all.map(|sum| sum.mean(mentions.to_vec(), 1 + self.others.len())))
    }
}

impl Member {
    fn first(model: Model) -> Self {
        let (labels, tags) = ((0..model.tags().labels().len()).collect(), (0..model.tags().len()).collect());
        let roles = model.relations().map_or(0, |relations| relations.roles().len());
        Self { labels, tags, outcomes: (0..=roles).collect(), model }
    }

    fn beside(first: &Model, model: Model) -> Result<Self, ModelError> {
        let (ours, theirs) = (first.manifest(), model.manifest());
        let other = |what: &str| {
            let (a, b) = (&ours.name, &theirs.name);
            ModelError::Unsupported(format!("the models {a} and {b} can't decide together: they {what}"))
        };
        if ours.word_split != theirs.word_split {
            return Err(other("cut texts into other words"));
        }
        if ours.tagger.scheme != theirs.tagger.scheme {
            return Err(other("tag by other schemes"));
        }
        let labels = places(&ours.labels, &theirs.labels).ok_or_else(|| other("know other types"))?;
        let roles = |manifest: &Manifest| manifest.relations.as_ref().map(|it| it.roles().to_vec()).unwrap_or_default();
        let roles = places(&roles(ours), &roles(theirs)).ok_or_else(|| other("know other roles"))?;
        let tags = tag_places(first.tags(), model.tags(), &labels);
        let outcomes = std::iter::once(0).chain(roles.into_iter().map(|role| 1 + role)).collect();
        Ok(Self { model, labels, tags, outcomes })
    }

    /// Its own pairs, with labels and outcomes in the ensemble's order; `None` when there are none, or `stopped` said so.
    fn score_pairs(
        &self,
        read: &MemberReading,
        (mentions, standing): (&[Mention], &[bool]),
        stopped: &dyn Fn() -> bool,
    ) -> Result<Option<ScoredPairs>, ModelError> {
        let Some(relations) = self.model.relations() else { return Ok(None) };
        let own = |mention: &Mention| Mention { label: self.labels[mention.label], ..mention.clone() };
        let MemberReading { prepared, states } = read;
        let mentions = mentions.iter().map(own).collect();
        let candidates = Candidates::find(mentions, &prepared.encoded.sentences, Some(relations.table()));
        if candidates.pairs.is_empty() {
            return Ok(None);
        }
        let Some(mut outcomes) = self.model.outcomes(&prepared.encoded, states, &candidates, stopped)? else { return Ok(None) };
        if let Some(forest) = relations.forest() {
            forest.amend(&mut outcomes, &candidates, standing, relations.table());
        }
        Ok(Some(ScoredPairs { candidates, outcomes: self.in_order(outcomes) }))
    }

    fn in_order(&self, own: Outcomes) -> Outcomes {
        if self.outcomes.iter().copied().eq(0..self.outcomes.len()) {
            return own;
        }
        let values = own.iter().flat_map(|outcome| self.outcomes.iter().map(|&at| outcome[at])).collect();
        Outcomes::new(values, self.outcomes.len())
    }
}

/// Pairs of several members under way to their mean.
struct Sum {
    candidates: Candidates,
    /// By pair: the sum of what the members say that have it.
    outcomes: Vec<Vec<f32>>,
    /// By pair: how many members have it.
    counts: Vec<usize>,
    places: HashMap<(usize, usize), usize>,
}

impl Sum {
    fn new(ScoredPairs { candidates, outcomes }: ScoredPairs) -> Self {
        let ends = |pair: &CandidatePair| (pair.subject, pair.object);
        let places = candidates.pairs.iter().enumerate().map(|(at, pair)| (ends(pair), at)).collect();
        let outcomes: Vec<Vec<f32>> = outcomes.iter().map(<[f32]>::to_vec).collect();
        Self { counts: vec![1; outcomes.len()], candidates, outcomes, places }
    }

    fn add(&mut self, other: ScoredPairs) {
        for (pair, outcome) in other.candidates.pairs.into_iter().zip(other.outcomes.iter()) {
            match self.places.get(&(pair.subject, pair.object)) {
                Some(&at) => {
                    self.counts[at] += 1;
                    self.outcomes[at].iter_mut().zip(outcome).for_each(|(sum, own)| *sum += own);
                }
                None => {
                    self.places.insert((pair.subject, pair.object), self.counts.len());
                    self.counts.push(1);
                    self.candidates.pairs.push(pair);
                    self.outcomes.push(outcome.to_vec());
                }
            }
        }
    }

    /// A member that never saw such a pair of types related says: no role.
    fn mean(self, mentions: Vec<Mention>, members: usize) -> ScoredPairs {
        let Self { mut candidates, mut outcomes, counts, .. } = self;
        candidates.mentions = mentions;
        for pair in &mut candidates.pairs {
            // Each member found its pairs by its own order of the types.
            let label = |mention: usize| candidates.mentions[mention].label;
            (pair.cell.subject, pair.cell.object) = (label(pair.subject), label(pair.object));
        }
        for (outcome, count) in outcomes.iter_mut().zip(counts) {
            outcome[0] += (members - count) as f32;
            outcome.iter_mut().for_each(|sum| *sum /= members as f32);
        }
        ScoredPairs { candidates, outcomes: Outcomes::of_rows(&outcomes) }
    }
}

impl EnsembleReading {
    /// As the first member reads it: the words are the same for all.
    pub fn prepared(&self) -> &Prepared {
        &self.members[0].prepared
    }

    /// Emissions to decode, words × tags.
    pub fn emissions(&self) -> &[f32] {
        if self.mean.is_empty() { &self.members[0].states.emissions } else { &self.mean }
    }

    /// Word pieces that were read, by all members together.
    pub fn pieces(&self) -> usize {
        self.members.iter().map(|read| read.prepared.encoded.packed.ids.len()).sum()
    }
}

/// Where each name stands in another list of the same names; `None` when they are not the same.
fn places(ours: &[Label], theirs: &[Label]) -> Option<Vec<usize>> {
    let places: Option<Vec<usize>> = ours.iter().map(|name| theirs.iter().position(|other| other == name)).collect();
    places.filter(|_| ours.len() == theirs.len())
}

fn tag_places(ours: &TagSet, theirs: &TagSet, labels: &[usize]) -> Vec<usize> {
    let place = |tag: usize| ours.place_of(tag as u32).map_or(0, |(label, place)| theirs.tag(labels[label], place) as usize);
    (0..ours.len()).map(place).collect()
}

#[cfg(test)]
mod tests;
