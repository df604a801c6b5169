//! What the scorer is told of a pair besides states and types, in few bytes: a text of many mentions has very many pairs.

/// How many different counts a pair comes with.
const COUNTS: usize = 9;

/// What is said of a pair without looking at its words. A count is told by which of a few values it has, the last standing for all
/// beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PairFeatures {
    /// Whether both stand in one sentence.
    pub(super) same_sentence: bool,
    /// Whether the subject begins before the object.
    pub(super) subject_first: bool,
    /// Words between the two.
    words_between: u32,
    /// By [`Count`].
    counts: [u8; COUNTS],
}

/// The counts of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Count {
    /// Mentions of the object's type that are nearer to the subject.
    NearerToSubject,
    /// Mentions of the subject's type that are nearer to the object.
    NearerToObject,
    /// Mentions nearer to the subject that may be its objects.
    OtherObjects,
    /// Mentions nearer to the object that may be its subjects.
    OtherSubjects,
    /// As `NearerToSubject`, on the object's side only.
    NearerOnObjectsSide,
    /// As `NearerToObject`, on the subject's side only.
    NearerOnSubjectsSide,
    /// Mentions between the two.
    Between,
    /// Other mentions in the subject's sentence that may be its objects.
    ObjectsBeside,
    /// Other mentions in the object's sentence that may be its subjects.
    SubjectsBeside,
}

impl Count {
    /// All, in the order in which the scorer's first layer is told of them.
    const ALL: [Self; COUNTS] = [
        Self::NearerToSubject,
        Self::NearerToObject,
        Self::OtherObjects,
        Self::OtherSubjects,
        Self::NearerOnObjectsSide,
        Self::NearerOnSubjectsSide,
        Self::Between,
        Self::ObjectsBeside,
        Self::SubjectsBeside,
    ];

    /// How many values are told apart.
    pub(super) const fn values(self) -> usize {
        match self {
            Self::NearerOnObjectsSide | Self::NearerOnSubjectsSide => 3,
            Self::ObjectsBeside | Self::SubjectsBeside => 5,
            _ => 4,
        }
    }

    /// Column of its first value among all that the scorer is told.
    pub(super) fn column(self) -> usize {
        PairFeatures::FIRST_COUNT + Self::ALL.iter().take(self as usize).map(|count| count.values()).sum::<usize>()
    }
}

impl PairFeatures {
    /// Number of values that the scorer is told: two conditions, a length, and one value for each value of each count.
    pub const WIDTH: usize = 39;

    /// Columns of what is no count.
    pub(super) const SAME_SENTENCE: usize = 0;
    pub(super) const SUBJECT_FIRST: usize = 1;
    pub(super) const LENGTH: usize = 2;
    const FIRST_COUNT: usize = 3;

    /// `counts` in the order of [`Count`]; they may be larger than what is told apart.
    pub(super) fn new(same_sentence: bool, subject_first: bool, words_between: usize, counts: [u32; COUNTS]) -> Self {
        let mut kept = [0; COUNTS];
        for ((kept, value), count) in kept.iter_mut().zip(counts).zip(Count::ALL) {
            *kept = value.min(count.values() as u32 - 1) as u8;
        }
        Self { same_sentence, subject_first, words_between: words_between.try_into().unwrap_or(u32::MAX), counts: kept }
    }

    /// Which of its values a count has.
    #[inline]
    pub(super) fn count(&self, count: Count) -> usize {
        usize::from(self.counts[count as usize])
    }

    /// The length between the two, of about unit size.
    fn length(&self) -> f32 {
        Self::length_of(self.words_between as usize)
    }

    /// That of so many words.
    pub(super) fn length_of(words: usize) -> f32 {
        (words as f32).ln_1p() / 3.0
    }

    /// Adds all values, [`PairFeatures::WIDTH`] of about unit size.
    pub(super) fn write(&self, into: &mut Vec<f32>) {
        into.extend([f32::from(u8::from(self.same_sentence)), f32::from(u8::from(self.subject_first)), self.length()]);
        for count in Count::ALL {
            into.extend((0..count.values()).map(|value| f32::from(u8::from(value == self.count(count)))));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_count_sets_the_value_at_its_column_and_no_other() {
        let features = PairFeatures::new(true, false, 7, [0, 1, 2, 9, 1, 5, 3, 4, 2]);
        let mut values = Vec::new();
        features.write(&mut values);
        assert_eq!(values.len(), PairFeatures::WIDTH);
        assert_eq!(values[..2], [1.0, 0.0]);
        assert!((values[PairFeatures::LENGTH] - 8.0_f32.ln() / 3.0).abs() < 1e-6);
        for count in Count::ALL {
            let told = &values[count.column()..count.column() + count.values()];
            assert_eq!(told.iter().sum::<f32>(), 1.0, "{count:?}");
            assert_eq!(told[features.count(count)], 1.0, "{count:?}");
        }
        assert_eq!(features.count(Count::OtherSubjects), 3, "the last stands for all beyond");
        assert_eq!(features.count(Count::NearerOnSubjectsSide), 2);
    }
}
