//! BioC as XML.

mod left_out;

use super::assemble::assemble;
use super::disassemble::disassemble;
use super::model::{Annotation, BiocDocument, Collection, Location, Node, Passage, Place, Relation};
use crate::document::Document;
use crate::formats::json::Said;
use crate::formats::xml::{self, Fault, Xml};
use crate::formats::{Entry, Finding};
use left_out::LeftOut;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::io::{self, BufRead};
use std::path::{Path, PathBuf};

/// Reads documents one by one. It ends behind the last one, or where the XML is broken.
pub struct Reader<R> {
    source: Source<R>,
    file: PathBuf,
    collection: Collection,
    count: u32,
    done: bool,
}

impl<R: BufRead> Reader<R> {
    /// Reads `input`; `file` is what it is called in findings, and what documents without an id are called after.
    pub fn new(file: &Path, input: R) -> Self {
        let source = Source { xml: Xml::new(input), left_out: LeftOut::default() };
        Self { source, file: file.to_path_buf(), collection: Collection::default(), count: 0, done: false }
    }

    fn entry(&mut self) -> Result<Option<Entry>, Fault> {
        let source = &mut self.source;
        loop {
            source.xml.begin_document();
            match source.xml.next()? {
                xml::Node::Start(name, attributes) => {
                    source.know(&name, &attributes, if name == "infon" { &["key"] } else { &[] });
                    match name.as_str() {
                        "document" => {
                            let line = source.xml.line();
                            let read = source.document()?;
                            return Ok(Some(self.finish(line, read)));
                        }
                        "source" => source.word(&mut self.collection.source, &name)?,
                        "date" => source.word(&mut self.collection.date, &name)?,
                        "key" => source.word(&mut self.collection.key, &name)?,
                        "infon" => source.infon(&attributes, &mut self.collection.infons)?,
                        "collection" => {}
                        name => source.left_out.element(name, "collection", source.xml.start()),
                    }
                }
                xml::Node::Text(text) => source.between(&text, "collection"),
                xml::Node::End(_) => {}
                xml::Node::Eof => {
                    let (line, findings) = (source.xml.line(), self.findings());
                    return Ok(Some(Entry { line, document: None, findings }).filter(|entry| !entry.findings.is_empty()));
                }
            }
        }
    }

    fn finish(&mut self, line: u32, read: BiocDocument<'_>) -> Entry {
        self.count = self.count.saturating_add(1);
        let stem = self.file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let name = if self.count == 1 { stem } else { format!("{stem}-{}", self.count) };
        let (document, remarks) = assemble(read, &self.collection, &name);
        let mut findings = self.findings();
        findings.extend(remarks.into_iter().map(|(place, remark)| match place {
            Place::At(place) => remark.at(place.column).on(&self.file, place.line),
            Place::Nowhere | Place::Item { .. } => remark.on(&self.file, line),
        }));
        findings.sort_by_key(|finding| (finding.line, finding.column));
        Entry { line, document: Some(document), findings }
    }

    /// What was strange in the XML since the last document.
    fn findings(&mut self) -> Vec<Finding> {
        let remarks = self.source.xml.take_remarks().into_iter();
        let left_out = self.source.left_out.take().into_iter();
        let left_out = left_out.map(|(place, remark)| (place.line, remark.at(place.column)));
        remarks.chain(left_out).map(|(line, remark)| remark.on(&self.file, line)).collect()
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = io::Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let entry = self.entry();
        // Behind a fault, or behind the last document, nothing can be read.
        self.done = !matches!(&entry, Ok(Some(entry)) if entry.document.is_some());
        entry.unwrap_or_else(|fault| Some(fault.into_entry(&self.file))).map(Ok)
    }
}

type Attributes = [(String, String)];

fn attribute(attributes: &Attributes, key: &str) -> Option<String> {
    attributes.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone())
}

/// The XML, and what of it has no place in a document.
struct Source<R> {
    xml: Xml<R>,
    left_out: LeftOut,
}

impl<R: BufRead> Source<R> {
    /// Notes attributes that an element of BioC does not have.
    fn know(&mut self, name: &str, attributes: &Attributes, known: &[&str]) {
        for (key, _) in attributes.iter().filter(|(key, _)| !known.contains(&key.as_str())) {
            self.left_out.attribute(key, name, self.xml.start());
        }
    }

    /// Notes text where there should be elements only.
    fn between(&mut self, text: &str, name: &str) {
        if !text.trim().is_empty() {
            self.left_out.text(name, self.xml.start());
        }
    }

