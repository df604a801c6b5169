//! Which types and roles a review has: those that its folder brings, or that are asked for, or AGAC's.

use super::exit::{Exit, Failure, OrFail as _};
use crate::document::{Schema, SchemaError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Names of schema files in a folder of documents, the first that is there counts.
const NAMES: [&str; 2] = ["schema.toml", "annotation.conf"];

/// A schema, and what a person should know of how it was found.
pub(super) struct Found {
    pub(super) schema: Arc<Schema>,
    pub(super) notices: Vec<String>,
}

/// The schema that was asked for by its file, else the first that these folders bring, else AGAC's.
///
/// # Errors
/// The schema that was asked for can't be used. One that a folder brings and that can't be used is told and passed over.
pub(super) fn find<'a>(asked: Option<&Path>, folders: impl IntoIterator<Item = &'a Path>) -> Result<Found, Failure> {
    if let Some(file) = asked {
        let schema = read(file).map_err(|why| Failure::new(Exit::Usage, format!("The schema can't be used: {why}")))?;
        return Ok(Found { schema: Arc::new(schema), notices: Vec::new() });
    }
    let built_in = || Schema::agac().or_fail(Exit::Io, "The built-in schema is damaged");
    let mut notices = Vec::new();
    let mut found: Option<(PathBuf, Schema)> = None;
    for folder in folders {
        let files = NAMES.map(|name| folder.join(name));
        let Some(file) = files.into_iter().find(|file| file.is_file()) else { continue };
        match (read(&file), &found) {
            (Err(why), _) => notices.push(format!("{why}; it is passed over")),
            (Ok(schema), None) => found = Some((file, schema)),
            (Ok(schema), Some((first, known))) if schema != *known => {
                notices.push(format!("{} says other types than {}, which are used for all", file.display(), first.display()));
            }
            _ => {}
        }
    }
    let schema = found.map_or_else(built_in, |(_, schema)| Ok(schema))?;
    Ok(Found { schema: Arc::new(schema), notices })
}

fn read(file: &Path) -> Result<Schema, String> {
    let text = |file: &Path| std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()));
    let brat = file.extension().is_some_and(|ending| ending == "conf");
    let named = |error: SchemaError| format!("{}: {}", file.display(), error.to_string().trim_end());
    if !brat {
        return Schema::from_toml(&text(file)?).map_err(named);
    }
    let visual = Some(file.with_file_name("visual.conf")).filter(|file| file.is_file());
    Schema::from_brat(&text(file)?, visual.as_deref().map(text).transpose()?.as_deref()).map_err(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_brings_its_schema_and_one_that_is_wrong_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let name = |asked: Option<&Path>| find(asked, [path]).map(|found| (found.schema.name.clone(), found.notices.len()));
        assert_eq!(name(None).unwrap(), ("agac".to_owned(), 0));
        std::fs::write(path.join("annotation.conf"), "[entities]\nDog\n").unwrap();
        assert_eq!(name(None).unwrap(), ("annotation.conf".to_owned(), 0));
        std::fs::write(path.join("annotation.conf"), "[relations]\n").unwrap();
        assert_eq!(name(None).unwrap(), ("agac".to_owned(), 1));
        std::fs::write(path.join("schema.toml"), include_str!("../../assets/schema/agac.toml").replace("\"agac\"", "\"own\""))
            .unwrap();
        assert_eq!(name(None).unwrap(), ("own".to_owned(), 0));
        assert!(name(Some(&path.join("annotation.conf"))).unwrap_err().sentence().contains("no types"));
    }

    #[test]
    fn what_an_export_leaves_in_a_folder_reads_as_the_same_types_and_roles() {
        let agac = Schema::agac().unwrap();
        let conf = crate::formats::brat::Used::default().configuration(&agac);
        let again = Schema::from_brat(&conf, None).unwrap();
        assert_eq!((&again.entities, &again.legal), (&agac.entities, &agac.legal));
    }
}
