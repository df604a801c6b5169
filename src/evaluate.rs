//! How well predicted annotations agree with gold ones: matching, counts, scores, and how they are shown.
//!
//! Task 1 is the trigger spans, Task 2 the thematic roles between them, as in the AGAC track. All functions work on documents
//! in memory and on text; what reads folders and prints is `cli`.

mod agreement;
mod difference;
mod matching;
mod pairing;
mod report;
mod score;

pub use agreement::{Agreement, agreement_json, render_agreement};
pub use difference::{Difference, differences};
pub use matching::Matching;
pub use pairing::Pairing;
pub use report::{render_json, render_table};
pub use score::{Counts, Scores, TaskScores, score_documents};
