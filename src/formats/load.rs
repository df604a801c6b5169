//! From paths to documents: which files belong together, and reading them so that a bad one never stops the rest.

mod input;
mod sources;
mod standoff;

pub(super) use input::unpacked;

use super::detect::Kind;
use super::finding::{Finding, Remark, Severity};
use super::stamps::Stamp;
use super::{Entry, Format, bioc, file_key, json, jsonl, medline, origin, pubannotation, pubmed, pubtator, safe_name};
use crate::document::Document;
use input::Opened;
use rayon::prelude::*;
use sources::Source;
use standoff::{Sheets, Standoff};
use std::collections::hash_map::Entry as Slot;
use std::collections::{HashMap, HashSet};
use std::io::{self, BufRead};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Largest file that is read whole, in bytes: 256 MiB. Formats that are read one document at a time have no largest file.
pub const MAX_FILE_BYTES: u64 = 256 << 20;

/// A document with the file it came from.
#[derive(Debug)]
pub struct Loaded {
    /// The document.
    pub document: Document,
    /// The file with its text; `-` for standard input.
    pub source: PathBuf,
    /// The format it was in.
    pub format: Format,
    /// What is strange or wrong in its files.
    pub findings: Vec<Finding>,
    /// What its files held; none of files that are read one document at a time.
    pub stamps: Vec<Stamp>,
}

/// What came of loading.
#[derive(Debug, Default)]
pub struct LoadReport {
    /// The documents, in the order of the paths, inside folders in natural order.
    pub loaded: Vec<Loaded>,
    /// What is to be said of files and folders that gave no document.
    pub findings: Vec<Finding>,
}

impl LoadReport {
    /// All findings: those of files without a document, then those of each document.
    pub fn all_findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().chain(self.loaded.iter().flat_map(|loaded| &loaded.findings))
    }

    /// Whether anything could not be loaded as what it claims to be.
    pub fn has_errors(&self) -> bool {
        self.all_findings().any(|finding| finding.severity == Severity::Error)
    }
}

/// What comes up while paths are visited.
#[derive(Debug)]
pub enum Visit {
    /// A document.
    Document(Box<Loaded>),
    /// What is to be said of a file or folder, or of a place in one that gave no document.
    Finding(Finding),
}

/// Loads files and folders, all documents at once: as [`visit_paths`], with the files read on all cores.
pub fn load_paths(paths: &[PathBuf]) -> LoadReport {
    let mut report = LoadReport::default();
    let mut names = Names::default();
    let _ = each_path(paths, &mut |sources, findings| {
        report.findings.extend(findings);
        for visit in read_all(&sources).into_iter().flatten() {
            match visit {
                Visit::Document(mut loaded) => {
                    names.remark(&mut loaded);
                    report.loaded.push(*loaded);
                }
                Visit::Finding(finding) => report.findings.push(finding),
            }
        }
        ControlFlow::Continue(())
    });
    report
}

/// What each source holds, in their order.
fn read_all(sources: &[Source]) -> Vec<Vec<Visit>> {
    let read = |source: &Source| {
        let mut visits = Vec::new();
        let _ = Visitor::new(&mut |visit| {
            visits.push(visit);
            ControlFlow::Continue(())
        })
        .source(source);
        visits
    };
    // A pool of its own, gone when the files are read: the shared one is the model's, and how large it is has not been said yet.
    match rayon::ThreadPoolBuilder::new().build() {
        Ok(pool) if sources.len() > 1 => pool.install(|| sources.par_iter().map(read).collect()),
        _ => sources.iter().map(read).collect(),
    }
}

/// Finds the sources of each path, those of earlier paths left out.
fn each_path(paths: &[PathBuf], sink: &mut dyn FnMut(Vec<Source>, Vec<Finding>) -> ControlFlow<()>) -> ControlFlow<()> {
    let mut seen = HashSet::new();
    paths.iter().try_for_each(|path| {
        let (mut sources, findings) = sources::of(path);
        sources.retain(|source| seen.insert(source.path.clone()));
        sink(sources, findings)
    })
}

