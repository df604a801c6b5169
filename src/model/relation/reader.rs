//! A second look at the sentences that hold mentions, now knowing where the mentions are and of which type.
//!
//! The encoder's states cannot know which spans a curator or the tagger settled on. Here the type of each mention is added to
//! the states of its words, and one narrow layer of BERT's kind reads them: what the paper's pair encoder gets from writing
//! `%Disease` into the text, for all pairs at once.

use super::{Candidates, RelationConfig};
use crate::document::Label;
use crate::model::ModelError;
use crate::model::encoder::{Affine, Dropout, Layer};
use crate::model::kernels::AttentionShape;
use crate::model::weights::{Init, Weights};
use candle_core::{Device, Tensor};
use rand_chacha::ChaCha8Rng;
use std::ops::Range;

/// Words that are read at once; whole sentences, so that one sentence alone may be longer.
const SEQUENCE: usize = 400;

const NAME: &str = "relation.reader";

/// Beginning of the names of the types' embeddings. They go by name, so that corpora which share a type share what it means.
pub const TYPES: &str = "relation.type.";

/// The layer and the embeddings of types.
#[derive(Debug)]
pub(super) struct Reader {
    width: usize,
    heads: usize,
    down: Affine,
    /// A vector for each label, put together anew for each reading: a copy would not see the optimiser's steps.
    types: Vec<Tensor>,
    norm: Affine,
    layer: Layer,
}

/// States of the words that were read.
pub(super) struct Reading {
    /// Words read × width.
    pub(super) states: Tensor,
    /// Number of words read before each word of the text, and in all.
    before: Vec<usize>,
}

impl Reading {
    /// The rows of a range of words.
    pub(super) fn rows(&self, words: &Range<usize>) -> Range<usize> {
        self.before[words.start]..self.before[words.end]
    }
}

impl Reader {
    pub(super) fn load(weights: &Weights, config: &RelationConfig, width: usize, labels: &[Label]) -> Result<Self, ModelError> {
        let (own, inner) = (config.state_width, 2 * config.state_width);
        if config.heads == 0 || !own.is_multiple_of(config.heads) {
            let what = format!("{own} values of a relation state can't be shared by {} heads", config.heads);
            return Err(ModelError::Unsupported(what));
        }
        let types = labels.iter().map(|label| weights.get(&format!("{TYPES}{label}"), &[own]));
        Ok(Self {
            width: own,
            heads: config.heads,
            down: Affine::linear(weights, &format!("{NAME}.down"), own, width)?,
            types: types.collect::<Result<_, _>>()?,
            norm: Affine::norm(weights, &format!("{NAME}.norm"), own)?,
            layer: Layer::load(weights, NAME, own, inner)?,
        })
    }

    pub(super) fn ensure(
        weights: &mut Weights,
        config: &RelationConfig,
        width: usize,
        labels: &[Label],
        rng: &mut ChaCha8Rng,
    ) -> Result<(), ModelError> {
        let own = config.state_width;
        weights.ensure(&format!("{NAME}.down.weight"), &[own, width], Init::Normal(1.0 / (width as f32).sqrt()), rng)?;
        weights.ensure(&format!("{NAME}.down.bias"), &[own], Init::Zero, rng)?;
        for label in labels {
            weights.ensure(&format!("{TYPES}{label}"), &[own], Init::Normal(0.5), rng)?;
        }
        Affine::ensure_norm(weights, &format!("{NAME}.norm"), own, rng)?;
        Layer::ensure(weights, NAME, (own, 2 * own), Init::Normal(0.5 / (own as f32).sqrt()), rng)
    }

    /// `states`: words of the text × encoder width.
    pub(super) fn read(&self, states: &Tensor, candidates: &Candidates, dropout: &mut Dropout) -> Result<Reading, ModelError> {
        let words = states.dim(0)?;
        let Selection { kept, lengths, before } = Selection::of(candidates, words);
        let kept_states = states.index_select(&Tensor::new(kept.as_slice(), &Device::Cpu)?, 0)?;
        let labels = self.types.len();
        let mut marks = vec![0.0_f32; kept.len() * labels];
        for mention in &candidates.mentions {
            for row in before[mention.words.start]..before[mention.words.end] {
                marks[row * labels + mention.label] = 1.0;
            }
        }
        let marks = Tensor::from_vec(marks, (kept.len(), labels), &Device::Cpu)?;
        let states = (self.down.project(&dropout.apply(&kept_states)?)? + marks.matmul(&Tensor::stack(&self.types, 0)?)?)?;
        let states = self.norm.normalise(&states, 1e-12)?;
        let shape = AttentionShape { lengths, heads: self.heads, width: self.width };
        Ok(Reading { states: self.layer.forward(&states, &shape, 1e-12, dropout)?, before })
    }
}

/// The words of the sentences that hold mentions, in sequences of whole sentences.
struct Selection {
    kept: Vec<u32>,
    lengths: Vec<usize>,
    before: Vec<usize>,
}

impl Selection {
    fn of(candidates: &Candidates, words: usize) -> Self {
        let mut wanted = vec![false; words];
        for sentence in &candidates.sentences {
            let touched = candidates.mentions.iter().any(|m| m.words.start < sentence.end && sentence.start < m.words.end);
            wanted[sentence.clone()].fill(touched);
        }
        let (mut kept, mut lengths, mut before) = (Vec::new(), Vec::new(), vec![0; words + 1]);
        let mut begun = 0;
        for sentence in &candidates.sentences {
            if kept.len() > begun && kept.len() - begun + sentence.len() > SEQUENCE {
                lengths.push(kept.len() - begun);
                begun = kept.len();
            }
            kept.extend(sentence.clone().filter(|&word| wanted[word]).map(|word| word as u32));
        }
        lengths.extend((kept.len() > begun).then(|| kept.len() - begun));
        for (word, wanted) in wanted.iter().enumerate() {
            before[word + 1] = before[word] + usize::from(*wanted);
        }
        Self { kept, lengths, before }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::relation::Mention;

    #[test]
    fn only_sentences_with_mentions_are_read() {
        let mentions = vec![Mention { words: 4..6, label: 0 }, Mention { words: 11..12, label: 1 }];
        let candidates = Candidates::find(mentions, &[0..3, 3..7, 7..10, 10..12], None);
        let selection = Selection::of(&candidates, 12);
        assert_eq!(selection.kept, [3, 4, 5, 6, 10, 11]);
        assert_eq!(selection.lengths, [6]);
        assert_eq!(selection.before[4]..selection.before[6], 1..3);
        assert_eq!(selection.before[11]..selection.before[12], 5..6);
    }

    #[test]
    fn a_long_text_is_read_in_sequences_of_whole_sentences() {
        let mentions = (0..10).map(|i| Mention { words: i * 150..i * 150 + 1, label: 0 }).collect();
        let sentences: Vec<_> = (0..10).map(|i| i * 150..(i + 1) * 150).collect();
        let selection = Selection::of(&Candidates::find(mentions, &sentences, None), 1500);
        assert_eq!(selection.lengths, [300; 5]);
    }
}
