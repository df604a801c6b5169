//! From BioC to a document.

use super::model::{Annotation, BiocDocument, Collection, Passage, Place, Relation};
use super::units::{self, Ruler, Unit};
use super::{INFONS, KEPT, SKIPPED_ANNOTATIONS, SKIPPED_RELATIONS, TRIGGER};
use crate::document::{
    AnnotationId, Attribute, AttributeKind, Document, Entity, Event, Label, Normalization, Note, Origin, Relation as Role, Status,
};
use crate::formats::entry::numbered;
use crate::formats::finding::Remark;
use crate::formats::{claim, edges};
use crate::text::SourceText;
use serde_json::{Map, Value, json};

/// Characters that are left between two passages, at most; a wider gap is closed.
const MOST_GAP: u64 = 10_000;

/// A document with what is to be said of its parts.
pub(super) type Assembled = (Document, Vec<(Place, Remark)>);

/// Where the text of a passage, or of a sentence, came to stand.
struct Laid<'a> {
    passage: &'a Passage,
    text: &'a str,
    /// In code points of the document.
    start: u32,
    /// As the file says, in its unit.
    offset: i64,
}

/// Makes a document of what was read.
pub(super) fn assemble(read: &BiocDocument, collection: &Collection, name: &str) -> Assembled {
    let mut remarks = Vec::new();
    let pieces = pieces(read);
    let texts: Vec<(&Passage, &str)> = pieces.iter().map(|piece| (*piece, piece.text.as_deref().unwrap_or_default())).collect();
    let unit = units::of_passages(&texts);
    if unit != Unit::Chars {
        let message = format!("the offsets count {}, which fits what the annotations cover; they are read so", unit.describe());
        remarks.push((read.place, Remark::warning("offset-unit", message)));
    }
    let (whole, laid) = lay(&texts, unit, &mut remarks);
    let id = if read.id.is_empty() { name } else { &read.id };
    let mut document = Document::new(id, SourceText::new(whole));
    document.provenance.id = Some(read.id.clone()).filter(|id| !id.is_empty());
    if let Some(database) = read.infons.get("sourcedb").and_then(Value::as_str) {
        document.provenance.database = Some(database.to_owned());
    } else if !read.id.is_empty()
        && read.id.chars().all(|c| c.is_ascii_digit())
        && collection.source.eq_ignore_ascii_case("pubmed")
    {
        document.provenance.database = Some("PubMed".to_owned());
    }
    if let Some(name) = read.infons.get("name").and_then(Value::as_str) {
        document.name = name.to_owned();
    }
    document.provenance.unknown.insert(KEPT.to_owned(), kept(read, collection, &laid));
    let rulers: Vec<Ruler<'_>> = laid.iter().map(|piece| Ruler::new(piece.text, unit)).collect();
    let mut assembler = Assembler { document, remarks, laid, rulers, renamed: 0 };
    assembler.all(read);
    (assembler.document, assembler.remarks)
}

/// The passages that bear text, sentences in the place of theirs.
fn pieces(read: &BiocDocument) -> Vec<&Passage> {
    let mut pieces = Vec::new();
    for passage in &read.passages {
        let has_text = passage.text.as_ref().is_some_and(|text| !text.is_empty());
        if !has_text && !passage.sentences.is_empty() {
            pieces.extend(&passage.sentences);
        } else {
            pieces.push(passage);
        }
    }
    pieces
}

