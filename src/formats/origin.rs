//! Source database and id in the names of files: formats that have no place for them keep them so, as `PubMed-16371368`.

use crate::document::Document;

/// Databases by which files are named.
const DATABASES: [&str; 2] = ["PubMed", "PMC"];

/// Sets database and id of a document that has none but is named after them.
pub(super) fn of_name(document: &mut Document) {
    if document.provenance.id.is_none()
        && let Some((database, id)) = split(&document.name)
    {
        (document.provenance.database, document.provenance.id) = (Some(database.to_owned()), Some(id.to_owned()));
    }
}

/// Whether the name of a document says its database and id.
pub(super) fn is_in_name(document: &Document) -> bool {
    let said = (document.provenance.database.as_deref(), document.provenance.id.as_deref());
    split(&document.name).map_or((None, None), |(database, id)| (Some(database), Some(id))) == said
}

fn split(name: &str) -> Option<(&str, &str)> {
    let (database, id) = name.split_once('-')?;
    let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    (is_id && DATABASES.contains(&database)).then_some((database, id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::SourceText;

    #[test]
    fn only_names_of_known_databases_are_taken_apart() {
        for (name, id) in
            [("PubMed-12", Some("12")), ("PMC-3", Some("3")), ("PubMed-", None), ("PubMed-1-2", None), ("a-1", None)]
        {
            let mut document = Document::new(name, SourceText::new("x"));
            assert_eq!(is_in_name(&document), id.is_none());
            of_name(&mut document);
            assert_eq!(document.provenance.id.as_deref(), id, "{name}");
            assert!(is_in_name(&document));
        }
    }
}
