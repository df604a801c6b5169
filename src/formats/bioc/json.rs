//! BioC as JSON.

use super::assemble::assemble;
use super::disassemble::disassemble;
use super::model::{Annotation, BiocDocument, Collection, Passage, Place, Relation};
use super::quick::Sheet;
use crate::document::Document;
use crate::formats::finding::{Finding, Remark};
use crate::formats::json::{self, Counter, Fault, Object, Step};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::path::Path;

/// Findings of one document that get a line and a column: each costs a walk through the source.
const MOST_PLACES: usize = 1000;

/// What came of a document, or of what stands where one belongs.
type Read = (Option<Document>, Vec<Finding>);

/// Reads the documents of a source, each with its findings; of a source that stops being JSON, those that stand before.
pub(in crate::formats) fn read(name: &str, file: &Path, source: &str) -> Vec<Read> {
    let begin = source.len() - json::trim_start(source).len();
    let mut read = Vec::new();
    let mut counter = Counter::new(source);
    let end = if source.get(begin..).is_some_and(|rest| rest.starts_with('[')) {
        Documents { name, file, source, counter: &mut counter, collection: &Collection::default() }.list(begin, &mut read)
    } else {
        let outline = Outline::of(source, begin);
        let end = outline.end;
        match outline.list(source) {
            Some((list, open)) => {
                let (collection, doubled) = outline.collection(source, list);
                let findings = doubled.into_iter().map(|(key, byte)| {
                    let place = counter.at(byte);
                    json::given_twice(&key).at(place.column).on(file, place.line)
                });
                read.extend(
                    Some(findings.collect()).filter(|findings: &Vec<Finding>| !findings.is_empty()).map(|all| (None, all)),
                );
                let mut documents = Documents { name, file, source, counter: &mut counter, collection: &collection };
                documents.list(open, &mut read).and(end)
            }
            None => {
                let collection = Collection::default();
                let mut documents = Documents { name, file, source, counter: &mut counter, collection: &collection };
                documents.one(name.to_owned(), begin, &mut read)
            }
        }
    };
    let is_whole = end.and_then(|end| source.get(end..)).is_some_and(|rest| json::trim_start(rest).is_empty());
    // Only then: what is wrong is found by parsing all of it once more.
    if !is_whole {
        read.extend(json::fault(source).map(|fault| (None, vec![fault.on(file, json::BEGINNING)])));
    }
    read
}

/// The keys of an object that may be a collection.
struct Outline<'a> {
    /// Each with the byte at which its value begins; the last one's may be broken.
    keys: Vec<(Cow<'a, str>, usize)>,
    /// The byte behind the object; `None` when it is broken.
    end: Option<usize>,
}

impl<'a> Outline<'a> {
    fn of(source: &'a str, begin: usize) -> Self {
        let mut keys = Vec::new();
        let end = json::members(source, begin, |key, at| {
            keys.push((key, at));
            json::skip(source, at)
        });
        Self { keys, end }
    }

    /// The key under which its documents stand, and the byte at which their list begins.
    fn list(&self, source: &str) -> Option<(&'static str, usize)> {
        let begins = |key: &str| {
            let mut lists = self.keys.iter().rev().filter(|(_, at)| source.as_bytes().get(*at) == Some(&b'['));
            lists.find_map(|(found, at)| (found == key).then_some(*at))
        };
        ["documents", "PubTator3"].into_iter().find_map(|key| Some((key, begins(key)?)))
    }

    /// What is said of the collection by keys other than that of its documents; keys that come twice, with the byte of their value.
    fn collection(self, source: &str, list: &str) -> (Collection, Vec<(String, usize)>) {
        let (mut object, mut doubled) = (Map::new(), Vec::new());
        for (key, at) in self.keys {
            let value = if key == list { Some(Value::Null) } else { self::value(source, at, &mut doubled) };
            if object.insert(key.to_string(), value.unwrap_or_default()).is_some() {
                doubled.push((key.into_owned(), at));
            }
        }
        object.shift_remove(list);
        (collection(object), doubled)
    }
}

