//! What an annotation of a format without a text column of its own kind says of its place, checked against the text.

use super::finding::Remark;
use crate::text::units::OffsetUnit;
use crate::text::{CharSpan, SourceText};
use std::borrow::Cow;

/// Words up to this length are looked at for letters that were spelled out.
const MOST_COMPARED: usize = 2000;

/// A place in the text that was checked, with what is strange about it.
pub(super) type Checked = (Vec<CharSpan>, Option<Remark>);

/// Checks that ranges of code points lie in the text and cover `said`, where that is known. Blanks of another kind are the same,
/// and letters that were spelled out in ASCII ("TNF-a" for "TNF-α") are accepted with a warning.
pub(super) fn check(text: &SourceText, numbers: &[(u32, u32)], said: Option<&str>) -> Result<Checked, Remark> {
    for &(start, end) in numbers {
        if start >= end {
            return Err(Remark::error("empty-span", format!("the span {start} {end} holds no character")));
        }
    }
    let mut sorted = if numbers.len() > 1 { numbers.to_vec() } else { Vec::new() };
    sorted.sort_unstable();
    for pair in sorted.windows(2) {
        if let &[(a, b), (c, d)] = pair
            && c < b
        {
            return Err(Remark::error("overlapping-fragments", format!("the fragments {a} {b} and {c} {d} overlap")));
        }
    }
    let length = text.len().get();
    if let Some((start, end)) = numbers.iter().find(|(_, end)| *end > length) {
        let message = format!("the span {start} {end} reaches beyond the text, which has {length} characters");
        return Err(other_unit(text, numbers, said, Remark::error("outside-text", message)));
    }
    let spans: Vec<CharSpan> = numbers.iter().filter_map(|&(start, end)| CharSpan::of_chars(start, end).ok()).collect();
    let covered = covered(text, &spans);
    let Some(said) = said else { return Ok((spans, None)) };
    if same_words(&covered, said) || same_fragments(text, &spans, said) {
        return Ok((spans, None));
    }
    if is_spelled_out(&covered, said) {
        let message = format!("the mention is given as \"{said}\", but the text has \"{covered}\"; the text counts");
        return Ok((spans, Some(Remark::warning("normalised-text", message))));
    }
    let message = format!("the mention is given as \"{said}\", but the text has \"{covered}\" there");
    Err(other_unit(text, numbers, Some(said), Remark::error("text-mismatch", message)))
}

/// The covered text, fragments joined by a blank.
pub(super) fn covered<'a>(text: &'a SourceText, spans: &[CharSpan]) -> Cow<'a, str> {
    match spans {
        &[span] => Cow::Borrowed(text.slice(span).unwrap_or_default()),
        _ => Cow::Owned(spans.iter().filter_map(|&span| text.slice(span)).collect::<Vec<_>>().join(" ")),
    }
}

/// Whether two mentions are the same but for the kind of blanks.
pub(super) fn same_words(a: &str, b: &str) -> bool {
    let plain = |c: char| if c.is_whitespace() { ' ' } else { c };
    a == b || a.chars().map(plain).eq(b.chars().map(plain))
}

/// The same for fragments, between which formats put different things.
fn same_fragments(text: &SourceText, spans: &[CharSpan], said: &str) -> bool {
    let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let covered: String = spans.iter().filter_map(|&span| text.slice(span)).collect();
    spans.len() > 1 && letters(&covered) == letters(said)
}

