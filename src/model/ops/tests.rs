//! Every gradient against finite differences.

use super::*;
use crate::model::crf::{FORBIDDEN, Moves, PathTarget};
use crate::model::kernels::{Activation, AttentionShape, LstmShape};
use candle_core::{Device, Var};

/// A reproducible tensor of values in −1…1.
fn noise(shape: &[usize], seed: u32) -> Tensor {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    let data: Vec<f32> = (0..shape.iter().product::<usize>())
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        })
        .collect();
    Tensor::from_vec(data, shape, &Device::Cpu).unwrap()
}

/// Compares the gradient of Σ f(inputs)·weights with central differences, for each input.
fn check(inputs: &[Tensor], f: impl Fn(&[Tensor]) -> Result<Tensor>) {
    let weigh = |out: &Tensor| {
        let weights = noise(out.dims(), 99);
        (out * weights).and_then(|product| product.sum_all()).unwrap()
    };
    let vars: Vec<Var> = inputs.iter().map(|input| Var::from_tensor(input).unwrap()).collect();
    let tensors: Vec<Tensor> = vars.iter().map(|var| var.as_tensor().clone()).collect();
    let gradients = weigh(&f(&tensors).unwrap()).backward().unwrap();
    for (which, (input, tensor)) in inputs.iter().zip(&tensors).enumerate() {
        let found = gradients.get(tensor).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let data = input.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        for (i, found) in found.iter().enumerate() {
            let step = 1e-2;
            let at = |offset: f32| {
                let mut data = data.clone();
                data[i] += offset;
                let mut changed = inputs.to_vec();
                changed[which] = Tensor::from_vec(data, input.shape(), &Device::Cpu).unwrap();
                f64::from(weigh(&f(&changed).unwrap()).to_scalar::<f32>().unwrap())
            };
            let wanted = (at(step) - at(-step)) / (2.0 * f64::from(step));
            let tolerance = 2e-3 + 1e-2 * wanted.abs();
            assert!((f64::from(*found) - wanted).abs() < tolerance, "input {which}, value {i}: {found} is not {wanted}");
        }
    }
}

#[test]
fn linear_has_the_right_gradients() {
    check(&[noise(&[5, 4], 1), noise(&[3, 4], 2), noise(&[3], 3)], |x| Linear::apply(&x[0], &x[1], &x[2]));
}

#[test]
fn gelu_has_the_right_gradient() {
    check(&[(noise(&[4, 5], 4) * 3.0).unwrap()], |x| Gelu::apply(&x[0]));
}

#[test]
fn every_activation_has_the_right_gradient() {
    // No value within a difference's step of ReLU's corner.
    let x = (noise(&[4, 5], 4).affine(3.0, 0.0).unwrap()).to_vec2::<f32>().unwrap();
    assert!(x.iter().flatten().all(|x| x.abs() > 0.02));
    for activation in [Activation::Gelu, Activation::GeluTanh, Activation::Relu] {
        check(&[(noise(&[4, 5], 4) * 3.0).unwrap()], |x| Activate::apply(&x[0], activation));
    }
}

#[test]
fn layer_norm_has_the_right_gradients() {
    check(&[noise(&[3, 11], 5), noise(&[11], 6), noise(&[11], 7)], |x| LayerNorm::apply(&x[0], &x[1], &x[2], 1e-5));
}

#[test]
fn attention_has_the_right_gradient_over_sequences_laid_end_to_end() {
    let shape = AttentionShape { lengths: vec![3, 1, 4], heads: 2, width: 6 };
    check(&[noise(&[8, 18], 8)], |x| SelfAttention::apply(&x[0], &shape));
}

#[test]
fn attention_with_distances_has_the_right_gradients() {
    let shape = AttentionShape { lengths: vec![3, 1, 4], heads: 2, width: 6 };
    check(&[noise(&[8, 18], 8), noise(&[2, 9], 12)], |x| RelativeAttention::apply(&x[0], &x[1], &shape));
}

#[test]
fn span_mean_has_the_right_gradient_also_where_spans_overlap_or_are_empty() {
    check(&[noise(&[6, 3], 11)], |x| SpanMean::apply(&x[0], vec![0..2, 1..5, 3..3, 5..6]));
}

#[test]
fn cross_entropy_has_the_right_gradient() {
    check(&[(noise(&[4, 7], 13) * 3.0).unwrap()], |x| CrossEntropy::apply(&x[0], vec![0, 3, 6, 3].into()));
    // Far apart, where exponentials overflow or vanish, the loss is the difference.
    let logits = Tensor::new(&[[-300f32, 500.0, 100.0]], &Device::Cpu).unwrap();
    let loss = CrossEntropy::apply(&logits, vec![2].into()).unwrap().to_scalar::<f32>().unwrap();
    assert_eq!(loss, 400.0);
    assert!(CrossEntropy::apply(&logits, vec![3].into()).is_err());
}

#[test]
fn lstm_has_the_right_gradients_in_both_directions() {
    for backwards in [false, true] {
        let shape = LstmShape { sequences: vec![0..3, 4..6], width: 3, backwards };
        check(&[noise(&[6, 12], 14), noise(&[3, 12], 15)], |x| Lstm::apply(&x[0], &x[1], shape.clone()));
    }
}

#[test]
fn crf_has_the_right_gradients() {
    let mut mask = vec![0.0; 15];
    mask[2] = FORBIDDEN;
    let sequences = [0..3, 3..5];
    let gold = PathTarget::of_path(&[0, 1, 2, 1, 0], &sequences, 3);
    let teacher = [noise(&[15], 21), noise(&[15], 22)].map(|values| values.to_vec1::<f32>().unwrap());
    let taught = PathTarget::believed(&teacher[0], &Moves::new(3, &teacher[1], &mask), &sequences);
    for target in [gold.towards(&taught, 0.6), gold, taught] {
        let loss = CrfLoss { target: target.into(), sequences: sequences.to_vec().into(), mask: mask.clone().into() };
        check(&[noise(&[5, 3], 9), noise(&[5, 3], 10)], |x| loss.clone().apply(&x[0], &x[1]));
    }
}
