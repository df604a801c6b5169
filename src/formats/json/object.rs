//! Objects that are read key by key into their shape.

use super::Strict;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// A string, borrowed from the source unless it holds escapes.
#[derive(Debug, serde::Deserialize)]
#[serde(transparent)]
pub(in crate::formats) struct Word<'a>(#[serde(borrow)] pub(in crate::formats) Cow<'a, str>);

/// What an object is read into.
pub(in crate::formats) trait Fields<'a>: Default {
    /// Takes the value of a key.
    ///
    /// # Errors
    /// When the value is not what it should be, or the key came before.
    fn field<M: MapAccess<'a>>(&mut self, key: Cow<'a, str>, map: &mut M) -> Result<(), M::Error>;
}

/// An object whose keys all are as they should be.
#[derive(Debug, Default)]
pub(in crate::formats) struct Object<T>(pub(in crate::formats) T);

impl<'a, T: Fields<'a>> Deserialize<'a> for Object<T> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys<T>(PhantomData<T>);

        impl<'a, T: Fields<'a>> Visitor<'a> for Keys<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<Object<T>, M::Error> {
                let mut read = T::default();
                while let Some(Word(key)) = map.next_key()? {
                    read.field(key, &mut map)?;
                }
                Ok(Object(read))
            }
        }

        deserializer.deserialize_map(Keys(PhantomData))
    }
}

/// Reads the value of a key that may come once.
pub(in crate::formats) fn once<'a, T: Deserialize<'a>, M: MapAccess<'a>>(
    place: &mut Option<T>,
    map: &mut M,
) -> Result<(), M::Error> {
    if place.replace(map.next_value()?).is_some() {
        return Err(M::Error::custom("a key is given twice"));
    }
    Ok(())
}

/// Keeps the value of a key that is not known, in which no key may come twice either.
pub(in crate::formats) fn keep<'a, M: MapAccess<'a>>(
    others: &mut Map<String, Value>,
    key: Cow<'a, str>,
    map: &mut M,
) -> Result<(), M::Error> {
    let Strict(value) = map.next_value()?;
    insert(others, key, value)
}

/// Puts in a key that may come once.
pub(in crate::formats) fn insert<E: Error>(keys: &mut Map<String, Value>, key: Cow<'_, str>, value: Value) -> Result<(), E> {
    match keys.insert(key.into_owned(), value) {
        Some(_) => Err(E::custom("a key is given twice")),
        None => Ok(()),
    }
}
