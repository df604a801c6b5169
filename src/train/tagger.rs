//! First stage: the tagger's loss on a batch of documents.

use super::data::Example;
use super::recipe::TaggerRecipe;
use crate::model::ModelError;
use crate::model::crf::PathTarget;
use crate::model::encoder::Dropout;
use crate::model::input::Encoded;
use crate::model::tagger::{Tagged, Tagger};
use candle_core::Tensor;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// A batch of documents in one pass of the encoder.
pub struct Pass {
    /// Texts laid end to end.
    text: Encoded,
    tagged: Tagged,
    /// Weight of the sentences' loss beside the tags'.
    relevance_weight: f64,
    /// The dropout of the pass, for what comes behind it.
    pub dropout: Dropout,
}

impl Pass {
    /// Encodes the documents with dropout. `mask` is the piece that hides others.
    ///
    /// # Errors
    /// When the arithmetic fails.
    pub fn new(
        tagger: &Tagger,
        mask: Option<u32>,
        batch: &[&Example],
        recipe: &TaggerRecipe,
        mut rng: ChaCha8Rng,
    ) -> Result<Self, ModelError> {
        let texts: Vec<&Encoded> = batch.iter().map(|example| example.draw(&mut rng)).collect();
        let mut text = Encoded::join(&texts);
        if let Some(mask) = mask {
            hide_pieces(&mut text, mask, recipe.piece_dropout, &mut rng);
        }
        let mut dropout = Dropout::new(recipe.optimizer.dropout, rng);
        let tagged = tagger.forward(&text, &mut dropout)?;
        let relevance_weight = recipe.relevance.as_ref().map_or(0.0, |relevance| relevance.weight);
        Ok(Self { text, tagged, relevance_weight, dropout })
    }

    /// States of all words.
    pub fn states(&self) -> &Tensor {
        &self.tagged.states
    }

    /// Mean over the documents of −log P(tags), as their targets expect the tags, and of that of their sentences if they are learned.
    ///
    /// # Errors
    /// When the arithmetic fails.
    pub fn loss(&self, tagger: &Tagger, batch: &[&Example]) -> Result<Tensor, ModelError> {
        let target = PathTarget::join(batch.iter().map(|example| &example.target));
        let sentences = tagger.relevance_loss(&self.tagged, &self.text, &target)?;
        let mut loss = tagger.loss(&self.tagged, &self.text, target)?;
        if let Some(sentences) = sentences {
            loss = (loss + (sentences * self.relevance_weight)?)?;
        }
        Ok((loss / batch.len() as f64)?)
    }
}

/// Pieces of a batch.
pub fn pieces(batch: &[&Example]) -> usize {
    batch.iter().map(|example| example.prepared.encoded.packed.ids.len()).sum()
}

/// Puts `[MASK]` in the place of a share of the pieces, so that the tagger learns to use the context.
fn hide_pieces(text: &mut Encoded, mask: u32, share: f64, rng: &mut ChaCha8Rng) {
    if share <= 0.0 {
        return;
    }
    let mut edges = vec![false; text.packed.ids.len()];
    let mut from = 0;
    for &length in &text.packed.lengths {
        edges[from] = true;
        edges[from + length - 1] = true;
        from += length;
    }
    for (id, edge) in text.packed.ids.iter_mut().zip(edges) {
        if !edge && rng.random::<f64>() < share {
            *id = mask;
        }
    }
}

/// Learning rate of a weight: layers of the encoder get less the lower they are.
pub fn rate(name: &str, recipe: &TaggerRecipe, layers: usize) -> f64 {
    encoder_rate(name, (recipe.encoder_rate, recipe.layer_decay), layers).unwrap_or(recipe.optimizer.learning_rate)
}

/// Learning rate of a weight of the encoder, given that of its last layer and the factor from each to the one below; `None` for others.
pub fn encoder_rate(name: &str, (last, decay): (f64, f64), layers: usize) -> Option<f64> {
    let below = |layer: usize| last * decay.powi((layers - layer) as i32);
    if let Some(rest) = name.strip_prefix("encoder.layer.") {
        let number: usize = rest.split('.').next().and_then(|number| number.parse().ok()).unwrap_or(0);
        return Some(below((number + 1).min(layers)));
    }
    // Distances are read by every layer, and so by the lowest.
    (name.starts_with("embeddings.") || name.starts_with("encoder.")).then(|| below(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tagger::Output;
    use crate::nlp::Context;
    use crate::nlp::bio::TagScheme;
    use crate::train::recipe::OptimizerRecipe;

    #[test]
    fn lower_layers_learn_slower() {
        let optimizer = OptimizerRecipe {
            epochs: 1,
            batch: 1,
            learning_rate: 1e-3,
            warmup: 0.0,
            weight_decay: 0.0,
            clip: 1.0,
            dropout: 0.0,
            average: 0.0,
        };
        let recipe = TaggerRecipe {
            optimizer,
            encoder_rate: 1e-4,
            layer_decay: 0.5,
            freeze: Vec::new(),
            shape_width: 0,
            part_width: 0,
            scheme: TagScheme::default(),
            output: Output::default(),
            lstm_width: 0,
            context: Context::default(),
            also_read: Vec::new(),
            relevance: None,
            encoder_layers: None,
            piece_dropout: 0.0,
            threshold: 0.0,
            score_every: 1,
        };
        assert_eq!(rate("tagger.moves", &recipe, 2), 1e-3);
        assert_eq!(rate("encoder.layer.1.output.dense.weight", &recipe, 2), 1e-4);
        assert_eq!(rate("encoder.layer.0.output.dense.weight", &recipe, 2), 0.5e-4);
        assert_eq!(rate("embeddings.word_embeddings.weight", &recipe, 2), 0.25e-4);
        assert_eq!(rate("encoder.relative_attention_bias.weight", &recipe, 2), 0.25e-4);
    }
}
