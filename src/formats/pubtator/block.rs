//! The lines of one document.

use super::reader::{not_understood, text_line};
use super::{CONCEPTS, FURTHER, SKIPPED, concepts};
use crate::document::{AnnotationId, Document, Entity, Label, Normalization, Origin, Relation, Status};
use crate::formats::entry::numbered;
use crate::formats::finding::{Finding, Remark};
use crate::formats::{Entry, claim, edges};
use crate::text::SourceText;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::path::Path;

/// The lines of one document, collected until they are all there.
#[derive(Debug)]
pub(super) struct Block {
    line: u32,
    id: String,
    title: Option<String>,
    text: Option<String>,
    /// Lines that are not text, with their numbers.
    annotations: Vec<(u32, String)>,
    remarks: Vec<(u32, Remark)>,
    returns: u32,
}

impl Block {
    /// A block that begins with this line.
    pub(super) fn begin(number: u32, line: String) -> Self {
        let id = id_of(&line).to_owned();
        let mut block =
            Self { line: number, id, title: None, text: None, annotations: Vec::new(), remarks: Vec::new(), returns: 0 };
        block.add(number, line);
        block
    }

    pub(super) fn has_text(&self) -> bool {
        self.title.is_some() || self.text.is_some()
    }

    /// Whether a line belongs to the next document: a title behind a title, or a text line of another id.
    pub(super) fn begins_another(&self, line: &str) -> bool {
        match text_line(line) {
            Some((id, 't', _)) => self.title.is_some() || id != self.id,
            Some((id, _, _)) => id != self.id,
            None => false,
        }
    }

    pub(super) fn add(&mut self, number: u32, line: String) {
        let line = match line.strip_suffix('\r') {
            Some(stripped) => {
                self.returns += 1;
                stripped.to_owned()
            }
            None => line,
        };
        match text_line(&line) {
            Some((_, 't', title)) => self.title = Some(title.to_owned()),
            Some((_, _, text)) if self.text.is_none() => self.text = Some(text.to_owned()),
            _ => self.annotations.push((number, line)),
        }
    }

    pub(super) fn remark(&mut self, number: u32, remark: Remark) {
        self.remarks.push((number, remark));
    }

    /// The document that the lines hold.
    pub(super) fn read(self, file: &Path) -> Entry {
        let Self { line, id, title, text, annotations, remarks, returns } = self;
        let mut findings: Vec<Finding> = remarks.into_iter().map(|(number, remark)| remark.on(file, number)).collect();
        if returns > 0 {
            let message = format!("{returns} lines end with a carriage return; they are written without");
            findings.push(Remark::info("carriage-returns", message).on(file, line));
        }
        if title.is_none() && text.is_none() {
            for (number, line) in annotations {
                findings.push(not_understood(&line).on(file, number));
            }
            let remark = Remark::error("no-text", format!("there is no title and no abstract of \"{id}\""));
            findings.push(remark.hint("text lines read ID|t|title and ID|a|abstract").on(file, line));
            return Entry { line, document: None, findings };
        }
        let (title, text) = (title.unwrap_or_default(), text.unwrap_or_default());
        let whole = if text.is_empty() { title } else { format!("{title}\n{text}") };
        let mut document = Document::new(id.as_str(), SourceText::new(whole));
        if !id.is_empty() && id.chars().all(|c| c.is_ascii_digit()) {
            document.provenance.database = Some("PubMed".to_owned());
        }
        document.provenance.id = Some(id.clone());
        let mut reader = Annotations { document, file, findings, id, concepts: HashMap::new() };
        let (mentions, others): (Vec<_>, Vec<_>) = annotations.into_iter().partition(|(_, line)| is_mention(line));
        mentions.into_iter().for_each(|(number, line)| reader.line(number, line, Annotations::mention));
        others.into_iter().for_each(|(number, line)| reader.line(number, line, Annotations::relation));
        reader.findings.sort_by_key(|finding| (finding.line, finding.column));
        Entry { line, document: Some(reader.document), findings: reader.findings }
    }
}

/// What stands before the first bar or tab.
fn id_of(line: &str) -> &str {
    line.split(['|', '\t']).next().unwrap_or_default()
}

/// Whether the second and third column are numbers, or are meant to be.
fn is_mention(line: &str) -> bool {
    let mut columns = line.split('\t').skip(1);
    let number = |column: Option<&str>| column.is_some_and(|column| column.parse::<i64>().is_ok());
    number(columns.next()) && number(columns.next())
}

struct Annotations<'a> {
    document: Document,
    file: &'a Path,
    findings: Vec<Finding>,
    id: String,
    /// For each identifier, its first mention.
    concepts: HashMap<String, AnnotationId>,
}

