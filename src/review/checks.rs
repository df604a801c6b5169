//! A second opinion: what in a document deserves another look. Nothing is changed or forbidden by it.

use super::mentions::{folded, occurrences};
use super::{Segmentation, Session};
use crate::document::{AnnotationId, Document, Entity, Label, Relation, Schema, Status};
use crate::text::CharSpan;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The shortest words, in letters and digits, whose missing mentions are looked for.
const SHORTEST_MENTION: usize = 2;

/// What kind of thing was noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CheckKind {
    /// What a reader found strange or wrong in a file of the document.
    File,
    /// A role that the schema does not have between the two types.
    IllegalRole,
    /// A type that the schema does not have.
    UnknownType,
    /// A span that begins or ends inside a word.
    CutsWord,
    /// The same words stand with another type elsewhere.
    OtherType,
    /// A span that has no role and gives none.
    NoRelation,
    /// Accepted words that are not marked in a sentence in which others are.
    MissingMention,
}

impl CheckKind {
    /// A short heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::File => "in the file",
            Self::IllegalRole => "illegal role",
            Self::UnknownType => "unknown type",
            Self::CutsWord => "cuts a word",
            Self::OtherType => "other type",
            Self::NoRelation => "no relation",
            Self::MissingMention => "not marked",
        }
    }
}

/// Something that deserves another look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What it is.
    pub kind: CheckKind,
    /// Where.
    pub at: CharSpan,
    /// The span or relation that it is about; `None` for words that are not marked.
    pub about: Option<AnnotationId>,
    /// What was noticed, without a full stop. Holds text of the document: untrusted.
    pub message: String,
}

/// What a document contributed, and at which revision; `None` before the first time.
type Contribution = (Option<u64>, Vec<(String, Label)>);

/// With which types words stand in all documents of a session. Kept up to date document by document.
#[derive(Clone, Debug, Default)]
pub struct WordTypes {
    counts: HashMap<String, BTreeMap<Label, u32>>,
    contributed: Vec<Contribution>,
}

impl WordTypes {
    /// Takes note of all documents that changed since the last time.
    pub fn update(&mut self, session: &Session) {
        self.contributed.resize_with(session.documents().len(), Default::default);
        for (index, open) in session.documents().iter().enumerate() {
            let Some((known, old)) = self.contributed.get_mut(index) else { continue };
            if *known == Some(open.revision()) {
                continue;
            }
            *known = Some(open.revision());
            for (words, label) in std::mem::take(old) {
                if let Some(count) = self.counts.get_mut(&words).and_then(|types| types.get_mut(&label)) {
                    *count -= 1;
                }
            }
            let document = open.document();
            let standing = document.entities.values().filter(|entity| entity.status.stands());
            *old = standing.map(|entity| (folded(&document.covered_text(entity)), entity.label.clone())).collect();
            for (words, label) in old.iter() {
                *self.counts.entry(words.clone()).or_default().entry(label.clone()).or_default() += 1;
            }
        }
    }

    /// How often words stand with a type.
    fn count(&self, words: &str, label: &Label) -> u32 {
        self.counts.get(words).and_then(|types| types.get(label)).copied().unwrap_or(0)
    }

    /// The other type with which words stand most often, and how often.
    fn usual_other(&self, words: &str, label: &Label) -> Option<(&Label, u32)> {
        let types = self.counts.get(words)?;
        let others = types.iter().filter(|(other, count)| *other != label && **count > 0);
        others.map(|(other, count)| (other, *count)).max_by_key(|(_, count)| *count)
    }
}

/// What checks look at.
#[derive(Clone, Copy, Debug)]
pub struct Checked<'a> {
    /// The document.
    pub document: &'a Document,
    /// Its types and roles.
    pub schema: &'a Schema,
    /// Its sentences and words.
    pub segmentation: &'a Segmentation,
    /// The words of all documents.
    pub elsewhere: &'a WordTypes,
    /// What readers found in the files of the document, a sentence each. Untrusted.
    pub findings: &'a [String],
    /// Whether missing mentions are looked for: where annotation is selective, most of them are meant to be missing.
    pub missing_mentions: bool,
}

/// What deserves another look, in text order.
pub fn checks(checked: &Checked<'_>) -> Vec<Check> {
    let related: BTreeSet<&AnnotationId> = checked
        .document
        .relations
        .values()
        .filter(|relation| relation.status != Status::Rejected)
        .flat_map(|relation| [&relation.subject, &relation.object])
        .collect();
    let mut found = Vec::new();
    checked.files(&mut found);
    for entity in checked.document.entities.values().filter(|entity| entity.status != Status::Rejected) {
        checked.unknown_type(entity, &mut found);
        checked.other_type(entity, &mut found);
        if entity.status.stands() {
            checked.cuts_word(entity, &mut found);
            if !related.contains(&entity.id) {
                checked.no_relation(entity, &mut found);
            }
        }
    }
    for relation in checked.document.relations.values().filter(|relation| relation.status != Status::Rejected) {
        checked.illegal_role(relation, &mut found);
    }
    if checked.missing_mentions {
        checked.missing(&mut found);
    }
    found.sort_by_key(|check| (check.at, check.kind));
    found
}

