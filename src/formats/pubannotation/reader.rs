//! From PubAnnotation JSON to documents.

use super::items::{self, Denotation, Link};
use super::quick::{Items, Sheet};
use super::tracks::{self, Track};
use super::{FRAGMENT, LISTS, chain};
use crate::document::{AnnotationId, Attribute, AttributeKind, Document, Entity, Origin, Relation, Status};
use crate::formats::edges;
use crate::formats::finding::{Finding, Remark, Severity};
use crate::formats::json::{self, Counter, Fault, Object, Said, Step};
use crate::text::SourceText;
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// Findings of one document that get a line and a column: each costs a walk through the document.
const MOST_PLACES: usize = 1000;

/// What a JSON file holds.
#[derive(Debug, Default)]
pub struct Collection {
    /// Its documents, each with what is to be said of it.
    pub documents: Vec<(Document, Vec<Finding>)>,
    /// What is to be said of the file, such as that it is no JSON.
    pub findings: Vec<Finding>,
}

/// Reads a file that holds one document or an array of documents. `name` names a single document; those of an array are called
/// by their source database and id. Bad items are reported under `file` and kept, the rest is loaded; of an array that stops being
/// JSON, what stands before.
pub fn read(name: &str, file: &Path, source: &str) -> Collection {
    let mut collection = Collection::default();
    let bare = source.trim_start_matches('\u{feff}');
    if bare.len() < source.len() {
        let remark = Remark::warning("byte-order-mark", "the file begins with a byte order mark, which is left out");
        collection.findings.push(remark.on(file, 1));
    }
    let begin = bare.len() - json::trim_start(bare).len();
    let mut counter = Counter::new(bare);
    let is_array = bare.get(begin..).is_some_and(|rest| rest.starts_with('['));
    let end = if is_array {
        json::elements(bare, begin, |index, at| {
            let reader = Reader::new(file, bare, at, Some(index), &mut counter);
            reader.document(&format!("{name}-{}", index + 1), &mut collection)
        })
    } else {
        Reader::new(file, bare, begin, None, &mut counter).document(name, &mut collection)
    };
    let is_whole = end.and_then(|end| bare.get(end..)).is_some_and(|rest| json::trim_start(rest).is_empty());
    if !is_whole {
        if !is_array {
            collection = Collection::default();
        }
        collection.findings.extend(json::fault(bare).map(|fault| fault.on(file, json::BEGINNING)));
    }
    collection
}

/// Reads one document of a file.
struct Reader<'a, 'c> {
    file: &'a Path,
    /// The file from the document on; of the document alone, once it is known where it ends.
    source: &'a str,
    /// The byte at which it begins.
    begin: usize,
    counter: &'c mut Counter<'a>,
    /// Place in the array; `None` when the file holds the document alone.
    at: Option<usize>,
    /// Place of the track that is being read; `None` for the document's own lists.
    track: Option<usize>,
    findings: Vec<Finding>,
}

impl<'a, 'c> Reader<'a, 'c> {
    fn new(file: &'a Path, whole: &'a str, begin: usize, at: Option<usize>, counter: &'c mut Counter<'a>) -> Self {
        let source = whole.get(begin..).unwrap_or_default();
        Self { file, source, begin, counter, at, track: None, findings: Vec::new() }
    }

    /// Reports something at an item of a list, or at the document itself.
    fn report(&mut self, item: Option<(&str, usize)>, remark: Remark) {
        let mut steps: Vec<Step<'_>> = Vec::new();
        if let Some(track) = self.track {
            steps.extend([Step::Key("tracks"), Step::Index(track)]);
        }
        if let Some((list, index)) = item {
            steps.extend([Step::Key(list), Step::Index(index)]);
        }
        let byte = (self.findings.len() < MOST_PLACES).then(|| json::find(self.source, &steps)).flatten();
        self.report_at(byte, remark);
    }

