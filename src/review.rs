//! The review as such: a session over many documents, what a person can do in it, and how nothing of it is lost.
//!
//! - [`Session`] holds the documents and carries out a [`Command`]: it is checked and planned as a `Transaction`, applied, put on
//!   the document's [`History`] and handed back as a [`JournalRecord`] that the caller appends to a [`Journal`] before it draws.
//! - [`queue`] says in which order a person meets the items, [`partners()`] which relations are at hand for a span.
//! - [`checks`] is a second opinion on what stands, [`Filter`] what of all this a person wants to see.
//! - [`disagreement()`] is what two annotators, whose work was merged, say of one place.
//! - [`merge()`] brings in what the model proposes, never at the cost of a decision.
//!
//! Nothing here knows a key, a colour or a terminal; only `journal` and `export` touch the file system.

pub mod checks;
mod command;
mod disagreement;
#[doc(hidden)]
pub mod dsl;
mod export;
mod filter;
mod fingerprint;
mod history;
mod ids;
mod journal;
mod mentions;
mod merge;
mod partners;
mod plan;
pub mod queue;
mod record;
mod replay;
mod segmentation;
mod session;
pub mod stats;
mod timing;

pub use command::{Command, CommandError, Decision, Edge, Outcome, RelationEnd, Step};
pub use disagreement::{Disagreement, Side, disagreement};
pub use export::{ExportError, Exported};
pub use filter::{Filter, State};
pub use history::{History, Revision};
pub use ids::IdMint;
pub use journal::{Journal, JournalError, Journals, LeftOut, Opened, Resumed, Unwritten, reviewed_in, set_aside, state_folder};
pub use mentions::occurrences;
pub use merge::{Decisions, merge, merge_roles};
pub use partners::{MAX_PARTNERS, Partner, partners};
pub use plan::note_on;
pub use record::{JournalRecord, RecordKind, millis, text_hash};
pub use replay::{ReplayError, Replayed};
pub use segmentation::Segmentation;
pub use session::{OpenDocument, Session, SessionDocument, name_in_key};
pub use timing::{ActiveTime, IDLE_LIMIT_MS};
