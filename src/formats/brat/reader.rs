//! From the lines of one or two annotation files to a document.

use super::line::{self, Parsed, Record};
use super::{references, writer};
use crate::document::{Document, Item, SourceLine};
use crate::formats::edges;
use crate::formats::finding::{Finding, Remark};
use crate::text::SourceText;
use std::path::Path;

/// One annotation file.
#[derive(Clone, Copy)]
pub(crate) struct Sheet<'a> {
    /// Its path, for findings.
    pub(crate) file: &'a Path,
    /// What stands in it.
    pub(crate) content: &'a str,
}

/// A line on its way into the document.
pub(super) struct Slot {
    pub(super) sheet: usize,
    /// Line from 1.
    pub(super) number: u32,
    /// The line without its end.
    pub(super) original: String,
    /// Carriage returns that stood at its end.
    pub(super) returns: usize,
    /// What it stands for; `None` when it is kept verbatim.
    pub(super) parsed: Option<Parsed>,
}

/// Reads an `.ann` file over its text. Lines that can't be used are kept in [`Document::source_lines`] and reported under `file`.
pub fn read(name: &str, text: SourceText, file: &Path, annotations: &str) -> (Document, Vec<Finding>) {
    let (mut document, mut lines, findings) = read_sheets(name, text, &[Sheet { file, content: annotations }]);
    document.source_lines = lines.pop().unwrap_or_default();
    (document, findings)
}

/// Reads files that share one space of ids. Returns the lines of each apart, in the order of the files.
pub(crate) fn read_sheets(name: &str, text: SourceText, sheets: &[Sheet<'_>]) -> (Document, Vec<Vec<SourceLine>>, Vec<Finding>) {
    let mut findings = Vec::new();
    let mut slots = Vec::new();
    for (index, sheet) in sheets.iter().enumerate() {
        read_lines(&text, sheet, index, &mut slots, &mut findings);
    }
    let mut report = |slot: &Slot, remark: Remark| {
        if let Some(sheet) = sheets.get(slot.sheet) {
            findings.push(remark.on(sheet.file, slot.number));
        }
    };
    references::refuse_duplicates(&mut slots, &mut report);
    references::refuse_dangling(&mut slots, &mut report);
    references::report_cycles(&slots, &mut report);
    let mut document = Document::new(name, text);
    let mut lines = vec![Vec::new(); sheets.len()];
    for mut slot in slots {
        let parsed = slot.parsed.take();
        for remark in parsed.iter().filter_map(|parsed| strange_edges(&document, parsed)) {
            report(&slot, remark);
        }
        if let Some(lines) = lines.get_mut(slot.sheet) {
            lines.push(place(&mut document, slot, parsed));
        }
    }
    findings.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
    (document, lines, findings)
}

/// Splits at line feeds only: U+2028, U+0085, vertical tabs and form feeds belong to the mention.
fn read_lines(text: &SourceText, sheet: &Sheet<'_>, index: usize, slots: &mut Vec<Slot>, findings: &mut Vec<Finding>) {
    // Tools that each add a mark without looking leave more than one.
    let content = sheet.content.trim_start_matches('\u{feff}');
    if content.len() < sheet.content.len() {
        let remark = Remark::warning("byte-order-mark", "the file begins with a byte order mark, which is left out");
        findings.push(remark.on(sheet.file, 1));
    }
    if content.is_empty() {
        return;
    }
    let content = content.strip_suffix('\n').unwrap_or(content);
    let mut returns = 0;
    for (number, line) in (1u32..).zip(content.split('\n')) {
        // Tools that each add one leave more than one.
        let original = line.trim_end_matches('\r');
        let own_returns = line.len() - original.len();
        let carriage_return = own_returns > 0;
        let parsed = line::parse(text, original, carriage_return);
        returns += u32::from(carriage_return && parsed.as_ref().is_ok_and(|parsed| !ends_with_return(text, parsed)));
        let (parsed, remarks) = match parsed {
            Ok(mut parsed) => {
                let remarks = std::mem::take(&mut parsed.remarks);
                (Some(parsed), remarks)
            }
            Err(remark) => (None, vec![remark]),
        };
        findings.extend(remarks.into_iter().map(|remark| remark.on(sheet.file, number)));
        slots.push(Slot { sheet: index, number, original: original.to_owned(), returns: own_returns, parsed });
    }
    if returns > 0 {
        let message = format!("{returns} lines end with a carriage return; they are written without");
        findings.push(Remark::info("carriage-returns", message).on_file(sheet.file));
    }
}

/// Whether the line is that of a mention which ends with a carriage return of the text.
fn ends_with_return(text: &SourceText, parsed: &Parsed) -> bool {
    let Record::Item(Item::Entity(entity)) = &parsed.record else { return false };
    entity.spans.last().and_then(|&span| text.slice(span)).is_some_and(|covered| covered.ends_with('\r'))
}

/// What to say of the ends of the entity that a line stands for.
fn strange_edges(document: &Document, parsed: &Parsed) -> Option<Remark> {
    let Record::Item(Item::Entity(entity)) = &parsed.record else { return None };
    let remark = edges::remark(document, entity)?;
    Some(remark.at(entity.id.as_str().chars().count() as u32 + 2))
}

/// Puts a line's annotation into the document and returns what the writer needs to write the line back.
fn place(document: &mut Document, slot: Slot, parsed: Option<Parsed>) -> SourceLine {
    let Slot { mut original, returns, .. } = slot;
    let Some(Parsed { record, normalise, .. }) = parsed else {
        original.push_str(&"\r".repeat(returns));
        return SourceLine::Verbatim(original);
    };
    match record {
        Record::Equivalence(equivalence) => {
            let canonical = writer::equivalence_line(&equivalence);
            let original = if normalise { canonical.clone() } else { original };
            document.equivalences.push(equivalence);
            SourceLine::Equivalence { at: document.equivalences.len() - 1, original, canonical }
        }
        Record::Item(item) => {
            let canonical = writer::item_line(document, &item);
            let original = if normalise { canonical.clone() } else { original };
            let id = item.id().clone();
            insert(document, item);
            SourceLine::Annotation { id, original, canonical }
        }
    }
}

fn insert(document: &mut Document, item: Item) {
    let id = item.id().clone();
    match item {
        Item::Entity(item) => drop(document.entities.insert(id, item)),
        Item::Relation(item) => drop(document.relations.insert(id, item)),
        Item::Event(item) => drop(document.events.insert(id, item)),
        Item::Attribute(item) => drop(document.attributes.insert(id, item)),
        Item::Normalization(item) => drop(document.normalizations.insert(id, item)),
        Item::Note(item) => drop(document.notes.insert(id, item)),
    }
}
