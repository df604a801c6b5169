//! Time on task, from the journal: how long a person worked on a document and how many keys it took.

use super::{JournalRecord, RecordKind};
use serde::Serialize;

/// A pause longer than this, in milliseconds, counts as this long: the curator was elsewhere.
pub const IDLE_LIMIT_MS: u64 = 60_000;

/// Work on one document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ActiveTime {
    /// Active time in milliseconds: the pauses between a person's records, each no longer than [`IDLE_LIMIT_MS`].
    pub milliseconds: u64,
    /// Keys pressed.
    pub keys: u64,
    /// Commands, undos and redos.
    pub actions: u64,
    /// Time of a person's first record, in milliseconds since 1970-01-01 UTC; 0 before it.
    pub began: u64,
    /// The same of the last one.
    pub ended: u64,
}

impl ActiveTime {
    /// Counts one record of the document; what a model did does not count.
    ///
    /// `before` is the time of the person's record before it, in whatever document of the folder, in milliseconds since 1970-01-01
    /// UTC: the pause in between was spent on this one. Without it the time up to the first decision stays unknown.
    pub fn count(&mut self, record: &JournalRecord, before: Option<u64>) {
        if record.kind == RecordKind::Merge {
            return;
        }
        let pause = before.map_or(0, |before| record.time.saturating_sub(before).min(IDLE_LIMIT_MS));
        self.milliseconds = self.milliseconds.saturating_add(pause);
        self.began = if self.began == 0 { record.time } else { self.began.min(record.time) };
        self.ended = self.ended.max(record.time);
        self.keys += u64::from(record.keys);
        self.actions += u64::from(record.kind != RecordKind::Export);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Transaction;
    use std::collections::BTreeMap;

    /// Time on task of each document of a journal, by key.
    fn active_times(records: &[JournalRecord]) -> BTreeMap<String, ActiveTime> {
        let mut times: BTreeMap<String, ActiveTime> = BTreeMap::new();
        let mut before = None;
        for record in records.iter().filter(|record| record.kind != RecordKind::Merge) {
            times.entry(record.document.clone()).or_default().count(record, before);
            before = Some(record.time);
        }
        times
    }

    fn record(document: &str, kind: RecordKind, time: u64, keys: u32) -> JournalRecord {
        JournalRecord {
            number: 1,
            parent: None,
            time,
            who: "curator".to_owned(),
            document: document.to_owned(),
            text: String::new(),
            kind,
            keys,
            transaction: Transaction::default(),
            base: None,
            fingerprint: None,
            all: None,
        }
    }

    #[test]
    fn pauses_count_where_they_end_and_long_ones_up_to_the_limit() {
        let records = [
            record("a", RecordKind::Command, 10_000, 3),
            record("a", RecordKind::Merge, 11_000, 0),
            record("a", RecordKind::Undo, 14_000, 1),
            record("b", RecordKind::Command, 16_000, 2),
            record("b", RecordKind::Command, 16_000 + 10 * IDLE_LIMIT_MS, 1),
            record("a", RecordKind::Export, 5_000, 1),
        ];
        let times = active_times(&records);
        let line = |key: &str| (times[key].milliseconds, times[key].keys, times[key].actions);
        assert_eq!(line("a"), (4_000, 5, 2), "a clock that was set back counts as no pause");
        assert_eq!(line("b"), (2_000 + IDLE_LIMIT_MS, 3, 2));
    }
}
