//! What Burn's training does with a model works with ours as with `PRelu`: gradient checkpointing, accumulated
//! gradients, mixed precision, records that outlive a version.

mod common;

use std::path::PathBuf;

use burn::module::{Module, ModuleMapper, Param};
use burn::nn::{Linear, LinearConfig, PRelu, PReluConfig};
use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::store::ModuleRecord;
use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use common::{flex, grad, leaf, spread, values};
use dome_burn::{
    Dome, DomeConfig, DomeHead, DomeHeadConfig, MultiDomeConfig, MultiDomeHead,
    MultiDomeHeadConfig, PDome, PDomeConfig, ReferencePointsConfig,
};

/// One layer of each kind, and Burn's beside it.
#[derive(Module, Debug)]
struct Model {
    hidden: Linear,
    prelu: PRelu,
    pdome: PDome,
    dome: Dome,
    binary: DomeHead,
    classes: MultiDomeHead,
    points: MultiDomeHead,
}

const DIM: usize = 6;

impl Model {
    fn new(device: &Device) -> Self {
        let points = (0..5).map(|i| vec![f64::from(i), 1.0]).collect();
        let points = ReferencePointsConfig::Learned(points);
        let learned = MultiDomeConfig::new(5).with_reference_points(points);
        let model = Self {
            hidden: LinearConfig::new(3, DIM).init(device),
            prelu: PReluConfig::new().with_num_parameters(DIM).init(device),
            pdome: PDomeConfig::new().with_num_parameters(DIM).init(device),
            dome: DomeConfig::new().init(device),
            binary: DomeHeadConfig::new(DIM).init(device),
            classes: MultiDomeHeadConfig::new(DIM, MultiDomeConfig::new(4)).init(device),
            points: MultiDomeHeadConfig::new(DIM, learned).init(device),
        };
        model.map(&mut Numbered(0))
    }

    fn losses(&self, x: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
        let x = self.prelu.forward(self.hidden.forward(x));
        let x = self.pdome.forward(x.clone()) + x * 0.5;
        let binary = targets.clone().remainder_scalar(2);
        let own = self.dome.forward(x.clone()).mean();
        let heads = self.classes.loss(x.clone(), targets.clone())
            + self.points.loss(x.clone(), targets)
            + self.binary.loss(x, binary);
        own + heads
    }
}

/// Every parameter its own numbers, the same on every machine.
struct Numbered(usize);

impl ModuleMapper for Numbered {
    fn map_float<const D: usize>(&mut self, parameter: Param<Tensor<D>>) -> Param<Tensor<D>> {
        self.0 += 1;
        let low = 0.05 * self.0 as f64;
        parameter.map(|value| {
            let numbers = spread(value.shape().num_elements(), low, low + 0.6);
            let dims: [usize; D] = value.dims();
            let tracked = value.is_require_grad();
            let numbers = constant(&numbers, dims, &value.device());
            if tracked {
                numbers.require_grad()
            } else {
                numbers
            }
        })
    }
}

fn constant<const D: usize>(numbers: &[f64], dims: [usize; D], device: &Device) -> Tensor<D> {
    let data = TensorData::new(numbers.to_vec(), dims).convert_dtype(DType::F32);
    Tensor::from_data(data, device)
}

fn batch(device: &Device) -> (Tensor<2>, Tensor<1, Int>) {
    let x = constant(&spread(24, -2.0, 2.0), [8, 3], device);
    let targets = Tensor::from_ints([0, 1, 2, 3, 3, 2, 1, 0], &device.clone().without_autodiff());
    (x, targets)
}

/// The gradient of every parameter, in the order of the model.
fn gradients(model: &Model, gradients: &GradientsParams) -> Vec<Vec<f64>> {
    let one = |p: &Param<Tensor<1>>| gradients.get::<1>(p.id).map(values);
    let two = |p: &Param<Tensor<2>>| gradients.get::<2>(p.id).map(values);
    let all = [
        two(&model.hidden.weight),
        one(&model.prelu.alpha),
        one(&model.pdome.mu),
        one(&model.pdome.sigma),
        one(&model.pdome.pi),
        one(&model.dome.mu),
        one(&model.dome.sigma),
        one(&model.binary.dome.mu),
        one(&model.classes.multi_dome.mu),
        one(&model.classes.multi_dome.sigma),
        one(&model.points.multi_dome.mu),
        one(&model.points.multi_dome.sigma),
    ];
    let all = all.map(|gradient| gradient.expect("a gradient of every parameter"));
    assert!(
        all.iter()
            .all(|gradient| gradient.iter().any(|g| *g != 0.0))
    );
    all.into()
}

fn assert_same(actual: &[Vec<f64>], expected: &[Vec<f64>], limit: f64) {
    for (actual, expected) in actual.iter().flatten().zip(expected.iter().flatten()) {
        let size = expected.abs().max(1e-2);
        assert!(
            (actual - expected).abs() <= limit * size,
            "{actual}, expected {expected}"
        );
    }
}

