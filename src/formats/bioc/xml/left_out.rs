//! What stands in a file of XML although BioC knows nothing of the kind, and a document has no place for it.

use crate::formats::finding::Remark;
use crate::text::LineColumn;
use indexmap::IndexMap;

/// So many different things are named of one document.
const MOST: usize = 1000;

/// Declarations of names and schemas, which say nothing of the document.
const DECLARATIONS: [&str; 4] = ["xmlns", "xsi", "schemaLocation", "noNamespaceSchemaLocation"];

/// What was left out since it was last taken: each thing with where it stands first and how often it does.
#[derive(Debug, Default)]
pub(super) struct LeftOut(IndexMap<String, (LineColumn, u32)>);

impl LeftOut {
    pub(super) fn attribute(&mut self, key: &str, of: &str, place: LineColumn) {
        if !DECLARATIONS.contains(&key) {
            self.add(format!("BioC knows no attribute \"{key}\" of <{of}>, which is left out"), place);
        }
    }

    pub(super) fn element(&mut self, name: &str, inside: &str, place: LineColumn) {
        self.add(format!("BioC knows no <{name}> in <{inside}>, which is left out"), place);
    }

    pub(super) fn text(&mut self, inside: &str, place: LineColumn) {
        self.add(format!("BioC knows no text between the elements of <{inside}>, which is left out"), place);
    }

    pub(super) fn infon(&mut self, key: &str, place: LineColumn) {
        self.add(
            format!("the infon \"{key}\" comes again in one element: the last one counts, what stood first is left out"),
            place,
        );
    }

    pub(super) fn again(&mut self, name: &str, place: LineColumn) {
        self.add(format!("<{name}> comes again in one element: the last one counts, what stood first is left out"), place);
    }

    fn add(&mut self, what: String, place: LineColumn) {
        if self.0.len() < MOST || self.0.contains_key(&what) {
            let (_, count) = self.0.entry(what).or_insert((place, 0));
            *count = count.saturating_add(1);
        }
    }

    /// What is to be said of all that.
    pub(super) fn take(&mut self) -> Vec<(LineColumn, Remark)> {
        let said = std::mem::take(&mut self.0).into_iter().map(|(what, (place, count))| {
            let times = if count > 1 { format!(" {count} times in this document") } else { String::new() };
            (place, Remark::warning("left-out", format!("{what}{times}")))
        });
        said.collect()
    }
}
