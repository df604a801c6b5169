//! File formats: reading annotated documents, writing them back, and saying what is wrong with a file.
//!
//! Each format has the same shape: free functions that turn strings into [`Document`](crate::document::Document)s and back.
//! The parsers and printers touch no file: that is done by what loads, repairs, writes and holds folders. Offsets are Unicode code
//! points, half open.
//! A line or key that is not understood is kept and written back, never dropped in silence.

mod atomic;
pub mod bioc;
pub mod bionlp;
pub mod brat;
mod claim;
mod detect;
mod edges;
mod entry;
mod export;
mod finding;
mod fix;
#[cfg(test)]
mod hand_check;
mod hold;
mod json;
pub mod jsonl;
mod lines;
mod load;
pub mod medline;
mod naming;
mod natural;
#[cfg(test)]
mod odd_files;
mod origin;
pub mod plain;
pub mod pubannotation;
pub mod pubmed;
pub mod pubtator;
mod stamps;
mod stream;
mod write;
mod write_many;
mod xml;

pub(crate) use atomic::{replace_bytes, unfinished};
pub use entry::Entry;
pub use export::losses;
pub use finding::{Finding, Severity, turns_direction, visible};
pub use fix::{Repaired, repair};
pub use hold::hold;
pub use load::{LoadReport, Loaded, MAX_FILE_BYTES, Visit, load_paths, visit_paths, visit_stream};
pub use naming::{file_key, safe_name};
pub use stamps::Stamps;
pub use stream::Stream;
pub use write::{AnnotationConfs, WriteError, WriteOptions, Written, write_and_read_back, write_document};
pub use write_many::WriteMany;

use std::fmt;
use std::str::FromStr;

/// A format that documents can be read from and written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// brat standoff: `.txt` and `.ann`.
    Brat,
    /// BioNLP shared task: `.txt`, `.a1` (what was given) and `.a2` (what was found).
    Bionlp,
    /// PubAnnotation JSON.
    PubAnnotation,
    /// BioC XML.
    BiocXml,
    /// BioC JSON.
    BiocJson,
    /// PubTator.
    PubTator,
    /// MEDLINE, also called nbib. Only read.
    Medline,
    /// PubMed XML. Only read.
    PubMed,
    /// JSON lines: a document a line, with all that rolecall knows of it.
    JsonLines,
    /// The text alone.
    Plain,
}

impl Format {
    /// All formats, in the order of help texts.
    pub const ALL: [Self; 10] = [
        Self::Brat,
        Self::Bionlp,
        Self::PubAnnotation,
        Self::BiocXml,
        Self::BiocJson,
        Self::PubTator,
        Self::JsonLines,
        Self::Plain,
        Self::Medline,
        Self::PubMed,
    ];

    /// The name by which it is asked for on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Brat => "brat",
            Self::Bionlp => "bionlp",
            Self::PubAnnotation => "pubannotation",
            Self::BiocXml => "bioc-xml",
            Self::BiocJson => "bioc-json",
            Self::PubTator => "pubtator",
            Self::Medline => "medline",
            Self::PubMed => "pubmed",
            Self::JsonLines => "jsonl",
            Self::Plain => "plain",
        }
    }

    /// The ending of its files when one file holds a document with its text.
    pub const fn single_file(self) -> Option<&'static str> {
        match self {
            Self::Brat | Self::Bionlp | Self::Plain => None,
            Self::PubAnnotation | Self::BiocJson => Some("json"),
            Self::BiocXml | Self::PubMed => Some("xml"),
            Self::PubTator => Some("pubtator"),
            Self::JsonLines => Some("jsonl"),
            Self::Medline => Some("nbib"),
        }
    }

    /// The format in which the results on a document of this format are written, unless another is asked for.
    pub const fn of_results(self) -> Self {
        match self {
            Self::Plain | Self::Medline | Self::PubMed => Self::Brat,
            other => other,
        }
    }

    /// Whether documents can be written in it.
    pub const fn is_written(self) -> bool {
        !matches!(self, Self::Medline | Self::PubMed)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A format name that is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{}\" is not a format that is written: choose brat, bionlp, pubannotation, bioc-xml, bioc-json, pubtator, jsonl or plain", visible(.0))]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        let is_called = |format: &Self| format.is_written() && format.name().eq_ignore_ascii_case(name);
        let found = Self::ALL.into_iter().find(is_called);
        found.ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_found_by_its_name() {
        for format in Format::ALL {
            assert_eq!(format.to_string().parse::<Format>().ok(), format.is_written().then_some(format));
        }
        assert!("b\u{7}rat".parse::<Format>().unwrap_err().to_string().contains("\\u{7}"));
    }
}
