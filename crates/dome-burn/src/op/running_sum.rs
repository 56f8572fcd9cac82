use burn::tensor::{Tensor, s};

/// Rows of at most so many numbers are summed by a product with a triangular matrix.
///
/// Measured on 2 cores (Flex, batch 64, forward and backward).
const SMALL: usize = 64;

/// `[batch, m]` to `[batch, m + 1]`: output `i` is the sum of the inputs from `i` on; the last is 0.
pub(crate) fn sums_after(terms: Tensor<2>) -> Tensor<2> {
    let [batch, count] = terms.dims();
    if count <= SMALL {
        // Row k, column i: 1 where k >= i.
        return terms.clone().matmul(ones(count, &terms).tril(0));
    }
    let sums = terms.clone().flip([1]).cumsum(1).flip([1]);
    Tensor::cat(vec![sums, zeros(batch, 1, &terms)], 1)
}

/// `[batch, m]` to `[batch, m + 1]`: output `i` is the sum of the first `i - 1` inputs; 0 for 0
/// and 1. So input `k`, counted from 1, is in the outputs `i > k`.
pub(crate) fn sums_before(terms: Tensor<2>) -> Tensor<2> {
    let [batch, count] = terms.dims();
    if count <= SMALL {
        // Row k, column i, both from 0: 1 where i >= k + 2.
        return terms.clone().matmul(ones(count, &terms).triu(2));
    }
    let sums = terms.clone().slice(s![.., 0..count - 1]).cumsum(1);
    Tensor::cat(vec![zeros(batch, 2, &terms), sums], 1)
}

fn ones(count: usize, like: &Tensor<2>) -> Tensor<2> {
    let device = like.device().without_autodiff();
    Tensor::ones([count, count + 1], (&device, like.dtype()))
}

fn zeros(batch: usize, columns: usize, like: &Tensor<2>) -> Tensor<2> {
    let device = like.device().without_autodiff();
    Tensor::zeros([batch, columns], (&device, like.dtype()))
}
