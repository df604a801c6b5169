//! Values of which most are strings, so that those need not be copied.

use super::strict::Any;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;

/// What stands somewhere: a string, borrowed from the source unless it holds escapes, or another value. Read from a source, no object
/// in it names a key twice.
#[derive(Clone, Debug)]
pub(in crate::formats) enum Said<'a> {
    /// A string: an id, or a value.
    Word(Cow<'a, str>),
    /// Another value.
    Other(Value),
}

impl<'a> Said<'a> {
    pub(in crate::formats) fn of(value: Value) -> Self {
        match value {
            Value::String(word) => Self::Word(Cow::Owned(word)),
            other => Self::Other(other),
        }
    }

    pub(in crate::formats) fn into_value(self) -> Value {
        match self {
            Self::Word(word) => Value::String(word.into_owned()),
            Self::Other(value) => value,
        }
    }

    /// It as text: `null` is empty, what is no string stands as JSON.
    pub(in crate::formats) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Word(word) => Cow::Borrowed(word),
            Self::Other(Value::Null) => Cow::Borrowed(""),
            Self::Other(value) => Cow::Owned(value.to_string()),
        }
    }
}

impl<'a> Deserialize<'a> for Said<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words;

        impl<'a> Visitor<'a> for Words {
            type Value = Said<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_borrowed_str<E: Error>(self, word: &'a str) -> Result<Said<'a>, E> {
                Ok(Said::Word(Cow::Borrowed(word)))
            }

            fn visit_str<E: Error>(self, word: &str) -> Result<Said<'a>, E> {
                Ok(Said::Word(Cow::Owned(word.to_owned())))
            }

            fn visit_unit<E: Error>(self) -> Result<Said<'a>, E> {
                Any.visit_unit().map(Said::Other)
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<Said<'a>, E> {
                Any.visit_bool(value).map(Said::Other)
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Said<'a>, E> {
                Any.visit_u64(value).map(Said::Other)
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Said<'a>, E> {
                Any.visit_i64(value).map(Said::Other)
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<Said<'a>, E> {
                Any.visit_f64(value).map(Said::Other)
            }

            fn visit_seq<S: SeqAccess<'a>>(self, items: S) -> Result<Said<'a>, S::Error> {
                Any.visit_seq(items).map(Said::Other)
            }

            fn visit_map<M: MapAccess<'a>>(self, map: M) -> Result<Said<'a>, M::Error> {
                Any.visit_map(map).map(Said::Other)
            }
        }

        deserializer.deserialize_any(Words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_without_escapes_are_borrowed_and_other_values_strict() {
        let read = |source: &'static str| serde_json::from_str::<Said<'_>>(source);
        assert!(matches!(read("\"β\""), Ok(Said::Word(Cow::Borrowed("β")))));
        assert!(matches!(read(r#""\u03b2""#), Ok(Said::Word(Cow::Owned(word))) if word == "β"));
        for source in ["null", "true", "-1", "18446744073709551615", "1.5e3", "[1,{\"a\":[]}]"] {
            let tree: Value = serde_json::from_str(source).unwrap();
            assert_eq!(read(source).unwrap().into_value(), tree, "{source}");
        }
        assert!(read("{\"a\":{\"b\":1,\"b\":2}}").is_err());
        assert_eq!(Said::of(Value::Null).text(), "");
        assert_eq!(Said::of(Value::from(3)).text(), "3");
    }
}
