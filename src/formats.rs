//! File formats: reading annotated documents, writing them back, and saying what is wrong with a file.
//!
//! Each format has the same shape: free functions that turn strings into [`Document`](crate::document::Document)s and back.
//! Files are touched only by [`load_paths`] and [`write_document`]. Offsets are Unicode code points, half open.
//! A line or key that is not understood is kept and written back, never dropped in silence.

mod atomic;
pub mod bionlp;
pub mod brat;
mod edges;
mod export;
mod finding;
#[cfg(test)]
mod hand_check;
pub mod jsonl;
mod load;
mod naming;
mod natural;
mod place;
pub mod plain;
pub mod pubannotation;
mod write;

pub use export::losses;
pub use finding::{Finding, Severity, visible};
pub use load::{LoadReport, Loaded, MAX_FILE_BYTES, load_paths};
pub use naming::safe_name;
pub use write::{WriteError, WriteOptions, write_annotation_conf, write_document};

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
    /// JSON lines: a document a line, with all that rolecall knows of it.
    JsonLines,
    /// The text alone.
    Plain,
}

impl Format {
    /// All formats, in the order of help texts.
    pub const ALL: [Self; 5] = [Self::Brat, Self::Bionlp, Self::PubAnnotation, Self::JsonLines, Self::Plain];

    /// The name by which it is asked for on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Brat => "brat",
            Self::Bionlp => "bionlp",
            Self::PubAnnotation => "pubannotation",
            Self::JsonLines => "jsonl",
            Self::Plain => "plain",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A format name that is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{}\" is not a format: choose brat, bionlp, pubannotation, jsonl or plain", visible(.0))]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        let found = Self::ALL.into_iter().find(|format| format.name().eq_ignore_ascii_case(name));
        found.ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_found_by_its_name() {
        for format in Format::ALL {
            assert_eq!(format.to_string().parse(), Ok(format));
        }
        assert!("b\u{7}rat".parse::<Format>().unwrap_err().to_string().contains("\\u{7}"));
    }
}
