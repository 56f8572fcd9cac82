//! From tensors to kernels and back.

use burn::backend::TensorMetadata;
use burn::backend::cubecl::dtype_to_storage_type;
use burn::backend::ops::FloatTensorOps;
use burn::tensor::{DType, FloatDType, Shape, Slice};
use burn_cubecl::CubeBackend;
use burn_cubecl::cubecl::{CubeCount, CubeDim, calculate_cube_count_elemwise};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::ops::numeric::empty_device_contiguous_dtype;
use burn_cubecl::tensor::CubeTensor;

use super::formula::Formula;
use super::kernel::{self, FOLD};

/// Vectors that a unit of the backward pass works on at least, where there are so many.
const LEAST_PER_UNIT: usize = 16;

/// Units of the backward pass at most: more than a large GPU holds at a time.
const MOST_UNITS: usize = 1 << 16;

/// How the channels lie in a contiguous tensor, counted in vectors of `vector` elements.
struct Layout {
    channels: usize,
    stride: usize,
    vector: usize,
    /// Number of vectors.
    count: usize,
}

impl Layout {
    /// `counts` are the numbers of values of the parameters, checked to be 1 or that of the
    /// channels.
    fn new(x: &CubeTensor, counts: impl IntoIterator<Item = usize>) -> Self {
        let elements = x.shape().num_elements();
        let channels = counts.into_iter().max().unwrap_or(1);
        let run = match channels {
            1 => elements,
            _ => x.shape().iter().skip(2).product(),
        };
        let sizes = x.client.io_optimized_vector_sizes(x.dtype.size());
        let vector = sizes.filter(|size| run % size == 0).max().unwrap_or(1);
        Self {
            channels,
            stride: run / vector,
            vector,
            count: elements / vector,
        }
    }
}

/// Cubes for a number of units.
fn cubes(like: &CubeTensor, units: usize) -> (CubeCount, CubeDim) {
    let dim = CubeDim::new(&like.client, units);
    (calculate_cube_count_elemwise(&like.client, units, dim), dim)
}

fn empty(like: &CubeTensor, shape: impl Into<Shape>, dtype: DType) -> CubeTensor {
    let (client, device) = (like.client.clone(), like.device.clone());
    empty_device_contiguous_dtype(client, device, shape.into(), dtype)
}

fn values(tensor: &CubeTensor) -> usize {
    tensor.shape().num_elements()
}

/// A parameter as the kernels read it.
fn parameter(tensor: CubeTensor) -> CubeTensor {
    into_contiguous(cast(tensor, DType::F32))
}

fn cast(tensor: CubeTensor, dtype: DType) -> CubeTensor {
    match tensor.dtype == dtype {
        true => tensor,
        false => CubeBackend::float_cast(tensor, FloatDType::from(dtype)),
    }
}

/// `formula` of every element, in place if nobody else sees x; `parameters` are mu, sigma and, in
/// the place of pi, any parameter where the formula has none.
pub(super) fn forward(x: CubeTensor, parameters: [CubeTensor; 3], formula: Formula) -> CubeTensor {
    let x = into_contiguous(x);
    let layout = Layout::new(&x, parameters.each_ref().map(values));
    if layout.count == 0 {
        return x;
    }
    let [mu, sigma, pi] = parameters.map(parameter);
    let client = x.client.clone();
    let (count, dim) = cubes(&x, layout.count);
    let in_place = x.can_mut();
    let results = match in_place {
        true => x.clone(),
        false => empty(&x, x.shape(), x.dtype),
    };
    let view = match in_place {
        true => results.as_linear_view_alias(0),
        false => results.clone().into_linear_view(),
    };
    kernel::forward::launch(
        &client,
        count,
        dim,
        layout.vector,
        x.into_linear_view(),
        mu.into_tensor_arg(),
        sigma.into_tensor_arg(),
        pi.into_tensor_arg(),
        view,
        layout.channels as u32,
        layout.stride as u32,
        formula,
        dtype_to_storage_type(results.dtype),
    );
    results
}

