//! BioC, as XML and as JSON: a collection of documents, each of passages (and these perhaps of sentences) with a text, an offset,
//! annotations and relations. Whatever a file says in infons is kept and written back.
//!
//! Offsets are counted from the start of the document. The DTD says in bytes, most files count code points: which it is, is decided
//! by what the annotations say they cover, and said when it is not code points. An annotation with several locations is
//! discontinuous; a relation has two nodes, an event is a relation whose first node is called `Trigger`.
//!
//! What BioC has no place for is kept in infons: `attribute.A1`, `normalization.N1` and `note.#1` of the annotation that they are
//! about. The format: <https://bioc.sourceforge.net>, Comeau et al. 2013, doi:10.1093/database/bat064.

mod about;
mod assemble;
mod disassemble;
mod infons;
pub mod json;
mod layout;
mod model;
#[cfg(test)]
mod tests;
mod units;
pub mod xml;

pub use disassemble::losses;
pub(super) use disassemble::other_keys;

/// What of a BioC file has no other place is kept under this key.
const KEPT: &str = "bioc";
/// The infons of an annotation are kept under this key.
const INFONS: &str = "infons";
/// Where an annotation stands, and what a relation is between: under these keys is kept what their objects hold besides.
const LOCATIONS: &str = "locations";
const NODES: &str = "nodes";
/// Annotations and relations that were not understood are kept under these names.
const SKIPPED_ANNOTATIONS: &str = "bioc.annotations";
const SKIPPED_RELATIONS: &str = "bioc.relations";
/// What the first node of an event is called.
const TRIGGER: &str = "Trigger";

/// Whether items of BioC that were not understood are kept under this name.
pub(super) fn is_list(name: &str) -> bool {
    [SKIPPED_ANNOTATIONS, SKIPPED_RELATIONS].contains(&name)
}
