//! From BioC to a document.

use super::infons::Infons;
use super::json::{annotation_value, passage_value, relation_value};
use super::layout::{self, Layout};
use super::model::{Annotation, BiocDocument, Collection, Passage, Place, Relation};
use super::units::{self, Unit};
use super::{INFONS, KEPT, NODES, SKIPPED_ANNOTATIONS, SKIPPED_RELATIONS, TRIGGER};
use crate::document::{AnnotationId, Document, Entity, Event, Label, Origin, Relation as Role, Status};
use crate::formats::entry::numbered;
use crate::formats::finding::Remark;
use crate::formats::{claim, edges};
use crate::text::{CharSpan, SourceText};
use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet};

/// A document with what is to be said of its parts.
pub(super) type Assembled = (Document, Vec<(Place, Remark)>);

/// Makes a document of what was read.
pub(super) fn assemble(read: BiocDocument<'_>, collection: &Collection, name: &str) -> Assembled {
    let BiocDocument { id, infons, mut passages, annotations, relations, others, place, mut remarks } = read;
    let items = Items::take(&mut passages, annotations, relations);
    let texts = layout::texts(&passages);
    let (unit, rulers) = units::of_texts(&texts, &items.annotations);
    if unit != Unit::Chars {
        let message = format!("the offsets count {}, which fits what the annotations cover; they are read so", unit.describe());
        remarks.push((place, Remark::warning("offset-unit", message)));
    }
    let (whole, layout) = Layout::new(&texts, rulers, &mut remarks);
    let mut document = Document::new(if id.is_empty() { name } else { &id }, SourceText::new(whole));
    document.provenance.id = Some(id.as_ref()).filter(|id| !id.is_empty()).map(str::to_owned);
    if let Some(database) = infons.get("sourcedb").and_then(Value::as_str) {
        document.provenance.database = Some(database.to_owned());
    } else if !id.is_empty() && id.chars().all(|c| c.is_ascii_digit()) && collection.source.eq_ignore_ascii_case("pubmed") {
        document.provenance.database = Some("PubMed".to_owned());
    }
    if let Some(name) = infons.get("name").and_then(Value::as_str) {
        document.name = name.to_owned();
    }
    let places: Vec<(u32, u32)> = layout.places().collect();
    let mut assembler = Assembler { document, remarks, layout, given: items.ids(), renamed: 0, links: 0 };
    assembler.all(items);
    let Assembler { mut document, remarks, .. } = assembler;
    let passages = kept_passages(passages, places.into_iter());
    let kept = json!({ "collection": collection, "infons": infons, "others": others, "passages": passages });
    document.provenance.unknown.insert(KEPT.to_owned(), kept);
    (document, remarks)
}

/// What is kept of passages to be written back: where each stood, and what is said of it.
fn kept_passages(passages: Vec<Passage<'_>>, mut places: impl Iterator<Item = (u32, u32)>) -> Vec<Value> {
    let mut kept = |passage: Passage<'_>, bears_text: bool| {
        let mut kept = Map::new();
        if bears_text {
            let (start, chars) = places.next().unwrap_or_default();
            kept.insert("start".to_owned(), start.into());
            kept.insert("chars".to_owned(), chars.into());
        }
        kept.insert("offset".to_owned(), passage.offset.into());
        kept.insert("infons".to_owned(), Value::Object(passage.infons));
        kept.insert("others".to_owned(), Value::Object(passage.others));
        kept
    };
    let passages = passages.into_iter().map(|mut passage| {
        let mut sentences = std::mem::take(&mut passage.sentences);
        if passage.has_text() && !sentences.is_empty() {
            // Beside the text of their passage they say nothing of the document, and are written back as they were.
            let said = sentences.drain(..).map(|sentence| passage_value(sentence, false)).collect();
            passage.others.insert("sentences".to_owned(), said);
        }
        let mut of = kept(passage, sentences.is_empty());
        if !sentences.is_empty() {
            let sentences = sentences.into_iter().map(|sentence| Value::Object(kept(sentence, true)));
            of.insert("sentences".to_owned(), sentences.collect());
        }
        Value::Object(of)
    });
    passages.collect()
}

/// Annotations and relations of a document in the order of the file. With each annotation stands the place of its text among
/// [`layout::texts`]; `None` for one that is of no text.
struct Items<'a> {
    annotations: Vec<(Annotation<'a>, Option<usize>)>,
    relations: Vec<Relation<'a>>,
}