    /// Reports something at a byte of the document, if it is known.
    fn report_at(&mut self, byte: Option<usize>, remark: Remark) {
        let before = byte.and_then(|byte| self.source.get(..byte));
        self.findings.push(match before {
            Some(before) => {
                let place = json::behind_text(self.counter.at(self.begin), before);
                remark.at(place.column).on(self.file, place.line)
            }
            None => remark.on_file(self.file),
        });
    }

    /// Reads the document; the byte of the file behind it, or `None` when that is no JSON.
    fn document(mut self, name: &str, into: &mut Collection) -> Option<usize> {
        if let Ok((Object(sheet), length)) = json::first::<Object<Sheet<'_>>>(self.source) {
            self.source = self.source.get(..length)?;
            if let Some(document) = self.quick(name, sheet) {
                into.documents.push((document, self.findings));
                return Some(self.begin + length);
            }
            self.findings.clear();
        }
        let length = json::skip(self.source, 0)?;
        self.source = self.source.get(..length)?;
        match serde_json::from_str::<Value>(self.source) {
            Ok(value) => match self.slowly(name, value) {
                Some(document) => into.documents.push((document, self.findings)),
                None => into.findings.append(&mut self.findings),
            },
            Err(error) => {
                let place = self.counter.at(self.begin);
                into.findings.push(Fault::of(self.source, &error).on(self.file, place));
            }
        }
        Some(self.begin + length)
    }

    /// Makes a document of items that are as they should be; `None` when one of them does not fit to the others after all.
    fn quick(&mut self, name: &str, mut sheet: Sheet<'a>) -> Option<Document> {
        let text = sheet.text.take()?;
        let items = sheet.items()?;
        let mut document = Document::new(name, SourceText::new(&*text));
        let length = document.text.len();
        if items.denotations.iter().flatten().flat_map(|denotation| &denotation.spans).any(|span| span.end() > length) {
            return None;
        }
        self.provenance(&mut document, &mut sheet.head);
        let mut ids = if sheet.head.contains_key("tracks") || items.lack_ids() { Ids::new(items.ids()) } else { Ids::default() };
        document.provenance.unknown = sheet.head;
        self.add(&mut document, items, &Lists::default(), &mut ids);
        self.tracks(&mut document, &mut ids);
        self.findings.iter().all(|finding| finding.severity != Severity::Error).then_some(document)
    }

    /// Makes a document of a tree, item by item.
    fn slowly(&mut self, name: &str, value: Value) -> Option<Document> {
        for (key, byte) in json::doubled(self.source) {
            let byte = (self.findings.len() < MOST_PLACES).then_some(byte);
            self.report_at(byte, json::given_twice(&key));
        }
        let Value::Object(mut object) = value else {
            self.report(None, Remark::error("not-pubannotation", "a document is a JSON object"));
            return None;
        };
        let Some(Value::String(text)) = object.get_mut("text").map(Value::take) else {
            let remark = Remark::error("not-pubannotation", "there is no \"text\", so this is not a PubAnnotation document");
            self.report(None, remark);
            return None;
        };
        let mut document = Document::new(name, SourceText::new(text));
        self.provenance(&mut document, &mut object);
        let lists = Lists::take(&mut object);
        self.no_lists(&mut object);
        document.provenance.unknown = object;
        let mut ids = self.fill(&mut document, &lists);
        self.tracks(&mut document, &mut ids);
        Some(document)
    }

    /// Names what stands where a list belongs, and leaves it out: the list is to be written there.
    fn no_lists(&mut self, object: &mut Map<String, Value>) {
        for key in LISTS {
            let Some(value) = object.get_mut(key).filter(|value| !value.is_null()) else { continue };
            value.take();
            let byte = json::find(self.source, &[Step::Key(key)]);
            self.report_at(byte, Remark::error("not-a-list", format!("\"{key}\" is no list; it is left out")));
        }
    }

    /// Source database and id, and, for a document of an array, the name that is made of them.
    fn provenance(&mut self, document: &mut Document, object: &mut Map<String, Value>) {
        let text = |value: &Value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        document.provenance.database = object.get("sourcedb").and_then(text);
        document.provenance.id = object.get("sourceid").and_then(text);
        let division = object.get("divid").and_then(text).map(|id| format!("-{id}")).unwrap_or_default();
        if let (Some(_), Some(database), Some(id)) = (self.at, &document.provenance.database, &document.provenance.id) {
            document.name = format!("{database}-{id}{division}");
        }
        for key in ["sourcedb", "sourceid"] {
            object.get_mut(key).filter(|value| value.is_string()).map(Value::take);
        }
        if object.contains_key("catanns") {
            let message = "the annotations are in an old form (\"catanns\") that is kept, but not read";
            self.report(None, Remark::warning("old-pubannotation", message));
        }
    }

    /// Reads the lists of a tree into a document.
    fn fill(&mut self, document: &mut Document, lists: &Lists) -> Ids {
        let text = document.text.clone();
        let mut denotations = self.each(document, "denotations", &lists.denotations, |item| items::denotation(&text, item));
        let mut relations = self.each(document, "relations", &lists.relations, items::link);
        let attributes = self.each(document, "attributes", &lists.attributes, items::link);
        let modifications = self.each(document, "modifications", &lists.modifications, items::link);
        // All ids of the lists, also of fragments that are folded into others and of items that are only kept: they are written back.
        let given = [&lists.denotations, &lists.relations, &lists.attributes, &lists.modifications].into_iter().flatten();
        let mut ids = Ids::new(given.filter_map(items::id));
        chain::fold(&mut denotations, &mut relations);
        self.add(document, Items { denotations, relations, attributes, modifications }, lists, &mut ids);
        ids
    }

    /// Adds items to a document. One that does not fit to the others is reported, and kept as it stands in `lists`.
    fn add(&mut self, document: &mut Document, items: Items<'_>, lists: &Lists, ids: &mut Ids) {
        let Items { denotations, relations, attributes, modifications } = items;
        document.entities.reserve(denotations.len());
        document.relations.reserve(relations.len());
        for (index, denotation) in denotations.into_iter().enumerate() {
            let Some(denotation) = denotation else { continue };
            if let Err(remark) = self.entity(document, denotation, ids, index) {
                self.skip(document, "denotations", index, &lists.denotations, remark);
            }
        }
        for (list, items, links) in [
            ("relations", &lists.relations, relations),
            ("attributes", &lists.attributes, attributes),
            ("modifications", &lists.modifications, modifications),
        ] {
            for (index, link) in links.into_iter().enumerate() {
                let added = link.map_or(Ok(()), |link| add(document, list, link, ids));
                if let Err(remark) = added {
                    self.skip(document, list, index, items, remark);
                }
            }
        }
    }

    /// Reads the tracks, each as the work of an annotator, and proposes what they say.
    fn tracks(&mut self, document: &mut Document, ids: &mut Ids) {
        let values = match document.provenance.unknown.get("tracks") {
            None | Some(Value::Null) => return,
            Some(Value::Array(values)) => values.clone(),
            Some(_) => return self.report(None, Remark::error("tracks", "\"tracks\" is no list; it is kept, but not shown")),
        };
        let mut tracks = Vec::new();
        for (index, value) in values.into_iter().enumerate() {
            self.track = Some(index);
            tracks.extend(self.track(&document.text, index, value));
        }
        self.track = None;
        let names: Vec<&str> = tracks.iter().map(|track| track.name.as_str()).collect();
        if !names.is_empty() {
            let message =
                format!("the annotations of the tracks are read as proposals of their annotators: {}", names.join(", "));
            self.report(None, Remark::info("tracks", message));
        }
        tracks::propose(document, &tracks, ids);
    }

    fn track(&mut self, text: &SourceText, index: usize, value: Value) -> Option<Track> {
        let Value::Object(mut object) = value else {
            self.report(None, Remark::error("not-an-object", "a track is a JSON object; it is kept, but not shown"));
            return None;
        };
        let name = object.get("project").and_then(Value::as_str).filter(|name| !name.trim().is_empty());
        let name = name.map_or_else(|| format!("track {}", index + 1), str::to_owned);
        let lists = Lists::take(&mut object);
        let mut document = Document::new(name.as_str(), text.clone());
        self.fill(&mut document, &lists);
        if !document.attributes.is_empty() {
            let count = document.attributes.len();
            let message = format!("attributes can't be proposed: {count} of the track {name} are kept, but not shown");
            self.report(None, Remark::info("tracks", message));
            document.attributes.clear();
        }
        Some(Track { name, document })
    }

    /// Reads every item of a list; `None` stands for one that was reported and kept.
    fn each<'v, T>(
        &mut self,
        document: &mut Document,
        list: &str,
        items: &'v [Value],
        read: impl Fn(&'v Value) -> Result<T, Remark>,
    ) -> Vec<Option<T>> {
        let read = items.iter().enumerate().map(|(index, item)| match read(item) {
            Ok(read) => {
                if let Some(remark) = items::no_id(item) {
                    self.report(Some((list, index)), remark);
                }
                Some(read)
            }
            Err(remark) => {
                self.skip(document, list, index, items, remark);
                None
            }
        });
        read.collect()
    }

    fn skip(&mut self, document: &mut Document, list: &str, index: usize, items: &[Value], remark: Remark) {
        document.provenance.skipped.entry(list.to_owned()).or_default().extend(items.get(index).cloned());
        self.report(Some((list, index)), remark);
    }

    fn entity(&mut self, document: &mut Document, denotation: Denotation, ids: &mut Ids, index: usize) -> Result<(), Remark> {
        let Denotation { id, label, spans, object } = denotation;
        let id = ids.take(document, id, 'T')?;
        let at = Some(("denotations", index));
        if label.as_str() == FRAGMENT {
            self.report(at, Remark::warning("lone-fragment", format!("the fragment {id} is not chained to anything")));
        }
        let entity = Entity { id: id.clone(), label, spans, origin: Origin::Given, status: Status::Accepted };
        if let Some(remark) = edges::remark(document, &entity) {
            self.report(at, remark);
        }
        keep_unknown(document, &id, object, &["id", "obj"]);
        document.entities.insert(id, entity);
        Ok(())
    }
}

