//! BioNLP shared task files: `.txt`, `.a1` with what was given (entities only) and `.a2` with what was found.
//!
//! The lines are those of brat standoff; ids are one space over both files.
//! The format: <https://2011.bionlp-st.org/home/file-formats>.

use super::brat::{self, Sheet};
use super::finding::{Finding, Remark};
use crate::document::{Document, Item, Label, Origin, SourceLine};
use crate::text::SourceText;
use std::path::Path;

/// Reads both files over their text; either may be missing. Each is given as its path, for findings, and its content.
pub fn read(
    name: &str,
    text: SourceText,
    given: Option<(&Path, &str)>,
    found: Option<(&Path, &str)>,
) -> (Document, Vec<Finding>) {
    let sheets: Vec<Sheet<'_>> = [given, found].into_iter().flatten().map(|(file, content)| Sheet { file, content }).collect();
    let (mut document, lines, mut findings) = brat::read_sheets(name, text, &sheets);
    let mut lines = lines.into_iter();
    if let Some((file, _)) = given {
        document.given_lines = lines.next().unwrap_or_default();
        findings.extend(not_entities(&document, file));
    }
    if let Some((file, _)) = found {
        document.source_lines = lines.next().unwrap_or_default();
        findings.extend(gaps(&document, file));
    }
    (document, findings)
}

/// Lines of the `.a1` file that are understood, but stand for something else than an entity.
fn not_entities(document: &Document, file: &Path) -> Vec<Finding> {
    let strange = (1u32..).zip(&document.given_lines).filter(|(_, line)| match line {
        SourceLine::Annotation { id, .. } => !document.entities.contains_key(id),
        SourceLine::Equivalence { .. } => true,
        SourceLine::Verbatim(_) => false,
    });
    let remark = || Remark::warning("not-given", "an .a1 file holds entities (T) only; this line belongs into the .a2 file");
    strange.map(|(number, _)| remark().on(file, number)).collect()
}

/// Events whose numbered roles (`Theme`, `Theme2`, `Theme3`, …) leave a number out.
fn gaps(document: &Document, file: &Path) -> Vec<Finding> {
    let events = (1u32..).zip(&document.source_lines).filter_map(|(number, line)| match line {
        SourceLine::Annotation { id, .. } => Some((number, document.events.get(id)?)),
        SourceLine::Equivalence { .. } | SourceLine::Verbatim(_) => None,
    });
    let gap = |(number, event): (u32, &crate::document::Event)| {
        let roles: Vec<&Label> = event.arguments.iter().map(|(role, _)| role).collect();
        let role = roles.iter().find(|role| previous(role).is_some_and(|before| !roles.iter().any(|r| r.as_str() == before)))?;
        let message = format!("the event {} has a {role}, but no {}", event.id, previous(role)?);
        Some(Remark::warning("role-gap", message).on(file, number))
    };
    events.filter_map(gap).collect()
}

/// The role that comes before a numbered one: `Theme2` before `Theme3`, `Theme` before `Theme2`; `None` for one without a number.
fn previous(role: &Label) -> Option<String> {
    let stem = role.as_str().trim_end_matches(|c: char| c.is_ascii_digit());
    let number: u32 = role.as_str().strip_prefix(stem)?.parse().ok().filter(|&number| number > 1)?;
    Some(if number == 2 { stem.to_owned() } else { format!("{stem}{}", number - 1) })
}

/// The contents of the `.a1` and of the `.a2` file. Lines go back to where they came from; of what has no line yet, given entities
/// go into `.a1` and everything else into `.a2`.
pub fn write(document: &Document) -> (String, String) {
    let (given, found): (Vec<&SourceLine>, Vec<&SourceLine>) =
        (document.given_lines.iter().collect(), document.source_lines.iter().collect());
    let (in_given, in_found) = (brat::placed(&given), brat::placed(&found));
    let new = brat::items(document).filter(|item| {
        let id = item.id().as_str();
        !in_given.contains(id) && !in_found.contains(id)
    });
    let (new_given, new_found): (Vec<Item>, Vec<Item>) =
        new.partition(|item| matches!(item, Item::Entity(entity) if entity.origin == Origin::Given));
    let of_given = |at: usize| given.iter().any(|line| matches!(line, SourceLine::Equivalence { at: other, .. } if *other == at));
    let equivalences = (0..document.equivalences.len()).filter(|&at| !of_given(at)).collect::<Vec<_>>();
    (brat::sheet(document, &given, &new_given, &[]), brat::sheet(document, &found, &new_found, &equivalences))
}
