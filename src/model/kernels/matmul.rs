//! Matrix products by the `gemm` crate, behind a safe face.

/// A matrix inside a slice: `data[row * row_stride + column * column_stride]`.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    data: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// A row-major matrix of `rows` × `columns` that fills the slice.
    pub fn new(data: &'a [f32], rows: usize, columns: usize) -> Self {
        Self::strided(data, rows, columns, columns)
    }

    /// A row-major matrix whose rows begin `row_stride` apart, e.g. one head's columns.
    pub fn strided(data: &'a [f32], rows: usize, columns: usize, row_stride: usize) -> Self {
        assert!(rows == 0 || columns == 0 || (rows - 1) * row_stride + columns <= data.len(), "a matrix lies inside its slice");
        Self { data, rows, columns, row_stride, column_stride: 1 }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The values of a row of a matrix that is not transposed.
    ///
    /// # Panics
    /// When there is no such row.
    #[inline]
    pub fn row(&self, row: usize) -> &'a [f32] {
        debug_assert_eq!(self.column_stride, 1, "a row of a transposed matrix is no slice");
        &self.data[row * self.row_stride..row * self.row_stride + self.columns]
    }

    /// The transposed matrix, without moving anything.
    #[must_use]
    pub fn t(self) -> Self {
        Self { rows: self.columns, columns: self.rows, row_stride: self.column_stride, column_stride: self.row_stride, ..self }
    }
}

/// `out = scale · a·b`, or `out += scale · a·b`; `out` is row-major, `a.rows` × `b.columns`.
///
/// # Panics
/// When the shapes do not fit: a mistake of the caller.
pub fn matmul(out: &mut [f32], a: Matrix<'_>, b: Matrix<'_>, scale: f32, accumulate: bool, parallel: bool) {
    assert_eq!(a.columns, b.rows, "inner dimensions agree");
    assert_eq!(out.len(), a.rows * b.columns, "the result has the right size");
    let threads = if parallel { rayon::current_num_threads() } else { 1 };
    let parallelism = if threads > 1 { gemm::Parallelism::Rayon(threads) } else { gemm::Parallelism::None };
    // SAFETY: `Matrix` was checked to lie inside its slice, `out` has just been checked, and a mutable slice overlaps no other.
    unsafe {
        gemm::gemm(
            a.rows,
            b.columns,
            a.columns,
            out.as_mut_ptr(),
            1,
            b.columns as isize,
            accumulate,
            a.data.as_ptr(),
            a.column_stride as isize,
            a.row_stride as isize,
            b.data.as_ptr(),
            b.column_stride as isize,
            b.row_stride as isize,
            1.0,
            scale,
            false,
            false,
            false,
            parallelism,
        );
    }
}

/// Adds the sum of each column of `rows` (row-major, `sums.len()` columns) to `sums`.
pub fn add_column_sums(rows: &[f32], sums: &mut [f32]) {
    for row in rows.chunks_exact(sums.len()) {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_plain_and_transposed_matrices() {
        let a = [1., 2., 3., 4., 5., 6.];
        let b = [1., 0., 0., 1., 1., 1.];
        let mut out = [10.0; 4];
        matmul(&mut out, Matrix::new(&a, 2, 3), Matrix::new(&b, 3, 2), 1.0, false, false);
        assert_eq!(out, [4., 5., 10., 11.]);
        matmul(&mut out, Matrix::new(&a, 3, 2).t(), Matrix::new(&b, 3, 2), 2.0, true, false);
        assert_eq!(out, [4. + 12., 5. + 16., 10. + 16., 11. + 20.]);
    }
}
