//! The shape of a line: what its keys are called and what stands behind them.

use crate::document::{
    AnnotationId, Attribute, AttributeKind, DocumentStatus, Entity, Event, Label, Normalization, Note, Origin, Relation, Status,
};
use crate::formats::json::strict_map;
use crate::text::CharSpan;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A JSON object of one annotation. Keys that are not its own stand among the others, or in `unknown` when one of them would be
/// taken for its own.
pub(super) trait Shape: Serialize + for<'de> Deserialize<'de> {
    /// The name of the list that it stands in.
    const LIST: &'static str;
    /// Its own keys.
    const KEYS: &'static [&'static str];

    /// Its id.
    fn id(&self) -> &AnnotationId;

    /// Who made it, for what can be proposed.
    fn origin(&self) -> Option<&Origin> {
        None
    }

    /// Keys kept from elsewhere.
    fn unknown(&mut self) -> &mut Map<String, Value>;
}

macro_rules! shape {
    ($(#[$doc:meta])* $name:ident in $list:literal $(by $origin:ident)? { $($(#[$attribute:meta])* $field:ident: $type:ty),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $name {
            $($(#[$attribute])* pub(super) $field: $type,)+
            #[serde(default, skip_serializing_if = "Map::is_empty", deserialize_with = "strict_map")]
            pub(super) unknown: Map<String, Value>,
        }

        impl Shape for $name {
            const LIST: &'static str = $list;
            const KEYS: &'static [&'static str] = &[$(stringify!($field),)+ "unknown"];

            fn id(&self) -> &AnnotationId {
                &self.id
            }

            $(fn origin(&self) -> Option<&Origin> {
                Some(&self.$origin)
            })?

            fn unknown(&mut self) -> &mut Map<String, Value> {
                &mut self.unknown
            }
        }
    };
}

shape! {
    /// An item of `entities`.
    EntityLine in "entities" by origin {
        id: AnnotationId,
        label: Label,
        spans: Vec<CharSpan>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        #[serde(default = "given")]
        origin: Origin,
        #[serde(default = "accepted")]
        status: Status,
    }
}

shape! {
    /// An item of `relations`.
    RelationLine in "relations" by origin {
        id: AnnotationId,
        role: Label,
        subject: AnnotationId,
        object: AnnotationId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        argument_names: Option<(Label, Label)>,
        #[serde(default = "given")]
        origin: Origin,
        #[serde(default = "accepted")]
        status: Status,
    }
}

shape! {
    /// An item of `events`.
    EventLine in "events" {
        id: AnnotationId,
        label: Label,
        trigger: AnnotationId,
        #[serde(default)]
        arguments: Vec<(Label, AnnotationId)>,
    }
}

shape! {
    /// An item of `attributes`.
    AttributeLine in "attributes" {
        id: AnnotationId,
        #[serde(default = "attribute")]
        kind: AttributeKind,
        name: Label,
        target: AnnotationId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<String>,
    }
}

shape! {
    /// An item of `normalizations`.
    NormalizationLine in "normalizations" {
        id: AnnotationId,
        #[serde(default = "reference")]
        kind: Label,
        target: AnnotationId,
        database: String,
        entry: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    }
}

shape! {
    /// An item of `notes`.
    NoteLine in "notes" {
        id: AnnotationId,
        #[serde(default = "annotator_notes")]
        kind: Label,
        target: AnnotationId,
        text: String,
    }
}

fn given() -> Origin {
    Origin::Given
}

fn accepted() -> Status {
    Status::Accepted
}

fn attribute() -> AttributeKind {
    AttributeKind::Attribute
}

fn reference() -> Label {
    Label::from("Reference")
}

fn annotator_notes() -> Label {
    Label::from("AnnotatorNotes")
}

impl EntityLine {
    pub(super) fn of(entity: &Entity, covered: String) -> Self {
        let Entity { id, label, spans, origin, status } = entity.clone();
        Self { id, label, spans, text: Some(covered), origin, status, unknown: Map::new() }
    }

    pub(super) fn into_entity(self) -> Entity {
        let Self { id, label, spans, origin, status, .. } = self;
        Entity { id, label, spans, origin, status }
    }
}

impl From<&Relation> for RelationLine {
    fn from(relation: &Relation) -> Self {
        let Relation { id, role, subject, object, argument_names, origin, status } = relation.clone();
        Self { id, role, subject, object, argument_names, origin, status, unknown: Map::new() }
    }
}

impl From<RelationLine> for Relation {
    fn from(line: RelationLine) -> Self {
        let RelationLine { id, role, subject, object, argument_names, origin, status, .. } = line;
        Self { id, role, subject, object, argument_names, origin, status }
    }
}

impl From<&Event> for EventLine {
    fn from(event: &Event) -> Self {
        let Event { id, label, trigger, arguments } = event.clone();
        Self { id, label, trigger, arguments, unknown: Map::new() }
    }
}

impl From<EventLine> for Event {
    fn from(line: EventLine) -> Self {
        let EventLine { id, label, trigger, arguments, .. } = line;
        Self { id, label, trigger, arguments }
    }
}

impl From<&Attribute> for AttributeLine {
    fn from(attribute: &Attribute) -> Self {
        let Attribute { id, kind, name, target, value } = attribute.clone();
        Self { id, kind, name, target, value, unknown: Map::new() }
    }
}

impl From<AttributeLine> for Attribute {
    fn from(line: AttributeLine) -> Self {
        let AttributeLine { id, kind, name, target, value, .. } = line;
        Self { id, kind, name, target, value }
    }
}

impl From<&Normalization> for NormalizationLine {
    fn from(normalization: &Normalization) -> Self {
        let Normalization { id, kind, target, database, entry, name } = normalization.clone();
        Self { id, kind, target, database, entry, name, unknown: Map::new() }
    }
}

impl From<NormalizationLine> for Normalization {
    fn from(line: NormalizationLine) -> Self {
        let NormalizationLine { id, kind, target, database, entry, name, .. } = line;
        Self { id, kind, target, database, entry, name }
    }
}

impl From<&Note> for NoteLine {
    fn from(note: &Note) -> Self {
        let Note { id, kind, target, text } = note.clone();
        Self { id, kind, target, text, unknown: Map::new() }
    }
}

impl From<NoteLine> for Note {
    fn from(line: NoteLine) -> Self {
        let NoteLine { id, kind, target, text, .. } = line;
        Self { id, kind, target, text }
    }
}

/// One line of the file that the document was first read from.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum KeptLine {
    /// It was not understood and is kept.
    Verbatim(String),
    /// It stands for an annotation.
    Annotation(AnnotationLine),
    /// It stands for an equivalence.
    Equivalence(EquivalenceLine),
}

