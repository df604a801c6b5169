//! The gold annotations of a document, for looking single predictions up in.

use super::matching::{RelationKey, SpanKey};
use super::score::{relations, spans};
use crate::document::{Document, Label, Status};
use crate::text::CharSpan;
use std::collections::HashSet;

/// What is right in a document, each annotation counted once; as [`super::score_documents`] counts it by strict matching.
#[derive(Debug)]
pub struct Answers {
    spans: HashSet<SpanKey>,
    relations: HashSet<RelationKey>,
    /// Relations with an end that is missing: they count, and nothing matches them.
    dangling: usize,
}

impl Answers {
    /// What stands in a document.
    pub fn of(gold: &Document) -> Self {
        let (whole, dangling) = relations(gold, Status::stands);
        let spans = spans(gold, Status::stands).into_iter().collect();
        Self { spans, relations: whole.into_iter().collect(), dangling: dangling.len() }
    }

    /// Number of spans.
    pub fn spans(&self) -> usize {
        self.spans.len()
    }

    /// Number of relations.
    pub fn relations(&self) -> usize {
        self.relations.len() + self.dangling
    }

    /// Whether a span of one fragment is right.
    pub fn has_span(&self, span: CharSpan, label: &Label) -> bool {
        self.spans.contains(&key((&[span], label)))
    }

    /// Whether a relation between two spans, given by their fragments and types, is right.
    pub fn has_relation(&self, subject: (&[CharSpan], &Label), role: &Label, object: (&[CharSpan], &Label)) -> bool {
        self.relations.contains(&RelationKey { role: role.clone(), subject: key(subject), object: key(object) })
    }
}

fn key((fragments, label): (&[CharSpan], &Label)) -> SpanKey {
    SpanKey::new(label.clone(), fragments.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::SourceText;

    #[test]
    fn only_what_stands_to_the_character_is_right() {
        let text = SourceText::new("p53 loss reduces growth");
        let ann = "T1\tGene 0 3\tp53\nT2\tNegReg 4 8\tloss\nT3\tGene 0 3\tp53\nR1\tThemeOf Arg1:T1 Arg2:T2\n";
        let (document, _) = crate::formats::brat::read("d", text, std::path::Path::new("d.ann"), ann);
        let answers = Answers::of(&document);
        let (p53, loss) = (CharSpan::of_chars(0, 3).unwrap(), CharSpan::of_chars(4, 8).unwrap());
        let (gene, negative) = (Label::from("Gene"), Label::from("NegReg"));
        assert_eq!((answers.spans(), answers.relations()), (2, 1), "what is said twice counts once");
        assert!(answers.has_span(p53, &gene) && !answers.has_span(p53, &negative) && !answers.has_span(loss, &gene));
        let (p53, loss) = ([p53], [loss]);
        let has = |role: &str, a, b| answers.has_relation(a, &Label::from(role), b);
        assert!(has("ThemeOf", (&p53[..], &gene), (&loss[..], &negative)));
        assert!(!has("CauseOf", (&p53[..], &gene), (&loss[..], &negative)));
        assert!(!has("ThemeOf", (&loss[..], &negative), (&p53[..], &gene)), "the direction counts");
    }
}
