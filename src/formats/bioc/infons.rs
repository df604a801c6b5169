//! The infons of annotations and relations.

use crate::formats::json::{Said, Word};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt;

/// Keys with their values in the order of the file; no key comes twice.
#[derive(Clone, Debug, Default)]
pub(super) struct Infons<'a>(Vec<(Cow<'a, str>, Said<'a>)>);

/// So few keys are compared each with each.
const FEW: usize = 16;

impl<'a> Infons<'a> {
    /// The type that they name.
    pub(super) fn label(&self) -> Option<Cow<'_, str>> {
        let said = self.0.iter().find_map(|(key, said)| (key == "type").then(|| said.text()));
        said.filter(|label| !label.is_empty())
    }

    pub(super) fn into_map(self) -> Map<String, Value> {
        self.0.into_iter().map(|(key, said)| (key.into_owned(), said.into_value())).collect()
    }

    fn has_doubles(&self) -> bool {
        if self.0.len() <= FEW {
            return self.0.iter().enumerate().any(|(at, (key, _))| self.0.iter().take(at).any(|(other, _)| other == key));
        }
        let mut keys: Vec<&str> = self.0.iter().map(|(key, _)| &**key).collect();
        keys.sort_unstable();
        keys.windows(2).any(|pair| matches!(pair, [a, b] if a == b))
    }
}

impl<'a> IntoIterator for Infons<'a> {
    type Item = (Cow<'a, str>, Said<'a>);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl From<Map<String, Value>> for Infons<'_> {
    fn from(map: Map<String, Value>) -> Self {
        Self(map.into_iter().map(|(key, value)| (Cow::Owned(key), Said::of(value))).collect())
    }
}

impl<'a> Deserialize<'a> for Infons<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;

        impl<'a> Visitor<'a> for Keys {
            type Value = Infons<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<Infons<'a>, M::Error> {
                // Most have their type and nothing else.
                let mut infons = Infons(Vec::with_capacity(1));
                while let Some(Word(key)) = map.next_key()? {
                    infons.0.push((key, map.next_value()?));
                }
                if infons.has_doubles() { Err(M::Error::custom("a key is given twice")) } else { Ok(infons) }
            }
        }

        deserializer.deserialize_map(Keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_their_order_and_none_comes_twice() {
        for count in [0, 1, FEW, FEW + 1, 50] {
            let keys: Vec<String> = (0..count).map(|key| format!("\"k{}\":{key}", key * 7 % 50)).collect();
            let source = format!("{{{}}}", keys.join(","));
            let infons: Infons<'_> = serde_json::from_str(&source).unwrap();
            assert_eq!(Value::Object(infons.into_map()).to_string(), source);
            if let Some(first) = keys.first() {
                let doubled = format!("{{{},{first}}}", keys.join(","));
                assert!(serde_json::from_str::<Infons<'_>>(&doubled).is_err(), "{doubled}");
            }
        }
    }

    #[test]
    fn a_type_is_what_is_not_empty() {
        let label = |source: &'static str| serde_json::from_str::<Infons<'_>>(source).unwrap().label().map(Cow::into_owned);
        assert_eq!(label(r#"{"a":1,"type":"Gene"}"#).as_deref(), Some("Gene"));
        assert_eq!(label(r#"{"type":7}"#).as_deref(), Some("7"));
        assert_eq!(label(r#"{"type":null}"#), None);
        assert_eq!(label(r#"{"type":""}"#), None);
    }
}
