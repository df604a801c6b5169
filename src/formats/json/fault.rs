//! Where a source stops being JSON.

use crate::formats::finding::{Finding, Remark};
use crate::text::LineColumn;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::path::Path;

/// What is wrong with a source that is no JSON, and in which of its lines, from 1.
pub(in crate::formats) struct Fault {
    remark: Remark,
    line: u32,
}

impl Fault {
    /// What the parser says of a source.
    pub(in crate::formats) fn of(source: &str, error: &serde_json::Error) -> Self {
        let line = source.split('\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
        let column = line.get(..error.column().saturating_sub(1)).unwrap_or(line).chars().count() as u32 + 1;
        let sentence = error.to_string();
        let sentence = sentence.split(" at line ").next().unwrap_or_default();
        let remark = Remark::error("json", format!("this is not JSON: {sentence}")).at(column);
        Self { remark, line: error.line().max(1) as u32 }
    }

    /// The finding in a file in which the source begins at this place.
    pub(in crate::formats) fn on(self, file: &Path, begin: LineColumn) -> Finding {
        let Self { remark, line } = self;
        let before = if line == 1 { begin.column - 1 } else { 0 };
        let column = remark.column + before;
        remark.at(column).on(file, begin.line + line - 1)
    }
}

/// What is wrong with a source; `None` when it is JSON.
pub(in crate::formats) fn fault(source: &str) -> Option<Fault> {
    let broken = serde_json::from_str::<IgnoredAny>(source).err();
    let error = broken.or_else(|| serde_json::from_str::<Value>(source).err())?;
    Some(Fault::of(source, &error))
}
