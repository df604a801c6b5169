//! The items of the lists, each read by itself.

use crate::document::{AnnotationId, Label};
use crate::formats::finding::Remark;
use crate::formats::json::{Said, besides};
use crate::text::{CharSpan, SourceText};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// A denotation before its chain is known.
#[derive(Clone, Debug)]
pub(super) struct Denotation {
    pub(super) id: Option<AnnotationId>,
    pub(super) label: Label,
    pub(super) spans: Vec<CharSpan>,
    /// The object as it was, but of its spans only what they hold besides begin and end, an object for each; its own keys may be left
    /// out where it is in no chain.
    pub(super) object: Map<String, Value>,
}

/// A relation, an attribute (`subject` is its target, `object` its value) or a modification (no subject).
#[derive(Clone, Debug)]
pub(super) struct Link<'a> {
    pub(super) id: Option<AnnotationId>,
    pub(super) pred: Label,
    pub(super) subject: Option<Cow<'a, str>>,
    pub(super) object: Option<Said<'a>>,
    /// The object as it was; its own keys may be left out where it is in no chain.
    pub(super) raw: Map<String, Value>,
}

impl Link<'_> {
    /// The id that stands as object.
    pub(super) fn object_id(&self) -> Option<Cow<'_, str>> {
        match self.object.as_ref()? {
            Said::Word(word) => Some(Cow::Borrowed(&**word)).filter(|word| !word.is_empty()),
            Said::Other(value) => name(value),
        }
    }
}

/// Reads an item of `denotations`.
pub(super) fn denotation(text: &SourceText, item: &Value) -> Result<Denotation, Remark> {
    let mut object = object(item)?;
    let label = object.get("obj").and_then(name);
    let label = label.ok_or_else(|| Remark::error("no-type", "the denotation has no type (obj)"))?;
    let given = match object.get("span") {
        Some(Value::Array(spans)) if !spans.is_empty() => spans.as_slice(),
        Some(one @ Value::Object(_)) => std::slice::from_ref(one),
        _ => return Err(Remark::error("no-span", "the denotation has no span with begin and end")),
    };
    let spans = given.iter().map(|one| span(text, one)).collect::<Result<Vec<_>, _>>()?;
    let overlap =
        spans.iter().enumerate().find_map(|(i, a)| spans.iter().skip(i + 1).find(|b| a.overlaps(**b)).map(|b| (*a, *b)));
    if let Some((a, b)) = overlap {
        return Err(Remark::error("overlapping-fragments", format!("the fragments {a} and {b} overlap")));
    }
    let (id, label) = (id(item), Label::from(&*label));
    match besides(given, &["begin", "end"]) {
        Some(kept) => drop(object.insert("span".to_owned(), kept)),
        None => drop(object.shift_remove("span")),
    }
    Ok(Denotation { id, label, spans, object })
}

fn span(text: &SourceText, value: &Value) -> Result<CharSpan, Remark> {
    let number = |key: &str| {
        let value = value.get(key);
        let shown = value.map_or_else(|| "missing".to_owned(), Value::to_string);
        let whole = value.and_then(Value::as_u64).and_then(|number| u32::try_from(number).ok());
        whole.ok_or_else(|| Remark::error("offsets", format!("the {key} of a span is a whole number from 0, here it is {shown}")))
    };
    let (begin, end) = (number("begin")?, number("end")?);
    let length = text.len().get();
    if end > length {
        let message = format!("the span {begin}–{end} reaches beyond the text, which has {length} characters");
        return Err(Remark::error("outside-text", message));
    }
    CharSpan::of_chars(begin, end).map_err(|empty| Remark::error("empty-span", empty.to_string()))
}

/// Reads an item of `relations`, `attributes` or `modifications`.
pub(super) fn link(item: &Value) -> Result<Link<'_>, Remark> {
    let raw = object(item)?;
    let pred = item.get("pred").and_then(name).ok_or_else(|| Remark::error("no-type", "the item has no predicate (pred)"))?;
    let subject = item.get("subj").and_then(name);
    Ok(Link { id: id(item), pred: Label::from(&*pred), subject, object: item.get("obj").cloned().map(Said::of), raw })
}

/// The id of an item of any list.
pub(super) fn id(item: &Value) -> Option<AnnotationId> {
    item.get("id").and_then(name).map(|id| AnnotationId::from(&*id))
}

/// What is to be said of what stands where an item's id belongs, if that is no id.
pub(super) fn no_id(item: &Value) -> Option<Remark> {
    let value = item.get("id").filter(|value| !value.is_null() && name(value).is_none())?;
    Some(Remark::error("no-id", format!("an id is a string or a number, here it is {value}; the item gets another one")))
}

fn object(item: &Value) -> Result<Map<String, Value>, Remark> {
    item.as_object().cloned().ok_or_else(|| Remark::error("not-an-object", format!("{item} stands where an object belongs")))
}

/// A string that is not empty, or a number as its digits.
fn name(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(name) if !name.is_empty() => Some(Cow::Borrowed(name)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        _ => None,
    }
}
