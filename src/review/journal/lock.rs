//! One process holds a folder at a time.

use super::JournalError;
use super::place::LOCK;
use crate::formats::hold;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

/// The lock on a folder's journal. The system releases it with the file, however the process ends.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock in `folder`, on behalf of the documents in `home`.
    pub(super) fn take(folder: &Path, home: &Path) -> Result<Self, JournalError> {
        let path = folder.join(LOCK);
        let options = File::options().create(true).truncate(false).read(true).write(true).open(&path);
        let mut file = options.map_err(JournalError::io(&path))?;
        if !hold(&file).map_err(JournalError::io(&path))? {
            let mut holder = String::new();
            // The name is a courtesy: without it the message still says what to do.
            let _ = file.take(200).read_to_string(&mut holder);
            let holder: String = holder.chars().filter(|c| !c.is_control()).collect();
            let holder = if holder.is_empty() { "another process".to_owned() } else { holder };
            return Err(JournalError::Held { folder: home.to_path_buf(), holder });
        }
        let name = format!("process {}", std::process::id());
        let written = file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0))).and_then(|_| file.write_all(name.as_bytes()));
        written.map_err(JournalError::io(&path))?;
        Ok(Self { _file: file })
    }
}
