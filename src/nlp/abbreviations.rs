//! Short forms that a text defines, with what they stand for: "Alzheimer's disease (AD)".
//!
//! After Schwartz and Hearst, "A simple algorithm for identifying abbreviation definitions in biomedical text" (PSB 2003), with the
//! limits of their published program. Definitions hold for one document only: the next may mean another thing by the same letters.

use crate::text::{CharOffset, CharSpan, SourceText};

/// The longest short form, in letters and digits.
const LONGEST_SHORT: usize = 10;

/// A short form with what it stands for, where the text defines it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abbreviation {
    /// The short form.
    pub short: CharSpan,
    /// The long form.
    pub long: CharSpan,
}

/// The definitions in a text, in its order. Looked for in each sentence alone, in both orders: "long form (SF)" and "SF (long form)".
pub fn abbreviations(text: &SourceText, sentences: &[CharSpan]) -> Vec<Abbreviation> {
    let mut found = Vec::new();
    for sentence in sentences {
        let Some(content) = text.slice(*sentence) else { continue };
        let chars: Vec<char> = content.chars().collect();
        for (open, close) in brackets(&chars) {
            if let Some((short, long)) = definition(&chars, open, close) {
                let span = |range: Range| {
                    let at = |index: usize| CharOffset::new(sentence.start().get() + index as u32);
                    CharSpan::new(at(range.0), at(range.1)).ok()
                };
                found.extend(span(short).zip(span(long)).map(|(short, long)| Abbreviation { short, long }));
            }
        }
    }
    found
}

/// What the words of a span stand for, if the text defines just these as a short form; a plural s behind it is passed over.
pub fn long_form(text: &SourceText, abbreviations: &[Abbreviation], words: &str) -> Option<CharSpan> {
    let says = |wanted: &str| abbreviations.iter().find(|it| text.slice(it.short) == Some(wanted)).map(|it| it.long);
    says(words).or_else(|| says(words.strip_suffix('s')?))
}

/// Half-open indexes into the characters of a sentence.
type Range = (usize, usize);

/// Places of round and square brackets that belong together and stand behind a blank, outermost first.
fn brackets(chars: &[char]) -> Vec<Range> {
    let mut found = Vec::new();
    for (open, c) in chars.iter().enumerate() {
        let closing = match c {
            '(' => ')',
            '[' => ']',
            _ => continue,
        };
        if open == 0 || !chars.get(open - 1).is_some_and(|c| c.is_whitespace()) {
            continue;
        }
        let mut depth = 0usize;
        let close = chars.iter().enumerate().skip(open).find(|(_, other)| {
            depth += usize::from(*other == c);
            depth -= usize::from(**other == closing);
            depth == 0
        });
        found.extend(close.map(|(close, _)| (open, close)));
    }
    found
}

/// The short and the long form around a pair of brackets, if there is a definition.
fn definition(chars: &[char], open: usize, close: usize) -> Option<(Range, Range)> {
    let inside = trimmed(chars, up_to_separator(chars, (open + 1, close)))?;
    let before = trimmed(chars, (0, open))?;
    let words = chars.get(inside.0..inside.1)?.split(|c| c.is_whitespace()).filter(|word| !word.is_empty()).count();
    if words <= 2 && inside.1 - inside.0 <= before.1 - before.0 {
        let defined = pair(chars, inside, before).map(|long| (inside, long));
        if defined.is_some() {
            return defined;
        }
    }
    // The other way round: the long form stands in the brackets, be it of two words only, the short form is the one word before.
    let blank = chars.get(..before.1)?.iter().rposition(|c| c.is_whitespace());
    let short = (blank.map_or(0, |blank| blank + 1), before.1);
    let capital = chars.get(short.0..short.1)?.iter().any(|c| c.is_uppercase());
    let long = trimmed(chars, (open + 1, close)).filter(|_| capital)?;
    pair(chars, short, long).map(|long| (short, long))
}