/// Whether `said` is `covered` with each run of letters beyond ASCII written in one to eight others, or in another case.
pub(super) fn is_spelled_out(covered: &str, said: &str) -> bool {
    if (covered.trim() == covered) != (said.trim() == said) {
        return false;
    }
    let (covered, said) = (covered.to_lowercase(), said.to_lowercase());
    if covered.len() > MOST_COMPARED || said.len() > MOST_COMPARED || !covered.chars().any(|c| c.is_ascii_alphanumeric()) {
        return covered == said;
    }
    // The places in `said` that can be reached after each character of `covered`.
    let said: Vec<char> = said.chars().filter(|c| !c.is_whitespace()).collect();
    let mut reached = vec![false; said.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    for c in covered.chars().filter(|c| !c.is_whitespace()) {
        let mut next = vec![false; said.len() + 1];
        for at in (0..=said.len()).filter(|&at| reached.get(at) == Some(&true)) {
            let longest = if c.is_ascii() { 1 } else { 8 };
            for step in 1..=longest {
                let fits = !c.is_ascii() || said.get(at) == Some(&c);
                if let Some(place) = next.get_mut(at + step).filter(|_| fits) {
                    *place = true;
                }
            }
        }
        reached = next;
    }
    reached.last() == Some(&true)
}

/// Adds to a remark in which unit the offsets would fit, or where the words stand.
fn other_unit(text: &SourceText, numbers: &[(u32, u32)], said: Option<&str>, wrong: Remark) -> Remark {
    let Some(said) = said.filter(|said| !said.trim().is_empty()) else { return wrong };
    for unit in OffsetUnit::ALL {
        let spans: Option<Vec<CharSpan>> = numbers.iter().map(|&(start, end)| unit.to_chars(text, start, end)).collect();
        if let Some(spans) = spans.filter(|spans| same_words(&covered(text, spans), said)) {
            let right: Vec<String> = spans.iter().map(|span| format!("{} {}", span.start(), span.end())).collect();
            let right = right.join(";");
            let hint = format!("the offsets fit when they are counted as {}; in code points they are {right}", unit.describe());
            return Remark { code: "offset-unit", ..wrong }.hint(hint).repair(right);
        }
    }
    let &[(start, end)] = numbers else { return wrong };
    let longer = CharSpan::of_chars(start, end.saturating_add(1)).ok();
    if let Some(span) = longer.filter(|&span| text.slice(span) == Some(said)) {
        let right = format!("{} {}", span.start(), span.end());
        return wrong.hint(format!("the end offset looks inclusive: write {right}")).repair(right);
    }
    let near = text.as_str().match_indices(said).take(1000).filter_map(|(byte, _)| text.char_of(byte));
    match near.min_by_key(|at| at.get().abs_diff(start)) {
        Some(at) => wrong.hint(format!("the same words stand at {at} {}", at.plus(said.chars().count() as u32))),
        None => wrong,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_one(text: &str, start: u32, end: u32, said: &str) -> Result<&'static str, (&'static str, String)> {
        match check(&SourceText::new(text), &[(start, end)], Some(said)) {
            Ok((_, remark)) => Ok(remark.map_or("fits", |remark| remark.code)),
            Err(remark) => Err((remark.code, remark.hint.unwrap_or_default())),
        }
    }

    #[test]
    fn spelled_out_letters_and_other_blanks_are_accepted_and_shifted_offsets_are_not() {
        let text = "loss of TNF-α\nin β cells";
        assert_eq!(check_one(text, 8, 13, "TNF-α"), Ok("fits"));
        assert_eq!(check_one(text, 8, 16, "TNF-α in"), Ok("fits"));
        assert_eq!(check_one(text, 8, 13, "TNF-a"), Ok("normalised-text"));
        assert_eq!(check_one(text, 8, 13, "tnf-alpha"), Ok("normalised-text"));
        assert_eq!(check_one(text, 7, 12, "TNF-a").unwrap_err().0, "text-mismatch");
        assert_eq!(check_one(text, 18, 23, "cells").unwrap_err().1, "the same words stand at 19 24");
        assert_eq!(check_one(text, 21, 26, "cells").unwrap_err().0, "offset-unit");
        assert_eq!(check_one(text, 0, 3, "loss").unwrap_err().1, "the end offset looks inclusive: write 0 4");
        assert_eq!(check_one(text, 3, 3, "").unwrap_err().0, "empty-span");
        assert_eq!(check_one(text, 0, 99, "loss").unwrap_err().0, "outside-text");
    }
}
