//! The grammar of one line of an `.ann`, `.a1` or `.a2` file.

use super::mention::{self, Claim};
use crate::document::{
    AnnotationId, Attribute, AttributeKind, Entity, Equivalence, Event, Item, Label, Normalization, Note, Origin, Relation,
    Status,
};
use crate::formats::finding::Remark;
use crate::text::SourceText;

/// What a line stands for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Record {
    /// An annotation with an id.
    Item(Item),
    /// A `*` line.
    Equivalence(Equivalence),
}

/// A line that was understood.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parsed {
    pub(super) record: Record,
    /// What is strange about it.
    pub(super) remarks: Vec<Remark>,
    /// Whether it is to be written in normal form instead of as it was read.
    pub(super) normalise: bool,
}

impl From<Item> for Parsed {
    fn from(item: Item) -> Self {
        Self { record: Record::Item(item), remarks: Vec::new(), normalise: false }
    }
}

/// Reads one line, which holds no line feed and whose carriage return at the end is gone. The references in it are not checked.
pub(super) fn parse(text: &SourceText, line: &str, carriage_return: bool) -> Result<Parsed, Remark> {
    let Some((id, rest)) = line.split_once('\t') else { return Err(without_tab(line)) };
    let data_at = id.chars().count() as u32 + 2;
    if id == "*" {
        return equivalence(rest).map_err(|remark| remark.at(data_at));
    }
    let unusual = check_id(id)?;
    let (data, tail) = match rest.split_once('\t') {
        Some((data, tail)) => (data, Some(tail)),
        None => (rest, None),
    };
    let id = AnnotationId::from(id);
    let parsed = match id.as_str().chars().next() {
        Some('T') => text_bound(text, id, data, tail, carriage_return),
        Some('R') => relation(id, data),
        Some('E') => event(id, data),
        Some('A') => attribute(id, AttributeKind::Attribute, data),
        Some('M') => attribute(id, AttributeKind::Modification, data),
        Some('N') => normalization(id, data, tail),
        _ => note(id, data, tail),
    };
    let mut parsed = parsed.map_err(|remark| if remark.column == 1 { remark.at(data_at) } else { remark })?;
    parsed.remarks.iter_mut().filter(|remark| remark.column == 1).for_each(|remark| remark.column = data_at);
    parsed.remarks.extend(unusual);
    Ok(parsed)
}

/// Why a line without a tab is no annotation.
fn without_tab(line: &str) -> Remark {
    if line.trim().is_empty() {
        return Remark::info("blank-line", "a blank line, skipped");
    }
    if line.starts_with('#') {
        return Remark::info("comment", "a comment line; it is kept as it is");
    }
    let remark = Remark::error("not-understood", format!("\"{line}\" is not an annotation; the line is kept as it is"));
    match line.split_once(' ') {
        Some((id, _)) if id == "*" || check_id(id).is_ok() => {
            remark.hint("spaces instead of tabs: a tab stands behind the id and before the text")
        }
        _ => remark.hint("an annotation line begins with an id and a tab"),
    }
}

/// Checks that an id is letters (or `#`), a number and perhaps a suffix, and that its letter is one we know.
fn check_id(id: &str) -> Result<Option<Remark>, Remark> {
    let kind = id.chars().next().unwrap_or(' ');
    let number = id.trim_start_matches(|c: char| c.is_ascii_alphabetic() || c == '#');
    if !matches!(kind, 'T' | 'R' | 'E' | 'A' | 'M' | 'N' | '#') {
        let message = format!("\"{id}\" is not the id of a kind of annotation that is known; the line is kept as it is");
        return Err(Remark::error("unknown-kind", message).hint("known are T, R, E, A, M, N, # and *"));
    }
    if !number.starts_with(|c: char| c.is_ascii_digit()) || id.contains(char::is_whitespace) {
        return Err(
            Remark::error("id", format!("the id \"{id}\" has no number")).hint("an id is a letter and a number, such as T1")
        );
    }
    let plain = id.chars().skip(1).all(|c| c.is_ascii_digit());
    Ok((!plain).then(|| Remark::info("unusual-id", format!("the id \"{id}\" is not one letter and a number"))))
}

