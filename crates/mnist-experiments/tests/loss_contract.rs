//! A method of each kind that the loss contract knows: results depend neither on threads, nor on how a
//! batch is cut, nor on the device.

use std::sync::Mutex;

use burn::module::{Module, ModuleVisitor, Param, ParamGroup};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor};
use mnist_experiments::data::{Bundled, Part};
#[cfg(feature = "ndarray")]
use mnist_experiments::device::DeviceSpec;
use mnist_experiments::head::{ClassifierHead, HeadConfig, LossScope, ParameterGroup};
use mnist_experiments::model::{Classifier, ClassifierConfig, EncoderConfig, Normalization};
use mnist_experiments::task::Task;
use mnist_experiments::train::{Progress, Samples, TrainingConfig, train};

const CLASSES: usize = 10;
const DIM: usize = 4;

/// What each of the methods adds to the cross-entropy.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    /// Nothing.
    PerSample,
    /// The squares of the weights.
    Penalty,
    /// The square of the batch's mean embedding.
    WholeBatch,
    /// The squares of the distances to the classes' moving means.
    RunningState,
    /// Nothing, but the weights learn faster, and decay.
    Group,
}

const KINDS: [Kind; 5] = [
    Kind::PerSample,
    Kind::Penalty,
    Kind::WholeBatch,
    Kind::RunningState,
    Kind::Group,
];

#[derive(Module, Debug)]
struct TestHead {
    linear: Linear,
    /// `[classes, dim]`
    means: Param<Tensor<2>>,
    #[module(skip)]
    kind: Kind,
}

/// The rows of a matrix that belong to the targets, as a product, which every device has exactly.
fn one_hot(targets: Tensor<1, Int>) -> Tensor<2> {
    targets.one_hot::<2>(CLASSES).float()
}

impl ClassifierHead for TestHead {
    fn scores(&self, embedding: Tensor<2>) -> Tensor<2> {
        log_softmax(self.linear.forward(embedding), 1)
    }

    fn loss(&self, embedding: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
        let own = one_hot(targets);
        let scores = self.scores(embedding.clone());
        let cross_entropy = -(scores * own.clone()).sum_dim(1).mean();
        match self.kind {
            Kind::WholeBatch => cross_entropy + embedding.mean_dim(0).square().sum(),
            Kind::RunningState => {
                let means = own.matmul(self.means.val());
                cross_entropy + (embedding - means).square().sum_dim(1).mean() * 0.1
            }
            _ => cross_entropy,
        }
    }

    fn loss_scope(&self) -> LossScope {
        match self.kind {
            Kind::WholeBatch => LossScope::WholeBatch,
            _ => LossScope::PerSample,
        }
    }

    fn penalty(&self) -> Option<Tensor<1>> {
        (self.kind == Kind::Penalty).then(|| self.linear.weight.val().square().sum() * 0.1)
    }

    fn has_running_state(&self) -> bool {
        self.kind == Kind::RunningState
    }

    fn after_step(mut self, embedding: Tensor<2>, targets: Tensor<1, Int>) -> Self {
        let own = one_hot(targets);
        let counts = own.clone().sum_dim(0).transpose();
        let sums = own.transpose().matmul(embedding);
        self.means = self.means.map(|means| {
            let means = means.without_autodiff();
            let toward = sums - means.clone() * counts;
            (means + toward * 0.01).detach()
        });
        self
    }

    fn parameter_groups(&self) -> Vec<ParameterGroup> {
        let group = ParameterGroup {
            parameters: ParamGroup::ids_from_module(self.linear.clone()),
            learning_rate_factor: 5.0,
            weight_decay: Some(0.01),
        };
        match self.kind {
            Kind::Group => vec![group],
            _ => Vec::new(),
        }
    }
}

fn samples() -> Samples {
    let images = Bundled::Mnist.load(Part::Train).unwrap().take(192);
    Samples::new(Task::Digits, images).unwrap()
}

/// The weights of the encoder on some images, of the head, and the means, after a training.
fn trained(kind: Kind, shard: Option<usize>, device: &Device) -> [Vec<f32>; 3] {
    let samples = samples();
    let cpu = Device::flex().autodiff();
    cpu.seed(3);
    let normalization = Normalization::of(samples.split());
    let encoder = EncoderConfig::new([28, 28], DIM).init(normalization, &cpu);
    let head = TestHead {
        linear: LinearConfig::new(DIM, CLASSES).with_bias(false).init(&cpu),
        means: Param::from_tensor(Tensor::zeros([CLASSES, DIM], &cpu)).set_require_grad(false),
        kind,
    };
    let autodiff = device.clone().autodiff();
    let model = Classifier { encoder, head };
    // Parameters are drawn when they are first used: here, not on the other device.
    let _ = model.scores(samples.batch(&[0], &cpu).images);
    let model = model.fork(&autodiff);
    let config = TrainingConfig {
        epochs: 1,
        batch_size: 96,
        shard,
        learning_rate: 1e-3,
        seed: 0,
        calibrate: false,
        curve_steps: None,
        adversary: None,
    };
    let silent = Progress::silent();
    let trained = train(
        "test",
        model,
        &samples,
        &config,
        &autodiff,
        &silent,
        |_, _| Ok(()),
    );
    let model = trained.unwrap().model.valid();
    let images = samples.batch(&[0, 1, 2], device).images;
    let values = |tensor: Tensor<2>| tensor.try_to_vec_as::<f32>().unwrap();
    [
        values(model.embed(images)),
        values(model.head.linear.weight.val()),
        values(model.head.means.val()),
    ]
}

