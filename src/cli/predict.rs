//! `rolecall predict`

mod delivery;
mod progress;
mod reading;
mod replace;
mod stream;
mod target;
mod timings;

use super::exit::{Exit, Failure, OrFail as _, Outcome};
use super::interrupt::Interrupt;
use super::model;
use super::threshold::Threshold;
use super::{console, input, threads};
use crate::document::{Document, Provenance, Schema};
use crate::formats::{AnnotationConfs, Format, WriteMany, WriteOptions};
use crate::model::engine::Precision;
use crate::pipeline::{CancelToken, Pipeline, Tasks};
use crate::worker::Bulk;
use delivery::{Count, Delivery};
use progress::Earlier;
use reading::Reading;
use std::collections::HashSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;
use target::Target;

/// Write what the model finds in abstracts, without a screen.
///
/// Each document is predicted from its text alone; annotations that it already has are left out, unless --keep or --roles-only
/// is given.
/// A document that fails is named and the rest goes on; so is one that was reviewed in the folder of the results, which is not replaced.
/// Ctrl-C stops soon; what was written is complete, and the same command goes on from there: no document is predicted or written twice.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  rolecall predict abstracts/ --out found/
  rolecall predict abstracts/ --out found/ --format pubannotation --threshold 0.5
  rolecall predict abstracts/ --out found/ --ensemble run/folds/fold*/model
  rolecall predict gold/ --out found/ --roles-only        Roles between the spans that are there.
  rolecall predict many.jsonl --format jsonl --out found.jsonl
  zcat many.jsonl.gz | rolecall predict - --format jsonl | gzip > found.jsonl.gz")]
pub(super) struct Predict {
    /// Folders or files to read; - is standard input.
    #[arg(required = true, value_name = "IN")]
    paths: Vec<PathBuf>,
    /// Folder to write into; it is made when it does not exist. With --format jsonl it may also be a file that ends in .jsonl, which
    /// is replaced only when it holds results on these documents, or - for standard output, which is where results go then when this
    /// is left out.
    #[arg(long, value_name = "OUT")]
    out: Option<PathBuf>,
    /// Format to write: brat, bionlp, pubannotation, bioc-xml, bioc-json, pubtator, jsonl or plain.
    #[arg(long, default_value = "brat")]
    format: Format,
    /// Folder of the model to use instead of the built-in one.
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// Folders of models that decide together: the mean of what they say of each word is decoded once, the mean of what they say of
    /// each pair makes the roles. Thresholds, calibration and name are those of the first.
    #[arg(long, value_name = "DIR", num_args = 2.., conflicts_with = "model")]
    ensemble: Vec<PathBuf>,
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
    /// Replace files that are there, whatever they hold. Without it those that hold something else stay, and are named; JSON lines
    /// that hold nothing but predictions are replaced all the same.
    #[arg(long)]
    overwrite: bool,
    /// In what numbers the model computes: f32, or int8 (8-bit integers).
    #[arg(long, default_value_t)]
    precision: Precision,
    /// Threads that predict, each a document at a time; without it, one for each core. The result is the same.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Write results as they come instead of in the order of the documents.
    #[arg(long)]
    unordered: bool,
    /// Print where the time went.
    #[arg(long)]
    timings: bool,
}

impl Predict {
    pub(super) fn run(self) -> Outcome {
        if let Some(missing) = self.paths.iter().find(|path| path.as_os_str() != "-" && !path.exists()) {
            return Err(Failure::new(Exit::Io, format!("There is no file or folder {}.", missing.display())));
        }
        let threads = match self.threads {
            Some(threads) => usize::from(threads),
            None => std::thread::available_parallelism().map_or(1, usize::from),
        };
        threads::use_exactly(threads)?;
        let tasks = if self.roles_only { Tasks::RolesOnly } else { Tasks::SpansAndRoles };
        let pipeline = match self.ensemble.as_slice() {
            [] => model::load(self.model.as_deref(), self.precision)?,
            folders => model::load_together(folders, self.precision)?,
        };
        let pipeline = pipeline.with_tasks(tasks);
        let pipeline = match self.threshold {
            Some(Threshold(least)) => pipeline.with_least_confidence(least),
            None => pipeline.with_own_threshold(),
        };
        let (mut target, earlier) = self.target(&pipeline)?;
        if earlier.count > 0 {
            console::note(&format!("An earlier run was interrupted after {} documents; this one goes on.", earlier.count));
        }
        let ran = self.predict_all(&pipeline, earlier, &mut target, threads)?;
        self.conclude(ran, target)
    }

    /// Where results go, and what an interrupted run of the same kind has put there.
    fn target(&self, pipeline: &Pipeline) -> Result<(Target, Earlier), Failure> {
        let run = self.run_name(pipeline);
        let lines = self.format == Format::JsonLines;
        let guard = (!self.overwrite).then(|| self.start());
        match &self.out {
            None if lines => Ok(Target::output()),
            Some(out) if lines && out.as_os_str() == "-" => Ok(Target::output()),
            Some(out) if lines && reading::is_lines(out) && !out.is_dir() => {
                if replace::is_read(out, &self.paths) {
                    let sentence =
                        format!("{} is among what is read, and would be replaced; choose another --out.", out.display());
                    return Err(Failure::new(Exit::Findings, sentence));
                }
                Target::file(out, &run, guard)
            }
            Some(out) => {
                let schema = Schema::agac().or_fail(Exit::Io, "The built-in schema is damaged")?;
                let confs = Some(Arc::new(AnnotationConfs::new(Arc::new(schema))));
                let careful = !self.overwrite && !lines;
                let options =
                    WriteOptions { notes: self.notes, with_text: !lines, include_proposed: true, confs, careful, stamps: None };
                Target::folder(out, self.format, options, &run, guard)
            }
            None => {
                let sentence = "Say where the results are to go: --out DIR. Only --format jsonl may go to standard output.";
                Err(Failure::new(Exit::Usage, sentence))
            }
        }
    }

