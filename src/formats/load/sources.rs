//! Which files hold documents: those that a path names, and those in a folder.

use super::input::{ending, unreadable};
use crate::formats::finding::{Finding, Remark};
use crate::formats::natural;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Endings under which a folder's files may hold documents, without that of gzip.
const ENDINGS: [&str; 10] = ["txt", "json", "jsonl", "ndjson", "xml", "bioc", "pubtator", "nbib", "medline", "pubmed"];

/// A file with the text of one or more documents.
pub(super) struct Source {
    pub(super) path: PathBuf,
    /// Whether it was asked for by its own name.
    pub(super) asked: bool,
}

impl Source {
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
        sources.push(Source { path: path.to_path_buf(), asked: true });
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
        return Some(Source { path: path.to_path_buf(), asked: true });
    }
    let text = path.with_extension("txt");
    if !text.exists() {
        findings.push(no_text(path));
    }
    text.exists().then_some(Source { path: text, asked: true })
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
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    paths.retain(|path| !name(path).starts_with('.'));
    paths.sort_by(|a, b| natural::compare(&name(a), &name(b)));
    let all: BTreeSet<PathBuf> = paths.iter().cloned().collect();
    for path in &paths {
        if path.is_dir() {
            if depth > 0 {
                folder(path, depth - 1, sources, findings);
            }
            continue;
        }
        match ending(path).as_str() {
            "json" if all.contains(&path.with_extension("txt")) => {
                let remark = Remark::info("beside-text", "there is a .txt with the same name, so this file is not read");
                findings.push(remark.on_file(path));
            }
            "ann" | "a1" | "a2" if !all.contains(&path.with_extension("txt")) => findings.push(no_text(path)),
            ending if ENDINGS.contains(&ending) => sources.extend(regular(path, findings)),
            _ => {}
        }
    }
}

/// A file of a folder, unless it is a pipe or a device, which might never end.
fn regular(path: &Path, findings: &mut Vec<Finding>) -> Option<Source> {
    match fs::metadata(path) {
        Ok(kind) if kind.is_file() => Some(Source { path: path.to_path_buf(), asked: false }),
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
