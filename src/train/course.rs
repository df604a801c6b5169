//! The course of a stage: batches in a reproducible order, steps, metrics, checkpoints, and stopping when asked to.

use super::TrainError;
use super::checkpoint::{self, Checkpoint, Position, Stage};
use super::metrics::{Observer, TrainEvent};
use super::optimizer::AdamW;
use super::recipe::OptimizerRecipe;
use crate::formats::hold;
use crate::model::weights::Weights;
use crate::pipeline::CancelToken;
use candle_core::Tensor;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// File with a line for each event of a training.
const LOG: &str = "metrics.jsonl";

/// What every training has: a folder, a seed, a log, somebody who watches and may ask it to stop.
pub(super) struct Course<'a> {
    out: PathBuf,
    seed: u64,
    checkpoint_minutes: f64,
    /// Hash of recipe and documents: a checkpoint only continues what it was made by.
    id: String,
    log: fs::File,
    observer: &'a mut dyn Observer,
    cancel: &'a CancelToken,
    saved: Instant,
}

/// A stage as the course sees it.
pub(super) struct StageCourse<'s, E> {
    pub(super) stage: Stage,
    pub(super) recipe: &'s OptimizerRecipe,
    pub(super) weights: &'s Weights,
    pub(super) examples: &'s [E],
    /// What an epoch reads of the examples.
    pub(super) pools: &'s [Pool],
}

/// So many examples, of which an epoch reads so many: the next ones in each, until all have had their turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pool {
    size: usize,
    taken: usize,
}

impl Pool {
    /// All are read in each epoch.
    pub(super) fn whole(size: usize) -> Self {
        Self { size, taken: size }
    }

    /// Only so many are.
    pub(super) fn sampled(size: usize, taken: usize) -> Self {
        Self { size, taken: taken.min(size) }
    }
}

/// Loss of a batch and the number of pieces that it read; nothing for a batch that teaches nothing.
pub(super) type Loss = Option<(Tensor, usize)>;

impl<'a> Course<'a> {
    /// Makes the folder and opens the log; gives the checkpoint to go on from, if there is one.
    ///
    /// # Errors
    /// When the folder can't be written, another training is at work in it, or its checkpoint belongs to another run.
    pub(super) fn open(
        out: &Path,
        (seed, checkpoint_minutes): (u64, f64),
        id: String,
        observer: &'a mut dyn Observer,
        cancel: &'a CancelToken,
    ) -> Result<(Self, Option<Checkpoint>), TrainError> {
        fs::create_dir_all(out).map_err(|error| TrainError::at(out, error))?;
        let log = open_log(out)?;
        let resumed = Checkpoint::load(out)?;
        if resumed.as_ref().is_some_and(|checkpoint| checkpoint.position.run != id) {
            let what = "the checkpoint belongs to another recipe or corpus: choose another folder, or remove it to begin anew";
            return Err(TrainError::at(out, what));
        }
        let saved = Instant::now();
        Ok((Self { out: out.to_path_buf(), seed, checkpoint_minutes, id, log, observer, cancel, saved }, resumed))
    }

    /// The folder.
    pub(super) fn out(&self) -> &Path {
        &self.out
    }

    /// Hash of all that decides what is learned.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Tells the observer and writes a line of the log.
    ///
    /// # Errors
    /// When the log can't be written.
    pub(super) fn tell(&mut self, event: &TrainEvent) -> Result<(), TrainError> {
        self.observer.observe(event);
        let line = serde_json::to_string(event).map_err(|error| TrainError::Input(error.to_string()))?;
        writeln!(self.log, "{line}").map_err(|error| TrainError::at(&self.out.join(LOG), error))
    }

