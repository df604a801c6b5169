//! The real binary in a pseudo-terminal, as a curator uses it.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "clippy's leave for tests does not reach helper functions"
)]

mod annotators;
mod crash;
mod curation;
mod folder;
mod merging;
mod mouse;
mod pty;
mod refusal;
mod script;
mod signals;
