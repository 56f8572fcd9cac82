//! The same training on a GPU; Mesa's software Vulkan (mesa-vulkan-drivers) is enough.
#![cfg(feature = "wgpu")]

use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::Device;
use mnist_experiments::data::{Bundled, Part};
use mnist_experiments::device::DeviceSpec;
use mnist_experiments::head::ClassifierHead;
use mnist_experiments::model::{ClassifierConfig, EncoderConfig, Normalization};
use mnist_experiments::task::Task;
use mnist_experiments::train::Samples;

/// Losses of the first ten steps, with the program's default batch size and learning rate.
fn losses(device: &Device) -> Vec<f64> {
    let samples = Samples::new(
        Task::EvenOdd,
        Bundled::Mnist.load(Part::Train).unwrap().take(2000),
    )
    .unwrap();
    let device = device.clone().autodiff();
    let mut model = ClassifierConfig {
        encoder: EncoderConfig::new([28, 28], 2),
        normalization: Normalization::of(samples.split()),
        head: "dome".parse().unwrap(),
        classes: Task::EvenOdd.classes(),
    }
    .init(0, &device);
    let mut optimizer = AdamConfig::new().init();
    let order = samples.shuffled(0, 1);
    let step = |indices: &[usize]| {
        let batch = samples.batch(indices, &device);
        let loss = model.head.loss(model.embed(batch.images), batch.targets);
        let value = loss.clone().into_scalar::<f64>();
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        model = optimizer.step(1e-3, model.clone(), gradients);
        value
    };
    order.chunks(64).take(10).map(step).collect()
}

#[test]
fn ten_steps_follow_flex() {
    let wgpu = DeviceSpec::Wgpu(None).open().unwrap();
    let (flex, wgpu) = (losses(&Device::flex()), losses(&wgpu));
    println!("flex {flex:?}\nwgpu {wgpu:?}");
    assert!(flex[9] < flex[0] - 0.01, "it does not learn: {flex:?}");
    for (flex, wgpu) in flex.iter().zip(&wgpu) {
        assert!((flex - wgpu).abs() < 1e-3, "flex {flex} wgpu {wgpu}");
    }
}
