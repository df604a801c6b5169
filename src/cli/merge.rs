//! `rolecall merge`

use super::exit::{Exit, Failure, OrFail as _, Outcome};
use super::pair::{Annotators, Pair};
use super::{console, input, session};
use crate::document::{Annotated, Document, combine, keep_decisions};
use crate::formats::{Format, LoadReport, WriteOptions, load_paths, safe_name, visible, write_document};
use crate::review::set_aside;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Bring the work of two annotators together: what both say is taken, everything else becomes a proposal in the name of who says it.
///
/// The results are JSON lines, one file for each document; `rolecall C` then reviews them, and every disagreement is accepted or rejected
/// there like any proposal, or with `=` side by side: one of the two, both or neither. Merging again into the same folder keeps the decisions that were made there; the history of their
/// making is set aside in a file of its own when a document changes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  rolecall merge anna/ ben/ --out both/     then: rolecall both/
  rolecall merge week1/ week2/ --out both/ --names anna,ben")]
pub(super) struct Merge {
    #[command(flatten)]
    annotators: Annotators,
    /// Folder to write into; it is made when it does not exist.
    #[arg(long, value_name = "C")]
    out: PathBuf,
    /// What the two annotators are called, instead of after their folders.
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    names: Option<Vec<String>>,
}

impl Merge {
    pub(super) fn run(self) -> Outcome {
        if self.names.as_ref().is_some_and(|names| names.len() != 2) {
            return Err(Failure::new(Exit::Usage, "--names takes two names with a comma between them, as in --names anna,ben."));
        }
        if self.names.as_deref().is_some_and(|names| names.first() == names.last()) {
            return Err(Failure::new(Exit::Usage, "--names takes two different names, so that it can be told who says what."));
        }
        let pair = Pair::load(&self.annotators, self.names.as_deref())?;
        for path in [&self.annotators.first, &self.annotators.second] {
            if same(&self.out, path) {
                return Err(Failure::new(Exit::Usage, "The result would stand among what is merged; choose another --out."));
            }
        }
        std::fs::create_dir_all(&self.out).or_fail(Exit::Io, format!("The folder {} can't be made", self.out.display()))?;
        let (pairs, left_out) = pair.common();
        let decided = decided(&self.out)?;
        let (mut written, mut kept, mut open, mut failed) = (0, 0, 0, 0);
        for (first, second) in pairs {
            let [a, b] = &pair.names;
            let annotators = [Annotated { name: a, document: first }, Annotated { name: b, document: second }];
            let Some(mut merged) = combine(&annotators) else { continue };
            let before = decided.get(&merged.name);
            if let Some(before) = before.filter(|before| before.text == merged.text) {
                kept += keep_decisions(&mut merged, before);
            }
            open += merged.undecided();
            match self.write(&merged, before) {
                Ok(()) => written += 1,
                Err(failure) => {
                    failed += 1;
                    console::error(&format!("{}: {}", visible(&merged.name), failure.sentence()));
                }
            }
        }
        let keeping = if kept > 0 { format!(", {kept} decisions kept") } else { String::new() };
        let out = self.out.display();
        console::note(&format!(
            "{written} documents merged into {out}, {open} disagreements to decide on{keeping}, {failed} failed."
        ));
        if open > 0 {
            console::note(&format!(
                "`rolecall --no-model {out}` opens them, and `=` there goes from one disagreement to the next."
            ));
        }
        Ok(Exit::of(left_out == 0 && failed == 0 && pair.is_sound()))
    }

    /// Writes a merged document, and sets the records of its review aside if it changes: the decisions are in the file by then, so that
    /// nothing is lost when this is cut off in between.
    fn write(&self, merged: &Document, before: Option<&Document>) -> Result<(), Failure> {
        if before.is_some_and(|before| line(before) == line(merged)) {
            return Ok(());
        }
        write_document(merged, Format::JsonLines, &self.out, &WriteOptions::default()).or_fail(Exit::Io, "it was not written")?;
        if before.is_some() {
            let home = self.out.canonicalize().unwrap_or_else(|_| self.out.clone());
            let moved = set_aside(&home, &merged.name).or_fail(Exit::Io, "the history of its review can't be set aside")?;
            if let Some(file) = moved {
                let (name, file) = (visible(&merged.name), file.display());
                console::note(&format!("{name}: the history of its review is set aside in {file}; the decisions are kept"));
            }
        }
        Ok(())
    }
}

fn line(document: &Document) -> Vec<u8> {
    let mut line = Vec::new();
    // Writing to memory does not fail.
    let _ = crate::formats::jsonl::write(document, &mut line);
    line
}

/// The documents of an earlier merge, as they stand after what was decided on them.
fn decided(out: &Path) -> Result<HashMap<String, Document>, Failure> {
    let mut report = load_paths(&[out.to_path_buf()]);
    let of_merge = |name: &str| out.join(format!("{}.jsonl", safe_name(name))).exists();
    report.loaded.retain(|loaded| loaded.format == Format::JsonLines && of_merge(&loaded.document.name));
    if report.loaded.is_empty() {
        return Ok(HashMap::new());
    }
    // What the records do not fit counts as the file has it: a merge may have been cut off behind writing it.
    let in_files: Vec<Document> = report.loaded.iter().map(|loaded| loaded.document.clone()).collect();
    let session::Resumed { session, left_out, .. } =
        session::resume(LoadReport { loaded: report.loaded, findings: Vec::new() }, &[])?;
    left_out.iter().for_each(|left| console::note(&format!("decisions that are not in the file are left out: {}", left.why)));
    let documents = session.documents().iter().map(|document| document.document().clone());
    Ok(in_files.into_iter().chain(documents).map(|document| (document.name.clone(), document)).collect())
}

fn same(out: &Path, path: &Path) -> bool {
    let folder = if path.is_dir() { path } else { input::folder_of(path) };
    let folder = folder.canonicalize().ok();
    folder.is_some() && folder == out.canonicalize().ok()
}
