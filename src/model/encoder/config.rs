//! What a checkpoint says of its encoder.

use crate::model::ModelError;
use serde::Deserialize;

/// `config.json` of a BERT checkpoint in Hugging Face's form, as far as it decides what is computed. Other keys are passed over.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Config {
    /// Rows of the word embeddings.
    pub vocab_size: usize,
    /// Width of the states.
    pub hidden_size: usize,
    /// Number of layers.
    pub num_hidden_layers: usize,
    /// Number of attention heads; they share the width.
    pub num_attention_heads: usize,
    /// Width of the feed-forward network.
    pub intermediate_size: usize,
    /// Activation of the feed-forward network.
    pub hidden_act: String,
    /// Longest sequence in pieces.
    pub max_position_embeddings: usize,
    /// Rows of the token-type embeddings.
    pub type_vocab_size: usize,
    /// Standard deviation of weights before training.
    #[serde(default = "initializer_range")]
    pub initializer_range: f64,
    /// What is added to the variance in layer normalisations.
    pub layer_norm_eps: f64,
    /// How positions enter; `absolute`, which is what is meant without it.
    pub position_embedding_type: Option<String>,
}

fn initializer_range() -> f64 {
    0.02
}

impl Config {
    /// Whether this encoder can be computed.
    ///
    /// # Errors
    /// [`ModelError::Unsupported`] names what can't.
    pub fn check(&self) -> Result<(), ModelError> {
        let unsupported = |what: String| Err(ModelError::Unsupported(what));
        if self.hidden_act != "gelu" {
            return unsupported(format!("the encoder's activation {:?} is not supported: only gelu is", self.hidden_act));
        }
        if let Some(kind) = self.position_embedding_type.as_deref().filter(|kind| *kind != "absolute") {
            return unsupported(format!("position embeddings of the type {kind:?} are not supported: only absolute ones are"));
        }
        if self.num_attention_heads == 0 || !self.hidden_size.is_multiple_of(self.num_attention_heads) {
            return unsupported(format!("{} values can't be shared by {} heads", self.hidden_size, self.num_attention_heads));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::model::folder::parse_config;

    fn refusal(change: (&str, &str)) -> String {
        let text = r#"{"architectures": ["BertModel"], "vocab_size": 9, "hidden_size": 8, "num_hidden_layers": 1,
            "num_attention_heads": 2, "intermediate_size": 16, "hidden_act": "gelu", "max_position_embeddings": 4,
            "type_vocab_size": 2, "layer_norm_eps": 1e-12, "position_embedding_type": "absolute"}"#;
        assert_eq!(parse_config(text.as_bytes()).unwrap().check().map_err(|error| error.to_string()), Ok(()));
        assert!(text.contains(change.0));
        parse_config(text.replace(change.0, change.1).as_bytes()).unwrap().check().unwrap_err().to_string()
    }

    #[test]
    fn what_is_not_computed_is_refused_by_name() {
        assert!(refusal(("\"gelu\"", "\"silu\"")).contains("silu"));
        assert!(refusal(("\"absolute\"", "\"relative_key\"")).contains("relative_key"));
        assert!(refusal(("heads\": 2", "heads\": 3")).contains("3 heads"));
    }
}
