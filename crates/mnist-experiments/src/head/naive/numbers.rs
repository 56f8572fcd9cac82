use burn::tensor::Tensor;

/// A tensor in f64.
pub fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.try_to_vec_as::<f64>().unwrap()
}

/// A matrix in f64.
pub fn rows_of(matrix: &Tensor<2>) -> Vec<Vec<f64>> {
    let [_, columns] = matrix.dims();
    let values = numbers(matrix.clone());
    values.chunks(columns).map(<[f64]>::to_vec).collect()
}

/// The sum of the products.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The length, with the least length that keeps it from 0.
pub fn length(a: &[f64]) -> f64 {
    (dot(a, a) + 1e-14).sqrt()
}

/// The vector at length 1.
pub fn unit(a: &[f64]) -> Vec<f64> {
    let length = length(a);
    a.iter().map(|a| a / length).collect()
}

/// The square of the distance.
pub fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

/// `-ln softmax(logits)` of the target.
pub fn cross_entropy(logits: &[f64], target: usize) -> f64 {
    let sum: f64 = logits
        .iter()
        .map(|logit| (logit - logits[target]).exp())
        .sum();
    sum.ln()
}

/// Numbers in (-1, 1) that look random.
pub fn noise(salt: usize) -> impl Iterator<Item = f64> {
    let at = move |i: usize| {
        let wave = (i as f64 * 12.9898 + salt as f64 * 78.233).sin() * 43758.5453;
        wave.rem_euclid(1.0) * 2.0 - 1.0
    };
    (1..).map(at)
}
