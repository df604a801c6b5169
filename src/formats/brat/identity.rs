//! Properties: what is read is written back byte for byte, and what is written reads back equal.

use super::*;
use crate::document::{
    AnnotationId, Attribute, AttributeKind, Document, Entity, Equivalence, Event, Normalization, Note, Origin, Relation, Status,
};
use crate::text::{CharSpan, SourceText};
use proptest::prelude::*;
use std::path::Path;

const TEXT: &str = "Loss of β-catenin\r\n in 😀 mice;\tp53 R175H\u{2028}and\u{b}GATA1 are\nrelated.\n";

/// One fragment or several that do not overlap, in any order.
fn spans() -> impl Strategy<Value = Vec<CharSpan>> {
    let length = TEXT.chars().count() as u32;
    let cuts = prop::collection::btree_set(0..=length, 2..7);
    (cuts, any::<bool>()).prop_map(|(cuts, turned)| {
        let cuts: Vec<u32> = cuts.into_iter().collect();
        let mut spans: Vec<CharSpan> = cuts.chunks_exact(2).map(|pair| CharSpan::of_chars(pair[0], pair[1]).unwrap()).collect();
        if turned {
            spans.reverse();
        }
        spans
    })
}

fn word() -> impl Strategy<Value = String> {
    "[A-Za-zα-ω_-]{1,8}"
}

/// A document whose annotations refer to each other and whose entities do not cross line ends.
fn document() -> impl Strategy<Value = Document> {
    let entities = prop::collection::vec((word(), spans()), 1..6);
    let links = prop::collection::vec((word(), 0usize..6, 0usize..6, prop::option::of("[^\n\r\t]{1,9}")), 0..8);
    (entities, links).prop_map(|(entities, links)| {
        let mut document = Document::new("d", SourceText::new(TEXT));
        for (number, (label, spans)) in entities.into_iter().enumerate() {
            let spans = line_fragments(&document, &spans);
            let id = AnnotationId::new(format!("T{number}"));
            let (origin, status) = (Origin::Given, Status::Accepted);
            document.entities.insert(id.clone(), Entity { id, label: label.as_str().into(), spans, origin, status });
        }
        for (number, (name, a, b, value)) in links.into_iter().enumerate() {
            link(&mut document, number, &name, (a, b), value);
        }
        document
    })
}

/// Adds an annotation over others; its kind goes by its number.
fn link(document: &mut Document, number: usize, name: &str, ends: (usize, usize), value: Option<String>) {
    let id = |letter: char| AnnotationId::new(format!("{letter}{number}"));
    let entity = |at: usize| document.entities.get_index(at % document.entities.len()).unwrap().0.clone();
    let (subject, object, label) = (entity(ends.0), entity(ends.1), crate::document::Label::from(name));
    match number % 6 {
        0 => {
            let names = value.map(|_| ("Theme".into(), "Cause".into()));
            let (id, origin, status) = (id('R'), Origin::Given, Status::Accepted);
            let relation = Relation { id: id.clone(), role: label, subject, object, argument_names: names, origin, status };
            document.relations.insert(id, relation);
        }
        1 => {
            let arguments = vec![(label.clone(), object.clone()), (label.clone(), object)];
            document.events.insert(id('E'), Event { id: id('E'), label, trigger: subject, arguments });
        }
        2 | 3 => {
            let (letter, kind) = [('A', AttributeKind::Attribute), ('M', AttributeKind::Modification)][number % 2];
            document.attributes.insert(id(letter), Attribute { id: id(letter), kind, name: label, target: subject, value });
        }
        4 => {
            let (database, entry, name) = (name.to_owned(), "GO:1 2".to_owned(), value);
            let item = Normalization { id: id('N'), kind: label, target: subject, database, entry, name };
            document.normalizations.insert(id('N'), item);
        }
        _ => {
            let text = value.unwrap_or_default();
            document.notes.insert(id('#'), Note { id: id('#'), kind: label.clone(), target: subject.clone(), text });
            document.equivalences.push(Equivalence { label, members: vec![subject, object] });
        }
    }
}

