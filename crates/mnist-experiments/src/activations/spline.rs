use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::{Device, Int, Tensor, TensorData};

/// A learnable cubic spline through points at equal distances; after Scardapane et al. 2016,
/// [arXiv 1605.05509](https://arxiv.org/abs/1605.05509), with one curve for the whole layer.
///
/// Between the knots `i` and `i + 1`, with `t` in [0, 1] the way from the one to the other, it is
/// the Catmull-Rom polynomial of four heights, `sum_j w_j(t) p_(i - 1 + j)`, with
///
/// ```text
/// w_0 = (-t + 2t^2 - t^3)/2      w_1 = (2 - 5t^2 + 3t^3)/2
/// w_2 = (t + 4t^2 - 3t^3)/2      w_3 = (-t^2 + t^3)/2
/// ```
///
/// which meets the heights and has a continuous slope. Outside of the knots the curve goes on as a
/// straight line. The heights start on tanh.
///
/// Should be created using [`CubicSplineConfig`].
#[derive(Module, Debug)]
pub struct CubicSpline {
    /// Heights of the curve at the knots, `[knots]`.
    pub heights: Param<Tensor<1>>,
    /// The knots lie from `-reach` to `reach`.
    pub reach: f64,
}

/// Configuration to create a [`CubicSpline`] using [`init`](CubicSplineConfig::init).
#[derive(Config, Debug)]
pub struct CubicSplineConfig {
    /// Number of knots, at least 2.
    #[config(default = 13)]
    pub knots: usize,
    /// Place of the last knot, positive; the first one lies at minus that.
    #[config(default = 3.0)]
    pub reach: f64,
}

impl CubicSplineConfig {
    /// Initializes a new [`CubicSpline`].
    ///
    /// # Panics
    ///
    /// If there are fewer than 2 knots or `reach` is not positive and finite.
    pub fn init(&self, device: &Device) -> CubicSpline {
        let Self { knots, reach } = *self;
        assert!(
            knots >= 2,
            "CubicSplineConfig: knots is {knots}, but must be at least 2: a curve needs two ends"
        );
        assert!(
            reach.is_finite() && reach > 0.0,
            "CubicSplineConfig: reach is {reach}, but must be a positive finite number: the knots \
             lie from -reach to reach"
        );
        let at = |knot: usize| reach * (2.0 * knot as f64 / (knots - 1) as f64 - 1.0);
        let heights: Vec<f64> = (0..knots).map(|knot| at(knot).tanh()).collect();
        CubicSpline {
            heights: Param::from_data(TensorData::new(heights, [knots]), device),
            reach,
        }
    }
}

