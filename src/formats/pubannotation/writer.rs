//! From documents to PubAnnotation JSON.

use super::chain;
use crate::document::{AnnotationId, Attribute, AttributeKind, Document, Entity, Relation};
use crate::formats::json::give_back;
use serde_json::{Map, Value, json};

/// A document as one line of JSON, with a line end.
pub fn write(document: &Document) -> String {
    format!("{}\n", to_value(document))
}

/// A document as a JSON value. Keys that it was read with keep their order; notes, links to databases, events and equivalences have
/// no place in this format and are left out.
pub fn to_value(document: &Document) -> Value {
    let provenance = &document.provenance;
    let mut lists = lists(document);
    let mut object = Map::new();
    for (key, value) in &provenance.unknown {
        let value = match (key.as_str(), value) {
            ("text", _) => Some(json!(document.text.as_str())),
            ("sourcedb", Value::Null) => provenance.database.clone().map(Value::String),
            ("sourceid", Value::Null) => provenance.id.clone().map(Value::String),
            (key, Value::Null) if lists.contains_key(key) => lists.insert(key.to_owned(), Value::Null),
            (_, value) => Some(value.clone()),
        };
        object.insert(key.clone(), value.unwrap_or(Value::Null));
    }
    let mut add = |key: &str, value: Option<Value>| {
        if let Some(value) = value.filter(|_| !object.contains_key(key)) {
            object.insert(key.to_owned(), value);
        }
    };
    add("sourcedb", provenance.database.clone().map(Value::String));
    add("sourceid", provenance.id.clone().map(Value::String));
    add("text", Some(json!(document.text.as_str())));
    for (key, list) in lists {
        let needed = matches!(key.as_str(), "denotations" | "relations") || list.as_array().is_some_and(|list| !list.is_empty());
        add(&key, Some(list).filter(|_| needed));
    }
    Value::Object(object)
}

/// The four lists by their keys.
fn lists(document: &Document) -> Map<String, Value> {
    let (mut denotations, mut relations) = (Vec::new(), Vec::new());
    for entity in document.entities.values() {
        entity_values(document, entity, &mut denotations, &mut relations);
    }
    relations.extend(document.relations.values().map(|relation| relation_value(document, relation)));
    let of_kind = |kind: AttributeKind| document.attributes.values().filter(move |attribute| attribute.kind == kind);
    let attributes = of_kind(AttributeKind::Attribute).map(|attribute| attribute_value(document, attribute)).collect();
    let modifications = of_kind(AttributeKind::Modification).map(|attribute| modification_value(document, attribute)).collect();
    let lists =
        [("denotations", denotations), ("relations", relations), ("attributes", attributes), ("modifications", modifications)];
    let lists = lists.into_iter().map(|(key, mut list): (&str, Vec<Value>)| {
        list.extend(document.provenance.skipped.get(key).into_iter().flatten().cloned());
        (key.to_owned(), Value::Array(list))
    });
    lists.collect()
}

/// Adds the keys of an item that rolecall has no use for.
fn with_unknown(document: &Document, id: &AnnotationId, value: Value) -> Value {
    let Value::Object(mut object) = value else { return value };
    for (key, value) in document.provenance.unknown_of.get(id).into_iter().flatten() {
        if !object.contains_key(key) && key != super::KEPT_CHAIN {
            object.insert(key.clone(), value.clone());
        }
    }
    Value::Object(object)
}

fn entity_values(document: &Document, entity: &Entity, denotations: &mut Vec<Value>, relations: &mut Vec<Value>) {
    let spans: Vec<Value> =
        entity.spans.iter().map(|span| json!({ "begin": span.start().get(), "end": span.end().get() })).collect();
    let unknown = document.provenance.unknown_of.get(&entity.id);
    let mut own = match (unknown.and_then(|unknown| chain::unfold(unknown, &spans)), spans.last()) {
        (Some((fragments, links)), Some(last)) => {
            denotations.extend(fragments);
            relations.extend(links);
            vec![last.clone()]
        }
        _ => spans,
    };
    give_back(&mut own, unknown.and_then(|unknown| unknown.get("span")));
    let span = if let [only] = own.as_mut_slice() { only.take() } else { Value::Array(own) };
    let value = json!({ "id": entity.id.as_str(), "span": span, "obj": entity.label.as_str() });
    denotations.push(with_unknown(document, &entity.id, value));
}

fn relation_value(document: &Document, relation: &Relation) -> Value {
    let Relation { id, role, subject, object, .. } = relation;
    let value = json!({ "id": id.as_str(), "pred": role.as_str(), "subj": subject.as_str(), "obj": object.as_str() });
    with_unknown(document, id, value)
}

fn attribute_value(document: &Document, attribute: &Attribute) -> Value {
    let Attribute { id, name, target, value, .. } = attribute;
    let given = document.provenance.unknown_of.get(id).and_then(|unknown| unknown.get("obj"));
    let unchanged = given.filter(|given| match value {
        Some(value) => given.to_string() == *value,
        None => given.is_null() || **given == Value::Bool(true),
    });
    let value = unchanged.cloned().unwrap_or_else(|| value.as_ref().map_or(Value::Bool(true), |value| json!(value)));
    let value = json!({ "id": id.as_str(), "subj": target.as_str(), "pred": name.as_str(), "obj": value });
    with_unknown(document, id, value)
}

fn modification_value(document: &Document, attribute: &Attribute) -> Value {
    let Attribute { id, name, target, .. } = attribute;
    with_unknown(document, id, json!({ "id": id.as_str(), "pred": name.as_str(), "obj": target.as_str() }))
}
