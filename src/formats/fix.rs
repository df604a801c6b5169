//! Copies of files in which lines that are known to be repairable are repaired.

use super::finding::Finding;
use super::load::{Visit, companions, unpacked, visit_paths};
use super::{Format, WriteError, atomic, bioc};
use crate::document::Document;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// A file that was copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repaired {
    /// The file that was read.
    pub source: PathBuf,
    /// Its copy.
    pub written: PathBuf,
    /// How many of its lines, or of its annotations in formats without lines, were repaired.
    pub lines: usize,
}

/// Findings that writing a BioC file anew repairs: what was read is right, only the file counts otherwise.
const REWRITTEN: [&str; 2] = ["offset-unit", "relative-offset"];

/// Copies the files at these paths into a folder, with the lines repaired that `findings` know how to. Texts are copied byte for byte.
///
/// # Errors
/// [`WriteError`] when a file can't be written, or one of its name is there already; files that were copied before stay.
pub fn repair(paths: &[PathBuf], findings: &[Finding], target: &Path) -> Result<Vec<Repaired>, WriteError> {
    let mut repairs: BTreeMap<&Path, BTreeMap<u32, &str>> = BTreeMap::new();
    for finding in findings {
        if let Some(line) = finding.repair.as_deref().filter(|_| finding.line > 0) {
            repairs.entry(&finding.file).or_default().insert(finding.line, line);
        }
    }
    let mut done = Vec::new();
    for file in files(paths) {
        let mut content = fs::read(&file).map_err(WriteError::io(&file))?;
        let mut name = file.file_name().map(PathBuf::from).unwrap_or_default();
        // The lines that are to be repaired are those of what is packed.
        if repairs.contains_key(file.as_path())
            && let Some(unpacked) = unpacked(&content).map_err(WriteError::io(&file))?
        {
            content = unpacked;
            name.set_extension("");
        }
        let mut lines = repairs.get(file.as_path()).map_or(0, BTreeMap::len);
        let mut repaired = match repairs.get(file.as_path()) {
            Some(repairs) => with_lines(&content, repairs),
            None => content,
        };
        if let Some((anew, count)) = bioc_anew(&file, findings) {
            (repaired, lines) = (anew.into_bytes(), count);
        }
        let written = target.join(name);
        atomic::create_bytes(&written, &repaired).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => WriteError::Taken(written.clone()),
            _ => WriteError::Io { path: written.clone(), source: error },
        })?;
        done.push(Repaired { source: file, written, lines });
    }
    Ok(done)
}

/// The files with documents at these paths, each with those that belong to it, once.
fn files(paths: &[PathBuf]) -> Vec<PathBuf> {
    let (mut files, mut seen) = (Vec::new(), BTreeSet::new());
    let _ = visit_paths(paths, &mut |visit| {
        let file = match visit {
            Visit::Document(loaded) => loaded.source.clone(),
            Visit::Finding(finding) => finding.file,
        };
        if file.is_file() {
            let all = std::iter::once(file.clone()).chain(companions(&file));
            files.extend(all.filter(|file| seen.insert(file.clone())));
        }
        ControlFlow::Continue(())
    });
    files
}

/// A file with other lines at these places (from 1). The ends of lines stay as they are.
fn with_lines(content: &[u8], repairs: &BTreeMap<u32, &str>) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len());
    for (number, line) in (1u32..).zip(content.split_inclusive(|&byte| byte == b'\n')) {
        match repairs.get(&number) {
            Some(repair) => {
                let bare = line.strip_suffix(b"\n").unwrap_or(line);
                let bare = bare.strip_suffix(b"\r").unwrap_or(bare);
                out.extend_from_slice(repair.as_bytes());
                out.extend_from_slice(line.get(bare.len()..).unwrap_or_default());
            }
            None => out.extend_from_slice(line),
        }
    }
    out
}

