//! `rolecall export`

use super::exit::{Exit, Failure, OrFail as _, Outcome};
use super::session::{self, Resumed};
use super::{console, input};
use crate::document::{DocumentMarks, DocumentStatus};
use crate::formats::{AnnotationConfs, Format, Stamps, WriteOptions, file_key, visible};
use crate::review::ExportError;
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

/// Write the results of a review, without a screen.
///
/// Written is what was given, accepted, corrected or added; proposals that nobody decided on and rejected ones are not. The texts
/// are never touched. A file that is there and holds something else, neither what was reviewed nor an earlier export of it, is not
/// replaced.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  rolecall export abstracts/ --out results/
  rolecall export abstracts/ --out results/ --format pubannotation
  rolecall export abstracts/ --out results/ --done
  rolecall export abstracts/ --out results/ --notes")]
pub(super) struct Export {
    /// Folders or files that were reviewed.
    #[arg(required = true, value_name = "IN")]
    paths: Vec<PathBuf>,
    /// Folder to write into; it is made when it does not exist.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Format to write: brat, bionlp, pubannotation, bioc-xml, bioc-json, pubtator, jsonl or plain.
    #[arg(long, default_value = "brat")]
    format: Format,
    /// Set the recorded decisions on this document aside, in a file of their own, and begin it anew from its files: the way forward
    /// when it changed since it was reviewed. May be given several times.
    #[arg(long, value_name = "NAME")]
    set_aside: Vec<String>,
    /// Write the confidence and state of every annotation as a note on it.
    #[arg(long)]
    notes: bool,
    /// Write only the documents that are marked done. The others look like documents in which there is nothing to find.
    #[arg(long)]
    done: bool,
    /// Replace files that are there, whatever they hold.
    #[arg(long)]
    overwrite: bool,
}

impl Export {
    pub(super) fn run(self) -> Outcome {
        let report = input::load(&self.paths)?;
        let errors = input::errors(report.all_findings());
        let stamps = Some(Arc::new(Stamps::of(&report.loaded)));
        let Resumed { mut session, mut journals, schema, notices, left_out } = session::resume(report, &self.set_aside)?;
        notices.iter().for_each(|notice| console::note(notice));
        left_out.iter().for_each(|left| console::error(&format!("left out: {}", left.why)));
        std::fs::create_dir_all(&self.out).or_fail(Exit::Io, format!("The folder {} can't be made", self.out.display()))?;
        let (confs, careful) = (Some(Arc::new(AnnotationConfs::new(schema))), !self.overwrite);
        let options = WriteOptions { notes: self.notes, with_text: true, confs, stamps, careful, ..WriteOptions::default() };
        let asked: Vec<(usize, PathBuf, DocumentMarks)> = session
            .documents()
            .iter()
            .enumerate()
            .map(|(index, document)| (index, document.home().to_path_buf(), document.document().marks.clone()))
            .filter(|(_, _, marks)| !self.done || marks.status == DocumentStatus::Done)
            .collect();
        let (mut written, mut names) = (Vec::new(), HashSet::new());
        for (index, home, marks) in &asked {
            let index = *index;
            let name = session.get(index).map(|document| document.document().name.clone()).unwrap_or_default();
            if !names.insert(file_key(&name)) {
                let name = visible(&name);
                console::error(&format!("{name}: another document of the same name was already written to this folder"));
                continue;
            }
            match session.export(index, self.format, &self.out, &options, SystemTime::now()) {
                Ok(exported) => {
                    journals.append(home, &exported.record).or_fail(Exit::Io, "The journal can't be written")?;
                    written.push(marks);
                }
                Err(ExportError::Write(error)) => {
                    console::error(&format!("{}: {}", visible(&name), Failure::from(error).sentence()));
                }
                Err(error) => console::error(&format!("{}: {error}", visible(&name))),
            }
        }
        let total = asked.len() + left_out.len();
        let out = self.out.display();
        let read = input::with_errors(errors);
        let states = states(&written);
        console::note(&format!("{} of {total} documents written to {out}{states}{read}.", written.len()));
        let remarks = written.iter().filter(|marks| marks.flagged || !marks.remark.is_empty()).count();
        if remarks > 0 && self.format != Format::JsonLines {
            let format = self.format;
            console::note(&format!("{remarks} of them bear a flag or a remark, for which {format} has no place; jsonl has."));
        }
        Ok(Exit::of(written.len() == total && errors == 0))
    }
}

/// How far the documents are that were written, in brackets: ` (3 done, 2 not begun)`.
fn states(written: &[&DocumentMarks]) -> String {
    let told = [
        (DocumentStatus::Done, "done"),
        (DocumentStatus::InReview, "in review"),
        (DocumentStatus::Skipped, "put aside"),
        (DocumentStatus::New, "not begun"),
    ];
    let counts = told.map(|(status, name)| (written.iter().filter(|marks| marks.status == status).count(), name));
    let counts: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, name)| format!("{count} {name}")).collect();
    if counts.is_empty() { String::new() } else { format!(" ({})", counts.join(", ")) }
}
