//! Where else the same words stand.

use super::Segmentation;
use crate::text::{CharSpan, SourceText};

/// The form in which words are compared: upper and lower case are the same, and so are all blanks.
pub fn folded(words: &str) -> String {
    let mut folded = String::with_capacity(words.len());
    for word in words.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.extend(word.chars().flat_map(char::to_lowercase));
    }
    folded
}

/// All places, in text order, where these words stand as whole words: they begin where a word begins and end where one ends.
/// Empty without words.
pub fn occurrences(text: &SourceText, segmentation: &Segmentation, words: &str) -> Vec<CharSpan> {
    let length = words.chars().count() as u32;
    let wanted = folded(words);
    if wanted.is_empty() {
        return Vec::new();
    }
    let words = segmentation.words();
    let candidates = words.iter().filter_map(|word| CharSpan::new(word.start(), word.start().plus(length)).ok());
    let ends_a_word = |span: &CharSpan| words.binary_search_by_key(&span.end(), |word| word.end()).is_ok();
    let same = |span: &CharSpan| text.slice(*span).is_some_and(|content| folded(content) == wanted);
    candidates.filter(ends_a_word).filter(same).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::dsl::segmentation;

    fn found(text: &str, wanted: &str) -> Vec<(u32, u32)> {
        let text = SourceText::new(text);
        occurrences(&text, &segmentation(&text), wanted).into_iter().map(Into::into).collect()
    }

    #[test]
    fn whole_words_in_any_case() {
        assert_eq!(found("Loss of p53. P53 and p53-like; p531", "p53"), [(8, 11), (13, 16), (21, 24)]);
        assert_eq!(found("kinase activity, Kinase\nactivity", "kinase activity"), [(0, 15), (17, 32)]);
        assert_eq!(found("β-tubulin and β-Tubulin", "β-tubulin"), [(0, 9), (14, 23)]);
        assert_eq!(found("loss", ""), []);
        assert_eq!(found("loss", "loss of function"), []);
    }
}