/// What stands before a comma or semicolon with a blank behind it: the rest of the bracket says something else.
fn up_to_separator(chars: &[char], (from, to): Range) -> Range {
    let ends = |at: &usize| {
        let blank = chars.get(at + 1).is_none_or(|next| next.is_whitespace());
        chars.get(*at).is_some_and(|c| matches!(c, ',' | ';')) && blank
    };
    (from, (from..to).find(ends).unwrap_or(to))
}

fn trimmed(chars: &[char], (from, to): Range) -> Option<Range> {
    let inside = chars.get(from..to)?;
    let start = inside.iter().position(|c| !c.is_whitespace())?;
    let end = inside.iter().rposition(|c| !c.is_whitespace())?;
    Some((from + start, from + end + 1))
}

/// The long form that ends where `before` ends, if it explains the short form and is neither too long nor holds it.
fn pair(chars: &[char], short: Range, before: Range) -> Option<Range> {
    let form = chars.get(short.0..short.1)?;
    let letters = form.iter().filter(|c| c.is_alphanumeric()).count();
    let sound = form.len() > 1 && form.first().is_some_and(|c| c.is_alphanumeric()) && form.iter().any(|c| c.is_alphabetic());
    if !sound || letters > LONGEST_SHORT {
        return None;
    }
    let start = best_start(form, chars.get(before.0..before.1)?)?;
    let long = chars.get(before.0 + start..before.1)?;
    let words = long.split(|c: &char| c.is_whitespace() || *c == '-').filter(|word| !word.is_empty()).count();
    let holds = long.split(|c| c.is_whitespace()).any(|word| word == form);
    let fits = long.len() >= form.len() && words <= (letters * 2).min(letters + 5);
    let balanced = "([".chars().zip(")]".chars()).all(|(open, close)| count(long, open) == count(long, close));
    (fits && !holds && balanced).then_some((before.0 + start, before.1))
}

fn count(chars: &[char], wanted: char) -> usize {
    chars.iter().filter(|c| **c == wanted).count()
}