impl<'a> Items<'a> {
    /// Takes them out of the passages; last come those of the document itself.
    fn take(passages: &mut [Passage<'a>], annotations: Vec<Annotation<'a>>, relations: Vec<Relation<'a>>) -> Self {
        let mut items = Self { annotations: Vec::new(), relations: Vec::new() };
        let mut texts = 0..;
        for passage in passages {
            let own = if passage.bears_text() { texts.next() } else { None };
            items.add(&mut passage.annotations, &mut passage.relations, own);
            for sentence in &mut passage.sentences {
                let home = if own.is_none() { texts.next() } else { None };
                items.add(&mut sentence.annotations, &mut sentence.relations, home);
            }
        }
        let (mut annotations, mut relations) = (annotations, relations);
        items.add(&mut annotations, &mut relations, None);
        items
    }

    fn ids(&self) -> HashSet<AnnotationId> {
        let ids = self.annotations.iter().map(|(annotation, _)| &annotation.id);
        ids.chain(self.relations.iter().map(|relation| &relation.id))
            .flatten()
            .map(|id| AnnotationId::from(id.as_ref()))
            .collect()
    }

    fn add(&mut self, annotations: &mut Vec<Annotation<'a>>, relations: &mut Vec<Relation<'a>>, home: Option<usize>) {
        self.annotations.extend(annotations.drain(..).map(|annotation| (annotation, home)));
        self.relations.append(relations);
    }
}

/// Puts annotations and relations into a document.
pub(super) struct Assembler<'t> {
    pub(super) document: Document,
    remarks: Vec<(Place, Remark)>,
    layout: Layout<'t>,
    /// Ids of annotations and relations, also of those further on: none of them is made up for another.
    given: HashSet<AnnotationId>,
    /// How many ids were made up so far.
    renamed: usize,
    /// How many ids of links were made up so far.
    pub(super) links: usize,
}

/// What is known of an annotation when its place is.
struct Placed {
    label: Label,
    spans: Vec<CharSpan>,
    is_relative: bool,
    remark: Option<Remark>,
}

