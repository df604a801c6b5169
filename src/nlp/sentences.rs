//! Sentences of biomedical abstracts, by rules: where a full stop ends a sentence and where it belongs to a word.

use crate::text::{CharSpan, SourceText};

/// Abbreviations (without the last full stop, lower case) that never end a sentence.
const NEVER_LAST: &[&str] = &[
    "e.g", "i.e", "eg", "ie", "vs", "fig", "figs", "cf", "ca", "approx", "dr", "prof", "mr", "mrs", "ms", "st", "ref", "refs",
    "eq", "eqs", "viz", "resp", "subsp", "ssp", "var", "vol", "incl", "suppl", "supp", "tab", "pp", "nos", "exp", "c.f", "v.s",
    "jr",
];

/// Abbreviations that can be the last word of a sentence: they end it only before a word that commonly begins one.
const SOMETIMES_LAST: &[&str] =
    &["al", "etc", "sp", "spp", "no", "inc", "ltd", "co", "corp", "min", "max", "sec", "hr", "wt", "mol", "dept"];

/// Words that commonly begin a sentence, and hardly ever follow an initial or an abbreviation.
const BEGINNERS: &[&str] = &[
    "A",
    "After",
    "All",
    "Although",
    "Among",
    "An",
    "Analysis",
    "As",
    "At",
    "Based",
    "Because",
    "Both",
    "But",
    "By",
    "Conversely",
    "Deletion",
    "Despite",
    "During",
    "Each",
    "Expression",
    "Finally",
    "For",
    "From",
    "Further",
    "Furthermore",
    "Genetic",
    "Here",
    "How",
    "However",
    "I",
    "If",
    "In",
    "Indeed",
    "Interestingly",
    "It",
    "Its",
    "Loss",
    "Many",
    "Moreover",
    "Most",
    "Mutations",
    "Mutation",
    "No",
    "Notably",
    "On",
    "One",
    "Only",
    "Other",
    "Our",
    "Over",
    "Overall",
    "Patients",
    "Recent",
    "Recently",
    "Results",
    "Several",
    "Similarly",
    "Since",
    "Some",
    "Such",
    "Surprisingly",
    "That",
    "The",
    "Their",
    "Then",
    "There",
    "Therefore",
    "These",
    "They",
    "This",
    "Those",
    "Three",
    "Through",
    "Thus",
    "To",
    "Together",
    "Two",
    "Under",
    "Unlike",
    "Using",
    "We",
    "What",
    "When",
    "Whereas",
    "Whether",
    "Which",
    "While",
    "With",
    "Within",
];

/// A bracket that closes later than this many characters does not hold sentences together.
const LONGEST_BRACKET: usize = 300;

/// The sentences of a text in order, without white space at their ends. Together they hold every character that is not white space.
///
/// A line feed always ends a sentence: titles and the parts of structured abstracts are lines. A label such as `RESULTS:` stays in
/// the sentence that follows it.
pub fn sentences(text: &SourceText) -> Vec<CharSpan> {
    let chars: Vec<char> = text.as_str().chars().collect();
    let mut found = Vec::new();
    let mut from = 0;
    for line in chars.split(|&c| c == '\n') {
        let cuts = cuts(line);
        let starts = std::iter::once(0).chain(cuts.iter().copied());
        let ends = cuts.iter().copied().chain(std::iter::once(line.len()));
        found.extend(starts.zip(ends).filter_map(|(start, end)| trimmed(line, from, start, end)));
        from += line.len() + 1;
    }
    found
}

/// The part `start..end` of a line that begins at character `from` of the text, without white space; `None` when nothing is left.
fn trimmed(line: &[char], from: usize, start: usize, end: usize) -> Option<CharSpan> {
    let part = line.get(start..end)?;
    let first = part.iter().position(|c| !c.is_whitespace())?;
    let last = part.iter().rposition(|c| !c.is_whitespace())?;
    CharSpan::of_chars((from + start + first) as u32, (from + start + last + 1) as u32).ok()
}

