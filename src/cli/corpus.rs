//! `rolecall corpus`

use super::exit::{Exit, Outcome};
use super::{console, input};
use crate::nlp::{WordSplit, reachable};
use std::path::PathBuf;

/// Look at a corpus as the model sees it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  rolecall corpus reachable gold/")]
pub(super) struct Corpus {
    #[command(subcommand)]
    question: Question,
}

#[derive(Debug, clap::Subcommand)]
enum Question {
    /// Count the spans that begin and end at borders of words, for each way to split words.
    ///
    /// A span that does not can't be found by any tagger that works on words, so the share is the highest recall that can be reached.
    #[command(after_help = "Example:\n  rolecall corpus reachable gold/")]
    Reachable {
        /// Folder or file with annotated documents.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

impl Corpus {
    pub(super) fn run(self) -> Outcome {
        let Question::Reachable { folder } = self.question;
        let report = input::load_files(&[folder])?;
        for split in WordSplit::ALL {
            let counts = report.loaded.iter().map(|loaded| reachable(&loaded.document, split));
            let (reached, total) = counts.fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
            let share = if total == 0 { 0.0 } else { 100.0 * reached as f64 / total as f64 };
            console::result(&format!("{:<24} {reached:>7} of {total:>7} spans  {share:>5.1} %\n", split.name()));
        }
        Ok(Exit::of(input::is_sound(&report)))
    }
}