/// The lists of a document as they stand in its tree.
#[derive(Default)]
struct Lists {
    denotations: Vec<Value>,
    relations: Vec<Value>,
    attributes: Vec<Value>,
    modifications: Vec<Value>,
}

impl Lists {
    /// Takes the lists out of a document and leaves `null` in their place, which keeps the order of keys for the writer.
    fn take(object: &mut Map<String, Value>) -> Self {
        let mut list = |key: &str| match object.get_mut(key) {
            Some(place @ Value::Array(_)) => match place.take() {
                Value::Array(items) => items,
                _ => Vec::new(),
            },
            _ => Vec::new(),
        };
        Self {
            denotations: list("denotations"),
            relations: list("relations"),
            attributes: list("attributes"),
            modifications: list("modifications"),
        }
    }
}

/// Gives out ids, so that each is used once.
#[derive(Default)]
pub(super) struct Ids {
    used: HashSet<AnnotationId>,
    next: HashMap<char, u64>,
}

impl Ids {
    /// Gives out none of those that are `used`.
    fn new(used: impl Iterator<Item = AnnotationId>) -> Self {
        Self { used: used.collect(), next: HashMap::new() }
    }

    /// The id that the item has, or a new one with this letter.
    fn take(&mut self, document: &Document, id: Option<AnnotationId>, letter: char) -> Result<AnnotationId, Remark> {
        if let Some(id) = id {
            if document.has_id(&id) {
                return Err(Remark::error(
                    "duplicate-id",
                    format!("the id {id} is already used; the item is kept, but not shown"),
                ));
            }
            return Ok(id);
        }
        Ok(self.fresh(letter))
    }

