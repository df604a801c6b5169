//! In what numbers the products are computed.

use std::fmt;
use std::str::FromStr;

/// Numbers of the matrix products; everything between them is `f32`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Precision {
    /// 32-bit floating point.
    F32,
    /// 8-bit integers: weights with a scale per output channel, activations with a scale per row, found at run time. More than twice
    /// as fast; by cross-validation it costs a tenth of a point of F1 (`models/README.md`).
    #[default]
    Int8,
}

/// A name that stands for no [`Precision`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no precision: use f32 or int8")]
pub struct UnknownPrecision(String);

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::F32 => "f32",
            Self::Int8 => "int8",
        })
    }
}

impl FromStr for Precision {
    type Err = UnknownPrecision;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "f32" => Ok(Self::F32),
            "int8" => Ok(Self::Int8),
            _ => Err(UnknownPrecision(name.to_owned())),
        }
    }
}