/// Whether an id can stand in a file for an annotation with this letter.
pub(crate) fn fits_id(id: &str, letter: char) -> bool {
    id.starts_with(letter) && check_id(id).is_ok()
}

/// A type or role: not empty, without white space (which the caller has split at).
fn label(name: &str, remarks: &mut Vec<Remark>) -> Result<Label, Remark> {
    if name.is_empty() {
        return Err(Remark::error("no-type", "the type is missing"));
    }
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')) {
        let message = format!("the type \"{name}\" has characters other than letters of ASCII, digits, _ and -");
        remarks.push(Remark::warning("unusual-type", message).hint("some readers of the format do not accept it"));
    }
    Ok(Label::from(name))
}

fn text_bound(
    text: &SourceText,
    id: AnnotationId,
    data: &str,
    column: Option<&str>,
    carriage_return: bool,
) -> Result<Parsed, Remark> {
    let Some((kind, offsets)) = data.split_once(' ') else {
        let remark = Remark::error("offsets", format!("there are no offsets behind \"{data}\""));
        return Err(remark.hint("spaces, not tabs, stand between type, start and end"));
    };
    let mut remarks = Vec::new();
    let label = label(kind, &mut remarks)?;
    let offsets_at = (id.as_str().chars().count() + kind.chars().count()) as u32 + 3;
    let claim = Claim { offsets, column, carriage_return };
    let mention = mention::check(text, &claim).map_err(|remark| repaired(remark, &id, kind, column).at(offsets_at))?;
    remarks.extend(mention.remarks.into_iter().map(|remark| repaired(remark, &id, kind, column).at(offsets_at)));
    let entity = Entity { id, label, spans: mention.spans, origin: Origin::Given, status: Status::Accepted };
    Ok(Parsed { record: Record::Item(Item::Entity(entity)), remarks, normalise: mention.normalise })
}

/// Makes a whole line of the repaired offsets.
fn repaired(remark: Remark, id: &AnnotationId, kind: &str, column: Option<&str>) -> Remark {
    let repair = remark.repair.as_ref().map(|offsets| format!("{id}\t{kind} {offsets}\t{}", column.unwrap_or_default()));
    Remark { repair, ..remark }
}

/// The parts between single spaces; brat itself leaves a space behind some lines.
fn words(data: &str) -> impl Iterator<Item = &str> {
    data.split(' ').filter(|word| !word.is_empty())
}

/// `Role:T1` as role and id.
fn argument(word: &str) -> Result<(Label, AnnotationId), Remark> {
    match word.split_once(':') {
        Some((role, id)) if !role.is_empty() && !id.is_empty() => Ok((Label::from(role), AnnotationId::from(id))),
        _ => Err(Remark::error("argument", format!("\"{word}\" is not a role and an id")).hint("write it as Arg1:T1")),
    }
}

fn relation(id: AnnotationId, data: &str) -> Result<Parsed, Remark> {
    let mut remarks = Vec::new();
    let mut parts = words(data);
    let role = label(parts.next().unwrap_or_default(), &mut remarks)?;
    let arguments: Vec<(Label, AnnotationId)> = parts.map(argument).collect::<Result<_, _>>()?;
    let [first, second] = arguments.as_slice() else {
        let message = format!("a relation has two arguments, this one has {}", arguments.len());
        return Err(Remark::error("arguments", message));
    };
    if first.0 == second.0 {
        let message = format!("both arguments are called {}", first.0);
        return Err(Remark::error("arguments", message).hint("call the subject Arg1 and the object Arg2"));
    }
    let turned = first.0.as_str() == "Arg2" && second.0.as_str() == "Arg1";
    let (subject, object) = if turned { (second, first) } else { (first, second) };
    let usual = subject.0.as_str() == "Arg1" && object.0.as_str() == "Arg2";
    if subject.1 == object.1 {
        remarks.push(Remark::warning("self-relation", format!("the relation {id} has {} at both ends", subject.1)));
    }
    let relation = Relation {
        id,
        role,
        subject: subject.1.clone(),
        object: object.1.clone(),
        argument_names: (!usual).then(|| (subject.0.clone(), object.0.clone())),
        origin: Origin::Given,
        status: Status::Accepted,
    };
    Ok(Parsed { record: Record::Item(Item::Relation(relation)), remarks, normalise: false })
}

