//! A second look at the sentences that hold mentions, now knowing where the mentions are and of which type.
//!
//! The encoder's states cannot know which spans a curator or the tagger settled on. Here the type of each mention is added to
//! the states of its words, and one narrow layer of BERT's kind reads them: what the paper's pair encoder gets from writing
//! `%Disease` into the text, for all pairs at once.

use super::{Candidates, RelationConfig, Scope};
use crate::document::Label;
use crate::model::ModelError;
use crate::model::encoder::{Affine, Dropout, Layer};
use crate::model::kernels::AttentionShape;
use crate::model::weights::{Init, Weights};
use candle_core::{Device, Tensor};
use rand_chacha::ChaCha8Rng;

pub(super) const NAME: &str = "relation.reader";

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

impl Reader {
    pub(super) fn load(weights: &Weights, config: &RelationConfig, width: usize, labels: &[Label]) -> Result<Self, ModelError> {
        let (own, inner) = (config.state_width, config.state_width.saturating_mul(2));
        if own == 0 || config.heads == 0 || !own.is_multiple_of(config.heads) {
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

    /// `states`: words in scope × encoder width. The result has a row for each of them too.
    pub(super) fn read(
        &self,
        states: &Tensor,
        scope: &Scope,
        candidates: &Candidates,
        dropout: &mut Dropout,
    ) -> Result<Tensor, ModelError> {
        let labels = self.types.len();
        let mut marks = vec![0.0_f32; scope.len() * labels];
        for mention in &candidates.mentions {
            for row in scope.rows(&mention.words) {
                marks[row * labels + mention.label] = 1.0;
            }
        }
        let marks = Tensor::from_vec(marks, (scope.len(), labels), &Device::Cpu)?;
        let states = (self.down.project(&dropout.apply(states)?)? + marks.matmul(&Tensor::stack(&self.types, 0)?)?)?;
        let states = self.norm.normalise(&states, 1e-12)?;
        let shape = AttentionShape { lengths: scope.sequences(), heads: self.heads, width: self.width };
        Ok(self.layer.forward(&states, &shape, 1e-12, dropout)?)
    }
}
