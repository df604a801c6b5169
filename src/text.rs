//! Source text and positions in it.
//!
//! Every position in rolecall is a Unicode code point count from the start of the document, as in brat standoff, BioNLP and
//! PubAnnotation. Bytes appear only inside this room; [`SourceText`] is the only place that converts.

mod offset;
mod source;
pub mod units;

pub use offset::{CharOffset, CharSpan, EmptySpan};
pub use source::{LineColumn, SourceText};
