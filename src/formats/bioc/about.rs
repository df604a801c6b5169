//! What infons say about their annotation besides its type: attributes, links and notes that BioC has no place for.

use super::assemble::Assembler;
use super::infons::Infons;
use crate::document::{AnnotationId, Attribute, AttributeKind, Label, Normalization, Note};
use crate::formats::entry::numbered;
use serde_json::{Map, Value};

impl Assembler<'_> {
    /// Adds what the infons of an annotation say besides its type, and returns those that are kept as infons.
    pub(super) fn about(&mut self, target: &AnnotationId, infons: Infons<'_>) -> Map<String, Value> {
        let mut kept = Map::new();
        let (mut has_link, mut identifier) = (false, None);
        for (key, said) in infons {
            if key == "type" {
                continue;
            }
            let known = match key.split_once('.') {
                Some(("attribute", id)) => self.attribute(id, target, &said.text()),
                Some(("normalization", id)) => self.normalization(id, target, &said.text()).inspect(|()| has_link = true),
                Some(("note", id)) => self.note(id, target, &said.text()),
                _ => None,
            };
            if key == "identifier" {
                identifier = Some(said.text().into_owned()).filter(|identifier| !identifier.is_empty() && identifier != "-");
            }
            if known.is_none() {
                kept.insert(key.into_owned(), said.into_value());
            }
        }
        if let Some(identifier) = identifier.filter(|_| !has_link) {
            self.identifier(target, &identifier);
        }
        kept
    }

    /// A link to what the infon `identifier` names, in the database it names or in that of the type.
    fn identifier(&mut self, target: &AnnotationId, identifier: &str) {
        let label = self.document.entities.get(target).map(|entity| entity.label.to_string()).unwrap_or_default();
        let (database, entry) = identifier.split_once(':').unwrap_or((&label, identifier));
        let id = self.link_id();
        let (database, entry, kind) = (database.to_owned(), entry.to_owned(), Label::from("Reference"));
        let link = Normalization { id: id.clone(), kind, target: target.clone(), database, entry, name: None };
        self.document.normalizations.insert(id, link);
    }

    /// An id for a link that has none.
    fn link_id(&mut self) -> AnnotationId {
        loop {
            let id = numbered('N', self.links);
            self.links += 1;
            if !self.document.has_id(&id) {
                return id;
            }
        }
    }

    fn free(&self, id: &str) -> Option<AnnotationId> {
        (!id.is_empty() && self.document.id(id).is_none()).then(|| AnnotationId::from(id))
    }

    fn attribute(&mut self, id: &str, target: &AnnotationId, text: &str) -> Option<()> {
        let id = self.free(id)?;
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value.to_owned())));
        let kind = if id.as_str().starts_with('M') { AttributeKind::Modification } else { AttributeKind::Attribute };
        let attribute = Attribute { id: id.clone(), kind, name: Label::from(name), target: target.clone(), value };
        self.document.attributes.insert(id, attribute);
        Some(())
    }

    fn normalization(&mut self, id: &str, target: &AnnotationId, text: &str) -> Option<()> {
        let id = self.free(id)?;
        let (kind, rest) = text.split_once(' ')?;
        let (link, name) = rest.split_once('\t').map_or((rest, None), |(link, name)| (link, Some(name.to_owned())));
        let (database, entry) = link.split_once(':')?;
        let (database, entry, kind) = (database.to_owned(), entry.to_owned(), Label::from(kind));
        let link = Normalization { id: id.clone(), kind, target: target.clone(), database, entry, name };
        self.document.normalizations.insert(id, link);
        Some(())
    }

    fn note(&mut self, id: &str, target: &AnnotationId, text: &str) -> Option<()> {
        let id = self.free(id)?;
        let (kind, text) = text.split_once(' ')?;
        let note = Note { id: id.clone(), kind: Label::from(kind), target: target.clone(), text: text.to_owned() };
        self.document.notes.insert(id, note);
        Some(())
    }
}
