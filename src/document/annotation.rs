//! What can be annotated: entities, relations, events, attributes, normalisations, notes and equivalences.

use crate::text::CharSpan;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

macro_rules! shared_string {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes the string as it is.
            pub fn new(name: impl Into<Arc<str>>) -> Self {
                Self(name.into())
            }

            /// The string as it was read. Untrusted: make it safe before it is shown or becomes a file name.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(name: &str) -> Self {
                Self::new(name)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

shared_string! {
    /// The id of an annotation, unique in its document over all kinds: `T1`, `R2`, … as its file spells it.
    AnnotationId
}

shared_string! {
    /// The name of an entity type, a role, an attribute …: `Var`, `ThemeOf`.
    Label
}

/// Who made an annotation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// It was in the file that was opened.
    Given,
    /// A model proposed it.
    Model {
        /// Name of the model and run, e.g. `agac`.
        run: Arc<str>,
        /// Calibrated probability that it is right, 0 to 1.
        confidence: f32,
    },
    /// Another annotator marked it, or several did: it came in by merging their files, or from a track.
    Annotator {
        /// Who, e.g. `anna`; several as [`Origin::of_annotators`] joins them. Untrusted.
        name: Arc<str>,
    },
    /// A person added it.
    Human,
}

/// What stands between the names of several annotators.
const BETWEEN_NAMES: &str = ", ";

impl Origin {
    /// Of these annotators together.
    pub fn of_annotators<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        // A name with what stands between two names would be read as two.
        let names = names.into_iter().map(|name| name.replace(BETWEEN_NAMES, " "));
        Self::Annotator { name: names.collect::<Vec<_>>().join(BETWEEN_NAMES).into() }
    }

    /// The annotators who say it, each by name; none for what others made.
    pub fn annotators(&self) -> impl Iterator<Item = &str> {
        let names = if let Self::Annotator { name } = self { Some(name.split(BETWEEN_NAMES)) } else { None };
        names.into_iter().flatten()
    }

    /// The model's confidence, if a model made it.
    pub fn confidence(&self) -> Option<f32> {
        match self {
            Self::Model { confidence, .. } => Some(*confidence),
            Self::Given | Self::Annotator { .. } | Self::Human => None,
        }
    }
}

/// What was decided about an annotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nobody decided yet. Only annotations of a model or of another annotator are ever in this state.
    Proposed,
    /// It stands as it is. Given and added annotations begin here.
    Accepted,
    /// It stands after a person changed its type, edges, role or ends.
    Corrected,
    /// A person refused it. It stays in the document so that the same proposal does not come back.
    Rejected,
}

impl Status {
    /// Whether it belongs into a result file: accepted or corrected.
    pub const fn stands(self) -> bool {
        matches!(self, Self::Accepted | Self::Corrected)
    }
}

/// A trigger span: a typed mention of one or more fragments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entity {
    /// Its id, `T…`.
    pub id: AnnotationId,
    /// Its type.
    pub label: Label,
    /// Its fragments in the order of the file; never empty. One fragment unless it is discontinuous.
    pub spans: Vec<CharSpan>,
    /// Who made it.
    pub origin: Origin,
    /// What was decided.
    pub status: Status,
}

impl Entity {
    /// Whether any of its fragments shares a character with a span.
    pub fn overlaps(&self, span: CharSpan) -> bool {
        self.spans.iter().any(|own| own.overlaps(span))
    }

    /// The smallest span over all fragments.
    pub fn hull(&self) -> CharSpan {
        let mut spans = self.spans.iter().copied();
        let first = spans.next();
        debug_assert!(first.is_some(), "an entity has at least one fragment");
        // The constructor functions never make an entity without fragments; a lone first character is the harmless answer.
        let first = first.or_else(|| CharSpan::of_chars(0, 1).ok());
        match first {
            Some(first) => spans.fold(first, CharSpan::hull),
            None => unreachable!("0..1 is a legal span"),
        }
    }
}

/// A thematic role between two annotations, in its true direction: subject (argument) → object (trigger).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Relation {
    /// Its id, `R…`.
    pub id: AnnotationId,
    /// Its role: `ThemeOf`, `CauseOf`.
    pub role: Label,
    /// `Arg1`: an entity, or an event in old BioNLP files.
    pub subject: AnnotationId,
    /// `Arg2`.
    pub object: AnnotationId,
    /// What the file calls the two ends: `Arg1` and `Arg2` unless it says otherwise.
    pub argument_names: Option<(Label, Label)>,
    /// Who made it.
    pub origin: Origin,
    /// What was decided.
    pub status: Status,
}

/// An event of the BioNLP shared tasks: a trigger and its arguments. Roles may repeat, so they are a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its id, `E…`.
    pub id: AnnotationId,
    /// Its type.
    pub label: Label,
    /// The entity that triggers it.
    pub trigger: AnnotationId,
    /// Role and filler (entity or event) in file order.
    pub arguments: Vec<(Label, AnnotationId)>,
}

/// Which letter an attribute is written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttributeKind {
    /// `A`, brat.
    Attribute,
    /// `M`, the modifications of older BioNLP files.
    Modification,
}

/// An attribute of an annotation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attribute {
    /// Its id, `A…` or `M…`.
    pub id: AnnotationId,
    /// `A` or `M`.
    pub kind: AttributeKind,
    /// What it says: `Negation`.
    pub name: Label,
    /// What it is about.
    pub target: AnnotationId,
    /// Its value; `None` for a binary attribute.
    pub value: Option<String>,
}

/// A link from an annotation to a database entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Normalization {
    /// Its id, `N…`.
    pub id: AnnotationId,
    /// Kind of link, `Reference` in brat.
    pub kind: Label,
    /// What is linked.
    pub target: AnnotationId,
    /// Database: what stands before the first colon.
    pub database: String,
    /// Entry: what stands behind the first colon.
    pub entry: String,
    /// The entry's name, if given.
    pub name: Option<String>,
}

/// A note on an annotation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// Its id, `#…`.
    pub id: AnnotationId,
    /// Kind of note, `AnnotatorNotes` in brat.
    pub kind: Label,
    /// What it is about.
    pub target: AnnotationId,
    /// What it says; one line.
    pub text: String,
}

/// A set of annotations that mean the same (`*` lines of brat and BioNLP).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Equivalence {
    /// `Equiv` in all known files.
    pub label: Label,
    /// The members, two or more.
    pub members: Vec<AnnotationId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annotators_are_as_many_as_were_named() {
        let joint = Origin::of_annotators(["Smith, Anna", "ben"]);
        assert_eq!(joint.annotators().collect::<Vec<_>>(), ["Smith Anna", "ben"]);
        assert_eq!(Origin::Given.annotators().count(), 0);
    }
}
