//! BioC as it is written, before it is a document.

use crate::text::LineColumn;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a collection says of itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Collection {
    #[serde(default)]
    pub(super) source: String,
    #[serde(default)]
    pub(super) date: String,
    #[serde(default)]
    pub(super) key: String,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(super) infons: Map<String, Value>,
    /// Other keys of JSON.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(super) others: Map<String, Value>,
}

/// A document.
#[derive(Clone, Debug, Default)]
pub(super) struct BiocDocument {
    pub(super) id: String,
    pub(super) infons: Map<String, Value>,
    pub(super) passages: Vec<Passage>,
    /// Those of the document itself.
    pub(super) annotations: Vec<Annotation>,
    pub(super) relations: Vec<Relation>,
    /// Other keys of JSON.
    pub(super) others: Map<String, Value>,
    pub(super) place: Place,
}

/// A passage, or a sentence of one.
#[derive(Clone, Debug, Default)]
pub(super) struct Passage {
    pub(super) infons: Map<String, Value>,
    pub(super) offset: Option<i64>,
    pub(super) text: Option<String>,
    pub(super) sentences: Vec<Passage>,
    pub(super) annotations: Vec<Annotation>,
    pub(super) relations: Vec<Relation>,
    /// Other keys of JSON.
    pub(super) others: Map<String, Value>,
    pub(super) place: Place,
}

/// An annotation.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Annotation {
    pub(super) id: Option<String>,
    pub(super) infons: Map<String, Value>,
    /// Offset and length as they are written; `None` for what is no number.
    pub(super) locations: Vec<(Option<i64>, Option<i64>)>,
    pub(super) text: Option<String>,
    #[serde(skip)]
    pub(super) others: Map<String, Value>,
    #[serde(skip)]
    pub(super) place: Place,
}

/// A relation.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Relation {
    pub(super) id: Option<String>,
    pub(super) infons: Map<String, Value>,
    /// Id and role.
    pub(super) nodes: Vec<(String, String)>,
    #[serde(skip)]
    pub(super) others: Map<String, Value>,
    #[serde(skip)]
    pub(super) place: Place,
}

/// Where something stands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Place {
    /// Not known, as for what was made and not read.
    #[default]
    Nowhere,
    /// Where it begins.
    At(LineColumn),
    /// An item of a JSON list inside a document: of passage and sentence (from 0), of which list, at which place.
    Item { passage: Option<usize>, sentence: Option<usize>, list: &'static str, index: usize },
}
