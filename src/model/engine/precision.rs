//! In what numbers the products are computed.

use crate::nlp::named;

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

impl Precision {
    /// All, from the most exact to the fastest.
    pub const ALL: [Self; 2] = [Self::F32, Self::Int8];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Int8 => "int8",
        }
    }
}

named!(Precision, UnknownPrecision, "is no precision: use f32 or int8");
