//! Plain text: a document without annotations. The bytes are the text; a byte order mark and carriage returns stay, because
//! offsets in annotation files may count them.

use crate::document::Document;
use crate::text::SourceText;

/// A document of this text. The readers above have checked that it is UTF-8.
pub fn read(name: &str, text: &str) -> Document {
    Document::new(name, SourceText::new(text))
}