    /// Steps until the end of the stage (true) or until it is asked to stop (false), after a checkpoint. `epoch_done` is called
    /// with the number of epochs done.
    ///
    /// # Errors
    /// When the arithmetic fails or a checkpoint can't be written.
    pub(super) fn run<E>(
        &mut self,
        course: &StageCourse<'_, E>,
        optimizer: &mut AdamW,
        loss: impl Fn(&[&E], ChaCha8Rng) -> Result<Loss, TrainError>,
        mut epoch_done: impl FnMut(&mut Self, &AdamW, usize) -> Result<(), TrainError>,
    ) -> Result<bool, TrainError> {
        let StageCourse { stage, recipe, weights, examples, pools } = *course;
        let name = stage.name();
        let batch = recipe.batch.max(1);
        let per_epoch = steps_of_epoch(recipe, pools);
        let steps = recipe.epochs * per_epoch;
        let pause = Duration::from_secs_f64(60.0 * self.checkpoint_minutes.max(0.0));
        while optimizer.step < steps {
            let begun = Instant::now();
            let (epoch, at) = (optimizer.step / per_epoch, optimizer.step % per_epoch);
            let order = epoch_order(self.seed, name, epoch, pools);
            let chosen: Vec<&E> = order.iter().skip(at * batch).take(batch).filter_map(|&i| examples.get(i)).collect();
            match loss(&chosen, step_rng(self.seed, name, optimizer.step + 1))? {
                Some((loss, pieces)) => {
                    let gradient_norm = optimizer.step(&loss.backward()?)?;
                    let loss = f64::from(loss.to_scalar::<f32>()?);
                    let pieces_per_second = pieces as f64 / begun.elapsed().as_secs_f64();
                    let step = optimizer.step;
                    self.tell(&TrainEvent::Step { stage: name, step, steps, loss, gradient_norm, pieces_per_second })?;
                }
                None => optimizer.step += 1,
            }
            if optimizer.step.is_multiple_of(per_epoch) {
                epoch_done(self, optimizer, optimizer.step / per_epoch)?;
            }
            let stop = self.cancel.is_cancelled();
            if stop || self.saved.elapsed() >= pause {
                let position = Position { stage, step: optimizer.step, run: self.id.clone() };
                checkpoint::save(&self.out, &position, weights, optimizer)?;
                self.saved = Instant::now();
                self.tell(&TrainEvent::Saved { step: optimizer.step })?;
            }
            if stop {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Opens the log of a folder and holds it: of two trainings in one folder each would overwrite the other's checkpoints.
fn open_log(out: &Path) -> Result<fs::File, TrainError> {
    let path = out.join(LOG);
    let unusable = |error| TrainError::at(&path, error);
    let log = fs::OpenOptions::new().create(true).read(true).append(true).open(&path).map_err(unusable)?;
    let free = hold(&log).map_err(unusable)?;
    free.then_some(log).ok_or_else(|| TrainError::at(out, "another training is at work in this folder"))
}

/// Steps of a stage.
pub(super) fn steps(recipe: &OptimizerRecipe, pools: &[Pool]) -> usize {
    recipe.epochs * steps_of_epoch(recipe, pools)
}

fn steps_of_epoch(recipe: &OptimizerRecipe, pools: &[Pool]) -> usize {
    pools.iter().map(|pool| pool.taken).sum::<usize>().div_ceil(recipe.batch.max(1))
}

/// Randomness of one purpose at one step.
pub(super) fn step_rng(seed: u64, purpose: &str, step: usize) -> ChaCha8Rng {
    let hash = blake3::hash(format!("{seed}/{purpose}/{step}").as_bytes());
    ChaCha8Rng::from_seed(*hash.as_bytes())
}

/// The order in which an epoch reads the examples of the pools, which lie one behind the other.
fn epoch_order(seed: u64, stage: &str, epoch: usize, pools: &[Pool]) -> Vec<usize> {
    let mut order = Vec::new();
    let mut first = 0;
    for &Pool { size, taken } in pools {
        if taken == size {
            order.extend(first..first + size);
        } else {
            let mut turns: Vec<usize> = (first..first + size).collect();
            turns.shuffle(&mut step_rng(seed, &format!("{stage}-turns"), first));
            order.extend((0..taken).map(|i| turns[(epoch * taken + i) % size]));
        }
        first += size;
    }
    order.shuffle(&mut step_rng(seed, &format!("{stage}-order"), epoch));
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::metrics::Ignore;

    #[test]
    fn a_folder_has_one_training_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let cancel = CancelToken::default();
        let [mut one, mut two, mut three] = [Ignore, Ignore, Ignore];
        let first = Course::open(folder.path(), (1, 3.0), "run".to_owned(), &mut one, &cancel).unwrap();
        let refused = Course::open(folder.path(), (1, 3.0), "run".to_owned(), &mut two, &cancel).err().unwrap().to_string();
        assert!(refused.ends_with(": another training is at work in this folder"), "{refused}");
        drop(first);
        assert!(Course::open(folder.path(), (1, 3.0), "run".to_owned(), &mut three, &cancel).is_ok());
    }

    #[test]
    fn of_a_sampled_pool_all_have_their_turn_before_one_is_read_again() {
        let pools = [Pool::whole(3), Pool::sampled(10, 4)];
        let epochs: Vec<Vec<usize>> = (0..5).map(|epoch| epoch_order(1, "tagger", epoch, &pools)).collect();
        assert!(epochs.iter().all(|order| order.len() == 7 && (0..3).all(|whole| order.contains(&whole))));
        let sampled = |epoch: &Vec<usize>| epoch.iter().copied().filter(|&i| i >= 3).collect::<Vec<_>>();
        let mut first: Vec<usize> = epochs[..2].iter().flat_map(sampled).collect();
        first.sort_unstable();
        first.dedup();
        assert_eq!(first.len(), 8, "two epochs have nothing in common");
        let mut all: Vec<usize> = epochs.iter().flat_map(sampled).collect();
        all.sort_unstable();
        assert_eq!(all, (3..13).flat_map(|i| [i, i]).collect::<Vec<_>>(), "five epochs of four read ten twice");
        assert_ne!(epochs[0], epochs[1]);
    }
}
