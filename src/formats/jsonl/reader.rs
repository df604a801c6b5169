//! From lines to documents, one at a time.

use super::build::Builder;
use super::line::{
    AttributeLine, DocumentLine, EntityLine, EquivalenceItem, EventLine, KeptLine, NormalizationLine, NoteLine, RelationLine,
    Shape,
};
use super::{SKIPPED, VERSION};
use crate::document::{Document, DocumentMarks};
use crate::formats::finding::{Finding, Remark};
use crate::formats::json::{self, Fault, Step};
use crate::formats::lines::{Line, Lines};
use crate::formats::{Entry, bioc, pubannotation};
use crate::text::{LineColumn, SourceText};
use indexmap::IndexMap;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::cell::Cell;
use std::io::{self, BufRead};
use std::path::{Path, PathBuf};

/// Findings of one line that get the column of their item.
const MOST_PLACES: u32 = 1000;

/// Reads documents one by one. Blank lines are passed over. It ends behind the last line, or behind an error of the system.
#[derive(Debug)]
pub struct Reader<R> {
    lines: Lines<R>,
    file: PathBuf,
    failed: bool,
}

impl<R: BufRead> Reader<R> {
    /// Reads `input`; `file` is what it is called in findings, and what documents without a name are called after.
    pub fn new(file: &Path, input: R) -> Self {
        Self { lines: Lines::new(input), file: file.to_path_buf(), failed: false }
    }

    /// What comes of the next line that is not blank.
    fn entry(&mut self) -> io::Result<Option<Entry>> {
        while let Some(Line { number, content }) = self.lines.next()? {
            match content {
                Ok(line) if line.trim().is_empty() => {}
                Ok(line) => return Ok(Some(read_line(&self.file, number, &line))),
                Err(remark) => return Ok(Some(Entry::refused(&self.file, number, remark))),
            }
        }
        Ok(None)
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = io::Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let entry = self.entry();
        self.failed = entry.is_err();
        entry.transpose()
    }
}

/// Reads one line that stands at `number` in `file`.
pub fn read_line(file: &Path, number: u32, line: &str) -> Entry {
    let mut findings = Vec::new();
    let source = line.trim_start_matches('\u{feff}').trim_end_matches(['\n', '\r']);
    if source.starts_with('\u{feff}') || line.starts_with('\u{feff}') {
        let remark = Remark::warning("byte-order-mark", "the file begins with a byte order mark, which is left out");
        findings.push(remark.on(file, number));
    }
    let (sheet, name) = (Sheet { file, number, source, places: Cell::new(MOST_PLACES) }, default_name(file, number));
    // What is as it should be is read straight into its shape; all else by way of values, which can be told apart one by one.
    let document = match serde_json::from_str::<DocumentLine>(source) {
        Ok(line) => sheet.document(&name, line.into(), &mut findings),
        Err(_) => sheet.slowly(&name, &mut findings),
    };
    findings.sort_by_key(|finding| (finding.line, finding.column));
    Entry { line: number, document, findings }
}

fn default_name(file: &Path, number: u32) -> String {
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    format!("{stem}-{number}")
}

/// A line and where it stands.
pub(super) struct Sheet<'a> {
    file: &'a Path,
    number: u32,
    source: &'a str,
    /// How many more items get a column of their own: each costs a walk through the line.
    places: Cell<u32>,
}

