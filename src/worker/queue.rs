//! What waits to be done: the newest request of each kind for each document, in the order of priority.

use crate::document::Document;
use std::collections::HashMap;
use std::sync::Arc;

/// What is to be done for a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Task {
    Annotate,
    Advise,
}

/// One thing to do for one document.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub task: Task,
    pub document: usize,
    pub revision: u64,
    pub snapshot: Arc<Document>,
    pub priority: u32,
}

/// The jobs that wait, and the newest revision that was ever asked for of each document.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// In order of arrival; one of each kind per document.
    waiting: Vec<Job>,
    newest: HashMap<(Task, usize), u64>,
}

impl Queue {
    /// Adds a job in place of an older one of its document; drops it when a newer one was asked for already.
    pub(super) fn push(&mut self, job: Job) {
        let newest = self.newest.entry((job.task, job.document)).or_insert(job.revision);
        if job.revision < *newest {
            return;
        }
        *newest = job.revision;
        match self.waiting.iter_mut().find(|other| (other.task, other.document) == (job.task, job.document)) {
            Some(other) => *other = job,
            None => self.waiting.push(job),
        }
    }

    /// Takes out the job with the lowest priority number; of several the one that came first.
    pub(super) fn pop(&mut self) -> Option<Job> {
        let (place, _) = self.waiting.iter().enumerate().min_by_key(|(_, job)| job.priority)?;
        Some(self.waiting.remove(place))
    }

    /// Forgets all that waits.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }

    /// Whether the same was asked for a newer revision of the document.
    pub(super) fn is_stale(&self, task: Task, document: usize, revision: u64) -> bool {
        self.newest.get(&(task, document)).is_some_and(|&newest| newest > revision)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::SourceText;

    fn job(document: usize, revision: u64, priority: u32) -> Job {
        Job { task: Task::Annotate, document, revision, snapshot: Arc::new(Document::new("d", SourceText::new(""))), priority }
    }

    fn drain(queue: &mut Queue) -> Vec<(usize, u64)> {
        std::iter::from_fn(|| queue.pop()).map(|job| (job.document, job.revision)).collect()
    }

    #[test]
    fn the_lowest_priority_number_comes_first_then_the_first_that_came() {
        let mut queue = Queue::default();
        [job(0, 1, 2), job(1, 1, 1), job(2, 1, 0), job(3, 1, 1)].into_iter().for_each(|job| queue.push(job));
        assert_eq!(drain(&mut queue), [(2, 1), (1, 1), (3, 1), (0, 1)]);
    }

    #[test]
    fn the_newest_request_of_a_document_wins() {
        let mut queue = Queue::default();
        [job(0, 1, 0), job(0, 3, 5), job(0, 2, 0), job(1, 1, 4)].into_iter().for_each(|job| queue.push(job));
        assert!(queue.is_stale(Task::Annotate, 0, 2) && !queue.is_stale(Task::Annotate, 0, 3));
        assert_eq!(drain(&mut queue), [(1, 1), (0, 3)]);
        queue.push(job(0, 2, 0));
        assert_eq!(drain(&mut queue), []);
        queue.push(job(0, 3, 0));
        assert_eq!(drain(&mut queue), [(0, 3)]);
    }

    #[test]
    fn advice_and_prediction_of_one_document_do_not_replace_each_other() {
        let mut queue = Queue::default();
        queue.push(job(0, 5, 1));
        for revision in [3, 4] {
            queue.push(Job { task: Task::Advise, ..job(0, revision, 0) });
        }
        assert!(queue.is_stale(Task::Advise, 0, 3) && !queue.is_stale(Task::Advise, 0, 4));
        assert_eq!(drain(&mut queue), [(0, 4), (0, 5)]);
    }
}
