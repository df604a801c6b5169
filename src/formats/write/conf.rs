//! The `annotation.conf` of the folders that brat standoff is written into.

use super::{WriteError, atomic};
use crate::document::{Document, Schema};
use crate::formats::brat::Used;
use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Writes an `annotation.conf` into each folder that has none: with the types and roles of a schema, and with whatever the documents
/// that are written there use beyond it.
#[derive(Debug)]
pub struct AnnotationConfs {
    schema: Arc<Schema>,
    /// `None` for folders that had one already, which is left alone.
    folders: Mutex<HashMap<PathBuf, Option<Conf>>>,
}

/// That of one folder.
#[derive(Debug, Default)]
struct Conf {
    used: Used,
    /// What was written here; `None` when nothing was yet.
    content: Option<String>,
}

impl AnnotationConfs {
    /// For this schema.
    pub fn new(schema: Arc<Schema>) -> Self {
        Self { schema, folders: Mutex::default() }
    }

    /// Brings that of a folder up to what a document holds that was just written there, as it reads back. Gives the file if it was
    /// written.
    ///
    /// # Errors
    /// [`WriteError::Io`].
    pub(in crate::formats) fn saw(&self, written: Option<&Document>, folder: &Path) -> Result<Option<PathBuf>, WriteError> {
        let path = folder.join("annotation.conf");
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        let is_free = || fs::symlink_metadata(&path).is_err();
        let known = folders.entry(folder.to_path_buf()).or_insert_with(|| is_free().then(Conf::default));
        let Some(conf) = known else { return Ok(None) };
        written.into_iter().for_each(|document| conf.used.add(document));
        let content = conf.used.configuration(&self.schema);
        let placed = match &conf.content {
            Some(there) if *there == content => return Ok(None),
            Some(_) => atomic::replace(&path, &content),
            None => atomic::create(&path, &content),
        };
        match placed {
            Ok(()) => {
                conf.content = Some(content);
                Ok(Some(path))
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                *known = None;
                Ok(None)
            }
            Err(source) => Err(WriteError::Io { path, source }),
        }
    }
}
