//! `pytorch_model.bin`: a zip archive with a pickle of names and shapes beside the values. The pickle is read as data by candle; no code
//! in it is run, and what is not a tensor is passed over.

use super::damaged;
use crate::model::ModelError;
use candle_core::Tensor;
use candle_core::pickle::{PthTensors, TensorInfo};
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// The first bytes of a zip archive.
const ZIP: [u8; 4] = *b"PK\x03\x04";

/// All tensors of a file by their names.
pub(super) fn read(path: &Path) -> Result<HashMap<String, Tensor>, ModelError> {
    let io = |source| ModelError::Io { path: path.to_path_buf(), source };
    let mut file = File::open(path).map_err(io)?;
    let size = file.metadata().map_err(io)?.len();
    let mut start = [0; 4];
    if file.read_exact(&mut start).is_err() || start != ZIP {
        let what = "it is not a zip archive, as PyTorch writes since version 1.6: files of older versions are not read; \
            load it in PyTorch and save it again, best as model.safetensors";
        return Err(damaged(path, what));
    }
    // candle's reader takes the arguments of a tensor from a tuple without asking how many there are, so a crafted file makes it panic.
    let found = catch_unwind(AssertUnwindSafe(|| tensors(path, size)));
    found.unwrap_or_else(|_| Err(damaged(path, "its pickle is not that of named tensors")))
}

fn tensors(path: &Path, size: u64) -> Result<HashMap<String, Tensor>, ModelError> {
    let file = PthTensors::new(path, None).map_err(|error| damaged(path, error))?;
    if file.tensor_infos().is_empty() {
        return Err(damaged(path, "there are no named tensors in it"));
    }
    let mut tensors = HashMap::new();
    for (name, info) in file.tensor_infos() {
        // Before memory is taken for it: values are not compressed, so a tensor is no larger than its file.
        if bytes(info).is_none_or(|bytes| bytes > size) {
            return Err(damaged(path, format!("\"{name}\" is larger than the file: {:?}", info.layout.dims())));
        }
        let tensor = file.get(name).map_err(|error| damaged(path, format!("\"{name}\": {error}")))?;
        tensors.extend(tensor.map(|tensor| (name.clone(), tensor)));
    }
    Ok(tensors)
}

/// Size of a tensor's values, unless it is beyond all numbers.
fn bytes(info: &TensorInfo) -> Option<u64> {
    info.layout.dims().iter().try_fold(info.dtype.size_in_bytes() as u64, |size, &dim| size.checked_mul(dim as u64))
}
