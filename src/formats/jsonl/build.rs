//! From the items of a line to a document: ids that occur twice, spans beyond the text and ends that are not there are reported,
//! and the items kept.

use super::SKIPPED;
use super::line::{
    AnnotationLine, AttributeLine, EntityLine, EquivalenceItem, EquivalenceLine, EventLine, KeptLine, NormalizationLine,
    NoteLine, RelationLine, Shape,
};
use super::reader::{Items, Sheet};
use super::writer::{annotation_line, equivalence_line};
use crate::document::{
    AnnotationId, Attribute, Document, Entity, Equivalence, Event, Normalization, Note, Origin, Relation, SourceLine,
};
use crate::formats::edges;
use crate::formats::finding::{Finding, Remark};
use crate::text::units;
use serde::Serialize;
use std::collections::HashSet;

/// Puts the items of a line into a document.
pub(super) struct Builder<'a, 'b> {
    document: Document,
    sheet: &'a Sheet<'b>,
    findings: &'a mut Vec<Finding>,
    ids: HashSet<AnnotationId>,
    /// Where each annotation other than an entity stood and how it read, for when one of its ends turns out to be missing.
    links: Vec<Link>,
    /// The place in the list of the line of each equivalence that was understood: its own line goes by it.
    equivalences: Vec<usize>,
}

/// An annotation that refers to others.
struct Link {
    list: &'static str,
    index: usize,
    id: AnnotationId,
}

impl<'a, 'b> Builder<'a, 'b> {
    pub(super) fn new(document: Document, sheet: &'a Sheet<'b>, findings: &'a mut Vec<Finding>) -> Self {
        Self { document, sheet, findings, ids: HashSet::new(), links: Vec::new(), equivalences: Vec::new() }
    }

    fn report(&mut self, list: &str, index: usize, remark: Remark) {
        self.findings.push(self.sheet.finding(Some((list, index)), remark));
    }

    fn refuse(&mut self, list: &str, index: usize, item: &impl Serialize, remark: Remark) {
        let kept = serde_json::to_value(item).unwrap_or_default();
        self.document.provenance.skipped.entry(format!("{SKIPPED}{list}")).or_default().push(kept);
        self.report(list, index, remark);
    }

    /// Whether an item has an id of its own and a confidence that can be one; if not, it is refused.
    fn is_new<T: Shape>(&mut self, index: usize, item: &T) -> bool {
        let confidence = item.origin().and_then(|origin| origin.confidence());
        if confidence.is_some_and(|confidence| !(0.0..=1.0).contains(&confidence)) {
            let remark = Remark::error("confidence", "the confidence is no number from 0 to 1; the item is kept, but not shown");
            self.refuse(T::LIST, index, item, remark);
            return false;
        }
        let id = item.id();
        if self.ids.insert(id.clone()) {
            return true;
        }
        let message = format!("the id {id} is already used; the item is kept, but not shown");
        self.refuse(T::LIST, index, item, Remark::error("duplicate-id", message));
        false
    }

    /// Keeps the keys of an item that are not its own.
    fn keep_unknown<T: Shape>(&mut self, item: &mut T) {
        let unknown = std::mem::take(item.unknown());
        if !unknown.is_empty() {
            self.document.provenance.unknown_of.insert(item.id().clone(), unknown);
        }
    }

    pub(super) fn entities(&mut self, items: Items<EntityLine>) {
        for (index, mut item) in items {
            if let Err(remark) = self.check_place(&item) {
                self.refuse(EntityLine::LIST, index, &item, remark);
                continue;
            }
            if !self.is_new(index, &item) {
                continue;
            }
            self.keep_unknown(&mut item);
            let entity = item.into_entity();
            self.remark_edges(index, &entity);
            self.document.entities.insert(entity.id.clone(), entity);
        }
    }

    /// What is strange about the ends of an entity that was given; those that rolecall or a person made are known to be meant.
    fn remark_edges(&mut self, index: usize, entity: &Entity) {
        let remark = (entity.origin == Origin::Given).then(|| edges::remark(&self.document, entity)).flatten();
        if let Some(remark) = remark {
            self.report(EntityLine::LIST, index, remark);
        }
    }

