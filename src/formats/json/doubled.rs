//! Keys that are given twice in one object.

use super::Word;
use super::walk::{blanks, first};
use crate::formats::finding::Remark;
use std::borrow::Cow;
use std::collections::HashSet;

/// What is to be said of such a key.
pub(in crate::formats) fn given_twice(key: &str) -> Remark {
    let message = format!("the key \"{key}\" is given twice in one object: the last one counts, what stood first is lost");
    Remark::warning("duplicate-key", message)
}

/// Each key that its object has had before, with the byte of the value that takes the place of the earlier one; the source is one
/// value of JSON.
pub(in crate::formats) fn doubled(source: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    let mut open: Vec<HashSet<Cow<'_, str>>> = Vec::new();
    let bytes = source.as_bytes();
    let mut at = 0;
    // Objects and arrays that are open, innermost last: an array has no keys.
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' => open.push(HashSet::new()),
            b'}' | b']' => drop(open.pop()),
            b'"' => {
                let Ok((Word(word), length)) = first::<Word<'_>>(source.get(at..).unwrap_or_default()) else { return found };
                at += length;
                let colon = blanks(bytes, at);
                if bytes.get(colon) == Some(&b':') {
                    at = blanks(bytes, colon + 1);
                    if let Some(keys) = open.last_mut()
                        && let Some(known) = keys.replace(word)
                    {
                        found.push((known.into_owned(), at));
                    }
                }
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::doubled;

    #[test]
    fn keys_count_by_object_and_by_what_they_spell() {
        let found =
            |source: &str| doubled(source).into_iter().map(|(key, at)| format!("{key}@{at}")).collect::<Vec<_>>().join(" ");
        assert_eq!(found(r#"{"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]}"#), "");
        assert_eq!(found(r#"{"a":1,"\u0061":{"b":1,"b" : 2},"a":"a"}"#), "a@16 b@29 a@36");
        assert_eq!(found(r#"["a","a",{"x:":"x:","y":"\":"}]"#), "");
    }
}