impl Sheet<'_> {
    /// A finding at an item of a list, or at the line itself.
    pub(super) fn finding(&self, item: Option<(&str, usize)>, remark: Remark) -> Finding {
        let steps = item.map(|(list, index)| [Step::Key(list), Step::Index(index)]);
        self.finding_at(steps.filter(|_| self.places.get() > 0).and_then(|steps| json::find(self.source, &steps)), remark)
    }

    /// A finding at a byte of the line, if it is known.
    fn finding_at(&self, byte: Option<usize>, remark: Remark) -> Finding {
        self.places.set(self.places.get().saturating_sub(1));
        match byte.and_then(|byte| self.source.get(..byte)) {
            Some(before) => {
                let place = json::behind_text(self.begin(), before);
                remark.at(place.column).on(self.file, place.line)
            }
            None => remark.on(self.file, self.number),
        }
    }

    /// A finding in the line as one in its file.
    fn here(&self, finding: Finding) -> Finding {
        Finding { line: self.number + finding.line.saturating_sub(1), ..finding }
    }

    fn begin(&self) -> LineColumn {
        LineColumn { line: self.number, column: 1 }
    }

    fn slowly(&self, name: &str, findings: &mut Vec<Finding>) -> Option<Document> {
        match json::kind(self.source) {
            json::Kind::PubAnnotation => return self.pubannotation(name, findings),
            json::Kind::Bioc => return self.bioc(name, findings),
            json::Kind::Rolecall | json::Kind::Other => {}
        }
        match serde_json::from_str::<Value>(self.source) {
            Ok(Value::Object(object)) => {
                for (key, byte) in json::doubled(self.source) {
                    let byte = Some(byte).filter(|_| self.places.get() > 0);
                    findings.push(self.finding_at(byte, json::given_twice(&key)));
                }
                let line = Parts::of(object, self, findings);
                self.document(name, line, findings)
            }
            Ok(_) => {
                findings.push(self.finding(None, Remark::error("not-a-document", "a document is a JSON object")));
                None
            }
            Err(error) => {
                findings.push(Fault::of(self.source, &error).on(self.file, self.begin()));
                None
            }
        }
    }

    /// The first document of BioC; a line is for one.
    fn bioc(&self, name: &str, findings: &mut Vec<Finding>) -> Option<Document> {
        let mut first = None;
        let mut more = 0;
        for (document, found) in bioc::json::read(name, self.file, self.source) {
            more += usize::from(document.is_some() && first.is_some());
            if document.is_none() || first.is_none() {
                findings.extend(found.into_iter().map(|finding| self.here(finding)));
            }
            first = first.or(document);
        }
        if more > 0 {
            let message = format!("a line is for one document; {more} more of its collection are left out");
            let remark = Remark::error("many-documents", message).hint("call the file .json to read them all");
            findings.push(self.finding(None, remark));
        }
        first
    }

    fn pubannotation(&self, name: &str, findings: &mut Vec<Finding>) -> Option<Document> {
        let mut collection = pubannotation::read(name, self.file, self.source);
        let document = collection.documents.pop();
        let (document, mut more) = document.map_or((None, Vec::new()), |(document, more)| (Some(document), more));
        more.append(&mut collection.findings);
        findings.extend(more.into_iter().map(|finding| self.here(finding)));
        document.map(|mut document| {
            if let (Some(database), Some(id)) = (&document.provenance.database, &document.provenance.id) {
                document.name = format!("{database}-{id}");
            }
            document
        })
    }

    fn document(&self, name: &str, parts: Parts, findings: &mut Vec<Finding>) -> Option<Document> {
        let Some(text) = parts.text else {
            findings.push(self.finding(None, Remark::error("no-text", "there is no \"text\", so this is not a document")));
            return None;
        };
        if let Some(version) = parts.rolecall.filter(|&version| version > VERSION) {
            let message = format!("the line was written by a later rolecall (format {version}); what is not known is kept");
            findings.push(self.finding(None, Remark::warning("later-version", message)));
        }
        let mut document =
            Document::new(parts.name.or_else(|| parts.id.clone()).unwrap_or_else(|| name.to_owned()), SourceText::new(text));
        document.marks = parts.marks;
        document.provenance.database = parts.database;
        document.provenance.id = parts.id;
        document.provenance.unknown = parts.unknown;
        document.provenance.skipped = parts.skipped;
        let mut builder = Builder::new(document, self, findings);
        builder.entities(parts.entities);
        builder.relations(parts.relations);
        builder.events(parts.events);
        builder.attributes(parts.attributes);
        builder.normalizations(parts.normalizations);
        builder.notes(parts.notes);
        builder.equivalences(parts.equivalences);
        Some(builder.finish(parts.lines, parts.given_lines))
    }
}

/// The items of a list with their places in it.
pub(super) type Items<T> = Vec<(usize, T)>;

/// What stands on a line, as far as it was understood.
struct Parts {
    rolecall: Option<u64>,
    name: Option<String>,
    database: Option<String>,
    id: Option<String>,
    text: Option<String>,
    entities: Items<EntityLine>,
    relations: Items<RelationLine>,
    events: Items<EventLine>,
    attributes: Items<AttributeLine>,
    normalizations: Items<NormalizationLine>,
    notes: Items<NoteLine>,
    equivalences: Items<EquivalenceItem>,
    marks: DocumentMarks,
    lines: Items<KeptLine>,
    given_lines: Items<KeptLine>,
    skipped: IndexMap<String, Vec<Value>>,
    unknown: Map<String, Value>,
}

impl From<DocumentLine> for Parts {
    fn from(line: DocumentLine) -> Self {
        fn numbered<T>(items: Vec<T>) -> Items<T> {
            items.into_iter().enumerate().collect()
        }
        Self {
            rolecall: line.rolecall,
            name: line.name,
            database: line.database,
            id: line.id,
            text: line.text,
            entities: numbered(line.entities),
            relations: numbered(line.relations),
            events: numbered(line.events),
            attributes: numbered(line.attributes),
            normalizations: numbered(line.normalizations),
            notes: numbered(line.notes),
            equivalences: numbered(line.equivalences),
            marks: DocumentMarks { status: line.status, flagged: line.flagged, remark: line.remark },
            lines: numbered(line.lines),
            given_lines: numbered(line.given_lines),
            skipped: lists(line.skipped),
            unknown: line.unknown,
        }
    }
}