/// The line of an annotation.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AnnotationLine {
    pub(super) id: AnnotationId,
    /// As it was read; left out when that is its normal form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) original: Option<String>,
    /// Its normal form when it was read; left out when the annotation has not changed since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) normal: Option<String>,
}

/// The line of an equivalence.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EquivalenceLine {
    /// Its place in `equivalences`, from 0.
    pub(super) equivalence: usize,
    /// As for an annotation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) original: Option<String>,
    /// As for an annotation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) normal: Option<String>,
}

/// An item of `equivalences`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EquivalenceItem {
    #[serde(default = "equiv")]
    pub(super) label: Label,
    pub(super) members: Vec<AnnotationId>,
}

fn equiv() -> Label {
    Label::from("Equiv")
}

/// What stands on a line, when all of it is as it should be.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct DocumentLine {
    pub(super) rolecall: Option<u64>,
    pub(super) name: Option<String>,
    pub(super) database: Option<String>,
    pub(super) id: Option<String>,
    pub(super) text: Option<String>,
    pub(super) entities: Vec<EntityLine>,
    pub(super) relations: Vec<RelationLine>,
    pub(super) events: Vec<EventLine>,
    pub(super) attributes: Vec<AttributeLine>,
    pub(super) normalizations: Vec<NormalizationLine>,
    pub(super) notes: Vec<NoteLine>,
    pub(super) equivalences: Vec<EquivalenceItem>,
    pub(super) status: DocumentStatus,
    pub(super) flagged: bool,
    pub(super) remark: String,
    pub(super) lines: Vec<KeptLine>,
    pub(super) given_lines: Vec<KeptLine>,
    #[serde(deserialize_with = "strict_map")]
    pub(super) skipped: Map<String, Value>,
    #[serde(deserialize_with = "strict_map")]
    pub(super) unknown: Map<String, Value>,
}

impl DocumentLine {
    /// The keys of a line.
    pub(super) const KEYS: &'static [&'static str] = &[
        "rolecall",
        "name",
        "database",
        "id",
        "text",
        "entities",
        "relations",
        "events",
        "attributes",
        "normalizations",
        "notes",
        "equivalences",
        "status",
        "flagged",
        "remark",
        "lines",
        "given_lines",
        "skipped",
        "unknown",
    ];
}
