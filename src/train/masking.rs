//! Texts with some of their words hidden, and the layer that says which words they were (Devlin et al. 2019, section 3.1).

use crate::model::ModelError;
use crate::model::encoder::{Affine, Config, Dropout, Encoder};
use crate::model::input::{Encoded, Packed};
use crate::model::kernels::Activation;
use crate::model::ops::{Activate, CrossEntropy, Linear};
use crate::model::weights::{Init, Weights};
use candle_core::{Device, Tensor};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use std::ops::Range;

/// A window of a text: its pieces, and which of them are a word together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MaskingExample {
    ids: Vec<u32>,
    words: Vec<Range<usize>>,
}

impl MaskingExample {
    /// The windows of a text. Words that a window holds only as context of others are never hidden in it.
    pub(super) fn windows(encoded: &Encoded) -> Vec<Self> {
        let example = |window: Encoded| {
            let ends = window.first.iter().zip(&window.last);
            let words = ends.map(|(&first, &last)| first as usize..last as usize + 1).collect();
            Self { ids: window.packed.ids, words }
        };
        encoded.windows().map(example).filter(|example| !example.words.is_empty()).collect()
    }

    /// Number of pieces.
    pub(super) fn pieces(&self) -> usize {
        self.ids.len()
    }
}

/// How words are hidden.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hiding {
    /// Share of the words.
    pub(super) share: f64,
    /// The piece that stands for a hidden one.
    pub(super) mask: u32,
    /// Number of pieces that the vocabulary has.
    pub(super) vocabulary: u32,
}

/// A batch with words hidden.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Masked {
    pub(super) packed: Packed,
    /// Rows whose pieces are to be told.
    pub(super) rows: Vec<u32>,
    /// What they were.
    pub(super) gold: Vec<u32>,
}

impl Masked {
    /// Of a share of the words all pieces are to be told: of eight in ten words they are hidden, of one in ten replaced by any others, of
    /// one in ten left as they are.
    pub(super) fn new(batch: &[&MaskingExample], hiding: Hiding, rng: &mut ChaCha8Rng) -> Self {
        let mut masked = Self { packed: Packed::default(), rows: Vec::new(), gold: Vec::new() };
        for example in batch {
            let from = masked.packed.ids.len();
            masked.packed.ids.extend_from_slice(&example.ids);
            masked.packed.lengths.push(example.ids.len());
            for word in &example.words {
                if rng.random::<f64>() >= hiding.share {
                    continue;
                }
                let fate = rng.random::<f64>();
                for row in word.start + from..word.end + from {
                    let Some(id) = masked.packed.ids.get_mut(row) else { continue };
                    masked.rows.push(row as u32);
                    masked.gold.push(*id);
                    if fate < 0.8 {
                        *id = hiding.mask;
                    } else if fate < 0.9 {
                        *id = rng.random_range(0..hiding.vocabulary);
                    }
                }
            }
        }
        masked
    }
}

/// Beginning of the names of the layer's weights; they are no part of an encoder folder.
const HEAD: &str = "masking";

/// From the states of hidden pieces to scores of all pieces: a transformation, then the product with the embeddings that the encoder
/// reads pieces with.
#[derive(Debug)]
pub(super) struct PieceHead {
    transform: Affine,
    norm: Affine,
    words: Tensor,
    bias: Tensor,
    activation: Activation,
    epsilon: f64,
}

impl PieceHead {
    /// Puts its weights in where they are missing.
    pub(super) fn ensure(weights: &mut Weights, config: &Config, rng: &mut ChaCha8Rng) -> Result<(), ModelError> {
        let width = config.hidden_size;
        let normal = Init::Normal(config.initializer_range as f32);
        weights.ensure(&format!("{HEAD}.transform.weight"), &[width, width], normal, rng)?;
        weights.ensure(&format!("{HEAD}.transform.bias"), &[width], Init::Zero, rng)?;
        Affine::ensure_norm(weights, &format!("{HEAD}.LayerNorm"), width, rng)?;
        weights.ensure(&format!("{HEAD}.bias"), &[config.vocab_size], Init::Zero, rng)
    }

    /// Takes its weights by name.
    pub(super) fn load(weights: &Weights, config: &Config) -> Result<Self, ModelError> {
        let width = config.hidden_size;
        Ok(Self {
            transform: Affine::linear(weights, &format!("{HEAD}.transform"), width, width)?,
            norm: Affine::norm(weights, &format!("{HEAD}.LayerNorm"), width)?,
            words: weights.get("embeddings.word_embeddings.weight", &[config.vocab_size, width])?,
            bias: weights.get(&format!("{HEAD}.bias"), &[config.vocab_size])?,
            activation: config.activation,
            epsilon: config.layer_norm_eps,
        })
    }

    /// Mean over the hidden pieces of −log P(what it was); `None` when none is hidden. Scores are computed for these alone: they
    /// are a seventh of the pieces, and there are as many scores for each as the vocabulary has pieces.
    pub(super) fn loss(&self, encoder: &Encoder, masked: &Masked, dropout: &mut Dropout) -> Result<Option<Tensor>, ModelError> {
        if masked.rows.is_empty() {
            return Ok(None);
        }
        let states = encoder.forward(&masked.packed, None, dropout)?;
        let hidden = states.index_select(&Tensor::new(masked.rows.as_slice(), &Device::Cpu)?, 0)?;
        let transformed = Activate::apply(&self.transform.project(&hidden)?, self.activation)?;
        let transformed = self.norm.normalise(&transformed, self.epsilon)?;
        let scores = Linear::apply(&transformed, &self.words, &self.bias)?;
        Ok(Some(CrossEntropy::apply(&scores, masked.gold.as_slice().into())?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    /// Words of one, two and three pieces between the two special ones.
    fn example() -> MaskingExample {
        let words = (0..300).map(|word| 1 + word * 2 - word % 2..1 + word * 2 + 1);
        MaskingExample { ids: (0..602).map(|id| 100 + id).collect(), words: words.collect() }
    }

    #[test]
    fn words_are_hidden_whole_and_in_the_shares_of_the_paper() {
        let (example, hiding) = (example(), Hiding { share: 0.15, mask: 4, vocabulary: 50 });
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let (mut hidden, mut other, mut same, mut words) = (0, 0, 0, 0);
        for _ in 0..200 {
            let masked = Masked::new(&[&example, &example], hiding, &mut rng);
            assert_eq!(masked.packed.lengths, [602, 602]);
            let whole = |row: u32| {
                let word = example.words.iter().find(|word| word.contains(&(row as usize % 602))).unwrap();
                let from = row as usize / 602 * 602;
                word.clone().all(|piece| masked.rows.contains(&((piece + from) as u32)))
            };
            assert!(masked.rows.iter().all(|&row| whole(row)));
            for (&row, &gold) in masked.rows.iter().zip(&masked.gold) {
                assert_eq!(gold, 100 + row % 602);
                match masked.packed.ids[row as usize] {
                    4 => hidden += 1,
                    id if id == gold => same += 1,
                    id => {
                        assert!(id < 50);
                        other += 1;
                    }
                }
            }
            words += masked.rows.len();
        }
        let share = |count: usize| count as f64 / words as f64;
        let pieces: usize = example.words.iter().map(Range::len).sum();
        assert!((words as f64 / (400 * pieces) as f64 - 0.15).abs() < 0.01);
        assert!((share(hidden) - 0.8).abs() < 0.02 && (share(other) - 0.1).abs() < 0.02 && (share(same) - 0.1).abs() < 0.02);
    }
}
