//! How many annotated spans a tagger over words can find at all.

use super::{WordSplit, words};
use crate::document::{Document, Entity};
use crate::text::CharOffset;
use std::collections::HashSet;

/// Of the entities that stand (given, accepted, corrected), how many begin and end at borders of words, and how many there are.
/// A discontinuous entity counts when each of its fragments does.
pub fn reachable(document: &Document, split: WordSplit) -> (usize, usize) {
    let words = words(&document.text, split);
    let starts: HashSet<CharOffset> = words.iter().map(|word| word.start()).collect();
    let ends: HashSet<CharOffset> = words.iter().map(|word| word.end()).collect();
    let aligned = |entity: &Entity| entity.spans.iter().all(|span| starts.contains(&span.start()) && ends.contains(&span.end()));
    let gold = document.entities.values().filter(|entity| entity.status.stands());
    gold.fold((0, 0), |(reached, total), entity| (reached + usize::from(aligned(entity)), total + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{AnnotationId, Label, Origin, Status};
    use crate::text::{CharSpan, SourceText};

    fn entity(id: &str, spans: &[(u32, u32)], status: Status) -> Entity {
        let spans = spans.iter().map(|&(start, end)| CharSpan::of_chars(start, end).unwrap()).collect();
        Entity { id: AnnotationId::from(id), label: Label::from("Var"), spans, origin: Origin::Given, status }
    }

    #[test]
    fn a_span_that_ends_inside_a_word_is_out_of_reach() {
        let mut document = Document::new("d", SourceText::new("p53-null cells died"));
        let all = [
            entity("T1", &[(0, 3)], Status::Accepted),
            entity("T2", &[(1, 3)], Status::Corrected),
            entity("T3", &[(4, 8), (15, 18)], Status::Accepted),
            entity("T4", &[(0, 19)], Status::Rejected),
        ];
        document.entities.extend(all.into_iter().map(|entity| (entity.id.clone(), entity)));
        assert_eq!(reachable(&document, WordSplit::Punctuation), (1, 3));
        assert_eq!(reachable(&document, WordSplit::PunctuationAndDigits), (2, 3));
        assert_eq!(reachable(&document, WordSplit::NltkLike), (0, 3));
    }
}