/// Burn's generator belongs to the process: the tests that draw from it do so one after the other.
static GENERATOR: Mutex<()> = Mutex::new(());

#[test]
fn results_depend_on_neither_threads_nor_shards_nor_the_device() {
    let _alone = GENERATOR.lock();
    let flex = Device::flex();
    let mut all: Vec<[Vec<f32>; 3]> = Vec::new();
    for kind in KINDS {
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            pool.build().unwrap().install(|| trained(kind, None, &flex))
        };
        let result = on(1);
        assert_eq!(result, on(2), "{kind:?}, threads");

        let close = |other: [Vec<f32>; 3], what: &str| {
            for (a, b) in result.iter().flatten().zip(other.iter().flatten()) {
                assert!((a - b).abs() <= 1e-5, "{kind:?}, {what}: {a} and {b}");
            }
        };
        for shard in [1, 7, 96] {
            close(trained(kind, Some(shard), &flex), "shards");
        }
        #[cfg(feature = "ndarray")]
        close(
            trained(kind, None, &DeviceSpec::NdArray.open().unwrap()),
            "NdArray",
        );

        // Each kind does something.
        assert!(!all.contains(&result), "{kind:?}");
        assert_eq!(
            result[2].iter().any(|&mean| mean != 0.0),
            kind == Kind::RunningState
        );
        all.push(result);
    }
}

/// All parameters of a model, one after the other.
#[derive(Default)]
struct Numbers(Vec<f32>);

impl ModuleVisitor for Numbers {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        let values = parameter.val().try_to_vec_as::<f32>().unwrap();
        self.0.extend(values);
    }
}

/// The embeddings of some images, and the parameters of the head, after a short training.
fn trained_head(kind: HeadConfig, shard: Option<usize>) -> [Vec<f32>; 2] {
    let device = Device::flex().autodiff();
    let task = match kind.classes().contains(&CLASSES) {
        true => Task::Digits,
        false => Task::EvenOdd,
    };
    let images = Bundled::Mnist.load(Part::Train).unwrap().take(96);
    let samples = Samples::new(task, images).unwrap();
    let model = ClassifierConfig {
        encoder: EncoderConfig::new([28, 28], kind.embedding_dim(task.embedding_dim())),
        normalization: Normalization::of(samples.split()),
        head: kind,
        classes: task.classes(),
    };
    let config = TrainingConfig {
        epochs: 1,
        batch_size: 48,
        shard,
        learning_rate: 1e-3,
        seed: 0,
        calibrate: true,
        curve_steps: None,
        adversary: None,
    };
    let silent = Progress::silent();
    let model = model.init(3, &device);
    let trained = train(
        "test",
        model,
        &samples,
        &config,
        &device,
        &silent,
        |_, _| Ok(()),
    );
    let model = trained.unwrap().model.valid();
    let images = samples.batch(&[0, 1, 2], &Device::flex()).images;
    let mut head = Numbers::default();
    model.head.visit(&mut head);
    [model.embed(images).try_to_vec_as().unwrap(), head.0]
}

/// Every head of the list keeps the contract: equal bits for any number of threads, and equal to 1e-5 however a
/// batch is cut.
#[test]
fn every_head_keeps_the_contract() {
    let _alone = GENERATOR.lock();
    for (name, kind) in HeadConfig::named() {
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            pool.build().unwrap().install(|| trained_head(kind, None))
        };
        let result = on(1);
        assert!(result.iter().flatten().all(|x| x.is_finite()), "{name}");
        assert_eq!(result, on(2), "{name}, threads");
        for shard in [7, 48] {
            let other = trained_head(kind, Some(shard));
            for (a, b) in result.iter().flatten().zip(other.iter().flatten()) {
                let close = (a - b).abs() <= 1e-5 * a.abs().max(1.0);
                assert!(close, "{name}, shards of {shard}: {a} and {b}");
            }
        }
    }
}

/// Running state is saved with the model.
#[test]
fn running_state_is_in_the_record() {
    let device = Device::flex();
    let head = |value: f32| TestHead {
        linear: LinearConfig::new(DIM, CLASSES).init(&device),
        means: Param::from_tensor(Tensor::full([CLASSES, DIM], value, &device))
            .set_require_grad(false),
        kind: Kind::RunningState,
    };
    let loaded = head(0.0).load_record(head(7.0).into_record());
    let means: Vec<f32> = loaded.means.val().try_to_vec_as().unwrap();
    assert!(means.iter().all(|&mean| mean == 7.0));
}
