//! `rolecall validate`

use super::console;
use super::exit::{Exit, Failure, Outcome};
use crate::formats::{Severity, load_paths};
use std::path::PathBuf;

/// Read files and say all that is wrong with them, each finding with its file, line and column.
///
/// Nothing is written. The exit code is 1 when anything is wrong or strange.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  rolecall validate abstracts/")]
pub(super) struct Validate {
    /// Folders or files to read.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

impl Validate {
    pub(super) fn run(self) -> Outcome {
        if let Some(missing) = self.paths.iter().find(|path| !path.exists()) {
            return Err(Failure::new(Exit::Io, format!("There is no file or folder {}.", missing.display())));
        }
        let report = load_paths(&self.paths);
        let findings: Vec<_> = report.all_findings().collect();
        for finding in &findings {
            console::result(&format!("{finding}\n"));
        }
        console::note(&format!("{} documents read, {} findings.", report.loaded.len(), findings.len()));
        let sound = findings.iter().all(|finding| finding.severity == Severity::Info);
        Ok(if sound { Exit::Fine } else { Exit::Findings })
    }
}
