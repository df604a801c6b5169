//! What a person can do, as values; and what comes of it.

use super::JournalRecord;
use crate::document::{AnnotationId, DocumentStatus, Label, TransactionError};
use crate::text::CharSpan;

/// One edge of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Edge {
    /// Where it begins.
    Left,
    /// Where it ends.
    Right,
}

/// How far an edge moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// To the next edge of a word.
    Word,
    /// By one code point.
    Char,
}

/// One end of a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RelationEnd {
    /// The argument, where the arrow begins.
    Subject,
    /// The trigger, where the arrow points.
    Object,
}

/// What a person does to one document. Each is one undo step.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Accepts a span or relation; a relation takes its undecided ends along.
    Accept(AnnotationId),
    /// Rejects a span with all its relations, or a relation alone.
    Reject(AnnotationId),
    /// Gives a span another type; its relations stay.
    Retype {
        /// The span.
        id: AnnotationId,
        /// Its new type.
        label: Label,
    },
    /// Moves an edge of a span; its id, relations and notes stay.
    MoveEdge {
        /// The span.
        id: AnnotationId,
        /// Which edge; of a span in fragments, the outermost one on that side.
        edge: Edge,
        /// `true` makes the span longer, `false` shorter.
        outwards: bool,
        /// How far.
        by: Step,
    },
    /// Adds a span. An undecided or rejected span just like it is accepted instead.
    AddEntity {
        /// Where.
        span: CharSpan,
        /// Its type.
        label: Label,
    },
    /// Adds several spans of one type in one step; those that stand already are left out.
    AddEntities {
        /// Where.
        spans: Vec<CharSpan>,
        /// Their type.
        label: Label,
    },
    /// Adds a relation and accepts its undecided ends. An undecided or rejected relation just like it is accepted instead.
    AddRelation {
        /// The argument.
        subject: AnnotationId,
        /// The trigger.
        object: AnnotationId,
        /// Its role.
        role: Label,
    },
    /// Gives a relation the next role that is legal between its ends.
    SwapRole {
        /// The relation.
        id: AnnotationId,
    },
    /// Turns a relation round, with the usual role of the new direction when the old one is not legal there.
    Flip {
        /// The relation.
        id: AnnotationId,
    },
    /// Gives a relation another end.
    Retarget {
        /// The relation.
        id: AnnotationId,
        /// Which end.
        end: RelationEnd,
        /// The span that becomes this end.
        to: AnnotationId,
    },
    /// Adds a fragment to a span, so that it covers words that do not stand side by side. Fragments that touch become one.
    AddFragment {
        /// The span.
        id: AnnotationId,
        /// The fragment.
        span: CharSpan,
    },
    /// Joins a span into another of the same type: its fragments and relations become those of the other.
    Join {
        /// The span that stays.
        id: AnnotationId,
        /// The span that goes.
        other: AnnotationId,
    },
    /// Gives each fragment of a span but the first a span of its own; relations and notes stay with the first.
    Split {
        /// The span.
        id: AnnotationId,
    },
    /// Takes all undecided proposals out of the document. A merge does not bring the same ones back.
    Withdraw,
    /// Removes what a person added; rejects what was given or proposed.
    Delete {
        /// The span or relation.
        id: AnnotationId,
    },
    /// Sets the note on an annotation; an empty text takes it away.
    SetNote {
        /// What the note is about.
        target: AnnotationId,
        /// What it says. Line breaks become spaces.
        text: String,
    },
    /// Turns the document's flag on or off.
    Flag,
    /// Sets where the document stands.
    SetStatus(DocumentStatus),
    /// Sets the remark on the document; empty takes it away.
    Remark(String),
    /// Rejects the undecided ones of these in one undo step, spans with their relations.
    RejectAll {
        /// Spans and relations; what is decided already is passed over.
        ids: Vec<AnnotationId>,
    },
    /// Accepts the undecided ones of these in one undo step.
    AcceptAll {
        /// Spans and relations; what is decided already is passed over.
        ids: Vec<AnnotationId>,
    },
    /// Decides many things in one undo step: what was ticked in a list, and what was not.
    Decide(Decision),
    /// Takes the last step back.
    Undo,
    /// Does again what was last taken back.
    Redo,
}

/// A decision about many things at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// Spans and relations to accept; what is decided already is passed over.
    pub accept: Vec<AnnotationId>,
    /// Spans and relations to reject, spans with their relations; what is decided already is passed over.
    pub reject: Vec<AnnotationId>,
    /// Spans to add, as by [`Command::AddEntity`]; those that stand already are passed over.
    pub spans: Vec<(CharSpan, Label)>,
    /// Relations to add, as by [`Command::AddRelation`]: subject, role, object. Those that stand already are passed over.
    pub relations: Vec<(AnnotationId, Label, AnnotationId)>,
}

/// What a command brought about.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// To be appended to the journal before the change is shown.
    pub record: JournalRecord,
    /// The annotations that were added, removed or changed; first the one that the command was about.
    pub changed: Vec<AnnotationId>,
    /// What was done, for the status line: `accepted Gene "BRCA1"`. Holds text of the document: untrusted.
    pub message: String,
}

/// Why a command could not be carried out; nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// There is no such document in the session.
    #[error("there is no document number {0} in this session")]
    NoDocument(usize),
    /// There is no such span or relation.
    #[error("there is no annotation {0} any more")]
    Missing(AnnotationId),
    /// The command needs a span and this is none.
    #[error("{0} is not a span")]
    NotASpan(AnnotationId),
    /// The command needs a relation and this is none.
    #[error("{0} is not a relation")]
    NotARelation(AnnotationId),
    /// The command would leave everything as it is.
    #[error("{0}")]
    NoChange(String),
    /// The edge can't go further that way.
    #[error("the edge can't move further: {0}")]
    NoRoom(&'static str),
    /// A span that reaches beyond the text.
    #[error("the span {0} does not lie inside the text")]
    OutsideText(CharSpan),
    /// A type that the schema does not have.
    #[error("the schema \"{schema}\" has no type \"{label}\"")]
    UnknownType {
        /// Name of the schema.
        schema: String,
        /// The type.
        label: Label,
    },
    /// A role that the schema does not have, or not between these types.
    #[error("no such role is legal from {subject} to {object}")]
    Illegal {
        /// Type of the subject.
        subject: Label,
        /// Type of the object.
        object: Label,
    },
    /// A relation of a span with itself.
    #[error("a span can't have a role in itself")]
    SelfRelation,
    /// A relation can't stand while one of its ends is rejected.
    #[error("{0} is rejected: accept it first, or relate another span")]
    EndRejected(AnnotationId),
    /// The same span or relation stands already.
    #[error("{0} says the same already")]
    Duplicate(AnnotationId),
    /// Nothing to take back.
    #[error("nothing to undo in this document")]
    NothingToUndo,
    /// Nothing to do again.
    #[error("nothing to redo in this document")]
    NothingToRedo,
    /// The document refused the change: a defect of this program, not of the input.
    #[error("the change does not fit the document: {0}")]
    Transaction(#[from] TransactionError),
}