#[test]
fn gradient_checkpointing_changes_nothing() {
    let results = [flex(), flex().gradient_checkpointing()].map(|device| {
        let model = Model::new(&device);
        let (x, targets) = batch(&device);
        let loss = model.losses(x, targets);
        let tape = loss.clone().backward();
        let parameters = GradientsParams::from_grads(tape, &model);
        (values(loss), gradients(&model, &parameters))
    });
    let [(loss, plain), (recomputed_loss, recomputed)] = results;
    assert_eq!(loss, recomputed_loss);
    assert_eq!(plain, recomputed);
}

#[test]
fn gradients_of_two_half_batches_add_up() {
    let device = flex();
    let model = Model::new(&device);
    let (x, targets) = batch(&device);
    let of = |from: usize, count: usize| {
        let (x, targets) = (
            x.clone().narrow(0, from, count),
            targets.clone().narrow(0, from, count),
        );
        let share = count as f64 / 8.0;
        let tape = (model.losses(x, targets) * share).backward();
        GradientsParams::from_grads(tape, &model)
    };
    let mut accumulator = GradientsAccumulator::new();
    accumulator.accumulate(&model, of(0, 4));
    accumulator.accumulate(&model, of(4, 4));
    let halves = gradients(&model, &accumulator.grads());
    assert_same(&halves, &gradients(&model, &of(0, 8)), 1e-5);
}

/// Activations in half precision, parameters in f32: results in half precision, gradients of each in its own type.
#[test]
fn mixed_precision() {
    let device = flex();
    let dome = DomeConfig::new().init(&device);
    let pdome = PDomeConfig::new().init(&device);
    for half in [DType::F16, DType::BF16] {
        let x = leaf(&spread(40, -3.0, 3.0), [8, 5], half, &device);
        let y = dome.forward(x.clone()) + pdome.forward(x.clone());
        assert_eq!(y.dtype(), half);
        let exact = x.clone().cast(DType::F32);
        let expected = dome.forward(exact.clone()) + pdome.forward(exact);
        let (digits, limit) = match half {
            DType::F16 => (2f64.powi(-10), 1e-2),
            _ => (2f64.powi(-7), 5e-2),
        };
        for (y, expected) in values(y.clone()).iter().zip(values(expected.clone())) {
            assert!(
                (y - expected).abs() <= 2.0 * digits,
                "{half:?}: {y}, expected {expected}"
            );
        }
        let [tape, wide] = [y, expected].map(|y| y.square().sum().backward());
        assert_eq!(x.grad(&tape).unwrap().dtype(), half);
        for parameter in [&dome.mu, &dome.sigma, &pdome.mu, &pdome.sigma, &pdome.pi] {
            let parameter = parameter.val();
            assert_eq!(parameter.grad(&tape).unwrap().dtype(), DType::F32);
            assert_same(
                &[grad(&parameter, &tape)],
                &[grad(&parameter, &wide)],
                limit,
            );
        }
    }
}

fn folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "records"]
        .iter()
        .collect()
}

/// What a model says of a batch.
fn outputs(model: &Model) -> Vec<f64> {
    let (x, targets) = batch(&Device::flex());
    let x = model.prelu.forward(model.hidden.forward(x));
    let mut all = values(model.pdome.forward(x.clone()));
    all.extend(values(model.dome.forward(x.clone())));
    all.extend(values(model.binary.scores(x.clone())));
    all.extend(values(model.classes.scores(x.clone())));
    all.extend(values(model.points.probabilities(x.clone())));
    all.extend(values(model.classes.loss(x, targets)));
    all
}

/// A model that version 0.1 saved is loaded by every later one, and says the same.
#[test]
fn the_record_of_0_1_loads() {
    let blank = Model::new(&Device::flex()).map(&mut Numbered(7));
    let record = ModuleRecord::load(folder().join("version-0-1")).unwrap();
    let model = blank.try_load_record(record).unwrap();
    let text = std::fs::read_to_string(folder().join("version-0-1.json")).unwrap();
    let expected: Vec<f64> = serde_json::from_str(&text).unwrap();
    let actual = outputs(&model);
    assert_eq!(actual.len(), expected.len());
    assert_same(&[actual], &[expected], 1e-4);
}

#[test]
#[ignore = "writes tests/records/version-0-1: for a new version, another name"]
fn write_the_record() {
    let model = Model::new(&Device::flex());
    std::fs::create_dir_all(folder()).unwrap();
    model
        .clone()
        .into_record()
        .save(folder().join("version-0-1"))
        .unwrap();
    let text = serde_json::to_string(&outputs(&model)).unwrap();
    std::fs::write(folder().join("version-0-1.json"), text + "\n").unwrap();
}
