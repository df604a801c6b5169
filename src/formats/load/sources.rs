//! Which files hold documents: those that a path names, and those in a folder.

use super::input::{ending, unreadable};
use super::standoff::Sheets;
use crate::formats::finding::{Finding, Remark};
use crate::formats::natural;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Endings under which a folder's files may hold documents, without that of gzip.
const ENDINGS: [&str; 10] = ["txt", "json", "jsonl", "ndjson", "xml", "bioc", "pubtator", "nbib", "medline", "pubmed"];

/// A file with the text of one or more documents.
pub(super) struct Source {
    pub(super) path: PathBuf,
    /// Whether it was asked for by its own name.
    pub(super) asked: bool,
    /// The annotation files beside it.
    pub(super) sheets: Sheets,
}

impl Source {
    /// A file that was named.
    pub(super) fn asked_for(path: &Path) -> Self {
        Self { path: path.to_path_buf(), asked: true, sheets: Sheets::beside(path) }
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
        sources.push(Source::asked_for(path));
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
        return Some(Source::asked_for(path));
    }
    let text = path.with_extension("txt");
    if !text.exists() {
        findings.push(no_text(path));
    }
    text.exists().then(|| Source::asked_for(&text))
}

fn no_text(path: &Path) -> Finding {
    Remark::error("no-text", "the text of this annotation file, a .txt with the same name, is missing").on_file(path)
}

/// What a folder lists.
struct Listed {
    name: String,
    path: PathBuf,
    kind: ListedKind,
}

enum ListedKind {
    Folder,
    File,
    /// A pipe or a device, which might never end.
    Special,
    /// It can't be said: a link to nothing, for example.
    Unknown(io::Error),
}

/// What a folder holds, in natural order, without names that begin with a dot. The system is asked once for all, and again only for
/// links: thousands of questions are what opening a large folder would take longest for.
fn list(folder_path: &Path) -> io::Result<Vec<Listed>> {
    let mut listed = Vec::new();
    for entry in fs::read_dir(folder_path)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        let path = entry.path();
        let kind = match entry.file_type() {
            Ok(kind) if kind.is_symlink() => fs::metadata(&path).map(|it| it.file_type()),
            kind => kind,
        };
        let kind = match kind {
            Ok(kind) if kind.is_dir() => ListedKind::Folder,
            Ok(kind) if kind.is_file() => ListedKind::File,
            Ok(_) => ListedKind::Special,
            Err(error) => ListedKind::Unknown(error),
        };
        listed.push(Listed { name, path, kind });
    }
    listed.sort_by(|a, b| natural::compare(&a.name, &b.name));
    Ok(listed)
}

/// Whether a folder inside another is, by a link, this other or one around it: its files would be read twice.
fn leads_back(inner: &Path, outer: &Path) -> bool {
    let real = |path: &Path| fs::canonicalize(path).ok();
    real(inner).zip(real(outer)).is_some_and(|(inner, outer)| outer.starts_with(inner))
}

/// The sources in a folder and, `depth` levels deep, in its folders.
fn folder(folder_path: &Path, depth: u32, sources: &mut Vec<Source>, findings: &mut Vec<Finding>) {
    let listed = match list(folder_path) {
        Ok(listed) => listed,
        Err(error) => return findings.push(unreadable(folder_path, &error)),
    };
    let is_there = |it: &&Listed| !matches!(it.kind, ListedKind::Unknown(_));
    let names: HashSet<Option<&OsStr>> = listed.iter().filter(is_there).map(|it| it.path.file_name()).collect();
    // Where an ending is written in capitals, only the system knows whether it answers to small letters too.
    let odd = |it: &Listed| it.path.extension().is_some_and(|ending| ending.to_string_lossy().chars().any(char::is_uppercase));
    let ask = listed.iter().any(odd);
    let exists = |path: &Path| names.contains(&path.file_name()) || (ask && path.exists());
    for Listed { path, kind, .. } in &listed {
        if matches!(kind, ListedKind::Folder) {
            if depth > 0 && !leads_back(path, folder_path) {
                folder(path, depth - 1, sources, findings);
            }
            continue;
        }
        match ending(path).as_str() {
            "json" if exists(&path.with_extension("txt")) => {
                let remark = Remark::info("beside-text", "there is a .txt with the same name, so this file is not read");
                findings.push(remark.on_file(path));
            }
            "ann" | "a1" | "a2" if !exists(&path.with_extension("txt")) => findings.push(no_text(path)),
            ending if ENDINGS.contains(&ending) => match kind {
                ListedKind::Unknown(error) => findings.push(unreadable(path, error)),
                ListedKind::Special => {
                    let remark = Remark::error("not-a-file", "this is no ordinary file, so it is not read");
                    findings.push(remark.on_file(path));
                }
                _ => sources.push(Source { path: path.clone(), asked: false, sheets: Sheets::beside_with(path, &exists) }),
            },
            _ => {}
        }
    }
}
