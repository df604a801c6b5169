//! Going through an array or an object one value at a time, each read by itself.

use super::Word;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;

/// The value that `source` begins with, and the byte behind it.
pub(in crate::formats) fn first<'a, T: Deserialize<'a>>(source: &'a str) -> serde_json::Result<(T, usize)> {
    let mut values = serde_json::Deserializer::from_str(source).into_iter::<T>();
    match values.next() {
        Some(value) => Ok((value?, values.byte_offset())),
        None => serde_json::from_str(source).map(|value| (value, source.len())),
    }
}

/// The byte behind the value that begins at `at`; `None` when it is no JSON.
pub(in crate::formats) fn skip(source: &str, at: usize) -> Option<usize> {
    let (IgnoredAny, length) = first(source.get(at..)?).ok()?;
    Some(at + length)
}

/// The source without the blanks that it begins with.
pub(in crate::formats) fn trim_start(source: &str) -> &str {
    source.trim_start_matches([' ', '\t', '\r', '\n'])
}

/// The first byte from `at` on that is none of JSON's blanks.
pub(super) fn blanks(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(|byte| b" \t\r\n".contains(byte)) {
        at += 1;
    }
    at
}

/// Goes through the array that begins at byte `open`. `each` gets the number of an element and the byte at which it begins, and gives
/// the byte behind it. The byte behind the array; `None` where `each` stopped or the JSON is broken.
pub(in crate::formats) fn elements(
    source: &str,
    open: usize,
    mut each: impl FnMut(usize, usize) -> Option<usize>,
) -> Option<usize> {
    let bytes = source.as_bytes();
    if bytes.get(open) != Some(&b'[') {
        return None;
    }
    let mut at = blanks(bytes, open + 1);
    if bytes.get(at) == Some(&b']') {
        return Some(at + 1);
    }
    for index in 0.. {
        at = blanks(bytes, each(index, at)?);
        match bytes.get(at)? {
            b',' => at = blanks(bytes, at + 1),
            b']' => return Some(at + 1),
            _ => return None,
        }
    }
    None
}

/// The same for an object: `each` gets a key and the byte at which its value begins.
pub(in crate::formats) fn members<'a>(
    source: &'a str,
    open: usize,
    mut each: impl FnMut(Cow<'a, str>, usize) -> Option<usize>,
) -> Option<usize> {
    let bytes = source.as_bytes();
    if bytes.get(open) != Some(&b'{') {
        return None;
    }
    let mut at = blanks(bytes, open + 1);
    if bytes.get(at) == Some(&b'}') {
        return Some(at + 1);
    }
    loop {
        let (Word(key), length) = first(source.get(at..)?).ok()?;
        let colon = blanks(bytes, at + length);
        if bytes.get(colon) != Some(&b':') {
            return None;
        }
        at = blanks(bytes, each(key, blanks(bytes, colon + 1))?);
        match bytes.get(at)? {
            b',' => at = blanks(bytes, at + 1),
            b'}' => return Some(at + 1),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(source: &str) -> (Vec<&str>, Option<usize>) {
        let mut found = Vec::new();
        let end = elements(source, 0, |_, at| {
            let end = skip(source, at)?;
            found.push(source.get(at..end)?);
            Some(end)
        });
        (found, end)
    }

    #[test]
    fn elements_come_one_by_one_up_to_where_the_source_is_broken() {
        assert_eq!(all("[ ]"), (vec![], Some(3)));
        assert_eq!(all("[1 , {\"a]\":[2]},\n\"x\"] "), (vec!["1", "{\"a]\":[2]}", "\"x\""], Some(21)));
        assert_eq!(all("[{} {}]"), (vec!["{}"], None));
        assert_eq!(all("[{},]"), (vec!["{}"], None));
        assert_eq!(all("[{},{\"a\":"), (vec!["{}"], None));
        assert_eq!(all("{}"), (vec![], None));
    }

    #[test]
    fn members_come_with_their_keys_unescaped() {
        let source = "{\"a\\u0062\" : [1], \"c\":{}}";
        let mut found = Vec::new();
        let end = members(source, 0, |key, at| {
            found.push((key.into_owned(), at));
            skip(source, at)
        });
        assert_eq!((found, end), (vec![("ab".to_owned(), 13), ("c".to_owned(), 22)], Some(25)));
        assert_eq!(members("{\"a\" 1}", 0, |_, at| Some(at + 1)), None);
        assert_eq!(members("{\"a\":1,}", 0, |_, at| Some(at + 1)), None);
    }
}
