//! BioC as XML.

use super::assemble::{assemble, text_of};
use super::disassemble::disassemble;
use super::model::{Annotation, BiocDocument, Collection, Passage, Place, Relation};
use crate::document::Document;
use crate::formats::Entry;
use crate::formats::xml::{Fault, Node, Xml};
use serde_json::{Map, Value};
use std::io::{self, BufRead};
use std::path::{Path, PathBuf};

/// Reads documents one by one. It ends behind the last one, or where the XML is broken.
pub struct Reader<R> {
    xml: Xml<R>,
    file: PathBuf,
    collection: Collection,
    count: u32,
    done: bool,
}

impl<R: BufRead> Reader<R> {
    /// Reads `input`; `file` is what it is called in findings, and what documents without an id are called after.
    pub fn new(file: &Path, input: R) -> Self {
        Self { xml: Xml::new(input), file: file.to_path_buf(), collection: Collection::default(), count: 0, done: false }
    }

    fn entry(&mut self) -> Result<Option<Entry>, Fault> {
        loop {
            self.xml.begin_document();
            match self.xml.next()? {
                Node::Start(name, attributes) => match name.as_str() {
                    "document" => {
                        let line = self.xml.line();
                        let read = self.document()?;
                        return Ok(Some(self.finish(line, &read)));
                    }
                    "source" => self.collection.source = self.xml.text()?,
                    "date" => self.collection.date = self.xml.text()?,
                    "key" => self.collection.key = self.xml.text()?,
                    "infon" => infon(&mut self.xml, &attributes, &mut self.collection.infons)?,
                    _ => {}
                },
                Node::Eof => return Ok(None),
                _ => {}
            }
        }
    }

    fn finish(&mut self, line: u32, read: &BiocDocument) -> Entry {
        self.count = self.count.saturating_add(1);
        let stem = self.file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let name = if self.count == 1 { stem } else { format!("{stem}-{}", self.count) };
        let (document, remarks) = assemble(read, &self.collection, &name);
        let mut findings: Vec<_> =
            self.xml.take_remarks().into_iter().map(|(line, remark)| remark.on(&self.file, line)).collect();
        findings.extend(remarks.into_iter().map(|(place, remark)| match place {
            Place::At(place) => remark.at(place.column).on(&self.file, place.line),
            Place::Nowhere | Place::Item { .. } => remark.on(&self.file, line),
        }));
        findings.sort_by_key(|finding| (finding.line, finding.column));
        Entry { line, document: Some(document), findings }
    }

    /// Reads to the end of a document, whose start was just read.
    fn document(&mut self) -> Result<BiocDocument, Fault> {
        let xml = &mut self.xml;
        let mut read = BiocDocument { place: Place::At(xml.start()), ..BiocDocument::default() };
        each_child(xml, |xml, name, attributes| {
            match name {
                "id" => read.id = xml.text()?.trim().to_owned(),
                "infon" => infon(xml, attributes, &mut read.infons)?,
                "passage" => read.passages.push(passage(xml)?),
                "annotation" => read.annotations.push(annotation(xml, attributes)?),
                "relation" => read.relations.push(relation(xml, attributes)?),
                _ => drop(xml.text()?),
            }
            Ok(())
        })?;
        Ok(read)
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = io::Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let entry = self.entry();
        // Behind a fault nothing can be read.
        self.done = !matches!(entry, Ok(Some(_)));
        entry.unwrap_or_else(|fault| Some(fault.into_entry(&self.file))).map(Ok)
    }
}

type Attributes = [(String, String)];

/// Calls `read` for every element up to the end of the one whose start was just read; `read` reads to the end of its own.
fn each_child<R: BufRead>(
    xml: &mut Xml<R>,
    mut read: impl FnMut(&mut Xml<R>, &str, &Attributes) -> Result<(), Fault>,
) -> Result<(), Fault> {
    loop {
        match xml.next()? {
            Node::Start(name, attributes) => read(xml, &name, &attributes)?,
            Node::End(_) | Node::Eof => return Ok(()),
            Node::Text(_) => {}
        }
    }
}

