//! The neural model: encoder, tagger, CRF and relation scorer, and the folder they are kept in.
//!
//! Everything computes on the CPU in `f32`. The encoder works on sequences laid end to end, without padding; see [`input`].
//! candle's tensors carry the gradients; the arithmetic below them is in [`kernels`]. Knows nothing of files of documents.

mod apart;
pub mod bounded;
mod built_in;
pub mod calibration;
pub mod checkpoint;
pub mod crf;
pub mod decoder;
pub mod encoder;
pub mod engine;
pub mod ensemble;
pub mod folder;
pub mod input;
pub mod kernels;
mod lstm;
pub mod manifest;
pub mod ops;
pub mod quantize;
pub mod relation;
pub mod relevance;
pub mod rerank;
pub mod stored;
pub mod tagger;
pub mod trees;
pub mod weights;

mod error;
pub use built_in::built_in;
pub use error::ModelError;
