//! `rolecall export`

use super::exit::{Exit, OrFail as _, Outcome};
use super::session::{self, Resumed};
use super::{console, input};
use crate::formats::{Format, WriteOptions};
use std::path::PathBuf;
use std::time::SystemTime;

/// Write the results of a review, without a screen.
///
/// Written is what was given, accepted, corrected or added; proposals that nobody decided on and rejected ones are not. The texts
/// are never touched.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  rolecall export abstracts/ --out results/
  rolecall export abstracts/ --out results/ --format pubannotation
  rolecall export abstracts/ --out results/ --notes")]
pub(super) struct Export {
    /// Folders or files that were reviewed.
    #[arg(required = true, value_name = "IN")]
    paths: Vec<PathBuf>,
    /// Folder to write into; it is made when it does not exist.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Format to write: brat, bionlp or pubannotation.
    #[arg(long, default_value = "brat")]
    format: Format,
    /// Write the confidence and state of every annotation as a note on it.
    #[arg(long)]
    notes: bool,
}

impl Export {
    pub(super) fn run(self) -> Outcome {
        let Resumed { mut session, mut journals, schema, notices } = session::resume(input::load(&self.paths)?)?;
        notices.iter().for_each(|notice| console::note(notice));
        std::fs::create_dir_all(&self.out).or_fail(Exit::Io, format!("The folder {} can't be made", self.out.display()))?;
        let options = WriteOptions { notes: self.notes, with_text: true, include_proposed: false, schema: Some(schema) };
        let homes: Vec<PathBuf> = session.documents().iter().map(|document| document.home().to_path_buf()).collect();
        let mut written = 0;
        for (index, home) in homes.iter().enumerate() {
            match session.export(index, self.format, &self.out, &options, SystemTime::now()) {
                Ok(exported) => {
                    journals.append(home, &exported.record).or_fail(Exit::Io, "The journal can't be written")?;
                    written += 1;
                }
                Err(error) => {
                    let name = session.get(index).map_or("", |document| document.document().name.as_str());
                    console::error(&format!("{name}: {error}"));
                }
            }
        }
        console::note(&format!("{written} of {} documents written to {}.", homes.len(), self.out.display()));
        Ok(if written == homes.len() { Exit::Fine } else { Exit::Findings })
    }
}
