//! Arithmetic on plain slices, row-major. Parallel over rows or heads on the global rayon pool; SIMD is chosen at run time.

mod activate;
mod activation;
mod attention;
mod distance;
mod head;
mod integer;
mod joined;
mod lstm;
mod matmul;
mod norm;
mod panels;
mod softmax;
mod tile;

pub use activate::Activation;
pub use activation::{gelu, gelu_backward};
pub use attention::{AttentionGradients, AttentionShape, attention, attention_backward};
pub use distance::{DistanceBias, HeadBias};
pub use head::{HeadAttention, HeadBuffers};
pub use integer::{OutputColumns, QuantizedActivations, dequantize};
pub use joined::{Terms, join_and_gelu};
pub use lstm::{LstmGradients, LstmShape, lstm, lstm_backward};
pub use matmul::{Matrix, add_column_sums, matmul};
pub use norm::{LayerNormGradients, add_and_normalize, layer_norm, layer_norm_backward};
pub use panels::Panels;
pub use softmax::softmax_rows;

/// Rows that one task takes at least, so that small inputs are not torn into tasks that cost more than they do.
const ROWS_PER_TASK: usize = 16;

/// How many rows a task takes when `rows` are shared by all threads.
fn rows_per_task(rows: usize) -> usize {
    rows.div_ceil(rayon::current_num_threads().max(1)).max(ROWS_PER_TASK)
}
