//! Documents all of whose parts are as they should be, read straight into their shape. Anything else is an error here, which says no
//! more than that the document has to be taken apart as a tree.

use crate::formats::bioc::infons::Infons;
use crate::formats::bioc::model::{Annotation, BiocDocument, Location, Node, Passage, Place, Relation};
use crate::formats::json::{Fields, Object, Word, keep, once, strict_map};
use serde::de::{Deserialize, Deserializer, Error, MapAccess};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// A document.
#[derive(Debug, Default)]
pub(super) struct Sheet<'a> {
    id: Option<Word<'a>>,
    infons: Option<Keys>,
    passages: Option<Vec<Object<Part<'a>>>>,
    annotations: Option<Vec<Object<Mention<'a>>>>,
    relations: Option<Vec<Object<Link<'a>>>>,
    others: Map<String, Value>,
}

impl<'a> Sheet<'a> {
    /// The document with the places of its parts.
    pub(super) fn document(self) -> BiocDocument<'a> {
        let at = |list: &'static str, index: usize| Place::Item { passage: None, sentence: None, list, index };
        let passages = self.passages.unwrap_or_default().into_iter().enumerate();
        BiocDocument {
            id: self.id.map(|Word(id)| id).unwrap_or_default(),
            infons: self.infons.unwrap_or_default().0,
            passages: passages.map(|(index, Object(part))| part.passage(index)).collect(),
            annotations: mentions(self.annotations, at),
            relations: links(self.relations, at),
            others: self.others,
            ..BiocDocument::default()
        }
    }
}

impl<'a> Fields<'a> for Sheet<'a> {
    fn field<M: MapAccess<'a>>(&mut self, key: Cow<'a, str>, map: &mut M) -> Result<(), M::Error> {
        match &*key {
            "id" => once(&mut self.id, map),
            "infons" => once(&mut self.infons, map),
            "passages" => once(&mut self.passages, map),
            "annotations" => once(&mut self.annotations, map),
            "relations" => once(&mut self.relations, map),
            _ => keep(&mut self.others, key, map),
        }
    }
}

/// A map without a key that comes twice.
#[derive(Debug, Default)]
struct Keys(Map<String, Value>);

impl<'a> Deserialize<'a> for Keys {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        strict_map(deserializer).map(Self)
    }
}

/// A passage.
#[derive(Debug, Default)]
struct Part<'a> {
    own: Own<'a>,
    sentences: Option<Vec<Object<Own<'a>>>>,
}

impl<'a> Part<'a> {
    fn passage(self, index: usize) -> Passage<'a> {
        let sentences = self.sentences.unwrap_or_default().into_iter().enumerate();
        let sentences = sentences.map(|(place, Object(sentence))| sentence.passage(index, Some(place))).collect();
        Passage { sentences, ..self.own.passage(index, None) }
    }
}

impl<'a> Fields<'a> for Part<'a> {
    fn field<M: MapAccess<'a>>(&mut self, key: Cow<'a, str>, map: &mut M) -> Result<(), M::Error> {
        if key == "sentences" { once(&mut self.sentences, map) } else { self.own.field(key, map) }
    }
}

/// A sentence, or what a passage has in common with one.
#[derive(Debug, Default)]
struct Own<'a> {
    offset: Option<i64>,
    infons: Option<Keys>,
    text: Option<Word<'a>>,
    annotations: Option<Vec<Object<Mention<'a>>>>,
    relations: Option<Vec<Object<Link<'a>>>>,
    others: Map<String, Value>,
}

impl<'a> Own<'a> {
    fn passage(self, index: usize, part: Option<usize>) -> Passage<'a> {
        let at = |list: &'static str, place: usize| Place::Item { passage: Some(index), sentence: part, list, index: place };
        Passage {
            infons: self.infons.unwrap_or_default().0,
            offset: self.offset,
            text: self.text.map(|Word(text)| text),
            sentences: Vec::new(),
            annotations: mentions(self.annotations, at),
            relations: links(self.relations, at),
            others: self.others,
            place: match part {
                None => Place::Item { passage: None, sentence: None, list: "passages", index },
                Some(place) => Place::Item { passage: Some(index), sentence: None, list: "sentences", index: place },
            },
        }
    }
}