fn event(id: AnnotationId, data: &str) -> Result<Parsed, Remark> {
    let mut parts = words(data);
    let head = parts.next().unwrap_or_default();
    let (label, trigger) = argument(head).map_err(|_| {
        let remark = Remark::error("no-trigger", format!("the event {id} names no trigger"));
        remark.hint("write type and trigger as Regulation:T1")
    })?;
    let arguments = parts.map(argument).collect::<Result<_, _>>()?;
    Ok(Item::Event(Event { id, label, trigger, arguments }).into())
}

fn attribute(id: AnnotationId, kind: AttributeKind, data: &str) -> Result<Parsed, Remark> {
    let mut remarks = Vec::new();
    let mut parts = data.splitn(3, ' ');
    let name = label(parts.next().unwrap_or_default(), &mut remarks)?;
    let target = target(&id, parts.next())?;
    let value = parts.next().filter(|value| !value.is_empty()).map(str::to_owned);
    let attribute = Attribute { id, kind, name, target, value };
    Ok(Parsed { record: Record::Item(Item::Attribute(attribute)), remarks, normalise: false })
}

fn target(id: &AnnotationId, word: Option<&str>) -> Result<AnnotationId, Remark> {
    let word = word.filter(|word| !word.is_empty());
    word.map(AnnotationId::from).ok_or_else(|| Remark::error("no-target", format!("{id} does not say what it is about")))
}

/// `Reference T1 GO:0008150`, or `Reference Annotation:T1 Referent:GO:0008150` as in the shared task of 2013.
fn normalization(id: AnnotationId, data: &str, tail: Option<&str>) -> Result<Parsed, Remark> {
    let mut remarks = Vec::new();
    let mut parts = data.splitn(3, ' ');
    let kind = label(parts.next().unwrap_or_default(), &mut remarks)?;
    let (about, link) = (parts.next(), parts.next().unwrap_or_default());
    let old = about.and_then(|word| word.strip_prefix("Annotation:")).zip(link.strip_prefix("Referent:"));
    let (about, link) = old.map_or((about, link), |(about, link)| (Some(about), link));
    let target = target(&id, about)?;
    let Some((database, entry)) = link.split_once(':') else {
        let message = format!("\"{link}\" is not a database and an entry");
        return Err(Remark::error("normalization", message).hint("write it as NCBIGene:672"));
    };
    // brat doubles the tab before the name when it saves, so any number of them is read.
    let name = tail.map(|tail| tail.trim_start_matches('\t')).filter(|name| !name.is_empty()).map(str::to_owned);
    let (database, entry) = (database.to_owned(), entry.to_owned());
    let item = Item::Normalization(Normalization { id, kind, target, database, entry, name });
    Ok(Parsed { record: Record::Item(item), remarks, normalise: old.is_some() })
}

fn note(id: AnnotationId, data: &str, tail: Option<&str>) -> Result<Parsed, Remark> {
    let mut remarks = Vec::new();
    let mut parts = words(data);
    let kind = label(parts.next().unwrap_or_default(), &mut remarks)?;
    let target = target(&id, parts.next())?;
    let note = Note { id, kind, target, text: tail.unwrap_or_default().to_owned() };
    Ok(Parsed { record: Record::Item(Item::Note(note)), remarks, normalise: false })
}

fn equivalence(data: &str) -> Result<Parsed, Remark> {
    let mut remarks = Vec::new();
    let mut parts = words(data);
    let label = label(parts.next().unwrap_or_default(), &mut remarks)?;
    let members: Vec<AnnotationId> = parts.map(AnnotationId::from).collect();
    if members.len() < 2 {
        return Err(Remark::error("equivalence", "an equivalence has two members or more"));
    }
    Ok(Parsed { record: Record::Equivalence(Equivalence { label, members }), remarks, normalise: false })
}