/// Whether a relation has a role that is legal between its ends, as far as these are spans and the schema says anything of roles.
pub fn is_legal(document: &Document, schema: &Schema, relation: &Relation) -> bool {
    let label = |id: &AnnotationId| document.entities.get(id).map(|entity| &entity.label);
    let (Some(subject), Some(object)) = (label(&relation.subject), label(&relation.object)) else { return true };
    schema.legal.is_empty() || schema.roles_between(subject, object).any(|role| *role == relation.role)
}

impl Checked<'_> {
    fn note(&self, kind: CheckKind, entity: &Entity, message: String) -> Check {
        Check { kind, at: entity.hull(), about: Some(entity.id.clone()), message }
    }

    fn words(&self, entity: &Entity) -> String {
        self.document.covered_text(entity)
    }

    /// Told at the start of the text: a line of a file that could not be read has no better place.
    fn files(&self, found: &mut Vec<Check>) {
        let Ok(at) = CharSpan::of_chars(0, 1) else { return };
        let check = |message: &String| Check { kind: CheckKind::File, at, about: None, message: message.clone() };
        found.extend(self.findings.iter().map(check));
    }

    fn unknown_type(&self, entity: &Entity, found: &mut Vec<Check>) {
        if self.schema.entity(&entity.label).is_none() {
            let message = format!("\"{}\" is a {}, which the schema does not have", self.words(entity), entity.label);
            found.push(self.note(CheckKind::UnknownType, entity, message));
        }
    }

    fn cuts_word(&self, entity: &Entity, found: &mut Vec<Check>) {
        if entity.spans.iter().any(|span| self.document.text.cuts_word(*span)) {
            let message = format!("{} \"{}\" begins or ends inside a word", entity.label, self.words(entity));
            found.push(self.note(CheckKind::CutsWord, entity, message));
        }
    }

    /// Worth telling when the other type is the usual one.
    fn other_type(&self, entity: &Entity, found: &mut Vec<Check>) {
        let words = folded(&self.words(entity));
        let Some((other, times)) = self.elsewhere.usual_other(&words, &entity.label) else { return };
        if times > self.elsewhere.count(&words, &entity.label).saturating_sub(u32::from(entity.status.stands())) {
            let message = format!("\"{}\" is {} here and {other} elsewhere ({times}×)", self.words(entity), entity.label);
            found.push(self.note(CheckKind::OtherType, entity, message));
        }
    }

    fn no_relation(&self, entity: &Entity, found: &mut Vec<Check>) {
        let has_place =
            |pair: &crate::document::LegalPair| pair.subjects.contains(&entity.label) || pair.objects.contains(&entity.label);
        if self.schema.legal.iter().any(has_place) {
            let message = format!("{} \"{}\" has no relation", entity.label, self.words(entity));
            found.push(self.note(CheckKind::NoRelation, entity, message));
        }
    }

    fn illegal_role(&self, relation: &Relation, found: &mut Vec<Check>) {
        if is_legal(self.document, self.schema, relation) {
            return;
        }
        let ends = [&relation.subject, &relation.object].map(|end| self.document.entities.get(end));
        let [Some(subject), Some(object)] = ends else { return };
        let message = format!("{} is not legal from {} to {}", relation.role, subject.label, object.label);
        let at = subject.hull().max(object.hull());
        found.push(Check { kind: CheckKind::IllegalRole, at, about: Some(relation.id.clone()), message });
    }

    fn missing(&self, found: &mut Vec<Check>) {
        let standing = || self.document.entities.values().filter(|entity| entity.status.stands());
        let sentence_of = |at: CharSpan| self.segmentation.sentence_at(at.start());
        let annotated: BTreeSet<usize> = standing().filter_map(|entity| sentence_of(entity.hull())).collect();
        let mut marked: Vec<CharSpan> = self.document.entities.values().flat_map(|entity| entity.spans.iter().copied()).collect();
        marked.sort_unstable();
        let longest = marked.iter().map(|span| span.chars()).max().unwrap_or(0);
        let free = |at: CharSpan| {
            let from = marked.partition_point(|span| span.start().plus(longest) <= at.start());
            !marked.iter().skip(from).take_while(|span| span.start() < at.end()).any(|span| span.overlaps(at))
        };
        let mut seen = BTreeSet::new();
        for entity in standing().filter(|entity| entity.spans.len() == 1) {
            let words = self.words(entity);
            let letters = words.chars().filter(|c| c.is_alphanumeric()).count();
            if letters < SHORTEST_MENTION || !seen.insert((folded(&words), entity.label.clone())) {
                continue;
            }
            for at in occurrences(&self.document.text, self.segmentation, &words) {
                if free(at) && sentence_of(at).is_some_and(|sentence| annotated.contains(&sentence)) {
                    let message = format!("\"{words}\" is {} elsewhere and not marked here", entity.label);
                    found.push(Check { kind: CheckKind::MissingMention, at, about: None, message });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