/// Reads files and folders and hands on one document after the other, until `sink` breaks off. Of formats that are read one
/// document at a time, no more than one is held.
///
/// What a file is, is decided by its content: standoff beside a `.txt`, JSON, XML, PubTator, MEDLINE, each also packed by gzip, or
/// plain text. `-` is standard input. An annotation file stands for its text. Folders are read one level deep in natural order;
/// names that begin with a dot (so `.rolecall` too) are left out. Whatever can't be read is a finding.
pub fn visit_paths(paths: &[PathBuf], sink: &mut dyn FnMut(Visit) -> ControlFlow<()>) -> ControlFlow<()> {
    let mut sink = named(sink);
    each_path(paths, &mut |sources, findings| {
        findings.into_iter().try_for_each(|finding| sink(Visit::Finding(finding)))?;
        sources.iter().try_for_each(|source| Visitor::new(&mut sink).source(source))
    })
}

/// Adds to documents what is to be said of their names.
fn named(sink: &mut dyn FnMut(Visit) -> ControlFlow<()>) -> impl FnMut(Visit) -> ControlFlow<()> {
    let mut names = Names::default();
    move |mut visit| {
        if let Visit::Document(loaded) = &mut visit {
            names.remark(loaded);
        }
        sink(visit)
    }
}

/// Hands documents and findings on, as they come.
struct Visitor<'a> {
    /// What the files of the source at hand held, if they are read whole.
    stamps: Vec<Stamp>,
    sink: &'a mut dyn FnMut(Visit) -> ControlFlow<()>,
}

impl<'a> Visitor<'a> {
    fn new(sink: &'a mut dyn FnMut(Visit) -> ControlFlow<()>) -> Self {
        Self { stamps: Vec::new(), sink }
    }

    fn finding(&mut self, finding: Finding) -> ControlFlow<()> {
        (self.sink)(Visit::Finding(finding))
    }

    fn document(&mut self, source: &Path, format: Format, document: Document, findings: Vec<Finding>) -> ControlFlow<()> {
        let loaded = Loaded { document, source: source.to_path_buf(), format, findings, stamps: self.stamps.clone() };
        (self.sink)(Visit::Document(Box::new(loaded)))
    }

    fn source(&mut self, source: &Source) -> ControlFlow<()> {
        if !source.sheets.is_empty() {
            return self.standoff(source);
        }
        match input::open(&source.path) {
            Ok(opened) => self.opened(source, opened),
            Err(finding) => self.finding(*finding),
        }
    }

    fn opened(&mut self, source: &Source, opened: Opened) -> ControlFlow<()> {
        let path = source.path.as_path();
        match opened.kind() {
            Some(Kind::Json) => self.json(source, opened),
            Some(Kind::JsonLines) => self.entries(path, Format::JsonLines, jsonl::Reader::new(path, opened.input)),
            Some(Kind::PubTator) => self.entries(path, Format::PubTator, pubtator::Reader::new(path, opened.input)),
            Some(Kind::Medline) => self.entries(path, Format::Medline, medline::Reader::new(path, opened.input)),
            Some(Kind::BiocXml) => self.entries(path, Format::BiocXml, bioc::xml::Reader::new(path, opened.input)),
            Some(Kind::PubMed) => self.entries(path, Format::PubMed, pubmed::Reader::new(path, opened.input)),
            Some(Kind::OtherXml) | None if source.may_be_plain() => self.plain(source, opened),
            Some(Kind::OtherXml) => self.unknown(source, "the XML is of no kind that is known"),
            None => self.unknown(source, "neither its name nor its content is of a format that is known"),
        }
    }

    /// A file of no format; in a folder there may be such files, what was asked for has to be read.
    fn unknown(&mut self, source: &Source, message: &str) -> ControlFlow<()> {
        let remark =
            if source.asked { Remark::error("unknown-format", message) } else { Remark::warning("unknown-format", message) };
        let hint = "known are .txt with .ann or .a1 and .a2, JSON of PubAnnotation and BioC, JSON lines, BioC and PubMed XML, \
                    PubTator and MEDLINE";
        self.finding(remark.hint(hint).on_file(&source.path))
    }

    fn entries(&mut self, path: &Path, format: Format, entries: impl Iterator<Item = io::Result<Entry>>) -> ControlFlow<()> {
        for entry in entries {
            match entry {
                Ok(Entry { document: Some(document), findings, .. }) => self.document(path, format, document, findings)?,
                Ok(Entry { findings, .. }) => findings.into_iter().try_for_each(|finding| self.finding(finding))?,
                Err(error) => self.finding(input::unreadable(path, &error))?,
            }
        }
        ControlFlow::Continue(())
    }