impl Annotations<'_> {
    fn line(&mut self, number: u32, line: String, read: impl Fn(&mut Self, &[&str]) -> Result<Vec<Remark>, Remark>) {
        let columns: Vec<&str> = line.split('\t').collect();
        match read(self, &columns) {
            Ok(remarks) => self.findings.extend(remarks.into_iter().map(|remark| remark.on(self.file, number))),
            Err(remark) => {
                self.findings.push(remark.on(self.file, number));
                self.document.provenance.skipped.entry(SKIPPED.to_owned()).or_default().push(json!(line));
            }
        }
    }

    /// The remark on an annotation that stands among those of another document.
    fn foreign(&self, id: &str) -> Option<Remark> {
        let message =
            || format!("the line is of \"{id}\", but stands among those of \"{}\"; it is taken as one of them", self.id);
        (id != self.id).then(|| Remark::warning("other-document", message()))
    }

    fn mention(&mut self, columns: &[&str]) -> Result<Vec<Remark>, Remark> {
        let &[id, start, end, said, label, ref further @ ..] = columns else {
            let message = format!("a mention has five columns or more, this line has {}", columns.len());
            return Err(Remark::error("columns", message).hint("id, start, end, text and type, with tabs between"));
        };
        let mut remarks: Vec<Remark> = self.foreign(id).into_iter().collect();
        let offset = |word: &str, column: usize| {
            let message = format!("\"{word}\" is not an offset, which is a whole number from 0");
            word.parse::<u32>().map_err(|_| Remark::error("offsets", message).at(column as u32))
        };
        let at = id.chars().count() + 2;
        let numbers = [(offset(start, at)?, offset(end, at + start.chars().count() + 1)?)];
        if label.is_empty() {
            return Err(Remark::error("no-type", "the mention has no type"));
        }
        let (spans, remark) =
            claim::check(&self.document.text, &numbers, Some(said)).map_err(|remark| repaired(remark, columns))?;
        remarks.extend(remark);
        let id = numbered('T', self.document.entities.len());
        let entity = Entity { id: id.clone(), label: Label::from(label), spans, origin: Origin::Given, status: Status::Accepted };
        remarks.extend(edges::remark(&self.document, &entity));
        self.document.entities.insert(id.clone(), entity);
        self.identify(&id, label, further.first().copied());
        if further.len() > 1 {
            self.keep(&id, FURTHER, json!(further.get(1..)));
        }
        Ok(remarks)
    }

    /// Links a mention to what its identifier names.
    fn identify(&mut self, target: &AnnotationId, label: &str, identifier: Option<&str>) {
        let Some(identifier) = identifier.filter(|identifier| !identifier.is_empty() && *identifier != "-") else { return };
        for concept in concepts(identifier) {
            self.concepts.entry(concept.to_owned()).or_insert_with(|| target.clone());
        }
        let (database, entry) = identifier.split_once(':').unwrap_or((label, identifier));
        let id = numbered('N', self.document.normalizations.len());
        let (database, entry) = (database.to_owned(), entry.to_owned());
        let kind = Label::from("Reference");
        let link = Normalization { id: id.clone(), kind, target: target.clone(), database, entry, name: None };
        self.document.normalizations.insert(id, link);
    }

    fn relation(&mut self, columns: &[&str]) -> Result<Vec<Remark>, Remark> {
        let &[id, role, subject, object, ref further @ ..] = columns else { return Err(not_understood(&columns.join("\t"))) };
        if role.is_empty() {
            return Err(Remark::error("no-type", "the relation has no type"));
        }
        let mention = |concept: &str| {
            let message = format!("no mention has the identifier \"{concept}\"; the relation is kept, but not shown");
            self.concepts.get(concept).cloned().ok_or_else(|| Remark::error("dangling", message))
        };
        let (first, second) = (mention(subject)?, mention(object)?);
        let mut remarks: Vec<Remark> = self.foreign(id).into_iter().collect();
        let id = numbered('R', self.document.relations.len());
        let message = format!("{id} is between \"{subject}\" and \"{object}\"; it is shown between their first mentions");
        remarks.push(Remark::info("concept-relation", message));
        self.keep(&id, CONCEPTS, json!([subject, object]));
        if !further.is_empty() {
            self.keep(&id, FURTHER, json!(further));
        }
        let relation = Relation {
            id: id.clone(),
            role: Label::from(role),
            subject: first,
            object: second,
            argument_names: None,
            origin: Origin::Given,
            status: Status::Accepted,
        };
        self.document.relations.insert(id, relation);
        Ok(remarks)
    }

    fn keep(&mut self, id: &AnnotationId, key: &str, value: Value) {
        let unknown: &mut Map<String, Value> = self.document.provenance.unknown_of.entry(id.clone()).or_default();
        unknown.insert(key.to_owned(), value);
    }
}

/// Makes a whole line of repaired offsets.
fn repaired(remark: Remark, columns: &[&str]) -> Remark {
    let repair = remark.repair.as_ref().and_then(|offsets| {
        let (start, end) = offsets.split_once(' ')?;
        let mut columns = columns.to_vec();
        *columns.get_mut(1)? = start;
        *columns.get_mut(2)? = end;
        Some(columns.join("\t"))
    });
    Remark { repair, ..remark }
}
