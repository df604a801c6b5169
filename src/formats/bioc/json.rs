//! BioC as JSON.

mod quick;
mod tree;
mod writer;

pub(super) use tree::{annotation, relation};
pub use writer::write;
pub(in crate::formats) use writer::{END, member, opening};
pub(super) use writer::{annotation_value, passage_value, relation_value};

use super::assemble::assemble;
use super::model::{BiocDocument, Collection, Place};
use crate::document::Document;
use crate::formats::finding::{Finding, Remark};
use crate::formats::json::{self, Counter, Fault, Object, Step};
use quick::Sheet;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::ops::ControlFlow;
use std::path::Path;

/// Findings of one document that get a line and a column: each costs a walk through the source.
const MOST_PLACES: usize = 1000;

/// What came of a document, or of what stands where one belongs.
type Read = (Option<Document>, Vec<Finding>);

/// What takes in one after the other, and may break off.
type Sink<'s> = dyn FnMut(Read) -> ControlFlow<()> + 's;

/// All documents of a source, each with its findings; of a source that stops being JSON, those that stand before.
pub(in crate::formats) fn read(name: &str, file: &Path, source: &str) -> Vec<Read> {
    let mut all = Vec::new();
    let _ = visit(name, file, source, &mut |read| {
        all.push(read);
        ControlFlow::Continue(())
    });
    all
}

/// Reads the documents of a source and hands on one after the other, so that no more than one is held.
pub(in crate::formats) fn visit(name: &str, file: &Path, source: &str, sink: &mut Sink<'_>) -> ControlFlow<()> {
    let begin = source.len() - json::trim_start(source).len();
    let mut documents = Documents { name, file, source, counter: Counter::new(source), collection: Collection::default() };
    let end = if source.get(begin..).is_some_and(|rest| rest.starts_with('[')) {
        documents.list(begin, is_of_collections(source, begin), sink)?
    } else {
        documents.whole(name, begin, sink)?
    };
    let is_whole = end.and_then(|end| source.get(end..)).is_some_and(|rest| json::trim_start(rest).is_empty());
    // Only then: what is wrong is found by parsing all of it once more.
    match if is_whole { None } else { json::fault(source) } {
        Some(fault) => sink((None, vec![fault.on(file, json::BEGINNING)])),
        None => ControlFlow::Continue(()),
    }
}

/// Whether the first element of the list that begins at a byte is a collection, as PMC's service sends them.
fn is_of_collections(source: &str, open: usize) -> bool {
    let mut found = false;
    json::elements(source, open, |_, at| {
        found = Outline::of(source, at).list(source).is_some();
        None
    });
    found
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
        (tree::collection(object), doubled)
    }
}

/// The value that begins at a byte, and the keys in it that come twice.
fn value(source: &str, at: usize, doubled: &mut Vec<(String, usize)>) -> Option<Value> {
    let source = source.get(at..json::skip(source, at)?)?;
    doubled.extend(json::doubled(source).into_iter().map(|(key, byte)| (key, at + byte)));
    serde_json::from_str(source).ok()
}

/// The documents of a file.
struct Documents<'a> {
    name: &'a str,
    file: &'a Path,
    source: &'a str,
    counter: Counter<'a>,
    collection: Collection,
}

impl<'a> Documents<'a> {
    /// Reads the collection that begins at a byte, or the document; the byte behind it, or `None` where the JSON is broken.
    fn whole(&mut self, name: &str, begin: usize, sink: &mut Sink<'_>) -> ControlFlow<(), Option<usize>> {
        let outline = Outline::of(self.source, begin);
        let end = outline.end;
        let Some((list, open)) = outline.list(self.source) else { return self.one(name, begin, sink) };
        let (collection, doubled) = outline.collection(self.source, list);
        self.collection = collection;
        let findings: Vec<Finding> = doubled.iter().map(|(key, byte)| self.doubled(key, *byte)).collect();
        if !findings.is_empty() {
            sink((None, findings))?;
        }
        ControlFlow::Continue(self.list(open, false, sink)?.and(end))
    }

    /// Reads those of the list that begins at a byte, which may be one of collections; the byte behind it, or `None` where the JSON is
    /// broken.
    fn list(&mut self, open: usize, of_collections: bool, sink: &mut Sink<'_>) -> ControlFlow<(), Option<usize>> {
        let is_only = json::elements(self.source, open, |index, at| json::skip(self.source, at).filter(|_| index == 0)).is_some();
        let mut stopped = ControlFlow::Continue(());
        let end = json::elements(self.source, open, |index, at| {
            let name = if is_only { self.name.to_owned() } else { format!("{}-{}", self.name, index + 1) };
            let read = if of_collections { self.whole(&name, at, sink) } else { self.one(&name, at, sink) };
            match read {
                ControlFlow::Continue(end) => end,
                ControlFlow::Break(()) => {
                    stopped = ControlFlow::Break(());
                    None
                }
            }
        });
        stopped?;
        ControlFlow::Continue(end)
    }

    /// Reads the document that begins at a byte; the byte behind it, or `None` when it is no JSON.
    fn one(&mut self, name: &str, begin: usize, sink: &mut Sink<'_>) -> ControlFlow<(), Option<usize>> {
        let rest = self.source.get(begin..).unwrap_or_default();
        if let Ok((Object(sheet), length)) = json::first::<Object<Sheet<'_>>>(rest) {
            let read = self.reader(begin, length).assembled(name, sheet.document());
            sink(read)?;
            return ControlFlow::Continue(Some(begin + length));
        }
        let Some(length) = json::skip(rest, 0) else { return ControlFlow::Continue(None) };
        let mut reader = self.reader(begin, length);
        let read = match serde_json::from_str(reader.source) {
            Ok(value) => reader.document(name, value),
            Err(error) => (None, vec![Fault::of(reader.source, &error).on(self.file, self.counter.at(begin))]),
        };
        sink(read)?;
        ControlFlow::Continue(Some(begin + length))
    }

    /// The reader of the document that stands in these bytes.
    fn reader(&mut self, begin: usize, length: usize) -> Reader<'a, '_> {
        let source = self.source.get(begin..begin + length).unwrap_or_default();
        Reader { file: self.file, source, begin, counter: &mut self.counter, collection: &self.collection }
    }

    /// The finding of a key of the collection that comes twice.
    fn doubled(&mut self, key: &str, byte: usize) -> Finding {
        let place = self.counter.at(byte);
        json::given_twice(key).at(place.column).on(self.file, place.line)
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
    collection: &'c Collection,
}

impl Reader<'_, '_> {
    /// Takes a tree apart.
    fn document(&mut self, name: &str, value: Value) -> Read {
        let doubled = json::doubled(self.source).into_iter().take(MOST_PLACES);
        let mut findings: Vec<Finding> =
            doubled.map(|(key, byte)| self.finding_at(Some(byte), json::given_twice(&key))).collect();
        let Value::Object(object) = value else {
            findings.push(self.finding_at(Some(0), Remark::error("not-bioc", "a document is a JSON object")));
            return (None, findings);
        };
        let (document, mut more) = self.assembled(name, tree::document(object));
        findings.append(&mut more);
        (document, findings)
    }

    fn assembled(&mut self, name: &str, read: BiocDocument<'_>) -> Read {
        let (document, remarks) = assemble(read, self.collection, name);
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
