//! The model that is compiled into the program: `models/default`, a model folder like any other. `models/README.md` says how it was
//! trained and what it scores.

use super::folder::ModelFiles;
use std::borrow::Cow;

/// The files of the built-in model; they lie in the program's own memory and are not copied.
pub fn built_in() -> ModelFiles {
    ModelFiles {
        manifest: Cow::Borrowed(include_bytes!("../../models/default/manifest.json")),
        config: Cow::Borrowed(include_bytes!("../../models/default/config.json")),
        vocab: Cow::Borrowed(include_bytes!("../../models/default/vocab.txt")),
        weights: Cow::Borrowed(include_bytes!("../../models/default/weights.safetensors")),
    }
}
