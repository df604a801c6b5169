//! Writing result files: complete or not at all, never over a text, never outside the target folder, never what would not read back.

mod conf;

pub use conf::AnnotationConfs;

use super::export::{Selection, first_difference, prepare};
use super::naming::is_one_component;
use super::{Format, Stamps, Visit, atomic, bioc, bionlp, brat, jsonl, pubannotation, pubtator, safe_name, visit_paths};
use crate::document::{Document, SourceLine, Status};
use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What to write besides the annotations that stand.
#[derive(Clone, Debug, Default)]
pub struct WriteOptions {
    /// Confidence and state as notes (in PubAnnotation as attributes).
    pub notes: bool,
    /// Also the text, as `.txt`, when there is none in the target yet. A text that is there is never touched.
    pub with_text: bool,
    /// Also what is only proposed.
    pub include_proposed: bool,
    /// Writes brat's `annotation.conf` when the target has none; `None`: it is not written.
    pub confs: Option<Arc<AnnotationConfs>>,
    /// What the files held when they were read: one that another program changed since is not overwritten. `None`: none is looked at.
    pub stamps: Option<Arc<Stamps>>,
    /// A file that is there, holds something else, and was not among those that were read, is not replaced either.
    pub careful: bool,
}

/// A file that was not written; what was there before is untouched.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The system refused.
    #[error("{} can't be written: {source}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A text of this name is there, and it is another one.
    #[error("{} holds another text, so the annotations would not fit it; choose another folder", .0.display())]
    OtherText(PathBuf),
    /// A file of this name is there that holds other documents, or none that could be read.
    #[error("{} holds other documents than this one, so it is not replaced; choose another folder", .0.display())]
    OtherDocuments(PathBuf),
    /// Another program changed a file since it was read.
    #[error("{} was changed by another program since it was read, so it is not overwritten; open it again, or choose another folder", .0.display())]
    Changed(PathBuf),
    /// A file of this name is there that holds something else than would be written, and nobody said that it may go.
    #[error("{} is there already and holds something else, so it is not replaced; choose another folder", .0.display())]
    Holds(PathBuf),
    /// A file of this name is there, and only new ones are written.
    #[error("{} is there already; choose a folder that is new", .0.display())]
    Taken(PathBuf),
    /// Documents of this format do not stand behind each other.
    #[error("documents in the format {0} do not stand in one stream; give a folder")]
    NoStream(Format),
    /// The format is only read.
    #[error("{0} is a format that is only read")]
    OnlyRead(Format),
    /// A link that leads out of the target folder, or nowhere.
    #[error("{} is a link that leads out of the folder; nothing was written", .0.display())]
    LeavesTarget(PathBuf),
    /// What would be written does not read back equal.
    #[error("{} was not written: {id} would not read back as it is", .path.display())]
    NotReadBack {
        /// The file.
        path: PathBuf,
        /// The first annotation that differs.
        id: String,
    },
}

impl WriteError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        |source| Self::Io { path: path.to_path_buf(), source }
    }
}

/// Writes a document into a folder, which is made when it is missing, and returns the files that hold it now. The files bear the
/// document's name, made safe by [`safe_name`].
///
/// # Errors
/// [`WriteError`]. When the system fails half way, of two BioNLP files the first may be the new one; each file is whole.
pub fn write_document(
    document: &Document,
    format: Format,
    target: &Path,
    options: &WriteOptions,
) -> Result<Vec<PathBuf>, WriteError> {
    write_and_read_back(document, format, target, options).map(|written| written.paths)
}

/// A document that was written.
#[derive(Debug)]
pub struct Written {
    /// The files that hold it now.
    pub paths: Vec<PathBuf>,
    /// What reads back from them: what stands of the document and has a place in the format. `None` when that holds no annotations.
    pub read: Option<Document>,
}

/// As [`write_document`], which it is, and also returns what the files hold.
///
/// # Errors
/// As for [`write_document`].
pub fn write_and_read_back(
    document: &Document,
    format: Format,
    target: &Path,
    options: &WriteOptions,
) -> Result<Written, WriteError> {
    let mut paths = Vec::new();
    let NewFiles { files, read } = new_files(document, format, target, options)?;
    for NewFile { path, real, content, fresh } in files {
        let placed = if fresh { atomic::create(&real, &content) } else { atomic::replace(&real, &content) };
        placed.map_err(WriteError::io(&path))?;
        if let Some(stamps) = options.stamps.as_ref().filter(|_| !fresh) {
            stamps.set(&real, content.as_bytes());
        }
        paths.push(path);
    }
    if let (Format::Brat, Some(confs)) = (format, &options.confs) {
        paths.extend(confs.saw(read.as_ref(), target)?);
    }
    Ok(Written { paths, read })
}

