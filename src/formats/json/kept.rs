//! Keys of objects inside an item that nobody knows: kept in a list beside the item, with an object for each.

use serde_json::{Map, Value};

/// What objects hold besides keys that are known, an object for each; `None` when there is nothing.
pub(in crate::formats) fn besides(items: &[Value], known: &[&str]) -> Option<Value> {
    let of = |item: &Value| -> Map<String, Value> {
        let keys = item.as_object().into_iter().flatten().filter(|(key, _)| !known.contains(&key.as_str()));
        keys.map(|(key, value)| (key.clone(), value.clone())).collect()
    };
    let kept: Vec<Map<String, Value>> = items.iter().map(of).collect();
    let is_something = kept.iter().any(|keys| !keys.is_empty());
    is_something.then(|| kept.into_iter().map(Value::Object).collect())
}

/// Gives objects back what [`besides`] has kept of them. What was kept of another number of objects stands for none of these.
pub(in crate::formats) fn give_back(objects: &mut [Value], kept: Option<&Value>) {
    let Some(kept) = kept.filter(|kept| fits(objects.len(), kept)).and_then(Value::as_array) else { return };
    for (object, kept) in objects.iter_mut().filter_map(Value::as_object_mut).zip(kept) {
        for (key, value) in kept.as_object().into_iter().flatten() {
            object.entry(key.as_str()).or_insert_with(|| value.clone());
        }
    }
}

/// Whether a value can be what was kept of so many objects.
pub(in crate::formats) fn fits(count: usize, kept: &Value) -> bool {
    kept.as_array().is_some_and(|kept| kept.len() == count && kept.iter().all(Value::is_object))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_known_comes_back_to_the_object_that_it_was_of() {
        let items = [json!({"a": 1, "x": null}), json!({"a": 2}), json!(3)];
        let kept = besides(&items, &["a"]).unwrap();
        assert_eq!(kept, json!([{"x": null}, {}, {}]));
        assert_eq!(besides(items.get(1..).unwrap(), &["a"]), None);
        let mut objects = [json!({"a": 5}), json!({"a": 6}), json!({"x": 7})];
        give_back(&mut objects, Some(&kept));
        assert_eq!(objects, [json!({"a": 5, "x": null}), json!({"a": 6}), json!({"x": 7})]);
        for odd in [json!([{"y": 1}]), json!([1, 2, 3]), json!({"y": 1})] {
            let before = objects.clone();
            give_back(&mut objects, Some(&odd));
            assert_eq!(objects, before, "{odd}");
        }
    }
}
