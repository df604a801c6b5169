//! Many documents under review at once, and the one way in which any of them changes.

mod document;

pub use document::{OpenDocument, SessionDocument};

use super::fingerprint::Fingerprint;
use super::journal::real;
use super::plan::{self, Desk, Plan};
use super::{
    Command, CommandError, Filter, JournalRecord, Outcome, Partner, RecordKind, Segmentation, merge, merge_roles, millis,
    partners, queue,
};
use crate::document::{AnnotationId, Schema, Transaction, TransactionError};
use crate::pipeline::{PossibleRole, Prediction};
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

/// Documents under review, the schema they are annotated by, and who reviews.
#[derive(Clone, Debug)]
pub struct Session {
    documents: Vec<SessionDocument>,
    schema: Arc<Schema>,
    filter: Filter,
    order: queue::Order,
    who: String,
    keys: u32,
    /// Time of the last record of a person in each folder.
    last: HashMap<PathBuf, u64>,
}

/// The name of the document that bears a key, unless it is called so itself: without the number of several of one name.
pub fn name_in_key(key: &str) -> &str {
    key.rsplit_once('#').filter(|(_, number)| number.parse::<u32>().is_ok()).map_or(key, |(name, _)| name)
}

impl Session {
    /// A session over documents as they were read, before anything of the journal is replayed.
    pub fn new(documents: Vec<OpenDocument>, schema: Arc<Schema>, who: impl Into<String>) -> Self {
        let mut taken: HashSet<(PathBuf, String)> = HashSet::new();
        // A document may be called as another would be with a number behind it.
        let names: HashSet<String> = documents.iter().map(|open| open.document.name.clone()).collect();
        // Asking the system for every one of ten thousand documents of a folder takes longer than reading them.
        let mut homes: HashMap<PathBuf, PathBuf> = HashMap::new();
        let documents = documents
            .into_iter()
            .map(|open| {
                let home = homes.entry(open.home).or_insert_with_key(|home| real(home)).clone();
                OpenDocument { document: open.document, home }
            })
            .map(|open| {
                let name = open.document.name.clone();
                let mut key = name.clone();
                let mut times = 1u32;
                while times > 1 && names.contains(&key) || !taken.insert((open.home.clone(), key.clone())) {
                    times += 1;
                    key = format!("{name}#{times}");
                }
                SessionDocument::new(open, key)
            })
            .collect();
        Self {
            documents,
            schema,
            filter: Filter::everything(),
            order: queue::Order::default(),
            who: who.into(),
            keys: 0,
            last: HashMap::new(),
        }
    }

    /// The documents in the order in which they were given.
    pub fn documents(&self) -> &[SessionDocument] {
        &self.documents
    }

    /// For replaying a journal.
    pub(super) fn documents_mut(&mut self) -> &mut [SessionDocument] {
        &mut self.documents
    }

    /// Lets documents go whose records do not fit them; the others keep their keys and move up.
    pub(super) fn leave_out(&mut self, indices: &[usize]) {
        let mut index = 0..;
        self.documents.retain(|_| index.next().is_none_or(|index| !indices.contains(&index)));
    }

    /// One document, by its index.
    pub fn get(&self, index: usize) -> Option<&SessionDocument> {
        self.documents.get(index)
    }

    /// Types and legal roles.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// What of the documents is met. Not journalled.
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// The same to be changed.
    pub fn filter_mut(&mut self) -> &mut Filter {
        &mut self.filter
    }

    /// In which order undecided items come.
    pub fn order(&self) -> queue::Order {
        self.order
    }

    /// Sets in which order undecided items come. Not journalled.
    pub fn set_order(&mut self, order: queue::Order) {
        self.order = order;
    }

    /// Tells where sentences and words of a document are. Moving an edge by words and grouping by sentence need it.
    pub fn set_segmentation(&mut self, index: usize, segmentation: Segmentation) {
        if let Some(document) = self.documents.get_mut(index) {
            document.set_segmentation(segmentation);
        }
    }

    /// Counts a key that was pressed; the next record says how many there were.
    pub fn count_key(&mut self) {
        self.keys = self.keys.saturating_add(1);
    }

    /// Carries out a command. The record in the outcome must be on disk before the change is shown.
    ///
    /// # Errors
    /// [`CommandError`] says why it is not possible; then nothing was changed.
    pub fn perform(&mut self, index: usize, command: Command, now: SystemTime) -> Result<Outcome, CommandError> {
        let open = self.documents.get(index).ok_or(CommandError::NoDocument(index))?;
        let plan = match command {
            Command::Undo => plan::undo(open.history(), open.document())?,
            Command::Redo => plan::redo(open.history(), open.document())?,
            command => plan::plan(&mut Desk::new(open, &self.schema), command)?,
        };
        let Plan { kind, parent, transaction, changed, message } = plan;
        let record = JournalRecord { keys: self.keys, ..open.record(kind, parent, transaction, &self.who, now) };
        self.carry_out(index, &record)?;
        self.keys = 0;
        Ok(Outcome { record, changed, message })
    }

