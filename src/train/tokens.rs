//! Corpora as one token a line with its BIO tag, blank lines between sentences, as in the collection of Crichton et al. 2017.

use crate::document::{AnnotationId, Document, Entity, Label, Origin, Status};
use crate::text::{CharSpan, SourceText};

/// A line that is not a token with its tag.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}: a token, a tab and a BIO tag are expected, but the line is \"{found}\"")]
pub struct BadLine {
    /// Line, from 1.
    pub line: usize,
    /// What it holds.
    pub found: String,
}

/// Documents of some consecutive sentences each, the sentences on lines of their own, the tokens with blanks between them: the
/// corpus does not say where its abstracts begin. A document ends with the sentence that brings it to `words` tokens.
///
/// # Errors
/// [`BadLine`] for the first line that can't be understood.
pub fn read(name: &str, content: &str, words: usize) -> Result<Vec<Document>, BadLine> {
    let mut documents = Vec::new();
    let mut draft = Draft::default();
    for (number, line) in content.lines().enumerate() {
        let line = line.trim_end_matches('\r');
        if line.is_empty() {
            draft.end_sentence();
            if draft.tokens >= words {
                documents.push(std::mem::take(&mut draft).document(name, documents.len()));
            }
            continue;
        }
        let (token, tag) = line
            .rsplit_once('\t')
            .filter(|(token, tag)| !token.is_empty() && is_tag(tag))
            .ok_or_else(|| BadLine { line: number + 1, found: line.to_owned() })?;
        draft.push(token, tag);
    }
    if draft.tokens > 0 {
        documents.push(draft.document(name, documents.len()));
    }
    Ok(documents)
}

fn is_tag(tag: &str) -> bool {
    tag == "O" || tag.split_once('-').is_some_and(|(kind, label)| matches!(kind, "B" | "I") && !label.is_empty())
}

/// A document in the making.
#[derive(Default)]
struct Draft {
    text: String,
    chars: u32,
    tokens: usize,
    /// Start, end and label.
    entities: Vec<(u32, u32, Label)>,
    /// Label of the token before, if it was inside an entity.
    open: Option<Label>,
    inside_sentence: bool,
}

impl Draft {
    fn push(&mut self, token: &str, tag: &str) {
        if self.inside_sentence {
            self.text.push(' ');
            self.chars += 1;
        }
        let start = self.chars;
        self.text.push_str(token);
        self.chars += token.chars().count() as u32;
        self.tokens += 1;
        self.inside_sentence = true;
        let Some((kind, label)) = tag.split_once('-') else {
            self.open = None;
            return;
        };
        let label = Label::from(label);
        match self.entities.last_mut() {
            Some((_, end, _)) if kind == "I" && self.open.as_ref() == Some(&label) => *end = self.chars,
            _ => self.entities.push((start, self.chars, label.clone())),
        }
        self.open = Some(label);
    }

    fn end_sentence(&mut self) {
        if self.inside_sentence {
            self.text.push('\n');
            self.chars += 1;
        }
        self.inside_sentence = false;
        self.open = None;
    }

    fn document(self, name: &str, number: usize) -> Document {
        let mut document = Document::new(format!("{name}-{number}"), SourceText::new(self.text));
        for (number, (start, end, label)) in self.entities.into_iter().enumerate() {
            let Ok(span) = CharSpan::of_chars(start, end) else { continue };
            let id = AnnotationId::new(format!("T{}", number + 1));
            let entity = Entity { id: id.clone(), label, spans: vec![span], origin: Origin::Given, status: Status::Accepted };
            document.entities.insert(id, entity);
        }
        document
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CORPUS: &str = "Loss\tO\nof\tO\nα-SMA\tB-GENE\n\nBreast\tB-Disease\ncancer\tI-Disease\nFanconi\tB-Disease\n\nNo\tO\n";

    #[test]
    fn sentences_become_documents_with_spans_in_code_points() {
        let documents = read("c", CORPUS, 4).unwrap();
        assert_eq!(documents.len(), 2);
        let document = &documents[0];
        assert_eq!(document.text.as_str(), "Loss of α-SMA\nBreast cancer Fanconi\n");
        let covered: Vec<_> = document.entities.values().map(|e| (e.label.to_string(), document.covered_text(e))).collect();
        let wanted = [("GENE", "α-SMA"), ("Disease", "Breast cancer"), ("Disease", "Fanconi")];
        assert_eq!(covered, wanted.map(|(label, text)| (label.to_owned(), text.to_owned())));
        assert_eq!(documents[1].name, "c-1");
    }

    #[test]
    fn a_bad_line_is_named() {
        assert_eq!(read("c", "a\tO\nb\n", 9).unwrap_err(), BadLine { line: 2, found: "b".to_owned() });
        assert!(read("c", "a\tX-GENE\n", 9).is_err());
    }
}
