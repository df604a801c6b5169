//! A small text language for tests: annotated text on one line, both ways.
//!
//! `"Loss of [BRCA1|Gene?] causes [cancer|Disease]^ @ T1 ThemeOf? T2"`: a span is `[text|Type]` with the state behind its type, spans
//! may be nested; relations follow behind ` @ ` as `subject role object`, spans named `T1`, `T2` … in the order in which they begin.
//! `^` is the cursor, right behind a span it stands on that span. States: none given, `?` proposed, `!` accepted (the model's),
//! `~` corrected (the model's), `x` rejected (the model's), `+` added by a person.

use super::Segmentation;
use crate::document::{AnnotationId, Document, Entity, Label, Origin, Relation, Status};
use crate::text::{CharOffset, CharSpan, SourceText};

/// The confidence of everything a sketch says the model proposed.
pub const CONFIDENCE: f32 = 0.5;

/// A document from a line of the test language.
#[derive(Clone, Debug)]
pub struct Sketch {
    /// The document.
    pub document: Document,
    /// Where `^` stood, in code points of the plain text.
    pub cursor: Option<CharOffset>,
    /// The span that `^` stood right behind.
    pub focus: Option<AnnotationId>,
}

/// Reads a line of the test language. Brackets that do not match are taken as text; what else is wrong is left out.
pub fn sketch(line: &str) -> Sketch {
    let (body, tail) = line.split_once(" @ ").map_or((line, ""), |(body, tail)| (body, tail));
    let mut reader = Reader::default();
    let mut chars = body.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '[' => reader.open(),
            '|' if !reader.pending.is_empty() => {
                let label: String = std::iter::from_fn(|| chars.next_if(|&c| c != ']')).collect();
                chars.next();
                reader.close(&label);
            }
            '^' => reader.cursor(),
            c => reader.text(c),
        }
    }
    reader.finish(tail)
}

#[derive(Default)]
struct Reader {
    plain: String,
    at: u32,
    /// Spans in the order in which they begin; the label comes at their end.
    spans: Vec<(u32, u32, String)>,
    /// Indexes of spans that are open.
    pending: Vec<usize>,
    just_closed: Option<usize>,
    cursor: Option<(u32, Option<usize>)>,
}

impl Reader {
    fn text(&mut self, c: char) {
        self.plain.push(c);
        self.at += 1;
        self.just_closed = None;
    }

    fn open(&mut self) {
        self.pending.push(self.spans.len());
        self.spans.push((self.at, self.at, String::new()));
        self.just_closed = None;
    }

    fn close(&mut self, label: &str) {
        let index = self.pending.pop();
        if let Some((_, end, name)) = index.and_then(|index| self.spans.get_mut(index)) {
            *end = self.at;
            *name = label.to_owned();
        }
        self.just_closed = index;
    }

    fn cursor(&mut self) {
        self.cursor = Some((self.at, self.just_closed));
    }

    fn finish(self, tail: &str) -> Sketch {
        let mut document = Document::new("sketch", SourceText::new(self.plain));
        for (index, (start, end, label)) in self.spans.iter().enumerate() {
            let Ok(span) = CharSpan::of_chars(*start, *end) else { continue };
            let (label, origin, status) = split_state(label);
            let id = span_id(index);
            document.entities.insert(id.clone(), Entity { id, label, spans: vec![span], origin, status });
        }
        let words: Vec<&str> = tail.split_whitespace().collect();
        for (index, part) in words.chunks_exact(3).enumerate() {
            let [subject, role, object] = part else { continue };
            let (role, origin, status) = split_state(role);
            let id = AnnotationId::new(format!("R{}", index + 1));
            let (subject, object) = (AnnotationId::from(*subject), AnnotationId::from(*object));
            let relation = Relation { id: id.clone(), role, subject, object, argument_names: None, origin, status };
            document.relations.insert(id, relation);
        }
        let focus = self.cursor.and_then(|(_, span)| span).map(span_id);
        Sketch { document, cursor: self.cursor.map(|(at, _)| CharOffset::new(at)), focus }
    }
}

fn span_id(index: usize) -> AnnotationId {
    AnnotationId::new(format!("T{}", index + 1))
}

