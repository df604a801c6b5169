//! What a review came to: how the proposals fared, and what it cost in time and keys.

use super::{Session, SessionDocument};
use crate::document::{AnnotationId, DocumentStatus, Item, Label, Operation, Origin, Status};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

/// Number of equal parts into which confidence, 0 to 1, is divided.
pub const CONFIDENCE_BINS: usize = 10;

/// What became of proposals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Fate {
    /// Taken as they were.
    pub accepted: usize,
    /// Taken after a change.
    pub corrected: usize,
    /// Refused.
    pub rejected: usize,
    /// Not decided yet.
    pub undecided: usize,
}

impl Fate {
    /// How many were decided.
    pub const fn decided(self) -> usize {
        self.accepted + self.corrected + self.rejected
    }

    /// Share of the decided ones that were taken as they were, 0 to 1; `None` when none was decided.
    pub fn accept_rate(self) -> Option<f64> {
        (self.decided() > 0).then(|| self.accepted as f64 / self.decided() as f64)
    }

    fn count(&mut self, status: Status) {
        match status {
            Status::Accepted => self.accepted += 1,
            Status::Corrected => self.corrected += 1,
            Status::Rejected => self.rejected += 1,
            Status::Proposed => self.undecided += 1,
        }
    }
}

/// One document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DocumentStats {
    /// What the journal calls it. Untrusted.
    pub name: String,
    /// Where it stands.
    pub status: DocumentStatus,
    /// Active time in milliseconds.
    pub milliseconds: u64,
    /// Keys pressed.
    pub keys: u64,
    /// Commands, undos and redos.
    pub actions: u64,
    /// Time of the first and the last record of a person, in milliseconds since 1970-01-01 UTC; 0 when there is none.
    pub period: (u64, u64),
    /// What became of the model's proposals.
    pub proposals: Fate,
    /// Spans and relations that a person added and that stand.
    pub added: usize,
}

/// All of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// The documents that anybody worked on or a model proposed anything for, in the order of the session.
    pub documents: Vec<DocumentStats>,
    /// By the type or role that the model gave.
    pub by_type: BTreeMap<Label, Fate>,
    /// By confidence, from 0 to 1 in [`CONFIDENCE_BINS`] equal parts.
    pub by_confidence: [Fate; CONFIDENCE_BINS],
}

impl Stats {
    /// Of a session with its journals replayed.
    pub fn of(session: &Session) -> Self {
        let mut stats = Self::default();
        for open in session.documents() {
            let document = stats.count(open);
            if document.actions > 0 || document.proposals != Fate::default() {
                stats.documents.push(document);
            }
        }
        stats
    }

    fn count(&mut self, open: &SessionDocument) -> DocumentStats {
        let (document, time) = (open.document(), open.active_time());
        let first = as_proposed(open);
        let label = |id: &AnnotationId, now: &Label| first.get(id).unwrap_or(now).clone();
        let spans = document.entities.values().map(|it| (label(&it.id, &it.label), &it.origin, it.status));
        let relations = document.relations.values().map(|it| (label(&it.id, &it.role), &it.origin, it.status));
        let (mut proposals, mut added) = (Fate::default(), 0);
        for (label, origin, status) in spans.chain(relations) {
            let Some(confidence) = origin.confidence() else {
                added += usize::from(*origin == Origin::Human && status.stands());
                continue;
            };
            let bin = ((confidence * CONFIDENCE_BINS as f32) as usize).min(CONFIDENCE_BINS - 1);
            self.by_type.entry(label).or_default().count(status);
            self.by_confidence.iter_mut().skip(bin).take(1).for_each(|fate| fate.count(status));
            proposals.count(status);
        }
        DocumentStats {
            name: open.key().to_owned(),
            status: document.marks.status,
            milliseconds: time.milliseconds,
            keys: time.keys,
            actions: time.actions,
            period: (time.began, time.ended),
            proposals,
            added,
        }
    }
}

/// The types and roles that proposals had before a person gave them others.
fn as_proposed(open: &SessionDocument) -> HashMap<AnnotationId, Label> {
    let mut first = HashMap::new();
    for operation in open.history().path().into_iter().flat_map(|step| &step.backward.operations) {
        let (id, label) = match operation {
            Operation::Replace(Item::Entity(old)) => (&old.id, &old.label),
            Operation::Replace(Item::Relation(old)) => (&old.id, &old.role),
            _ => continue,
        };
        first.entry(id.clone()).or_insert_with(|| label.clone());
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Schema;
    use crate::review::dsl::sketch;
    use crate::review::{Command, OpenDocument};
    use std::path::PathBuf;
    use std::sync::Arc;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn proposals_are_counted_by_what_the_model_said_and_what_became_of_it() {
        let document = sketch("[a|Gene?] [b|Var?] [c|Reg?] [d|MPA?] [e|Gene] @ T1 ThemeOf? T2").document;
        let open = OpenDocument { document, home: PathBuf::from("pile") };
        let empty = OpenDocument { document: sketch("nothing").document, home: PathBuf::from("pile") };
        let mut session = Session::new(vec![open, empty], Arc::new(Schema::agac().unwrap()), "curator");
        let commands = [
            Command::Accept("T1".into()),
            Command::Retype { id: "T2".into(), label: "NegReg".into() },
            Command::Reject("T3".into()),
            Command::AddEntity { span: crate::text::CharSpan::of_chars(0, 3).unwrap(), label: "Gene".into() },
        ];
        for (i, command) in commands.into_iter().enumerate() {
            session.count_key();
            session.perform(0, command, UNIX_EPOCH + Duration::from_secs(1000 + 10 * i as u64)).unwrap();
        }
        let stats = Stats::of(&session);
        assert_eq!(stats.documents.len(), 1);
        let document = &stats.documents[0];
        assert_eq!((document.milliseconds, document.keys, document.actions, document.added), (30_000, 4, 4, 1));
        assert_eq!(document.period, (1_000_000, 1_030_000));
        assert_eq!(document.proposals, Fate { accepted: 1, corrected: 1, rejected: 1, undecided: 2 });
        assert_eq!(stats.by_type[&Label::from("Var")], Fate { corrected: 1, ..Fate::default() }, "by the model's type");
        assert_eq!(stats.by_type[&Label::from("Gene")].accept_rate(), Some(1.0));
        // Everything in a sketch has a confidence of one half.
        assert_eq!(stats.by_confidence[5], document.proposals);
    }
}