    fn plain(&mut self, source: &Source, opened: Opened) -> ControlFlow<()> {
        match opened.text() {
            Ok((text, _)) if text.is_empty() && source.path.as_os_str() == "-" => {
                self.finding(Remark::error("nothing-came", "nothing came from standard input").on_file(&source.path))
            }
            Ok((text, stamp)) => {
                self.stamps.extend(stamp);
                let mut document = super::plain::read(&source.name(), &text);
                origin::of_name(&mut document);
                self.document(&source.path, Format::Plain, document, Vec::new())
            }
            Err(finding) => self.finding(*finding),
        }
    }

    fn json(&mut self, source: &Source, opened: Opened) -> ControlFlow<()> {
        let path = source.path.as_path();
        let text = match opened.text() {
            Ok((text, stamp)) => {
                self.stamps.extend(stamp);
                text
            }
            Err(finding) => return self.finding(*finding),
        };
        let bare = text.trim_start_matches('\u{feff}');
        match json::kind(bare) {
            json::Kind::Bioc => bioc::json::visit(&source.name(), path, bare, &mut |(document, findings)| match document {
                Some(document) => self.document(path, Format::BiocJson, document, findings),
                None => findings.into_iter().try_for_each(|finding| self.finding(finding)),
            }),
            json::Kind::Rolecall => {
                // A line of ours that somebody broke into many.
                let Entry { document, findings, .. } = jsonl::read_line(path, 1, &text);
                match document {
                    Some(document) => self.document(path, Format::JsonLines, document, findings),
                    None => findings.into_iter().try_for_each(|finding| self.finding(finding)),
                }
            }
            json::Kind::PubAnnotation | json::Kind::Other => self.pubannotation(source, &text),
        }
    }

    fn pubannotation(&mut self, source: &Source, text: &str) -> ControlFlow<()> {
        let mut collection = pubannotation::read(&source.name(), &source.path, text);
        // A folder may hold JSON of other kinds; only a file that was asked for has to be a document.
        for finding in collection.findings.iter_mut().filter(|finding| !source.asked && finding.code == "not-pubannotation") {
            finding.severity = Severity::Warning;
        }
        collection.findings.into_iter().try_for_each(|finding| self.finding(finding))?;
        for (document, findings) in collection.documents {
            self.document(&source.path, Format::PubAnnotation, document, findings)?;
        }
        ControlFlow::Continue(())
    }

    fn standoff(&mut self, source: &Source) -> ControlFlow<()> {
        match standoff::read(&source.path, &source.name(), &source.sheets) {
            Ok(Standoff { mut document, format, findings, stamps }) => {
                origin::of_name(&mut document);
                self.stamps = stamps;
                self.document(&source.path, format, document, findings)
            }
            Err(finding) => self.finding(*finding),
        }
    }
}

/// The annotation files that belong to a text.
pub(super) fn companions(text: &Path) -> Vec<PathBuf> {
    Sheets::beside(text).read().cloned().collect()
}

/// The names that came up, by which documents are reported whose results could not be written under their name, or not beside those
/// of another.
#[derive(Default)]
struct Names {
    seen: HashMap<String, PathBuf>,
}

impl Names {
    fn remark(&mut self, loaded: &mut Loaded) {
        let Loaded { document, source, findings, .. } = loaded;
        let safe = safe_name(&document.name);
        if safe != document.name {
            let message =
                format!("the name \"{}\" can't be that of a file everywhere; a new file is called \"{safe}\"", document.name);
            findings.push(Remark::warning("unsafe-name", message).on_file(source));
        }
        match self.seen.entry(file_key(&document.name)) {
            Slot::Occupied(first) => {
                let message = format!("{} has a document of the same name \"{}\"", first.get().display(), document.name);
                let remark = Remark::warning("same-name", message).hint("written into one folder, one would replace the other");
                findings.push(remark.on_file(source));
            }
            Slot::Vacant(place) => {
                place.insert(source.to_path_buf());
            }
        }
    }
}

/// Reads documents of any format that stands in one stream from `input`, which is called `file` in findings.
pub fn visit_stream(file: &Path, input: Box<dyn BufRead>, sink: &mut dyn FnMut(Visit) -> ControlFlow<()>) -> ControlFlow<()> {
    let source = Source { path: file.to_path_buf(), asked: true, sheets: Sheets::default() };
    let mut sink = named(sink);
    let mut visitor = Visitor::new(&mut sink);
    match input::begin(file, input) {
        Ok(opened) => visitor.opened(&source, opened),
        Err(finding) => visitor.finding(*finding),
    }
}

#[cfg(test)]
mod tests;
