//! What the tagger looks at, as hashes.

/// Number of features of a token.
pub const FEATURES: usize = 23;

/// What does not change while a sentence is tagged.
#[derive(Debug)]
pub struct Features<'a> {
    tokens: Vec<Token<'a>>,
}

#[derive(Debug)]
struct Token<'a> {
    lower: String,
    shape: String,
    own: &'a str,
}

/// Stands before and behind the sentence.
const EDGE: &str = "\u{2}";

/// No tag: before the first token.
const NO_TAG: u8 = u8::MAX;

impl<'a> Features<'a> {
    /// Of the tokens of a sentence.
    pub fn of_sentence(tokens: &[&'a str]) -> Self {
        let token = |own: &&'a str| Token { lower: own.to_lowercase(), shape: shape(own), own };
        Self { tokens: tokens.iter().map(token).collect() }
    }

    fn lower(&self, at: isize) -> &str {
        usize::try_from(at).ok().and_then(|at| self.tokens.get(at)).map_or(EDGE, |token| token.lower.as_str())
    }

    /// Hashes of the features of a token, behind whose left neighbours these tags stand.
    ///
    /// # Panics
    /// When there is no such token or a tag before it is missing.
    pub fn at(&self, at: usize, tags: &[u8]) -> [u32; FEATURES] {
        let here = at as isize;
        let Token { lower, shape, own } = &self.tokens[at];
        let before = |steps: usize| at.checked_sub(steps).map_or(NO_TAG, |at| tags[at]);
        let (last, second) = ([before(1)], [before(1), before(2)]);
        let (previous, next) = (self.lower(here - 1), self.lower(here + 1));
        let end = |count| suffix(lower, count).as_bytes();
        [
            hash(0, &[]),
            hash(1, &[lower.as_bytes()]),
            hash(2, &[own.as_bytes()]),
            hash(3, &[end(1)]),
            hash(4, &[end(2)]),
            hash(5, &[end(3)]),
            hash(6, &[end(4)]),
            hash(7, &[end(5)]),
            hash(8, &[prefix(lower, 1).as_bytes()]),
            hash(9, &[prefix(lower, 3).as_bytes()]),
            hash(10, &[shape.as_bytes()]),
            hash(11, &[&last]),
            hash(12, &[&second]),
            hash(13, &[&last, lower.as_bytes()]),
            hash(14, &[previous.as_bytes()]),
            hash(15, &[self.lower(here - 2).as_bytes()]),
            hash(16, &[next.as_bytes()]),
            hash(17, &[self.lower(here + 2).as_bytes()]),
            hash(18, &[suffix(previous, 3).as_bytes()]),
            hash(19, &[suffix(next, 3).as_bytes()]),
            hash(20, &[&last, suffix(next, 3).as_bytes()]),
            hash(21, &[&last, end(3)]),
            hash(22, &[lower.as_bytes(), next.as_bytes()]),
        ]
    }
}

/// The last `count` characters, or all.
fn suffix(word: &str, count: usize) -> &str {
    word.char_indices().rev().nth(count - 1).map_or(word, |(at, _)| word.get(at..).unwrap_or(word))
}

/// The first `count` characters, or all.
fn prefix(word: &str, count: usize) -> &str {
    word.char_indices().nth(count).map_or(word, |(at, _)| word.get(..at).unwrap_or(word))
}

/// Kinds of characters, runs of the same kind once: "NF-κB2" is "A-aA0".
fn shape(word: &str) -> String {
    let mut shape = String::new();
    for c in word.chars() {
        let kind = match c {
            _ if c.is_uppercase() => 'A',
            _ if c.is_alphabetic() => 'a',
            _ if c.is_numeric() => '0',
            _ => c,
        };
        if !shape.ends_with(kind) {
            shape.push(kind);
        }
    }
    shape
}

/// FNV-1a over the parts with a border between them (Fowler, Noll and Vo; RFC 9923), which is the same on every machine.
fn hash(template: u8, parts: &[&[u8]]) -> u32 {
    const PRIME: u32 = 0x0100_0193;
    let step = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(PRIME);
    let mut hash = step(0x811c_9dc5, template);
    for part in parts {
        hash = part.iter().fold(step(hash, 0xff), |hash, &byte| step(hash, byte));
    }
    // FNV's low bits know little of the last bytes.
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_of_characters() {
        assert_eq!(suffix("αβγ", 2), "βγ");
        assert_eq!(suffix("ab", 5), "ab");
        assert_eq!(prefix("αβγ", 1), "α");
        assert_eq!(prefix("ab", 3), "ab");
        assert_eq!(shape("NF-κB2"), "A-aA0");
    }

    #[test]
    fn features_know_their_place_and_the_tags_before() {
        let sentence = Features::of_sentence(&["Loss", "of", "p53"]);
        let (first, second) = (sentence.at(0, &[]), sentence.at(1, &[4]));
        assert_eq!(first[0], second[0], "the bias is the same everywhere");
        assert_ne!(first[1], second[1]);
        assert_ne!(sentence.at(1, &[4])[11], sentence.at(1, &[5])[11]);
        assert_eq!(sentence.at(1, &[4])[1], sentence.at(1, &[5])[1]);
    }
}
