//! The offsets and the text column of a `T` line, checked against the text.

use crate::formats::finding::Remark;
use crate::text::units::OffsetUnit;
use crate::text::{CharSpan, SourceText};

/// What a `T` line says of its place, not checked yet.
pub(super) struct Claim<'a> {
    /// The offsets as written, e.g. `0 3;5 8`.
    pub(super) offsets: &'a str,
    /// What stands behind the second tab; `None` without such a tab.
    pub(super) column: Option<&'a str>,
    /// Whether a carriage return was stripped from the end of the line.
    pub(super) carriage_return: bool,
}

/// A place in the text that was checked.
pub(super) struct Mention {
    /// The fragments in the order of the file.
    pub(super) spans: Vec<CharSpan>,
    /// What is strange about it although it is loaded.
    pub(super) remarks: Vec<Remark>,
    /// Whether the line is to be written in normal form instead of as it was read.
    pub(super) normalise: bool,
}

/// Reads the offsets and checks that they cover what the text column says.
pub(super) fn check(text: &SourceText, claim: &Claim<'_>) -> Result<Mention, Remark> {
    let numbers = fragments(claim.offsets)?;
    let mut mention = match claim.column {
        None => Mention {
            spans: inside(text, &numbers)?,
            remarks: vec![Remark::warning("no-text-column", "the text column is missing; it was filled in from the text")],
            normalise: true,
        },
        Some(column) => compare(text, &numbers, column, claim.carriage_return)?,
    };
    mention.normalise |= !is_normal(claim.offsets);
    let is_blank = |span: &CharSpan| text.slice(*span).is_some_and(|covered| covered.trim().is_empty());
    if mention.spans.iter().all(is_blank) {
        mention.remarks.push(Remark::warning("blank-mention", "the mention is white space only"));
    }
    Ok(mention)
}

/// Whether offsets that could be read are written as brat writes them: one space and no zeros or signs before a number.
fn is_normal(offsets: &str) -> bool {
    let number = |digits: &str| {
        let first = digits.as_bytes().first();
        digits == "0" || first.is_some_and(|first| *first != b'0') && digits.bytes().all(|digit| digit.is_ascii_digit())
    };
    offsets.split(';').all(|fragment| fragment.split_once(' ').is_some_and(|(start, end)| number(start) && number(end)))
}

/// The numbers of `0 3;5 8`; every fragment holds at least one character and none overlaps another.
fn fragments(offsets: &str) -> Result<Vec<(u32, u32)>, Remark> {
    let mut found: Vec<(u32, u32)> = Vec::new();
    for fragment in offsets.split(';') {
        let mut numbers = fragment.split(' ').filter(|number| !number.is_empty()).map(str::parse::<u32>);
        let (Some(Ok(start)), Some(Ok(end)), None) = (numbers.next(), numbers.next(), numbers.next()) else {
            let message = format!("\"{fragment}\" is not a pair of offsets");
            return Err(Remark::error("offsets", message).hint("write start and end as two numbers with one space between"));
        };
        if start == end {
            return Err(Remark::error("empty-span", format!("the span {start} {end} holds no character")));
        }
        if start > end {
            return Err(Remark::error("reversed-span", format!("the span {start} {end} ends before it starts")));
        }
        if let Some((a, b)) = found.iter().find(|(a, b)| start < *b && *a < end) {
            return Err(Remark::error("overlapping-fragments", format!("the fragments {a} {b} and {start} {end} overlap")));
        }
        found.push((start, end));
    }
    Ok(found)
}

/// The spans of these code points, if all lie inside the text.
fn inside(text: &SourceText, numbers: &[(u32, u32)]) -> Result<Vec<CharSpan>, Remark> {
    let length = text.len().get();
    if let Some((start, end)) = numbers.iter().find(|(_, end)| *end > length) {
        let message = format!("the span {start} {end} reaches beyond the text, which has {length} characters");
        return Err(Remark::error("outside-text", message));
    }
    Ok(numbers.iter().filter_map(|&(start, end)| CharSpan::of_chars(start, end).ok()).collect())
}

/// The text of all fragments, joined by one space.
fn cover(text: &SourceText, spans: &[CharSpan]) -> Option<String> {
    let parts: Option<Vec<&str>> = spans.iter().map(|&span| text.slice(span)).collect();
    Some(parts?.join(" "))
}

