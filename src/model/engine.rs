//! Inference without gradients: the whole pass from pieces to states and emissions, over weights packed for the processor.
//!
//! Rows (pieces) are independent of each other everywhere but in attention. So a layer is two parallel steps: attention over
//! heads, then everything else over blocks of rows that stay in the cache from the attention's output to the next layer's query,
//! key and value. Sequences lie end to end, so there is no padding to compute. The result does not depend on the number of
//! threads or on the neighbours in a batch: each row is computed by the same operations in the same order.
//!
//! The encoder with gradients, `encoder`, is what this one is checked against.

mod attention;
mod embedding;
mod layers;
mod linear;
mod network;
mod precision;
mod recurrent;

pub(super) use layers::{Layers, LayersShape, Memory, Norm};
pub(super) use linear::Executors;
pub use network::{Engine, Head};
pub use precision::{Precision, UnknownPrecision};

#[cfg(test)]
mod tests;