/// Puts the texts behind each other, with the gaps that their offsets ask for.
fn lay<'a>(pieces: &[(&'a Passage, &'a str)], unit: Unit, remarks: &mut Vec<(Place, Remark)>) -> (String, Vec<Laid<'a>>) {
    let (mut whole, mut chars, mut laid) = (String::new(), 0u32, Vec::new());
    let mut expected: Option<i64> = None;
    for &(passage, text) in pieces {
        let offset = passage.offset.or(expected.map(|expected| expected.saturating_add(1))).unwrap_or(0);
        let gap = match expected {
            None => 0,
            Some(expected) => {
                let gap = offset.saturating_sub(expected);
                if gap < 0 {
                    let message = format!("the offset {offset} lies inside the passage before, which ends at {expected}");
                    remarks.push((passage.place, Remark::warning("passage-offset", message)));
                }
                // A gap that can't be meant is closed, so that no file takes more memory than it has bytes.
                u64::try_from(gap).ok().filter(|gap| *gap <= MOST_GAP).unwrap_or(1)
            }
        };
        for step in 0..gap {
            whole.push(if step == 0 { '\n' } else { ' ' });
            chars += 1;
        }
        laid.push(Laid { passage, text, start: chars, offset });
        whole.push_str(text);
        chars += text.chars().count() as u32;
        expected = Some(offset.saturating_add(unit.length(text) as i64));
    }
    (whole, laid)
}

/// What is kept of a file to be written back: its collection, infons, and where passages stood.
fn kept(read: &BiocDocument, collection: &Collection, laid: &[Laid<'_>]) -> Value {
    let mut at = 0;
    let mut next = |passage: &Passage| {
        let place = laid.get(at);
        at += 1;
        let (start, chars) = place.map_or((0, 0), |piece| (piece.start, piece.text.chars().count() as u32));
        json!({ "start": start, "chars": chars, "offset": passage.offset, "infons": passage.infons, "others": passage.others })
    };
    let passages: Vec<Value> = read
        .passages
        .iter()
        .map(|passage| {
            let has_text = passage.text.as_ref().is_some_and(|text| !text.is_empty());
            if has_text || passage.sentences.is_empty() {
                return next(passage);
            }
            let sentences: Vec<Value> = passage.sentences.iter().map(&mut next).collect();
            json!({ "offset": passage.offset, "infons": passage.infons, "others": passage.others, "sentences": sentences })
        })
        .collect();
    json!({ "collection": collection, "infons": read.infons, "others": read.others, "passages": passages })
}

struct Assembler<'a> {
    document: Document,
    remarks: Vec<(Place, Remark)>,
    laid: Vec<Laid<'a>>,
    rulers: Vec<Ruler<'a>>,
    renamed: usize,
}

impl<'a> Assembler<'a> {
    fn all(&mut self, read: &BiocDocument) {
        let mut relations: Vec<&Relation> = Vec::new();
        let mut annotations: Vec<(&Annotation, Option<*const Passage>)> = Vec::new();
        for passage in &read.passages {
            let of = |passage: &Passage| Some(std::ptr::from_ref(passage));
            annotations.extend(passage.annotations.iter().map(|annotation| (annotation, of(passage))));
            relations.extend(&passage.relations);
            for sentence in &passage.sentences {
                annotations.extend(sentence.annotations.iter().map(|annotation| (annotation, of(sentence))));
                relations.extend(&sentence.relations);
            }
        }
        annotations.extend(read.annotations.iter().map(|annotation| (annotation, None)));
        relations.extend(&read.relations);
        for (annotation, home) in annotations {
            if let Err(remark) = self.entity(annotation, home) {
                self.skip(SKIPPED_ANNOTATIONS, json!(annotation), annotation.place, remark);
            }
        }
        // A relation may refer to one further on, as events do, so those that are understood are taken out until no more are.
        loop {
            let before = relations.len();
            relations.retain(|relation| !self.relation(relation));
            if relations.len() == before {
                break;
            }
        }
        for relation in relations {
            let remark = self.why_not(relation);
            self.skip(SKIPPED_RELATIONS, json!(relation), relation.place, remark);
        }
    }

    fn skip(&mut self, list: &str, item: Value, place: Place, remark: Remark) {
        self.document.provenance.skipped.entry(list.to_owned()).or_default().push(item);
        self.remarks.push((place, remark));
    }

