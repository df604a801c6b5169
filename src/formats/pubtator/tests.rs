use super::*;
use crate::document::Document;
use crate::formats::{self, Entry, Finding, Format, WriteOptions, brat};
use crate::text::SourceText;
use proptest::prelude::*;
use std::path::Path;

fn read_all(source: &str) -> Vec<Entry> {
    Reader::new(Path::new("x.pubtator"), source.as_bytes()).collect::<Result<_, _>>().unwrap()
}

fn read_one(source: &str) -> (Document, Vec<Finding>) {
    let mut entries = read_all(source);
    assert_eq!(entries.len(), 1, "{entries:?}");
    let entry = entries.remove(0);
    (entry.document.unwrap(), entry.findings)
}

fn said(findings: &[Finding]) -> Vec<(&'static str, u32)> {
    findings.iter().map(|finding| (finding.code, finding.line)).collect()
}

const BLOCK: &str = "16371368|t|Loss of TNF-α | and more. \n16371368|a|BRCA1|2 causes β-cell death.\n\
                     16371368\t8\t13\tTNF-α\tGene\t7124\n16371368\t27\t32\tBRCA1\tGene\t672|675\textra\tcolumns\n\
                     16371368\t49\t54\tdeath\tDisease\tMESH:D003643\n16371368\tAssociation\t675\tMESH:D003643\tNovel\n\n";

#[test]
fn a_block_is_read_with_bars_and_trailing_blanks_and_written_back_byte_for_byte() {
    let (document, findings) = read_one(BLOCK);
    assert_eq!(said(&findings), [("concept-relation", 6)]);
    assert_eq!(document.text.as_str(), "Loss of TNF-α | and more. \nBRCA1|2 causes β-cell death.");
    assert_eq!((document.name.as_str(), document.provenance.database.as_deref()), ("16371368", Some("PubMed")));
    let links: Vec<_> = document.normalizations.values().map(|n| (n.database.as_str(), n.entry.as_str())).collect();
    assert_eq!(links, [("Gene", "7124"), ("Gene", "672|675"), ("MESH", "D003643")]);
    let relation = &document.relations["R1"];
    assert_eq!((relation.subject.as_str(), relation.object.as_str()), ("T2", "T3"));
    assert_eq!(write(&document), BLOCK);
    assert_eq!(losses(&document), Vec::<String>::new());
}

#[test]
fn blocks_are_parted_by_blank_lines_or_by_another_id() {
    let entries = read_all("1|t|A b\n1|a|\n2|t|C d\r\n2|a|E f\r\n2\t0\t1\tC\tX\r\n\n\n3|a|only\n4|t|title\n4|t|again\n");
    let read: Vec<_> = entries.iter().map(|e| (e.line, e.document.as_ref().unwrap().text.as_str().to_owned())).collect();
    let wanted = [(1, "A b"), (3, "C d\nE f"), (8, "\nonly"), (9, "title"), (10, "again")];
    assert_eq!(read, wanted.map(|(line, text)| (line, text.to_owned())));
    assert_eq!(said(&entries[1].findings), [("carriage-returns", 3)]);
    assert_eq!(entries[1].document.as_ref().unwrap().entities.len(), 1);
}

#[test]
fn a_brat_document_with_named_links_and_relations_at_later_mentions_becomes_a_block() {
    let text = SourceText::new("p53 loss and p53 gain");
    let ann = "T1\tGene 0 3\tp53\nT2\tVar 4 8\tloss\nT3\tGene 13 16\tp53\nT4\tVar 17 21\tgain\n\
               N1\tReference T4 X:2\tgain\nN2\tReference T1 NCBIGene:7157\tTP53\nN3\tOther T3 NCBIGene:7157\n\
               R1\tThemeOf Arg1:T3 Arg2:T4\nR2\tThemeOf Arg1:T1 Arg2:T4\n";
    let (document, _) = brat::read("my doc", text, Path::new("a.ann"), ann);
    let lost = formats::losses(&document, Format::PubTator, &WriteOptions::default()).join(", ");
    assert!(
        lost.contains("first mentions of their identifiers: 1") && lost.contains("names and kinds of links to a database: 3"),
        "{lost}"
    );
    let folder = tempfile::tempdir().unwrap();
    let written = formats::write_and_read_back(&document, Format::PubTator, folder.path(), &WriteOptions::default());
    let read = written.unwrap().read.unwrap();
    let ends: Vec<_> = read.relations.values().map(|it| (it.subject.as_str(), it.object.as_str())).collect();
    assert_eq!(ends, [("T1", "T4"); 2]);
    assert_eq!(read.name, "my_doc", "with a blank the line would not be known");
}

#[test]
fn lines_that_do_not_fit_are_reported_and_kept() {
    let source = "1|t|p53 loss\n1|a|x\n1\t4\t9\tloss\tVar\n1\t-1\t3\tp53\tGene\n1\t0\t3\tp53\n1\tCID\tD1\tD2\nodd\n2\t0\t3\tp53\tGene\n1\t3\t3\t\tX\n";
    let (document, findings) = read_one(source);
    let wanted = [
        ("text-mismatch", 3),
        ("offsets", 4),
        ("columns", 5),
        ("dangling", 6),
        ("not-understood", 7),
        ("other-document", 8),
        ("empty-span", 9),
    ];
    assert_eq!(said(&findings), wanted);
    assert_eq!(document.entities.len(), 1);
    for line in source.lines().filter(|line| !line.starts_with('2')) {
        assert!(write(&document).contains(line), "{line}");
    }
}

#[test]
fn a_mention_that_was_spelled_out_is_loaded_and_other_units_are_named() {
    let (document, findings) =
        read_one("1|t|TNF-α causes 😀 death\n1|a|\n1\t0\t9\tTNF-alpha\tGene\n1\t0\t5\tTNF-a\tGene\n1\t16\t21\tdeath\tX\n");
    assert_eq!(said(&findings), [("text-mismatch", 3), ("normalised-text", 4), ("offset-unit", 5)]);
    assert_eq!(findings[2].repair.as_deref(), Some("1\t15\t20\tdeath\tX"));
    assert_eq!(document.entities.len(), 1);
}

#[test]
fn lines_without_text_are_no_document() {
    let entries = read_all("\n7\t0\t3\tp53\tGene\n\n8|t|x\n");
    assert_eq!(said(&entries[0].findings), [("not-understood", 2), ("no-text", 2)]);
    assert!(entries[0].document.is_none() && entries[1].document.is_some());
}

proptest! {
    #[test]
    fn what_is_written_reads_back_equal(lines in prop::collection::vec("[12]?[|\t][ta]?[|\t][a-c|\t0-9α-γ -]{0,12}", 0..8)) {
        for entry in read_all(&format!("1|t|abc α\n{}\n", lines.join("\n"))) {
            let Some(document) = entry.document else { continue };
            let written = write(&document);
            let mut again = read_all(&written);
            let read = again.remove(0).document.unwrap();
            prop_assert_eq!(read.text.as_str(), document.text.as_str());
            prop_assert_eq!(&read.entities, &document.entities);
            prop_assert_eq!(&read.relations, &document.relations);
            prop_assert_eq!(&read.normalizations, &document.normalizations);
            prop_assert_eq!(write(&read), written);
        }
    }

    #[test]
    fn no_input_stops_the_reader(source in "(?s).{0,60}") {
        let _ = read_all(&source);
    }
}