/// A file that is to be put in place.
pub(super) struct NewFile {
    /// Its path as it is told to people.
    pub(super) path: PathBuf,
    /// Where it really is.
    pub(super) real: PathBuf,
    pub(super) content: String,
    /// Whether there must be none of this name.
    pub(super) fresh: bool,
}

/// The files that are to hold a document, and what reads back from them.
pub(super) struct NewFiles {
    pub(super) files: Vec<NewFile>,
    pub(super) read: Option<Document>,
}

/// The files that hold a document in a folder, which is made when it is missing; all is checked, nothing is written yet.
pub(super) fn new_files(
    document: &Document,
    format: Format,
    target: &Path,
    options: &WriteOptions,
) -> Result<NewFiles, WriteError> {
    fs::create_dir_all(target).map_err(WriteError::io(target))?;
    let folder = fs::canonicalize(target).map_err(WriteError::io(target))?;
    let name = file_name(&document.name, target);
    let selection = Selection { notes: options.notes, proposed: options.include_proposed };
    let Contents { files: contents, read } = contents(&prepare(document, format, selection), format, target, &name)?;
    let text = target.join(format!("{name}.txt"));
    if standoff(format) {
        check_text(document, &text)?;
    }
    contents.iter().try_for_each(|(path, _)| check_documents(document, format, path))?;
    let real: Vec<PathBuf> = contents.iter().map(|(path, _)| confined(&folder, path)).collect::<Result<_, _>>()?;
    let real_text = confined(&folder, &text)?;
    let changed = |path: &&PathBuf| options.stamps.as_ref().is_some_and(|stamps| stamps.is_changed(path));
    if let Some(path) = real.iter().find(changed) {
        return Err(WriteError::Changed(path.clone()));
    }
    if options.careful {
        let is_known = |path: &Path| options.stamps.as_ref().is_some_and(|stamps| stamps.is_known(path));
        let mut files = real.iter().zip(&contents);
        if let Some((path, _)) = files.find(|(path, (_, content))| !is_known(path) && holds_other(path, content)) {
            return Err(WriteError::Holds(path.clone()));
        }
    }
    let mut files = Vec::new();
    if (options.with_text && standoff(format) || format == Format::Plain) && !text.exists() {
        files.push(NewFile { path: text, real: real_text, content: document.text.as_str().to_owned(), fresh: true });
    }
    let annotations = real.into_iter().zip(contents);
    files.extend(annotations.map(|(real, (path, content))| NewFile { path, real, content, fresh: false }));
    Ok(NewFiles { files, read })
}

/// The name of the files: that of a text that is there already, or the safe form.
pub(super) fn file_name(name: &str, target: &Path) -> String {
    let is_there = is_one_component(name) && target.join(format!("{name}.txt")).exists();
    if is_there { name.to_owned() } else { safe_name(name) }
}

/// A document in a format.
#[derive(Default)]
struct Contents {
    /// Its files with what goes into them; none when the format holds no annotations.
    files: Vec<(PathBuf, String)>,
    /// What reads back from them.
    read: Option<Document>,
}

