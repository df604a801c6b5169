//! Discontinuous mentions as chains: a denotation with the real type, linked by `_lexicallyChainedTo` to the `_FRAGMENT` before it.

use super::items::{Denotation, Link};
use super::{CHAINED, FRAGMENT, KEPT_CHAIN};
use crate::formats::json::give_back;
use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet};

/// Folds the fragments of every chain into the denotation with the real type and takes them, and the relations that chain them,
/// out of the lists. What they were is kept in the denotation's object, so that the writer can unfold the chain again.
pub(super) fn fold(denotations: &mut [Option<Denotation>], links: &mut [Option<Link<'_>>]) {
    let previous = previous_fragments(denotations, links);
    if previous.is_empty() {
        return;
    }
    for last in 0..denotations.len() {
        let is_last = denotations.get(last).and_then(Option::as_ref).is_some_and(|d| d.label.as_str() != FRAGMENT);
        let chain = if is_last { chain_before(last, &previous) } else { Vec::new() };
        if !chain.is_empty() && !overlaps(denotations, last, &chain) {
            fold_one(denotations, links, last, &chain);
        }
    }
}

/// For the place of each denotation: the place of the fragment before it and of the relation that says so.
fn previous_fragments(denotations: &[Option<Denotation>], links: &[Option<Link<'_>>]) -> HashMap<usize, (usize, usize)> {
    let places: HashMap<&str, usize> = denotations
        .iter()
        .enumerate()
        .filter_map(|(at, denotation)| Some((denotation.as_ref()?.id.as_ref()?.as_str(), at)))
        .collect();
    let mut previous = HashMap::new();
    for (at, link) in links.iter().enumerate() {
        let Some(link) = link.as_ref().filter(|link| link.pred.as_str() == CHAINED) else { continue };
        let later = link.subject.as_ref().and_then(|id| places.get(&**id).copied());
        let earlier = link.object_id().and_then(|id| places.get(&*id).copied());
        let (Some(later), Some(earlier)) = (later, earlier) else { continue };
        let is_fragment = denotations.get(earlier).and_then(Option::as_ref).is_some_and(|d| d.label.as_str() == FRAGMENT);
        if is_fragment {
            previous.entry(later).or_insert((earlier, at));
        }
    }
    previous
}

/// The fragments before a denotation, nearest first, each with the relation that leads to it.
fn chain_before(last: usize, previous: &HashMap<usize, (usize, usize)>) -> Vec<(usize, usize)> {
    let mut chain = Vec::new();
    let mut seen = HashSet::from([last]);
    let mut at = last;
    while let Some(&(earlier, link)) = previous.get(&at) {
        if !seen.insert(earlier) {
            break;
        }
        chain.push((earlier, link));
        at = earlier;
    }
    chain
}

/// Whether fragments of a chain share a character: no mention has such, so they stay what they are.
fn overlaps(denotations: &[Option<Denotation>], last: usize, chain: &[(usize, usize)]) -> bool {
    let places = chain.iter().map(|(fragment, _)| *fragment).chain([last]);
    let mut spans: Vec<_> =
        places.filter_map(|at| denotations.get(at)?.as_ref()).flat_map(|denotation| denotation.spans.iter().copied()).collect();
    spans.sort_unstable();
    spans.windows(2).any(|pair| matches!(pair, &[a, b] if a.overlaps(b)))
}

fn fold_one(denotations: &mut [Option<Denotation>], links: &mut [Option<Link<'_>>], last: usize, chain: &[(usize, usize)]) {
    let mut spans = Vec::new();
    let mut kept = Vec::new();
    for &(fragment, link) in chain.iter().rev() {
        let fragment = denotations.get_mut(fragment).and_then(Option::take);
        let link = links.get_mut(link).and_then(Option::take);
        let (Some(mut fragment), Some(link)) = (fragment, link) else { continue };
        spans.append(&mut fragment.spans);
        kept.push(json!({ "denotation": fragment.object, "relation": link.raw }));
    }
    if let Some(denotation) = denotations.get_mut(last).and_then(Option::as_mut) {
        spans.append(&mut denotation.spans);
        denotation.spans = spans;
        denotation.object.insert(KEPT_CHAIN.to_owned(), Value::Array(kept));
    }
}

/// The kept fragments of an entity as denotations and relations; `None` when it was no chain or has another number of spans now.
pub(super) fn unfold(unknown: &Map<String, Value>, spans: &[Value]) -> Option<(Vec<Value>, Vec<Value>)> {
    let kept = unknown.get(KEPT_CHAIN)?.as_array()?;
    if kept.len() + 1 != spans.len() {
        return None;
    }
    let (mut denotations, mut relations) = (Vec::new(), Vec::new());
    for (kept, span) in kept.iter().zip(spans) {
        let mut denotation = Map::new();
        let given = kept.get("denotation")?.as_object()?;
        let mut span = [span.clone()];
        give_back(&mut span, given.get("span"));
        let [span] = span;
        for (key, value) in given.iter().filter(|(key, _)| *key != "span") {
            denotation.insert(key.clone(), value.clone());
            if key == "id" {
                denotation.insert("span".to_owned(), span.clone());
            }
        }
        denotations.push(Value::Object(denotation));
        relations.push(kept.get("relation")?.clone());
    }
    Some((denotations, relations))
}
