//! The second opinion, factored as the first: what a pair hears from those of the same subject or object is a sum over all pairs of
//! the mention, less what the pair says itself. So the weights are applied to each mention's sums once, and to each pair's own part.

use super::super::RelationConfig;
use super::super::competition::{NAME, shapes};
use super::super::{CandidatePair, Candidates};
use super::apply_in_blocks;
use crate::model::ModelError;
use crate::model::kernels::{Panels, Terms};
use crate::model::stored::WeightSource;
use crate::model::weights::Weights;

/// The layers of the second opinion.
pub(super) struct Competition {
    /// Width of what a pair says to others: probabilities of the roles, and the message.
    said: usize,
    width: usize,
    /// What the message is made of, outputs × hidden width, with its bias; for a product together with the first opinion's last layer.
    pub(super) message: (Vec<f32>, Vec<f32>),
    /// From the first opinion's hidden state, the outcomes and the message of a pair.
    own: Panels,
    own_bias: Vec<f32>,
    /// From what was said by pairs of a subject and by pairs of an object, side by side, to what the pairs of a mention hear: as
    /// their subject and, behind that, as their object.
    heard: Panels,
    no_bias: Vec<f32>,
    pub(super) output: (Panels, Vec<f32>),
}

impl Competition {
    pub(super) fn load(weights: &Weights, config: &RelationConfig) -> Result<Self, ModelError> {
        let layers = shapes(config).map(|(part, outputs, inputs)| {
            let weight = weights.values(&format!("{NAME}.{part}.weight"), &[outputs, inputs])?;
            Ok::<_, ModelError>((weight, weights.values(&format!("{NAME}.{part}.bias"), &[outputs])?, inputs))
        });
        let [message, hidden, output] = layers;
        let ((message, message_bias, _), (hidden, own_bias, columns), (output, output_bias, width)) =
            (message?, hidden?, output?);
        let outcomes = 1 + config.roles.len();
        let said = config.roles.len() + config.message_width;
        // The input: hidden state, outcomes, and what was said by those of the same subject, of the same object, of my subject as
        // their object, and of my object as their subject.
        let first = width + outcomes;
        let mut own = Vec::with_capacity(own_bias.len() * (width + 1 + said));
        let (mut as_subject, mut as_object): (Vec<f32>, Vec<f32>) = (Vec::new(), Vec::new());
        for row in hidden.chunks_exact(columns) {
            let way = |way: usize| &row[first + way * said..first + (way + 1) * said];
            let (same_subject, same_object, turned_subject, turned_object) = (way(0), way(1), way(2), way(3));
            let from = own.len() + width + 1;
            own.extend_from_slice(&row[..first]);
            own.resize(from + said, 0.0);
            // The sums have in them what the pair says itself, which it must not hear.
            for ((own, a), b) in own[from..].iter_mut().zip(same_subject).zip(same_object) {
                *own -= a + b;
            }
            as_subject.extend(same_subject.iter().chain(turned_subject));
            as_object.extend(turned_object.iter().chain(same_object));
        }
        as_subject.extend(as_object);
        let outputs = own_bias.len();
        Ok(Self {
            said,
            width: outputs,
            message: (message, message_bias),
            own: Panels::of(&own, outputs, width + 1 + said),
            own_bias,
            heard: Panels::of(&as_subject, 2 * outputs, 2 * said),
            no_bias: vec![0.0; 2 * outputs],
            output: (Panels::of(&output, output_bias.len(), outputs), output_bias),
        })
    }

    /// Width of the part behind a hidden state that [`Competition::own`] expects: outcomes and message.
    pub(super) fn told(&self) -> usize {
        1 + self.said
    }

    /// What some pairs have by themselves of the sums of the hidden layer. `states`: rows of a hidden state with what is told behind.
    pub(super) fn own(&self, states: &[f32], sums: &mut [f32]) {
        self.own.apply(states, &self.own_bias, sums);
    }

    /// What the pairs of each mention hear. `told`: outcomes and message of each pair.
    pub(super) fn heard(&self, told: &[f32], candidates: &Candidates) -> Heard {
        let said = self.said;
        let mut sums = vec![0.0; candidates.mentions.len() * 2 * said];
        for (pair, told) in candidates.pairs.iter().zip(told.chunks_exact(self.told())) {
            for at in [2 * pair.subject, 2 * pair.object + 1] {
                let sums = &mut sums[at * said..(at + 1) * said];
                sums.iter_mut().zip(&told[1..]).for_each(|(sum, said)| *sum += said);
            }
        }
        let mut heard = vec![0.0; candidates.mentions.len() * 2 * self.width];
        apply_in_blocks(&self.heard, &self.no_bias, &sums, &mut heard);
        Heard { rows: heard, width: self.width }
    }
}

/// What the pairs of each mention hear: as their subject and, behind that, as their object.
pub(super) struct Heard {
    rows: Vec<f32>,
    width: usize,
}

impl Heard {
    /// The sums of a pair from what it has by itself.
    #[inline]
    pub(super) fn terms<'a>(&'a self, pair: &CandidatePair, own: &'a [f32]) -> Terms<'a, 3, 0> {
        let row = |row: usize| &self.rows[row * self.width..(row + 1) * self.width];
        Terms { rows: [own, row(2 * pair.subject), row(2 * pair.object + 1)], weighted: [] }
    }
}