    fn check_place(&self, item: &EntityLine) -> Result<(), Remark> {
        let text = &self.document.text;
        if item.spans.is_empty() {
            return Err(Remark::error("no-span", format!("{} has no span", item.id)));
        }
        let fits = item.spans.iter().all(|span| span.end() <= text.len());
        let covered: Vec<&str> = item.spans.iter().filter_map(|&span| text.slice(span)).collect();
        let covered = covered.join(" ");
        let said = item.text.as_ref();
        if fits && said.is_none_or(|said| *said == covered) {
            return overlapping(item);
        }
        let remark = match said {
            Some(said) if fits => {
                let message = format!("the item says \"{said}\", but the text has \"{covered}\" there");
                Remark::error("text-mismatch", message)
            }
            _ => {
                let beyond = item.spans.iter().find(|span| span.end() > text.len());
                let span = beyond.map(ToString::to_string).unwrap_or_default();
                let message = format!("the span {span} reaches beyond the text, which has {} characters", text.len());
                Remark::error("outside-text", message)
            }
        };
        let unit = said.zip(item.spans.first()).filter(|_| item.spans.len() == 1);
        let unit = unit.and_then(|(said, span)| units::detect(text, span.start().get(), span.end().get(), said));
        Err(match unit {
            Some((unit, span)) => Remark { code: "offset-unit", ..remark }.hint(format!(
                "the offsets fit when they are counted as {}; in code points they are {} {}",
                unit.describe(),
                span.start(),
                span.end()
            )),
            None => remark,
        })
    }

    pub(super) fn relations(&mut self, items: Items<RelationLine>) {
        self.link(items, |document, item| {
            let relation = Relation::from(item);
            document.relations.insert(relation.id.clone(), relation);
        });
    }

    pub(super) fn events(&mut self, items: Items<EventLine>) {
        self.link(items, |document, item| {
            let event = Event::from(item);
            document.events.insert(event.id.clone(), event);
        });
    }

    pub(super) fn attributes(&mut self, items: Items<AttributeLine>) {
        self.link(items, |document, item| {
            let attribute = Attribute::from(item);
            document.attributes.insert(attribute.id.clone(), attribute);
        });
    }

    pub(super) fn normalizations(&mut self, items: Items<NormalizationLine>) {
        self.link(items, |document, item| {
            let normalization = Normalization::from(item);
            document.normalizations.insert(normalization.id.clone(), normalization);
        });
    }

    pub(super) fn notes(&mut self, items: Items<NoteLine>) {
        self.link(items, |document, item| {
            let note = Note::from(item);
            document.notes.insert(note.id.clone(), note);
        });
    }

    fn link<T: Shape>(&mut self, items: Items<T>, insert: impl Fn(&mut Document, T)) {
        for (index, mut item) in items {
            if self.is_new(index, &item) {
                self.keep_unknown(&mut item);
                self.links.push(Link { list: T::LIST, index, id: item.id().clone() });
                insert(&mut self.document, item);
            }
        }
    }

    pub(super) fn equivalences(&mut self, items: Items<EquivalenceItem>) {
        self.equivalences = items.iter().map(|(index, _)| *index).collect();
        let read = items.into_iter().map(|(_, item)| Equivalence { label: item.label, members: item.members });
        self.document.equivalences = read.collect();
    }

    /// Takes out annotations one of whose ends is not there, until nothing more falls away.
    fn refuse_dangling(&mut self) {
        loop {
            let (staying, going): (Vec<Link>, Vec<Link>) =
                std::mem::take(&mut self.links).into_iter().partition(|link| missing_end(&self.document, link).is_none());
            self.links = staying;
            if going.is_empty() {
                return;
            }
            let going: Vec<_> = going.into_iter().map(|link| (missing_end(&self.document, &link), link)).collect();
            for (missing, link) in going {
                let missing = missing.map(|id| id.to_string()).unwrap_or_default();
                let message = format!("there is no annotation {missing}; the item is kept, but not shown");
                self.take_out(&link, Remark::error("dangling", message));
            }
        }
    }