/// A line that no reader understands, or only if lines that it refers to are there.
fn odd_line() -> impl Strategy<Value = String> {
    prop_oneof![
        "[^\n\r]{0,20}".prop_filter("no line that has another normal form", |line| !line.starts_with(['T', 'N', '\u{feff}'])),
        Just(String::new()),
        Just("# free comment".to_owned()),
        Just("T99\tGene 0 4\tLost".to_owned()),
        Just("T0\tGene 0 4\tLoss".to_owned()),
        Just("R99\tThemeOf Arg1:T0 Arg2:T98".to_owned()),
        Just("R98\tThemeOf  Arg2:T0 Arg1:T0 \t".to_owned()),
        Just("#99\tAnnotatorNotes T0".to_owned()),
        Just("E99\tReg:T0 Theme:E99 ".to_owned()),
    ]
}

proptest! {
    #[test]
    fn what_is_written_reads_back_equal(document in document()) {
        let written = write(&document);
        let (read, findings) = read("d", document.text.clone(), Path::new("d.ann"), &written);
        let errors: Vec<_> = findings.iter().filter(|finding| finding.severity == crate::formats::Severity::Error).collect();
        prop_assert!(errors.is_empty(), "{:?}\n{}", errors, written);
        prop_assert_eq!(&read.entities, &document.entities);
        prop_assert_eq!(&read.relations, &document.relations);
        prop_assert_eq!(&read.events, &document.events);
        prop_assert_eq!(&read.attributes, &document.attributes);
        prop_assert_eq!(&read.normalizations, &document.normalizations);
        prop_assert_eq!(&read.notes, &document.notes);
        prop_assert_eq!(&read.equivalences, &document.equivalences);
        prop_assert_eq!(write(&read), written);
    }

    #[test]
    fn a_file_is_written_back_byte_for_byte(document in document(), odd in prop::collection::vec((any::<prop::sample::Index>(), odd_line()), 0..6)) {
        let mut lines: Vec<String> = write(&document).lines_of_feeds();
        for (at, line) in odd {
            lines.insert(at.index(lines.len() + 1), line);
        }
        let file: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let (read, _) = read("d", document.text.clone(), Path::new("d.ann"), &file);
        prop_assert_eq!(write(&read), file);
    }

    #[test]
    fn no_input_stops_the_reader(text in "(?s).{0,40}", annotations in "(?s)(T1\tG [0-9]{1,2} [0-9]{1,2}(;[0-9] [0-9]{1,2})?\t.{0,9}\n|.{0,20}\n?){0,4}") {
        let (first, _) = read("d", SourceText::new(text.as_str()), Path::new("d.ann"), &annotations);
        let written = write(&first);
        let (second, _) = read("d", first.text.clone(), Path::new("d.ann"), &written);
        prop_assert_eq!(write(&second), written);
    }
}

#[test]
fn files_of_next_to_nothing_are_kept() {
    for (annotations, written) in
        [("", ""), ("\n", "\n"), ("\n\n", "\n\n"), ("\u{feff}\u{feff}", ""), ("\u{feff}\n", "\n"), ("\r\n", "\r\n")]
    {
        let (document, _) = read("d", SourceText::new("Foo"), Path::new("d.ann"), annotations);
        assert_eq!(write(&document), written, "{annotations:?}");
    }
}

/// Found by fuzzing: of two carriage returns one stayed behind the comment, to be lost the next time.
#[test]
fn all_carriage_returns_at_the_end_of_a_line_go_at_once() {
    let lines = "T1\tGene 0 3\tFoo\tcomment\r\r\nnot understood\r\r\n";
    let (document, _) = read("d", SourceText::new("Foo"), Path::new("d.ann"), lines);
    let written = write(&document);
    assert_eq!(written, "T1\tGene 0 3\tFoo\tcomment\nnot understood\r\r\n");
    let (again, _) = read("d", SourceText::new("Foo"), Path::new("d.ann"), &written);
    assert_eq!(write(&again), written);
}

/// Lines as the format knows them: `str::lines` would strip carriage returns.
trait LinesOfFeeds {
    fn lines_of_feeds(&self) -> Vec<String>;
}

impl LinesOfFeeds for String {
    fn lines_of_feeds(&self) -> Vec<String> {
        self.strip_suffix('\n').into_iter().flat_map(|all| all.split('\n')).map(str::to_owned).collect()
    }
}