impl Assembler<'_> {
    fn all(&mut self, items: Items<'_>) {
        let Items { annotations, relations } = items;
        self.document.entities.reserve(annotations.len());
        self.document.relations.reserve(relations.len());
        for (annotation, home) in annotations {
            match self.placed(&annotation, home) {
                Ok(placed) => self.entity(annotation, placed),
                Err(remark) => {
                    let place = annotation.place;
                    self.skip(SKIPPED_ANNOTATIONS, annotation_value(annotation), place, remark);
                }
            }
        }
        for relation in self.understood(relations) {
            let (place, remark) = (relation.place, self.why_not(&relation));
            self.skip(SKIPPED_RELATIONS, relation_value(relation), place, remark);
        }
    }

    /// Takes in all relations that can be understood, and gives back the others in the order of the file. A relation may refer to an event
    /// further on: it waits for that one, so that each is looked at no more often than it has nodes, in whatever order they stand.
    fn understood<'a>(&mut self, relations: Vec<Relation<'a>>) -> Vec<Relation<'a>> {
        let mut waiting: HashMap<String, Vec<(usize, Relation<'a>)>> = HashMap::new();
        let mut left = Vec::new();
        for numbered in relations.into_iter().enumerate() {
            let mut ready = vec![numbered];
            while let Some((number, relation)) = ready.pop() {
                match self.relation(relation) {
                    Ok(id) => ready.extend(waiting.remove(id.as_str()).into_iter().flatten().rev()),
                    Err(relation) => match self.missing(&relation).map(str::to_owned) {
                        Some(id) => waiting.entry(id).or_default().push((number, *relation)),
                        None => left.push((number, *relation)),
                    },
                }
            }
        }
        left.extend(waiting.into_values().flatten());
        left.sort_unstable_by_key(|&(number, _)| number);
        left.into_iter().map(|(_, relation)| relation).collect()
    }

    fn skip(&mut self, list: &str, item: Value, place: Place, remark: Remark) {
        self.document.provenance.skipped.entry(list.to_owned()).or_default().push(item);
        self.remarks.push((place, remark));
    }

    /// The id that an annotation gets: its own if it has one that is free.
    fn id(&mut self, given: Option<&str>, letter: char, place: Place) -> AnnotationId {
        let given = given.filter(|given| !given.is_empty());
        if let Some(given) = given.filter(|given| self.document.id(given).is_none()) {
            return AnnotationId::from(given);
        }
        loop {
            self.renamed += 1;
            let id = numbered(letter, self.renamed - 1);
            if !self.document.has_id(&id) && !self.given.contains(&id) {
                if let Some(given) = given {
                    let message = format!("the id {given} is already used; it is called {id} here");
                    self.remarks.push((place, Remark::warning("duplicate-id", message)));
                }
                return id;
            }
        }
    }

    /// Checks what an annotation says of itself.
    fn placed(&self, read: &Annotation<'_>, home: Option<usize>) -> Result<Placed, Remark> {
        if let Some(other) = read.raw.as_ref().filter(|raw| !raw.is_object()) {
            return Err(Remark::error("not-an-object", format!("{other} stands where an annotation belongs")));
        }
        if read.locations.is_empty() {
            return Err(Remark::error("no-span", "the annotation has no location"));
        }
        let label = label_of(&read.infons).ok_or_else(|| Remark::error("no-type", "the annotation has no infon \"type\""))?;
        if let Some(span) = self.layout.plain_span(read, home) {
            return Ok(Placed { label, spans: vec![span], is_relative: false, remark: None });
        }
        let (numbers, is_relative) = self.layout.locate(&self.document.text, read, home)?;
        let checked = claim::check(&self.document.text, &numbers, read.text.as_deref());
        let (spans, remark) = checked.map_err(Remark::without_repair)?;
        Ok(Placed { label, spans, is_relative, remark })
    }

    fn entity(&mut self, read: Annotation<'_>, placed: Placed) {
        let Annotation { id, infons, others, place, .. } = read;
        let Placed { label, spans, is_relative, remark } = placed;
        let id = self.id(id.as_deref(), 'T', place);
        if is_relative {
            let message = format!("the offset of {id} is counted from its passage and not from the document; it is read so");
            self.remarks.push((place, Remark::warning("relative-offset", message)));
        }
        self.remarks.extend(remark.map(|remark| (place, remark)));
        let entity = Entity { id: id.clone(), label, spans, origin: Origin::Given, status: Status::Accepted };
        self.remarks.extend(edges::remark(&self.document, &entity).map(|remark| (place, remark)));
        self.document.entities.insert(id.clone(), entity);
        self.keep(&id, infons, others);
    }

    /// Adds what is said about an annotation in infons, and keeps what is left.
    fn keep(&mut self, id: &AnnotationId, infons: Infons<'_>, others: Map<String, Value>) {
        let (infons, mut unknown) = (self.about(id, infons), others);
        if !infons.is_empty() {
            unknown.insert(INFONS.to_owned(), Value::Object(infons));
        }
        if !unknown.is_empty() {
            self.document.provenance.unknown_of.insert(id.clone(), unknown);
        }
    }

    /// The annotation that a relation may have at one of its ends.
    fn node(&self, id: &str) -> Option<AnnotationId> {
        let entity = self.document.entities.get_key_value(id).map(|(id, _)| id);
        entity.or_else(|| self.document.events.get_key_value(id).map(|(id, _)| id)).cloned()
    }

    /// The first of a relation's nodes that is not there.
    fn missing<'r>(&self, read: &'r Relation<'_>) -> Option<&'r str> {
        read.nodes.iter().map(|node| &*node.refid).find(|id| self.node(id).is_none())
    }

    /// Takes a relation in if its nodes are there, under the id that is returned; gives it back if not.
    fn relation<'a>(&mut self, read: Relation<'a>) -> Result<AnnotationId, Box<Relation<'a>>> {
        let Some(label) = label_of(&read.infons) else { return Err(Box::new(read)) };
        let ids: Option<Vec<AnnotationId>> = read.nodes.iter().map(|node| self.node(&node.refid)).collect();
        let Some(ids) = ids else { return Err(Box::new(read)) };
        let trigger = read.nodes.first().filter(|node| node.role == TRIGGER);
        let is_event = trigger.is_some_and(|trigger| self.document.entities.contains_key(&*trigger.refid));
        match (ids.as_slice(), read.nodes.as_slice()) {
            ([trigger, ids @ ..], [_, nodes @ ..]) if is_event => {
                let arguments = nodes.iter().zip(ids).map(|(node, id)| (Label::from(&*node.role), id.clone())).collect();
                let id = self.id(read.id.as_deref(), 'E', read.place);
                let event = Event { id: id.clone(), label, trigger: trigger.clone(), arguments };
                self.document.events.insert(id.clone(), event);
                self.keep(&id, read.infons, read.others);
                Ok(id)
            }
            ([subject, object], [first, second]) => {
                let (first, second) = (&*first.role, &*second.role);
                let id = self.id(read.id.as_deref(), 'R', read.place);
                let is_turned = first == "Arg2" && second == "Arg1";
                let (subject, object) = if is_turned { (object, subject) } else { (subject, object) };
                let is_usual = is_turned || first == "Arg1" && second == "Arg2" || first.is_empty() && second.is_empty();
                let argument_names = (!is_usual).then(|| (Label::from(first), Label::from(second)));
                let (subject, object) = (subject.clone(), object.clone());
                let (role, origin, status) = (label, Origin::Given, Status::Accepted);
                let relation = Role { id: id.clone(), role, subject, object, argument_names, origin, status };
                self.document.relations.insert(id.clone(), relation);
                let mut others = read.others;
                if is_turned && let Some(Value::Array(nodes)) = others.get_mut(NODES) {
                    nodes.reverse();
                }
                self.keep(&id, read.infons, others);
                Ok(id)
            }
            _ => Err(Box::new(read)),
        }
    }

    fn why_not(&self, read: &Relation<'_>) -> Remark {
        if let Some(other) = read.raw.as_ref().filter(|raw| !raw.is_object()) {
            return Remark::error("not-an-object", format!("{other} stands where a relation belongs"));
        }
        let name = read.id.as_deref().unwrap_or("the relation");
        match self.missing(read) {
            _ if label_of(&read.infons).is_none() => Remark::error("no-type", format!("{name} has no infon \"type\"")),
            Some(id) => {
                Remark::error("dangling", format!("there is no annotation \"{id}\" for {name}, which is kept, but not shown"))
            }
            None => {
                let message = format!("{name} has {} nodes; only those with two are shown, it is kept", read.nodes.len());
                Remark::warning("arguments", message)
            }
        }
    }
}

fn label_of(infons: &Infons<'_>) -> Option<Label> {
    infons.label().map(|label| Label::from(&*label))
}
