//! A review session over loaded documents, with what their journals hold.

use super::exit::{Exit, Failure, OrFail as _};
use super::{input, schema};
use crate::document::Schema;
use crate::formats::LoadReport;
use crate::review::{self, Journals, LeftOut, OpenDocument, ReplayError, Session, set_aside};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A session and its journals, held by this process until they are dropped.
pub(super) struct Resumed {
    /// The documents as the curator left them.
    pub(super) session: Session,
    /// Ready to be appended to.
    pub(super) journals: Journals,
    /// Types and legal roles of the session.
    pub(super) schema: Arc<Schema>,
    /// What a person should know: lines that were cut off, a journal that lies elsewhere, decisions that were set aside.
    pub(super) notices: Vec<String>,
    /// Documents that changed since they were reviewed: the session does not hold them.
    pub(super) left_out: Vec<LeftOut>,
}

/// Opens a session over these documents and replays their journals, after the records of the documents of these names were set aside.
///
/// # Errors
/// A journal is held by another process or is damaged, or every document changed since it was reviewed.
pub(super) fn resume(report: LoadReport, aside: &[String]) -> Result<Resumed, Failure> {
    resume_with(report, aside, None)
}

/// Opens a session over these documents to look at it: as [`resume`], without holding the folders. A review may go on meanwhile.
///
/// # Errors
/// A journal is damaged, or every document changed since it was reviewed.
pub(super) fn look(report: LoadReport) -> Result<(Session, Vec<LeftOut>), Failure> {
    let (mut session, _, _) = begin(report, None)?;
    let left_out = Journals::look(&mut session).or_fail(Exit::Io, "The review can't be read")?;
    Ok((session, left_out))
}

/// The same with the schema of a file.
///
/// # Errors
/// As for [`resume`], or the schema can't be used.
pub(super) fn resume_with(report: LoadReport, aside: &[String], schema: Option<&Path>) -> Result<Resumed, Failure> {
    let (mut session, schema, mut told) = begin(report, schema)?;
    let mut notices = set_all_aside(&session, aside)?;
    notices.append(&mut told);
    let resumed = Journals::resume(&mut session).or_fail(Exit::Io, "The review can't be opened")?;
    let review::Resumed { journals, notices: more, left_out } = resumed;
    notices.extend(more);
    Ok(Resumed { session, journals, schema, notices, left_out })
}

/// A session over documents as they were read, its schema, and what is to be told of that.
fn begin(report: LoadReport, schema: Option<&Path>) -> Result<(Session, Arc<Schema>, Vec<String>), Failure> {
    let folders: BTreeSet<&Path> = report.loaded.iter().map(|loaded| input::folder_of(&loaded.source)).collect();
    let schema::Found { schema, notices } = schema::find(schema, folders)?;
    let open = report.loaded.into_iter().map(|loaded| {
        let home = input::folder_of(&loaded.source).to_path_buf();
        OpenDocument { document: loaded.document, home }
    });
    let session = Session::new(open.collect(), Arc::clone(&schema), curator());
    Ok((session, schema, notices))
}

/// Moves the records of documents out of the journals of all folders, and says where they are now.
fn set_all_aside(session: &Session, names: &[String]) -> Result<Vec<String>, Failure> {
    let homes: BTreeSet<PathBuf> = session.documents().iter().map(|document| document.home().to_path_buf()).collect();
    let mut notices = Vec::new();
    for name in names {
        let before = notices.len();
        for home in &homes {
            let moved = set_aside(home, name).or_fail(Exit::Io, format!("The decisions on {name:?} can't be set aside"))?;
            notices.extend(moved.map(|file| format!("The decisions on {name:?} are set aside in {}.", file.display())));
        }
        if notices.len() == before {
            notices.push(format!("There are no recorded decisions on {name:?} to set aside."));
        }
    }
    Ok(notices)
}

/// Which documents were left out, why, and what to do, in one line; `None` when all are there.
pub(super) fn summary(left_out: &[LeftOut]) -> Option<String> {
    const NAMED: usize = 3;
    let (first, others) = left_out.split_first()?;
    if others.is_empty() {
        let what = if matches!(first.why, ReplayError::TextChanged { .. }) { "text" } else { "annotations" };
        let key = &first.key;
        return Some(format!("left out {key:?}: its {what} changed; restore the file or start with --set-aside {key:?}"));
    }
    let names = left_out.iter().take(NAMED).map(|left| format!("{:?}", left.key)).collect::<Vec<_>>().join(", ");
    let more = left_out.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(format!("left out {names}{more}: they changed; restore the files or start with --set-aside NAME for each"))
}

/// Who reviews, as the system knows them.
fn curator() -> String {
    let name = ["USER", "USERNAME", "LOGNAME"].into_iter().find_map(|variable| std::env::var(variable).ok());
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| "curator".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left_out(key: &str) -> LeftOut {
        let why = ReplayError::AnnotationsChanged { document: key.to_owned() };
        LeftOut { index: 0, key: key.to_owned(), journal: PathBuf::new(), why }
    }

    #[test]
    fn what_was_left_out_is_named_with_the_way_forward() {
        assert_eq!(summary(&[]), None);
        let one = summary(&[left_out("a b")]).unwrap();
        assert_eq!(one, "left out \"a b\": its annotations changed; restore the file or start with --set-aside \"a b\"");
        let many = summary(&["a", "b", "c", "d"].map(left_out)).unwrap();
        assert!(many.starts_with("left out \"a\", \"b\", \"c\" and 1 more: they changed"), "{many}");
    }
}
