//! From a document to a line.

use super::line::{
    AnnotationLine, AttributeLine, DocumentLine, EntityLine, EquivalenceItem, EquivalenceLine, EventLine, KeptLine,
    NormalizationLine, NoteLine, RelationLine, Shape,
};
use super::{SKIPPED, VERSION};
use crate::document::{AnnotationId, Document, DocumentStatus, SourceLine, is_default};
use crate::formats::brat;
use serde::Serialize;
use serde_json::{Map, Value};
use std::io::{self, Write};

/// Writes a document as one line with its line end, with all that it holds: also what is only proposed or was rejected.
///
/// # Errors
/// Those of `out`.
pub fn write(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &Line::of(document)).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

/// A document on its way to a line. Keys that would say nothing are left out.
#[derive(Serialize)]
struct Line<'a> {
    rolecall: u64,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    database: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    text: &'a str,
    entities: Vec<Written<EntityLine>>,
    relations: Vec<Written<RelationLine>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    events: Vec<Written<EventLine>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attributes: Vec<Written<AttributeLine>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    normalizations: Vec<Written<NormalizationLine>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<Written<NoteLine>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    equivalences: Vec<Written<EquivalenceItem>>,
    #[serde(skip_serializing_if = "is_default")]
    status: DocumentStatus,
    #[serde(skip_serializing_if = "is_default")]
    flagged: bool,
    #[serde(skip_serializing_if = "str::is_empty")]
    remark: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lines: Vec<Written<KeptLine>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    given_lines: Vec<Written<KeptLine>>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    skipped: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<&'a Map<String, Value>>,
    #[serde(flatten)]
    among: Option<&'a Map<String, Value>>,
}

/// An item of a list.
#[derive(Serialize)]
#[serde(untagged)]
enum Written<T> {
    /// An item with no keys but its own, or with the others in `unknown`.
    Own(T),
    /// An item among whose keys others stand.
    Among {
        #[serde(flatten)]
        item: T,
        #[serde(flatten)]
        others: Map<String, Value>,
    },
    /// What was not understood, as it was.
    Raw(Value),
}

impl<'a> Line<'a> {
    fn of(document: &'a Document) -> Self {
        let entities = document.entities.values();
        let entities = entities.map(|entity| EntityLine::of(entity, document.covered_text(entity)));
        let provenance = &document.provenance;
        let unknown = Some(&provenance.unknown).filter(|unknown| !unknown.is_empty());
        let (among, unknown) = match unknown {
            Some(unknown) if stand_among(unknown, DocumentLine::KEYS) => (Some(unknown), None),
            unknown => (None, unknown),
        };
        let equivalences = document.equivalences.iter();
        let equivalences = equivalences.map(|it| EquivalenceItem { label: it.label.clone(), members: it.members.clone() });
        Self {
            rolecall: VERSION,
            name: &document.name,
            database: provenance.database.as_deref(),
            id: provenance.id.as_deref(),
            text: document.text.as_str(),
            entities: shaped(document, entities),
            relations: shaped(document, document.relations.values().map(RelationLine::from)),
            events: shaped(document, document.events.values().map(EventLine::from)),
            attributes: shaped(document, document.attributes.values().map(AttributeLine::from)),
            normalizations: shaped(document, document.normalizations.values().map(NormalizationLine::from)),
            notes: shaped(document, document.notes.values().map(NoteLine::from)),
            equivalences: listed(document, "equivalences", equivalences.map(Written::Own)),
            status: document.marks.status,
            flagged: document.marks.flagged,
            remark: &document.marks.remark,
            lines: listed(document, "lines", kept_lines(document, &document.source_lines)),
            given_lines: listed(document, "given_lines", kept_lines(document, &document.given_lines)),
            skipped: skipped_elsewhere(document),
            unknown,
            among,
        }
    }
}

/// Whether keys from elsewhere can stand among these without being taken for them.
fn stand_among(others: &Map<String, Value>, keys: &[&str]) -> bool {
    !others.keys().any(|key| keys.contains(&key.as_str()))
}

/// The items of a list with the keys that were kept for them.
fn shaped<T: Shape>(document: &Document, items: impl Iterator<Item = T>) -> Vec<Written<T>> {
    let written = items.map(|mut item| match document.provenance.unknown_of.get(item.id()) {
        Some(others) if stand_among(others, T::KEYS) => Written::Among { item, others: others.clone() },
        Some(others) => {
            *item.unknown() = others.clone();
            Written::Own(item)
        }
        None => Written::Own(item),
    });
    listed(document, T::LIST, written)
}

/// A list with what of it was not understood at its end.
fn listed<T>(document: &Document, list: &str, items: impl Iterator<Item = Written<T>>) -> Vec<Written<T>> {
    let kept = document.provenance.skipped.get(format!("{SKIPPED}{list}").as_str());
    items.chain(kept.into_iter().flatten().cloned().map(Written::Raw)).collect()
}

/// What readers of other formats did not understand.
fn skipped_elsewhere(document: &Document) -> Map<String, Value> {
    let others = document.provenance.skipped.iter().filter(|(list, _)| !list.starts_with(SKIPPED));
    others.map(|(list, items)| (list.clone(), Value::Array(items.clone()))).collect()
}

fn kept_lines<'a>(document: &'a Document, lines: &'a [SourceLine]) -> impl Iterator<Item = Written<KeptLine>> {
    lines.iter().map(|line| Written::Own(kept_line(document, line)))
}

fn kept_line(document: &Document, line: &SourceLine) -> KeptLine {
    match line {
        SourceLine::Verbatim(line) => KeptLine::Verbatim(line.clone()),
        SourceLine::Annotation { id, original, canonical } => {
            let (original, normal) = wording(original, canonical, annotation_line(document, id));
            KeptLine::Annotation(AnnotationLine { id: id.clone(), original, normal })
        }
        SourceLine::Equivalence { at, original, canonical } => {
            let (original, normal) = wording(original, canonical, equivalence_line(document, *at));
            KeptLine::Equivalence(EquivalenceLine { equivalence: *at, original, normal })
        }
    }
}

/// What has to be said of a line that the writer of standoff would write as `now`.
fn wording(original: &str, canonical: &str, now: Option<String>) -> (Option<String>, Option<String>) {
    let original = (original != canonical).then(|| original.to_owned());
    let normal = (now.as_deref() != Some(canonical)).then(|| canonical.to_owned());
    (original, normal)
}

/// The line that a standoff file has for an annotation; `None` when there is no such annotation.
pub(super) fn annotation_line(document: &Document, id: &AnnotationId) -> Option<String> {
    brat::item(document, id.as_str()).map(|item| brat::item_line(document, &item))
}

/// The same for the equivalence at this place.
pub(super) fn equivalence_line(document: &Document, at: usize) -> Option<String> {
    document.equivalences.get(at).map(brat::equivalence_line)
}
