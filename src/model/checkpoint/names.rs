//! Names of weights: those of the checkpoints and ours.
//!
//! Ours are BERT's without a prefix, but query, key and value are one weight, `attention.qkv`, since they are applied in one product.

use super::to_f32;
use crate::model::ModelError;
use crate::model::weights::Weights;
use candle_core::Tensor;
use std::collections::{BTreeMap, HashMap};

/// The weight by which a prefix such as `bert.` is known.
const WORDS: &str = "embeddings.word_embeddings.weight";

/// Ends of names in older checkpoints and in those of MPNet, and BERT's.
const OTHER_SPELLINGS: [(&str, &str); 7] = [
    ("LayerNorm.gamma", "LayerNorm.weight"),
    ("LayerNorm.beta", "LayerNorm.bias"),
    (".attention.attn.q.", ".attention.self.query."),
    (".attention.attn.k.", ".attention.self.key."),
    (".attention.attn.v.", ".attention.self.value."),
    (".attention.attn.o.", ".attention.output.dense."),
    (".attention.LayerNorm.", ".attention.output.LayerNorm."),
];

/// The weights of the encoder in our names, as `f32`.
pub(super) fn ours(named: HashMap<String, Tensor>) -> Result<Weights, ModelError> {
    let prefix = named.keys().filter_map(|name| name.strip_suffix(WORDS)).min_by_key(|prefix| prefix.len());
    let prefix = prefix.ok_or_else(|| ModelError::MissingWeight(WORDS.to_owned()))?.to_owned();
    let mut tensors = BTreeMap::new();
    for (name, tensor) in named {
        let Some(name) = name.strip_prefix(&prefix) else { continue };
        let name = OTHER_SPELLINGS.iter().fold(name.to_owned(), |name, (theirs, ours)| name.replace(theirs, ours));
        if Weights::belongs_to_encoder(&name) {
            tensors.insert(name, to_f32(&tensor)?);
        }
    }
    join_query_key_value(&mut tensors)?;
    Ok(Weights::new(tensors))
}

/// A name of ours as a BERT checkpoint has it; of a joined weight the first part.
pub(super) fn theirs(name: &str) -> String {
    name.replace("attention.qkv", "attention.self.query")
}

fn join_query_key_value(tensors: &mut BTreeMap<String, Tensor>) -> Result<(), ModelError> {
    let parts: Vec<String> = tensors.keys().filter(|name| name.contains("attention.self.")).cloned().collect();
    for name in parts {
        let Some((layer, kind)) =
            name.split_once("attention.self.").and_then(|(layer, rest)| Some((layer, rest.split_once('.')?.1)))
        else {
            continue;
        };
        let joined = format!("{layer}attention.qkv.{kind}");
        if tensors.contains_key(&joined) {
            continue;
        }
        let mut found = Vec::with_capacity(3);
        for part in ["query", "key", "value"] {
            let name = format!("{layer}attention.self.{part}.{kind}");
            found.push(tensors.get(&name).cloned().ok_or(ModelError::MissingWeight(name))?);
        }
        let shape = found[0].dims();
        if let Some((part, other)) = ["key", "value"].iter().zip(&found[1..]).find(|(_, other)| other.dims() != shape) {
            let (name, found, expected) = (format!("{layer}attention.self.{part}.{kind}"), other.dims().to_vec(), shape.to_vec());
            return Err(ModelError::Shape { name, found, expected });
        }
        tensors.insert(joined, Tensor::cat(&found, 0)?);
    }
    tensors.retain(|name, _| !name.contains("attention.self."));
    Ok(())
}
