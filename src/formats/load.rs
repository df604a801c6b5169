//! From paths to documents: which files belong together, and reading them so that a bad one never stops the rest.

use super::finding::{Finding, Remark, Severity};
use super::{Format, bionlp, brat, natural, plain, pubannotation, safe_name};
use crate::document::Document;
use crate::text::SourceText;
use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};
use std::fs;
use std::path::{Path, PathBuf};

/// Largest file that is read, in bytes: 256 MiB.
pub const MAX_FILE_BYTES: u64 = 256 << 20;

/// A document with the file it came from.
#[derive(Debug)]
pub struct Loaded {
    /// The document.
    pub document: Document,
    /// The file with its text: `.txt` or `.json`.
    pub source: PathBuf,
    /// The format it was in.
    pub format: Format,
    /// What is strange or wrong in its files.
    pub findings: Vec<Finding>,
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

/// Loads files and folders: `.txt` with or without `.ann`, or `.a1` and `.a2`, and PubAnnotation `.json`. An annotation file stands
/// for its text. Folders are read one level deep in natural order; names that begin with a dot (so `.rolecall` too) are left out.
/// Whatever can't be read is a finding.
pub fn load_paths(paths: &[PathBuf]) -> LoadReport {
    let mut report = LoadReport::default();
    let mut sources = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = sources.len();
            folder_sources(path, 1, &mut sources, &mut report.findings);
            if sources.len() == before {
                let remark = Remark::error("no-documents", "there is no document in this folder");
                report.findings.push(remark.hint("documents are .txt files and PubAnnotation .json files").on_file(path));
            }
        } else {
            sources.extend(file_source(path, &mut report.findings));
        }
    }
    let mut seen = BTreeSet::new();
    for source in sources {
        if seen.insert(source.path.clone()) {
            load(&source, &mut report);
        }
    }
    check_names(&mut report.loaded);
    report
}

/// Reports documents whose results could not be written under their name, or not beside those of another.
fn check_names(loaded: &mut [Loaded]) {
    let mut seen: BTreeMap<String, PathBuf> = BTreeMap::new();
    for Loaded { document, source, findings, .. } in loaded {
        let safe = safe_name(&document.name);
        if safe != document.name {
            let message =
                format!("the name \"{}\" can't be that of a file everywhere; a new file is called \"{safe}\"", document.name);
            findings.push(Remark::warning("unsafe-name", message).on_file(source));
        }
        // Some file systems take upper and lower case for the same.
        match seen.entry(safe.to_lowercase()) {
            Entry::Occupied(first) => {
                let message = format!("{} has a document of the same name \"{}\"", first.get().display(), document.name);
                let remark = Remark::warning("same-name", message).hint("written into one folder, one would replace the other");
                findings.push(remark.on_file(source));
            }
            Entry::Vacant(place) => {
                place.insert(source.clone());
            }
        }
    }
}

/// A file with the text of one or more documents.
struct Source {
    path: PathBuf,
    /// Whether it was asked for by its own name.
    asked: bool,
}

fn ending(path: &Path) -> String {
    path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default()
}

/// The source of a path that names a file.
fn file_source(path: &Path, findings: &mut Vec<Finding>) -> Option<Source> {
    if !path.exists() {
        findings.push(Remark::error("unreadable", "there is no such file or folder").on_file(path));
        return None;
    }
    match ending(path).as_str() {
        "txt" | "json" => Some(Source { path: path.to_path_buf(), asked: true }),
        "ann" | "a1" | "a2" => {
            let text = path.with_extension("txt");
            if !text.exists() {
                findings.push(no_text(path));
            }
            text.exists().then_some(Source { path: text, asked: true })
        }
        _ => {
            let remark = Remark::error("unknown-format", "the ending of the name is of no format that is known");
            findings.push(remark.hint("known are .txt, .ann, .a1, .a2 and .json").on_file(path));
            None
        }
    }
}

fn no_text(path: &Path) -> Finding {
    Remark::error("no-text", "the text of this annotation file, a .txt with the same name, is missing").on_file(path)
}

