//! All documents behind each other: on standard output, or in one file, which gets its name when it is whole.

use crate::cli::console;
use crate::cli::exit::{Exit, Failure, OrFail as _};
use crate::document::Document;
use crate::formats::{Format, Stream, WriteOptions, unfinished};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// A stream of documents and where it goes.
pub(super) struct Collected {
    stream: Stream,
    /// The file, and what it is to be called; `None`: standard output.
    file: Option<(NamedTempFile, PathBuf)>,
    overwrite: bool,
}

impl Collected {
    /// On standard output.
    ///
    /// # Errors
    /// When documents of this format can't stand behind each other.
    pub(super) fn on_output(format: Format) -> Result<Self, Failure> {
        Ok(Self { stream: stream(format)?, file: None, overwrite: false })
    }

    /// In a file, which is replaced only with `overwrite`.
    ///
    /// # Errors
    /// As for standard output, or when the file can't be made or is there.
    pub(super) fn in_file(format: Format, path: &Path, overwrite: bool) -> Result<Self, Failure> {
        let stream = stream(format)?;
        if path.exists() && !overwrite {
            let sentence = format!("{} is there already; choose another --out, or give --overwrite.", path.display());
            return Err(Failure::new(Exit::Io, sentence));
        }
        let file = unfinished(path).or_fail(Exit::Io, format!("{} can't be made", path.display()))?;
        Ok(Self { stream, file: Some((file, path.to_path_buf())), overwrite })
    }

    /// Adds a document. What is returned inside says whether there is any use in going on.
    ///
    /// # Errors
    /// When this document can't be written in the format.
    pub(super) fn add(&mut self, document: &Document, options: &WriteOptions) -> Result<io::Result<()>, Failure> {
        let content = self.stream.document(document, options).or_fail(Exit::Io, "it was not written")?;
        Ok(write(&mut self.file, content.as_bytes()))
    }

    /// Writes the end, and names the file.
    ///
    /// # Errors
    /// When that fails; then the file is gone, and one that had its name is as it was.
    pub(super) fn end(self) -> io::Result<()> {
        let Self { stream, mut file, overwrite } = self;
        write(&mut file, stream.end().as_bytes())?;
        let Some((file, path)) = file else { return Ok(()) };
        file.as_file().sync_all()?;
        let named = if overwrite { file.persist(path) } else { file.persist_noclobber(path) };
        named.map(drop).map_err(|error| error.error)
    }
}

fn stream(format: Format) -> Result<Stream, Failure> {
    Stream::new(format).or_fail(Exit::Usage, "Documents can't be written behind each other")
}

fn write(file: &mut Option<(NamedTempFile, PathBuf)>, content: &[u8]) -> io::Result<()> {
    match file {
        Some((file, _)) => file.write_all(content),
        None => console::data(content),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::load_paths;
    use crate::text::SourceText;

    #[test]
    fn a_file_of_all_has_its_name_when_it_is_whole_and_none_is_replaced_unasked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("all.jsonl");
        let documents = ["a", "b"].map(|name| Document::new(name, SourceText::new("Loss.")));
        let write = |overwrite: bool, documents: &[Document]| {
            let mut all = Collected::in_file(Format::JsonLines, &path, overwrite).map_err(|failure| failure.sentence())?;
            documents.iter().for_each(|document| all.add(document, &WriteOptions::default()).unwrap().unwrap());
            assert!(overwrite || !path.exists());
            all.end().map_err(|error| error.to_string())
        };
        write(false, &documents).unwrap();
        assert_eq!(load_paths(std::slice::from_ref(&path)).loaded.len(), 2);
        assert!(write(false, &documents[..1]).unwrap_err().contains("--overwrite"));
        assert_eq!(load_paths(std::slice::from_ref(&path)).loaded.len(), 2);
        write(true, &documents[..1]).unwrap();
        assert_eq!(load_paths(std::slice::from_ref(&path)).loaded.len(), 1);
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
        assert_eq!(Collected::in_file(Format::Brat, &path, true).map(drop).unwrap_err().exit, Exit::Usage);
    }
}
