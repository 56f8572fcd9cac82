use burn::backend::tensor::FloatTensor;
use burn_cubecl::CubeBackend;

use super::launch;
use crate::op::elementwise::backend::ElementwiseOps;
use crate::op::elementwise::formula::Formula;

type Gradient = FloatTensor<CubeBackend>;

impl ElementwiseOps for CubeBackend {
    fn dome_elementwise(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        extra: FloatTensor<Self>,
        formula: Formula,
    ) -> FloatTensor<Self> {
        match formula {
            Formula::BinaryCrossEntropy => launch::loss(x, [mu, sigma], extra),
            _ => launch::forward(x, [mu, sigma, extra], formula),
        }
    }

    fn dome_elementwise_backward(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        extra: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        formula: Formula,
        [of_x, of_mu, of_sigma, of_extra]: [bool; 4],
    ) -> (Gradient, Gradient, Gradient, Gradient) {
        let (pi, targets) = match formula {
            // Nobody reads the pi of a formula that has none.
            Formula::BinaryCrossEntropy => (mu.clone(), Some(extra)),
            _ => (extra, None),
        };
        let summed = of_mu || of_sigma || of_extra;
        let (dx, [dmu, dsigma, dpi]) =
            launch::backward(x, [mu, sigma, pi], targets, grad, formula, of_x, summed);
        (dx, dmu, dsigma, dpi)
    }
}
