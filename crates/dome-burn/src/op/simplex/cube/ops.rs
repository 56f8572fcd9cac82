use burn::backend::TensorMetadata;
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn_cubecl::CubeBackend;

use super::launch;
use crate::op::simplex::backend::MultiDomeOps;
use crate::op::simplex::class_loss::ClassLoss;

type Gradient = FloatTensor<CubeBackend>;

impl MultiDomeOps for CubeBackend {
    fn simplex_scores(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        classes: usize,
    ) -> FloatTensor<Self> {
        launch::scores(x, mu, sigma, classes)
    }

    fn simplex_scores_backward(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        classes: usize,
        [of_x, of_mu, of_sigma]: [bool; 3],
    ) -> (Gradient, Gradient, Gradient) {
        let [dx, dmu, dsigma] = launch::scores_backward(x, mu, sigma, grad, classes, of_x);
        (
            dx,
            launch::total(dmu, of_mu),
            launch::total(dsigma, of_sigma),
        )
    }

    fn simplex_loss(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        targets: IntTensor<Self>,
        loss: ClassLoss,
    ) -> FloatTensor<Self> {
        launch::loss(x, mu, sigma, targets, loss)
    }

    fn simplex_loss_with_gradients(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        targets: IntTensor<Self>,
        loss: ClassLoss,
        [of_x, _, _]: [bool; 3],
    ) -> (Gradient, Gradient, Gradient, Gradient) {
        let [losses, dx, dmu, dsigma] =
            launch::loss_with_gradients(x, mu, sigma, targets, loss, of_x);
        (losses, dx, dmu, dsigma)
    }

    fn simplex_loss_backward(
        dx: FloatTensor<Self>,
        dmu: FloatTensor<Self>,
        dsigma: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        [of_x, of_mu, of_sigma]: [bool; 3],
    ) -> (Gradient, Gradient, Gradient) {
        let batch = grad.shape()[0];
        let total = |gradients: Gradient, tracked: bool| {
            let scaled = match tracked {
                true => Self::float_mul(gradients, grad.clone()),
                false => gradients,
            };
            launch::total(scaled, tracked)
        };
        let (dmu, dsigma) = (total(dmu, of_mu), total(dsigma, of_sigma));
        let dx = match of_x {
            true => {
                let grad = Self::float_reshape(grad, [batch, 1].into());
                Self::float_mul(dx, grad)
            }
            false => dx,
        };
        (dx, dmu, dsigma)
    }
}
