//! Initial weights. A binary of its own: Burn's generator belongs to the process, and other tests
//! that draw from it would disturb this one.

use burn::tensor::{Device, Tensor};
use mnist_experiments::model::{ClassifierConfig, EncoderConfig, Normalization};

fn weights(head: &str, seed: u64) -> Vec<f32> {
    let config = ClassifierConfig {
        encoder: EncoderConfig::new([28, 28], 2),
        normalization: Normalization::grey(0.1, 0.3),
        head: head.parse().unwrap(),
        classes: 2,
    };
    let model = config.init(seed, &Device::flex());
    let images = Tensor::<4>::ones([1, 1, 28, 28], &Device::flex());
    model.embed(images).try_to_vec_as().unwrap()
}

#[test]
fn a_seed_gives_every_head_the_same_encoder() {
    let sigmoid = weights("sigmoid", 3);
    assert_eq!(sigmoid, weights("softmax", 3));
    assert_eq!(sigmoid, weights("dome", 3));
    assert_ne!(sigmoid, weights("sigmoid", 4));
}