    fn start(&self) -> Start {
        Start { keep: self.keep, roles_only: self.roles_only }
    }

    /// Stands for everything besides the documents that decides what is written.
    fn run_name(&self, pipeline: &Pipeline) -> String {
        let Self { format, threshold, keep, roles_only, notes, precision, .. } = self;
        let weights: Vec<&str> = pipeline.models().models().map(|model| model.manifest().weights_hash.as_str()).collect();
        let (version, weights) = (env!("CARGO_PKG_VERSION"), weights.join(" "));
        let calibration = serde_json::to_string(&pipeline.model().manifest().calibration).unwrap_or_default();
        let all = format!("{version} {weights} {calibration} {format} {threshold:?} {keep} {roles_only} {notes} {precision}");
        blake3::hash(all.as_bytes()).to_hex().to_string()
    }

    /// Predicts and writes all.
    fn predict_all(&self, pipeline: &Pipeline, earlier: Earlier, target: &mut Target, threads: usize) -> Result<Ran, Failure> {
        let (interrupt, stop) = (Interrupt::catch()?, CancelToken::default());
        let bar = console::progress(reading::expected(&self.paths));
        let folder = self.out.as_deref().filter(|_| matches!(target, Target::Folder(_)));
        let place = Place { format: self.format, folder };
        let (start, paths, claimed) = (self.start(), self.paths.as_slice(), HashSet::new());
        let mut reading = Reading { start, place, paths, earlier, claimed, interrupt: &interrupt, bar: &bar, told: 0 };
        // Files have no order among themselves.
        let bulk = Bulk { threads, ordered: !self.unordered && !matches!(target, Target::Folder(_)) };
        let begun = Instant::now();
        let mut delivery = Delivery::new(target, self.threshold, &bar);
        let times = bulk.run(pipeline, &stop, |feed| reading.read(feed), &mut delivery);
        let (count, deaf) = delivery.end();
        let left = reading.earlier.left();
        bar.finish_and_clear();
        if self.timings {
            console::note(&timings::table(&times, target.waited(), begun.elapsed()));
        }
        Ok(Ran { count, stopped: interrupt.asked() || deaf, left })
    }

    fn conclude(&self, Ran { count, stopped, left }: Ran, target: Target) -> Outcome {
        let Count { written, before, failed, errors } = count;
        let nothing = written + before + failed == 0 && !stopped;
        if nothing && !self.paths.iter().any(|path| path.as_os_str() == "-") {
            // Says why there is nothing.
            input::load(&self.paths)?;
        }
        let name = target.name();
        let resumable = !matches!(target, Target::Output);
        if !stopped {
            target.finish(left)?;
        }
        let again = if before > 0 { format!(" ({before} more had been written before)") } else { String::new() };
        let read = input::with_errors(errors);
        let how = match (stopped, resumable) {
            (false, _) => "",
            (true, true) => "; you stopped it, and the same command goes on from here",
            (true, false) => "; it was stopped before the end",
        };
        console::note(&format!("{written} documents written to {name}{again}, {failed} failed{read}{how}."));
        Ok(Exit::of(failed == 0 && errors == 0 && !stopped))
    }
}

/// What came of predicting all.
struct Ran {
    count: Count,
    /// Whether that was before the end.
    stopped: bool,
    /// What an earlier run wrote into the file of results on documents that are no longer there, in bytes.
    left: Vec<Range<u64>>,
}

/// What a document is before the model sees it.
#[derive(Clone, Copy, Debug)]
struct Start {
    keep: bool,
    roles_only: bool,
}

impl Start {
    /// The document with only those annotations that are to be kept, and what is said of these and of the document as a whole.
    fn of(self, document: Document) -> Document {
        if self.keep {
            return document;
        }
        let mut bare = Document::new(document.name, document.text);
        if self.roles_only {
            bare.entities = document.entities;
        }
        let Provenance { database, id, mut unknown, mut unknown_of, .. } = document.provenance;
        // Tracks are annotations. New ones may get the ids of old ones, of which something else was said.
        unknown.shift_remove("tracks");
        unknown_of.retain(|id, _| bare.entities.contains_key(id));
        bare.provenance = Provenance { database, id, unknown, unknown_of, ..Provenance::default() };
        bare
    }
}

/// In what format results go where.
#[derive(Clone, Copy, Debug)]
struct Place<'a> {
    format: Format,
    /// `None` when they go to one file or to standard output.
    folder: Option<&'a Path>,
}

impl Place<'_> {
    /// Whether the results on a document that was written are still there. Those in one file stand or fall together.
    fn holds(self, name: &str) -> bool {
        self.folder.is_none_or(|folder| WriteMany::files_of(name, self.format, folder).iter().all(|file| file.exists()))
    }

    /// Why a document of a format from this file must not be predicted into it.
    fn refusal(self, format: Format, source: &Path) -> Option<String> {
        let has_annotations = match format {
            Format::Plain => false,
            // Files of other formats stand beside those without touching them.
            Format::JsonLines => self.format == Format::JsonLines,
            _ => true,
        };
        let overwrites = has_annotations && self.folder.is_some_and(|folder| input::lies_in(source, folder));
        let sentence = "predictions would stand beside the annotations that were read, or replace them; choose another --out";
        overwrites.then(|| sentence.to_owned())
    }
}

#[cfg(test)]
mod tests;
