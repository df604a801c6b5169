//! XML as a stream of starts, ends and text, with limits.
//!
//! Entities that a document type declares are never resolved, neither from outside nor from inside: the reference stays in the text
//! as it is written and is reported. An element may be nested [`MAX_DEPTH`] deep, and what one document takes is bounded.

use super::Entry;
use super::finding::Remark;
use crate::text::LineColumn;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use std::io::{self, BufRead, Read};
use std::path::Path;

/// Elements inside elements, at most.
pub const MAX_DEPTH: usize = 256;

/// Bytes of XML that one document may take, at most: 64 MiB.
pub const MAX_XML_BYTES: u64 = 64 << 20;

/// What stands next.
#[derive(Debug, PartialEq)]
pub(super) enum Node {
    /// A start tag with its attributes. An empty element is a start and an end.
    Start(String, Vec<(String, String)>),
    /// An end tag.
    End(String),
    /// Text, its references resolved.
    Text(String),
    /// Nothing more.
    Eof,
}

/// Why a file can't be read on, and the line.
pub(super) struct Fault {
    pub(super) line: u32,
    pub(super) remark: Remark,
}

impl Fault {
    /// What is handed on in the place of the documents that are not reached.
    pub(super) fn into_entry(self, file: &Path) -> Entry {
        Entry::refused(file, self.line, self.remark)
    }
}

/// A stream of nodes.
pub(super) struct Xml<R> {
    reader: Reader<Counted<R>>,
    buffer: Vec<u8>,
    depth: usize,
    /// Line and column where the last node begins.
    start: LineColumn,
    /// References that were left as they are, with their lines, since they were last taken.
    remarks: Vec<(u32, Remark)>,
}

impl<R: BufRead> Xml<R> {
    pub(super) fn new(input: R) -> Self {
        let mut reader = Reader::from_reader(Counted { input, line: 1, column: 1, since: 0 });
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.allow_dangling_amp = true;
        Self { reader, buffer: Vec::new(), depth: 0, start: LineColumn { line: 1, column: 1 }, remarks: Vec::new() }
    }

    /// The line that was reached, from 1.
    pub(super) fn line(&self) -> u32 {
        self.reader.get_ref().line
    }

    /// Where the node begins that was read last.
    pub(super) fn start(&self) -> LineColumn {
        self.start
    }

    /// Begins to count the bytes of a document anew.
    pub(super) fn begin_document(&mut self) {
        self.reader.get_mut().since = 0;
    }

    /// What was strange since the last call, with lines.
    pub(super) fn take_remarks(&mut self) -> Vec<(u32, Remark)> {
        std::mem::take(&mut self.remarks)
    }

    /// What stands next. Comments, instructions and declarations are passed over.
    pub(super) fn next(&mut self) -> Result<Node, Fault> {
        loop {
            self.buffer.clear();
            let Counted { line, column, .. } = *self.reader.get_ref();
            self.start = LineColumn { line, column };
            let event = self.reader.read_event_into(&mut self.buffer);
            let (line, column) = (self.reader.get_ref().line, self.reader.get_ref().column);
            let fault = |remark: Remark| Fault { line, remark: remark.at(column) };
            let event = event.map_err(|error| fault(fault_of(&error)))?;
            let node = match event {
                Event::Start(start) => {
                    if self.depth >= MAX_DEPTH {
                        let message = format!("elements are nested more than {MAX_DEPTH} deep, which is the most that is read");
                        return Err(fault(Remark::error("too-deep", message)));
                    }
                    self.depth += 1;
                    let (node, remarks) = start_of(&start);
                    self.remarks.extend(remarks.into_iter().map(|remark| (line, remark.at(column))));
                    Some(node)
                }
                Event::End(end) => {
                    self.depth = self.depth.saturating_sub(1);
                    Some(Node::End(end.local_name().as_ref().to_owned()))
                }
                Event::Text(text) => Some(Node::Text(text.xml_content(XmlVersion::Implicit1_0).into_owned())),
                Event::CData(text) => Some(Node::Text(text.xml_content(XmlVersion::Implicit1_0).into_owned())),
                Event::GeneralRef(reference) => {
                    let (text, remark) = resolved(&reference);
                    self.remarks.extend(remark.map(|remark| (line, remark.at(column))));
                    Some(Node::Text(text))
                }
                Event::Eof => {
                    if self.depth > 0 {
                        let message = format!("the file ends inside an element; {} are still open", self.depth);
                        return Err(fault(Remark::error("xml", message).hint("it may have been cut off")));
                    }
                    Some(Node::Eof)
                }
                Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => None,
            };
            if let Some(node) = node {
                return Ok(node);
            }
        }
    }

    /// All text up to the end of the element whose start was just read, in whatever elements it stands.
    pub(super) fn text(&mut self) -> Result<String, Fault> {
        let mut text = String::new();
        let mut open = 0usize;
        loop {
            match self.next()? {
                Node::Text(more) => text.push_str(&more),
                Node::Start(..) => open += 1,
                Node::End(_) if open == 0 => return Ok(text),
                Node::End(_) => open -= 1,
                Node::Eof => return Ok(text),
            }
        }
    }
}

