//! Ways to run: the encoder alone, predictions alone, and all of it as `rolecall predict` does.

use rolecall::document::Document;
use rolecall::formats::{Format, WriteMany, WriteOptions};
use rolecall::model::input::Encoded;
use rolecall::pipeline::{CancelToken, Pipeline, apply};
use rolecall::text::SourceText;
use rolecall::worker::{Bulk, BulkTimes, Deliver, Done};
use std::path::Path;
use std::time::{Duration, Instant};

/// Seconds that the encoder alone takes for the windows of these documents, each thread a document at a time.
pub fn encode_only(pipeline: &Pipeline, documents: &[Document], threads: usize) -> f64 {
    let windows: Vec<Encoded> =
        documents.iter().flat_map(|d| pipeline.model().prepare(&d.text).unwrap().encoded.windows().collect::<Vec<_>>()).collect();
    let next = std::sync::atomic::AtomicUsize::new(0);
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let _alone = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build().unwrap();
                while let Some(window) = windows.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    pipeline.model().engine().run(window).unwrap();
                }
            });
        }
    });
    begun.elapsed().as_secs_f64()
}

/// Predicts and writes all as `rolecall predict` does; only the reading of files is not in it. Also how long the disk was waited for.
pub fn whole(pipeline: &Pipeline, documents: &[Document], threads: usize, out: &Path) -> (BulkTimes, Duration) {
    let options = WriteOptions { with_text: true, include_proposed: true, ..WriteOptions::default() };
    let mut writing = Writing { files: WriteMany::new(out, Format::Brat, options).unwrap(), waiting: 0 };
    let read = |feed: &mut rolecall::worker::Feed<'_, ()>| {
        for (number, document) in documents.iter().enumerate() {
            let mut document = Document::new(format!("{number}-{}", document.name), SourceText::new(document.text.as_str()));
            document.marks = Default::default();
            feed.push(Some(document), ());
        }
    };
    let times = Bulk { threads, ordered: false }.run(pipeline, &CancelToken::default(), read, &mut writing);
    (times, writing.files.waited())
}

/// Writes results as brat files, in batches.
struct Writing {
    files: WriteMany,
    waiting: usize,
}

impl Deliver<()> for &mut Writing {
    fn take(&mut self, done: Done<()>) -> bool {
        let (mut document, prediction) = done.predicted.unwrap();
        apply(&mut document, &prediction.unwrap());
        self.files.write(&document).unwrap();
        self.waiting += 1;
        if self.waiting == 64 {
            self.settle();
        }
        true
    }

    fn settle(&mut self) {
        self.files.put_in_place().into_iter().for_each(|placed| placed.unwrap());
        self.waiting = 0;
    }
}

pub fn predict_only(pipeline: &Pipeline, documents: &[Document], threads: usize) -> f64 {
    let begun = Instant::now();
    let read = |feed: &mut rolecall::worker::Feed<'_, ()>| {
        documents.iter().all(|d| feed.push(Some(d.clone()), ())).then_some(()).unwrap()
    };
    Bulk { threads, ordered: true }.run(pipeline, &CancelToken::default(), read, |_| true);
    begun.elapsed().as_secs_f64()
}
