//! What the keys are about at the moment.

use super::line::Line;
use crate::document::AnnotationId;
use crate::review::{Partner, RelationEnd};
use crate::text::CharSpan;

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
    /// All documents.
    DocumentList {
        /// The chosen document.
        chosen: usize,
    },
    /// All keys.
    Help {
        /// First visible line.
        scroll: u16,
    },
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
    /// The cursor goes there, and a selection that began at this place grows.
    Select(CharSpan),
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