/// The binary cross-entropy of every element.
pub(super) fn loss(x: CubeTensor, parameters: [CubeTensor; 2], targets: CubeTensor) -> CubeTensor {
    let layout = Layout::new(&x, parameters.each_ref().map(values));
    let results = empty(&x, x.shape(), x.dtype);
    if layout.count == 0 {
        return results;
    }
    let targets = into_contiguous(cast(targets, x.dtype));
    let x = into_contiguous(x);
    let [mu, sigma] = parameters.map(parameter);
    let client = x.client.clone();
    let (count, dim) = cubes(&x, layout.count);
    kernel::loss::launch(
        &client,
        count,
        dim,
        layout.vector,
        x.into_linear_view(),
        targets.into_linear_view(),
        mu.into_tensor_arg(),
        sigma.into_tensor_arg(),
        results.clone().into_linear_view(),
        layout.channels as u32,
        layout.stride as u32,
        dtype_to_storage_type(results.dtype),
    );
    results
}

/// The gradients of x, mu, sigma and pi; of x an unwritten tensor unless `of_x`, of parameters if
/// `summed` is false.
pub(super) fn backward(
    x: CubeTensor,
    parameters: [CubeTensor; 3],
    targets: Option<CubeTensor>,
    grad: CubeTensor,
    formula: Formula,
    of_x: bool,
    summed: bool,
) -> (CubeTensor, [CubeTensor; 3]) {
    let layout = Layout::new(&x, parameters.each_ref().map(values));
    let shapes = parameters.each_ref().map(|p| (values(p), p.dtype));
    let dx = empty(&x, x.shape(), x.dtype);
    if layout.count == 0 {
        let zeros = shapes.map(|(count, dtype)| {
            CubeBackend::float_zeros([count].into(), &x.device, FloatDType::from(dtype))
        });
        return (dx, zeros);
    }
    let grad = into_contiguous(cast(grad, x.dtype));
    let x = into_contiguous(x);
    // A formula without targets does not read them.
    let targets = targets.map_or_else(|| x.clone(), |t| into_contiguous(cast(t, x.dtype)));
    let [mu, sigma, pi] = parameters.map(parameter);

    let Layout {
        channels,
        stride,
        vector,
        count,
    } = layout;
    let per_channel = count / channels;
    let lanes = (per_channel / LEAST_PER_UNIT).clamp(1, (MOST_UNITS / channels).max(1));
    let sums = empty(&x, [lanes, 3, channels], DType::F32);
    let client = x.client.clone();
    let (cube_count, cube_dim) = cubes(&x, lanes * channels);
    kernel::backward::launch(
        &client,
        cube_count,
        cube_dim,
        vector,
        x.into_linear_view(),
        targets.into_linear_view(),
        grad.into_linear_view(),
        mu.into_tensor_arg(),
        sigma.into_tensor_arg(),
        pi.into_tensor_arg(),
        dx.clone().into_linear_view(),
        sums.clone().into_tensor_arg(),
        channels as u32,
        stride as u32,
        lanes as u32,
        per_channel as u32,
        formula,
        of_x,
        dtype_to_storage_type(dx.dtype),
    );
    let sums = match summed {
        true => fold(sums, lanes, 3 * channels),
        false => sums,
    };
    let gradient = |which: usize| {
        let (count, dtype) = shapes[which];
        let row = |index: usize| Slice::from(index..index + 1);
        let all = Slice::from(0..channels);
        let sum = CubeBackend::float_slice(sums.clone(), &[row(0), row(which), all]);
        let sum = into_contiguous(CubeBackend::float_reshape(sum, [channels, 1].into()));
        let sum = match count {
            1 => fold(sum, channels, 1),
            _ => sum,
        };
        cast(CubeBackend::float_reshape(sum, [count].into()), dtype)
    };
    (dx, [gradient(0), gradient(1), gradient(2)])
}

/// The sum over the rows of `[rows, columns]`, whatever its shape, in stages whose order depends on
/// the shape alone; `[1, columns]` with the tensor's other dimensions.
fn fold(parts: CubeTensor, mut rows: usize, columns: usize) -> CubeTensor {
    let mut shape = parts.shape();
    let mut parts = parts;
    while rows > 1 {
        let left = rows.div_ceil(FOLD);
        shape[0] = left;
        let sums = empty(&parts, shape.clone(), DType::F32);
        let client = parts.client.clone();
        let (count, dim) = cubes(&parts, left * columns);
        kernel::fold::launch(
            &client,
            count,
            dim,
            parts.into_tensor_arg(),
            sums.clone().into_tensor_arg(),
            rows as u32,
            columns as u32,
        );
        (parts, rows) = (sums, left);
    }
    parts
}