/// A BioC file written anew when something in it counted otherwise, with the number of what is repaired by that.
fn bioc_anew(file: &Path, findings: &[Finding]) -> Option<(String, usize)> {
    let count = findings.iter().filter(|finding| finding.file == file && REWRITTEN.contains(&finding.code)).count();
    if count == 0 {
        return None;
    }
    let mut read: Vec<(Format, Document)> = Vec::new();
    let _ = visit_paths(&[file.to_path_buf()], &mut |visit| {
        if let Visit::Document(loaded) = visit {
            read.push((loaded.format, loaded.document));
        }
        ControlFlow::Continue(())
    });
    let documents = || read.iter().map(|(_, document)| document);
    match read.first()?.0 {
        Format::BiocXml => Some((bioc::xml::write(documents()), count)),
        Format::BiocJson => Some((bioc::json::write(documents()), count)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::load_paths;

    fn findings(paths: &[PathBuf]) -> Vec<Finding> {
        load_paths(paths).all_findings().cloned().collect()
    }

    /// Repairs these files and returns what is still found in the copies.
    fn repaired(files: &[(&str, &str)]) -> (Vec<&'static str>, tempfile::TempDir) {
        let (folder, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for (name, content) in files {
            fs::write(folder.path().join(name), content).unwrap();
        }
        let paths = [folder.path().to_path_buf()];
        let before = findings(&paths);
        assert!(!before.is_empty());
        repair(&paths, &before, target.path()).unwrap();
        assert!(matches!(repair(&paths, &before, target.path()), Err(WriteError::Taken(_))));
        for (name, content) in files {
            assert_eq!(fs::read_to_string(folder.path().join(name)).unwrap(), *content, "nothing that was read changes");
        }
        let left = findings(&[target.path().to_path_buf()]);
        (left.iter().map(|finding| finding.code).collect(), target)
    }

    #[test]
    fn a_packed_file_is_repaired_unpacked() {
        use std::io::Write as _;
        let (folder, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all("7|t|😀 loss of p53\n7|a|\n7\t11\t14\tp53\tGene\n".as_bytes()).unwrap();
        let packed = packed.finish().unwrap();
        fs::write(folder.path().join("a.pubtator.gz"), &packed).unwrap();
        let paths = [folder.path().to_path_buf()];
        let done = repair(&paths, &findings(&paths), target.path()).unwrap();
        assert_eq!(done.iter().map(|it| it.lines).collect::<Vec<_>>(), [1]);
        assert_eq!(done[0].written, target.path().join("a.pubtator"));
        let copy = fs::read_to_string(&done[0].written).unwrap();
        assert!(copy.contains("7\t10\t13\tp53\tGene"), "{copy}");
        assert_eq!(fs::read(folder.path().join("a.pubtator.gz")).unwrap(), packed, "nothing that was read changes");
    }

    #[test]
    fn offsets_in_other_units_are_repaired_and_the_text_stays() {
        let cases = [
            ("😀 loss of p53", "T1\tGene 11 14\tp53\n", "T1\tGene 10 13\tp53\n"),
            ("β-catenin loss", "T1\tReg 11 15\tloss\nodd\n", "T1\tReg 10 14\tloss\nodd\n"),
            ("a\r\nloss", "T1\tReg 2 6\tloss\r\n", "T1\tReg 3 7\tloss\r\n"),
        ];
        for (text, given, wanted) in cases {
            let (_, target) = repaired(&[("a.txt", text), ("a.ann", given)]);
            assert_eq!(fs::read_to_string(target.path().join("a.ann")).unwrap(), wanted);
            assert_eq!(fs::read_to_string(target.path().join("a.txt")).unwrap(), text);
        }
    }

    #[test]
    fn offsets_that_do_not_count_a_byte_order_mark_are_repaired() {
        let (left, target) = repaired(&[("a.txt", "\u{feff}loss"), ("a.a1", "T1\tReg 0 4\tloss\n"), ("a.a2", "")]);
        assert_eq!(left, Vec::<&str>::new());
        assert_eq!(fs::read_to_string(target.path().join("a.a1")).unwrap(), "T1\tReg 1 5\tloss\n");
    }

    #[test]
    fn pubtator_lines_and_bioc_files_are_repaired_too() {
        let pubtator = "1|t|😀 p53\n1|a|\n1\t3\t6\tp53\tGene\t-\n";
        let bioc = "<collection><document><id>2</id><passage><offset>0</offset><text>β p53</text><annotation id=\"a\">\
                    <infon key=\"type\">Gene</infon><location offset=\"3\" length=\"3\"/><text>p53</text></annotation></passage></document></collection>";
        let (left, target) = repaired(&[("a.pubtator", pubtator), ("b.xml", bioc)]);
        assert_eq!(left, Vec::<&str>::new());
        assert!(fs::read_to_string(target.path().join("a.pubtator")).unwrap().contains("1\t2\t5\tp53\tGene\t-\n"));
        assert!(fs::read_to_string(target.path().join("b.xml")).unwrap().contains("<location offset=\"2\" length=\"3\"/>"));
    }

    #[test]
    fn a_line_of_bioc_is_not_taken_for_an_annotation() {
        let json = r#"{"documents":[{"id":"2","passages":[{"offset":0,"text":"loss of","annotations":[{"id":"a","infons":{"type":"Reg"},"text":"loss","locations":[{"offset":0,"length":3}]}]}]}]}"#;
        let (left, target) = repaired(&[("a.json", json)]);
        assert_eq!(left, ["text-mismatch"]);
        assert_eq!(fs::read_to_string(target.path().join("a.json")).unwrap(), json);
    }
}
