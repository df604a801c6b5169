//! What a checkpoint says of its encoder.

use crate::model::ModelError;
use crate::model::kernels::Activation;
use serde::Deserialize;

/// What kind of encoder a checkpoint is of; `model_type` in its configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Architecture {
    /// Devlin et al. 2019; what is meant when nothing is said.
    #[default]
    Bert,
    /// Song et al. 2020: no token types, positions from 2, scores of attention biased by distance.
    Mpnet,
}

/// `config.json` of a checkpoint in Hugging Face's form, as far as it decides what is computed. Other keys are passed over; what is
/// left out is what the library that writes these files takes for it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Config {
    /// What kind of encoder it is.
    #[serde(default, rename = "model_type")]
    pub architecture: Architecture,
    /// Rows of the word embeddings.
    pub vocab_size: usize,
    /// Width of the states.
    pub hidden_size: usize,
    /// Number of layers; 0 leaves the embeddings alone.
    pub num_hidden_layers: usize,
    /// Number of attention heads; they share the width.
    pub num_attention_heads: usize,
    /// Width of the feed-forward network.
    pub intermediate_size: usize,
    /// Activation of the feed-forward network.
    #[serde(default, rename = "hidden_act")]
    pub activation: Activation,
    /// Rows of the position embeddings.
    pub max_position_embeddings: usize,
    /// Rows of the token-type embeddings, where there are any.
    #[serde(default = "type_vocab_size")]
    pub type_vocab_size: usize,
    /// Kinds of distance that bias the attention, where it is biased.
    #[serde(default = "relative_attention_num_buckets")]
    pub relative_attention_num_buckets: usize,
    /// Standard deviation of weights before training.
    #[serde(default = "initializer_range")]
    pub initializer_range: f64,
    /// What is added to the variance in layer normalisations.
    #[serde(default = "layer_norm_eps")]
    pub layer_norm_eps: f64,
    /// How positions enter; `absolute`, which is what is meant without it.
    pub position_embedding_type: Option<String>,
}

fn type_vocab_size() -> usize {
    2
}

fn relative_attention_num_buckets() -> usize {
    32
}

fn initializer_range() -> f64 {
    0.02
}

fn layer_norm_eps() -> f64 {
    1e-12
}

impl Config {
    /// Row of the position embeddings that the first piece of a sequence gets.
    pub fn first_position(&self) -> usize {
        match self.architecture {
            Architecture::Bert => 0,
            // Row 1 belongs to padding, and row 0 to nothing.
            Architecture::Mpnet => 2,
        }
    }

    /// Longest sequence in pieces.
    pub fn longest(&self) -> usize {
        self.max_position_embeddings.saturating_sub(self.first_position())
    }

    /// Whether this encoder can be computed.
    ///
    /// # Errors
    /// [`ModelError::Unsupported`] names what can't.
    pub fn check(&self) -> Result<(), ModelError> {
        let unsupported = |what: String| Err(ModelError::Unsupported(what));
        if let Some(kind) = self.position_embedding_type.as_deref().filter(|kind| *kind != "absolute") {
            return unsupported(format!("position embeddings of the type {kind:?} are not supported: only absolute ones are"));
        }
        if self.hidden_size == 0 || self.num_attention_heads == 0 || !self.hidden_size.is_multiple_of(self.num_attention_heads) {
            return unsupported(format!("{} values can't be shared by {} heads", self.hidden_size, self.num_attention_heads));
        }
        let buckets = self.relative_attention_num_buckets;
        if self.architecture == Architecture::Mpnet && (buckets < 4 || !buckets.is_multiple_of(4)) {
            return unsupported(format!("{buckets} kinds of distance can't be shared by both sides, near and far"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::model::encoder::Architecture;
    use crate::model::folder::parse_config;

    fn refusal(change: (&str, &str)) -> String {
        let text = r#"{"architectures": ["BertModel"], "model_type": "bert", "vocab_size": 9, "hidden_size": 8, "num_hidden_layers": 1,
            "num_attention_heads": 2, "intermediate_size": 16, "hidden_act": "gelu", "max_position_embeddings": 4,
            "type_vocab_size": 2, "layer_norm_eps": 1e-12, "position_embedding_type": "absolute"}"#;
        assert_eq!(parse_config(text.as_bytes()).unwrap().check().map_err(|error| error.to_string()), Ok(()));
        assert!(text.contains(change.0));
        let changed = parse_config(text.replace(change.0, change.1).as_bytes()).and_then(|config| config.check());
        changed.unwrap_err().to_string()
    }

    #[test]
    fn what_is_not_computed_is_refused_by_name() {
        let activation = refusal(("\"gelu\"", "\"silu\""));
        assert!(activation.starts_with("config.json:2:") && activation.contains("`silu`, expected"), "{activation}");
        assert!(refusal(("\"bert\"", "\"roberta\"")).contains("`roberta`, expected `bert` or `mpnet`"));
        assert!(refusal(("\"absolute\"", "\"relative_key\"")).contains("relative_key"));
        assert!(refusal(("heads\": 2", "heads\": 3")).contains("3 heads"));
    }

    #[test]
    fn what_older_configurations_leave_out_is_known() {
        let text = r#"{"vocab_size": 9, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16,
            "max_position_embeddings": 6}"#;
        let config = parse_config(text.as_bytes()).unwrap();
        assert_eq!((config.architecture, config.type_vocab_size, config.layer_norm_eps), (Architecture::Bert, 2, 1e-12));
        let mpnet = parse_config(text.replace('{', r#"{"model_type": "mpnet", "#).as_bytes()).unwrap();
        assert_eq!((config.longest(), mpnet.longest()), (6, 4));
    }
}
