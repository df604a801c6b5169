//! Weights in 8 bits with a scale per row, as they are kept in a model folder.
//!
//! A matrix `name` of at least [`SMALLEST_ROW`] columns is stored as `name` in `i8` and `name.scale` in `f32`, one scale per row:
//! value = integer · scale, the largest value of a row at ±127. Everything else stays `f32`.

use super::ModelError;
use super::weights::Weights;
use candle_core::{Device, Tensor};
use rayon::prelude::*;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::BTreeMap;

/// Rows with fewer columns stay `f32`: their scales would cost as much as is saved.
pub const SMALLEST_ROW: usize = 64;

/// Integers and scales of a matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantizedRows {
    /// Integers, row by row.
    pub integers: Vec<i8>,
    /// One scale per row.
    pub scales: Vec<f32>,
}

/// Rounds the rows of a row-major matrix.
pub fn quantize_rows(values: &[f32], columns: usize) -> QuantizedRows {
    let mut rows = QuantizedRows { integers: Vec::with_capacity(values.len()), scales: Vec::new() };
    for row in values.chunks_exact(columns) {
        let largest = row.iter().fold(0f32, |largest, value| largest.max(value.abs()));
        let scale = if largest > 0.0 { largest / 127.0 } else { 1.0 };
        rows.scales.push(scale);
        rows.integers.extend(row.iter().map(|value| (value / scale).round().clamp(-127.0, 127.0) as i8));
    }
    rows
}

/// The values again.
pub fn dequantize_rows(integers: &[i8], scales: &[f32], columns: usize) -> Vec<f32> {
    let mut values = vec![0.0; integers.len()];
    let rows = values.par_chunks_exact_mut(columns).zip(integers.par_chunks_exact(columns)).zip(scales);
    rows.with_min_len(256).for_each(|((values, integers), scale)| {
        for (value, &integer) in values.iter_mut().zip(integers) {
            *value = f32::from(integer) * scale;
        }
    });
    values
}

/// The weights as the bytes of a safetensors file.
///
/// # Errors
/// When a weight is not `f32` on the CPU or the file can't be laid out.
pub fn to_safetensors(weights: &Weights) -> Result<Vec<u8>, ModelError> {
    let mut stored: Vec<(String, Dtype, Vec<usize>, Vec<u8>)> = Vec::new();
    for (name, tensor) in weights.iter() {
        let values = tensor.flatten_all()?.to_vec1::<f32>()?;
        let shape = tensor.dims().to_vec();
        match *shape.as_slice() {
            [rows, columns] if columns >= SMALLEST_ROW => {
                let quantized = quantize_rows(&values, columns);
                let integers = quantized.integers.iter().map(|&integer| integer.cast_unsigned()).collect();
                stored.push((name.to_owned(), Dtype::I8, shape, integers));
                stored.push((format!("{name}.scale"), Dtype::F32, vec![rows], to_bytes(&quantized.scales)));
            }
            _ => stored.push((name.to_owned(), Dtype::F32, shape, to_bytes(&values))),
        }
    }
    let views = stored.iter().map(|(name, dtype, shape, bytes)| {
        TensorView::new(*dtype, shape.clone(), bytes).map(|view| (name.as_str(), view)).map_err(|error| unreadable(&error))
    });
    let views = views.collect::<Result<Vec<_>, _>>()?;
    safetensors::serialize(views, None).map_err(|error| unreadable(&error))
}

/// The weights in the bytes of a safetensors file, as `f32`.
///
/// # Errors
/// [`ModelError::Damaged`] when the bytes are not what [`to_safetensors`] writes.
pub fn from_safetensors(bytes: &[u8]) -> Result<Weights, ModelError> {
    some_from_safetensors(bytes, |_| true)
}

/// The same for the weights whose name pleases `wanted`.
///
/// # Errors
/// [`ModelError::Damaged`] when the bytes are not what [`to_safetensors`] writes.
pub fn some_from_safetensors(bytes: &[u8], wanted: impl Fn(&str) -> bool) -> Result<Weights, ModelError> {
    let file = SafeTensors::deserialize(bytes).map_err(|error| unreadable(&error))?;
    let mut tensors = BTreeMap::new();
    for (name, view) in file.iter() {
        if name.ends_with(".scale") || !wanted(name) {
            continue;
        }
        let values = match view.dtype() {
            Dtype::F32 => from_bytes(view.data()),
            Dtype::I8 => {
                let scale = file.tensor(&format!("{name}.scale")).map_err(|error| unreadable(&error))?;
                let &[rows, columns] = view.shape() else { return Err(damaged(format!("\"{name}\" is not a matrix"))) };
                if scale.dtype() != Dtype::F32 || scale.shape() != [rows] || columns == 0 {
                    return Err(damaged(format!("\"{name}\" has not one scale per row")));
                }
                let integers: Vec<i8> = view.data().iter().map(|byte| byte.cast_signed()).collect();
                dequantize_rows(&integers, &from_bytes(scale.data()), columns)
            }
            other => return Err(damaged(format!("\"{name}\" is stored as {other:?}; only I8 and F32 are read"))),
        };
        tensors.insert(name.to_owned(), Tensor::from_vec(values, view.shape(), &Device::Cpu)?);
    }
    Ok(Weights::new(tensors))
}

/// Little-endian bytes, as safetensors stores them.
pub fn to_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// Values of little-endian bytes.
pub fn from_bytes(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()
}

fn unreadable(error: &safetensors::SafeTensorError) -> ModelError {
    damaged(format!("not a whole safetensors file: {error}"))
}

/// Something is wrong with the weights of a model.
pub(super) fn damaged(what: String) -> ModelError {
    ModelError::Damaged { file: "weights.safetensors".to_owned(), what }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rounding_costs_at_most_half_a_step(values in prop::collection::vec(-9f32..9.0, 64 * 3)) {
            let rows = quantize_rows(&values, 64);
            let back = dequantize_rows(&rows.integers, &rows.scales, 64);
            for (i, (value, back)) in values.iter().zip(&back).enumerate() {
                prop_assert!((value - back).abs() <= 0.5001 * rows.scales[i / 64]);
            }
        }
    }

    #[test]
    fn weights_come_back_and_rounding_again_changes_nothing() {
        let wide = Tensor::new(&[[0.5f32; 64], [-2.0; 64]], &Device::Cpu).unwrap();
        let narrow = Tensor::new(&[0.1f32, 0.2], &Device::Cpu).unwrap();
        let weights = Weights::new([("wide".to_owned(), wide), ("narrow".to_owned(), narrow)].into());
        let bytes = to_safetensors(&weights).unwrap();
        let read = from_safetensors(&bytes).unwrap();
        assert_eq!(read.get("narrow", &[2]).unwrap().to_vec1::<f32>().unwrap(), [0.1, 0.2]);
        assert_eq!(read.get("wide", &[2, 64]).unwrap().to_vec2::<f32>().unwrap()[1][5], -2.0);
        assert_eq!(to_safetensors(&read).unwrap(), bytes);
        for length in [0, 7, 40, bytes.len() - 1] {
            assert!(from_safetensors(&bytes[..length]).is_err(), "a file cut at {length} is refused");
        }
    }
}
