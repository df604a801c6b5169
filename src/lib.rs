//! rolecall: review what a model found in biomedical abstracts.
//!
//! The rooms, in the order in which they may know each other (`tests/architecture.rs` holds it):
//!
//! ```text
//! text ← document ← formats
//!             ↑  ← nlp ← model ← pipeline ← worker ┐
//!             ↑               └── train ────────────┤
//!             ↑ ← evaluate ←────┘                   ├← tui ← cli
//!             └────────────── review ←──────────────┘
//! ```

pub mod cli;
pub mod document;
pub mod evaluate;
pub mod formats;
pub mod model;
pub mod nlp;
pub mod pipeline;
pub mod review;
pub mod text;
pub mod train;
pub mod tui;
pub mod worker;
