//! Attention biased by distance, as MPNet has it: near distances one by one, far ones in stretches that grow logarithmically, each with
//! a learned value for every head; all layers share them (transformers 5.24 `modeling_mpnet.py`, `compute_position_bias`).

/// Distances from which on all are alike.
const FARTHEST: usize = 128;

/// Which of `buckets` kinds of distance a key is at, `distance` pieces to the right of its query: the first half for those on the
/// left and the query itself, the second half for those on the right.
pub(crate) fn bucket(distance: isize, buckets: usize) -> u32 {
    let half = buckets / 2;
    let near = half / 2;
    let side = if distance > 0 { half } else { 0 };
    let apart = distance.unsigned_abs();
    if apart < near {
        return (side + apart) as u32;
    }
    // In `f32`, as the reference: the stretches begin where its rounding puts them.
    let far = (apart as f32 / near as f32).ln() / (FARTHEST as f32 / near as f32).ln() * (half - near) as f32;
    (side + (near + far as usize).min(half - 1)) as u32
}

/// The kind of every distance from `1 − reach` to `reach − 1`.
pub(crate) fn buckets_within(reach: usize, buckets: usize) -> Vec<u32> {
    let farthest = reach.cast_signed() - 1;
    (-farthest..=farthest).map(|distance| bucket(distance, buckets)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By `MPNetEncoder.relative_position_bucket(torch.tensor([...]))` of transformers 5.24.
    #[test]
    fn distances_are_told_apart_as_by_the_reference() {
        let distances =
            [0, 1, -1, 5, -7, 7, 8, -8, 11, 12, -15, 16, -22, 23, 31, 32, -45, 46, 63, 64, -90, 91, 127, 128, -500, 500];
        let found: Vec<u32> = distances.iter().map(|&distance| bucket(distance, 32)).collect();
        assert_eq!(found, REFERENCE);
    }

    const REFERENCE: [u32; 26] =
        [0, 17, 1, 21, 7, 23, 24, 8, 24, 25, 9, 26, 10, 27, 27, 28, 12, 29, 29, 30, 14, 31, 31, 31, 15, 31];
}