/// The value that begins at a byte, and the keys in it that come twice.
fn value(source: &str, at: usize, doubled: &mut Vec<(String, usize)>) -> Option<Value> {
    let source = source.get(at..json::skip(source, at)?)?;
    doubled.extend(json::doubled(source).into_iter().map(|(key, byte)| (key, at + byte)));
    serde_json::from_str(source).ok()
}

/// The documents of a file.
struct Documents<'a, 'c> {
    name: &'a str,
    file: &'a Path,
    source: &'a str,
    counter: &'c mut Counter<'a>,
    collection: &'c Collection,
}

impl Documents<'_, '_> {
    /// Reads those of the list that begins at a byte; the byte behind it, or `None` where the JSON is broken.
    fn list(&mut self, open: usize, read: &mut Vec<Read>) -> Option<usize> {
        let is_only = json::elements(self.source, open, |index, at| json::skip(self.source, at).filter(|_| index == 0)).is_some();
        json::elements(self.source, open, |index, at| {
            let name = if is_only { self.name.to_owned() } else { format!("{}-{}", self.name, index + 1) };
            self.one(name, at, read)
        })
    }

    /// Reads the document that begins at a byte; the byte behind it, or `None` when it is no JSON.
    fn one(&mut self, name: String, begin: usize, read: &mut Vec<Read>) -> Option<usize> {
        let rest = self.source.get(begin..)?;
        if let Ok((Object(sheet), length)) = json::first::<Object<Sheet<'_>>>(rest) {
            let source = rest.get(..length)?;
            read.push(Reader { file: self.file, source, begin, counter: self.counter }.assembled(
                &name,
                &sheet.document(),
                self.collection,
            ));
            return Some(begin + length);
        }
        let length = json::skip(rest, 0)?;
        let source = rest.get(..length)?;
        let mut reader = Reader { file: self.file, source, begin, counter: self.counter };
        read.push(match serde_json::from_str(source) {
            Ok(value) => reader.document(&name, value, self.collection),
            Err(error) => (None, vec![Fault::of(source, &error).on(self.file, self.counter.at(begin))]),
        });
        Some(begin + length)
    }
}

/// Reads one document.
struct Reader<'a, 'c> {
    file: &'a Path,
    /// The document alone.
    source: &'a str,
    /// The byte of the file at which it begins.
    begin: usize,
    counter: &'c mut Counter<'a>,
}

impl Reader<'_, '_> {
    /// Takes a tree apart.
    fn document(&mut self, name: &str, value: Value, collection: &Collection) -> Read {
        let doubled = json::doubled(self.source).into_iter().take(MOST_PLACES);
        let mut findings: Vec<Finding> =
            doubled.map(|(key, byte)| self.finding_at(Some(byte), json::given_twice(&key))).collect();
        let Value::Object(object) = value else {
            findings.push(self.finding_at(Some(0), Remark::error("not-bioc", "a document is a JSON object")));
            return (None, findings);
        };
        let (document, mut more) = self.assembled(name, &document(object), collection);
        findings.append(&mut more);
        (document, findings)
    }

    fn assembled(&mut self, name: &str, read: &BiocDocument, collection: &Collection) -> Read {
        let (document, remarks) = assemble(read, collection, name);
        let findings = remarks.into_iter().enumerate().map(|(count, (place, remark))| {
            let byte = if count < MOST_PLACES { json::find(self.source, &steps(place)) } else { None };
            self.finding_at(byte, remark)
        });
        let findings = findings.collect();
        (Some(document), findings)
    }

    /// A finding at a byte of the document, if it is known.
    fn finding_at(&mut self, byte: Option<usize>, remark: Remark) -> Finding {
        match byte.and_then(|byte| self.source.get(..byte)) {
            Some(before) => {
                let place = json::behind_text(self.counter.at(self.begin), before);
                remark.at(place.column).on(self.file, place.line)
            }
            None => remark.on_file(self.file),
        }
    }
}

