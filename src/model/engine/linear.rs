//! A fully connected layer over weights that are packed once.

use super::Precision;
use crate::model::ModelError;
use crate::model::kernels::{Activation, OutputColumns, Panels, QuantizedActivations, dequantize};
use crate::model::quantize::QuantizedRows;
use crate::model::stored::WeightSource;
use rten_gemm::{GemmExecutor, GemmInputA, GemmInputB, GemmUninitOptions, PackedBMatrix};
use rten_tensor::NdTensorView;
use std::mem::MaybeUninit;

/// The executor of products in integers: which kernel a processor gets is decided when it is made.
pub(in crate::model) struct Executors {
    int8: GemmExecutor<u8, i8, i32>,
    /// Largest quantised activation. Processors without dot-product instructions add pairs of products in 16 bits: there one bit
    /// of the activation is given up so that the sum can't overflow.
    largest: f32,
}

impl Executors {
    pub(in crate::model) fn new() -> Self {
        let int8 = GemmExecutor::<u8, i8, i32>::new();
        let largest = if int8.may_saturate() { 127.0 } else { 255.0 };
        Self { int8, largest }
    }

    /// Name of the kernel, for benches and reports.
    pub(super) fn name(&self) -> &str {
        self.int8.kernel_name()
    }
}

enum Packed {
    F32(Panels),
    Int8 {
        weights: PackedBMatrix<i8>,
        scales: Vec<f32>,
        /// Sum of the integers of each output, for the zero points of the activations.
        totals: Vec<i32>,
    },
}

/// `x·wᵀ + b`.
pub(super) struct PackedLinear {
    packed: Packed,
    bias: Vec<f32>,
    inputs: usize,
}

/// Memory that a task uses again and again.
#[derive(Default)]
pub(super) struct Scratch {
    rounded: QuantizedActivations,
    sums: Vec<i32>,
}

impl PackedLinear {
    /// Packs the weights `name.weight`, outputs × inputs, with the bias `name.bias`.
    pub(super) fn load(
        executors: &Executors,
        source: &impl WeightSource,
        name: &str,
        [outputs, inputs]: [usize; 2],
        precision: Precision,
    ) -> Result<Self, ModelError> {
        let bias = source.values(&format!("{name}.bias"), &[outputs])?;
        let name = format!("{name}.weight");
        Ok(match precision {
            Precision::F32 => Self::of_floats(&source.values(&name, &[outputs, inputs])?, bias, inputs),
            Precision::Int8 => Self::of_integers(executors, source.rounded(&name, [outputs, inputs])?, bias, inputs),
        })
    }

    /// Packs weights of outputs × inputs.
    pub(super) fn of_floats(weights: &[f32], bias: Vec<f32>, inputs: usize) -> Self {
        Self { packed: Packed::F32(Panels::of(weights, bias.len(), inputs)), bias, inputs }
    }

    /// Packs weights that are rounded already.
    pub(super) fn of_integers(executors: &Executors, weights: QuantizedRows, bias: Vec<f32>, inputs: usize) -> Self {
        let QuantizedRows { integers, scales } = weights;
        let view = NdTensorView::from_data([bias.len(), inputs], integers.as_slice());
        let total = |row: &[i8]| row.iter().map(|&integer| i32::from(integer)).sum();
        let totals = integers.chunks_exact(inputs).map(total).collect();
        Self { packed: Packed::Int8 { weights: executors.int8.prepack_b(view.transposed()), scales, totals }, bias, inputs }
    }

    pub(super) fn outputs(&self) -> usize {
        self.bias.len()
    }

    /// Applies the layer to rows of `inputs` values; `out` has as many rows of `outputs` values.
    pub(super) fn apply(
        &self,
        executors: &Executors,
        x: &[f32],
        out: &mut [f32],
        scratch: &mut Scratch,
    ) -> Result<(), ModelError> {
        self.apply_and(None, executors, x, out, scratch)
    }

    /// Applies the layer and an activation behind it.
    pub(super) fn apply_and_activate(
        &self,
        activation: Activation,
        executors: &Executors,
        x: &[f32],
        out: &mut [f32],
        scratch: &mut Scratch,
    ) -> Result<(), ModelError> {
        self.apply_and(Some(activation), executors, x, out, scratch)
    }

    fn apply_and(
        &self,
        activation: Option<Activation>,
        executors: &Executors,
        x: &[f32],
        out: &mut [f32],
        scratch: &mut Scratch,
    ) -> Result<(), ModelError> {
        let rows = x.len() / self.inputs;
        debug_assert_eq!(out.len(), rows * self.outputs());
        match &self.packed {
            Packed::F32(weights) => {
                weights.apply(x, &self.bias, out);
                if let Some(activation) = activation {
                    activation.apply_alone(out);
                }
            }
            Packed::Int8 { weights, scales, totals } => {
                let Scratch { rounded, sums } = scratch;
                rounded.quantize(x, self.inputs, executors.largest);
                sums.resize(rows * self.outputs(), 0);
                let a = GemmInputA::Unpacked(NdTensorView::from_data([rows, self.inputs], rounded.integers.as_slice()));
                executors
                    .int8
                    .gemm_uninit(as_uninit(sums), a, GemmInputB::Packed(weights), GemmUninitOptions::default())
                    .map_err(failed)?;
                // BERT's usual activation goes into the same pass over the memory.
                let gelu = activation == Some(Activation::Gelu);
                dequantize(sums, &rounded.steps, &OutputColumns { scales, totals, bias: &self.bias }, gelu, out);
                if let Some(activation) = activation.filter(|_| !gelu) {
                    activation.apply_alone(out);
                }
            }
        }
        Ok(())
    }
}

/// Written before it is read by a product without a beta.
fn as_uninit<T>(values: &mut [T]) -> &mut [MaybeUninit<T>]
where
    T: Copy,
{
    // SAFETY: the layouts are the same, and the products only write initialised values through it.
    unsafe { std::mem::transmute::<&mut [T], &mut [MaybeUninit<T>]>(values) }
}

fn failed(error: rten_gemm::GemmError) -> ModelError {
    ModelError::Unsupported(format!("the product can't be computed: {error}"))
}
