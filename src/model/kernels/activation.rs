//! GELU with the exact error function, as BERT was trained with, and its derivative.

use super::rows_per_task;
use rayon::prelude::*;
use rten_simd::SimdUnaryOp;
use rten_vecmath::{Erf, Exp, Gelu};
use std::f32::consts::{FRAC_1_SQRT_2, PI};

/// Elements that count as a row when work is shared.
const CHUNK: usize = 1024;

/// Replaces every value by its GELU.
pub fn gelu(values: &mut [f32]) {
    let task = CHUNK * rows_per_task(values.len() / CHUNK);
    values.par_chunks_mut(task).for_each(|chunk| Gelu {}.map_mut(chunk));
}

/// `gradient ← gradient · gelu'(x)`, where gelu'(x) = Φ(x) + x·φ(x).
pub fn gelu_backward(x: &[f32], gradient: &mut [f32]) {
    let task = CHUNK * rows_per_task(x.len() / CHUNK);
    gradient.par_chunks_mut(task).zip(x.par_chunks(task)).for_each(|(gradient, x)| {
        let (mut erf, mut exp) = ([0f32; CHUNK], [0f32; CHUNK]);
        for (gradient, x) in gradient.chunks_mut(CHUNK).zip(x.chunks(CHUNK)) {
            let (erf, exp) = (&mut erf[..x.len()], &mut exp[..x.len()]);
            for ((erf, exp), x) in erf.iter_mut().zip(exp.iter_mut()).zip(x) {
                *erf = x * FRAC_1_SQRT_2;
                *exp = -0.5 * x * x;
            }
            Erf {}.map_mut(erf);
            Exp {}.map_mut(exp);
            let density = 1.0 / (2.0 * PI).sqrt();
            for (((gradient, x), erf), exp) in gradient.iter_mut().zip(x).zip(erf).zip(exp) {
                *gradient *= 0.5 * (1.0 + *erf) + x * density * *exp;
            }
        }
    });
}