/// The steps from a document to where something stands in it.
fn steps(place: Place) -> Vec<Step<'static>> {
    let Place::Item { passage, sentence, list, index } = place else { return Vec::new() };
    let into = |list: &'static str, index: Option<usize>| index.map(|index| [Step::Key(list), Step::Index(index)]);
    let (passage, sentence) = (into("passages", passage), into("sentences", sentence));
    passage.into_iter().chain(sentence).chain(into(list, Some(index))).flatten().collect()
}

fn collection(mut object: Map<String, Value>) -> Collection {
    let source = text(object.shift_remove("source"));
    let (date, key) = (text(object.shift_remove("date")), text(object.shift_remove("key")));
    Collection { source, date, key, infons: map(object.shift_remove("infons")), others: object }
}

fn text(value: Option<Value>) -> String {
    value.as_ref().map(super::assemble::text_of).unwrap_or_default()
}

fn map(value: Option<Value>) -> Map<String, Value> {
    if let Some(Value::Object(map)) = value { map } else { Map::new() }
}

fn list(value: Option<Value>) -> Vec<Map<String, Value>> {
    let Some(Value::Array(items)) = value else { return Vec::new() };
    items.into_iter().map(|item| map(Some(item))).collect()
}

fn id(value: Option<Value>) -> Option<String> {
    value.filter(|value| !value.is_null()).map(|value| super::assemble::text_of(&value))
}

fn document(mut object: Map<String, Value>) -> BiocDocument {
    let at = |list: &'static str, index: usize| Place::Item { passage: None, sentence: None, list, index };
    let passages = list(object.shift_remove("passages")).into_iter().enumerate();
    let passages = passages.map(|(index, value)| passage(value, Some(index), None)).collect();
    BiocDocument {
        id: text(object.shift_remove("id")),
        infons: map(object.shift_remove("infons")),
        passages,
        annotations: annotations(object.shift_remove("annotations"), at),
        relations: relations(object.shift_remove("relations"), at),
        others: object,
        place: Place::Nowhere,
    }
}

fn passage(mut object: Map<String, Value>, index: Option<usize>, part: Option<usize>) -> Passage {
    let at = |list: &'static str, place: usize| Place::Item { passage: index, sentence: part, list, index: place };
    let sentences = if part.is_none() { list(object.shift_remove("sentences")) } else { Vec::new() };
    let sentences = sentences.into_iter().enumerate().map(|(place, value)| passage(value, index, Some(place))).collect();
    let text = object.shift_remove("text").filter(|text| !text.is_null()).map(|text| super::assemble::text_of(&text));
    Passage {
        infons: map(object.shift_remove("infons")),
        offset: object.shift_remove("offset").and_then(|offset| offset.as_i64()),
        text,
        sentences,
        annotations: annotations(object.shift_remove("annotations"), at),
        relations: relations(object.shift_remove("relations"), at),
        others: object,
        place: match (index, part) {
            (Some(index), None) => Place::Item { passage: None, sentence: None, list: "passages", index },
            (_, Some(place)) => Place::Item { passage: index, sentence: None, list: "sentences", index: place },
            (None, None) => Place::Nowhere,
        },
    }
}

