//! The modules inside a user's model: records, freezing, parameter groups, training.

mod common;

use burn::module::{Module, ParamGroup};
use burn::nn::{Linear, LinearConfig};
use burn::optim::{AdamConfig, GradientsParams, SgdConfig};
use burn::store::ModuleRecord;
use burn::tensor::{Device, Int, Tensor};
use common::{flex, values};
use dome_burn::{Dome, DomeBinaryCrossEntropyLossConfig, DomeConfig, PDome, PDomeConfig};

#[derive(Module, Debug)]
struct Net {
    first: Linear,
    hidden: PDome,
    second: Linear,
    dome: Dome,
}

impl Net {
    fn new(device: &Device) -> Self {
        device.seed(5);
        Self {
            first: LinearConfig::new(2, 8).init(device),
            hidden: PDomeConfig::new()
                .with_num_parameters(8)
                .with_pi(0.5)
                .init(device),
            second: LinearConfig::new(8, 1).with_bias(false).init(device),
            dome: DomeConfig::new().with_learn_sigma(false).init(device),
        }
    }

    fn logits(&self, x: Tensor<2>) -> Tensor<2> {
        self.second
            .forward(self.hidden.forward(self.first.forward(x)))
    }

    fn parameters(&self) -> [Vec<f64>; 5] {
        let Self { hidden, dome, .. } = self;
        [&hidden.mu, &hidden.sigma, &hidden.pi, &dome.mu, &dome.sigma].map(|p| values(p.val()))
    }
}

/// Exclusive or: not linearly separable.
fn exclusive_or(device: &Device) -> (Tensor<2>, Tensor<2, Int>) {
    let x = Tensor::from_floats([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]], device);
    (x, Tensor::from_ints([[0], [1], [1], [0]], device))
}

fn train(mut net: Net, steps: usize) -> (Net, f32) {
    let device = flex();
    let (x, targets) = exclusive_or(&device);
    let loss = DomeBinaryCrossEntropyLossConfig::new().init(&device);
    // An optimizer of its own for mu, sigma and pi: the last matching group wins.
    let mut optimizer = AdamConfig::new().init().with_group(
        ParamGroup::from_predicate("hidden"),
        SgdConfig::new().build(),
        None,
    );
    let mut last = f32::NAN;
    for _ in 0..steps {
        let value = loss.forward(&net.dome, net.logits(x.clone()), targets.clone());
        last = value.clone().into_scalar();
        let gradients = GradientsParams::from_grads(value.backward(), &net);
        net = optimizer.step(0.05, net, gradients);
    }
    (net, last)
}

#[test]
fn learns_exclusive_or_and_moves_what_is_learnable() {
    let start = Net::new(&flex());
    let before = start.parameters();
    let (net, loss) = train(start, 150);
    assert!(loss < 0.02, "{loss}");
    let after = net.parameters();
    let moved: Vec<bool> = before.iter().zip(&after).map(|(b, a)| b != a).collect();
    // sigma of the output was frozen by its configuration.
    assert_eq!(moved, [true, true, true, true, false]);
}

#[test]
fn freezing_one_parameter() {
    let net = Net::new(&flex()).freeze_group(ParamGroup::from_path("hidden.mu"));
    let before = net.parameters();
    let after = train(net, 3).0.parameters();
    assert_eq!(before[0], after[0]);
    assert_ne!(before[1], after[1]);
    assert_ne!(before[2], after[2]);
}

#[test]
fn records_round_trip() {
    let (net, _) = train(Net::new(&flex()), 3);
    let net = net.valid();
    let first = net.clone().into_record().into_bytes().unwrap();
    let again = Net::new(&Device::flex())
        .try_load_record(ModuleRecord::from_bytes(first.clone()).unwrap())
        .unwrap();
    assert_eq!(again.parameters(), net.parameters());
    let second = again.into_record().into_bytes().unwrap();
    assert_eq!(first.as_ref() as &[u8], second.as_ref() as &[u8]);
}

#[test]
fn configurations_round_trip() {
    let config = PDomeConfig::paper()
        .with_num_parameters(3)
        .with_pi(0.25)
        .with_learn_mu(false);
    let json = serde_json::to_string(&config).unwrap();
    assert_eq!(serde_json::from_str::<PDomeConfig>(&json).unwrap(), config);
    let bad = serde_json::from_str::<DomeConfig>(&json.replace("\"sigma\":1.0", "\"sigma\":0.0"));
    let error = bad.unwrap().validate().unwrap_err().to_string();
    assert!(error.starts_with("sigma is 0, but must be"), "{error}");
}