fn split_state(label: &str) -> (Label, Origin, Status) {
    let model = Origin::Model { run: "model".into(), confidence: CONFIDENCE };
    let states = [
        ('?', model.clone(), Status::Proposed),
        ('!', model.clone(), Status::Accepted),
        ('~', model.clone(), Status::Corrected),
        ('x', model, Status::Rejected),
        ('+', Origin::Human, Status::Accepted),
    ];
    for (mark, origin, status) in states {
        if let Some(label) = label.strip_suffix(mark) {
            return (Label::from(label), origin, status);
        }
    }
    (Label::from(label), Origin::Given, Status::Accepted)
}

/// Words and sentences of a sketch, for tests that need no language: runs of letters and digits and single other signs; a sentence
/// ends with a full stop.
pub fn segmentation(text: &SourceText) -> Segmentation {
    let (mut sentences, mut words) = (Vec::new(), Vec::new());
    let (mut word, mut sentence) = (None, None);
    for (at, c) in (0u32..).zip(text.as_str().chars().chain([' '])) {
        if !c.is_alphanumeric() {
            words.extend(word.take().and_then(|start| CharSpan::of_chars(start, at).ok()));
        }
        match c {
            c if c.is_alphanumeric() => word = word.or(Some(at)),
            c if !c.is_whitespace() => words.extend(CharSpan::of_chars(at, at + 1).ok()),
            _ => {}
        }
        sentence = sentence.or((!c.is_whitespace()).then_some(at));
        if c == '.' || at == text.len().get() {
            sentences.extend(sentence.take().and_then(|start| CharSpan::of_chars(start, at + u32::from(c == '.')).ok()));
        }
    }
    Segmentation::new(sentences, words)
}

fn mark(origin: &Origin, status: Status) -> &'static str {
    match (status, origin) {
        (Status::Proposed, _) => "?",
        (Status::Corrected, _) => "~",
        (Status::Rejected, _) => "x",
        (Status::Accepted, Origin::Given) => "",
        (Status::Accepted, Origin::Human) => "+",
        (Status::Accepted, Origin::Model { .. } | Origin::Annotator { .. }) => "!",
    }
}

/// Writes a document in the test language, with the cursor behind the focused span if one is given, else at `cursor`.
/// Spans are numbered anew in the order in which they begin; spans that cross, or in fragments, are not handled.
pub fn render(document: &Document, focus: Option<&AnnotationId>, cursor: Option<CharOffset>) -> String {
    let mut entities: Vec<&Entity> = document.entities.values().collect();
    entities.sort_by_key(|it| (it.hull().start(), std::cmp::Reverse(it.hull().end())));
    let mut out = String::new();
    let length = document.text.len().get();
    let chars = document.text.as_str().chars().map(Some).chain([None]);
    for (at, c) in (0..=length).map(CharOffset::new).zip(chars) {
        for entity in entities.iter().rev().filter(|it| it.hull().end() == at) {
            out += &format!("|{}{}]", entity.label, mark(&entity.origin, entity.status));
            out += if Some(&entity.id) == focus { "^" } else { "" };
        }
        out += if focus.is_none() && cursor == Some(at) { "^" } else { "" };
        out.extend(entities.iter().filter(|it| it.hull().start() == at).map(|_| '['));
        out.extend(c);
    }
    let name = |id: &AnnotationId| match entities.iter().position(|it| it.id == *id) {
        Some(index) => span_id(index).to_string(),
        None => id.to_string(),
    };
    let relation =
        |it: &Relation| format!("{} {}{} {}", name(&it.subject), it.role, mark(&it.origin, it.status), name(&it.object));
    let relations: Vec<String> = document.relations.values().map(relation).collect();
    if !relations.is_empty() {
        out += " @ ";
        out += &relations.join(" ");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_and_writes_the_same() {
        for line in [
            "plain text",
            "Loss of [BRCA1|Gene?]^ causes [cancer|Disease]",
            "[loss of [p53|Gene!]|Var~] in [mice|Diseasex] and [α|Gene+]",
            "[a|Gene][b|Var] @ T1 ThemeOf? T2 T2 CauseOfx T1",
        ] {
            let sketch = sketch(line);
            assert_eq!(render(&sketch.document, sketch.focus.as_ref(), sketch.cursor), line);
        }
        let cursor = sketch("one ^two");
        assert_eq!((cursor.cursor, cursor.focus), (Some(CharOffset::new(4)), None));
        assert_eq!(render(&cursor.document, None, cursor.cursor), "one ^two");
    }
}
