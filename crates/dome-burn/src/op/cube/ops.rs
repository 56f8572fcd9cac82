use burn::backend::tensor::FloatTensor;
use burn_cubecl::CubeBackend;

use super::formula::Formula;
use super::launch;
use crate::op::extension::DomeOps;

type Gradient = FloatTensor<CubeBackend>;

impl DomeOps for CubeBackend {
    fn dome(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let no_pi = mu.clone();
        launch::forward(x, [mu, sigma, no_pi], Formula::Dome)
    }

    fn dome_backward(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        tracked: [bool; 3],
    ) -> (Gradient, Gradient, Gradient) {
        without_pi(x, [mu, sigma], None, grad, tracked, Formula::Dome)
    }

    fn pdome(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        pi: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        launch::forward(x, [mu, sigma, pi], Formula::PDome)
    }

    fn pdome_backward(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        pi: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        [of_x, of_mu, of_sigma, of_pi]: [bool; 4],
    ) -> (Gradient, Gradient, Gradient, Gradient) {
        let summed = of_mu || of_sigma || of_pi;
        let parameters = [mu, sigma, pi];
        let (dx, [dmu, dsigma, dpi]) =
            launch::backward(x, parameters, None, grad, Formula::PDome, of_x, summed);
        (dx, dmu, dsigma, dpi)
    }

    fn dome_binary_cross_entropy(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        targets: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        launch::loss(x, [mu, sigma], targets)
    }

    fn dome_binary_cross_entropy_backward(
        x: FloatTensor<Self>,
        mu: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
        targets: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        tracked: [bool; 3],
    ) -> (Gradient, Gradient, Gradient) {
        let formula = Formula::BinaryCrossEntropy;
        without_pi(x, [mu, sigma], Some(targets), grad, tracked, formula)
    }
}

fn without_pi(
    x: Gradient,
    [mu, sigma]: [Gradient; 2],
    targets: Option<Gradient>,
    grad: Gradient,
    [of_x, of_mu, of_sigma]: [bool; 3],
    formula: Formula,
) -> (Gradient, Gradient, Gradient) {
    let parameters = [mu.clone(), sigma, mu];
    let summed = of_mu || of_sigma;
    let (dx, [dmu, dsigma, _]) =
        launch::backward(x, parameters, targets, grad, formula, of_x, summed);
    (dx, dmu, dsigma)
}
