//! The documents of a run, read one after the other on a thread of their own while others are predicted.

use super::progress::{Earlier, Fingerprint, fingerprint};
use super::{Place, Start, stream};
use crate::cli::interrupt::Interrupt;
use crate::cli::{console, input};
use crate::document::Document;
use crate::formats::{Finding, Format, Loaded, Severity, Visit, file_key, jsonl, visit_paths, visit_stream};
use crate::worker::Feed;
use indicatif::ProgressBar;
use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::HashSet;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// What goes with a document through the run.
pub(super) struct Item {
    /// The file it came from.
    pub(super) source: PathBuf,
    /// Its name, for the bar and for messages.
    pub(super) name: String,
    pub(super) fate: Fate,
    /// Errors that were found in it, though it could be read.
    pub(super) errors: usize,
}

/// What is to become of it.
pub(super) enum Fate {
    /// It is predicted and written; noted under this.
    Predicted(Fingerprint),
    /// An earlier run did it.
    DoneBefore,
    /// It can't be read or must not be predicted, for this reason; `None` when that was told already.
    Refused(Option<String>),
}

/// Reads documents and feeds them to the run.
pub(super) struct Reading<'a> {
    pub(super) start: Start,
    pub(super) place: Place<'a>,
    /// What the command line names.
    pub(super) paths: &'a [PathBuf],
    pub(super) earlier: Earlier,
    /// Names of documents whose results go to a folder, each as [`file_key`]: the first that is read has the name.
    pub(super) claimed: HashSet<String>,
    pub(super) interrupt: &'a Interrupt,
    pub(super) bar: &'a ProgressBar,
    /// Findings that were told.
    pub(super) told: usize,
}

/// How many findings are shown.
const FINDINGS_SHOWN: usize = 20;

