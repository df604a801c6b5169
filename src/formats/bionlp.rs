//! BioNLP shared task files: `.txt`, `.a1` with what was given (entities only) and `.a2` with what was found.
//!
//! The lines are those of brat standoff; ids are one space over both files.
//! The format: <https://2011.bionlp-st.org/home/file-formats>.

use super::brat::{self, Sheet};
use super::finding::{Finding, Remark};
use crate::document::{Document, Event, Item, Label, Origin, SourceLine};
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

/// Events whose themes leave a number out. Other numbered roles go with a theme (`Site2` with `Theme2`), so they may.
fn gaps(document: &Document, file: &Path) -> Vec<Finding> {
    let events = (1u32..).zip(&document.source_lines).filter_map(|(number, line)| match line {
        SourceLine::Annotation { id, .. } => Some((number, document.events.get(id)?)),
        SourceLine::Equivalence { .. } | SourceLine::Verbatim(_) => None,
    });
    let gap = |(number, event): (u32, &Event)| {
        let has = |theme: u32| event.arguments.iter().any(|(role, _)| theme_number(role) == Some(theme));
        let highest = event.arguments.iter().filter_map(|(role, _)| theme_number(role)).max()?.min(MOST_THEMES);
        let missing = (1..highest).find(|&theme| !has(theme))?;
        let name = if missing == 1 { "Theme".to_owned() } else { format!("Theme{missing}") };
        let message = format!("the event {} has a Theme{highest}, but no {name}", event.id);
        Some(Remark::warning("role-gap", message).on(file, number))
    };
    events.filter_map(gap).collect()
}

/// Themes are numbered up to this; beyond it nothing is said.
const MOST_THEMES: u32 = 99;

/// 1 for `Theme`, 2 for `Theme2` and so on; `None` for any other role.
fn theme_number(role: &Label) -> Option<u32> {
    match role.as_str().strip_prefix("Theme")? {
        "" => Some(1),
        number => number.parse().ok(),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Loss of GATA1 activates p53 and GATA2.\n";
    const GIVEN: &str = "T1\tProtein 8 13\tGATA1\nT2\tProtein 24 27\tp53\nT7\tProtein 32 37\tGATA2\n";
    const FOUND: &str = "*\tEquiv T1 T7\nT8\tPositive_regulation 14 23\tactivates\nE1\tPositive_regulation:T8 Theme:T2 Cause:T1 \n\
                         M1\tNegation E1\nR1\tCoreference Subject:T7 Object:T1\nodd line\n";

    fn read_both(given: &str, found: &str) -> (Document, Vec<Finding>) {
        read("d", SourceText::new(TEXT), Some((Path::new("d.a1"), given)), Some((Path::new("d.a2"), found)))
    }

    #[test]
    fn both_files_are_written_back_byte_for_byte() {
        let (document, findings) = read_both(GIVEN, FOUND);
        assert_eq!(findings.iter().map(Finding::to_string).collect::<Vec<_>>().len(), 1);
        assert_eq!((findings[0].file.as_path(), findings[0].line, findings[0].code), (Path::new("d.a2"), 6, "not-understood"));
        assert_eq!((document.entities.len(), document.events.len(), document.relations.len()), (4, 1, 1));
        assert_eq!(write(&document), (GIVEN.to_owned(), FOUND.to_owned()));
    }

    #[test]
    fn what_was_given_stays_in_its_file_and_what_is_new_goes_into_the_other() {
        let (mut document, _) = read_both(GIVEN, "");
        document.entities["T2"].label = Label::from("Gene");
        let mut added = document.entities["T1"].clone();
        (added.id, added.origin) = (document.fresh_id('T'), Origin::Human);
        document.entities.insert(added.id.clone(), added);
        let (given, found) = write(&document);
        assert_eq!(given, GIVEN.replace("T2\tProtein", "T2\tGene"));
        assert_eq!(found, "T8\tProtein 8 13\tGATA1\n");
    }

    #[test]
    fn one_space_of_ids_covers_both_files() {
        let (document, findings) = read_both(GIVEN, "T1\tGene 0 4\tLoss\nE1\tLoss:T9\n");
        assert_eq!(findings.iter().map(|f| (f.code, f.line)).collect::<Vec<_>>(), [("duplicate-id", 1), ("dangling", 2)]);
        assert_eq!(document.entities.len(), 3);
    }

    #[test]
    fn other_lines_in_a1_and_missing_themes_are_reported() {
        let (_, findings) = read_both("T1\tProtein 8 13\tGATA1\nE5\tLoss:T1\n", "E1\tBinding:T1 Theme:T1 Theme3:T1 Site2:T1\n");
        let said: Vec<_> = findings.iter().map(Finding::to_string).collect();
        assert_eq!(findings.iter().map(|f| f.code).collect::<Vec<_>>(), ["not-given", "role-gap"]);
        assert_eq!(said[1], "d.a2:1:1: the event E1 has a Theme3, but no Theme2");
    }
}
