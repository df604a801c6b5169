//! MEDLINE, also called nbib: what PubMed saves as "PubMed format". It is only read.
//!
//! ```text
//! PMID- 16371368
//! TI  - Title
//! AB  - Abstract, which goes on in lines
//!       that begin with six blanks.
//! ```
//!
//! A tag of four characters, `- ` and a value; `PMID` begins a record. The text is the title (`TI`, of a book `BTI`), a line end and
//! the abstract (`AB`, or else `OAB`). What else a record says is not kept.
//! The format: <https://www.nlm.nih.gov/bsd/mms/medlineelements.html>.

use super::Entry;
use super::finding::Remark;
use super::lines::{Line, Lines};
use crate::document::Document;
use crate::text::SourceText;
use std::io::{self, BufRead};
use std::path::{Path, PathBuf};

/// What a line begins with that goes on with the value above it.
const BLANKS: &str = "      ";

/// Reads records one by one. It ends behind the last one, or behind an error of the system.
#[derive(Debug)]
pub struct Reader<R> {
    lines: Lines<R>,
    file: PathBuf,
    /// The line that begins the next record.
    waiting: Option<(u32, String)>,
    done: bool,
}

/// What was read of a record.
#[derive(Debug, Default)]
struct Record {
    line: u32,
    fields: Vec<(String, String)>,
    remarks: Vec<(u32, Remark)>,
}

impl<R: BufRead> Reader<R> {
    /// Reads `input`; `file` is what it is called in findings.
    pub fn new(file: &Path, input: R) -> Self {
        Self { lines: Lines::new(input), file: file.to_path_buf(), waiting: None, done: false }
    }

    fn entry(&mut self) -> io::Result<Option<Entry>> {
        let mut record: Option<Record> = None;
        loop {
            let (number, line) = match self.waiting.take() {
                Some(line) => line,
                None => match self.lines.next()? {
                    Some(Line { number, content: Ok(line) }) => (number, line),
                    Some(Line { number, content: Err(remark) }) => {
                        let record = record.get_or_insert_with(|| Record { line: number, ..Record::default() });
                        record.remarks.push((number, remark));
                        continue;
                    }
                    None => {
                        self.done = true;
                        return Ok(record.map(|record| record.read(&self.file)));
                    }
                },
            };
            let line = line.trim_start_matches('\u{feff}').trim_end_matches('\r');
            // Six blanks alone are a line that goes on and says nothing.
            let goes_on = record.is_some() && line.starts_with(BLANKS);
            if line.trim().is_empty() && !goes_on {
                match record.take() {
                    Some(record) => return Ok(Some(record.read(&self.file))),
                    None => continue,
                }
            }
            if tag_of(line).is_some_and(|(tag, _)| tag == "PMID") && record.as_ref().is_some_and(Record::has_pmid) {
                self.waiting = Some((number, line.to_owned()));
                return Ok(record.map(|record| record.read(&self.file)));
            }
            record.get_or_insert_with(|| Record { line: number, ..Record::default() }).add(number, line);
        }
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = io::Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let entry = self.entry();
        self.done |= entry.is_err();
        entry.transpose()
    }
}

/// The tag of a line, without blanks, and its value; `None` when the line has none.
pub(super) fn tag_of(line: &str) -> Option<(&str, &str)> {
    let (tag, rest) = line.split_at_checked(4)?;
    let name = tag.trim_end();
    let is_tag = name.len() > 1 && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let value = rest.strip_prefix("- ").or_else(|| rest.strip_prefix('-').filter(|rest| rest.is_empty()))?;
    is_tag.then_some((name, value))
}

impl Record {
    fn has_pmid(&self) -> bool {
        self.fields.iter().any(|(tag, _)| tag == "PMID")
    }

    fn add(&mut self, number: u32, line: &str) {
        if let Some((tag, value)) = tag_of(line) {
            self.fields.push((tag.to_owned(), value.trim().to_owned()));
        } else if let (Some((_, value)), true) = (self.fields.last_mut(), line.starts_with(BLANKS)) {
            let more = line.trim();
            if !value.is_empty() && !more.is_empty() {
                value.push(' ');
            }
            value.push_str(more);
        } else {
            let shown: String = line.chars().take(60).collect();
            let remark = Remark::error("not-understood", format!("\"{shown}\" has neither a tag nor six blanks before it"));
            self.remarks.push((number, remark.hint("a line reads TAG - value; one that goes on begins with six blanks")));
        }
    }

    fn field(&self, tag: &str) -> Option<&str> {
        self.fields.iter().find(|(name, value)| name == tag && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    fn read(mut self, file: &Path) -> Entry {
        let mut remarks = std::mem::take(&mut self.remarks);
        let (title, text) = (self.field("TI").or_else(|| self.field("BTI")), self.field("AB").or_else(|| self.field("OAB")));
        let pmid = self.field("PMID").and_then(|pmid| pmid.split_whitespace().next());
        let mut document = None;
        if title.is_some() || text.is_some() || pmid.is_some() {
            let whole = [title, text].into_iter().flatten().collect::<Vec<_>>().join("\n");
            let stem = || file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            let name = pmid.map_or_else(|| format!("{}-{}", stem(), self.line), |pmid| format!("PubMed-{pmid}"));
            let mut read = Document::new(name, SourceText::new(whole));
            read.provenance.database = pmid.map(|_| "PubMed".to_owned());
            read.provenance.id = pmid.map(str::to_owned);
            document = Some(read);
        }
        if title.is_none() && text.is_none() {
            remarks.push((self.line, Remark::warning("no-text", "the record has neither a title nor an abstract")));
        }
        let findings = remarks.into_iter().map(|(number, remark)| remark.on(file, number)).collect();
        Entry { line: self.line, document, findings }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_all(source: &str) -> Vec<Entry> {
        Reader::new(Path::new("set.nbib"), source.as_bytes()).collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn records_are_read_with_lines_that_go_on() {
        let source = "\nPMID- 12\nOWN - NLM\nTI  - Loss of a\r\n      long gene.\nAB  - BACKGROUND: One - two.\n      METHODS: three.\nFAU - Doe, J\n\n\
                      PMID- 13\nTI  - No abstract.\nPMID- 14\nTI  - Other.\nOAB - In other words.\nodd line\n";
        let entries = read_all(source);
        let read: Vec<_> = entries.iter().map(|e| (e.line, e.document.as_ref().unwrap())).collect();
        let shown: Vec<_> = read.iter().map(|(line, d)| (*line, d.name.as_str(), d.text.as_str())).collect();
        let wanted = [
            (2, "PubMed-12", "Loss of a long gene.\nBACKGROUND: One - two. METHODS: three."),
            (10, "PubMed-13", "No abstract."),
            (12, "PubMed-14", "Other.\nIn other words."),
        ];
        assert_eq!(shown, wanted);
        assert_eq!((entries[2].findings[0].code, entries[2].findings[0].line), ("not-understood", 15));
        assert_eq!(read[0].1.provenance.id.as_deref(), Some("12"));
    }

    #[test]
    fn a_record_without_text_is_named() {
        let entries = read_all("PMID- 5\n\n");
        assert_eq!(entries[0].findings[0].code, "no-text");
        assert!(entries[0].document.as_ref().unwrap().text.is_empty());
    }

    proptest! {
        #[test]
        fn no_input_stops_the_reader(source in "(?s)([A-Z]{0,4} {0,6}[-]? ?.{0,9}\n?){0,8}") {
            let _ = read_all(&source);
        }
    }
}
