//! One document of a session: its annotations as they stand, and how they came to be.

use crate::document::{Document, Item, Operation, Transaction, TransactionError};
use crate::review::fingerprint::Fingerprint;
use crate::review::{ActiveTime, Decisions, History, IdMint, JournalRecord, RecordKind, Segmentation, text_hash};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A document as it was read, and where its journal belongs.
#[derive(Clone, Debug)]
pub struct OpenDocument {
    /// The document with the annotations of its file.
    pub document: Document,
    /// The folder that holds its file; the journal lies in `.rolecall` below.
    pub home: PathBuf,
}

/// A document under review. It changes only through [`super::Session`].
#[derive(Clone, Debug)]
pub struct SessionDocument {
    document: Arc<Document>,
    home: PathBuf,
    key: String,
    text_hash: String,
    history: History,
    mint: IdMint,
    segmentation: Arc<Segmentation>,
    revision: u64,
    /// Proposals made on this revision came in last.
    merged_from: Option<u64>,
    /// The model whose proposals came in last.
    proposer: Option<String>,
    /// Fingerprints of what exports wrote.
    exported: HashSet<String>,
    last_number: u64,
    /// When a person last decided something on it, in milliseconds since 1970-01-01 UTC.
    last_decided: Option<u64>,
    time: ActiveTime,
}

impl SessionDocument {
    pub(in crate::review) fn new(open: OpenDocument, key: String) -> Self {
        let OpenDocument { document, home } = open;
        Self {
            text_hash: text_hash(&document.text),
            history: History::default(),
            mint: IdMint::new(&document),
            segmentation: Arc::default(),
            revision: 0,
            merged_from: None,
            proposer: None,
            exported: HashSet::new(),
            last_number: 0,
            last_decided: None,
            time: ActiveTime::default(),
            document: Arc::new(document),
            home,
            key,
        }
    }

    /// The annotations as they stand.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// The same to be handed to another thread; later changes do not show in it.
    pub fn snapshot(&self) -> Arc<Document> {
        Arc::clone(&self.document)
    }

    /// The folder that holds the document's file, in full and without links if it exists.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// What the journal calls the document. Untrusted.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// blake3 of the text, in hexadecimal.
    pub fn text_hash(&self) -> &str {
        &self.text_hash
    }

    /// The undo history.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Sentences and words; empty until they were set.
    pub fn segmentation(&self) -> &Segmentation {
        &self.segmentation
    }

    /// Grows with every change; what is computed in the background says for which revision.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Number of the last journal record; 0 when there is none.
    pub fn last_number(&self) -> u64 {
        self.last_number
    }

    /// When a person last decided something on the document, in milliseconds since 1970-01-01 UTC.
    pub fn last_decided(&self) -> Option<u64> {
        self.last_decided
    }

    /// Time spent and keys pressed on the document, over all sessions.
    pub fn active_time(&self) -> ActiveTime {
        self.time
    }

    /// What a person decided, as far as a merge has to know it.
    pub fn decisions(&self) -> Decisions {
        Decisions::of(&self.history)
    }

    /// Whether a person went on from what this model proposed. The model would propose less in the light of what was decided, and what
    /// was there the day before would be gone.
    pub fn was_begun_with(&self, model: &str) -> bool {
        self.history.current().is_some() && self.proposer.as_deref() == Some(model)
    }

    /// Whether an export of this document wrote annotations like these.
    pub(in crate::review) fn has_exported(&self, written: &Fingerprint) -> bool {
        self.exported.contains(&written.all)
    }

    pub(in crate::review) fn mint(&self) -> IdMint {
        self.mint.clone()
    }

    pub(in crate::review) fn set_segmentation(&mut self, segmentation: Segmentation) {
        self.segmentation = Arc::new(segmentation);
    }

    /// What the next record carries as its base: only the first carries one.
    pub(in crate::review) fn base_to_record(&self) -> Option<Transaction> {
        // Before the first record the document is as it was opened.
        (self.last_number == 0).then(|| base_of(&self.document))
    }

    /// Whether a prediction made on this revision is news, and takes note that it came.
    pub(in crate::review) fn takes_prediction_of(&mut self, revision: u64) -> bool {
        let news = revision <= self.revision && self.merged_from.is_none_or(|last| revision >= last);
        if news {
            self.merged_from = Some(revision);
        }
        news
    }

    /// Goes back to the annotations that the journal says the document was opened with.
    pub(in crate::review) fn rebase(&mut self, base: &Transaction) -> Result<(), TransactionError> {
        let mut document = (*self.document).clone();
        document.entities.clear();
        document.relations.clear();
        document.events.clear();
        document.attributes.clear();
        document.normalizations.clear();
        document.notes.clear();
        base.apply(&mut document)?;
        self.mint = IdMint::new(&document);
        self.document = Arc::new(document);
        Ok(())
    }

    /// Carries out a record: a new one, or one from the journal. There is no other way to change the document.
    ///
    /// `before` is the time of the record before it in the same folder, in milliseconds.
    pub(super) fn carry_out(&mut self, record: &JournalRecord, before: Option<u64>) -> Result<(), TransactionError> {
        let document = Arc::make_mut(&mut self.document);
        match record.kind {
            RecordKind::Command | RecordKind::Marks => {
                let backward = record.transaction.apply(document)?;
                self.history.push(record.number, record.time, record.transaction.clone(), backward);
            }
            RecordKind::Merge => {
                record.transaction.apply(document)?;
                self.proposer = Some(record.who.clone());
            }
            RecordKind::Undo => self.history.undo(&record.transaction, document)?,
            RecordKind::Redo => self.history.redo(&record.transaction, document)?,
            RecordKind::Export => self.exported.extend(record.all.clone()),
        }
        self.mint.saw_all(&record.transaction);
        self.last_number = record.number;
        // An export of all documents says nothing of where somebody was at work.
        if !matches!(record.kind, RecordKind::Merge | RecordKind::Export) {
            self.last_decided = Some(record.time);
        }
        self.revision += 1;
        self.time.count(record, before);
        Ok(())
    }
}

/// The insertions that rebuild the annotations of a document in their order.
fn base_of(document: &Document) -> Transaction {
    let items = document.entities.values().cloned().map(Item::Entity);
    let items = items.chain(document.relations.values().cloned().map(Item::Relation));
    let items = items.chain(document.events.values().cloned().map(Item::Event));
    let items = items.chain(document.attributes.values().cloned().map(Item::Attribute));
    let items = items.chain(document.normalizations.values().cloned().map(Item::Normalization));
    let items = items.chain(document.notes.values().cloned().map(Item::Note));
    // The place is counted within the kind, so the end is always right; a plain 0-based count would have to know each kind's.
    let items = items.map(|item| Operation::Insert { at: usize::MAX, item });
    // A file that was exported says what was decided of the document as a whole; the steps that did begin before that.
    Transaction::new(items.chain([Operation::Marks(document.marks.clone())]).collect())
}
