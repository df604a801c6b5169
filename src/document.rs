//! A document and what is annotated in it, independent of any file format and of how it is shown.
//!
//! Changes are [`Transaction`]s: values that can be applied, inverted, journalled and replayed. Nothing here does I/O.

mod annotation;
mod combine;
mod defaults;
mod schema;
mod transaction;

pub use annotation::{
    AnnotationId, Attribute, AttributeKind, Entity, Equivalence, Event, Label, Normalization, Note, Origin, Relation, Status,
};
pub use combine::{Annotated, combine, keep_decisions};
pub(crate) use defaults::is_default;
pub use schema::{EntityType, LegalPair, Role, Schema, SchemaError, Tint};
pub use transaction::{Item, ItemKind, Operation, Transaction, TransactionError};

use crate::text::{CharSpan, SourceText};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// Where a document stands in the curator's pile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentStatus {
    /// Nobody decided anything yet.
    #[default]
    New,
    /// At least one decision was made.
    InReview,
    /// The curator said that it is done.
    Done,
    /// The curator put it aside.
    Skipped,
}

/// What a curator says of the document as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DocumentMarks {
    /// Where it stands.
    pub status: DocumentStatus,
    /// Marked to be looked at again.
    pub flagged: bool,
    /// A remark on the whole document; empty when there is none.
    pub remark: String,
}

/// One line of the file that a document was read from, so that writing it back changes only what changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceLine {
    /// A line that was understood: writing it back gives `original` as long as the annotation still renders as `canonical`.
    Annotation {
        /// The annotation that the line stands for.
        id: AnnotationId,
        /// The line as it was read, without its end.
        original: String,
        /// The line as the writer would have written it right after reading.
        canonical: String,
    },
    /// A `*` line, which has no id.
    Equivalence {
        /// Place of the equivalence in [`Document::equivalences`].
        at: usize,
        /// The line as it was read, without its end.
        original: String,
        /// The line as the writer would have written it right after reading.
        canonical: String,
    },
    /// A line that was not understood, or that holds no annotation: kept byte for byte.
    Verbatim(String),
}

impl SourceLine {
    /// The words of a kept line that may be ids, so that none is given to something else.
    fn verbatim_words(&self) -> impl Iterator<Item = &str> {
        let line = match self {
            Self::Verbatim(line) => line.as_str(),
            Self::Annotation { .. } | Self::Equivalence { .. } => "",
        };
        line.split(['\t', ' ', ':'])
    }
}

/// Where a document comes from, as far as its file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    /// `sourcedb` of PubAnnotation, e.g. `PubMed`.
    pub database: Option<String>,
    /// `sourceid` of PubAnnotation, e.g. the PMID.
    pub id: Option<String>,
    /// Keys of a JSON document that rolecall has no use for, kept to be written back.
    pub unknown: serde_json::Map<String, serde_json::Value>,
    /// The same for single annotations: keys of their JSON objects that rolecall has no use for.
    pub unknown_of: IndexMap<AnnotationId, serde_json::Map<String, serde_json::Value>>,
    /// Items of the lists of a JSON document that could not be understood, by the name of their list, kept to be written back.
    pub skipped: IndexMap<String, Vec<serde_json::Value>>,
}

/// A text with its annotations, in the order of their file.
#[derive(Clone, Debug)]
pub struct Document {
    /// What the document is called in lists and result files: the file name without its ending. Untrusted.
    pub name: String,
    /// The text; it never changes.
    pub text: SourceText,
    /// Text-bound annotations (`T`), the trigger spans.
    pub entities: IndexMap<AnnotationId, Entity>,
    /// Binary relations (`R`), the thematic roles.
    pub relations: IndexMap<AnnotationId, Relation>,
    /// Events (`E`) of BioNLP shared task files.
    pub events: IndexMap<AnnotationId, Event>,
    /// Attributes (`A`) and modifications (`M`).
    pub attributes: IndexMap<AnnotationId, Attribute>,
    /// Links to database entries (`N`).
    pub normalizations: IndexMap<AnnotationId, Normalization>,
    /// Notes (`#`).
    pub notes: IndexMap<AnnotationId, Note>,
    /// Equivalences (`*`).
    pub equivalences: Vec<Equivalence>,
    /// What the curator says of the whole document.
    pub marks: DocumentMarks,
    /// Where it comes from.
    pub provenance: Provenance,
    /// The lines of the `.ann` (or `.a2`) file it was read from; empty when it came from elsewhere.
    pub source_lines: Vec<SourceLine>,
    /// The lines of the `.a1` file it was read from; empty when there was none.
    pub given_lines: Vec<SourceLine>,
}

impl Document {
    /// A document without annotations.
    pub fn new(name: impl Into<String>, text: SourceText) -> Self {
        Self {
            name: name.into(),
            text,
            entities: IndexMap::new(),
            relations: IndexMap::new(),
            events: IndexMap::new(),
            attributes: IndexMap::new(),
            normalizations: IndexMap::new(),
            notes: IndexMap::new(),
            equivalences: Vec::new(),
            marks: DocumentMarks::default(),
            provenance: Provenance::default(),
            source_lines: Vec::new(),
            given_lines: Vec::new(),
        }
    }

