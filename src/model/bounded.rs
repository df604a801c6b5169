//! Files of a model folder are looked at before they are read: what is no ordinary file, is larger than any model, or whose header
//! claims more than is there, takes no memory.

use super::ModelError;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// Largest file of weights that is read, in bytes: 4 GiB, three times BERT large in 32 bits.
pub const MAX_WEIGHTS: u64 = 4 << 30;

/// Largest manifest, configuration or vocabulary that is read, in bytes: 64 MiB.
pub const MAX_TEXT: u64 = 64 << 20;

/// Largest header of a safetensors file, in bytes, as its format has it.
const MAX_HEADER: u64 = 100_000_000;

/// Reads a file that may have as many bytes.
///
/// # Errors
/// It is no ordinary file, has more bytes, or can't be read.
pub fn read(path: &Path, most: u64) -> Result<Vec<u8>, ModelError> {
    let io = |source: io::Error| ModelError::Io { path: path.to_path_buf(), source };
    let kind = fs::metadata(path).map_err(io)?;
    if !kind.is_file() {
        return Err(damaged(path, "it is no ordinary file".to_owned()));
    }
    if kind.len() > most {
        return Err(damaged(path, format!("it has {} bytes, and no more than {most} are read", kind.len())));
    }
    let mut bytes = Vec::new();
    // It may have grown since.
    File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes)).map_err(io)?;
    Ok(bytes)
}

/// Reads a safetensors file, after a look at what the first eight bytes say of its header.
///
/// # Errors
/// As for [`read`], or the header would be longer than the file.
pub fn read_weights(path: &Path) -> Result<Vec<u8>, ModelError> {
    let io = |source: io::Error| ModelError::Io { path: path.to_path_buf(), source };
    let kind = fs::metadata(path).map_err(io)?;
    let mut first = [0; 8];
    if kind.is_file() && File::open(path).and_then(|mut file| file.read_exact(&mut first)).is_ok() {
        let claimed = u64::from_le_bytes(first);
        if claimed > MAX_HEADER.min(kind.len().saturating_sub(8)) {
            let what = format!("its header claims {claimed} bytes, the file has {}", kind.len());
            return Err(damaged(path, what));
        }
    }
    read(path, MAX_WEIGHTS)
}

fn damaged(path: &Path, what: String) -> ModelError {
    let name = path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
    ModelError::Damaged { file: name, what }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_claims_more_than_the_file_has_is_refused_before_the_file_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.safetensors");
        for claimed in [u64::MAX, 1 << 40, 3] {
            fs::write(&path, [&claimed.to_le_bytes()[..], b"{}"].concat()).unwrap();
            let error = read_weights(&path).unwrap_err().to_string();
            assert_eq!(error, format!("weights.safetensors: its header claims {claimed} bytes, the file has 10"));
        }
        fs::write(&path, [&2u64.to_le_bytes()[..], b"{}"].concat()).unwrap();
        assert_eq!(read_weights(&path).unwrap().len(), 10);
    }

    #[test]
    fn a_file_larger_than_any_model_takes_no_memory() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.safetensors");
        let file = File::create(&path).unwrap();
        // Sparse: it takes no room on the disk either.
        file.set_len(1 << 40).unwrap();
        let error = read_weights(&path).unwrap_err().to_string();
        assert!(error.contains("1099511627776 bytes, and no more than 4294967296"), "{error}");
        let error = read(&path, MAX_TEXT).unwrap_err().to_string();
        assert!(error.contains("no more than 67108864"), "{error}");
    }

    #[test]
    fn a_folder_or_a_device_is_no_file_of_a_model() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read_weights(folder.path()).unwrap_err().to_string().contains("no ordinary file"));
        #[cfg(unix)]
        {
            let link = folder.path().join("vocab.txt");
            std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
            assert!(read(&link, MAX_TEXT).unwrap_err().to_string().starts_with("vocab.txt: it is no ordinary file"));
        }
    }
}
