//! What becomes of the documents of a run once they are predicted: written, settled in batches, counted.

use super::reading::{Fate, Item};
use super::target::Target;
use crate::cli::console;
use crate::cli::exit::{Exit, Failure, OrFail as _};
use crate::cli::threshold::Threshold;
use crate::document::{Document, Status};
use crate::pipeline::apply;
use crate::worker::{Deliver, Done};
use indicatif::ProgressBar;
use std::path::{Path, PathBuf};

/// Documents by what became of them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Count {
    pub(super) written: usize,
    /// By an earlier run that was interrupted.
    pub(super) before: usize,
    pub(super) failed: usize,
    /// Errors in what was read of the others.
    pub(super) errors: usize,
}

/// Hands results to the target.
pub(super) struct Delivery<'a> {
    target: &'a mut Target,
    threshold: Option<Threshold>,
    bar: &'a ProgressBar,
    count: Count,
    /// Whether nobody reads any more.
    deaf: bool,
    /// Where the documents came from that wait to be settled.
    waiting: Vec<PathBuf>,
}

impl<'a> Delivery<'a> {
    pub(super) fn new(target: &'a mut Target, threshold: Option<Threshold>, bar: &'a ProgressBar) -> Self {
        Self { target, threshold, bar, count: Count::default(), deaf: false, waiting: Vec::new() }
    }

    /// What became of the documents, and whether it ended because nobody read any more.
    pub(super) fn end(self) -> (Count, bool) {
        (self.count, self.deaf)
    }

    fn write(&mut self, done: Done<Item>) -> Result<(), Failure> {
        match (done.predicted, done.item.fate) {
            (Some((mut document, prediction)), Fate::Predicted(fingerprint)) => {
                apply(&mut document, &prediction.or_fail(Exit::Model, "the model failed")?);
                if let Some(Threshold(least)) = self.threshold {
                    drop_unsure(&mut document, least);
                }
                let heard = self.target.write(&document, &fingerprint)?;
                self.deaf |= !heard;
                match self.target {
                    Target::Output => self.count.written += usize::from(heard),
                    Target::Folder(_) | Target::File(_) => self.waiting.push(done.item.source),
                }
            }
            (_, Fate::DoneBefore) => self.count.before += 1,
            (_, Fate::Refused(Some(reason))) => return Err(Failure::new(Exit::Io, reason)),
            (_, Fate::Refused(None) | Fate::Predicted(_)) => self.count.failed += 1,
        }
        Ok(())
    }

    fn fail(&mut self, source: &Path, failure: &Failure) {
        self.count.failed += 1;
        self.bar.suspend(|| console::error(&format!("{}: {}", source.display(), failure.sentence())));
    }
}

impl Deliver<Item> for &mut Delivery<'_> {
    fn take(&mut self, done: Done<Item>) -> bool {
        self.bar.set_message(console::shown_name(&done.item.name));
        self.count.errors += done.item.errors;
        let source = done.item.source.clone();
        if let Err(failure) = self.write(done) {
            self.fail(&source, &failure);
        }
        if self.target.is_full() {
            self.settle();
        }
        self.bar.inc(1);
        !self.deaf
    }

    fn settle(&mut self) {
        let settled = self.target.settle();
        for (source, outcome) in std::mem::take(&mut self.waiting).iter().zip(settled) {
            match outcome {
                Ok(()) => self.count.written += 1,
                Err(failure) => self.fail(source, &failure),
            }
        }
    }
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