fn attribute(attributes: &Attributes, key: &str) -> Option<String> {
    attributes.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone())
}

fn infon<R: BufRead>(xml: &mut Xml<R>, attributes: &Attributes, into: &mut Map<String, Value>) -> Result<(), Fault> {
    let text = xml.text()?;
    into.insert(attribute(attributes, "key").unwrap_or_default(), Value::String(text));
    Ok(())
}

fn passage<R: BufRead>(xml: &mut Xml<R>) -> Result<Passage, Fault> {
    let mut read = Passage { place: Place::At(xml.start()), ..Passage::default() };
    each_child(xml, |xml, name, attributes| {
        match name {
            "infon" => infon(xml, attributes, &mut read.infons)?,
            "offset" => read.offset = xml.text()?.trim().parse().ok(),
            "text" => read.text = Some(xml.text()?),
            "sentence" => read.sentences.push(passage(xml)?),
            "annotation" => read.annotations.push(annotation(xml, attributes)?),
            "relation" => read.relations.push(relation(xml, attributes)?),
            _ => drop(xml.text()?),
        }
        Ok(())
    })?;
    Ok(read)
}

fn annotation<R: BufRead>(xml: &mut Xml<R>, attributes: &Attributes) -> Result<Annotation, Fault> {
    let (id, place) = (attribute(attributes, "id"), Place::At(xml.start()));
    let mut read = Annotation { id, place, ..Annotation::default() };
    each_child(xml, |xml, name, attributes| {
        match name {
            "infon" => infon(xml, attributes, &mut read.infons)?,
            "location" => {
                let number = |key: &str| attribute(attributes, key).and_then(|number| number.trim().parse().ok());
                read.locations.push((number("offset"), number("length")));
                xml.text()?;
            }
            "text" => read.text = Some(xml.text()?),
            _ => drop(xml.text()?),
        }
        Ok(())
    })?;
    Ok(read)
}

fn relation<R: BufRead>(xml: &mut Xml<R>, attributes: &Attributes) -> Result<Relation, Fault> {
    let (id, place) = (attribute(attributes, "id"), Place::At(xml.start()));
    let mut read = Relation { id, place, ..Relation::default() };
    each_child(xml, |xml, name, attributes| {
        match name {
            "infon" => infon(xml, attributes, &mut read.infons)?,
            "node" => {
                let get = |key: &str| attribute(attributes, key).unwrap_or_default();
                read.nodes.push((get("refid"), get("role")));
                xml.text()?;
            }
            _ => drop(xml.text()?),
        }
        Ok(())
    })?;
    Ok(read)
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
    out.infons(&collection.infons);
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

    fn infons(&mut self, infons: &Map<String, Value>) {
        for (key, value) in infons {
            self.start("infon", &[("key", key)], ">");
            self.text(&text_of(value));
            self.0.push_str("</infon>");
        }
    }

    fn document(&mut self, read: BiocDocument) {
        self.0.push_str("<document>");
        self.element("id", &read.id);
        self.infons(&read.infons);
        read.passages.into_iter().for_each(|passage| self.passage("passage", passage));
        self.items(read.annotations, read.relations);
        self.0.push_str("</document>");
    }

    fn passage(&mut self, name: &str, passage: Passage) {
        self.0.push_str(&format!("<{name}>"));
        self.infons(&passage.infons);
        self.element("offset", &passage.offset.unwrap_or(0).to_string());
        if passage.sentences.is_empty() {
            self.element("text", passage.text.as_deref().unwrap_or_default());
        }
        passage.sentences.into_iter().for_each(|sentence| self.passage("sentence", sentence));
        self.items(passage.annotations, passage.relations);
        self.0.push_str(&format!("</{name}>"));
    }

    fn items(&mut self, annotations: Vec<Annotation>, relations: Vec<Relation>) {
        for annotation in annotations {
            self.start("annotation", &[("id", annotation.id.as_deref().unwrap_or_default())], ">");
            self.infons(&annotation.infons);
            for (offset, length) in annotation.locations {
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
            self.infons(&relation.infons);
            for (refid, role) in &relation.nodes {
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
