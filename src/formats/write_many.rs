//! Writing many documents into one folder: each file complete or not at all, as [`write_document`](super::write_document) does it,
//! but the disk is waited for once for a batch of them.

use super::atomic::{Together, remove_leftovers};
use super::write::{NewFile, NewFiles, file_name, new_files};
use super::{Format, WriteError, WriteOptions};
use crate::document::Document;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Files of a folder that are written beside their places, document after document, and put there together.
#[derive(Debug)]
pub struct WriteMany {
    target: PathBuf,
    format: Format,
    options: WriteOptions,
    together: Together,
    /// The paths of each document that waits, for its error.
    waiting: Vec<Vec<PathBuf>>,
}

impl WriteMany {
    /// For documents of a format into a folder, which is made when it is missing. What a killed process left between writing and
    /// putting in place is removed. The stamps of `options` are not looked at.
    ///
    /// # Errors
    /// When the folder can't be made or read.
    pub fn new(target: &Path, format: Format, options: WriteOptions) -> Result<Self, WriteError> {
        fs::create_dir_all(target).and_then(|()| remove_leftovers(target)).map_err(WriteError::io(target))?;
        let options = WriteOptions { stamps: None, ..options };
        Ok(Self { target: target.to_path_buf(), format, options, together: Together::default(), waiting: Vec::new() })
    }

    /// The folder.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// How documents are written.
    pub fn options(&self) -> &WriteOptions {
        &self.options
    }

    /// The files that hold a document of this name once it is written into a folder, with its text where that has its own.
    pub fn files_of(name: &str, format: Format, target: &Path) -> Vec<PathBuf> {
        let endings: &[&str] = match format {
            Format::Brat => &["txt", "ann"],
            Format::Bionlp => &["txt", "a1", "a2"],
            other => &[other.single_file().unwrap_or("txt")],
        };
        let name = file_name(name, target);
        endings.iter().map(|ending| target.join(format!("{name}.{ending}"))).collect()
    }

    /// Writes a document's files beside their places. A crash before [`WriteMany::put_in_place`] leaves none of them.
    ///
    /// # Errors
    /// [`WriteError`]: then nothing of this document waits.
    pub fn write(&mut self, document: &Document) -> Result<(), WriteError> {
        let before = self.together.len();
        let written = self.write_beside(document);
        if written.is_err() {
            self.together.truncate(before);
        }
        self.waiting.push(written?);
        Ok(())
    }

    fn write_beside(&mut self, document: &Document) -> Result<Vec<PathBuf>, WriteError> {
        let mut paths = Vec::new();
        let NewFiles { files, read } = new_files(document, self.format, &self.target, &self.options)?;
        for NewFile { path, real, content, fresh } in files {
            self.together.write(real, &content, fresh).map_err(WriteError::io(&path))?;
            paths.push(path);
        }
        if let (Format::Brat, Some(confs)) = (self.format, &self.options.confs) {
            confs.saw(read.as_ref(), &self.target)?;
        }
        Ok(paths)
    }

    /// Puts in place what waits, and returns what became of each document, in their order. Those without an error are on disk.
    pub fn put_in_place(&mut self) -> Vec<Result<(), WriteError>> {
        let mut placed = self.together.put_in_place().into_iter();
        let waiting = std::mem::take(&mut self.waiting);
        let outcomes = waiting.into_iter().map(|paths| {
            let files: Vec<_> = placed.by_ref().take(paths.len()).collect();
            files.into_iter().zip(&paths).try_for_each(|(placed, path)| placed.map_err(WriteError::io(path)))
        });
        outcomes.collect()
    }

    /// Time that the disk was waited for so far.
    pub fn waited(&self) -> Duration {
        self.together.waited()
    }
}
