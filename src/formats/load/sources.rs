//! Which files hold documents: those that a path names, and those in a folder.

use super::input::{ending, unreadable};
use crate::formats::finding::{Finding, Remark};
use crate::formats::natural;
use std::collections::HashSet;
use std::fs::{self, FileType};
use std::path::{Path, PathBuf};

/// Endings under which a folder's files may hold documents, without that of gzip.
const ENDINGS: [&str; 10] = ["txt", "json", "jsonl", "ndjson", "xml", "bioc", "pubtator", "nbib", "medline", "pubmed"];

/// A file with the text of one or more documents.
pub(super) struct Source {
    pub(super) path: PathBuf,
    /// Whether it was asked for by its own name.
    pub(super) asked: bool,
    /// Which of [`SHEETS`] lie beside it; `None` when nobody looked.
    pub(super) sheets: Option<[bool; 3]>,
}

/// Endings of annotation files that belong to a text of the same name.
pub(super) const SHEETS: [&str; 3] = ["ann", "a1", "a2"];

impl Source {
    /// A file beside which nobody looked.
    pub(super) fn at(path: PathBuf, asked: bool) -> Self {
        Self { path, asked, sheets: None }
    }

    /// The name of the file without its ending.
    pub(super) fn name(&self) -> String {
        let stem = |path: &Path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        if self.path.as_os_str() == "-" {
            return "stdin".to_owned();
        }
        let name = stem(&self.path);
        let is_packed = self.path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gz"));
        if is_packed { stem(Path::new(&name)) } else { name }
    }

    /// Whether what is of no format is a text.
    pub(super) fn may_be_plain(&self) -> bool {
        self.path.as_os_str() == "-" || ending(&self.path) == "txt"
    }
}

/// The sources that a path stands for, with what is to be said of it.
pub(super) fn of(path: &Path) -> (Vec<Source>, Vec<Finding>) {
    let (mut sources, mut findings) = (Vec::new(), Vec::new());
    if path.as_os_str() == "-" {
        sources.push(Source::at(path.to_path_buf(), true));
    } else if path.is_dir() {
        folder(path, 1, &mut sources, &mut findings);
        if sources.is_empty() {
            let remark = Remark::error("no-documents", "there is no document in this folder");
            let hint = "documents are .txt files with or without .ann, and .json, .jsonl, .xml, .pubtator and .nbib files";
            findings.push(remark.hint(hint).on_file(path));
        }
    } else {
        sources.extend(file(path, &mut findings));
    }
    (sources, findings)
}

/// The source of a path that names a file.
fn file(path: &Path, findings: &mut Vec<Finding>) -> Option<Source> {
    if !path.exists() {
        findings.push(Remark::error("unreadable", "there is no such file or folder").on_file(path));
        return None;
    }
    if !matches!(ending(path).as_str(), "ann" | "a1" | "a2") {
        return Some(Source::at(path.to_path_buf(), true));
    }
    let text = path.with_extension("txt");
    if !text.exists() {
        findings.push(no_text(path));
    }
    text.exists().then_some(Source::at(text, true))
}

fn no_text(path: &Path) -> Finding {
    Remark::error("no-text", "the text of this annotation file, a .txt with the same name, is missing").on_file(path)
}

/// The sources in a folder and, `depth` levels deep, in its folders.
fn folder(folder_path: &Path, depth: u32, sources: &mut Vec<Source>, findings: &mut Vec<Finding>) {
    let entries = match fs::read_dir(folder_path) {
        Ok(entries) => entries,
        Err(error) => return findings.push(unreadable(folder_path, &error)),
    };
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    // The kind comes with the entry: asking the system once more for every one of ten thousand files takes its time.
    let entries = entries.filter_map(Result::ok).map(|entry| (name(&entry.path()), entry.path(), entry.file_type().ok()));
    let mut paths: Vec<(String, PathBuf, Option<FileType>)> = entries.filter(|(name, ..)| !name.starts_with('.')).collect();
    paths.sort_by(|(a, ..), (b, ..)| natural::compare(a, b));
    let all: HashSet<&Path> = paths.iter().map(|(_, path, _)| path.as_path()).collect();
    // Where a name is written in capitals, only the system knows whether it answers to small letters too.
    let odd = |path: &Path| path.extension().is_some_and(|ending| ending.to_string_lossy().chars().any(char::is_uppercase));
    let plain_names = !paths.iter().any(|(_, path, _)| odd(path));
    let beside = |path: &Path| plain_names.then(|| SHEETS.map(|ending| all.contains(path.with_extension(ending).as_path())));
    for (_, path, kind) in &paths {
        if kind.filter(|kind| !kind.is_symlink()).map_or_else(|| path.is_dir(), |kind| kind.is_dir()) {
            if depth > 0 {
                folder(path, depth - 1, sources, findings);
            }
            continue;
        }
        match ending(path).as_str() {
            "json" if all.contains(path.with_extension("txt").as_path()) => {
                let remark = Remark::info("beside-text", "there is a .txt with the same name, so this file is not read");
                findings.push(remark.on_file(path));
            }
            "ann" | "a1" | "a2" if !all.contains(path.with_extension("txt").as_path()) => findings.push(no_text(path)),
            "txt" if kind.is_some_and(|kind| kind.is_file()) => {
                sources.push(Source { path: path.clone(), asked: false, sheets: beside(path) });
            }
            ending if ENDINGS.contains(&ending) => sources.extend(regular(path, *kind, findings)),
            _ => {}
        }
    }
}

/// A file of a folder, unless it is a pipe or a device, which might never end.
fn regular(path: &Path, kind: Option<FileType>, findings: &mut Vec<Finding>) -> Option<Source> {
    if kind.is_some_and(|kind| kind.is_file()) {
        return Some(Source::at(path.to_path_buf(), false));
    }
    match fs::metadata(path) {
        Ok(kind) if kind.is_file() => Some(Source::at(path.to_path_buf(), false)),
        Ok(_) => {
            findings.push(Remark::error("not-a-file", "this is no ordinary file, so it is not read").on_file(path));
            None
        }
        Err(error) => {
            findings.push(unreadable(path, &error));
            None
        }
    }
}