fn compare(text: &SourceText, numbers: &[(u32, u32)], column: &str, carriage_return: bool) -> Result<Mention, Remark> {
    let spans = inside(text, numbers);
    // Nearly all lines are like this, and nothing more needs to be looked at.
    if let Ok([span]) = spans.as_deref()
        && text.slice(*span) == Some(column)
    {
        return Ok(Mention { spans: vec![*span], remarks: Vec::new(), normalise: false });
    }
    let Some(covered) = spans.as_ref().ok().and_then(|spans| cover(text, spans)) else {
        let outside = spans.err().unwrap_or_else(|| Remark::error("outside-text", "the span reaches beyond the text"));
        return other_unit(text, numbers, column, outside);
    };
    let spans = spans?;
    let tail = column.strip_prefix(covered.as_str());
    let with_return = carriage_return && covered.strip_suffix('\r') == Some(column);
    if with_return {
        // The return is part of the mention, so the line is written with it.
        return Ok(Mention { spans, remarks: Vec::new(), normalise: true });
    }
    if tail.is_some_and(|tail| tail.is_empty() || tail.starts_with('\t')) {
        return Ok(Mention { spans, remarks: Vec::new(), normalise: false });
    }
    if covered.trim().is_empty() && covered.replace('\n', " ") == column {
        return Ok(Mention { spans, remarks: Vec::new(), normalise: false });
    }
    if spans.len() > 1 && covered_without_separator(text, &spans) == column {
        let remark =
            Remark::warning("joined-fragments", "the text column joins the fragments without a space, as brat did before 1.3");
        return Ok(Mention { spans, remarks: vec![remark], normalise: true });
    }
    if covered.contains('\n') && covered.replace('\n', " ") == column {
        let remark =
            Remark::warning("crosses-line-end", "the mention crosses a line end; it is written as one fragment for each line");
        return Ok(Mention { spans, remarks: vec![remark], normalise: true });
    }
    let mut mismatch =
        Remark::error("text-mismatch", format!("the text column says \"{column}\", but the text has \"{covered}\" there"));
    if covered.split('\n').next() == Some(column) {
        mismatch = mismatch.hint("the mention crosses a line end: write one fragment for each line, joined by a space");
    }
    other_unit(text, numbers, column, mismatch)
}

fn covered_without_separator(text: &SourceText, spans: &[CharSpan]) -> String {
    spans.iter().filter_map(|&span| text.slice(span)).collect()
}

/// Offsets that don't fit: tries the other ways of counting, then an inclusive end, and names what fits.
fn other_unit(text: &SourceText, numbers: &[(u32, u32)], column: &str, wrong: Remark) -> Result<Mention, Remark> {
    let words = column.split('\t').next().unwrap_or(column);
    for unit in OffsetUnit::ALL {
        let spans: Option<Vec<CharSpan>> = numbers.iter().map(|&(start, end)| unit.to_chars(text, start, end)).collect();
        let Some(spans) = spans.filter(|spans| cover(text, spans).as_deref() == Some(words)) else { continue };
        let right = written(&spans);
        if unit == OffsetUnit::WithoutByteOrderMark {
            let message = format!("the offsets do not count the byte order mark that the text begins with; loaded as {right}");
            let remarks = vec![Remark::warning("offset-unit", message).repair(right)];
            return Ok(Mention { spans, remarks, normalise: false });
        }
        let hint = format!("the offsets fit when they are counted as {}; in code points they are {right}", unit.describe());
        return Err(Remark { code: "offset-unit", ..wrong }.hint(hint).repair(right));
    }
    let longer: Vec<(u32, u32)> = numbers.iter().map(|&(start, end)| (start, end.saturating_add(1))).collect();
    if let Some(spans) = inside(text, &longer).ok().filter(|spans| cover(text, spans).as_deref() == Some(words)) {
        let right = written(&spans);
        return Err(wrong.hint(format!("the end offset looks inclusive: write {right}")).repair(right));
    }
    Err(match nearest(text, numbers, words) {
        Some(span) if wrong.hint.is_none() => wrong.hint(format!("the same words stand at {} {}", span.start(), span.end())),
        _ => wrong,
    })
}

/// Offsets as brat writes them.
fn written(spans: &[CharSpan]) -> String {
    spans.iter().map(|span| format!("{} {}", span.start(), span.end())).collect::<Vec<_>>().join(";")
}

/// How many places of the same words are looked at.
const MOST_PLACES: usize = 1000;

/// The place of these words that is nearest to where they should stand.
fn nearest(text: &SourceText, numbers: &[(u32, u32)], words: &str) -> Option<CharSpan> {
    let &[(start, _)] = numbers else { return None };
    if words.is_empty() {
        return None;
    }
    let places = text
        .as_str()
        .match_indices(words)
        .take(MOST_PLACES)
        .filter_map(|(byte, found)| CharSpan::new(text.char_of(byte)?, text.char_of(byte + found.len())?).ok());
    places.min_by_key(|span| span.start().get().abs_diff(start))
}
