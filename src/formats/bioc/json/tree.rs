//! Documents that can't be read straight into their shape, taken apart as trees. What is not what it should be stays among the other
//! keys of its object, so that it is written back, and is reported.

use crate::formats::bioc::model::{Annotation, BiocDocument, Collection, Location, Node, Passage, Place, Relation};
use crate::formats::bioc::{LOCATIONS, NODES};
use crate::formats::finding::Remark;
use crate::formats::json::{Said, besides};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// What is to be said of parts, by their places.
type Remarks = Vec<(Place, Remark)>;

/// What is said of a collection.
pub(super) fn collection(object: Map<String, Value>) -> Collection {
    let mut parts = Parts::of(object);
    let mut word = |key: &str| parts.word(key).unwrap_or_default().into_owned();
    let (source, date, key) = (word("source"), word("date"), word("key"));
    Collection { source, date, key, infons: parts.map("infons"), others: parts.object }
}

/// A document.
pub(super) fn document(object: Map<String, Value>) -> BiocDocument<'static> {
    let at = |list: &'static str, index: usize| Place::Item { passage: None, sentence: None, list, index };
    let (mut parts, mut remarks) = (Parts::of(object), Remarks::new());
    let passages = objects(parts.list("passages"), |index| at("passages", index), &mut remarks).into_iter();
    let passages = passages.map(|(index, object)| passage(object, index, None, &mut remarks)).collect();
    BiocDocument {
        id: parts.word("id").unwrap_or_default(),
        infons: parts.map("infons"),
        passages,
        annotations: parts.annotations(at),
        relations: parts.relations(at),
        others: parts.others(Place::Nowhere, &mut remarks),
        place: Place::Nowhere,
        remarks,
    }
}

/// The passage at this place of its document, or that sentence of it.
fn passage(object: Map<String, Value>, index: usize, sentence: Option<usize>, remarks: &mut Remarks) -> Passage<'static> {
    let at = |list: &'static str, place: usize| Place::Item { passage: Some(index), sentence, list, index: place };
    let place = match sentence {
        None => Place::Item { passage: None, sentence: None, list: "passages", index },
        Some(sentence) => Place::Item { passage: Some(index), sentence: None, list: "sentences", index: sentence },
    };
    let mut parts = Parts::of(object);
    let sentences = if sentence.is_none() { parts.list("sentences") } else { Vec::new() };
    let sentences = objects(sentences, |place| at("sentences", place), remarks).into_iter();
    let sentences = sentences.map(|(place, object)| passage(object, index, Some(place), remarks)).collect();
    Passage {
        infons: parts.map("infons"),
        offset: parts.number("offset"),
        text: parts.word("text"),
        sentences,
        annotations: parts.annotations(at),
        relations: parts.relations(at),
        others: parts.others(place, remarks),
        place,
    }
}

/// The objects of a list with their places in it; what is none is reported.
fn objects(list: Vec<Value>, at: impl Fn(usize) -> Place, remarks: &mut Remarks) -> Vec<(usize, Map<String, Value>)> {
    let objects = list.into_iter().enumerate().filter_map(|(index, value)| match value {
        Value::Object(object) => Some((index, object)),
        other => {
            let message = format!("{other} stands where an object belongs; it is left out");
            remarks.push((at(index), Remark::error("not-an-object", message)));
            None
        }
    });
    objects.collect()
}

/// An annotation.
pub(in crate::formats::bioc) fn annotation(value: Value, place: Place) -> Annotation<'static> {
    let raw = Some(Box::new(value.clone()));
    let Value::Object(object) = value else { return Annotation { raw, place, ..Annotation::default() } };
    let mut parts = Parts::of(object);
    let list = parts.list(LOCATIONS);
    let number = |location: &Value, key: &str| location.get(key).and_then(Value::as_i64);
    let of = |location| Location { offset: number(location, "offset"), length: number(location, "length") };
    let locations = list.iter().map(of).collect();
    let (id, infons, text, mut others) = (parts.word("id"), parts.map("infons").into(), parts.word("text"), parts.object);
    others.extend(besides(&list, &["offset", "length"]).map(|kept| (LOCATIONS.to_owned(), kept)));
    Annotation { id, infons, locations, text, others, raw, place }
}