impl<'a> Fields<'a> for Own<'a> {
    fn field<M: MapAccess<'a>>(&mut self, key: Cow<'a, str>, map: &mut M) -> Result<(), M::Error> {
        match &*key {
            "offset" => once(&mut self.offset, map),
            "infons" => once(&mut self.infons, map),
            "text" => once(&mut self.text, map),
            "annotations" => once(&mut self.annotations, map),
            "relations" => once(&mut self.relations, map),
            _ => keep(&mut self.others, key, map),
        }
    }
}

/// An annotation.
#[derive(Debug, Default)]
struct Mention<'a> {
    id: Option<Word<'a>>,
    infons: Option<Infons<'a>>,
    locations: Option<Vec<Object<Location>>>,
    text: Option<Word<'a>>,
    others: Map<String, Value>,
}

fn mentions<'a>(list: Option<Vec<Object<Mention<'a>>>>, at: impl Fn(&'static str, usize) -> Place) -> Vec<Annotation<'a>> {
    let read = list.unwrap_or_default().into_iter().enumerate().map(|(index, Object(mention))| {
        let Mention { id, infons, locations, text, others } = mention;
        Annotation {
            id: id.map(|Word(id)| id),
            infons: infons.unwrap_or_default(),
            locations: locations.unwrap_or_default().into_iter().map(|Object(location)| location).collect(),
            text: text.map(|Word(text)| text),
            others,
            raw: None,
            place: at("annotations", index),
        }
    });
    read.collect()
}

impl<'a> Fields<'a> for Mention<'a> {
    fn field<M: MapAccess<'a>>(&mut self, key: Cow<'a, str>, map: &mut M) -> Result<(), M::Error> {
        match &*key {
            "id" => once(&mut self.id, map),
            "infons" => once(&mut self.infons, map),
            "locations" => once(&mut self.locations, map),
            "text" => once(&mut self.text, map),
            _ => keep(&mut self.others, key, map),
        }
    }
}

impl<'a> Fields<'a> for Location {
    fn field<M: MapAccess<'a>>(&mut self, key: Cow<'a, str>, map: &mut M) -> Result<(), M::Error> {
        match &*key {
            "offset" => once(&mut self.offset, map),
            "length" => once(&mut self.length, map),
            _ => Err(M::Error::custom("no key of a location")),
        }
    }
}

/// A relation.
#[derive(Debug, Default)]
struct Link<'a> {
    id: Option<Word<'a>>,
    infons: Option<Infons<'a>>,
    nodes: Option<Vec<Object<End<'a>>>>,
    others: Map<String, Value>,
}

fn links<'a>(list: Option<Vec<Object<Link<'a>>>>, at: impl Fn(&'static str, usize) -> Place) -> Vec<Relation<'a>> {
    let read = list.unwrap_or_default().into_iter().enumerate().map(|(index, Object(link))| {
        let Link { id, infons, nodes, others } = link;
        let word = |word: Option<Word<'a>>| word.map(|Word(word)| word).unwrap_or_default();
        let nodes = nodes.unwrap_or_default().into_iter();
        Relation {
            id: id.map(|Word(id)| id),
            infons: infons.unwrap_or_default(),
            nodes: nodes.map(|Object(End { refid, role })| Node { refid: word(refid), role: word(role) }).collect(),
            others,
            raw: None,
            place: at("relations", index),
        }
    });
    read.collect()
}

impl<'a> Fields<'a> for Link<'a> {
    fn field<M: MapAccess<'a>>(&mut self, key: Cow<'a, str>, map: &mut M) -> Result<(), M::Error> {
        match &*key {
            "id" => once(&mut self.id, map),
            "infons" => once(&mut self.infons, map),
            "nodes" => once(&mut self.nodes, map),
            _ => keep(&mut self.others, key, map),
        }
    }
}

/// A node of a relation.
#[derive(Debug, Default)]
struct End<'a> {
    refid: Option<Word<'a>>,
    role: Option<Word<'a>>,
}

impl<'a> Fields<'a> for End<'a> {
    fn field<M: MapAccess<'a>>(&mut self, key: Cow<'a, str>, map: &mut M) -> Result<(), M::Error> {
        match &*key {
            "refid" => once(&mut self.refid, map),
            "role" => once(&mut self.role, map),
            _ => Err(M::Error::custom("no key of a node")),
        }
    }
}