/// The sources in a folder and, `depth` levels deep, in its folders.
fn folder_sources(folder: &Path, depth: u32, sources: &mut Vec<Source>, findings: &mut Vec<Finding>) {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return findings.push(unreadable(folder, &error)),
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    paths.retain(|path| !name(path).starts_with('.'));
    paths.sort_by(|a, b| natural::compare(&name(a), &name(b)));
    let all: BTreeSet<PathBuf> = paths.iter().cloned().collect();
    for path in &paths {
        if path.is_dir() {
            if depth > 0 {
                folder_sources(path, depth - 1, sources, findings);
            }
            continue;
        }
        match ending(path).as_str() {
            "json" if all.contains(&path.with_extension("txt")) => {
                let remark = Remark::info("beside-text", "there is a .txt with the same name, so this file is not read");
                findings.push(remark.on_file(path));
            }
            "txt" | "json" => sources.push(Source { path: path.clone(), asked: false }),
            "ann" | "a1" | "a2" if !all.contains(&path.with_extension("txt")) => findings.push(no_text(path)),
            _ => {}
        }
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Finding {
    Remark::error("unreadable", format!("it can't be read: {error}")).on_file(path)
}

/// The content of a file as text, or what is wrong with it.
fn read_text(path: &Path) -> Result<String, Box<Finding>> {
    let size = fs::metadata(path).map_err(|error| unreadable(path, &error))?.len();
    if size > MAX_FILE_BYTES {
        let message = format!("the file has {size} bytes; at most {MAX_FILE_BYTES} are read");
        return Err(Box::new(Remark::error("too-large", message).on_file(path)));
    }
    let bytes = fs::read(path).map_err(|error| unreadable(path, &error))?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let before = error.as_bytes().get(..at).unwrap_or_default();
        let line = before.iter().filter(|&&byte| byte == b'\n').count() as u32 + 1;
        let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let column = String::from_utf8_lossy(before.get(start..).unwrap_or_default()).chars().count() as u32 + 1;
        let remark = Remark::error("not-utf8", format!("the file is not UTF-8: the first bad byte is at byte offset {at}"));
        Box::new(remark.at(column).hint("convert it to UTF-8").on(path, line))
    })
}

fn load(source: &Source, report: &mut LoadReport) {
    let text = match read_text(&source.path) {
        Ok(text) => text,
        Err(finding) => return report.findings.push(*finding),
    };
    let name = source.path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if ending(&source.path) == "json" {
        load_json(source, &name, &text, report);
    } else {
        load_standoff(source, &name, &text, report);
    }
}

fn load_json(source: &Source, name: &str, text: &str, report: &mut LoadReport) {
    let mut collection = pubannotation::read(name, &source.path, text);
    // A folder may hold JSON of other kinds; only a file that was asked for has to be a document.
    for finding in collection.findings.iter_mut().filter(|finding| !source.asked && finding.code == "not-pubannotation") {
        finding.severity = Severity::Warning;
    }
    report.findings.append(&mut collection.findings);
    report.loaded.extend(collection.documents.into_iter().map(|(document, findings)| Loaded {
        document,
        source: source.path.clone(),
        format: Format::PubAnnotation,
        findings,
    }));
}

/// A file that was read: its path and its content.
type Sheet = (PathBuf, String);

/// The annotation files beside a text.
enum Beside {
    Nothing,
    Brat(Sheet),
    Bionlp { given: Option<Sheet>, found: Option<Sheet> },
}

impl Beside {
    /// Reads them: `.ann`, or else `.a1` and `.a2`.
    fn read(text: &Path) -> Result<Self, Box<Finding>> {
        let sheet = |ending: &str| {
            let path = text.with_extension(ending);
            path.exists().then(|| read_text(&path).map(|content| (path, content))).transpose()
        };
        if let Some(sheet) = sheet("ann")? {
            return Ok(Self::Brat(sheet));
        }
        let (given, found) = (sheet("a1")?, sheet("a2")?);
        Ok(if given.is_some() || found.is_some() { Self::Bionlp { given, found } } else { Self::Nothing })
    }
}

fn load_standoff(source: &Source, name: &str, text: &str, report: &mut LoadReport) {
    let beside = match Beside::read(&source.path) {
        Ok(beside) => beside,
        Err(finding) => return report.findings.push(*finding),
    };
    let (document, format, findings) = match &beside {
        Beside::Nothing => (plain::read(name, text), Format::Plain, Vec::new()),
        Beside::Brat((path, content)) => {
            let (document, mut findings) = brat::read(name, SourceText::new(text), path, content);
            let ignored = ["a1", "a2"].map(|ending| source.path.with_extension(ending)).into_iter().find(|path| path.exists());
            findings.extend(ignored.map(|path| {
                let remark =
                    Remark::warning("several-formats", "there is an .ann file with the same name, so this file is not read");
                remark.on_file(&path)
            }));
            (document, Format::Brat, findings)
        }
        Beside::Bionlp { given, found } => {
            let (document, findings) = bionlp::read(name, SourceText::new(text), borrowed(given), borrowed(found));
            (document, Format::Bionlp, findings)
        }
    };
    report.loaded.push(Loaded { document, source: source.path.clone(), format, findings });
}

fn borrowed(sheet: &Option<Sheet>) -> Option<(&Path, &str)> {
    sheet.as_ref().map(|(path, content)| (path.as_path(), content.as_str()))
}

#[cfg(test)]
mod tests;