    /// Calls `read` for every element up to the end of the one called `parent`, whose start was just read. `read` reads to the end
    /// of its own and says whether it knows the element.
    fn each_child(
        &mut self,
        parent: &str,
        mut read: impl FnMut(&mut Self, &str, &Attributes) -> Result<bool, Fault>,
    ) -> Result<(), Fault> {
        loop {
            match self.xml.next()? {
                xml::Node::Start(name, attributes) => {
                    let start = self.xml.start();
                    let known: &[&str] = match name.as_str() {
                        "infon" => &["key"],
                        "annotation" | "relation" => &["id"],
                        "location" => &["offset", "length"],
                        "node" => &["refid", "role"],
                        _ => &[],
                    };
                    self.know(&name, &attributes, known);
                    if !read(self, &name, &attributes)? {
                        self.left_out.element(&name, parent, start);
                        self.xml.text()?;
                    }
                }
                xml::Node::End(_) | xml::Node::Eof => return Ok(()),
                xml::Node::Text(text) => self.between(&text, parent),
            }
        }
    }

    fn infon(&mut self, attributes: &Attributes, into: &mut Map<String, Value>) -> Result<(), Fault> {
        let (start, text) = (self.xml.start(), self.xml.text()?);
        let key = attribute(attributes, "key").unwrap_or_default();
        if into.contains_key(&key) {
            self.left_out.infon(&key, start);
        }
        into.insert(key, Value::String(text));
        Ok(())
    }

    /// Text that an element of this name holds; there should be one.
    fn text(&mut self, place: &mut Option<Cow<'static, str>>, name: &str) -> Result<(), Fault> {
        let (start, text) = (self.xml.start(), self.xml.text()?);
        if place.replace(text.into()).is_some() {
            self.left_out.again(name, start);
        }
        Ok(())
    }

    /// The same for the collection, where empty text is none.
    fn word(&mut self, place: &mut String, name: &str) -> Result<(), Fault> {
        let mut text = Some(Cow::<str>::Owned(std::mem::take(place))).filter(|text| !text.is_empty());
        self.text(&mut text, name)?;
        *place = text.unwrap_or_default().into_owned();
        Ok(())
    }

