//! Where the time of a prediction goes.

use std::ops::AddAssign;
use std::time::Duration;

/// Time spent on the parts of predictions, and how much was encoded in it. Times of several threads add up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// Sentences, words, word pieces, windows.
    pub preparing: Duration,
    /// The encoder, with the emissions.
    pub encoding: Duration,
    /// The most probable tags, the spans they make, and how probable these are.
    pub decoding: Duration,
    /// Pairs of spans, their scores, and the roles chosen for them.
    pub relating: Duration,
    /// Word pieces that were encoded.
    pub pieces: usize,
}

impl AddAssign for Times {
    fn add_assign(&mut self, other: Self) {
        self.preparing += other.preparing;
        self.encoding += other.encoding;
        self.decoding += other.decoding;
        self.relating += other.relating;
        self.pieces += other.pieces;
    }
}
