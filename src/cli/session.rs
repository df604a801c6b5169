//! A review session over loaded documents, with what their journals hold.

use super::exit::{Exit, Failure, OrFail as _};
use super::input;
use crate::document::Schema;
use crate::formats::LoadReport;
use crate::review::{Journals, OpenDocument, Session};
use std::sync::Arc;

/// A session and its journals, held by this process until they are dropped.
pub(super) struct Resumed {
    /// The documents as the curator left them.
    pub(super) session: Session,
    /// Ready to be appended to.
    pub(super) journals: Journals,
    /// Types and legal roles of the session.
    pub(super) schema: Arc<Schema>,
    /// What a person should know: lines that were cut off, a journal that lies elsewhere.
    pub(super) notices: Vec<String>,
}

/// Opens a session over these documents and replays their journals.
///
/// # Errors
/// A journal is held by another process, is damaged, or does not fit its documents.
pub(super) fn resume(report: LoadReport) -> Result<Resumed, Failure> {
    let schema = Arc::new(Schema::agac().or_fail(Exit::Io, "The built-in schema is damaged")?);
    let open = report.loaded.into_iter().map(|loaded| {
        let home = input::folder_of(&loaded.source).to_path_buf();
        OpenDocument { document: loaded.document, home }
    });
    let mut session = Session::new(open.collect(), Arc::clone(&schema), curator());
    let (journals, notices) = Journals::resume(&mut session).or_fail(Exit::Io, "The review can't be opened")?;
    Ok(Resumed { session, journals, schema, notices })
}

/// Who reviews, as the system knows them.
fn curator() -> String {
    let name = ["USER", "USERNAME", "LOGNAME"].into_iter().find_map(|variable| std::env::var(variable).ok());
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| "curator".to_owned())
}