    /// Brings in what a model proposes for the document as it was at `revision` ([`SessionDocument::revision`]).
    ///
    /// `focus` is what stands under the cursor: it stays as it is. `None` when nothing changes, or when proposals made on a later
    /// revision came in already.
    pub fn merge(
        &mut self,
        index: usize,
        revision: u64,
        prediction: &Prediction,
        focus: Option<&AnnotationId>,
        now: SystemTime,
    ) -> Option<JournalRecord> {
        let open = self.documents.get_mut(index)?;
        if !open.takes_prediction_of(revision) {
            return None;
        }
        let mut decisions = open.decisions();
        decisions.keep.extend(focus.cloned());
        let transaction = merge(open.document(), prediction, &decisions, &mut open.mint());
        if transaction.is_empty() {
            return None;
        }
        let record = open.record(RecordKind::Merge, open.history().current(), transaction, &prediction.model, now);
        self.carry_out(index, &record).is_ok().then_some(record)
    }

    /// Brings in roles that a model proposes between the spans of the document as they stand, in place of the undecided ones that it
    /// proposed before. `keep` is what a person has before them, under the cursor or in a list: it stays. `None` when nothing changes.
    pub fn merge_roles(
        &mut self,
        index: usize,
        prediction: &Prediction,
        keep: &[AnnotationId],
        now: SystemTime,
    ) -> Option<JournalRecord> {
        let open = self.documents.get(index)?;
        let mut decisions = open.decisions();
        decisions.keep.extend(keep.iter().cloned());
        let transaction = merge_roles(open.document(), prediction, &decisions, &mut open.mint());
        if transaction.is_empty() {
            return None;
        }
        let record = open.record(RecordKind::Merge, open.history().current(), transaction, &prediction.model, now);
        self.carry_out(index, &record).is_ok().then_some(record)
    }

    /// The likeliest and nearest spans that a span of this document can be related to.
    pub fn partners(&self, index: usize, entity: &AnnotationId, likely: &[PossibleRole]) -> Vec<Partner> {
        self.get(index).map_or_else(Vec::new, |open| partners(open.document(), &self.schema, entity, likely))
    }

    /// The next item to decide behind `after`, as filter and order have it; `None` behind the last.
    pub fn next_undecided(&self, index: usize, after: Option<&AnnotationId>) -> Option<AnnotationId> {
        queue::next_undecided(self.get(index)?.document(), after, &self.filter, self.order)
    }

    /// The last item to decide before `before`, as filter and order have it; `None` before the first.
    pub fn previous_undecided(&self, index: usize, before: Option<&AnnotationId>) -> Option<AnnotationId> {
        queue::previous_undecided(self.get(index)?.document(), before, &self.filter, self.order)
    }

    /// Carries out a record on a document: the one way in which anything changes, live and on replay.
    pub(super) fn carry_out(&mut self, index: usize, record: &JournalRecord) -> Result<(), TransactionError> {
        let Some(open) = self.documents.get_mut(index) else { return Ok(()) };
        open.carry_out(record, self.last.get(open.home()).copied())?;
        if record.kind != RecordKind::Merge {
            self.last.insert(open.home().to_path_buf(), record.time);
        }
        Ok(())
    }

    /// The record of an export that was just made.
    pub(super) fn record_export(&mut self, index: usize, written: Fingerprint, now: SystemTime) -> Option<JournalRecord> {
        let open = self.documents.get_mut(index)?;
        let plain = open.record(RecordKind::Export, open.history().current(), Default::default(), &self.who, now);
        let (fingerprint, all) = (Some(written.relations), Some(written.all));
        let record = JournalRecord { fingerprint, all, keys: self.keys, ..plain };
        self.carry_out(index, &record).ok()?;
        self.keys = 0;
        Some(record)
    }
}

impl SessionDocument {
    fn record(
        &self,
        kind: RecordKind,
        parent: Option<u64>,
        transaction: Transaction,
        who: &str,
        now: SystemTime,
    ) -> JournalRecord {
        JournalRecord {
            number: self.last_number() + 1,
            parent,
            time: millis(now),
            who: who.to_owned(),
            document: self.key().to_owned(),
            text: self.text_hash().to_owned(),
            kind,
            keys: 0,
            transaction,
            base: self.base_to_record(),
            fingerprint: None,
            all: None,
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