    /// The covered text of an entity: its fragments joined by one space, as in brat's text column.
    /// Fragments beyond the text are left out (the readers refuse them).
    pub fn covered_text(&self, entity: &Entity) -> String {
        entity.spans.iter().filter_map(|&span| self.text.slice(span)).collect::<Vec<_>>().join(" ")
    }

    /// How many entities and relations are proposed, and nobody has decided on them.
    pub fn undecided(&self) -> usize {
        let entities = self.entities.values().map(|entity| entity.status);
        let all = entities.chain(self.relations.values().map(|relation| relation.status));
        all.filter(|status| *status == Status::Proposed).count()
    }

    /// Relations that have this entity at one of their ends.
    pub fn relations_of<'a>(&'a self, id: &'a AnnotationId) -> impl Iterator<Item = &'a Relation> {
        self.relations.values().filter(move |relation| relation.subject == *id || relation.object == *id)
    }

    /// Whether any annotation of any kind bears this id.
    pub fn has_id(&self, id: &AnnotationId) -> bool {
        self.id(id.as_str()).is_some()
    }

    /// The id of the annotation of any kind that bears it, to be shared.
    pub fn id(&self, id: &str) -> Option<&AnnotationId> {
        fn key<'a, T>(map: &'a IndexMap<AnnotationId, T>, id: &str) -> Option<&'a AnnotationId> {
            map.get_key_value(id).map(|(key, _)| key)
        }
        key(&self.entities, id)
            .or_else(|| key(&self.relations, id))
            .or_else(|| key(&self.events, id))
            .or_else(|| key(&self.attributes, id))
            .or_else(|| key(&self.normalizations, id))
            .or_else(|| key(&self.notes, id))
    }

    /// All ids in use, and all words that may be ids in what was not understood but is written back.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        let ids = self.entities.keys().chain(self.relations.keys()).chain(self.events.keys());
        let ids = ids.chain(self.attributes.keys()).chain(self.normalizations.keys()).chain(self.notes.keys());
        let lines = self.source_lines.iter().chain(&self.given_lines).flat_map(SourceLine::verbatim_words);
        let items = self.provenance.skipped.values().flatten().filter_map(|item| item.get("id")?.as_str());
        ids.map(AnnotationId::as_str).chain(lines).chain(items)
    }

    /// The first id `T1`, `T2`, … (by prefix) above all numbers in use with that prefix, also in what was not understood.
    pub fn fresh_id(&self, prefix: char) -> AnnotationId {
        let numbers = self.ids().filter_map(counted).filter_map(|(letter, number)| (letter == prefix).then_some(number));
        AnnotationId::new(format!("{prefix}{}", numbers.max().unwrap_or(0) + 1))
    }

    /// Entities whose offsets begin or end inside a word: the sign of offsets that are shifted.
    pub fn entities_cutting_words(&self) -> impl Iterator<Item = &Entity> {
        self.entities.values().filter(|entity| entity.spans.iter().any(|&span| self.text.cuts_word(span)))
    }

    /// An entity with exactly this type and these fragments.
    pub fn entity_at(&self, spans: &[CharSpan], label: &Label) -> Option<&Entity> {
        self.entities.values().find(|entity| entity.label == *label && entity.spans == spans)
    }
}

/// Letter and number of an id that counting reaches, such as `T12`. Beyond these numbers nothing is counted, so that there is always a
/// next one, and it meets none of those.
pub fn counted(id: &str) -> Option<(char, u64)> {
    const MOST: u64 = 1 << 53;
    let mut chars = id.chars();
    let letter = chars.next()?;
    let number = chars.as_str().parse().ok().filter(|number| *number < MOST)?;
    Some((letter, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_id_avoids_what_was_not_understood() {
        let mut document = Document::new("d", SourceText::new("text"));
        assert_eq!(document.fresh_id('T').as_str(), "T1");
        document.source_lines.push(SourceLine::Verbatim("T7\tGene 90 95\tnowhere".into()));
        document.source_lines.push(SourceLine::Verbatim("R3\tThemeOf Arg1:T7 Arg2:T9".into()));
        assert_eq!(document.fresh_id('T').as_str(), "T10");
        document.source_lines.push(SourceLine::Verbatim("T18446744073709551615\tGene 90 95\tnowhere".into()));
        assert_eq!(document.fresh_id('T').as_str(), "T10", "there is always a next one");
        assert_eq!(document.fresh_id('R').as_str(), "R4");
        document.provenance.skipped.insert("relations".into(), vec![serde_json::json!({"id": "R8"}), serde_json::json!(7)]);
        assert_eq!(document.fresh_id('R').as_str(), "R9");
    }
}
