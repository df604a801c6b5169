//! The negative log-likelihood of a CRF as one candle operation with its closed-form gradient.

use super::{tensor, values, with_values};
use crate::model::crf::{Moves, PathTarget};
use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};
use rayon::prelude::*;
use std::ops::Range;
use std::sync::Arc;

/// The loss of a batch of sequences (sentences) of words.
#[derive(Clone, Debug)]
pub struct CrfLoss {
    /// What the paths should be.
    pub target: Arc<PathTarget>,
    /// Words of each sequence; words outside all sequences have no part in the loss.
    pub sequences: Arc<[Range<usize>]>,
    /// Mask that is added to the moves, (tags + 2) × tags.
    pub mask: Arc<[f32]>,
}

impl CrfLoss {
    /// Σ over the sequences of the expected −log P(path), a scalar: of the gold path, or of the paths that a teacher believes in.
    /// `emissions`: words × tags; `moves`: (tags + 2) × tags.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn apply(self, emissions: &Tensor, moves: &Tensor) -> Result<Tensor> {
        emissions.contiguous()?.apply_op2(moves, self)
    }

    /// The target's expected score is subtracted where all sequences are known.
    fn log_z(emissions: &[f32], moves: &Moves, words: &Range<usize>) -> f64 {
        moves.lattice(&emissions[words.start * moves.tags()..words.end * moves.tags()]).log_z
    }

    /// Marginals of the tags of one sequence, and how often each move is expected.
    fn expected(emissions: &[f32], moves: &Moves, words: &Range<usize>) -> (Vec<f32>, Vec<f64>) {
        let tags = moves.tags();
        let lattice = moves.lattice(&emissions[words.start * tags..words.end * tags]);
        let mut counts = vec![0.0; (tags + 2) * tags];
        lattice.add_expected_moves(&mut counts);
        let marginals = (0..words.len()).flat_map(|word| lattice.marginals(word)).map(|p| p as f32).collect();
        (marginals, counts)
    }
}

impl CustomOp2 for CrfLoss {
    fn name(&self) -> &'static str {
        "crf-loss"
    }

    fn cpu_fwd(
        &self,
        emissions: &CpuStorage,
        emissions_layout: &Layout,
        moves: &CpuStorage,
        moves_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (words, tags) = emissions_layout.shape().dims2()?;
        if !self.target.fits(words, tags) || moves_layout.shape().dims2()? != (tags + 2, tags) {
            candle_core::bail!("{words} words of {tags} tags do not fit what the paths should be, or the moves");
        }
        let emissions = values(emissions, emissions_layout)?;
        let moves = Moves::new(tags, values(moves, moves_layout)?, &self.mask);
        let filled: Vec<&Range<usize>> = self.sequences.iter().filter(|words| !words.is_empty()).collect();
        let parts: Vec<f64> = filled.into_par_iter().map(|words| Self::log_z(emissions, &moves, words)).collect();
        let loss = parts.into_iter().sum::<f64>() - self.target.score(emissions, &moves);
        Ok((CpuStorage::F32(vec![loss as f32]), Shape::from(())))
    }

    fn bwd(
        &self,
        emissions: &Tensor,
        moves: &Tensor,
        _result: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let weight = gradient.to_scalar::<f32>()?;
        let tags = emissions.dim(1)?;
        let table = with_values(moves, |learned| Ok(Moves::new(tags, learned, &self.mask)))?;
        let filled: Vec<&Range<usize>> = self.sequences.iter().filter(|words| !words.is_empty()).collect();
        let parts: Vec<(Vec<f32>, Vec<f64>)> =
            with_values(emissions, |rows| Ok(filled.par_iter().map(|words| Self::expected(rows, &table, words)).collect()))?;
        let mut d_emissions: Vec<f32> = self.target.tags().iter().map(|share| -weight * share).collect();
        let mut d_moves: Vec<f64> = self.target.moves().iter().map(|count| -count).collect();
        for (words, (rows, counts)) in filled.into_iter().zip(parts) {
            for (into, value) in d_emissions[words.start * tags..].iter_mut().zip(rows) {
                *into += weight * value;
            }
            for (into, count) in d_moves.iter_mut().zip(counts) {
                *into += count;
            }
        }
        let d_moves = d_moves.into_iter().map(|count: f64| weight * count as f32).collect();
        Ok((Some(tensor(d_emissions, emissions)?), Some(tensor(d_moves, moves)?)))
    }
}