fn annotations(value: Option<Value>, at: impl Fn(&'static str, usize) -> Place) -> Vec<Annotation> {
    let read = list(value).into_iter().enumerate().map(|(index, mut object)| {
        let number = |location: &mut Map<String, Value>, key: &str| location.shift_remove(key).and_then(|number| number.as_i64());
        let locations = list(object.shift_remove("locations")).into_iter();
        let locations =
            locations.map(|mut location| (number(&mut location, "offset"), number(&mut location, "length"))).collect();
        Annotation {
            id: id(object.shift_remove("id")),
            infons: map(object.shift_remove("infons")),
            locations,
            text: object.shift_remove("text").filter(|text| !text.is_null()).map(|text| super::assemble::text_of(&text)),
            others: object,
            place: at("annotations", index),
        }
    });
    read.collect()
}

fn relations(value: Option<Value>, at: impl Fn(&'static str, usize) -> Place) -> Vec<Relation> {
    let read = list(value).into_iter().enumerate().map(|(index, mut object)| {
        let nodes = list(object.shift_remove("nodes")).into_iter();
        let nodes = nodes.map(|mut node| (text(node.shift_remove("refid")), text(node.shift_remove("role")))).collect();
        let (id, infons) = (id(object.shift_remove("id")), map(object.shift_remove("infons")));
        Relation { id, infons, nodes, others: object, place: at("relations", index) }
    });
    read.collect()
}

/// Documents as a collection, in one line with its end. What is said of the collection is what the first document came with.
pub fn write<'a>(documents: impl IntoIterator<Item = &'a Document>) -> String {
    let documents: Vec<&Document> = documents.into_iter().collect();
    let members: Vec<String> = documents.iter().map(|document| member(document)).collect();
    format!("{}{}{END}", opening(documents.first().copied()), members.join(","))
}

/// What stands before the documents of a collection, of which this is the first.
pub(in crate::formats) fn opening(first: Option<&Document>) -> String {
    let Collection { source, date, key, infons, others } = first.map(|document| disassemble(document).0).unwrap_or_default();
    let own = serde_json::json!({ "source": source, "date": date, "key": key, "infons": infons });
    let head = with_others(own, others).to_string();
    format!("{},\"documents\":[", head.strip_suffix('}').unwrap_or(&head))
}

/// A document as it stands in a collection; commas stand between.
pub(in crate::formats) fn member(document: &Document) -> String {
    document_value(disassemble(document).1).to_string()
}

/// What stands behind the documents of a collection.
pub(in crate::formats) const END: &str = "]}\n";

fn with_others(value: Value, others: Map<String, Value>) -> Value {
    let mut object = map(Some(value));
    for (key, value) in others {
        object.entry(key).or_insert(value);
    }
    Value::Object(object)
}

fn document_value(read: BiocDocument) -> Value {
    let BiocDocument { id, infons, passages, annotations, relations, others, .. } = read;
    let passages: Vec<Value> = passages.into_iter().map(|passage| passage_value(passage, true)).collect();
    let (annotations, relations) = (annotation_values(annotations), relation_values(relations));
    let own = serde_json::json!({ "id": id, "infons": infons, "passages": passages, "annotations": annotations, "relations": relations });
    with_others(own, others)
}

fn passage_value(passage: Passage, is_passage: bool) -> Value {
    let Passage { infons, offset, text, sentences, annotations, relations, others, .. } = passage;
    let mut own = Map::new();
    own.insert("offset".to_owned(), serde_json::json!(offset.unwrap_or(0)));
    own.insert("infons".to_owned(), Value::Object(infons));
    own.insert("text".to_owned(), serde_json::json!(text.unwrap_or_default()));
    if is_passage {
        let sentences = sentences.into_iter().map(|sentence| passage_value(sentence, false)).collect();
        own.insert("sentences".to_owned(), Value::Array(sentences));
    }
    own.insert("annotations".to_owned(), serde_json::json!(annotation_values(annotations)));
    own.insert("relations".to_owned(), serde_json::json!(relation_values(relations)));
    with_others(Value::Object(own), others)
}

fn annotation_values(annotations: Vec<Annotation>) -> Vec<Value> {
    let values = annotations.into_iter().map(|annotation| {
        let Annotation { id, infons, locations, text, others, .. } = annotation;
        let locations: Vec<Value> =
            locations.into_iter().map(|(offset, length)| serde_json::json!({ "offset": offset, "length": length })).collect();
        with_others(serde_json::json!({ "id": id, "infons": infons, "text": text, "locations": locations }), others)
    });
    values.collect()
}

fn relation_values(relations: Vec<Relation>) -> Vec<Value> {
    let values = relations.into_iter().map(|relation| {
        let Relation { id, infons, nodes, others, .. } = relation;
        let nodes: Vec<Value> =
            nodes.into_iter().map(|(refid, role)| serde_json::json!({ "refid": refid, "role": role })).collect();
        with_others(serde_json::json!({ "id": id, "infons": infons, "nodes": nodes }), others)
    });
    values.collect()
}