/// Where the shortest long form begins: letters and digits of the short form are found from right to left, the first of them at the
/// beginning of a word.
fn best_start(short: &[char], long: &[char]) -> Option<usize> {
    let same = |a: char, b: char| a == b || a.to_lowercase().eq(b.to_lowercase());
    // One behind the place that is looked at next, so that it can't run below 0.
    let mut at = long.len();
    for (index, wanted) in short.iter().enumerate().rev().filter(|(_, c)| c.is_alphanumeric()) {
        loop {
            let place = at.checked_sub(1)?;
            let here = long.get(place).is_some_and(|c| same(*c, *wanted));
            let begins = place == 0 || !long.get(place - 1).is_some_and(|c| c.is_alphanumeric());
            at = place;
            if here && (index > 0 || begins) {
                break;
            }
        }
    }
    Some(long.get(..at)?.iter().rposition(|c| c.is_whitespace()).map_or(0, |blank| blank + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(text: &str) -> Vec<(String, String)> {
        let source = SourceText::new(text);
        let sentences = crate::nlp::sentences(&source);
        let read = |span| source.slice(span).unwrap().to_owned();
        abbreviations(&source, &sentences).into_iter().map(|it| (read(it.short), read(it.long))).collect()
    }

    #[track_caller]
    fn defines(text: &str, short: &str, long: &str) {
        assert_eq!(found(text), [(short.to_owned(), long.to_owned())], "in {text}");
    }

    #[test]
    fn pairs_of_the_literature() {
        defines("Binding of heat shock transcription factor (HSF) rose.", "HSF", "heat shock transcription factor");
        defines("A Gcn5-related N-acetyltransferase (GNAT) was cloned.", "GNAT", "Gcn5-related N-acetyltransferase");
        defines("We used a hidden Markov model (HMM) here.", "HMM", "hidden Markov model");
        defines("The cyclophilin seven suppressor 1 (CSS1) binds.", "CSS1", "cyclophilin seven suppressor 1");
        defines("exposed to methyl methanesulfonate (MMS) for 1 h.", "MMS", "methyl methanesulfonate");
        defines("in patients with Alzheimer's disease (AD) only.", "AD", "Alzheimer's disease");
        defines("adenomatous polyposis coli (APC) is lost.", "APC", "adenomatous polyposis coli");
    }

    #[test]
    fn pairs_of_the_literature_in_both_orders() {
        for (short, long) in [
            ("HSF", "heat shock transcription factor"),
            ("GNAT", "Gcn5-related N-acetyltransferase"),
            ("PCR", "polymerase chain reaction"),
            ("GFP", "green fluorescent protein"),
            ("HSP70", "heat shock protein 70"),
            ("TNF-alpha", "tumor necrosis factor alpha"),
            ("IL-2", "interleukin 2"),
            ("SNP", "single nucleotide polymorphism"),
            ("ADH", "alcohol dehydrogenase"),
            ("mRNA", "messenger RNA"),
        ] {
            defines(&format!("The role of {long} ({short}) was studied."), short, long);
            defines(&format!("The role of {short} ({long}) was studied."), short, long);
        }
    }

    #[test]
    fn the_other_order() {
        defines("Loss of APC (adenomatous polyposis coli) was seen.", "APC", "adenomatous polyposis coli");
        defines("Carriers of NF1 (neurofibromatosis type 1) fell ill.", "NF1", "neurofibromatosis type 1");
    }

    #[test]
    fn the_shortest_long_form_counts() {
        defines("a novel member of the tumour necrosis factor (TNF) family", "TNF", "tumour necrosis factor");
        // So much that a word which the letters do not need is left out, as in the published program.
        defines("The thyroid transcription factor 1 (TTF-1) binds.", "TTF-1", "transcription factor 1");
        defines("mice with cystic fibrosis and chronic fatigue (CF) rest", "CF", "chronic fatigue");
    }

    #[test]
    fn what_is_behind_a_comma_or_semicolon_says_something_else() {
        defines("in amyotrophic lateral sclerosis (ALS; MIM 105400) too", "ALS", "amyotrophic lateral sclerosis");
        defines("the epidermal growth factor receptor [EGFR, ErbB1] is", "EGFR", "epidermal growth factor receptor");
    }

    #[test]
    fn brackets_that_define_nothing() {
        for text in [
            "We saw 12 cases (45 %) of it.",
            "It was lost (Fig. 2) in mice.",
            "Such change (see above) is rare.",
            "The protein (X) is lost.",
            "of the group (unknown letters)",
            "a gene (ZQX) of mice",
            "the APC (APC) gene",
            "(AD) at the start",
            "an open bracket (AD without end",
        ] {
            assert_eq!(found(text), [], "in {text}");
        }
    }

    #[test]
    fn definitions_do_not_reach_over_sentences() {
        assert_eq!(found("This is Alzheimer's disease. It (AD) is common."), []);
    }

    #[test]
    fn short_forms_lead_to_long_ones_in_code_points() {
        let text = SourceText::new("β-Globin: acute myeloid leukaemia (AML) and αβ. AMLs differ.");
        let all = abbreviations(&text, &crate::nlp::sentences(&text));
        let read = |words: &str| long_form(&text, &all, words).and_then(|span| text.slice(span));
        assert_eq!(read("AML"), Some("acute myeloid leukaemia"));
        assert_eq!(read("AMLs"), Some("acute myeloid leukaemia"));
        assert_eq!(read("AM"), None);
        assert_eq!(read("s"), None);
    }

    proptest! {
        #[test]
        fn any_text_gives_spans_inside_it_in_which_the_short_form_is_spelled(text in "[a-cA-C ()\\[\\],;1β\n]{0,80}") {
            let source = SourceText::new(text.as_str());
            for it in abbreviations(&source, &crate::nlp::sentences(&source)) {
                let (short, long) = (source.slice(it.short).unwrap(), source.slice(it.long).unwrap());
                let mut rest = long.chars().flat_map(char::to_lowercase);
                for c in short.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase) {
                    prop_assert!(rest.any(|other| other == c), "{short} in {long}");
                }
                prop_assert!(!it.short.overlaps(it.long));
            }
        }
    }
}
