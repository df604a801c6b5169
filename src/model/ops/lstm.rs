//! One direction of a long short-term memory as a candle operation.

use super::{tensor, values, with_values};
use crate::model::kernels::{LstmShape, lstm, lstm_backward};
use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};

/// One direction over sequences laid end to end.
#[derive(Clone, Debug)]
pub struct Lstm {
    shape: LstmShape,
}

impl Lstm {
    /// States, rows × width. `gates` has what the inputs say to the gates, rows × 4·width; `recurrent` is width × 4·width.
    ///
    /// # Errors
    /// When the shapes do not fit or a sequence lies beyond the rows.
    pub fn apply(gates: &Tensor, recurrent: &Tensor, shape: LstmShape) -> Result<Tensor> {
        let (rows, columns) = gates.dims2()?;
        let (width, gate_columns) = recurrent.dims2()?;
        let beyond = shape.sequences.iter().any(|sequence| sequence.end > rows);
        if width != shape.width || columns != 4 * width || gate_columns != columns || beyond {
            candle_core::bail!("a memory of {}, over {rows}×{columns} gates and {width}×{gate_columns} weights", shape.width);
        }
        gates.contiguous()?.apply_op2(&recurrent.contiguous()?, Self { shape })
    }
}

impl CustomOp2 for Lstm {
    fn name(&self) -> &'static str {
        "lstm"
    }

    fn cpu_fwd(
        &self,
        gates: &CpuStorage,
        gates_layout: &Layout,
        recurrent: &CpuStorage,
        recurrent_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (rows, _) = gates_layout.shape().dims2()?;
        let states = lstm(values(gates, gates_layout)?, values(recurrent, recurrent_layout)?, &self.shape);
        Ok((CpuStorage::F32(states), Shape::from((rows, self.shape.width))))
    }

    fn bwd(
        &self,
        gates: &Tensor,
        recurrent: &Tensor,
        _result: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let gradients = with_values(gradient, |g| {
            with_values(gates, |gates| with_values(recurrent, |recurrent| Ok(lstm_backward(gates, recurrent, g, &self.shape))))
        })?;
        Ok((Some(tensor(gradients.gates, gates)?), Some(tensor(gradients.recurrent, recurrent)?)))
    }
}
