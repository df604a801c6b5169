//! What the keys are about at the moment.

use super::line::Line;
use crate::document::{AnnotationId, Label};
use crate::review::{Disagreement, Partner, RelationEnd};
use crate::text::CharSpan;
use std::ops::Range;

/// What the keys are about, with all that belongs to it.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Mode {
    /// Moving and deciding.
    #[default]
    Normal,
    /// A selection grows from `anchor` to the cursor; a letter makes it a span of a type.
    Select {
        /// Where it began: a word or a character.
        anchor: CharSpan,
        /// The span that was focused last: the selection can become a fragment of it.
        onto: Option<AnnotationId>,
    },
    /// A letter gives a span another type.
    Retype {
        /// The span.
        id: AnnotationId,
    },
    /// A number or a label relates a span.
    Relate {
        /// The span.
        from: AnnotationId,
        /// The nearest legal partners, numbered from 1.
        partners: Vec<Partner>,
        /// Whether a relation was just added: a further number adds another one, any other key does what it does without this.
        again: bool,
    },
    /// A number or a label chooses another end for a relation.
    Retarget {
        /// The relation.
        relation: AnnotationId,
        /// Which end is replaced.
        end: RelationEnd,
        /// What may take its place, nearest first, numbered from 1.
        candidates: Vec<AnnotationId>,
    },
    /// Labels stand on words or spans; typing one goes there.
    Jump {
        /// All labels.
        labels: Vec<JumpLabel>,
        /// The letters typed so far.
        typed: String,
        /// What happens at the label.
        purpose: JumpPurpose,
    },
    /// A line is being typed.
    Prompt {
        /// What for.
        kind: PromptKind,
        /// What was typed.
        line: Line,
    },
    /// Actions by name.
    Palette {
        /// What was typed.
        line: Line,
        /// The chosen row among those that match.
        chosen: usize,
    },
    /// The places that would be marked like a span, shown before they are.
    Propagate(Propagation),
    /// Letters tick spans or roles; enter decides them all.
    Ticks(TickList),
    /// What annotators say of one place, side by side; a key takes one side, all or none.
    Compare(Disagreement),
    /// Letters and numbers hide types and states and show them again.
    Filter,
    /// What deserves another look.
    Checks {
        /// The chosen row.
        chosen: usize,
    },
    /// All steps of the document.
    History {
        /// The chosen row: 0 is the document as it was opened.
        chosen: usize,
    },
    /// All documents.
    DocumentList(DocumentList),
    /// All keys.
    Help {
        /// First visible line.
        scroll: u16,
    },
}

/// A span that is to be marked elsewhere too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Propagation {
    /// The span.
    pub from: AnnotationId,
    /// Whether the whole document is searched, and not only the sentence of the span.
    pub everywhere: bool,
    /// Where the same words stand and are not marked so, with whether they are to be.
    pub places: Vec<(CharSpan, bool)>,
    /// The first place on the screen; less when there is room for more behind it.
    pub first: usize,
}

impl Propagation {
    /// Which places are on a screen with room for so many.
    pub fn on_screen(&self, room: usize) -> Range<usize> {
        let first = self.first.min(self.places.len().saturating_sub(room));
        first..self.places.len().min(first + room)
    }
}

/// Spans or roles to be decided together: those that were proposed, and those that the model deems possible.
#[derive(Clone, Debug, PartialEq)]
pub struct TickList {
    /// What is listed.
    pub kind: TickKind,
    /// The confidence from which on rows are ticked, unless they were ticked or unticked by hand.
    pub level: f32,
    /// What is listed, in the order of the text.
    pub rows: Vec<Tick>,
    /// How many more would be listed if there were room.
    pub more: usize,
}

/// What a list with ticks is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TickKind {
    /// Spans.
    Spans,
    /// Roles between spans.
    Roles,
}

/// A row of such a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// The key that ticks it, and takes the tick away.
    pub key: char,
    /// What is ticked.
    pub what: Ticked,
    /// The model's probability; `None` when nobody said one.
    pub confidence: Option<f32>,
    /// Whether it is ticked.
    pub ticked: bool,
    /// Whether that was said by hand.
    pub by_hand: bool,
}

/// What can be ticked.
#[derive(Clone, Debug, PartialEq)]
pub enum Ticked {
    /// An undecided span or relation: rejected when it is not ticked.
    Proposal(AnnotationId),
    /// A possible span: nothing happens when it is not ticked.
    Span(CharSpan, Label),
    /// A possible relation, subject, role, object: nothing happens when it is not ticked.
    Role(AnnotationId, Label, AnnotationId),
}

/// The list of documents: what of it is shown, and in which order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DocumentList {
    /// What was typed: documents whose name holds it are shown.
    pub line: Line,
    /// Which documents are shown.
    pub show: Show,
    /// In which order.
    pub sort: Sort,
    /// The documents that are shown, by their index. Stays while the list is open, so that nothing moves under the cursor.
    pub rows: Vec<usize>,
    /// The chosen row.
    pub chosen: usize,
}

/// Which documents are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say all there is")]
pub enum Show {
    #[default]
    All,
    New,
    InReview,
    Done,
    Skipped,
    Flagged,
    Undecided,
}

impl Show {
    /// All, in the order in which they come.
    pub const ALL: [Self; 7] = [Self::All, Self::New, Self::InReview, Self::Done, Self::Skipped, Self::Flagged, Self::Undecided];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::New => "new",
            Self::InReview => "in review",
            Self::Done => "done",
            Self::Skipped => "skipped",
            Self::Flagged => "flagged",
            Self::Undecided => "undecided",
        }
    }
}

/// In which order documents are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// As they were opened.
    #[default]
    Opened,
    /// By name.
    Name,
    /// The most undecided items first.
    Undecided,
    /// The least sure model first.
    Confidence,
    /// The longest time spent first.
    Minutes,
}

impl Sort {
    /// All, in the order in which they come.
    pub const ALL: [Self; 5] = [Self::Opened, Self::Name, Self::Undecided, Self::Confidence, Self::Minutes];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opened => "as opened",
            Self::Name => "name",
            Self::Undecided => "undecided",
            Self::Confidence => "least sure",
            Self::Minutes => "minutes",
        }
    }
}

/// A place to jump to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JumpLabel {
    /// The letters that choose it.
    pub keys: String,
    /// The word or span it stands on.
    pub at: CharSpan,
    /// The span, when it stands on one.
    pub entity: Option<AnnotationId>,
}

/// What happens at a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JumpPurpose {
    /// The cursor goes there.
    Go,
    /// A selection begins there.
    Mark,
    /// The cursor goes there, and a selection that began at this place grows; with the span that was focused last.
    Select(CharSpan, Option<AnnotationId>),
    /// This span is related to the one there.
    Relate(AnnotationId),
    /// The span there becomes an end of this relation.
    Retarget(AnnotationId, RelationEnd),
}

/// What a line is typed for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PromptKind {
    /// To search the text.
    Search,
    /// A note on an annotation.
    Note(AnnotationId),
    /// A remark on the document.
    Remark,
}