/// A relation.
pub(in crate::formats::bioc) fn relation(value: Value, place: Place) -> Relation<'static> {
    let raw = Some(Box::new(value.clone()));
    let Value::Object(object) = value else { return Relation { raw, place, ..Relation::default() } };
    let mut parts = Parts::of(object);
    let list = parts.list(NODES);
    let word = |node: &Value, key: &str| node.get(key).map(|value| text_of(value.clone())).unwrap_or_default();
    let nodes = list.iter().map(|node| Node { refid: word(node, "refid"), role: word(node, "role") }).collect();
    let (id, infons, mut others) = (parts.word("id"), parts.map("infons").into(), parts.object);
    others.extend(besides(&list, &["refid", "role"]).map(|kept| (NODES.to_owned(), kept)));
    Relation { id, infons, nodes, others, raw, place }
}

fn text_of(value: Value) -> Cow<'static, str> {
    match Said::of(value) {
        Said::Word(word) => word,
        other => Cow::Owned(other.text().into_owned()),
    }
}

/// An object from which parts are taken.
struct Parts {
    /// What is not taken yet.
    object: Map<String, Value>,
    /// What stands in it although it is one of its own keys, with what it should be.
    odd: Vec<(&'static str, &'static str)>,
}

impl Parts {
    fn of(object: Map<String, Value>) -> Self {
        Self { object, odd: Vec::new() }
    }

    /// The value of a key if `read` understands it; `null` is none. Another stays.
    fn take<T>(&mut self, key: &'static str, what: &'static str, read: impl Fn(Value) -> Result<T, Value>) -> Option<T> {
        let place = self.object.get_mut(key)?;
        match place.take() {
            Value::Null => drop(self.object.shift_remove(key)),
            value => match read(value) {
                Ok(read) => {
                    self.object.shift_remove(key);
                    return Some(read);
                }
                Err(value) => {
                    *place = value;
                    self.odd.push((key, what));
                }
            },
        }
        None
    }

    /// A string; what is none stands as its JSON.
    fn word(&mut self, key: &str) -> Option<Cow<'static, str>> {
        self.object.shift_remove(key).filter(|value| !value.is_null()).map(text_of)
    }

    fn map(&mut self, key: &'static str) -> Map<String, Value> {
        let map = |value| if let Value::Object(map) = value { Ok(map) } else { Err(value) };
        self.take(key, "no object", map).unwrap_or_default()
    }

    fn list(&mut self, key: &'static str) -> Vec<Value> {
        let list = |value| if let Value::Array(items) = value { Ok(items) } else { Err(value) };
        self.take(key, "no list", list).unwrap_or_default()
    }

    fn number(&mut self, key: &'static str) -> Option<i64> {
        self.take(key, "no whole number", |value| value.as_i64().ok_or(value))
    }

    fn annotations(&mut self, at: impl Fn(&'static str, usize) -> Place) -> Vec<Annotation<'static>> {
        let list = self.list("annotations").into_iter().enumerate();
        list.map(|(index, value)| annotation(value, at("annotations", index))).collect()
    }

    fn relations(&mut self, at: impl Fn(&'static str, usize) -> Place) -> Vec<Relation<'static>> {
        let list = self.list("relations").into_iter().enumerate();
        list.map(|(index, value)| relation(value, at("relations", index))).collect()
    }

    /// What is left, to be kept.
    fn others(self, place: Place, remarks: &mut Remarks) -> Map<String, Value> {
        let said = self.odd.into_iter().map(|(key, what)| {
            (place, Remark::error("not-understood", format!("\"{key}\" is {what}; it can't be read as what it stands for")))
        });
        remarks.extend(said);
        self.object
    }
}
