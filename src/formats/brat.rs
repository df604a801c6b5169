//! brat standoff: a `.txt` and an `.ann` file with one annotation a line.
//!
//! ```text
//! T1<TAB>Gene 0 5<TAB>BRCA1              text-bound; fragments as `0 5;8 12`
//! R1<TAB>ThemeOf Arg1:T1 Arg2:T2         relation, subject → object
//! E1<TAB>Regulation:T2 Theme:T1          event
//! A1<TAB>Negation E1                     attribute (M1 in older files)
//! N1<TAB>Reference T1 NCBIGene:672<TAB>BRCA1
//! #1<TAB>AnnotatorNotes T1<TAB>a remark
//! *<TAB>Equiv T1 T3
//! ```
//!
//! The format: <https://brat.nlplab.org/standoff.html>, the reference reader `server/src/annotation.py` of nlplab/brat at
//! 44ecd825. Lines end at `\n` only; offsets count Unicode code points of the text as it is on disk.

#[cfg(test)]
mod cases;
mod configuration;
#[cfg(test)]
mod identity;
mod line;
mod mention;
mod reader;
mod references;
mod writer;

pub use configuration::Used;
pub use reader::read;
pub use writer::write;

pub(super) use line::fits_id;
pub(super) use reader::{Sheet, read_sheets};
pub(super) use writer::{equivalence_line, item, item_line, items, line_fragments, placed, sheet};