/// Where sentences end inside a line, each a place behind the last character of one.
fn cuts(line: &[char]) -> Vec<usize> {
    let held = inside_brackets(line);
    let mut cuts = Vec::new();
    let mut sentence = 0;
    for (at, &c) in line.iter().enumerate() {
        if !matches!(c, '.' | '!' | '?' | '…') || held.get(at).copied().unwrap_or(false) {
            continue;
        }
        let rest = line.get(at + 1..).unwrap_or_default();
        let closers = rest.iter().take_while(|c| matches!(c, '"' | '\'' | '”' | '’' | ')' | ']' | '»')).count();
        let spaces = rest.iter().skip(closers).take_while(|c| c.is_whitespace()).count();
        let next = rest.get(closers + spaces..).unwrap_or_default();
        let end = at + 1 + closers;
        let before = line.get(sentence..at).unwrap_or_default();
        let ends = match spaces {
            0 => is_missing_space(before, next),
            _ => begins_sentence(next) && !(c == '.' && closers == 0 && belongs_to_word(before, next)),
        };
        if !ends {
            continue;
        }
        cuts.push(end);
        sentence = end;
    }
    cuts
}

/// For each character whether it stands between a round or square bracket and its partner.
fn inside_brackets(line: &[char]) -> Vec<bool> {
    let mut inside = vec![false; line.len()];
    let mut open = Vec::new();
    for (at, c) in line.iter().enumerate() {
        match c {
            '(' | '[' => open.push((at, if *c == '(' { ')' } else { ']' })),
            ')' | ']' => {
                // A closing bracket without a partner is the sign of an enumeration: "1) …".
                let Some(place) = open.iter().rposition(|(_, partner)| partner == c) else { continue };
                let start = open.get(place).map_or(at, |(start, _)| *start);
                open.truncate(place);
                // A full stop right before the bracket closes a sentence in brackets: "(See the text.) Next".
                let end = at.saturating_sub(1);
                if at - start <= LONGEST_BRACKET && start < end {
                    inside.get_mut(start..end).unwrap_or_default().fill(true);
                }
            }
            _ => {}
        }
    }
    inside
}

/// The characters up to the next white space or bracket.
fn first_word(text: &[char]) -> String {
    text.iter().take_while(|c| !c.is_whitespace() && !matches!(c, '(' | ')' | '[' | ']' | ',' | ':' | ';')).collect()
}

/// Whether what follows can begin a sentence: a capital, a digit, a bracket or quote, or a name such as p53, mTOR or α-synuclein.
fn begins_sentence(next: &[char]) -> bool {
    let Some(first) = next.iter().find(|c| !matches!(c, '"' | '\'' | '“' | '‘' | '«' | '(' | '[')) else { return false };
    if !first.is_lowercase() {
        return first.is_alphanumeric();
    }
    let word = first_word(next);
    !first.is_ascii() || word.chars().skip(1).any(|c| c.is_numeric() || c.is_uppercase())
}

/// Whether two sentences were glued together, as PubMed does with labels that were headings: `disease.SIGNIFICANCE`, `grew.The`.
fn is_missing_space(before: &[char], next: &[char]) -> bool {
    let next = first_word(next);
    let heading = next.len() >= 6 && next.chars().all(|c| c.is_ascii_uppercase());
    let common = next.len() >= 2 && BEGINNERS.contains(&next.as_str());
    let tail = before.iter().rev().take_while(|c| c.is_lowercase()).count();
    tail >= 3 && (heading || common)
}

/// Whether the full stop behind `before` (the sentence so far) belongs to its last word, given what follows the white space.
fn belongs_to_word(before: &[char], next: &[char]) -> bool {
    let start = before.iter().rposition(|c| c.is_whitespace() || matches!(c, '(' | '[' | '/' | '"' | '“')).map_or(0, |at| at + 1);
    let last: String = before.get(start..).unwrap_or_default().iter().collect();
    let opens_sentence = before.get(..start).unwrap_or_default().iter().all(|c| c.is_whitespace());
    let lower = last.to_lowercase();
    if NEVER_LAST.contains(&lower.as_str()) || opens_sentence && is_counter(&last) {
        return true;
    }
    let beginner = BEGINNERS.contains(&first_word(next).as_str());
    let doubtful = SOMETIMES_LAST.contains(&lower.as_str()) || is_initials(&last);
    doubtful && !beginner
}

/// `1`, `12`, `a`, `IV`: what counts the items of an enumeration.
fn is_counter(word: &str) -> bool {
    let digits = word.len() <= 2 && word.chars().all(|c| c.is_ascii_digit());
    let letter = word.chars().count() == 1;
    let roman = word.len() <= 4 && word.chars().all(|c| matches!(c, 'I' | 'V' | 'X'));
    !word.is_empty() && (digits || letter || roman)
}