fn lists(object: Map<String, Value>) -> IndexMap<String, Vec<Value>> {
    let list = |value| if let Value::Array(items) = value { items } else { vec![value] };
    object.into_iter().map(|(name, value)| (name, list(value))).collect()
}

impl Parts {
    /// Takes an object apart. An item that is not understood is reported and kept.
    fn of(mut object: Map<String, Value>, sheet: &Sheet<'_>, findings: &mut Vec<Finding>) -> Self {
        let skipped = match object.shift_remove("skipped") {
            Some(Value::Object(skipped)) => lists(skipped),
            _ => IndexMap::new(),
        };
        let mut unknown = match object.shift_remove("unknown") {
            Some(Value::Object(unknown)) => unknown,
            _ => Map::new(),
        };
        let mut take = Take { object: &mut object, sheet, findings, skipped };
        let mut parts = Self {
            rolecall: take.value("rolecall"),
            name: take.word("name"),
            database: take.word("database"),
            id: take.word("id"),
            text: take.value("text"),
            entities: take.shapes(),
            relations: take.shapes(),
            events: take.shapes(),
            attributes: take.shapes(),
            normalizations: take.shapes(),
            notes: take.shapes(),
            equivalences: take.items("equivalences", from_value),
            marks: DocumentMarks {
                status: take.value("status").unwrap_or_default(),
                flagged: take.value("flagged").unwrap_or_default(),
                remark: take.value("remark").unwrap_or_default(),
            },
            lines: take.items("lines", from_value),
            given_lines: take.items("given_lines", from_value),
            skipped: IndexMap::new(),
            unknown: Map::new(),
        };
        parts.skipped = take.skipped;
        unknown.append(&mut object);
        parts.unknown = unknown;
        parts
    }
}

/// Takes values out of an object.
struct Take<'a, 'b> {
    object: &'a mut Map<String, Value>,
    sheet: &'a Sheet<'b>,
    findings: &'a mut Vec<Finding>,
    skipped: IndexMap<String, Vec<Value>>,
}

impl Take<'_, '_> {
    /// The value of a key. One of another kind stays in the object, so that it is kept, and is reported.
    fn value<T: DeserializeOwned>(&mut self, key: &str) -> Option<T> {
        let value = self.object.get(key)?;
        match serde_json::from_value(value.clone()) {
            Ok(read) => {
                self.object.shift_remove(key);
                Some(read)
            }
            Err(_) if value.is_null() => {
                self.object.shift_remove(key);
                None
            }
            Err(error) => {
                let remark = Remark::error("not-understood", format!("\"{key}\" is not what it should be: {error}"));
                self.findings.push(self.sheet.finding(None, remark));
                None
            }
        }
    }

    /// A string, or a number as its digits: ids of databases come as both.
    fn word(&mut self, key: &str) -> Option<String> {
        if let Some(Value::Number(number)) = self.object.get(key) {
            let word = number.to_string();
            self.object.shift_remove(key);
            return Some(word);
        }
        self.value(key)
    }

    /// The items of a list of annotations.
    fn shapes<T: Shape>(&mut self) -> Items<T> {
        self.items(T::LIST, |item| {
            let Value::Object(mut object) = item else { return Err("it is not an object".to_owned()) };
            let others: Vec<String> = object.keys().filter(|key| !T::KEYS.contains(&key.as_str())).cloned().collect();
            let others: Vec<(String, Value)> =
                others.into_iter().filter_map(|key| object.shift_remove_entry(key.as_str())).collect();
            let mut shape: T = from_value(Value::Object(object))?;
            shape.unknown().extend(others);
            Ok(shape)
        })
    }

    /// The items of a list; what is not understood is reported and kept.
    fn items<T>(&mut self, list: &str, read: impl Fn(Value) -> Result<T, String>) -> Items<T> {
        let items = match self.object.get(list) {
            None => return Vec::new(),
            Some(Value::Null) => Vec::new(),
            Some(Value::Array(items)) => items.clone(),
            Some(_) => {
                let remark = Remark::error("not-understood", format!("\"{list}\" is not a list; it is kept as it is"));
                self.findings.push(self.sheet.finding(None, remark));
                return Vec::new();
            }
        };
        self.object.shift_remove(list);
        let mut understood = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            match read(item.clone()) {
                Ok(shape) => understood.push((index, shape)),
                Err(reason) => {
                    let remark = Remark::error("not-understood", format!("the item is kept, but not shown: {reason}"));
                    self.findings.push(self.sheet.finding(Some((list, index)), remark));
                    self.skipped.entry(format!("{SKIPPED}{list}")).or_default().push(item);
                }
            }
        }
        understood
    }
}

fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| error.to_string())
}