    /// The id that an annotation gets: its own if it has one that is free.
    fn id(&mut self, given: Option<&str>, letter: char, place: Place) -> AnnotationId {
        if let Some(given) = given.filter(|given| !given.is_empty()) {
            let id = AnnotationId::from(given);
            if !self.document.has_id(&id) {
                return id;
            }
        }
        loop {
            self.renamed += 1;
            let id = numbered(letter, self.renamed - 1);
            if !self.document.has_id(&id) {
                if let Some(given) = given.filter(|given| !given.is_empty()) {
                    let message = format!("the id {given} is already used; it is called {id} here");
                    self.remarks.push((place, Remark::warning("duplicate-id", message)));
                }
                return id;
            }
        }
    }

    fn entity(&mut self, read: &Annotation, home: Option<*const Passage>) -> Result<(), Remark> {
        if read.locations.is_empty() {
            return Err(Remark::error("no-span", "the annotation has no location"));
        }
        let label = label_of(&read.infons).ok_or_else(|| Remark::error("no-type", "the annotation has no infon \"type\""))?;
        let (numbers, relative) = self.locate(read, home)?;
        let (spans, remark) = claim::check(&self.document.text, &numbers, read.text.as_deref())?;
        let id = self.id(read.id.as_deref(), 'T', read.place);
        if relative {
            let message = format!("the offset of {id} is counted from its passage and not from the document; it is read so");
            self.remarks.push((read.place, Remark::warning("relative-offset", message)));
        }
        self.remarks.extend(remark.map(|remark| (read.place, remark)));
        let entity = Entity { id: id.clone(), label: Label::new(label), spans, origin: Origin::Given, status: Status::Accepted };
        self.remarks.extend(edges::remark(&self.document, &entity).map(|remark| (read.place, remark)));
        self.document.entities.insert(id.clone(), entity);
        let infons = self.about(&id, &read.infons);
        self.keep(&id, infons, &read.others);
        Ok(())
    }

    /// The locations of an annotation in code points of the document, and whether they were counted from its passage.
    fn locate(&self, read: &Annotation, home: Option<*const Passage>) -> Result<(Vec<(u32, u32)>, bool), Remark> {
        let mut locations = Vec::new();
        for (offset, length) in &read.locations {
            let (Some(offset), Some(length)) = (*offset, *length) else {
                return Err(Remark::error("offsets", "the offset or the length of a location is no whole number"));
            };
            if offset < 0 || length <= 0 {
                let message = format!("the location with offset {offset} and length {length} holds no character");
                return Err(Remark::error("empty-span", message));
            }
            locations.push((offset, length));
        }
        let home = home.and_then(|home| self.laid.iter().position(|piece| std::ptr::eq(piece.passage, home)));
        let absolute = self.ranges(&locations, home, false);
        let said = read.text.as_deref();
        let fits = |ranges: &Option<Ranges>| {
            ranges.as_ref().is_some_and(|r| said.is_none_or(|said| claim::same_words(&r.covered, said)))
        };
        if !fits(&absolute) && said.is_some() {
            let relative = self.ranges(&locations, home, true);
            if fits(&relative) {
                return Ok((relative.map(|ranges| ranges.numbers).unwrap_or_default(), true));
            }
        }
        match absolute {
            Some(ranges) => Ok((ranges.numbers, false)),
            None => {
                let shown: Vec<String> = locations.iter().map(|(offset, length)| format!("{offset}+{length}")).collect();
                let message = format!("the location {} lies outside the text", shown.join(" "));
                Err(Remark::error("outside-text", message))
            }
        }
    }

    fn ranges(&self, locations: &[(i64, i64)], home: Option<usize>, relative: bool) -> Option<Ranges> {
        let mut ranges = Ranges { numbers: Vec::new(), covered: String::new() };
        for &(offset, length) in locations {
            let inside = |at: usize| {
                let piece = self.laid.get(at)?;
                let local = if relative { offset } else { offset.checked_sub(piece.offset)? };
                let start = u64::try_from(local).ok()?;
                let (from, to, covered) = self.rulers.get(at)?.range(start, start.checked_add(u64::try_from(length).ok()?)?)?;
                Some((piece.start + from, piece.start + to, covered))
            };
            let found = home.and_then(inside);
            let found = if relative { found } else { found.or_else(|| self.piece_at(offset).and_then(inside)) };
            let (from, to, covered) = match found {
                Some(found) => found,
                // A mention that runs over the end of its passage.
                None if !relative => self.across(offset, length)?,
                None => return None,
            };
            if !ranges.covered.is_empty() {
                ranges.covered.push(' ');
            }
            ranges.covered.push_str(covered);
            ranges.numbers.push((from, to));
        }
        Some(ranges)
    }