/// `E`, `J.R`, `U.S`, `i.v`: single letters with full stops between them.
fn is_initials(word: &str) -> bool {
    let letters = word.split(['.', '-']).all(|part| part.chars().count() == 1 && part.chars().all(char::is_alphabetic));
    letters && (word.contains('.') || word.chars().all(char::is_uppercase))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(text: &str) -> Vec<String> {
        let text = SourceText::new(text);
        sentences(&text).into_iter().map(|span| text.slice(span).unwrap().to_owned()).collect()
    }

    /// The text with `|` where a sentence ends must be split exactly there.
    fn check(marked: &str) {
        let text = marked.replace('|', "");
        let expected: Vec<&str> = marked.split('|').map(str::trim).collect();
        assert_eq!(split(&text), expected);
    }

    #[test]
    fn full_stops_end_sentences() {
        check("Loss of BRCA1 was seen.| It led to cancer!| Why?| 12 mice died.");
        check("It binds (see above).| \"It does not.\"| (Another one.)| End.");
        check("Cells grew.| p53 was lost.| mTOR was not.| α-Synuclein rose.| β-catenin fell.");
    }

    #[test]
    fn abbreviations_do_not() {
        check("Kinases, e.g. ABL1, i.e. Enzymes, vs. Controls (Fig. 1, cf. Table 2) by Dr. Who, ca. 50 or approx. 60.| Next.");
        check("Smith et al. Nature, no. 5, etc. were read.| Done.");
        check("As shown by Smith et al. We agree.".replace("al. ", "al.| ").as_str());
        check("Streptomyces spp. and Bacillus sp. ATCC 1 grew.| Others died.");
    }

    #[test]
    fn species_and_initials_do_not() {
        check("Growth of E. coli and C. elegans, J. R. Miller strain, in the U.S. Army.| Then S. Typhimurium came.");
        check("It causes hepatitis B.| The virus spreads.| We gave vitamin D.| In mice it works.");
    }

    #[test]
    fn numbers_and_variants_hold_together() {
        check("A value of 0.05 for p.R175H and c.123A>G at pH 7.4 was found.| The g.5A allele was not.");
        check("It was seen in 1999.| Since 2001 it is not.| The ratio was 3.5.| We stopped.");
    }

    #[test]
    fn enumerations_stay_with_their_text() {
        check("1. Cells were grown.| 2. Mice were fed.");
        check("We found: 1) loss of p53.| 2) gain of MYC.");
        check("Both hold (1. A rise. 2. A fall) here.| End.");
    }

    #[test]
    fn lines_always_end_sentences_and_labels_stay() {
        check("A title without a stop|\nBACKGROUND: Much is known.|\n\n  RESULTS: Little is.|\r\nconclusions: none");
        assert!(split(" \n\t\n").is_empty());
    }

    #[test]
    fn a_forgotten_space_is_seen() {
        check(
            "It was found in disease.|SIGNIFICANCE STATEMENT: It matters.|The end.|We thank lab.The and www.THE.org."
                .replace("lab.The", "lab.|The")
                .as_str(),
        );
        check("The file seq.Rds and gene.MYC stay.");
    }

    #[test]
    fn a_bracket_that_never_closes_holds_nothing_together() {
        check("It was (seen. | Then it ended. | More followed.".replace(". |", ".|").as_str());
    }

    proptest! {
        #[test]
        fn all_but_white_space_is_in_one_sentence(text in "(?s)([A-Za-z. \n()]|.){0,200}") {
            let source = SourceText::new(text.as_str());
            let found = sentences(&source);
            prop_assert!(found.windows(2).all(|pair| pair[0].end() <= pair[1].start()));
            let chars: Vec<char> = text.chars().collect();
            let mut inside = vec![false; chars.len()];
            for span in &found {
                let (start, end) = (span.start().get() as usize, span.end().get() as usize);
                prop_assert!(!chars[start].is_whitespace() && !chars[end - 1].is_whitespace());
                prop_assert!(!chars[start..end].contains(&'\n'));
                inside[start..end].fill(true);
            }
            prop_assert!(chars.iter().zip(inside).all(|(c, inside)| inside || c.is_whitespace()));
        }
    }
}