    /// Reads to the end of a document, whose start was just read.
    fn document(&mut self) -> Result<BiocDocument<'static>, Fault> {
        let mut read = BiocDocument { place: Place::At(self.xml.start()), ..BiocDocument::default() };
        let mut id = None;
        self.each_child("document", |source, name, attributes| {
            match name {
                "id" => source.text(&mut id, name)?,
                "infon" => source.infon(attributes, &mut read.infons)?,
                "passage" => read.passages.push(source.passage(name)?),
                "annotation" => read.annotations.push(source.annotation(attributes)?),
                "relation" => read.relations.push(source.relation(attributes)?),
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        read.id = Cow::Owned(id.unwrap_or_default().trim().to_owned());
        Ok(read)
    }

    /// A passage, or a sentence of one.
    fn passage(&mut self, parent: &str) -> Result<Passage<'static>, Fault> {
        let mut read = Passage { place: Place::At(self.xml.start()), ..Passage::default() };
        let mut offset = None;
        self.each_child(parent, |source, name, attributes| {
            match name {
                "infon" => source.infon(attributes, &mut read.infons)?,
                "offset" => source.text(&mut offset, name)?,
                "text" => source.text(&mut read.text, name)?,
                "sentence" if parent == "passage" => read.sentences.push(source.passage(name)?),
                "annotation" => read.annotations.push(source.annotation(attributes)?),
                "relation" => read.relations.push(source.relation(attributes)?),
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        read.offset = offset.and_then(|offset| offset.trim().parse().ok());
        Ok(read)
    }

    fn annotation(&mut self, attributes: &Attributes) -> Result<Annotation<'static>, Fault> {
        let (id, place) = (attribute(attributes, "id").map(Cow::Owned), Place::At(self.xml.start()));
        let mut read = Annotation { id, place, ..Annotation::default() };
        let mut infons = Map::new();
        self.each_child("annotation", |source, name, attributes| {
            match name {
                "infon" => source.infon(attributes, &mut infons)?,
                "location" => {
                    let number = |key: &str| attribute(attributes, key).and_then(|number| number.trim().parse().ok());
                    read.locations.push(Location { offset: number("offset"), length: number("length") });
                    let text = source.xml.text()?;
                    source.between(&text, name);
                }
                "text" => source.text(&mut read.text, name)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(Annotation { infons: infons.into(), ..read })
    }

    fn relation(&mut self, attributes: &Attributes) -> Result<Relation<'static>, Fault> {
        let (id, place) = (attribute(attributes, "id").map(Cow::Owned), Place::At(self.xml.start()));
        let mut read = Relation { id, place, ..Relation::default() };
        let mut infons = Map::new();
        self.each_child("relation", |source, name, attributes| {
            match name {
                "infon" => source.infon(attributes, &mut infons)?,
                "node" => {
                    let get = |key: &str| attribute(attributes, key).unwrap_or_default().into();
                    read.nodes.push(Node { refid: get("refid"), role: get("role") });
                    let text = source.xml.text()?;
                    source.between(&text, name);
                }
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(Relation { infons: infons.into(), ..read })
    }
}

/// Documents as a collection. What is said of the collection is what the first document came with.
pub fn write<'a>(documents: impl IntoIterator<Item = &'a Document>) -> String {
    let mut documents = documents.into_iter().peekable();
    let mut out = opening(documents.peek().copied());
    documents.for_each(|document| out.push_str(&member(document)));
    out.push_str(END);
    out
}

/// What stands before the documents of a collection, of which this is the first.
pub(in crate::formats) fn opening(first: Option<&Document>) -> String {
    let mut out = Output(String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE collection SYSTEM \"BioC.dtd\">\n<collection>",
    ));
    let collection = first.map(|document| disassemble(document).0).unwrap_or_default();
    for (name, value) in [("source", &collection.source), ("date", &collection.date), ("key", &collection.key)] {
        out.element(name, value);
    }
    out.infons(collection.infons);
    out.0
}

/// A document as it stands in a collection.
pub(in crate::formats) fn member(document: &Document) -> String {
    let mut out = Output(String::new());
    out.document(disassemble(document).1);
    out.0
}

/// What stands behind the documents of a collection.
pub(in crate::formats) const END: &str = "</collection>\n";

/// Characters that XML 1.0 can't hold, not even as references.
pub(in crate::formats) fn is_forbidden(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

struct Output(String);

impl Output {
    fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                // These would be read as line feeds or blanks.
                '\r' => self.0.push_str("&#13;"),
                '\n' => self.0.push_str("&#10;"),
                '\t' => self.0.push_str("&#9;"),
                '\u{85}' => self.0.push_str("&#133;"),
                '\u{2028}' => self.0.push_str("&#8232;"),
                c if is_forbidden(c) => self.0.push(char::REPLACEMENT_CHARACTER),
                c => self.0.push(c),
            }
        }
    }

    fn element(&mut self, name: &str, text: &str) {
        self.0.push_str(&format!("<{name}>"));
        self.text(text);
        self.0.push_str(&format!("</{name}>"));
    }

    fn start(&mut self, name: &str, attributes: &[(&str, &str)], end: &str) {
        self.0.push_str(&format!("<{name}"));
        for (key, value) in attributes {
            self.0.push_str(&format!(" {key}=\""));
            self.text(value);
            self.0.push('"');
        }
        self.0.push_str(end);
    }

    fn infons(&mut self, infons: Map<String, Value>) {
        for (key, value) in infons {
            self.start("infon", &[("key", &key)], ">");
            self.text(&Said::of(value).text());
            self.0.push_str("</infon>");
        }
    }

    fn document(&mut self, read: BiocDocument<'_>) {
        self.0.push_str("<document>");
        self.element("id", &read.id);
        self.infons(read.infons);
        read.passages.into_iter().for_each(|passage| self.passage("passage", passage));
        self.items(read.annotations, read.relations);
        self.0.push_str("</document>");
    }

    fn passage(&mut self, name: &str, passage: Passage<'_>) {
        self.0.push_str(&format!("<{name}>"));
        self.infons(passage.infons);
        self.element("offset", &passage.offset.unwrap_or(0).to_string());
        if passage.sentences.is_empty() {
            self.element("text", passage.text.as_deref().unwrap_or_default());
        }
        passage.sentences.into_iter().for_each(|sentence| self.passage("sentence", sentence));
        self.items(passage.annotations, passage.relations);
        self.0.push_str(&format!("</{name}>"));
    }

    fn items(&mut self, annotations: Vec<Annotation<'_>>, relations: Vec<Relation<'_>>) {
        for annotation in annotations {
            self.start("annotation", &[("id", annotation.id.as_deref().unwrap_or_default())], ">");
            self.infons(annotation.infons.into_map());
            for Location { offset, length } in annotation.locations {
                let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
                self.start("location", &[("offset", &number(offset)), ("length", &number(length))], "/>");
            }
            if let Some(text) = &annotation.text {
                self.element("text", text);
            }
            self.0.push_str("</annotation>");
        }
        for relation in relations {
            self.start("relation", &[("id", relation.id.as_deref().unwrap_or_default())], ">");
            self.infons(relation.infons.into_map());
            for Node { refid, role } in &relation.nodes {
                self.start("node", &[("refid", refid), ("role", role)], "/>");
            }
            self.0.push_str("</relation>");
        }
    }
}

/// What a document holds that can't stand in XML.
pub(in crate::formats) fn forbidden(document: &Document) -> usize {
    document.text.as_str().chars().filter(|&c| is_forbidden(c)).count()
}