    /// The last piece that begins at or before an offset.
    fn piece_at(&self, offset: i64) -> Option<usize> {
        self.laid.iter().rposition(|piece| piece.offset <= offset)
    }

    fn across(&self, offset: i64, length: i64) -> Option<(u32, u32, &str)> {
        let place = |at: i64| {
            let piece = self.piece_at(at)?;
            let local = u64::try_from(at.checked_sub(self.laid.get(piece)?.offset)?).ok()?;
            let (from, _, _) = self.rulers.get(piece)?.range(local, local)?;
            Some(self.laid.get(piece)?.start + from)
        };
        let (from, to) = (place(offset)?, place(offset.checked_add(length)?)?);
        let span = crate::text::CharSpan::of_chars(from, to).ok()?;
        Some((from, to, self.document.text.slice(span)?))
    }

    /// Adds what the infons of an annotation say besides its type, and returns those that are kept as infons.
    fn about(&mut self, target: &AnnotationId, infons: &Map<String, Value>) -> Map<String, Value> {
        let mut kept = Map::new();
        let mut has_link = false;
        for (key, value) in infons {
            let text = text_of(value);
            let known = match key.split_once('.') {
                Some(("attribute", id)) => self.attribute(id, target, &text),
                Some(("normalization", id)) => self.normalization(id, target, &text).inspect(|()| has_link = true),
                Some(("note", id)) => self.note(id, target, &text),
                _ if key == "type" => Some(()),
                _ => None,
            };
            if known.is_none() {
                kept.insert(key.clone(), value.clone());
            }
        }
        let identifier = infons.get("identifier").map(text_of).filter(|identifier| !identifier.is_empty() && identifier != "-");
        if let (Some(identifier), false) = (identifier, has_link) {
            let label = self.document.entities.get(target).map(|entity| entity.label.to_string()).unwrap_or_default();
            let (database, entry) = identifier.split_once(':').unwrap_or((&label, &identifier));
            let id = self.document.fresh_id('N');
            let (database, entry, kind) = (database.to_owned(), entry.to_owned(), Label::from("Reference"));
            let link = Normalization { id: id.clone(), kind, target: target.clone(), database, entry, name: None };
            self.document.normalizations.insert(id, link);
        }
        kept
    }

    fn free(&self, id: &str) -> Option<AnnotationId> {
        let id = AnnotationId::from(id);
        (!id.as_str().is_empty() && !self.document.has_id(&id)).then_some(id)
    }

