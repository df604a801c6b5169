//! JSON lines: a document a line, with everything that rolecall knows of it. The one format that loses nothing.
//!
//! ```text
//! {"rolecall":1,"name":"PubMed-1","database":"PubMed","id":"1","text":"BRCA1 loss","entities":[
//!   {"id":"T1","label":"Gene","spans":[[0,5]],"text":"BRCA1","origin":"given","status":"accepted"},
//!   {"id":"T2","label":"NegReg","spans":[[6,10]],"text":"loss","origin":{"model":{"run":"agac","confidence":0.93}},"status":"proposed"}],
//!  "relations":[{"id":"R1","role":"ThemeOf","subject":"T1","object":"T2","origin":"human","status":"accepted"}]}
//! ```
//!
//! (on one line). Further lists are `events`, `attributes`, `normalizations`, `notes` and `equivalences`; `status`, `flagged` and
//! `remark` are what a curator says of the whole document; `lines`, `given_lines`, `skipped` and `unknown` keep what the file that
//! it was first read from held besides. Only `text` has to be there. Spans count Unicode code points, the end is exclusive; the
//! `text` of an entity, where it is given, is checked against them. A line may also be a document of
//! PubAnnotation or of BioC.
//!
//! Documents are read and written one at a time, so a file of any length needs the memory of its longest line.

mod build;
mod line;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

pub use super::entry::Entry;
pub use super::lines::MAX_LINE_BYTES;
pub use reader::{Reader, read_line};
pub use writer::write;

/// The version of the format that is written; it is the value of the first key, by which such files are known.
const VERSION: u64 = 1;

/// Under this name, followed by that of their list, items that were not understood are kept.
const SKIPPED: &str = "jsonl.";