impl Reading<'_> {
    /// All documents of the paths; `-` is standard input.
    pub(super) fn read(&mut self, feed: &mut Feed<'_, Item>) {
        for path in self.paths {
            let more = if path.as_os_str() == "-" {
                self.read_stream(path, io::stdin().lock(), feed)
            } else {
                visit_paths(std::slice::from_ref(path), &mut |visit| self.visit(visit, feed)).is_continue()
            };
            if !more {
                return;
            }
        }
    }

    fn read_stream(&mut self, path: &Path, mut input: impl BufRead + 'static, feed: &mut Feed<'_, Item>) -> bool {
        match stream::first_line(&mut input) {
            Ok(first) if stream::are_lines(&first) => self.read_lines(path, Cursor::new(first).chain(input), feed),
            Ok(first) => {
                let whole = Box::new(Cursor::new(first).chain(input));
                visit_stream(path, whole, &mut |visit| self.visit(visit, feed)).is_continue()
            }
            Err(error) => self.refuse(path, Some(format!("it can't be read: {error}")), feed),
        }
    }

    fn visit(&mut self, visit: Visit, feed: &mut Feed<'_, Item>) -> ControlFlow<()> {
        let file = match &visit {
            Visit::Document(loaded) => &loaded.source,
            Visit::Finding(finding) => &finding.file,
        };
        if self.place.folder.is_some_and(|out| input::is_earlier_result(file, out, self.paths)) {
            return ControlFlow::Continue(());
        }
        let more = match visit {
            Visit::Document(loaded) => {
                let Loaded { document, source, format, findings, .. } = *loaded;
                let errors = input::errors(&findings);
                self.tell(findings);
                self.pass_on(document, source, format, errors, feed)
            }
            // That a folder holds no documents is told at the end, when there are none anywhere.
            Visit::Finding(finding) if finding.code == "no-documents" => true,
            Visit::Finding(finding) => {
                let (failed, source) = (finding.severity == Severity::Error, finding.file.clone());
                self.tell(vec![finding]);
                !failed || self.refuse(&source, None, feed)
            }
        };
        if more { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }

    /// Tells findings until there were many.
    fn tell(&mut self, findings: Vec<Finding>) {
        for finding in findings {
            self.told += 1;
            match self.told.cmp(&FINDINGS_SHOWN) {
                Ordering::Less => self.bar.suspend(|| console::note(&finding.to_string())),
                Ordering::Equal => {
                    self.bar.suspend(|| console::note("… and more findings; `rolecall validate` shows them all."));
                }
                Ordering::Greater => {}
            }
        }
    }

    fn read_lines(&mut self, path: &Path, input: impl Read, feed: &mut Feed<'_, Item>) -> bool {
        let feed = RefCell::new(feed);
        // Before it waits for more, all that came is on its way: the other end of a pipe may be waiting for the answer.
        let pausing = Pausing {
            input,
            pause: || {
                feed.borrow_mut().flush();
            },
        };
        for entry in jsonl::Reader::new(path, BufReader::with_capacity(1 << 17, pausing)) {
            let jsonl::Entry { document, findings, line } = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    return self.refuse(path, Some(format!("it can't be read further: {error}")), &mut feed.borrow_mut());
                }
            };
            let reason = findings.is_empty().then(|| format!("line {line} holds no document"));
            let errors = input::errors(&findings);
            self.tell(findings);
            let feed = &mut feed.borrow_mut();
            let more = match document {
                Some(document) => self.pass_on(document, path.to_path_buf(), Format::JsonLines, errors, feed),
                None => self.refuse(path, reason, feed),
            };
            if !more {
                return false;
            }
        }
        true
    }

    fn pass_on(&mut self, document: Document, source: PathBuf, format: Format, errors: usize, feed: &mut Feed<'_, Item>) -> bool {
        if self.interrupt.asked() {
            return false;
        }
        let name = document.name.clone();
        let (document, fate) = self.decide(document, &source, format);
        feed.push(document, Item { source, name, fate, errors })
    }

    /// What is to become of a document, and what of it is to be predicted.
    fn decide(&mut self, document: Document, source: &Path, format: Format) -> (Option<Document>, Fate) {
        if let Some(reason) = self.place.refusal(format, source) {
            return (None, Fate::Refused(Some(reason)));
        }
        if self.place.folder.is_some() && !self.claimed.insert(file_key(&document.name)) {
            let reason = "the results of another document of the same name go to this folder";
            return (None, Fate::Refused(Some(reason.to_owned())));
        }
        let document = self.start.of(document);
        match fingerprint(&document) {
            Ok(print) if self.earlier.take(&print) && self.place.holds(&document.name) => (None, Fate::DoneBefore),
            Ok(print) => (Some(document), Fate::Predicted(print)),
            Err(error) => (None, Fate::Refused(Some(error.to_string()))),
        }
    }

    fn refuse(&self, source: &Path, reason: Option<String>, feed: &mut Feed<'_, Item>) -> bool {
        let name = source.display().to_string();
        feed.push(None, Item { source: source.to_path_buf(), name, fate: Fate::Refused(reason), errors: 0 })
    }
}

/// How many documents these paths hold, as far as the names of the files tell, for the bar; `None` when one may hold many.
pub(super) fn expected(paths: &[PathBuf]) -> Option<usize> {
    paths.iter().map(|path| expected_at(path, 1)).sum()
}

fn expected_at(path: &Path, depth: u32) -> Option<usize> {
    if path.is_dir() {
        let entries = std::fs::read_dir(path).ok()?.flatten();
        let shown = entries.map(|entry| entry.path()).filter(|path| !is_hidden(path) && (depth > 0 || !path.is_dir()));
        return shown.map(|path| expected_at(&path, depth.saturating_sub(1))).sum();
    }
    match path.extension()?.to_str()? {
        "txt" | "json" => Some(1),
        "ann" | "a1" | "a2" | "conf" => Some(0),
        _ => None,
    }
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// Whether a path names a file in JSON lines.
pub(super) fn is_lines(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("jsonl"))
}

/// A source that says when it is about to wait.
struct Pausing<R, F> {
    input: R,
    pause: F,
}

impl<R: Read, F: FnMut()> Read for Pausing<R, F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (self.pause)();
        self.input.read(buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_counted_where_a_file_holds_one() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("more")).unwrap();
        for name in ["a.txt", "a.ann", "b.json", "more/c.txt", ".hidden"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let paths = [folder.path().to_path_buf()];
        assert_eq!(expected(&paths), Some(3));
        std::fs::write(folder.path().join("many.jsonl"), "").unwrap();
        assert_eq!(expected(&paths), None);
        assert_eq!(expected(&[PathBuf::from("-")]), None);
    }
}
