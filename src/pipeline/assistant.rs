//! A pipeline beside a curator: it remembers what it has read, so that its advice costs no second reading.

use super::{Advice, AnnotateError, Annotator, CancelToken, Pipeline, Prediction, Progress, Silent};
use crate::document::Document;
use crate::model::ensemble::EnsembleReading;
use crate::text::SourceText;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;

/// Texts that are remembered at most.
const TEXTS: usize = 16;

/// Word pieces that are remembered at most, over all texts; the last text is remembered however long it is. At the width of the
/// built-in encoder a piece takes about half a kilobyte.
const PIECES: usize = 40_000;

/// A pipeline with a memory.
#[derive(Debug)]
pub struct Assistant {
    pipeline: Pipeline,
    /// What was read, the last one in front.
    memory: RefCell<VecDeque<(SourceText, Box<EnsembleReading>)>>,
}

impl Assistant {
    /// With an empty memory.
    pub fn new(pipeline: Pipeline) -> Self {
        Self { pipeline, memory: RefCell::default() }
    }

    /// Reads a text, or remembers it.
    fn with_reading<T>(
        &self,
        text: &SourceText,
        progress: &mut dyn Progress,
        cancel: &CancelToken,
        then: impl FnOnce(&EnsembleReading) -> Result<T, AnnotateError>,
    ) -> Result<T, AnnotateError> {
        let mut memory = self.memory.borrow_mut();
        let known = memory.iter().position(|(other, _)| other.as_str() == text.as_str());
        let read = match known.and_then(|at| memory.remove(at)) {
            Some(read) => read,
            None => (text.clone(), Box::new(self.pipeline.read(text, progress, cancel)?)),
        };
        let result = then(&read.1);
        memory.push_front(read);
        let mut pieces = 0;
        let kept = memory.iter().take(TEXTS).take_while(|(_, reading)| {
            let first = pieces == 0;
            pieces += reading.pieces();
            first || pieces <= PIECES
        });
        let kept = kept.count();
        memory.truncate(kept);
        result
    }
}

impl Annotator for Assistant {
    fn name(&self) -> Arc<str> {
        self.pipeline.name()
    }

    fn annotate(
        &self,
        document: &Document,
        progress: &mut dyn Progress,
        cancel: &CancelToken,
    ) -> Result<Prediction, AnnotateError> {
        let mut total = 0;
        let prediction = self.with_reading(&document.text, progress, cancel, |reading| {
            total = reading.pieces();
            self.pipeline.propose_from(document, reading, cancel)
        })?;
        progress.advance(total, total);
        Ok(prediction)
    }

    fn advise(&self, document: &Document, cancel: &CancelToken) -> Result<Option<Advice>, AnnotateError> {
        self.with_reading(&document.text, &mut Silent, cancel, |reading| {
            self.pipeline.advise_on(document, reading, cancel).map(Some)
        })
    }
}
