//! What a word looks like, as a small number: a feature that a tagger can learn an embedding for.

/// The word shapes by name; the id of a shape is its place. New ones go to the end, since models are trained on the ids.
pub const SHAPES: [&str; 24] = [
    "other",
    "lower",
    "Capitalised",
    "UPPER",
    "mixedCase",
    "UPPERs",
    "single lower",
    "single capital",
    "digit",
    "digits",
    "number in signs",
    "letters+digits",
    "LETTERS+DIGITS",
    "greek",
    "with greek",
    "roman numeral",
    "variant",
    "full stop",
    "comma",
    "hyphen",
    "slash",
    "bracket",
    "comparison",
    "quote",
];

/// The id of a word's shape, below `SHAPES.len()`, which is below 32.
pub fn shape(word: &str) -> u32 {
    let name = if word.chars().any(char::is_alphanumeric) { word_shape(word) } else { mark_shape(word) };
    // Every name used below is in the list (a test says so); 0 is "other".
    SHAPES.iter().position(|known| *known == name).unwrap_or(0) as u32
}

fn is_greek(c: char) -> bool {
    matches!(c, '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' | 'µ')
}

fn mark_shape(word: &str) -> &'static str {
    match word.chars().next() {
        Some('.' | '!' | '?' | '…') => "full stop",
        Some(',' | ';' | ':') => "comma",
        Some('-' | '‐' | '‑' | '–' | '—' | '−') => "hyphen",
        Some('/' | '\\' | '|') => "slash",
        Some('(' | ')' | '[' | ']' | '{' | '}') => "bracket",
        Some('<' | '>' | '=' | '+' | '%' | '±' | '~' | '≤' | '≥' | '×' | '→') => "comparison",
        Some('"' | '\'' | '“' | '”' | '‘' | '’' | '`' | '′') => "quote",
        _ => "other",
    }
}

fn word_shape(word: &str) -> &'static str {
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    let digits = word.chars().filter(|c| c.is_numeric()).count();
    let greek = word.chars().filter(|&c| is_greek(c)).count();
    match (letters, digits) {
        (0, 1) if word.chars().count() == 1 => "digit",
        (0, _) if word.chars().count() == digits => "digits",
        (0, _) => "number in signs",
        (_, 0) if greek == letters => "greek",
        (_, 0) if greek > 0 => "with greek",
        (_, 0) => letter_shape(word),
        _ if is_variant(word) => "variant",
        _ if word.chars().any(char::is_lowercase) => "letters+digits",
        _ => "LETTERS+DIGITS",
    }
}

/// A substitution in one-letter code: R175H, V600E, 123A.
fn is_variant(word: &str) -> bool {
    let inner = word.trim_start_matches(|c: char| c.is_ascii_uppercase());
    let number = inner.trim_end_matches(|c: char| c.is_ascii_uppercase());
    let (before, after) = (word.len() - inner.len(), inner.len() - number.len());
    before <= 1 && after == 1 && !number.is_empty() && number.chars().all(|c| c.is_ascii_digit())
}

fn letter_shape(word: &str) -> &'static str {
    let mut chars = word.chars();
    let first_upper = chars.next().is_some_and(char::is_uppercase);
    let single = chars.clone().next().is_none();
    let upper = word.chars().filter(|c| c.is_uppercase()).count();
    let lower = word.chars().filter(|c| c.is_lowercase()).count();
    match (first_upper, upper, lower) {
        (true, ..) if single => "single capital",
        _ if single => "single lower",
        (_, 2.., 0) if word.chars().all(|c| matches!(c, 'I' | 'V' | 'X')) => "roman numeral",
        (_, _, 0) if upper > 0 => "UPPER",
        (_, 0, _) => "lower",
        (true, 1, _) => "Capitalised",
        (true, 2.., 1) if word.ends_with('s') => "UPPERs",
        _ => "mixedCase",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_fall_into_their_shapes() {
        let expected = [
            ("loss", "lower"),
            ("Loss", "Capitalised"),
            ("BRCA", "UPPER"),
            ("mTOR", "mixedCase"),
            ("McCune", "mixedCase"),
            ("RNAs", "UPPERs"),
            ("p", "single lower"),
            ("B", "single capital"),
            ("5", "digit"),
            ("53", "digits"),
            ("0.05", "number in signs"),
            ("p53", "letters+digits"),
            ("BRCA1", "LETTERS+DIGITS"),
            ("α", "greek"),
            ("µ", "greek"),
            ("NFκB", "with greek"),
            ("II", "roman numeral"),
            ("IV", "roman numeral"),
            ("R175H", "variant"),
            ("123A", "variant"),
            (".", "full stop"),
            (";", "comma"),
            ("–", "hyphen"),
            ("/", "slash"),
            (")", "bracket"),
            (">", "comparison"),
            ("’", "quote"),
            ("\u{200b}", "other"),
            ("®", "other"),
            ("", "other"),
            ("蛋白", "lower"),
        ];
        for (word, name) in expected {
            assert_eq!(SHAPES[shape(word) as usize], name, "{word}");
        }
        assert!(SHAPES.len() < 32);
    }

    #[test]
    fn every_shape_is_reached_by_some_word() {
        let words = "® a0 A00 loss Loss BRCA mTOR RNAs p B 5 53 0.05 p53 BRCA1 α NFκB II R175H . , - / ( = \"";
        let reached: std::collections::HashSet<u32> = words.split(' ').map(shape).collect();
        assert_eq!(reached.len(), SHAPES.len());
    }
}
