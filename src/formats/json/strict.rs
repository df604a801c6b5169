//! Values in which no object names a key twice.

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::fmt;

/// Any value, but an object that names a key twice is an error: of its values, a tree would keep the last one in silence.
#[derive(Debug)]
pub(in crate::formats) struct Strict(pub(in crate::formats) Value);

impl<'a> Deserialize<'a> for Strict {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any).map(Self)
    }
}

/// A map of such values, for a field of a derived shape.
pub(in crate::formats) fn strict_map<'a, D: Deserializer<'a>>(deserializer: D) -> Result<Map<String, Value>, D::Error> {
    match deserializer.deserialize_map(Any)? {
        Value::Object(map) => Ok(map),
        _ => Err(D::Error::custom("not an object")),
    }
}

/// Takes any value in.
pub(super) struct Any;

impl<'a> Visitor<'a> for Any {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<S: SeqAccess<'a>>(self, mut items: S) -> Result<Value, S::Error> {
        let mut all = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            all.push(item);
        }
        Ok(Value::Array(all))
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<Value, M::Error> {
        let mut object = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let Strict(value) = map.next_value()?;
            if object.insert(key, value).is_some() {
                return Err(M::Error::custom("a key is given twice"));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_json() -> impl Strategy<Value = String> {
        let leaf = prop::sample::select(vec![
            "null",
            "true",
            "0",
            "-0",
            "-7",
            "18446744073709551615",
            "1.5e3",
            "1e-400",
            "\"β\\n\\ud83d\\ude00\"",
        ]);
        leaf.prop_map(str::to_owned).prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
                prop::collection::vec(("[a-c]", inner), 0..3).prop_map(|items| {
                    let members: Vec<String> = items.into_iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
                    format!("{{{}}}", members.join(","))
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_strict_value_is_the_tree_or_has_a_key_twice(source in any_json()) {
            let tree: Value = serde_json::from_str(&source).unwrap();
            let doubled = !super::super::doubled(&source).is_empty();
            match serde_json::from_str::<Strict>(&source) {
                Ok(Strict(value)) => {
                    prop_assert!(!doubled);
                    prop_assert_eq!(value.to_string(), tree.to_string());
                }
                Err(_) => prop_assert!(doubled, "{}", source),
            }
        }
    }
}
