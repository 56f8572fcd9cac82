//! From tensors to the kernels of MultiDome and back.

use burn::backend::TensorMetadata;
use burn::backend::ops::{FloatTensorOps, IntTensorOps};
use burn::tensor::{DType, FloatDType, IntDType};
use burn_cubecl::CubeBackend;
use burn_cubecl::cubecl::{CubeCount, CubeDim, calculate_cube_count_elemwise};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::tensor::CubeTensor;

use super::kernel;
use super::team::Plan;
use crate::op::gpu::fold::{empty, fold};
use crate::op::simplex::class_loss::ClassLoss;

/// Coordinates up to which a unit takes a row alone.
const MOST_ALONE: usize = 48;

/// Places that a unit of several takes at least.
const LEAST_PLACES: usize = 16;

/// Units of a cube where rows are taken alone, and at most where they are shared: their sums have to
/// fit into 16 KiB.
const ALONE: usize = 64;
const MOST_UNITS: usize = 256;

/// A batch of rows, as the kernels read it.
struct Rows {
    x: CubeTensor,
    mu: CubeTensor,
    sigma: CubeTensor,
    batch: usize,
    dim: usize,
    plan: Plan,
}

impl Rows {
    fn new(x: CubeTensor, mu: CubeTensor, sigma: CubeTensor) -> Self {
        let [batch, dim] = [0, 1].map(|axis| x.shape()[axis]);
        Self {
            x: into_contiguous(x),
            mu: into_contiguous(mu),
            sigma: into_contiguous(sigma),
            batch,
            dim,
            plan: plan(dim),
        }
    }

    fn cubes(&self) -> (CubeCount, CubeDim) {
        let dim = CubeDim::new_2d(self.plan.units as u32, self.plan.rows as u32);
        let rows = self.batch.next_multiple_of(self.plan.rows);
        let units = rows * self.plan.units;
        (
            calculate_cube_count_elemwise(&self.x.client, units, dim),
            dim,
        )
    }

    /// A number for each row.
    fn column(&self) -> CubeTensor {
        empty(&self.x, [self.batch], DType::F32)
    }
}

fn plan(dim: usize) -> Plan {
    match dim <= MOST_ALONE {
        true => Plan {
            units: 1,
            rows: ALONE,
        },
        false => {
            let units = (dim / LEAST_PLACES).next_power_of_two();
            let units = units.clamp(4, MOST_UNITS);
            let rows = (ALONE / units).max(1);
            Plan { units, rows }
        }
    }
}

pub(in crate::op) fn scores(
    x: CubeTensor,
    mu: CubeTensor,
    sigma: CubeTensor,
    classes: usize,
) -> CubeTensor {
    let rows = Rows::new(x, mu, sigma);
    let results = empty(&rows.x, [rows.batch, classes], DType::F32);
    if rows.batch == 0 {
        return results;
    }
    let (count, cube) = rows.cubes();
    kernel::scores::launch(
        &results.client,
        count,
        cube,
        rows.x.into_tensor_arg(),
        rows.mu.into_tensor_arg(),
        rows.sigma.into_tensor_arg(),
        results.clone().into_tensor_arg(),
        rows.batch as u32,
        rows.dim as u32,
        classes as u32,
        rows.plan,
    );
    results
}

/// The gradient of x, not written unless `of_x`, and of mu and sigma a share for each row.
pub(in crate::op) fn scores_backward(
    x: CubeTensor,
    mu: CubeTensor,
    sigma: CubeTensor,
    grad: CubeTensor,
    classes: usize,
    of_x: bool,
) -> [CubeTensor; 3] {
    let rows = Rows::new(x, mu, sigma);
    let dx = empty(&rows.x, rows.x.shape(), DType::F32);
    let (dmu, dsigma) = (rows.column(), rows.column());
    let results = [dx, dmu, dsigma];
    if rows.batch == 0 {
        return results;
    }
    let [dx, dmu, dsigma] = results.clone().map(CubeTensor::into_tensor_arg);
    let (count, cube) = rows.cubes();
    kernel::scores_backward::launch(
        &results[0].client,
        count,
        cube,
        rows.x.into_tensor_arg(),
        rows.mu.into_tensor_arg(),
        rows.sigma.into_tensor_arg(),
        into_contiguous(grad).into_tensor_arg(),
        dx,
        dmu,
        dsigma,
        rows.batch as u32,
        rows.dim as u32,
        classes as u32,
        of_x,
        rows.plan,
    );
    results
}

