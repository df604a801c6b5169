//! PubAnnotation JSON: a document, or an array of documents, each an object
//! `{text, sourcedb, sourceid, denotations: [{id, span: {begin, end}, obj}], relations: [{id, pred, subj, obj}], attributes, modifications}`.
//!
//! Spans count Unicode code points, the end is exclusive. Ids are optional. A discontinuous mention is a list of spans, or a chain
//! of `_lexicallyChainedTo` relations over denotations with the type `_FRAGMENT`. Keys that are not known are kept.
//! The annotations of `tracks` become proposals of their projects.
//! The format: <https://www.pubannotation.org/docs/annotation-format/>.

mod chain;
mod items;
mod quick;
mod reader;
#[cfg(test)]
mod tests;
mod tracks;
mod writer;

pub use reader::{Collection, read};
pub use writer::{to_value, write};

/// The keys of its lists; items that were not understood are kept under the same names.
pub(super) const LISTS: [&str; 4] = ["denotations", "relations", "attributes", "modifications"];
/// The type of a fragment that belongs to a later one.
const FRAGMENT: &str = "_FRAGMENT";
/// The relation from a later fragment to the one before it.
const CHAINED: &str = "_lexicallyChainedTo";
/// Where the fragments that were chained to an entity are kept among its unknown keys.
const KEPT_CHAIN: &str = "_fragments";
