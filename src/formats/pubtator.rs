//! PubTator: blocks of lines, one for each document.
//!
//! ```text
//! 16371368|t|Title
//! 16371368|a|Abstract
//! 16371368<TAB>0<TAB>5<TAB>BRCA1<TAB>Gene<TAB>672          mention; the identifier may be missing, a seventh column may follow
//! 16371368<TAB>CID<TAB>D003920<TAB>D007674                 relation between identifiers; a fifth column may follow
//! ```
//!
//! Offsets count code points over title, one character, and abstract. Text lines are split at the first two bars only, and blanks at
//! the end of a title count. A new id begins a new document even without a blank line between. An identifier becomes a
//! normalisation; one without a database is of the database that is called like the type (`Gene:672`). Relations are between
//! identifiers in this format: they are shown between the first mentions of each.

mod block;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

pub use reader::Reader;
pub(super) use writer::{concepts_of, flat_column, relate_first_mentions, with_ids_of};
pub use writer::{losses, write};

/// What an identifier names: each of its parts, and the whole.
fn concepts(identifier: &str) -> impl Iterator<Item = &str> {
    identifier.split(['|', ';', ',']).chain([identifier])
}

/// Under this key stand the columns of an annotation behind those that are understood.
const FURTHER: &str = "pubtator_columns";
/// Under this key stand the identifiers that a relation was given between.
const CONCEPTS: &str = "pubtator_concepts";
/// The keys under which what is said of annotations beyond other formats is kept, and written back.
pub(super) const KEYS: [&str; 2] = [FURTHER, CONCEPTS];
/// Lines of a block that are no annotation are kept under this name.
pub(super) const SKIPPED: &str = "pubtator";
