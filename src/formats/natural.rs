//! The order in which people expect files: `a2` before `a10`.

use std::cmp::Ordering;

/// Compares two names, runs of digits by their number.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (mut a_rest, mut b_rest) = (a, b);
    loop {
        let (a_part, b_part) = (part(a_rest), part(b_rest));
        let order = match (a_part.0.is_empty(), b_part.0.is_empty()) {
            (true, true) => return a.cmp(b),
            (false, false) => compare_parts(a_part.0, b_part.0),
            (a_ended, _) => return if a_ended { Ordering::Less } else { Ordering::Greater },
        };
        if order != Ordering::Equal {
            return order;
        }
        (a_rest, b_rest) = (a_part.1, b_part.1);
    }
}

/// The first run of digits or of other characters, and the rest.
fn part(text: &str) -> (&str, &str) {
    let digits = text.starts_with(|c: char| c.is_ascii_digit());
    let end = text.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(text.len());
    text.split_at(end)
}

fn compare_parts(a: &str, b: &str) -> Ordering {
    let number = |part: &str| part.starts_with(|c: char| c.is_ascii_digit());
    if number(a) && number(b) {
        let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
        return a.len().cmp(&b.len()).then_with(|| a.cmp(b));
    }
    a.chars().flat_map(char::to_lowercase).cmp(b.chars().flat_map(char::to_lowercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_as_numbers() {
        let mut names = vec!["b1", "a10.txt", "a2.txt", "A3.txt", "a2", "a010.txt", "a"];
        names.sort_by(|a, b| compare(a, b));
        assert_eq!(names, ["a", "a2", "a2.txt", "A3.txt", "a010.txt", "a10.txt", "b1"]);
    }
}
