//! What is wrong, or at least strange, in a file that was read.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};

/// How bad a [`Finding`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; nothing is wrong.
    Info,
    /// It was loaded, but somebody should look at it.
    Warning,
    /// It could not be loaded as what it claims to be. Lines are kept and written back all the same.
    Error,
}

impl Severity {
    /// `error`, `warning` or `info`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Something found in a file, at a place, with a way forward where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file.
    pub file: PathBuf,
    /// Line from 1; 0 when the finding is about the whole file.
    pub line: u32,
    /// Column in code points from 1; 0 when the finding is about the whole file.
    pub column: u32,
    /// How bad it is.
    pub severity: Severity,
    /// A stable name of the kind of finding, e.g. `text-mismatch`.
    pub code: &'static str,
    /// What was found, in a sentence without a full stop.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The line as it should read, when that is known for certain.
    pub repair: Option<String>,
}

impl Finding {
    /// `file:line:column`, with control characters made visible; the file alone when the finding is about all of it.
    fn place(&self) -> String {
        let file = visible(&self.file.to_string_lossy()).into_owned();
        if self.line > 0 { format!("{file}:{}:{}", self.line, self.column) } else { file }
    }

    /// `file:line:column: severity [code] message (hint)`, with control characters made visible.
    pub fn in_full(&self) -> String {
        let hint = self.hint.as_ref().map(|hint| format!(" ({})", visible(hint))).unwrap_or_default();
        format!("{}: {} [{}] {}{hint}", self.place(), self.severity.name(), self.code, visible(&self.message))
    }
}

impl fmt::Display for Finding {
    /// `file:line:column: message (hint)`, with control characters made visible.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place(), visible(&self.message))?;
        match &self.hint {
            Some(hint) => write!(f, " ({})", visible(hint)),
            None => Ok(()),
        }
    }
}

/// A finding whose file and line are not known yet, as the parsers of single lines make them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Remark {
    pub(crate) column: u32,
    pub(crate) severity: Severity,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    pub(crate) repair: Option<String>,
}

impl Remark {
    fn new(severity: Severity, code: &'static str, message: impl Into<String>) -> Self {
        Self { column: 1, severity, code, message: message.into(), hint: None, repair: None }
    }

    pub(crate) fn info(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Info, code, message)
    }

    pub(crate) fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    pub(crate) fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    pub(crate) fn at(mut self, column: u32) -> Self {
        self.column = column;
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn repair(mut self, line: impl Into<String>) -> Self {
        self.repair = Some(line.into());
        self
    }

    /// The same for a format in which an annotation is no line of its own, so that no line can take its place.
    pub(crate) fn without_repair(self) -> Self {
        Self { repair: None, ..self }
    }

    /// The finding at this line of this file.
    pub(crate) fn on(self, file: &Path, line: u32) -> Finding {
        let Self { column, severity, code, message, hint, repair } = self;
        Finding { file: file.to_path_buf(), line, column, severity, code, message, hint, repair }
    }

    /// The finding about the file as a whole.
    pub(crate) fn on_file(self, file: &Path) -> Finding {
        self.at(0).on(file, 0)
    }
}

/// Whether a character changes in which direction the text around it is shown.
pub fn turns_direction(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The string with control characters and those that turn the reading direction escaped, safe to send to a terminal.
pub fn visible(text: &str) -> Cow<'_, str> {
    let hidden = |c: char| c.is_control() || turns_direction(c) || matches!(c, '\u{2028}' | '\u{2029}');
    if !text.contains(hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if hidden(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_says_where_and_sends_no_escape_sequence() {
        let finding = Remark::error("x", "found \"\u{1b}[2J\"").at(4).hint("look").on(Path::new("a.ann"), 3);
        assert_eq!(finding.to_string(), "a.ann:3:4: found \"\\u{1b}[2J\" (look)");
        assert_eq!(finding.in_full(), "a.ann:3:4: error [x] found \"\\u{1b}[2J\" (look)");
        assert_eq!(Remark::error("x", "gone").on_file(Path::new("a.ann")).to_string(), "a.ann: gone");
    }

    #[test]
    fn reading_direction_can_not_be_turned() {
        assert_eq!(visible("a\u{202e}b\n"), "a\\u{202e}b\\n");
        assert!(matches!(visible("α β"), Cow::Borrowed(_)));
    }
}
