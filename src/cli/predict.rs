//! `rolecall predict`

use super::exit::{Exit, Failure, OrFail as _, Outcome};
use super::interrupt::Interrupt;
use super::model;
use super::threshold::Threshold;
use super::{console, input, threads};
use crate::document::{Document, Schema, Status};
use crate::formats::{Format, Loaded, WriteOptions, safe_name, write_document};
use crate::model::engine::Precision;
use crate::pipeline::{Annotator, CancelToken, Pipeline, Silent, Tasks, apply};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Write what the model finds in abstracts, without a screen.
///
/// Each document is predicted from its text alone; annotations that it already has are left out, unless --keep or --roles-only
/// is given.
/// A document that fails is named and the rest goes on. Ctrl-C stops after the current document; what was written is complete.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  rolecall predict abstracts/ --out found/
  rolecall predict abstracts/ --out found/ --format pubannotation --threshold 0.5
  rolecall predict gold/ --out found/ --roles-only        Roles between the spans that are there.")]
pub(super) struct Predict {
    /// Folders or files to read.
    #[arg(required = true, value_name = "IN")]
    paths: Vec<PathBuf>,
    /// Folder to write into; it is made when it does not exist.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Format to write: brat, bionlp or pubannotation.
    #[arg(long, default_value = "brat")]
    format: Format,
    /// Folder of the model to use instead of the built-in one.
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// Leave out what the model is less sure of than this, from 0 to 1. Without it, what the model's own thresholds say, which are
    /// those of its best F1.
    #[arg(long, value_name = "X")]
    threshold: Option<Threshold>,
    /// Keep the annotations of the files and add what the model finds besides them.
    #[arg(long, conflicts_with = "roles_only")]
    keep: bool,
    /// Keep the spans of the files and find only roles, between those.
    #[arg(long)]
    roles_only: bool,
    /// Write the model's confidence as a note on every annotation.
    #[arg(long)]
    notes: bool,
    /// In what numbers the model computes: f32, or int8 (8-bit integers).
    #[arg(long, default_value_t)]
    precision: Precision,
    /// Threads that the model computes on; without it, one for each core. The result is the same.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

/// A run over many documents.
struct Run {
    annotator: Pipeline,
    options: WriteOptions,
    /// Names that were written, made safe.
    names: HashSet<String>,
    written: usize,
    failed: usize,
}

impl Predict {
    pub(super) fn run(self) -> Outcome {
        let report = input::load(&self.paths)?;
        if let Some(threads) = self.threads {
            threads::use_exactly(usize::from(threads))?;
        }
        let tasks = if self.roles_only { Tasks::RolesOnly } else { Tasks::SpansAndRoles };
        let annotator = model::load(self.model.as_deref(), self.precision)?.with_tasks(tasks);
        let annotator = match self.threshold {
            Some(Threshold(least)) => annotator.with_least_confidence(least),
            None => annotator.with_own_threshold(),
        };
        std::fs::create_dir_all(&self.out).or_fail(Exit::Io, format!("The folder {} can't be made", self.out.display()))?;
        let schema = Schema::agac().or_fail(Exit::Io, "The built-in schema is damaged")?;
        let options = WriteOptions {
            notes: self.notes,
            with_text: true,
            include_proposed: true,
            schema: Some(Arc::new(schema)),
            stamps: None,
        };
        let mut run = Run { annotator, options, names: HashSet::new(), written: 0, failed: 0 };
        let total = report.loaded.len();
        self.predict_all(report.loaded, &mut run, &Interrupt::catch()?);
        let Run { written, failed, .. } = run;
        let left = total - written - failed;
        let stopped = if left > 0 { format!(", {left} not begun because you stopped it") } else { String::new() };
        console::note(&format!("{written} of {total} documents written to {}, {failed} failed{stopped}.", self.out.display()));
        Ok(if written == total { Exit::Fine } else { Exit::Findings })
    }

    fn predict_all(&self, documents: Vec<Loaded>, run: &mut Run, interrupt: &Interrupt) {
        let bar = console::progress(documents.len());
        for loaded in documents {
            if interrupt.asked() {
                break;
            }
            bar.set_message(console::shown_name(&loaded.document.name));
            let source = loaded.source.clone();
            match self.predict_one(loaded, run) {
                Ok(()) => run.written += 1,
                Err(failure) => {
                    run.failed += 1;
                    bar.suspend(|| console::error(&format!("{}: {}", source.display(), failure.sentence())));
                }
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
    }

    fn predict_one(&self, loaded: Loaded, run: &mut Run) -> Result<(), Failure> {
        if loaded.format != Format::Plain && same_folder(&self.out, &loaded.source) {
            return Err(Failure::new(
                Exit::Usage,
                "predictions would overwrite the annotations that were read; choose another --out",
            ));
        }
        if !run.names.insert(safe_name(&loaded.document.name)) {
            return Err(Failure::new(Exit::Io, "another document of the same name was already written to this folder"));
        }
        let mut document = self.starting_point(loaded.document);
        let prediction = run.annotator.annotate(&document, &mut Silent, &CancelToken::default());
        apply(&mut document, &prediction.or_fail(Exit::Model, "the model failed")?);
        if let Some(Threshold(least)) = self.threshold {
            drop_unsure(&mut document, least);
        }
        write_document(&document, self.format, &self.out, &run.options).or_fail(Exit::Io, "the result was not written")?;
        Ok(())
    }

    /// The document with only those annotations that are to be kept.
    fn starting_point(&self, document: Document) -> Document {
        if self.keep {
            return document;
        }
        let mut bare = Document::new(document.name, document.text);
        bare.provenance = document.provenance;
        if self.roles_only {
            bare.entities = document.entities;
        }
        bare
    }
}

fn same_folder(out: &Path, source: &Path) -> bool {
    let folder = input::folder_of(source).canonicalize().ok();
    folder.is_some() && folder == out.canonicalize().ok()
}

/// Takes proposals out that are less sure than this, and with a span its roles.
fn drop_unsure(document: &mut Document, threshold: f32) {
    let unsure =
        |status: Status, confidence: Option<f32>| status == Status::Proposed && confidence.is_some_and(|sure| sure < threshold);
    document.entities.retain(|_, entity| !unsure(entity.status, entity.origin.confidence()));
    let entities = &document.entities;
    document.relations.retain(|_, relation| {
        let ends = entities.contains_key(&relation.subject) && entities.contains_key(&relation.object);
        let proposed = relation.status == Status::Proposed;
        !unsure(relation.status, relation.origin.confidence()) && (ends || !proposed)
    });
}