impl CubicSpline {
    /// Applies the activation.
    ///
    /// # Shapes
    ///
    /// - input, output: `[..., any]`
    pub fn forward<const D: usize>(&self, input: Tensor<D>) -> Tensor<D> {
        let heights = self.heights.val();
        let [knots] = heights.dims();
        let segments = knots - 1;
        let shape = input.shape();

        // Place in units of segments, from 0 at the first knot.
        let scale = segments as f64 / (2.0 * self.reach);
        let place = (input + self.reach) * scale;
        let inside = place.clone().clamp(0.0, segments as f64);
        let segment = inside
            .clone()
            .detach()
            .floor()
            .clamp_max(segments as f64 - 1.0);
        let t = inside.clone() - segment.clone();
        let beyond = place - inside;

        // One more height on either side, on the line through the last two: the curve's slope at
        // its ends is then that line's.
        let height = |knot: usize| heights.clone().slice(knot..knot + 1);
        let line = |end: usize, before: usize| height(end) * 2.0 - height(before);
        let [first, last] = [line(0, 1), line(segments, segments - 1)];
        let heights = Tensor::cat(vec![first, heights.clone(), last], 0);
        let index: Tensor<1, Int> = segment.flatten::<1>(0, D - 1).int();
        let height = |j: i64| -> Tensor<D> {
            let at = index.clone() + j;
            heights.clone().select(0, at).reshape(shape.clone())
        };
        let [p0, p1, p2, p3] = [0, 1, 2, 3].map(height);

        // The polynomial's coefficients, then Horner's scheme for value and slope.
        let c1 = (p2.clone() - p0.clone()) / 2.0;
        let c2 = p0.clone() - p1.clone() * 2.5 + p2.clone() * 2.0 - p3.clone() / 2.0;
        let c3 = (p1.clone() - p2) * 1.5 + (p3 - p0) / 2.0;
        let value =
            ((c3.clone() * t.clone() + c2.clone()) * t.clone() + c1.clone()) * t.clone() + p1;
        let slope = (c3 * t.clone() * 3.0 + c2 * 2.0) * t + c1;
        value + beyond * slope
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{DType, Tolerance};

    const XS: [f64; 9] = [-7.5, -3.0, -2.9, -0.6, 0.0, 0.13, 1.25, 3.0, 4.0];

    fn tensor(values: &[f64]) -> Tensor<1> {
        let data = TensorData::new(values.to_vec(), [values.len()]);
        Tensor::from_data(data, (&Device::flex().autodiff(), DType::F64))
    }

    fn spline(heights: &[f64], reach: f64) -> CubicSpline {
        CubicSpline {
            heights: Param::from_tensor(tensor(heights).require_grad()),
            reach,
        }
    }

    fn values(spline: &CubicSpline, xs: &[f64]) -> Vec<f64> {
        spline.forward(tensor(xs)).try_to_vec_as().unwrap()
    }

    fn assert_close(actual: &[f64], expected: &[f64], tolerance: f64) {
        let [actual, expected] = [actual, expected].map(|v| TensorData::new(v.to_vec(), [v.len()]));
        actual.assert_approx_eq::<f64>(&expected, Tolerance::absolute(tolerance));
    }

    #[test]
    fn meets_the_heights_and_reproduces_polynomials() {
        let heights = [0.3, -1.0, 2.0, 0.5, 0.0];
        let bumpy = spline(&heights, 2.0);
        assert_close(
            &values(&bumpy, &[-2.0, -1.0, 0.0, 1.0, 2.0]),
            &heights,
            1e-12,
        );
        // Half-way between two inner knots: (-p0 + 9 p1 + 9 p2 - p3)/16.
        let half = (-0.3 - 9.0 + 18.0 - 0.5) / 16.0;
        assert_close(&values(&bumpy, &[-0.5]), &[half], 1e-12);
        // Straight lines everywhere, parabolas where no end is near.
        let line = spline(&[-5.0, -2.0, 1.0, 4.0], 1.5);
        assert_close(&values(&line, &XS), &XS.map(|x| 3.0 * x - 0.5), 1e-12);
        let parabola = spline(&[9.0, 4.0, 1.0, 0.0, 1.0, 4.0, 9.0], 3.0);
        assert_close(&values(&parabola, &[-1.7, 0.4]), &[2.89, 0.16], 1e-12);
    }

    #[test]
    fn starts_near_tanh() {
        let device = Device::flex();
        let spline = CubicSplineConfig::new().init(&device);
        let x = Tensor::<2>::from_floats([[-2.7, -1.1, 0.2], [0.9, 1.6, 2.9]], &device);
        let y = spline.forward(x.clone()).into_data();
        y.assert_approx_eq::<f32>(&x.tanh().into_data(), Tolerance::absolute(0.01));
    }

    /// In the input and in every height, on and between the knots and outside of them.
    #[test]
    fn gradients_agree_with_differences() {
        let heights = [0.3, -1.0, 2.0, 0.5, 0.0, 0.7];
        let weights = XS.map(|x| (3.0 * x).cos());
        let sum = |heights: &[f64], xs: &[f64]| -> f64 {
            let ys = values(&spline(heights, 3.0), xs);
            ys.iter().zip(weights).map(|(y, w)| y * w).sum()
        };
        let curve = spline(&heights, 3.0);
        let x = tensor(&XS).require_grad();
        let gradients = (curve.forward(x.clone()) * tensor(&weights))
            .sum()
            .backward();

        let step = 1e-6;
        let difference = |f: &dyn Fn(f64) -> f64| (f(step) - f(-step)) / (2.0 * step);
        let changed = |values: &[f64], i: usize, by: f64| {
            let mut values = values.to_vec();
            values[i] += by;
            values
        };
        let by_x: Vec<f64> = (0..XS.len())
            .map(|i| difference(&|by| sum(&heights, &changed(&XS, i, by))))
            .collect();
        let by_height: Vec<f64> = (0..heights.len())
            .map(|i| difference(&|by| sum(&changed(&heights, i, by), &XS)))
            .collect();
        let gradient = |leaf: &Tensor<1>| -> Vec<f64> {
            leaf.grad(&gradients).unwrap().try_to_vec_as().unwrap()
        };
        assert_close(&gradient(&x), &by_x, 1e-5);
        assert_close(&gradient(&curve.heights.val()), &by_height, 1e-8);
    }

    #[test]
    #[should_panic(expected = "knots is 1, but must be at least 2")]
    fn one_knot() {
        CubicSplineConfig::new().with_knots(1).init(&Device::flex());
    }
}