    fn take_out(&mut self, link: &Link, remark: Remark) {
        let Link { list, index, id } = link;
        let unknown = self.document.provenance.unknown_of.shift_remove(id);
        let document = &mut self.document;
        let item = match *list {
            RelationLine::LIST => document.relations.shift_remove(id).and_then(|item| value(RelationLine::from(&item))),
            EventLine::LIST => document.events.shift_remove(id).and_then(|item| value(EventLine::from(&item))),
            AttributeLine::LIST => document.attributes.shift_remove(id).and_then(|item| value(AttributeLine::from(&item))),
            NormalizationLine::LIST => {
                document.normalizations.shift_remove(id).and_then(|item| value(NormalizationLine::from(&item)))
            }
            _ => document.notes.shift_remove(id).and_then(|item| value(NoteLine::from(&item))),
        };
        let item = item.map(|mut item| {
            if let (Some(object), Some(unknown)) = (item.as_object_mut(), unknown) {
                object.insert("unknown".to_owned(), unknown.into());
            }
            item
        });
        self.refuse(list, *index, &item, remark);
    }

    /// The document, with the lines of the files that it was first read from.
    pub(super) fn finish(mut self, lines: Items<KeptLine>, given_lines: Items<KeptLine>) -> Document {
        self.refuse_dangling();
        let read = |lines: Items<KeptLine>| lines.into_iter().filter_map(|(_, line)| self.source_line(line)).collect();
        let (lines, given_lines) = (read(lines), read(given_lines));
        self.document.source_lines = lines;
        self.document.given_lines = given_lines;
        self.document
    }

    /// A kept line. Nothing is left of one that says neither how it read nor what it stands for.
    fn source_line(&self, line: KeptLine) -> Option<SourceLine> {
        match line {
            KeptLine::Verbatim(line) => Some(SourceLine::Verbatim(line)),
            KeptLine::Annotation(AnnotationLine { id, original, normal }) => {
                let canonical = normal.or_else(|| annotation_line(&self.document, &id)).or_else(|| original.clone())?;
                let original = original.unwrap_or_else(|| canonical.clone());
                Some(SourceLine::Annotation { id, original, canonical })
            }
            KeptLine::Equivalence(EquivalenceLine { equivalence, original, normal }) => {
                let Some(at) = self.equivalences.iter().position(|&place| place == equivalence) else {
                    return original.or(normal).map(SourceLine::Verbatim);
                };
                let canonical = normal.or_else(|| equivalence_line(&self.document, at)).or_else(|| original.clone())?;
                let original = original.unwrap_or_else(|| canonical.clone());
                Some(SourceLine::Equivalence { at, original, canonical })
            }
        }
    }
}

fn value(item: impl Serialize) -> Option<serde_json::Value> {
    serde_json::to_value(item).ok()
}

fn overlapping(item: &EntityLine) -> Result<(), Remark> {
    let mut spans = item.spans.clone();
    spans.sort_unstable();
    match spans.windows(2).find_map(|pair| if let &[a, b] = pair { a.overlaps(b).then_some((a, b)) } else { None }) {
        Some((a, b)) => Err(Remark::error("overlapping-fragments", format!("the fragments {a} and {b} overlap"))),
        None => Ok(()),
    }
}

/// The first annotation that another one refers to and that is not there.
fn missing_end(document: &Document, link: &Link) -> Option<AnnotationId> {
    let node = |id: &AnnotationId| (!document.entities.contains_key(id) && !document.events.contains_key(id)).then(|| id.clone());
    let any = |id: &AnnotationId| (!document.has_id(id)).then(|| id.clone());
    let id = &link.id;
    match link.list {
        RelationLine::LIST => document.relations.get(id).and_then(|it| node(&it.subject).or_else(|| node(&it.object))),
        EventLine::LIST => document.events.get(id).and_then(|event| {
            let trigger = (!document.entities.contains_key(&event.trigger)).then(|| event.trigger.clone());
            trigger.or_else(|| event.arguments.iter().find_map(|(_, filler)| node(filler)))
        }),
        AttributeLine::LIST => document.attributes.get(id).and_then(|it| any(&it.target)),
        NormalizationLine::LIST => document.normalizations.get(id).and_then(|it| any(&it.target)),
        _ => document.notes.get(id).and_then(|it| any(&it.target)),
    }
}
