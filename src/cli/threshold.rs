//! A probability on the command line.

use std::str::FromStr;

/// The confidence below which proposals are left out, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Threshold(pub(super) f32);

/// Not a number from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a confidence is a number from 0 to 1, such as 0.5")]
pub(super) struct NotAThreshold;

impl FromStr for Threshold {
    type Err = NotAThreshold;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().ok().filter(|number| (0.0..=1.0).contains(number)).map(Self).ok_or(NotAThreshold)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_probabilities_are_taken() {
        assert_eq!("0.25".parse(), Ok(Threshold(0.25)));
        for wrong in ["1.1", "-0.1", "NaN", "inf", "half", ""] {
            assert_eq!(wrong.parse::<Threshold>(), Err(NotAThreshold), "{wrong}");
        }
    }
}
