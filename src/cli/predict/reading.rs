//! The documents of a run, read one after the other on a thread of their own while others are predicted.

use super::Start;
use super::progress::{Earlier, Fingerprint, fingerprint};
use crate::cli::console;
use crate::cli::input::tell_findings;
use crate::cli::interrupt::Interrupt;
use crate::document::Document;
use crate::formats::{Format, Loaded, jsonl, load_paths};
use crate::worker::Feed;
use indicatif::ProgressBar;
use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

/// What goes with a document through the run.
pub(super) struct Item {
    /// The file it came from.
    pub(super) source: PathBuf,
    /// Its name, for the bar and for messages.
    pub(super) name: String,
    pub(super) fate: Fate,
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

/// Reads what the command line names and feeds it to the run.
pub(super) struct Reading<'a> {
    pub(super) start: Start<'a>,
    pub(super) earlier: Earlier,
    pub(super) interrupt: &'a Interrupt,
    pub(super) bar: &'a ProgressBar,
}

impl Reading<'_> {
    /// All documents of these paths; `-` is standard input, in JSON lines.
    pub(super) fn read(mut self, paths: &[PathBuf], feed: &mut Feed<'_, Item>) {
        for path in paths {
            let more = if path.as_os_str() == "-" {
                self.read_lines(path, io::stdin().lock(), feed)
            } else if is_lines(path) {
                match File::open(path) {
                    Ok(file) => self.read_lines(path, file, feed),
                    Err(error) => self.refuse(path, Some(format!("it can't be read: {error}")), feed),
                }
            } else {
                self.read_files(path, feed)
            };
            if !more {
                return;
            }
        }
    }

    fn read_files(&mut self, path: &Path, feed: &mut Feed<'_, Item>) -> bool {
        let report = load_paths(&[path.to_path_buf()]);
        // That a folder holds no documents is told at the end, when there are none anywhere.
        let findings: Vec<_> = report.all_findings().filter(|finding| finding.code != "no-documents").collect();
        self.bar.suspend(|| tell_findings(&findings));
        console::lengthen(self.bar, report.loaded.len());
        report.loaded.into_iter().all(|loaded| {
            let Loaded { document, source, format, .. } = loaded;
            self.pass_on(document, source, format, feed)
        })
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
            self.bar.suspend(|| tell_findings(&findings.iter().collect::<Vec<_>>()));
            let feed = &mut feed.borrow_mut();
            let more = match document {
                Some(document) => self.pass_on(document, path.to_path_buf(), Format::JsonLines, feed),
                None => self.refuse(path, findings.is_empty().then(|| format!("line {line} holds no document")), feed),
            };
            if !more {
                return false;
            }
        }
        true
    }

    fn pass_on(&mut self, document: Document, source: PathBuf, format: Format, feed: &mut Feed<'_, Item>) -> bool {
        if self.interrupt.asked() {
            return false;
        }
        let name = document.name.clone();
        if let Some(reason) = self.start.refusal(format, &source) {
            return feed.push(None, Item { source, name, fate: Fate::Refused(Some(reason)) });
        }
        let document = self.start.of(document);
        match fingerprint(&document) {
            Ok(print) if self.earlier.take(&print) => feed.push(None, Item { source, name, fate: Fate::DoneBefore }),
            Ok(print) => feed.push(Some(document), Item { source, name, fate: Fate::Predicted(print) }),
            Err(error) => feed.push(None, Item { source, name, fate: Fate::Refused(Some(error.to_string())) }),
        }
    }

    fn refuse(&self, source: &Path, reason: Option<String>, feed: &mut Feed<'_, Item>) -> bool {
        let name = source.display().to_string();
        feed.push(None, Item { source: source.to_path_buf(), name, fate: Fate::Refused(reason) })
    }
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
