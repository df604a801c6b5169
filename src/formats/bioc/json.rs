//! BioC as JSON.

use super::assemble::assemble;
use super::disassemble::disassemble;
use super::model::{Annotation, BiocDocument, Collection, Passage, Place, Relation};
use crate::document::Document;
use crate::formats::finding::{Finding, Remark};
use crate::formats::place::{self, Step};
use serde_json::{Map, Value, json};
use std::path::Path;

/// Findings of one document that get a line and a column: each costs a walk through the source.
const MOST_PLACES: usize = 1000;

/// Whether a value is BioC: a collection, a document, or documents in a list (also under `PubTator3`, as its service sends them).
pub(in crate::formats) fn is_bioc(value: &Value) -> bool {
    match value {
        Value::Object(object) => {
            ["documents", "passages", "PubTator3"].iter().any(|key| object.get(*key).is_some_and(Value::is_array))
        }
        Value::Array(items) => items.first().and_then(Value::as_object).is_some_and(|object| object.contains_key("passages")),
        _ => false,
    }
}

/// Reads the documents of a value that [`is_bioc`], each with its findings. `source` is what the value was parsed from.
pub(in crate::formats) fn read(name: &str, file: &Path, source: &str, value: Value) -> Vec<(Option<Document>, Vec<Finding>)> {
    let (collection, documents, path): (Collection, Vec<Value>, Vec<Step<'static>>) = match value {
        Value::Array(documents) => (Collection::default(), documents, Vec::new()),
        Value::Object(mut object) => {
            let list = ["documents", "PubTator3"].into_iter().find(|key| object.get(*key).is_some_and(Value::is_array));
            match list {
                Some(list) => {
                    let documents = match object.shift_remove(list) {
                        Some(Value::Array(documents)) => documents,
                        _ => Vec::new(),
                    };
                    (collection(object), documents, vec![Step::Key(list)])
                }
                None => {
                    let reader = Reader { file, source, path: Vec::new() };
                    return vec![reader.document(name, Value::Object(object), &Collection::default())];
                }
            }
        }
        _ => return Vec::new(),
    };
    let many = documents.len() > 1;
    let read = documents.into_iter().enumerate().map(|(index, value)| {
        let path = path.iter().copied().chain([Step::Index(index)]).collect();
        let name = if many { format!("{name}-{}", index + 1) } else { name.to_owned() };
        Reader { file, source, path }.document(&name, value, &collection)
    });
    read.collect()
}

struct Reader<'a> {
    file: &'a Path,
    source: &'a str,
    /// The steps to the document.
    path: Vec<Step<'static>>,
}

impl Reader<'_> {
    fn document(&self, name: &str, value: Value, collection: &Collection) -> (Option<Document>, Vec<Finding>) {
        let Value::Object(object) = value else {
            return (None, vec![self.finding(Some(&[]), Remark::error("not-bioc", "a document is a JSON object"))]);
        };
        let read = document(object);
        let (document, remarks) = assemble(&read, collection, name);
        let said = remarks.into_iter().enumerate();
        let findings =
            said.map(|(count, (place, remark))| self.finding((count < MOST_PLACES).then(|| steps(place)).as_deref(), remark));
        let findings = findings.collect();
        (Some(document), findings)
    }

    fn finding(&self, steps: Option<&[Step<'static>]>, remark: Remark) -> Finding {
        let place = steps.and_then(|steps| {
            let steps: Vec<Step<'_>> = self.path.iter().chain(steps).copied().collect();
            place::of(self.source, &steps)
        });
        match place {
            Some(place) => remark.at(place.column).on(self.file, place.line),
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
    let own = json!({ "source": source, "date": date, "key": key, "infons": infons });
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
    let own = json!({ "id": id, "infons": infons, "passages": passages, "annotations": annotations, "relations": relations });
    with_others(own, others)
}

fn passage_value(passage: Passage, is_passage: bool) -> Value {
    let Passage { infons, offset, text, sentences, annotations, relations, others, .. } = passage;
    let mut own = Map::new();
    own.insert("offset".to_owned(), json!(offset.unwrap_or(0)));
    own.insert("infons".to_owned(), Value::Object(infons));
    own.insert("text".to_owned(), json!(text.unwrap_or_default()));
    if is_passage {
        let sentences = sentences.into_iter().map(|sentence| passage_value(sentence, false)).collect();
        own.insert("sentences".to_owned(), Value::Array(sentences));
    }
    own.insert("annotations".to_owned(), json!(annotation_values(annotations)));
    own.insert("relations".to_owned(), json!(relation_values(relations)));
    with_others(Value::Object(own), others)
}

fn annotation_values(annotations: Vec<Annotation>) -> Vec<Value> {
    let values = annotations.into_iter().map(|annotation| {
        let Annotation { id, infons, locations, text, others, .. } = annotation;
        let locations: Vec<Value> =
            locations.into_iter().map(|(offset, length)| json!({ "offset": offset, "length": length })).collect();
        with_others(json!({ "id": id, "infons": infons, "text": text, "locations": locations }), others)
    });
    values.collect()
}

fn relation_values(relations: Vec<Relation>) -> Vec<Value> {
    let values = relations.into_iter().map(|relation| {
        let Relation { id, infons, nodes, others, .. } = relation;
        let nodes: Vec<Value> = nodes.into_iter().map(|(refid, role)| json!({ "refid": refid, "role": role })).collect();
        with_others(json!({ "id": id, "infons": infons, "nodes": nodes }), others)
    });
    values.collect()
}