    fn attribute(&mut self, id: &str, target: &AnnotationId, text: &str) -> Option<()> {
        let id = self.free(id)?;
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value.to_owned())));
        let kind = if id.as_str().starts_with('M') { AttributeKind::Modification } else { AttributeKind::Attribute };
        let attribute = Attribute { id: id.clone(), kind, name: Label::from(name), target: target.clone(), value };
        self.document.attributes.insert(id, attribute);
        Some(())
    }

    fn normalization(&mut self, id: &str, target: &AnnotationId, text: &str) -> Option<()> {
        let id = self.free(id)?;
        let (kind, rest) = text.split_once(' ')?;
        let (link, name) = rest.split_once('\t').map_or((rest, None), |(link, name)| (link, Some(name.to_owned())));
        let (database, entry) = link.split_once(':')?;
        let (database, entry, kind) = (database.to_owned(), entry.to_owned(), Label::from(kind));
        let link = Normalization { id: id.clone(), kind, target: target.clone(), database, entry, name };
        self.document.normalizations.insert(id, link);
        Some(())
    }

    fn note(&mut self, id: &str, target: &AnnotationId, text: &str) -> Option<()> {
        let id = self.free(id)?;
        let (kind, text) = text.split_once(' ')?;
        let note = Note { id: id.clone(), kind: Label::from(kind), target: target.clone(), text: text.to_owned() };
        self.document.notes.insert(id, note);
        Some(())
    }

    fn keep(&mut self, id: &AnnotationId, infons: Map<String, Value>, others: &Map<String, Value>) {
        let mut unknown = others.clone();
        if !infons.is_empty() {
            unknown.insert(INFONS.to_owned(), Value::Object(infons));
        }
        if !unknown.is_empty() {
            self.document.provenance.unknown_of.insert(id.clone(), unknown);
        }
    }

    /// Takes a relation in if its nodes are there; whether it was.
    fn relation(&mut self, read: &Relation) -> bool {
        let Some(label) = label_of(&read.infons) else { return false };
        let is_node = |id: &str| self.document.entities.contains_key(id) || self.document.events.contains_key(id);
        if !read.nodes.iter().all(|(id, _)| is_node(id)) {
            return false;
        }
        match read.nodes.as_slice() {
            [(trigger, role), arguments @ ..] if role == TRIGGER && self.document.entities.contains_key(trigger.as_str()) => {
                let id = self.id(read.id.as_deref(), 'E', read.place);
                let arguments = arguments.iter().map(|(id, role)| (Label::from(role.as_str()), AnnotationId::from(id.as_str())));
                let (trigger, arguments) = (AnnotationId::from(trigger.as_str()), arguments.collect());
                self.document.events.insert(id.clone(), Event { id: id.clone(), label: Label::new(label), trigger, arguments });
                self.finish_relation(&id, read);
                true
            }
            [(subject, first), (object, second)] => {
                let id = self.id(read.id.as_deref(), 'R', read.place);
                let turned = first == "Arg2" && second == "Arg1";
                let (subject, object) = if turned { (object, subject) } else { (subject, object) };
                let usual = turned || first == "Arg1" && second == "Arg2" || first.is_empty() && second.is_empty();
                let argument_names = (!usual).then(|| (Label::from(first.as_str()), Label::from(second.as_str())));
                let (subject, object) = (AnnotationId::from(subject.as_str()), AnnotationId::from(object.as_str()));
                let (role, origin, status) = (Label::new(label), Origin::Given, Status::Accepted);
                let relation = Role { id: id.clone(), role, subject, object, argument_names, origin, status };
                self.document.relations.insert(id.clone(), relation);
                self.finish_relation(&id, read);
                true
            }
            _ => false,
        }
    }

    fn finish_relation(&mut self, id: &AnnotationId, read: &Relation) {
        let infons = self.about(id, &read.infons);
        self.keep(id, infons, &read.others);
    }

    fn why_not(&self, read: &Relation) -> Remark {
        let is_node = |id: &str| self.document.entities.contains_key(id) || self.document.events.contains_key(id);
        let missing = read.nodes.iter().find(|(id, _)| !is_node(id));
        let name = read.id.as_deref().unwrap_or("the relation");
        match missing {
            _ if label_of(&read.infons).is_none() => Remark::error("no-type", format!("{name} has no infon \"type\"")),
            Some((id, _)) => {
                Remark::error("dangling", format!("there is no annotation \"{id}\" for {name}, which is kept, but not shown"))
            }
            None => {
                let message = format!("{name} has {} nodes; only those with two are shown, it is kept", read.nodes.len());
                Remark::warning("arguments", message)
            }
        }
    }
}

/// Ranges of code points with all that they cover.
struct Ranges {
    numbers: Vec<(u32, u32)>,
    covered: String,
}

/// The type that the infons name.
fn label_of(infons: &Map<String, Value>) -> Option<String> {
    infons.get("type").map(text_of).filter(|label| !label.is_empty())
}

/// A value as XML would have it.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
