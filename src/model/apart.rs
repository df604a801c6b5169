//! Spans that do not overlap and of which as many as possible are right.

use super::decoder::FoundSpan;

/// Of spans that may overlap, those of which the most can be expected to be right when none overlaps another: the sum of their
/// probabilities is the largest. They come back in text order; of equal sums that of fewer spans is taken.
///
/// Weighted interval scheduling: O(n log n).
pub(super) fn apart(mut spans: Vec<FoundSpan>) -> Vec<FoundSpan> {
    spans.sort_by_key(|span| (span.words.end, span.words.start, span.label));
    // Of the first n spans: the largest sum, and how many of the first ones are left to choose from when the last is taken.
    let mut sums = vec![0.0];
    let mut taken: Vec<Option<usize>> = Vec::with_capacity(spans.len());
    for span in &spans {
        let before = spans[..taken.len()].partition_point(|other| other.words.end <= span.words.start);
        let (without, with) = (sums[taken.len()], sums[before] + f64::from(span.probability));
        taken.push((with > without).then_some(before));
        sums.push(f64::max(with, without));
    }
    let mut left = spans.len();
    let mut keep = vec![false; spans.len()];
    while let Some(last) = left.checked_sub(1) {
        left = taken[last].inspect(|_| keep[last] = true).unwrap_or(last);
    }
    let mut keep = keep.into_iter();
    spans.retain(|_| keep.next().unwrap_or_default());
    spans
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sum(spans: &[FoundSpan]) -> f64 {
        spans.iter().map(|span| f64::from(span.probability)).sum()
    }

    fn overlap(spans: &[FoundSpan]) -> bool {
        spans
            .iter()
            .enumerate()
            .any(|(at, a)| spans[at + 1..].iter().any(|b| a.words.start < b.words.end && b.words.start < a.words.end))
    }

    fn span(start: usize, end: usize, label: usize, probability: f32) -> FoundSpan {
        FoundSpan { words: start..end, label, probability }
    }

    #[test]
    fn two_that_are_likelier_together_take_the_place_of_one() {
        let (whole, left, right) = (span(0, 3, 0, 0.4), span(0, 1, 1, 0.3), span(2, 3, 0, 0.2));
        assert_eq!(apart(vec![whole.clone(), left.clone(), right.clone()]), [left, right.clone()]);
        assert_eq!(apart(vec![right, whole.clone(), span(0, 1, 1, 0.1)]), [whole]);
        assert_eq!(apart(Vec::new()), []);
    }

    proptest! {
        #[test]
        fn no_other_choice_has_a_larger_sum(
            found in proptest::collection::vec((0usize..8, 1usize..4, 0usize..2, 0.05f32..1.0), 0..9),
        ) {
            let spans: Vec<FoundSpan> = found.into_iter().map(|(start, len, label, p)| span(start, start + len, label, p)).collect();
            let all = 0..1u32 << spans.len();
            let choices = all.map(|bits| {
                spans.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1).map(|(_, span)| span.clone()).collect::<Vec<_>>()
            });
            let best = choices.filter(|choice| !overlap(choice)).map(|choice| sum(&choice)).fold(0.0, f64::max);
            let chosen = apart(spans);
            prop_assert!(!overlap(&chosen) && (sum(&chosen) - best).abs() < 1e-6);
            prop_assert!(chosen.is_sorted_by_key(|span| span.words.start));
        }
    }
}
