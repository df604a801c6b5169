//! Documents all of whose items are as they should be, read straight into their shape. Anything else is an error here, which says no
//! more than that the document has to be taken apart as a tree.

use super::items::{Denotation, Link};
use super::{CHAINED, FRAGMENT};
use crate::document::{AnnotationId, Label};
use crate::formats::json::{Fields, Object, Said, Strict, Word, insert, keep, once};
use crate::text::CharSpan;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt;

/// A document.
#[derive(Debug, Default)]
pub(super) struct Sheet<'a> {
    pub(super) text: Option<Cow<'a, str>>,
    /// All keys in their order, with `null` for the text and the lists.
    pub(super) head: Map<String, Value>,
    denotations: Option<Vec<Object<Mention>>>,
    relations: Option<Vec<Object<Role<'a>>>>,
    attributes: Option<Vec<Object<Property<'a>>>>,
    modifications: Option<Vec<Object<Role<'a>>>>,
}

/// The items of the lists of a document; `None` stands for one that was reported and kept.
#[derive(Debug, Default)]
pub(super) struct Items<'a> {
    pub(super) denotations: Vec<Option<Denotation>>,
    pub(super) relations: Vec<Option<Link<'a>>>,
    pub(super) attributes: Vec<Option<Link<'a>>>,
    pub(super) modifications: Vec<Option<Link<'a>>>,
}

impl Items<'_> {
    /// The ids that they have.
    pub(super) fn ids(&self) -> impl Iterator<Item = AnnotationId> {
        self.each_id().flatten().cloned()
    }

    /// Whether any of them has no id.
    pub(super) fn lack_ids(&self) -> bool {
        self.each_id().any(|id| id.is_none())
    }

    fn each_id(&self) -> impl Iterator<Item = Option<&AnnotationId>> {
        let links = self.relations.iter().chain(&self.attributes).chain(&self.modifications).flatten();
        self.denotations.iter().flatten().map(|denotation| denotation.id.as_ref()).chain(links.map(|link| link.id.as_ref()))
    }
}

impl<'a> Sheet<'a> {
    /// Takes the items out; `None` when one of them lacks something.
    pub(super) fn items(&mut self) -> Option<Items<'a>> {
        /// The items of a list.
        fn all<T, U>(list: &mut Option<Vec<Object<T>>>, of: impl Fn(T) -> Option<U>) -> Option<Vec<Option<U>>> {
            list.take().unwrap_or_default().into_iter().map(|Object(item)| of(item).map(Some)).collect()
        }
        Some(Items {
            denotations: all(&mut self.denotations, Mention::denotation)?,
            relations: all(&mut self.relations, Role::link)?,
            attributes: all(&mut self.attributes, Property::link)?,
            modifications: all(&mut self.modifications, |item| item.link().filter(|link| link.subject.is_none()))?,
        })
    }
}

impl<'a> Fields<'a> for Sheet<'a> {
    fn field<M: MapAccess<'a>>(&mut self, key: Cow<'a, str>, map: &mut M) -> Result<(), M::Error> {
        let mut value = Value::Null;
        match &*key {
            "text" => self.text = Some(map.next_value::<Word<'a>>()?.0),
            "denotations" => once(&mut self.denotations, map)?,
            "relations" => once(&mut self.relations, map)?,
            "attributes" => once(&mut self.attributes, map)?,
            "modifications" => once(&mut self.modifications, map)?,
            // Perhaps it is of another format.
            "documents" | "passages" | "PubTator3" | "rolecall" => return Err(M::Error::custom("a key of another format")),
            _ => value = map.next_value::<Strict>()?.0,
        }
        insert(&mut self.head, key, value)
    }
}

/// An id or a type: a string that is not empty.
fn name<'a, T: for<'b> From<&'b str>, M: MapAccess<'a>>(place: &mut Option<T>, map: &mut M) -> Result<(), M::Error> {
    let Word(name) = map.next_value()?;
    if name.is_empty() || place.replace(T::from(&*name)).is_some() {
        return Err(M::Error::custom("no name, or the second one"));
    }
    Ok(())
}

/// An item of `denotations`.
#[derive(Debug, Default)]
struct Mention {
    id: Option<AnnotationId>,
    label: Option<Label>,
    spans: Option<Spans>,
    unknown: Map<String, Value>,
}

impl Mention {
    fn denotation(self) -> Option<Denotation> {
        Some(Denotation { id: self.id, label: self.label?, spans: self.spans?.0, object: self.unknown })
    }
}

impl<'a> Fields<'a> for Mention {
    fn field<M: MapAccess<'a>>(&mut self, key: Cow<'a, str>, map: &mut M) -> Result<(), M::Error> {
        match &*key {
            "id" => name(&mut self.id, map),
            "span" => once(&mut self.spans, map),
            "obj" => {
                name(&mut self.label, map)?;
                let is_fragment = self.label.as_ref().is_some_and(|label| label.as_str() == FRAGMENT);
                if is_fragment { Err(M::Error::custom("a part of a chain")) } else { Ok(()) }
            }
            _ => keep(&mut self.unknown, key, map),
        }
    }
}

