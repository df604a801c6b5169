//! Many documents: one thread reads ahead, several predict, and results are delivered behind them, in order if that is wanted.
//!
//! A document is predicted on one thread from its words to its roles, so nothing waits for anything but the reading of documents
//! and the delivery of results. What is on the way at once is bounded, so any number of documents needs the same memory.

use super::serve::panic_message;
use crate::document::Document;
use crate::pipeline::{AnnotateError, CancelToken, Pipeline, Prediction, Times};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;
use std::time::{Duration, Instant};

/// Characters from which on a batch takes no further document; about four full abstracts. Short documents share passes of the
/// encoder within a batch.
const BATCH: usize = 6_000;

/// Documents in a batch at most, for documents without text.
const BATCH_DOCUMENTS: usize = 64;

/// Batches on the way for each thread: one at work, one waiting, and some that wait to be delivered in order.
const BATCHES_PER_THREAD: usize = 4;

/// For how long results may be taken without being settled. Long enough that a disk is waited for a few times a second and not for
/// each result, short enough that nobody misses them.
const SETTLE_AFTER: Duration = Duration::from_millis(250);

/// How a run over many documents is done.
#[derive(Clone, Copy, Debug)]
pub struct Bulk {
    /// Threads that predict, at least 1.
    pub threads: usize,
    /// Whether results are delivered in the order of the documents.
    pub ordered: bool,
}

/// A document that was predicted, or what is carried along in place of one that can't be.
#[derive(Debug)]
pub struct Done<T> {
    /// The document as it was read, and what the model proposes for it or why nothing; `None` when there was no document.
    pub predicted: Option<(Document, Result<Prediction, AnnotateError>)>,
    /// What came with it.
    pub item: T,
}

/// Where the time of a run went.
#[derive(Clone, Copy, Debug, Default)]
pub struct BulkTimes {
    /// The predictions, all threads together.
    pub predicting: Times,
    /// Reading documents, on the thread that does nothing else.
    pub reading: Duration,
    /// Delivering results, on the caller's thread; waiting for the disk is in it.
    pub delivering: Duration,
    /// How long the threads that predict waited for documents, all together: what reading and delivering cost the run.
    pub starved: Duration,
}

/// Takes the results of a run.
pub trait Deliver<T> {
    /// Takes a result. False: no more is wanted.
    fn take(&mut self, done: Done<T>) -> bool;

    /// Makes permanent what was taken so far. It is called a few times a second while results come, and behind the last one.
    fn settle(&mut self) {}
}

impl<T, F: FnMut(Done<T>) -> bool> Deliver<T> for F {
    fn take(&mut self, done: Done<T>) -> bool {
        self(done)
    }
}

/// What the reader hands on: a number to order by, and documents with what came with them.
struct Batch<T> {
    number: usize,
    documents: Vec<(Option<Document>, T)>,
}

/// Hands documents over to a run. Blocks while enough are on the way.
#[derive(Debug)]
pub struct Feed<'a, T> {
    batches: &'a Sender<Batch<T>>,
    permits: &'a Receiver<()>,
    stop: &'a CancelToken,
    waiting: Vec<(Option<Document>, T)>,
    characters: usize,
    number: usize,
    /// Time that was spent waiting for room.
    waited: Duration,
}

impl<T> std::fmt::Debug for Batch<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Batch {} of {} documents", self.number, self.documents.len())
    }
}

impl<T> Feed<'_, T> {
    /// Hands over a document, or nothing with what is to be delivered in its place. False: the run was stopped, nothing more is taken.
    pub fn push(&mut self, document: Option<Document>, item: T) -> bool {
        if self.stop.is_cancelled() {
            return false;
        }
        self.characters += document.as_ref().map_or(0, |document| document.text.as_str().len());
        self.waiting.push((document, item));
        if self.characters >= BATCH || self.waiting.len() >= BATCH_DOCUMENTS { self.flush() } else { true }
    }

    /// Sends what waits on its way; for a source that pauses.
    pub fn flush(&mut self) -> bool {
        if self.waiting.is_empty() {
            return true;
        }
        let begun = Instant::now();
        let allowed = self.permits.recv().is_ok();
        self.waited += begun.elapsed();
        let batch = Batch { number: self.number, documents: std::mem::take(&mut self.waiting) };
        self.number += 1;
        self.characters = 0;
        allowed && self.batches.send(batch).is_ok()
    }
}

