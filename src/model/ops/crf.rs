//! The negative log-likelihood of a CRF as one candle operation with its closed-form gradient.

use super::{tensor, values, with_values};
use crate::model::crf::Moves;
use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};
use rayon::prelude::*;
use std::ops::Range;
use std::sync::Arc;

/// What the emissions should say: sequences (sentences) of words and the gold tag of every word.
#[derive(Clone, Debug)]
pub struct CrfLoss {
    /// Gold tag of each word.
    pub gold: Arc<[u32]>,
    /// Words of each sequence; words outside all sequences have no part in the loss.
    pub sequences: Arc<[Range<usize>]>,
    /// Mask that is added to the moves, (tags + 2) × tags.
    pub mask: Arc<[f32]>,
}

impl CrfLoss {
    /// Σ −log P(gold) over the sequences, a scalar. `emissions`: words × tags; `moves`: (tags + 2) × tags.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn apply(self, emissions: &Tensor, moves: &Tensor) -> Result<Tensor> {
        emissions.contiguous()?.apply_op2(moves, self)
    }

    fn path(&self, words: &Range<usize>) -> Vec<usize> {
        self.gold[words.clone()].iter().map(|&tag| tag as usize).collect()
    }

    fn loss(&self, emissions: &[f32], moves: &Moves, words: &Range<usize>) -> f64 {
        let rows = &emissions[words.start * moves.tags()..words.end * moves.tags()];
        moves.lattice(rows).log_z - moves.path_score(rows, &self.path(words))
    }

    /// Adds marginals − gold to the gradients of emissions and moves of one sequence.
    fn gradient(&self, emissions: &[f32], moves: &Moves, words: &Range<usize>) -> (Vec<f32>, Vec<f64>) {
        let tags = moves.tags();
        let rows = &emissions[words.start * tags..words.end * tags];
        let lattice = moves.lattice(rows);
        let mut d_moves = vec![0.0; (tags + 2) * tags];
        lattice.add_expected_moves(&mut d_moves);
        let mut d_emissions = Vec::with_capacity(rows.len());
        let mut from = moves.start_row();
        for (word, tag) in self.path(words).into_iter().enumerate() {
            let row = d_emissions.len();
            d_emissions.extend(lattice.marginals(word).into_iter().map(|p| p as f32));
            d_emissions[row + tag] -= 1.0;
            d_moves[from * tags + tag] -= 1.0;
            from = tag;
        }
        if !words.is_empty() {
            d_moves[moves.end_row() * tags + from] -= 1.0;
        }
        (d_emissions, d_moves)
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
        if words != self.gold.len() || moves_layout.shape().dims2()? != (tags + 2, tags) {
            candle_core::bail!("{words} words of {tags} tags do not fit the gold tags or the moves");
        }
        let emissions = values(emissions, emissions_layout)?;
        let moves = Moves::new(tags, values(moves, moves_layout)?, &self.mask);
        let parts: Vec<f64> = self.sequences.par_iter().map(|words| self.loss(emissions, &moves, words)).collect();
        let loss: f64 = parts.into_iter().sum();
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
        let parts: Vec<(Vec<f32>, Vec<f64>)> = with_values(emissions, |rows| {
            Ok(self.sequences.par_iter().map(|words| self.gradient(rows, &table, words)).collect())
        })?;
        let mut d_emissions = vec![0.0; emissions.elem_count()];
        let mut d_moves = vec![0.0; moves.elem_count()];
        for (words, (rows, counts)) in self.sequences.iter().zip(parts) {
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
