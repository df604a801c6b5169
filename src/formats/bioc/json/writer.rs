//! From documents to BioC as JSON.

use crate::document::Document;
use crate::formats::bioc::disassemble::disassemble;
use crate::formats::bioc::model::{Annotation, BiocDocument, Collection, Location, Node, Passage, Relation};
use crate::formats::bioc::{LOCATIONS, NODES};
use crate::formats::json::give_back;
use serde_json::{Map, Value, json};

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

/// Adds keys that were kept. One that is also of the object stands where that is empty: it was not understood when it was read.
fn with_others(own: Value, others: Map<String, Value>) -> Value {
    let Value::Object(mut object) = own else { return own };
    for (key, value) in others {
        match object.get_mut(&key) {
            Some(own) if is_empty(own) => *own = value,
            Some(_) => {}
            None => drop(object.insert(key, value)),
        }
    }
    Value::Object(object)
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(object) => object.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn document_value(read: BiocDocument<'_>) -> Value {
    let BiocDocument { id, infons, passages, annotations, relations, others, .. } = read;
    let passages: Vec<Value> = passages.into_iter().map(|passage| passage_value(passage, true)).collect();
    let (annotations, relations) = (annotation_values(annotations), relation_values(relations));
    let own = json!({ "id": id, "infons": infons, "passages": passages, "annotations": annotations, "relations": relations });
    with_others(own, others)
}

/// A passage as an object; a sentence of one has no sentences.
pub(in crate::formats::bioc) fn passage_value(passage: Passage<'_>, is_passage: bool) -> Value {
    let Passage { infons, offset, text, sentences, annotations, relations, others, .. } = passage;
    let mut own = Map::new();
    own.insert("offset".to_owned(), json!(offset.unwrap_or(0)));
    own.insert("infons".to_owned(), Value::Object(infons));
    own.insert("text".to_owned(), json!(text.unwrap_or_default()));
    if is_passage {
        let sentences = sentences.into_iter().map(|sentence| passage_value(sentence, false)).collect();
        own.insert("sentences".to_owned(), Value::Array(sentences));
    }
    own.insert("annotations".to_owned(), Value::Array(annotation_values(annotations)));
    own.insert("relations".to_owned(), Value::Array(relation_values(relations)));
    with_others(Value::Object(own), others)
}

fn annotation_values(annotations: Vec<Annotation<'_>>) -> Vec<Value> {
    annotations.into_iter().map(annotation_value).collect()
}

/// An annotation as an object; as it was, where that was kept.
pub(in crate::formats::bioc) fn annotation_value(annotation: Annotation<'_>) -> Value {
    let Annotation { id, infons, locations, text, mut others, raw, .. } = annotation;
    if let Some(raw) = raw {
        return *raw;
    }
    let of = |Location { offset, length }| json!({ "offset": offset, "length": length });
    let mut locations: Vec<Value> = locations.into_iter().map(of).collect();
    give_back(&mut locations, others.shift_remove(LOCATIONS).as_ref());
    with_others(json!({ "id": id, "infons": infons.into_map(), "text": text, "locations": locations }), others)
}

fn relation_values(relations: Vec<Relation<'_>>) -> Vec<Value> {
    relations.into_iter().map(relation_value).collect()
}

/// A relation as an object; as it was, where that was kept.
pub(in crate::formats::bioc) fn relation_value(relation: Relation<'_>) -> Value {
    let Relation { id, infons, nodes, mut others, raw, .. } = relation;
    if let Some(raw) = raw {
        return *raw;
    }
    let of = |Node { refid, role }| json!({ "refid": refid, "role": role });
    let mut nodes: Vec<Value> = nodes.into_iter().map(of).collect();
    give_back(&mut nodes, others.shift_remove(NODES).as_ref());
    with_others(json!({ "id": id, "infons": infons.into_map(), "nodes": nodes }), others)
}
