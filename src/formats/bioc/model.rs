//! BioC as it is written, before it is a document. What was read from JSON is borrowed from its source where it can be.

use super::infons::Infons;
use crate::formats::finding::Remark;
use crate::text::LineColumn;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::borrow::Cow;

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
#[derive(Debug, Default)]
pub(super) struct BiocDocument<'a> {
    pub(super) id: Cow<'a, str>,
    pub(super) infons: Map<String, Value>,
    pub(super) passages: Vec<Passage<'a>>,
    /// Those of the document itself.
    pub(super) annotations: Vec<Annotation<'a>>,
    pub(super) relations: Vec<Relation<'a>>,
    /// Other keys of JSON.
    pub(super) others: Map<String, Value>,
    pub(super) place: Place,
    /// What is to be said of parts that have no place here.
    pub(super) remarks: Vec<(Place, Remark)>,
}

/// A passage, or a sentence of one.
#[derive(Debug, Default)]
pub(super) struct Passage<'a> {
    pub(super) infons: Map<String, Value>,
    pub(super) offset: Option<i64>,
    pub(super) text: Option<Cow<'a, str>>,
    pub(super) sentences: Vec<Passage<'a>>,
    pub(super) annotations: Vec<Annotation<'a>>,
    pub(super) relations: Vec<Relation<'a>>,
    /// Other keys of JSON.
    pub(super) others: Map<String, Value>,
    pub(super) place: Place,
}

impl Passage<'_> {
    /// Whether its text is its own; that of another stands in its sentences.
    pub(super) fn bears_text(&self) -> bool {
        self.sentences.is_empty() || self.has_text()
    }

    pub(super) fn has_text(&self) -> bool {
        self.text.as_ref().is_some_and(|text| !text.is_empty())
    }
}

/// An annotation.
#[derive(Debug, Default)]
pub(super) struct Annotation<'a> {
    pub(super) id: Option<Cow<'a, str>>,
    pub(super) infons: Infons<'a>,
    pub(super) locations: Vec<Location>,
    pub(super) text: Option<Cow<'a, str>>,
    /// Other keys of JSON; under [`LOCATIONS`](super::LOCATIONS) those of its locations, an object for each.
    pub(super) others: Map<String, Value>,
    /// All of it, where it does not follow from the parts.
    pub(super) raw: Option<Box<Value>>,
    pub(super) place: Place,
}

/// Offset and length as they are written; `None` for what is no whole number.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Location {
    pub(super) offset: Option<i64>,
    pub(super) length: Option<i64>,
}

/// A relation.
#[derive(Debug, Default)]
pub(super) struct Relation<'a> {
    pub(super) id: Option<Cow<'a, str>>,
    pub(super) infons: Infons<'a>,
    pub(super) nodes: Vec<Node<'a>>,
    /// Other keys of JSON; under [`NODES`](super::NODES) those of its nodes, an object for each.
    pub(super) others: Map<String, Value>,
    /// All of it, where it does not follow from the parts.
    pub(super) raw: Option<Box<Value>>,
    pub(super) place: Place,
}

/// One end of a relation.
#[derive(Clone, Debug, Default)]
pub(super) struct Node<'a> {
    pub(super) refid: Cow<'a, str>,
    pub(super) role: Cow<'a, str>,
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
