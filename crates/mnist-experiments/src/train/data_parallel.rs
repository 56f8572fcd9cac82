//! Data parallelism: gradients of a batch whose shards are computed side by side.

use burn::module::Module;
use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::{Device, Tensor};
use rayon::prelude::*;

use crate::device::is_flex;

/// Images of a shard, which one core computes.
///
/// A number of its own, not the batch over the cores, so that no result depends on the machine.
/// Smaller shards cost more for what each operation takes however small its input is, above all
/// [`conv_block`](conv_block::conv_block), which computes 32 images at a time; larger ones leave cores idle.
const SHARD: usize = 32;

/// How many images of a batch are a shard on `device`, see [`gradients`].
///
/// On Burn's `flex` cores wait for each other in every operation, of which some use one core only; with
/// images of its own, a core waits once a step. Other devices get the whole batch at once.
pub fn shard_size(batch: usize, device: &Device) -> usize {
    match is_flex(device) {
        true => batch.min(SHARD),
        false => batch,
    }
}

/// Gradients of the sum of the shards' losses, computed on rayon's threads, and what else `loss`
/// returns for each.
///
/// For the mean over a batch, a shard's loss is its mean times its share of the batch. The gradients
/// do not depend on the number of threads: they are summed up in the order of the shards.
pub fn gradients<M, S, R>(
    model: &M,
    mut shards: Vec<S>,
    device: &Device,
    loss: impl Fn(&M, S) -> (Tensor<1>, R) + Sync,
) -> (GradientsParams, Vec<R>)
where
    M: Module,
    S: Send,
    R: Send,
{
    let of = |model: &M, shard| {
        let (loss, rest) = loss(model, shard);
        (GradientsParams::from_grads(loss.backward(), model), rest)
    };
    if shards.len() == 1 {
        // On this thread, since a GPU has a queue for each.
        let (gradients, rest) = of(model, shards.remove(0));
        return (gradients, vec![rest]);
    }
    // Burn keeps operations of the same parameters in one graph, which it locks for the backward
    // pass: each shard has parameters of its own, which share their values.
    let copies: Vec<(M, S)> = shards
        .into_iter()
        .map(|shard| (model.clone().fork(device), shard))
        .collect();
    let (each, rest): (Vec<_>, Vec<_>) = copies
        .into_par_iter()
        .map(|(model, shard)| of(&model, shard))
        .unzip();
    let mut sum = GradientsAccumulator::new();
    for gradients in each {
        sum.accumulate(model, gradients);
    }
    (sum.grads(), rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::ClassifierHead;
    use crate::model::{Classifier, ClassifierConfig, EncoderConfig, Normalization};
    use crate::task::Task;
    use burn::module::{ModuleVisitor, Param};
    use burn::tensor::{Distribution, Int, TensorData, Tolerance};
    use rayon::ThreadPoolBuilder;

    const BATCH: usize = 80;

    #[derive(Clone)]
    struct Setup {
        model: Classifier,
        images: Tensor<4>,
        targets: Tensor<1, Int>,
        device: Device,
    }

    fn setup(head: &str) -> Setup {
        let device = Device::flex().autodiff();
        let config = ClassifierConfig {
            encoder: EncoderConfig::new([16, 16], 9),
            normalization: Normalization::grey(0.5, 0.3),
            head: head.parse().unwrap(),
            classes: Task::Digits.classes(),
        };
        device.seed(5);
        let shape = [BATCH, 1, 16, 16];
        let images = Tensor::<4>::random(shape, Distribution::Uniform(0.0, 1.0), &device);
        let targets: Vec<i32> = (0..BATCH as i32).map(|i| i % 10).collect();
        Setup {
            model: config.init(0, &device),
            images: images.detach(),
            targets: Tensor::from_ints(targets.as_slice(), &device),
            device,
        }
    }

    /// The gradients of the batch's mean loss, in shards of so many images.
    fn in_shards(setup: &Setup, size: usize) -> Vec<TensorData> {
        let starts: Vec<usize> = (0..BATCH).step_by(size).collect();
        let shards = starts.iter().map(|&start| {
            let count = size.min(BATCH - start);
            let images = setup.images.clone().narrow(0, start, count);
            (images, setup.targets.clone().narrow(0, start, count))
        });
        let loss = |model: &Classifier, (images, targets): (Tensor<4>, Tensor<1, Int>)| {
            let [count] = targets.dims();
            let loss = model.head.loss(model.embed(images), targets);
            (loss * (count as f64 / BATCH as f64), count)
        };
        let (mut gradients, counts) =
            gradients(&setup.model, shards.collect(), &setup.device, loss);
        assert_eq!(counts.len(), starts.len());
        assert_eq!(counts.iter().sum::<usize>(), BATCH);
        let mut list = Collect {
            gradients: &mut gradients,
            data: Vec::new(),
        };
        setup.model.visit(&mut list);
        list.data
    }

    struct Collect<'a> {
        gradients: &'a mut GradientsParams,
        data: Vec<TensorData>,
    }

    impl ModuleVisitor for Collect<'_> {
        fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
            let gradient = self.gradients.remove::<D>(parameter.id);
            self.data.push(gradient.expect("a gradient").into_data());
        }
    }

    #[test]
    fn shards_add_up_to_the_batch() {
        for head in ["softmax", "multi-dome-brier", "multi-dome-nll"] {
            let setup = setup(head);
            let whole = in_shards(&setup, BATCH);
            // Two convolutions and two linear layers, and what the head learns.
            assert!(whole.len() > 8, "{head}");
            for size in [1, 32, 40] {
                for (sum, whole) in in_shards(&setup, size).iter().zip(&whole) {
                    sum.assert_approx_eq::<f32>(whole, Tolerance::rel_abs(1e-4, 1e-6));
                }
            }
        }
    }

    #[test]
    fn threads_do_not_change_a_bit() {
        let setup = setup("multi-dome-brier");
        let on = |threads| {
            let pool = ThreadPoolBuilder::new().num_threads(threads).build();
            // The model is not shared between threads, so it is moved there with a copy.
            let setup = setup.clone();
            pool.unwrap().install(move || in_shards(&setup, 16))
        };
        let single = on(1);
        for threads in [2, 3, 8] {
            assert_eq!(on(threads), single, "{threads} threads");
        }
    }

    #[test]
    fn only_batches_on_the_cpu_are_divided() {
        assert_eq!(shard_size(64, &Device::flex().autodiff()), 32);
        assert_eq!(shard_size(20, &Device::flex()), 20);
    }
}
