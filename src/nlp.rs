//! From text to what an encoder eats, without knowing any encoder: sentences, words, their shapes, tags, abbreviations and word pieces.
//!
//! All positions are [`CharSpan`](crate::text::CharSpan)s of the document; all else counts words. Nothing here imports candle.

mod abbreviations;
pub mod bio;
mod named;
pub mod pieces;
pub mod pos;
mod reach;
mod sentences;
pub mod shape;
mod windows;
mod words;

pub use abbreviations::{Abbreviation, abbreviations, long_form};
pub(crate) use named::named;
pub use reach::reachable;
pub use sentences::sentences;
pub use windows::{Context, UnknownContext, Window, windows};
pub use words::{WordSplit, word_ranges, words};