    /// The id itself if nothing bears it yet, or a new one with this letter.
    pub(super) fn like(&mut self, id: &AnnotationId, letter: char) -> AnnotationId {
        if self.used.insert(id.clone()) { id.clone() } else { self.fresh(letter) }
    }

    fn fresh(&mut self, letter: char) -> AnnotationId {
        loop {
            let next = self.next.entry(letter).or_insert(0);
            *next += 1;
            let id = AnnotationId::new(format!("{letter}{next}"));
            if self.used.insert(id.clone()) {
                return id;
            }
        }
    }
}

/// Adds the annotation that an item of one of the lists other than `denotations` stands for.
fn add(document: &mut Document, list: &str, link: Link<'_>, ids: &mut Ids) -> Result<(), Remark> {
    match list {
        "relations" => add_relation(document, link, ids),
        "attributes" => add_attribute(document, link, ids),
        _ => add_modification(document, link, ids),
    }
}

fn add_relation(document: &mut Document, link: Link<'_>, ids: &mut Ids) -> Result<(), Remark> {
    let subject = end(document, link.subject.as_deref(), "subj", false)?;
    let object = end(document, link.object_id().as_deref(), "obj", false)?;
    let id = ids.take(document, link.id, 'R')?;
    keep_unknown(document, &id, link.raw, &["id", "pred", "subj", "obj"]);
    let (origin, status) = (Origin::Given, Status::Accepted);
    let relation = Relation { id: id.clone(), role: link.pred, subject, object, argument_names: None, origin, status };
    document.relations.insert(id, relation);
    Ok(())
}

