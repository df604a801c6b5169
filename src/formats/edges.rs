//! The ends of spans: the sign of offsets that are shifted is that they cut words or begin with a blank.

use super::finding::Remark;
use crate::document::{Document, Entity};
use crate::text::{CharSpan, SourceText};

/// What to say of an entity whose ends fall into a word or on white space. It is loaded as it is all the same.
pub(super) fn remark(document: &Document, entity: &Entity) -> Option<Remark> {
    let text = &document.text;
    let (code, what) = if entity.spans.iter().any(|&span| text.cuts_word(span)) {
        ("cuts-word", "begins or ends inside a word")
    } else if matches!(entity.spans.as_slice(), &[span] if has_blank_edge(text, span)) {
        ("blank-edge", "begins or ends with white space")
    } else {
        return None;
    };
    let message = format!("{} \"{}\" {what}; it is loaded as it is", entity.id, document.covered_text(entity));
    let remark = Remark::warning(code, message);
    Some(match entity.spans.as_slice() {
        &[span] => shifted(text, span).map_or(remark.clone(), |hint| remark.hint(hint)),
        _ => remark,
    })
}

fn has_blank_edge(text: &SourceText, span: CharSpan) -> bool {
    let covered = text.slice(span).unwrap_or_default();
    !covered.trim().is_empty() && covered.trim().len() < covered.len()
}

/// What the span would cover one character further, if it would then begin and end at words.
fn shifted(text: &SourceText, span: CharSpan) -> Option<String> {
    let (start, end) = (span.start(), span.end());
    let later = CharSpan::new(start.plus(1), end.plus(1));
    let earlier = CharSpan::new(start.minus(1), end.minus(1));
    [(later, "later"), (earlier, "earlier")].into_iter().find_map(|(moved, way)| {
        let moved = moved.ok().filter(|moved| moved.chars() == span.chars())?;
        let covered = text.slice(moved).filter(|_| !text.cuts_word(moved) && !has_blank_edge(text, moved))?;
        (moved != span).then(|| format!("one character {way} it would be \"{covered}\": are the offsets shifted?"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Label, Origin, Status};

    fn said(text: &str, start: u32, end: u32) -> Option<String> {
        let document = Document::new("d", SourceText::new(text));
        let spans = vec![CharSpan::of_chars(start, end).unwrap()];
        let (origin, status) = (Origin::Given, Status::Accepted);
        let entity = Entity { id: "T1".into(), label: Label::from("Var"), spans, origin, status };
        remark(&document, &entity).map(|remark| format!("{}: {}", remark.code, remark.hint.unwrap_or_default()))
    }

    #[test]
    fn shifted_spans_are_told_from_those_that_stand_right() {
        let text = "the R201C mutant (loss) of GNAS";
        assert_eq!(said(text, 4, 9), None);
        assert_eq!(said(text, 3, 8).unwrap(), "cuts-word: one character later it would be \"R201C\": are the offsets shifted?");
        assert_eq!(
            said(text, 5, 10).unwrap(),
            "cuts-word: one character earlier it would be \"R201C\": are the offsets shifted?"
        );
        assert_eq!(
            said(text, 16, 22).unwrap(),
            "blank-edge: one character later it would be \"(loss)\": are the offsets shifted?"
        );
        assert_eq!(said(text, 9, 16).unwrap(), "blank-edge: ");
        assert_eq!(said(text, 4, 6).unwrap(), "cuts-word: ");
    }
}
