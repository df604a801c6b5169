//! A step of the tagger: what it learns from documents of the corpus proper and of other corpora.

use crate::model::relation::RelationScorer;
use crate::model::tagger::Tagger;
use crate::train::TrainError;
use crate::train::auxiliary::Auxiliary;
use crate::train::course::Loss;
use crate::train::data::Example;
use crate::train::recipe::TaggerRecipe;
use crate::train::relations::{self, PairExample};
use crate::train::tagger::{self, Pass};
use candle_core::Tensor;
use rand_chacha::ChaCha8Rng;

/// What a step learns from an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lesson {
    /// The corpus proper: the example of this number.
    Own(usize),
    /// Another corpus, by its number.
    Other(usize),
}

/// All that learns from the lessons.
pub(super) struct Lessons<'l> {
    pub(super) recipe: &'l TaggerRecipe,
    /// The piece that hides others.
    pub(super) mask: Option<u32>,
    pub(super) tagger: &'l Tagger,
    /// The relation scorer, if it learns beside the tagger, and the weight of its loss.
    pub(super) scorer: Option<&'l RelationScorer>,
    pub(super) joint: f64,
    /// By example of the corpus proper.
    pub(super) pairs: &'l [PairExample],
    pub(super) auxiliary: &'l Auxiliary,
    /// The taggers of the other corpora.
    pub(super) others: &'l [Tagger],
}

impl Lessons<'_> {
    /// Mean loss over the examples of a batch, and the pieces that were read.
    pub(super) fn loss(&self, batch: &[&(Lesson, &Example)], rng: &ChaCha8Rng) -> Result<Loss, TrainError> {
        let mut losses = Vec::new();
        let own =
            batch.iter().filter_map(|(lesson, example)| if let Lesson::Own(at) = lesson { Some((*at, *example)) } else { None });
        let own: Vec<(usize, &Example)> = own.collect();
        if !own.is_empty() {
            losses.push((self.own(&own, rng.clone())? * (own.len() as f64 / batch.len() as f64))?);
        }
        for (task, tagger) in self.others.iter().enumerate() {
            let of_task = batch.iter().filter(|(lesson, _)| *lesson == Lesson::Other(task)).map(|(_, example)| *example);
            let of_task: Vec<&Example> = of_task.collect();
            if !of_task.is_empty() {
                let loss = self.auxiliary.loss((task, tagger), &of_task, (self.recipe, self.mask), rng.clone())?;
                losses.push((loss / batch.len() as f64)?);
            }
        }
        let sum = losses.into_iter().map(Ok).reduce(|sum, loss| Ok::<_, TrainError>((sum? + loss?)?)).transpose()?;
        let read: Vec<&Example> = batch.iter().map(|(_, example)| *example).collect();
        Ok(sum.map(|sum| (sum, tagger::pieces(&read))))
    }

    /// Mean loss over examples of the corpus proper.
    fn own(&self, examples: &[(usize, &Example)], rng: ChaCha8Rng) -> Result<Tensor, TrainError> {
        let chosen: Vec<&Example> = examples.iter().map(|(_, example)| *example).collect();
        let mut pass = Pass::new(self.tagger, self.mask, &chosen, self.recipe, rng)?;
        let loss = pass.loss(self.tagger, &chosen)?;
        let Some(scorer) = self.scorer else { return Ok(loss) };
        let pairs = examples.iter().filter_map(|(at, example)| Some((example.prepared.words.len(), self.pairs.get(*at)?)));
        let related = relations::joint_loss(scorer, self.tagger, &mut pass, &pairs.collect::<Vec<_>>())?;
        Ok(match related {
            Some(related) => (loss + (related * self.joint)?)?,
            None => loss,
        })
    }
}