/// The files of a format with what goes into them, checked to read back equal.
fn contents(document: &Document, format: Format, target: &Path, name: &str) -> Result<Contents, WriteError> {
    let path = |ending: &str| target.join(format!("{name}.{ending}"));
    let text = document.text.clone();
    let (files, read) = match format {
        Format::Plain => return Ok(Contents::default()),
        Format::Brat => {
            let (file, content) = (path("ann"), brat::write(document));
            let (read, _) = brat::read(name, text, &file, &content);
            (vec![(file, content)], Some(read))
        }
        Format::Bionlp => {
            let (given, found) = bionlp::write(document);
            let (a1, a2) = (path("a1"), path("a2"));
            let (read, _) = bionlp::read(name, text, Some((&a1, &given)), Some((&a2, &found)));
            (vec![(a1, given), (a2, found)], Some(read))
        }
        Format::PubAnnotation => {
            let (file, content) = (path("json"), pubannotation::write(document));
            let mut read = pubannotation::read(name, &file, &content).documents.pop().map(|(read, _)| read);
            if let Some(read) = &mut read {
                // Tracks are written back as they were, and read as proposals again.
                read.entities.retain(|_, entity| entity.status != Status::Proposed);
                read.relations.retain(|_, relation| relation.status != Status::Proposed);
            }
            (vec![(file, content)], read)
        }
        Format::JsonLines => {
            let mut content = Vec::new();
            let file = path("jsonl");
            // Writing to memory does not fail, and what serde_json writes is UTF-8; both would be found out below.
            let _ = jsonl::write(document, &mut content);
            let content = String::from_utf8(content).unwrap_or_default();
            let read = jsonl::read_line(&file, 1, &content).document;
            (vec![(file, content)], read)
        }
        Format::BiocXml => {
            let (file, content) = (path("xml"), bioc::xml::write([document]));
            let read = bioc::xml::Reader::new(&file, content.as_bytes()).find_map(|entry| entry.ok()?.document);
            (vec![(file, content)], read)
        }
        Format::BiocJson => {
            let (file, content) = (path("json"), bioc::json::write([document]));
            let read = bioc::json::read(name, &file, &content).into_iter().find_map(|(read, _)| read);
            (vec![(file, content)], read)
        }
        Format::PubTator => {
            let (file, content) = (path("pubtator"), pubtator::write(document));
            let read = pubtator::Reader::new(&file, content.as_bytes()).find_map(|entry| entry.ok()?.document);
            let read = read.map(|read| pubtator::with_ids_of(read, document));
            (vec![(file, content)], read)
        }
        Format::Medline | Format::PubMed => return Err(WriteError::OnlyRead(format)),
    };
    let kept: Vec<&str> = document.given_lines.iter().chain(&document.source_lines).filter_map(kept_id).collect();
    let keeps_items = !document.provenance.skipped.is_empty();
    let difference = match &read {
        Some(read) => first_difference(document, read, |id| keeps_items || kept.contains(&id)).map(|id| id.to_string()),
        None => Some("the document".to_owned()),
    };
    match (difference, files.first()) {
        (Some(id), Some((path, _))) => Err(WriteError::NotReadBack { path: path.clone(), id }),
        _ => Ok(Contents { files, read }),
    }
}

/// The id at the beginning of a line that was not understood.
fn kept_id(line: &SourceLine) -> Option<&str> {
    match line {
        SourceLine::Verbatim(line) => line.split('\t').next(),
        SourceLine::Annotation { .. } | SourceLine::Equivalence { .. } => None,
    }
}

/// Checks that a document which was prepared for a format reads back equal from it.
pub(super) fn check(document: &Document, format: Format) -> Result<(), WriteError> {
    contents(document, format, Path::new(""), &safe_name(&document.name)).map(drop)
}

/// Whether the text stands in a file of its own.
fn standoff(format: Format) -> bool {
    matches!(format, Format::Brat | Format::Bionlp | Format::Plain)
}

/// The text as every format can hold it.
fn flat(document: &Document) -> String {
    let text = document.text.as_str().chars();
    text.map(|c| if c.is_whitespace() || bioc::xml::is_forbidden(c) || c == char::REPLACEMENT_CHARACTER { ' ' } else { c })
        .collect()
}

/// Refuses to replace a file that holds anything but this document: it may be a collection of which this is one.
fn check_documents(document: &Document, format: Format, path: &Path) -> Result<(), WriteError> {
    if matches!(format, Format::Brat | Format::Bionlp | Format::Plain) || !path.exists() {
        return Ok(());
    }
    let (mut same, mut other) = (0, 0);
    let _ = visit_paths(&[path.to_path_buf()], &mut |visit| {
        match visit {
            Visit::Document(loaded) if flat(&loaded.document).trim_end() == flat(document).trim_end() => same += 1,
            Visit::Document(_) => other += 1,
            Visit::Finding(_) => {}
        }
        if other > 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    if same == 1 && other == 0 { Ok(()) } else { Err(WriteError::OtherDocuments(path.to_path_buf())) }
}

/// Refuses to put annotations beside a text that is not theirs.
fn check_text(document: &Document, path: &Path) -> Result<(), WriteError> {
    match fs::read(path) {
        Ok(there) if there != document.text.as_str().as_bytes() => Err(WriteError::OtherText(path.to_path_buf())),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(WriteError::io(path)(error)),
    }
}

/// Whether a file holds something, and something else than this.
fn holds_other(path: &Path, content: &str) -> bool {
    match fs::read(path) {
        Ok(there) => !there.is_empty() && there != content.as_bytes(),
        // What can't be read may hold anything.
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    }
}

/// Where a file really is: itself, or inside the same folder the file that it is a link to.
fn confined(folder: &Path, path: &Path) -> Result<PathBuf, WriteError> {
    if !fs::symlink_metadata(path).is_ok_and(|file| file.is_symlink()) {
        return Ok(path.to_path_buf());
    }
    let real = fs::canonicalize(path).ok().filter(|real| real.starts_with(folder));
    real.ok_or_else(|| WriteError::LeavesTarget(path.to_path_buf()))
}

#[cfg(test)]
mod tests;
