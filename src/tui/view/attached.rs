//! What the files say of a span beyond its type and its relations: attributes, links to databases, events.

use crate::document::{AnnotationId, Document, Event};

/// All of it in a line, which begins with two blanks when there is any. Untrusted.
pub(super) fn attached(document: &Document, id: &AnnotationId) -> String {
    let attributes = document.attributes.values().filter(|it| it.target == *id);
    let attributes =
        attributes.map(|it| it.value.as_ref().map_or_else(|| it.name.to_string(), |value| format!("{}={value}", it.name)));
    let links = document.normalizations.values().filter(|it| it.target == *id);
    let links = links.map(|it| format!("{}:{}", it.database, it.entry));
    let events = document.events.values().filter_map(|event| said_by(document, event, id));
    let said: Vec<String> = attributes.chain(links).chain(events).collect();
    if said.is_empty() { String::new() } else { format!("  {}", said.join(" · ")) }
}

/// What an event says of a span: all that it is, at its trigger, or which part the span has in it.
fn said_by(document: &Document, event: &Event, id: &AnnotationId) -> Option<String> {
    let words = |filler: &AnnotationId| match (document.entities.get(filler), document.events.get(filler)) {
        (Some(entity), _) => format!("\"{}\"", document.covered_text(entity)),
        (None, Some(event)) => event.label.to_string(),
        (None, None) => filler.to_string(),
    };
    if event.trigger == *id {
        let arguments: Vec<String> = event.arguments.iter().map(|(role, filler)| format!("{role} {}", words(filler))).collect();
        return Some(format!("event {} ({})", event.label, arguments.join(", ")));
    }
    let (role, _) = event.arguments.iter().find(|(_, filler)| filler == id)?;
    Some(format!("{role} of event {}", event.label))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::brat;
    use crate::text::SourceText;
    use std::path::Path;

    #[test]
    fn attributes_links_and_events_are_told_at_every_span_that_they_speak_of() {
        let standoff = "T1\tProtein 0 3\tp53\nT2\tReg 4 8\tloss\nT3\tGene 9 12\tAPC\nE1\tReg:T2 Theme:T1 Cause:T3\nE2\tReg:T2 Theme:E1\n\
                        A1\tLevel T1 high\nA2\tNegation T1\nN1\tReference T1 UniProt:P04637\tTP53\n";
        let (document, _) = brat::read("d", SourceText::new("p53 loss APC"), Path::new("d.ann"), standoff);
        let said = |id: &str| attached(&document, &id.into());
        assert_eq!(said("T1"), "  Level=high · Negation · UniProt:P04637 · Theme of event Reg");
        assert_eq!(said("T2"), "  event Reg (Theme \"p53\", Cause \"APC\") · event Reg (Theme Reg)");
        assert_eq!((said("T3").as_str(), said("T9").as_str()), ("  Cause of event Reg", ""));
    }
}