fn add_attribute(document: &mut Document, link: Link<'_>, ids: &mut Ids) -> Result<(), Remark> {
    let target = end(document, link.subject.as_deref(), "subj", true)?;
    let id = ids.take(document, link.id, 'A')?;
    // A value that is no string is kept as it was beside the string that stands for it.
    let (value, known): (_, &[&str]) = match link.object {
        Some(Said::Word(value)) => (Some(value.into_owned()), &["id", "pred", "subj", "obj"]),
        Some(Said::Other(Value::Bool(true) | Value::Null)) | None => (None, &["id", "pred", "subj"]),
        Some(Said::Other(other)) => (Some(other.to_string()), &["id", "pred", "subj"]),
    };
    keep_unknown(document, &id, link.raw, known);
    let attribute = Attribute { id: id.clone(), kind: AttributeKind::Attribute, name: link.pred, target, value };
    document.attributes.insert(id, attribute);
    Ok(())
}

fn add_modification(document: &mut Document, link: Link<'_>, ids: &mut Ids) -> Result<(), Remark> {
    let target = end(document, link.object_id().as_deref(), "obj", true)?;
    let id = ids.take(document, link.id, 'M')?;
    keep_unknown(document, &id, link.raw, &["id", "pred", "obj"]);
    let attribute = Attribute { id: id.clone(), kind: AttributeKind::Modification, name: link.pred, target, value: None };
    document.attributes.insert(id, attribute);
    Ok(())
}

/// An end that exists: an entity, or, where `any` says so, another annotation.
fn end(document: &Document, id: Option<&str>, key: &str, any: bool) -> Result<AnnotationId, Remark> {
    let id = id.ok_or_else(|| Remark::error("dangling", format!("the item has no \"{key}\"; it is kept, but not shown")))?;
    let entity = document.entities.get_key_value(id).map(|(id, _)| id);
    entity.or_else(|| document.id(id).filter(|_| any)).cloned().ok_or_else(|| {
        let message = format!("there is no annotation {id}, which is the \"{key}\" of this item; it is kept, but not shown");
        Remark::error("dangling", message)
    })
}

fn keep_unknown(document: &mut Document, id: &AnnotationId, mut object: Map<String, Value>, known: &[&str]) {
    for key in known {
        object.shift_remove(*key);
    }
    if !object.is_empty() {
        document.provenance.unknown_of.insert(id.clone(), object);
    }
}
