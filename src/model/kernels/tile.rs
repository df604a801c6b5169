//! Small products in registers, over panels: what attention and products with packed weights are made of. A panel holds some columns of
//! a matrix, row behind row, so that a product reads it from front to back.

use rten_simd::Isa;
use rten_simd::ops::{BitOps, NumOps};

/// Vectors that a panel is wide. With them and [`ROWS`] the sums of a tile fill the registers of AVX2.
const VECTORS: usize = 2;

/// Rows of a tile on processors with 16 vector registers.
pub(super) const ROWS: usize = 6;

/// Rows of a tile on processors with 32 vector registers.
pub(super) const ROWS_OF_WIDE: usize = 8;

/// Columns of a panel.
#[inline(always)]
pub(super) fn panel_width<I: Isa>(isa: I) -> usize {
    VECTORS * isa.f32().len()
}

/// The sums of a tile: row by row, the vectors of a panel's width.
pub(super) type Sums<I, const N: usize> = [[<I as Isa>::F32; VECTORS]; N];

/// `a·panel`, in registers. Each row of `a` has as many values as the panel has rows. Meanwhile the processor fetches `ahead`, which
/// is read next: weights of a small text come from memory, and waiting for each panel's would cost as much as the sums.
///
/// # Panics
/// When a row is too short.
#[inline(always)]
pub(super) fn product<I: Isa, const N: usize>(isa: I, a: [&[f32]; N], panel: &[f32], ahead: Option<&[f32]>) -> Sums<I, N> {
    let ops = isa.f32();
    let width = panel_width(isa);
    let depth = panel.len() / width;
    let a = a.map(
        #[inline(always)]
        |row| &row[..depth],
    );
    let mut sums = [[ops.zero(); VECTORS]; N];
    for k in 0..depth {
        if let Some(ahead) = ahead {
            // A hint, which may point anywhere.
            let row = ahead.as_ptr().wrapping_add(k * width);
            (0..VECTORS).for_each(
                #[inline(always)]
                |vector| ops.prefetch(row.wrapping_add(vector * ops.len())),
            );
        }
        let b: [I::F32; VECTORS] = ops.load_many(&panel[k * width..(k + 1) * width]);
        for (sums, row) in sums.iter_mut().zip(&a) {
            let value = ops.splat(row[k]);
            for (sum, b) in sums.iter_mut().zip(b) {
                *sum = ops.mul_add(value, b, *sum);
            }
        }
    }
    sums
}

/// `scale · a·panel`, written to `out`: one row of the panel's width for each row of `a`, `out_stride` apart.
///
/// # Panics
/// When a slice is too short.
#[inline(always)]
pub(super) fn tile<I: Isa, const N: usize>(
    isa: I,
    a: [&[f32]; N],
    panel: &[f32],
    scale: f32,
    out: &mut [f32],
    out_stride: usize,
) {
    let ops = isa.f32();
    let width = panel_width(isa);
    let scale = ops.splat(scale);
    for (i, sums) in product(isa, a, panel, None).iter().enumerate() {
        let out = &mut out[i * out_stride..i * out_stride + width];
        for (out, &sum) in out.chunks_exact_mut(ops.len()).zip(sums) {
            ops.store(ops.mul(sum, scale), out);
        }
    }
}