impl Bulk {
    /// Predicts all that `read` pushes into the feed, on a thread of its own, and hands each result to `deliver` on this thread.
    /// When `deliver` wants no more or `stop` is set, no more is read, and what is on the way is still delivered.
    ///
    /// A panic of the model fails the document it happened at and nothing else.
    pub fn run<T: Send>(
        self,
        pipeline: &Pipeline,
        stop: &CancelToken,
        read: impl FnOnce(&mut Feed<'_, T>) + Send,
        mut deliver: impl Deliver<T>,
    ) -> BulkTimes {
        let threads = self.threads.max(1);
        // Whoever wants to send a batch takes a permit; it is given back when the batch was delivered.
        let room = threads * BATCHES_PER_THREAD;
        let (give, permits) = bounded(room);
        for _ in 0..room {
            // It has room for exactly these.
            let _ = give.send(());
        }
        let (batches, work) = unbounded::<Batch<T>>();
        let (results, finished) = unbounded();
        let mut times = BulkTimes::default();
        thread::scope(|scope| {
            let reader = scope.spawn(move || {
                let begun = Instant::now();
                let mut feed = Feed {
                    batches: &batches,
                    permits: &permits,
                    stop,
                    waiting: Vec::new(),
                    characters: 0,
                    number: 0,
                    waited: Duration::ZERO,
                };
                read(&mut feed);
                feed.flush();
                begun.elapsed().saturating_sub(feed.waited)
            });
            for _ in 0..threads {
                let (work, results) = (work.clone(), results.clone());
                scope.spawn(move || predict_batches(pipeline, &work, &results));
            }
            drop((work, results));
            let mut early: BTreeMap<usize, Vec<Done<T>>> = BTreeMap::new();
            let mut next = 0;
            // When what was taken is to be settled; `None` when all is.
            let mut due: Option<Instant> = None;
            loop {
                match receive(&finished, due) {
                    Ok(batch) => {
                        times.predicting += batch.times;
                        times.starved += batch.starved;
                        early.insert(batch.number, batch.done);
                    }
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => break,
                }
                let begun = Instant::now();
                while let Some(done) = if self.ordered { early.remove(&next) } else { early.pop_first().map(|(_, done)| done) } {
                    next += 1;
                    for done in done {
                        if !deliver.take(done) {
                            stop.cancel();
                        }
                    }
                    due = due.or(Some(Instant::now() + SETTLE_AFTER));
                    // The reader may be done already.
                    let _ = give.send(());
                }
                if due.is_some_and(|due| due <= Instant::now()) {
                    deliver.settle();
                    due = None;
                }
                times.delivering += begun.elapsed();
            }
            let begun = Instant::now();
            deliver.settle();
            times.delivering += begun.elapsed();
            times.reading = reader.join().unwrap_or_else(|panic| resume_unwind(panic));
        });
        times
    }
}

/// A batch when it is done.
struct Finished<T> {
    number: usize,
    done: Vec<Done<T>>,
    times: Times,
    /// How long the thread had waited for it.
    starved: Duration,
}

/// The next batch, or none until it is time.
fn receive<T>(finished: &Receiver<T>, due: Option<Instant>) -> Result<T, RecvTimeoutError> {
    match due {
        Some(due) => finished.recv_deadline(due),
        None => finished.recv().map_err(|_| RecvTimeoutError::Disconnected),
    }
}

/// The loop of a thread that predicts. The model computes on this thread alone: the others have documents of their own.
fn predict_batches<T>(pipeline: &Pipeline, work: &Receiver<Batch<T>>, results: &Sender<Finished<T>>) {
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
    // Without a pool of one thread the model uses the shared one: slower, but right.
    let _alone = alone.ok();
    let mut idle = Instant::now();
    while let Ok(Batch { number, documents }) = work.recv() {
        let (mut times, starved) = (Times::default(), idle.elapsed());
        let done = predict_batch(pipeline, documents, &mut times);
        if results.send(Finished { number, done, times, starved }).is_err() {
            return;
        }
        idle = Instant::now();
    }
}

fn predict_batch<T>(pipeline: &Pipeline, documents: Vec<(Option<Document>, T)>, times: &mut Times) -> Vec<Done<T>> {
    let present: Vec<&Document> = documents.iter().filter_map(|(document, _)| document.as_ref()).collect();
    let predictions = catch_unwind(AssertUnwindSafe(|| pipeline.annotate_all(&present, times)));
    let predictions =
        predictions.unwrap_or_else(|_| present.iter().map(|document| predict_alone(pipeline, document, times)).collect());
    let mut predictions = predictions.into_iter();
    let missing = || Err(AnnotateError::Failed("the model gave no prediction".to_owned()));
    let done = documents.into_iter().map(|(document, item)| {
        let predicted = document.map(|document| (document, predictions.next().unwrap_or_else(missing)));
        Done { predicted, item }
    });
    done.collect()
}

/// After a panic among several documents: finds out whose fault it was.
fn predict_alone(pipeline: &Pipeline, document: &Document, times: &mut Times) -> Result<Prediction, AnnotateError> {
    match catch_unwind(AssertUnwindSafe(|| pipeline.annotate_all(&[document], times).pop())) {
        Ok(Some(result)) => result,
        Ok(None) => Err(AnnotateError::Failed("the model gave no prediction".to_owned())),
        Err(panic) => Err(AnnotateError::Failed(panic_message(panic.as_ref()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::folder::tests::tiny_model;
    use crate::pipeline::{Annotator, Silent};
    use crate::text::SourceText;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn document(number: usize) -> Document {
        // Of very different lengths, so that batches end in another order than they began.
        let text = "Loss of p53. ".repeat(1 + number * 37 % 6);
        Document::new(format!("{number}"), SourceText::new(text))
    }

    #[test]
    fn all_come_in_order_with_what_they_get_alone_and_never_too_many_are_on_the_way() {
        let pipeline = Pipeline::new(tiny_model(3));
        let (read, delivered) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let mut next = 0;
        let bulk = Bulk { threads: 3, ordered: true };
        let times = bulk.run(
            &pipeline,
            &CancelToken::default(),
            |feed| {
                for number in 0..400 {
                    let document = (number % 7 != 3).then(|| Document::new(format!("{number}"), SourceText::new("p53 loss")));
                    assert!(feed.push(document, number));
                    read.fetch_add(1, Ordering::SeqCst);
                }
            },
            |done: Done<usize>| {
                let ahead = read.load(Ordering::SeqCst) - delivered.fetch_add(1, Ordering::SeqCst);
                assert!(ahead <= (3 * BATCHES_PER_THREAD + 1) * BATCH_DOCUMENTS, "{ahead}");
                assert_eq!(done.item, next);
                assert_eq!(done.predicted.is_none(), next % 7 == 3);
                if let Some((document, prediction)) = done.predicted {
                    assert_eq!(document.name, format!("{next}"));
                    let alone = pipeline.annotate(&document, &mut Silent, &CancelToken::default());
                    assert_eq!(prediction.unwrap().entities.len(), alone.unwrap().entities.len());
                }
                next += 1;
                true
            },
        );
        assert_eq!(next, 400);
        assert!(times.predicting.pieces > 400 && times.predicting.encoding > Duration::ZERO);
    }

    #[test]
    fn without_an_order_each_still_comes_once() {
        let pipeline = Pipeline::new(tiny_model(3));
        let mut seen = vec![0; 60];
        let read = |feed: &mut Feed<'_, usize>| (0..60).for_each(|number| assert!(feed.push(Some(document(number)), number)));
        Bulk { threads: 2, ordered: false }.run(&pipeline, &CancelToken::default(), read, |done: Done<usize>| {
            seen[done.item] += 1;
            true
        });
        assert_eq!(seen, vec![1; 60]);
    }

    /// Counts what was taken and how much of it was settled, and says when.
    struct Settling<'a> {
        taken: &'a mut usize,
        settled: &'a mut usize,
        say: Sender<()>,
    }

    impl Deliver<()> for Settling<'_> {
        fn take(&mut self, _: Done<()>) -> bool {
            *self.taken += 1;
            true
        }

        fn settle(&mut self) {
            *self.settled = *self.taken;
            let _ = self.say.try_send(());
        }
    }

    #[test]
    fn results_are_settled_while_the_source_pauses_and_behind_the_last_one() {
        let pipeline = Pipeline::new(tiny_model(3));
        let (say, settled_once) = bounded(1);
        let (mut taken, mut settled) = (0, 0);
        Bulk { threads: 2, ordered: true }.run(
            &pipeline,
            &CancelToken::default(),
            |feed| {
                assert!(feed.push(Some(document(1)), ()) && feed.flush());
                // Nothing more comes before the first is settled.
                settled_once.recv().unwrap();
                assert!(feed.push(Some(document(2)), ()));
            },
            Settling { taken: &mut taken, settled: &mut settled, say },
        );
        assert_eq!((taken, settled), (2, 2));
    }

    #[test]
    fn when_nobody_takes_results_any_more_reading_ends() {
        let pipeline = Pipeline::new(tiny_model(3));
        let pushed = AtomicUsize::new(0);
        let mut taken = 0;
        Bulk { threads: 2, ordered: true }.run(
            &pipeline,
            &CancelToken::default(),
            |feed| {
                while feed.push(Some(document(1)), ()) {
                    pushed.fetch_add(1, Ordering::SeqCst);
                }
            },
            |_| {
                taken += 1;
                taken < 5
            },
        );
        assert!(taken >= 5 && pushed.load(Ordering::SeqCst) < 100_000);
    }
}
