//! The activation that a configuration chooses: configurations and records through files.

mod common;

use burn::module::{Module, ModuleMapper, Param};
use burn::nn::PReluConfig;
use burn::nn::activation::ActivationConfig as NnActivationConfig;
use burn::store::ModuleRecord;
use burn::tensor::{DType, Device, Tensor};
use common::{flex, grad, leaf, values};
use dome_burn::{Activation, ActivationConfig, DomeConfig, PDomeConfig};

fn configs() -> [ActivationConfig; 4] {
    [
        NnActivationConfig::Gelu.into(),
        PReluConfig::new().with_num_parameters(3).into(),
        DomeConfig::new().with_mu(0.7).into(),
        PDomeConfig::new().with_num_parameters(3).into(),
    ]
}

fn output(activation: &Activation) -> Vec<f64> {
    let x = Tensor::<2>::from_floats([[-1.3, 0.1, 0.9], [2.0, -0.4, 3.0]], &Device::flex());
    values(activation.forward(x))
}

#[test]
fn configurations_round_trip() {
    for config in configs() {
        let json = serde_json::to_string(&config).unwrap();
        let again: ActivationConfig = serde_json::from_str(&json).unwrap();
        assert_eq!(serde_json::to_string(&again).unwrap(), json);
        let [first, second] = [config, again].map(|config| output(&config.init(&Device::flex())));
        assert_eq!(first, second);
    }
    // What a configuration file says.
    let file = r#"{"PDome":{"num_parameters":1,"mu":1.0,"sigma":0.0,"pi":1.0,"learn_mu":true,
                   "learn_sigma":true,"learn_pi":true}}"#;
    let config: ActivationConfig = serde_json::from_str(file).unwrap();
    let error = config.validate().unwrap_err().to_string();
    assert!(error.starts_with("sigma is 0, but must be"), "{error}");
}

#[test]
fn records_round_trip() {
    for config in configs() {
        let changed = Perturb::apply(config.init(&Device::flex()));
        let bytes = changed.clone().into_record().into_bytes().unwrap();
        let record = ModuleRecord::from_bytes(bytes).unwrap();
        let loaded = config
            .init(&Device::flex())
            .try_load_record(record)
            .unwrap();
        assert_eq!(output(&loaded), output(&changed), "{config}");
        let untouched = output(&config.init(&Device::flex()));
        assert_eq!(
            output(&loaded) == untouched,
            changed.num_params() == 0,
            "{config}"
        );
    }
    // A record of one activation does not pass for another's.
    let [_, prelu, _, pdome] = configs().map(|config| config.init(&Device::flex()));
    assert!(pdome.try_load_record(prelu.into_record()).is_err());
}

#[test]
fn gradients_reach_input_and_parameters() {
    let device = flex();
    let activation = PDomeConfig::new().with_num_parameters(2);
    let activation = ActivationConfig::from(activation).init(&device);
    let x = leaf::<2>(&[0.3, -1.2], [1, 2], DType::F32, &device);
    let gradients = activation.forward(x.clone()).sum().backward();
    assert!(grad(&x, &gradients).iter().all(|g| g.abs() > 0.01));
    let Activation::PDome(pdome) = activation else {
        panic!("a PDome was configured");
    };
    for parameter in [pdome.mu, pdome.sigma, pdome.pi] {
        assert!(grad(&parameter.val(), &gradients).iter().all(|g| *g != 0.0));
    }
}

/// Moves every parameter away from its initial value.
struct Perturb;

impl Perturb {
    fn apply(activation: Activation) -> Activation {
        activation.map(&mut Self)
    }
}

impl ModuleMapper for Perturb {
    fn map_float<const D: usize>(&mut self, parameter: Param<Tensor<D>>) -> Param<Tensor<D>> {
        parameter.map(|value| (value * 1.25 + 0.125).detach())
    }
}