/// What a loss's kernels are given: `ln floor`, `ln(1 - floor)`, floor, smoothing, the factor and NaN.
fn constants(loss: &ClassLoss) -> [f32; 6] {
    let numbers = [
        loss.floor.ln(),
        (-loss.floor).ln_1p(),
        loss.floor,
        loss.smoothing,
        loss.scale,
        f64::NAN,
    ];
    numbers.map(|number| number as f32)
}

fn indices(targets: CubeTensor) -> CubeTensor {
    into_contiguous(match targets.dtype {
        DType::I32 => targets,
        _ => CubeBackend::int_cast(targets, IntDType::I32),
    })
}

pub(in crate::op) fn loss(
    x: CubeTensor,
    mu: CubeTensor,
    sigma: CubeTensor,
    targets: CubeTensor,
    loss: ClassLoss,
) -> CubeTensor {
    let rows = Rows::new(x, mu, sigma);
    let losses = rows.column();
    if rows.batch == 0 {
        return losses;
    }
    let [log_floor, log_sure, floor, smoothing, scale, undefined] = constants(&loss);
    let (count, cube) = rows.cubes();
    kernel::loss::launch(
        &losses.client,
        count,
        cube,
        rows.x.into_tensor_arg(),
        rows.mu.into_tensor_arg(),
        rows.sigma.into_tensor_arg(),
        indices(targets).into_tensor_arg(),
        losses.clone().into_tensor_arg(),
        rows.batch as u32,
        rows.dim as u32,
        loss.classes as u32,
        log_floor,
        log_sure,
        floor,
        smoothing,
        scale,
        undefined,
        loss.kind,
        rows.plan,
    );
    losses
}

/// The losses, and their gradients as in [`scores_backward`].
pub(in crate::op) fn loss_with_gradients(
    x: CubeTensor,
    mu: CubeTensor,
    sigma: CubeTensor,
    targets: CubeTensor,
    loss: ClassLoss,
    of_x: bool,
) -> [CubeTensor; 4] {
    let rows = Rows::new(x, mu, sigma);
    let dx = empty(&rows.x, rows.x.shape(), DType::F32);
    let results = [rows.column(), dx, rows.column(), rows.column()];
    if rows.batch == 0 {
        return results;
    }
    let [log_floor, log_sure, floor, smoothing, scale, undefined] = constants(&loss);
    let [losses, dx, dmu, dsigma] = results.clone().map(CubeTensor::into_tensor_arg);
    let (count, cube) = rows.cubes();
    kernel::loss_with_gradients::launch(
        &results[0].client,
        count,
        cube,
        rows.x.into_tensor_arg(),
        rows.mu.into_tensor_arg(),
        rows.sigma.into_tensor_arg(),
        indices(targets).into_tensor_arg(),
        losses,
        dx,
        dmu,
        dsigma,
        rows.batch as u32,
        rows.dim as u32,
        loss.classes as u32,
        log_floor,
        log_sure,
        floor,
        smoothing,
        scale,
        undefined,
        loss.kind,
        of_x,
        rows.plan,
    );
    results
}

/// The sum of a number for each row, `[1]`; an unwritten tensor unless `tracked`.
pub(in crate::op) fn total(column: CubeTensor, tracked: bool) -> CubeTensor {
    let rows = column.shape()[0];
    match tracked {
        false => empty(&column, [1], DType::F32),
        true if rows == 0 => CubeBackend::float_zeros([1].into(), &column.device, FloatDType::F32),
        true => fold(column, rows, 1, 1),
    }
}
