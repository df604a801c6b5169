//! How well predicted annotations agree with gold ones: matching, counts, scores, and how they are shown.
//!
//! Task 1 is the trigger spans, Task 2 the thematic roles between them, as in the AGAC track. All functions work on documents
//! in memory and on text; what reads folders and prints is `cli`.

mod agreement;
mod answers;
mod difference;
mod matching;
mod paired;
mod pairing;
mod reliability;
mod report;
mod resample;
mod score;

pub use agreement::{Agreement, agreement_json, render_agreement};
pub use answers::Answers;
pub use difference::{Difference, differences};
pub use matching::Matching;
pub use paired::{Comparison, Comparisons, compare};
pub use pairing::Pairing;
pub use reliability::{Judged, ReliabilityBin, calibration_error, error_by_chance, log_loss, reliability};
pub use report::{comparison_json, render_comparison, render_json, render_table};
pub use resample::{Draws, Interval, Intervals, TaskIntervals, intervals};
pub use score::{Counts, Scores, TaskScores, score_documents};