/// The start of an element, and what is to be said of its attributes.
fn start_of(start: &BytesStart<'_>) -> (Node, Vec<Remark>) {
    let name = start.local_name().as_ref().to_owned();
    let (mut attributes, mut remarks) = (Vec::new(), Vec::new());
    for attribute in start.attributes() {
        match attribute {
            Ok(attribute) => {
                let key = attribute.key.local_name().as_ref().to_owned();
                let value = attribute.normalized_value(XmlVersion::Implicit1_0).map(|value| value.into_owned());
                attributes.push((key, value.unwrap_or_else(|_| attribute.value.clone().into_owned())));
            }
            Err(error) => {
                let message = format!("an attribute of the element {name} can't be read and is left out: {error}");
                remarks.push(Remark::error("attribute", message));
            }
        }
    }
    (Node::Start(name, attributes), remarks)
}

/// The text of a reference; one that is not of XML itself stays as it is written.
fn resolved(reference: &BytesRef<'_>) -> (String, Option<Remark>) {
    if let Ok(Some(c)) = reference.resolve_char_ref() {
        return (c.to_string(), None);
    }
    let name = reference.to_string();
    match quick_xml::escape::resolve_xml_entity(&name) {
        Some(text) => (text.to_owned(), None),
        None => {
            let message = format!("the reference &{name}; is not one of XML itself, so it stays as it is");
            let remark = Remark::warning("entity", message).hint("declarations of entities are not followed");
            (format!("&{name};"), Some(remark))
        }
    }
}

fn not_utf8(error: &impl std::fmt::Display) -> Remark {
    Remark::error("not-utf8", format!("this is not UTF-8: {error}")).hint("convert the file to UTF-8")
}

fn fault_of(error: &quick_xml::Error) -> Remark {
    match error {
        quick_xml::Error::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            let message = format!("one document takes more than {MAX_XML_BYTES} bytes, which is the most that is read");
            Remark::error("too-large", message)
        }
        quick_xml::Error::Io(error) => Remark::error("unreadable", format!("it can't be read on: {error}")),
        quick_xml::Error::Encoding(error) => not_utf8(error),
        error => Remark::error("xml", format!("this is not XML: {error}")),
    }
}

/// Counts lines and columns, and the bytes of one document.
struct Counted<R> {
    input: R,
    line: u32,
    /// In code points, from 1.
    column: u32,
    since: u64,
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let length = available.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..length), available.get(..length)) {
            to.copy_from_slice(from);
        }
        self.consume(length);
        Ok(length)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.since > MAX_XML_BYTES {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        self.input.fill_buf()
    }

    fn consume(&mut self, length: usize) {
        // What is consumed has been filled, so this reads nothing.
        if let Ok(bytes) = self.input.fill_buf()
            && let Some(bytes) = bytes.get(..length)
        {
            let ends = bytes.iter().filter(|&&byte| byte == b'\n').count();
            let last = if ends > 0 { bytes.rsplit(|&byte| byte == b'\n').next().unwrap_or_default() } else { bytes };
            let chars = last.iter().filter(|&&byte| byte & 0xc0 != 0x80).count() as u32;
            self.line = self.line.saturating_add(ends as u32);
            self.column = if ends > 0 { 1 + chars } else { self.column.saturating_add(chars) };
        }
        self.since += length as u64;
        self.input.consume(length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(source: &str) -> (String, Vec<&'static str>) {
        let mut xml = Xml::new(source.as_bytes());
        let mut all = String::new();
        loop {
            match xml.next() {
                Ok(Node::Text(text)) => all.push_str(&text),
                Ok(Node::Eof) => break,
                Ok(_) => {}
                Err(fault) => return (fault.remark.message, vec![fault.remark.code]),
            }
        }
        (all, xml.take_remarks().into_iter().map(|(_, remark)| remark.code).collect())
    }

    #[test]
    fn references_are_resolved_but_not_those_that_were_declared() {
        let bomb = "<!DOCTYPE a [<!ENTITY b \"bbb\"><!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>1 &lt; &#946;&b;&x;<![CDATA[ & ]]> <c/></a>";
        assert_eq!(text_of(bomb), ("1 < β&b;&x; &  ".to_owned(), vec!["entity", "entity"]));
    }

    #[test]
    fn attributes_that_can_not_be_read_are_told_and_the_others_are_read() {
        let mut xml = Xml::new(&b"<a x=\"1\" x=\"2\" y=\"3\">"[..]);
        let attributes = [("x", "1"), ("y", "3")].map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(xml.next().ok(), Some(Node::Start("a".to_owned(), attributes.to_vec())));
        let remarks = xml.take_remarks();
        assert_eq!(remarks.iter().map(|(line, remark)| (*line, remark.code)).collect::<Vec<_>>(), [(1, "attribute")]);
        assert!(remarks[0].1.message.starts_with("an attribute of the element a can't be read and is left out: "));
    }

    #[test]
    fn depth_is_bounded_and_a_torn_file_is_named() {
        assert_eq!(text_of(&"<a>".repeat(300)).1, ["too-deep"]);
        assert_eq!(text_of("<a><b>x</b>").1, ["xml"]);
        assert_eq!(text_of("<a></b>").1, ["xml"]);
    }

    #[test]
    fn a_document_without_end_takes_bounded_memory() {
        let endless = io::Read::chain(&b"<a>"[..], io::repeat(b'x'));
        let mut xml = Xml::new(io::BufReader::new(endless));
        assert!(matches!(xml.next(), Ok(Node::Start(..))));
        assert_eq!(xml.next().unwrap_err().remark.code, "too-large");
    }

    #[test]
    fn lines_and_columns_are_counted_in_code_points() {
        let mut xml = Xml::new("<a>β\nγδ<b/>".as_bytes());
        for _ in 0..3 {
            assert!(xml.next().is_ok());
        }
        assert_eq!((xml.reader.get_ref().line, xml.reader.get_ref().column), (2, 7));
    }
}
