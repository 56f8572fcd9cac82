//! For tests: all heads, and that nothing in them is infinite where an embedding is extreme.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};

use super::{ClassifierHead, HeadConfig, naive};
use crate::task::Task;

/// Every head that has a name, with each task that it can learn.
pub fn heads() -> impl Iterator<Item = (HeadConfig, Task)> {
    let of = |task: Task| {
        let named = HeadConfig::named().into_iter().map(|(_, kind)| kind);
        let of_task = named.filter(move |kind| kind.classes().contains(&task.classes()));
        let large = of_task.filter(move |kind| {
            let dim = kind.embedding_dim(task.embedding_dim());
            dim >= kind.min_embedding_dim(task.classes())
        });
        large.map(move |kind| (kind, task))
    };
    [Task::EvenOdd, Task::Digits].into_iter().flat_map(of)
}

/// At 0 and however small or large embeddings are, loss, penalty and gradients are finite.
#[test]
fn nothing_is_infinite() {
    let device = Device::flex().autodiff();
    for (kind, task) in heads() {
        let dim = kind.embedding_dim(task.embedding_dim());
        let head = kind.init(dim, task.classes(), &device);
        for scale in [0.0, 1e-6, 1.0, 1e4] {
            let noise: Vec<f64> = naive::noise(3).take(6 * dim).map(|x| x * scale).collect();
            let noise = TensorData::new(noise, [6, dim]);
            let x = Tensor::<2>::from_data(noise, &device).require_grad();
            let targets = Tensor::from_ints([1, 0, 1, 0, 0, 1], &device);
            let loss = head.loss(x.clone(), targets);
            let loss = match head.penalty() {
                Some(penalty) => loss + penalty,
                None => loss,
            };
            let value = loss.clone().into_scalar::<f32>();
            assert!(value.is_finite(), "{kind}, scale {scale}: loss {value}");
            let gradients = GradientsParams::from_grads(loss.clone().backward(), &head);
            let mut finite = Finite(gradients, String::new());
            head.visit(&mut finite);
            assert_eq!(finite.1, "", "{kind}, scale {scale}");
            let scores: Vec<f32> = head.scores(x).try_to_vec_as().unwrap();
            assert!(
                scores.iter().all(|s| s.is_finite()),
                "{kind}, scale {scale}"
            );
        }
    }
}

/// Gradients, and which of them are not finite.
struct Finite(GradientsParams, String);

impl ModuleVisitor for Finite {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        let Some(gradient) = self.0.remove::<D>(parameter.id) else {
            return;
        };
        let numbers: Vec<f32> = gradient.try_to_vec_as().unwrap();
        if numbers.iter().any(|number| !number.is_finite()) {
            self.1 += &format!("{:?} ", parameter.shape());
        }
    }
}