/// One span, or several.
#[derive(Debug)]
struct Spans(Vec<CharSpan>);

impl<'a> Deserialize<'a> for Spans {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMore;

        impl<'a> Visitor<'a> for OneOrMore {
            type Value = Spans;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a span or a list of spans")
            }

            fn visit_map<M: MapAccess<'a>>(self, map: M) -> Result<Spans, M::Error> {
                span(map).map(|span| Spans(vec![span]))
            }

            fn visit_seq<S: SeqAccess<'a>>(self, mut items: S) -> Result<Spans, S::Error> {
                let mut spans: Vec<CharSpan> = Vec::new();
                while let Some(Span(span)) = items.next_element()? {
                    if spans.iter().any(|other| other.overlaps(span)) {
                        return Err(S::Error::custom("fragments overlap"));
                    }
                    spans.push(span);
                }
                if spans.is_empty() { Err(S::Error::custom("no span")) } else { Ok(Spans(spans)) }
            }
        }

        deserializer.deserialize_any(OneOrMore)
    }
}

/// An element of a list of spans.
struct Span(CharSpan);

impl<'a> Deserialize<'a> for Span {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Default)]
        struct Ends {
            begin: Option<u32>,
            end: Option<u32>,
        }

        impl<'a> Fields<'a> for Ends {
            fn field<M: MapAccess<'a>>(&mut self, key: Cow<'a, str>, map: &mut M) -> Result<(), M::Error> {
                match &*key {
                    "begin" => once(&mut self.begin, map),
                    "end" => once(&mut self.end, map),
                    _ => Err(M::Error::custom("no key of a span")),
                }
            }
        }

        let Object(Ends { begin, end }) = Object::deserialize(deserializer)?;
        let (Some(begin), Some(end)) = (begin, end) else { return Err(D::Error::custom("a span has two ends")) };
        CharSpan::of_chars(begin, end).map(Self).map_err(D::Error::custom)
    }
}

fn span<'a, M: MapAccess<'a>>(map: M) -> Result<CharSpan, M::Error> {
    let Span(span) = Span::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
    Ok(span)
}

/// An item of `relations` or `modifications`, which have no subject.
#[derive(Debug, Default)]
struct Role<'a> {
    id: Option<AnnotationId>,
    pred: Option<Label>,
    subject: Option<Word<'a>>,
    object: Option<Word<'a>>,
    unknown: Map<String, Value>,
}

impl<'a> Role<'a> {
    fn link(self) -> Option<Link<'a>> {
        let Self { id, pred, subject, object, unknown } = self;
        let object = object.map(|Word(object)| Said::Word(object));
        Some(Link { id, pred: pred?, subject: subject.map(|Word(subject)| subject), object, raw: unknown })
    }
}

impl<'a> Fields<'a> for Role<'a> {
    fn field<M: MapAccess<'a>>(&mut self, key: Cow<'a, str>, map: &mut M) -> Result<(), M::Error> {
        match &*key {
            "id" => name(&mut self.id, map),
            "pred" => {
                name(&mut self.pred, map)?;
                let is_chain = self.pred.as_ref().is_some_and(|pred| pred.as_str() == CHAINED);
                if is_chain { Err(M::Error::custom("a part of a chain")) } else { Ok(()) }
            }
            "subj" => once(&mut self.subject, map),
            "obj" => once(&mut self.object, map),
            _ => keep(&mut self.unknown, key, map),
        }
    }
}

/// An item of `attributes`, whose object is a value.
#[derive(Debug, Default)]
struct Property<'a> {
    id: Option<AnnotationId>,
    pred: Option<Label>,
    subject: Option<Word<'a>>,
    value: Option<Said<'a>>,
    unknown: Map<String, Value>,
}

impl<'a> Property<'a> {
    fn link(self) -> Option<Link<'a>> {
        let Self { id, pred, subject, value, unknown } = self;
        Some(Link { id, pred: pred?, subject: subject.map(|Word(subject)| subject), object: value, raw: unknown })
    }
}

impl<'a> Fields<'a> for Property<'a> {
    fn field<M: MapAccess<'a>>(&mut self, key: Cow<'a, str>, map: &mut M) -> Result<(), M::Error> {
        match &*key {
            "id" => name(&mut self.id, map),
            "pred" => name(&mut self.pred, map),
            "subj" => once(&mut self.subject, map),
            "obj" => {
                once(&mut self.value, map)?;
                // A value that is no string is kept as it was, too.
                if let Some(Said::Other(value)) = &self.value {
                    self.unknown.insert(key.into_owned(), value.clone());
                }
                Ok(())
            }
            _ => keep(&mut self.unknown, key, map),
        }
    }
}
