//! The demo abstracts: compiled in, and unpacked to a folder of the user so that decisions on them persist.

use super::exit::{Exit, Failure, OrFail as _};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// File names and contents; `assets/demo/README.md` says what each is there for.
const FILES: &[(&str, &str)] = &[
    ("demo-1-nfkbia.txt", include_str!("../../assets/demo/demo-1-nfkbia.txt")),
    ("demo-2-kcnh2.txt", include_str!("../../assets/demo/demo-2-kcnh2.txt")),
    ("demo-3-lrp5.txt", include_str!("../../assets/demo/demo-3-lrp5.txt")),
    ("demo-4-lrrk2.txt", include_str!("../../assets/demo/demo-4-lrrk2.txt")),
    ("demo-5-gck.txt", include_str!("../../assets/demo/demo-5-gck.txt")),
    ("demo-5-gck.ann", include_str!("../../assets/demo/demo-5-gck.ann")),
];

/// Where the demo abstracts were put.
#[derive(Debug)]
pub(super) struct Demo {
    /// The folder.
    pub(super) folder: PathBuf,
    /// Whether decisions made there are found again by the next start.
    pub(super) persists: bool,
}

/// Unpacks the demo abstracts into the user's data directory or, where that can't be written, into a temporary folder.
///
/// # Errors
/// Neither can be written.
pub(super) fn unpack() -> Result<Demo, Failure> {
    if let Some(folder) = data_folder()
        && unpack_into(&folder).is_ok()
    {
        return Ok(Demo { folder, persists: true });
    }
    let folder = tempfile::Builder::new().prefix("rolecall-demo-").tempdir().map(tempfile::TempDir::keep);
    let folder = folder.and_then(|folder| unpack_into(&folder).map(|()| folder));
    let folder = folder.or_fail(Exit::Io, "The demo abstracts could not be unpacked")?;
    Ok(Demo { folder, persists: false })
}

/// `…/rolecall/demo-<hash>`: abstracts that change with a later version get a folder of their own, so that offsets in an old
/// journal always fit their texts.
fn data_folder() -> Option<PathBuf> {
    let mut hasher = blake3::Hasher::new();
    for (name, contents) in FILES {
        hasher.update(name.as_bytes()).update(&[0]).update(contents.as_bytes()).update(&[0]);
    }
    let hash: String = hasher.finalize().to_hex().chars().take(8).collect();
    Some(directories::ProjectDirs::from("", "", "rolecall")?.data_dir().join(format!("demo-{hash}")))
}

/// Unpacks the demo abstracts into a folder, which is made if need be. What is there stays.
pub(super) fn unpack_into(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for (name, contents) in FILES {
        put_unless_there(folder, name, contents)?;
    }
    Ok(())
}

/// A file that is there stays as it is: it may hold results of the curator.
fn put_unless_there(folder: &Path, name: &str, contents: &str) -> io::Result<()> {
    let target = folder.join(name);
    if target.try_exists()? {
        return Ok(());
    }
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(contents.as_bytes())?;
    match file.persist_noclobber(&target) {
        Ok(_) => Ok(()),
        // Another start unpacked it a moment ago.
        Err(_) if target.exists() => Ok(()),
        Err(error) => Err(error.error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unpacking_twice_keeps_what_was_written_in_between() {
        let folder = tempfile::tempdir().unwrap();
        unpack_into(folder.path()).unwrap();
        let result = folder.path().join("demo-5-gck.ann");
        std::fs::write(&result, "T1\tGene 0 1\tA\n").unwrap();
        unpack_into(folder.path()).unwrap();
        assert_eq!(std::fs::read_to_string(result).unwrap(), "T1\tGene 0 1\tA\n");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), FILES.len());
    }

    #[test]
    fn the_abstracts_are_what_their_readme_says() {
        let text = |name: &str| FILES.iter().find(|(file, _)| file.starts_with(name)).unwrap().1;
        assert!(text("demo-1").contains("IκBα-ΔN"));
        assert!(text("demo-2").lines().filter(|line| line.split(':').next().is_some_and(|l| l.to_uppercase() == l)).count() >= 4);
        assert!(text("demo-3").split_whitespace().count() > 450);
        assert!(text("demo-4").contains("(AD)") && text("demo-4").contains("(PD)"));
        for (name, contents) in FILES {
            assert!(contents.ends_with('\n') && !contents.contains('\r') && !contents.starts_with('\u{feff}'), "{name}");
        }
    }
}
