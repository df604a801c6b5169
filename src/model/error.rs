//! What can go wrong with a model.

use std::path::PathBuf;

/// A model that can't be loaded or used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A file of the model folder can't be read.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file of the model folder does not hold what it should.
    #[error("{file}: {what}")]
    Damaged {
        /// The file, or its name inside the built-in model.
        file: String,
        /// What is wrong with it.
        what: String,
    },
    /// The folder was written by another version of rolecall.
    #[error(
        "this model folder has format {found}, but this rolecall reads format {expected}: train it again or use the rolecall that wrote it"
    )]
    Version {
        /// Format of the folder.
        found: u32,
        /// Format of this program.
        expected: u32,
    },
    /// One model of several.
    #[error("{folder}: {source}", folder = folder.display())]
    OneOf {
        /// Its folder.
        folder: PathBuf,
        /// What is wrong with it.
        source: Box<ModelError>,
    },
    /// A weight that should be there is not.
    #[error("the weights have no \"{0}\"")]
    MissingWeight(String),
    /// A weight of another shape than the configuration says.
    #[error("the weight \"{name}\" has the shape {found:?}, but the configuration says {expected:?}")]
    Shape {
        /// Its name.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// The shape that the configuration asks for.
        expected: Vec<usize>,
    },
    /// A configuration that this program can't compute.
    #[error("{0}")]
    Unsupported(String),
    /// The arithmetic failed.
    #[error("the computation failed: {0}")]
    Tensor(#[from] candle_core::Error),
    /// The words can't be cut into pieces.
    #[error("{0}")]
    Pieces(String),
}
