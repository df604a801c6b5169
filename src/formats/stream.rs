//! Documents behind each other in one stream, for formats in which they can stand so.

use super::export::{Selection, prepare};
use super::{Format, WriteError, WriteOptions, bioc, jsonl, pubannotation, pubtator};
use crate::document::Document;

/// A stream of documents on its way out.
#[derive(Debug)]
pub struct Stream {
    format: Format,
    begun: bool,
}

impl Stream {
    /// A stream in this format.
    ///
    /// # Errors
    /// [`WriteError::NoStream`] for formats in which a document takes several files or has no end.
    pub fn new(format: Format) -> Result<Self, WriteError> {
        match format {
            Format::Brat | Format::Bionlp | Format::Plain | Format::Medline | Format::PubMed => Err(WriteError::NoStream(format)),
            _ => Ok(Self { format, begun: false }),
        }
    }

    /// What stands in the stream for this document.
    ///
    /// # Errors
    /// [`WriteError`] when the document can't be written in this format.
    pub fn document(&mut self, document: &Document, options: &WriteOptions) -> Result<String, WriteError> {
        let selection = Selection { notes: options.notes, proposed: options.include_proposed };
        let prepared = prepare(document, self.format, selection);
        super::write::check(&prepared, self.format)?;
        let first = !std::mem::replace(&mut self.begun, true);
        Ok(match self.format {
            Format::JsonLines => {
                let mut line = Vec::new();
                let _ = jsonl::write(&prepared, &mut line);
                String::from_utf8(line).unwrap_or_default()
            }
            Format::PubTator => pubtator::write(&prepared),
            Format::BiocXml => format!("{}{}", bioc_xml_opening(first, &prepared), bioc::xml::member(&prepared)),
            Format::BiocJson => {
                let before = if first { bioc::json::opening(Some(&prepared)) } else { ",".to_owned() };
                format!("{before}{}", bioc::json::member(&prepared))
            }
            _ => format!("{}{}", if first { "[" } else { ",\n" }, pubannotation::write(&prepared).trim_end()),
        })
    }

    /// What stands at the end of the stream.
    pub fn end(self) -> String {
        match (self.format, self.begun) {
            (Format::BiocXml, true) => bioc::xml::END.to_owned(),
            (Format::BiocXml, false) => bioc::xml::write([]),
            (Format::BiocJson, true) => bioc::json::END.to_owned(),
            (Format::BiocJson, false) => bioc::json::write([]),
            (Format::PubAnnotation, begun) => if begun { "]\n" } else { "[]\n" }.to_owned(),
            _ => String::new(),
        }
    }
}

fn bioc_xml_opening(first: bool, document: &Document) -> String {
    if first { bioc::xml::opening(Some(document)) } else { String::new() }
}
