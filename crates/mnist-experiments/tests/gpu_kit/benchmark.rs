//! The fused operations beside the same composed of tensor operations, and beside a copy.
//!
//! Environment: `BURN_FUSION_MAX_EXPLORATIONS=0` turns Burn's own fusion off, `KIT_SHORT` leaves out
//! the largest size and most rounds.

use std::env;
use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use burn::module::{Param, ParamId};
use burn::tensor::{Device, Int, Tensor, TensorData};
use dome_burn::op::ClassLoss;
use dome_burn::op::elementwise::composed as reference;
use dome_burn::op::simplex::composed::{self as multi_dome, Targets};
use dome_burn::{MultiDomeConfig, MultiDomeLossConfig, MultiDomeLossKind, functional};

/// x, the parameters mu, sigma and pi, and targets.
type Op<T> = fn(Tensor<2>, [Tensor<1>; 3], T) -> Tensor<2>;

struct Case<T> {
    name: &'static str,
    fused: Op<T>,
    composed: Op<T>,
    /// Bytes of an element that have to be read and written: forward, and forward + backward.
    bytes: Option<[f64; 2]>,
}

/// Forward reads x and writes y. Backward reads x and the gradient of y, and writes that of x;
/// before, Burn writes the gradient of y, which are ones. All are f32; sums of parameters do not
/// count.
const BYTES: Option<[f64; 2]> = Some([8.0, 8.0 + 12.0 + 4.0]);

/// The targets are read as well, in both passes.
const BYTES_WITH_TARGETS: Option<[f64; 2]> = Some([12.0, 12.0 + 16.0 + 4.0]);

/// A copy reads and writes.
const BYTES_OF_A_COPY: f64 = 8.0;

const ELEMENTWISE: [Case<Tensor<2>>; 4] = [
    Case {
        name: "pdome",
        fused: |x, [mu, sigma, pi], _| functional::pdome(x, mu, sigma, pi),
        composed: |x, [mu, sigma, pi], _| reference::pdome(x, mu, sigma, pi),
        bytes: BYTES,
    },
    Case {
        name: "dome",
        fused: |x, [mu, sigma, _], _| functional::dome(x, mu, sigma),
        composed: |x, [mu, sigma, _], _| reference::dome(x, mu, sigma),
        bytes: BYTES,
    },
    Case {
        name: "binary-cross-entropy",
        fused: |x, [mu, sigma, _], t| functional::dome_binary_cross_entropy(x, mu, sigma, t),
        composed: |x, [mu, sigma, _], t| reference::dome_binary_cross_entropy(x, mu, sigma, t),
        bytes: BYTES_WITH_TARGETS,
    },
    Case {
        name: "log-odds",
        fused: |x, [mu, sigma, _], _| functional::dome_log_odds(x, mu, sigma),
        composed: |x, [mu, sigma, _], _| reference::dome_log_odds(x, mu, sigma),
        bytes: BYTES,
    },
];

const SIZES: [(&str, usize); 3] = [("1e4", 10_000), ("1e6", 1_000_000), ("1e7", 10_000_000)];

/// Not in the short form.
const LARGEST: (&str, usize) = ("1e8", 100_000_000);

const LOSSES: [Case<Tensor<1, Int>>; 2] = [
    Case {
        name: "multi-dome-nll",
        fused: |x, parameters, targets| fused_loss(x, parameters, targets, MultiDomeLossKind::Nll),
        composed: |x, parameters, targets| {
            composed_loss(x, parameters, targets, MultiDomeLossKind::Nll)
        },
        bytes: None,
    },
    Case {
        name: "multi-dome-brier",
        fused: |x, parameters, targets| {
            fused_loss(x, parameters, targets, MultiDomeLossKind::Brier)
        },
        composed: |x, parameters, targets| {
            composed_loss(x, parameters, targets, MultiDomeLossKind::Brier)
        },
        bytes: None,
    },
];

/// Batch, classes less one, and whether composed: the running sums of the last take seconds.
const BATCHES: [([usize; 2], bool); 3] = [
    ([8_192, 9], true),
    ([512, 999], true),
    ([64, 99_999], false),
];

fn fused_loss(
    x: Tensor<2>,
    [mu, sigma, _]: [Tensor<1>; 3],
    targets: Tensor<1, Int>,
    kind: MultiDomeLossKind,
) -> Tensor<2> {
    let [batch, dim] = x.dims();
    let device = x.device().without_autodiff();
    let mut layer = MultiDomeConfig::new(dim + 1).init(&device);
    layer.mu = Param::initialized(ParamId::new(), mu);
    layer.sigma = Param::initialized(ParamId::new(), sigma);
    // To check the targets would wait for the device.
    let config = MultiDomeLossConfig::new()
        .with_kind(kind)
        .with_check_targets(false);
    let loss = config.init(&device);
    let losses = loss.forward_no_reduction(&layer, x, targets);
    losses.reshape([batch, 1])
}

fn composed_loss(
    x: Tensor<2>,
    [mu, sigma, _]: [Tensor<1>; 3],
    classes: Tensor<1, Int>,
    kind: MultiDomeLossKind,
) -> Tensor<2> {
    let [batch, dim] = x.dims();
    let targets = Targets {
        classes,
        weights: None,
        ignored: None,
    };
    let loss = ClassLoss {
        classes: dim + 1,
        kind,
        floor: 1e-3,
        smoothing: 0.0,
        scale: 1.0,
    };
    let kappa = multi_dome::scores(x, mu, sigma, None, dim + 1);
    multi_dome::loss(kappa, &targets, &loss).reshape([batch, 1])
}

#[derive(Clone, Copy)]
enum Pass {
    Forward,
    ForwardBackward,
}

impl Pass {
    const ALL: [Self; 2] = [Self::Forward, Self::ForwardBackward];

    fn name(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::ForwardBackward => "forward+backward",
        }
    }
}

/// What the operations of a size are computed from.
struct Inputs<T> {
    size: String,
    /// With autodiff, as the parameters.
    x: Tensor<2>,
    parameters: [Tensor<1>; 3],
    targets: T,
    device: Device,
}

impl<T: Clone> Inputs<T> {
    fn new(size: String, shape: [usize; 2], targets: T, device: &Device) -> Self {
        let autodiff = device.clone().autodiff();
        let x = spread(shape[0] * shape[1]);
        Self {
            size,
            x: Tensor::from_data(TensorData::new(x, shape), &autodiff),
            parameters: [0.9f32, 0.8, 0.7].map(|v| Tensor::full([1], v, &autodiff)),
            targets,
            device: device.clone(),
        }
    }

    /// Computes once, without waiting for it. What is flushed while its results are in use is
    /// written, whatever Burn's fusion makes of it.
    fn run(&self, op: Op<T>, pass: Pass) {
        let targets = self.targets.clone();
        match pass {
            Pass::Forward => {
                let parameters = self.parameters.clone().map(Tensor::without_autodiff);
                let y = op(self.x.clone().without_autodiff(), parameters, targets);
                self.flush();
                black_box(y);
            }
            Pass::ForwardBackward => {
                let x = self.x.clone().require_grad();
                let parameters = self.parameters.clone().map(Tensor::require_grad);
                let gradients = op(x.clone(), parameters.clone(), targets).backward();
                let of_parameters = parameters.map(|parameter| parameter.grad(&gradients));
                let kept = (x.grad(&gradients), of_parameters);
                self.flush();
                black_box(kept);
            }
        }
    }

    /// As good as a copy: of a real one, Burn would make no kernel at all.
    fn copy(&self) {
        let copy = self.x.clone().without_autodiff().mul_scalar(1.000_000_1f32);
        self.flush();
        black_box(copy);
    }

    fn flush(&self) {
        self.device.flush().expect("a working device");
    }
}

/// Numbers from -3 to 3 in an irregular order; from the host, where Burn would add up ones.
fn spread(count: usize) -> Vec<f32> {
    let number = |i: u32| (i.wrapping_mul(2_654_435_769) >> 8) as f32 / (1 << 24) as f32;
    (0..count as u32).map(|i| number(i) * 6.0 - 3.0).collect()
}

struct Clock {
    device: Device,
    rounds: usize,
    /// Seconds that a sample should take: small operations are repeated.
    sample: f64,
}

impl Clock {
    fn new(device: Device, short: bool) -> Self {
        let (rounds, sample) = if short { (3, 5e-3) } else { (7, 20e-3) };
        Self {
            device,
            rounds,
            sample,
        }
    }

    /// Median seconds of each, measured in turn, so that a change of the GPU's clock meets all.
    fn medians(&self, runs: &[&dyn Fn()]) -> Vec<f64> {
        let repeats = runs.iter().map(|run| {
            // The first two compile and tune.
            let [_, _, once] = [1; 3].map(|times| self.seconds(*run, times));
            ((self.sample / once) as usize).clamp(1, 100)
        });
        let repeats: Vec<usize> = repeats.collect();
        let mut samples = vec![Vec::new(); runs.len()];
        for _ in 0..self.rounds {
            for ((samples, run), &times) in samples.iter_mut().zip(runs).zip(&repeats) {
                samples.push(self.seconds(*run, times));
            }
        }
        let median = |mut samples: Vec<f64>| {
            samples.sort_by(f64::total_cmp);
            samples[samples.len() / 2]
        };
        samples.into_iter().map(median).collect()
    }

    /// Seconds of one run, of several in a row.
    fn seconds(&self, run: &dyn Fn(), repeats: usize) -> f64 {
        self.device.sync().expect("a working device");
        let start = Instant::now();
        (0..repeats).for_each(|_| run());
        self.device.sync().expect("a working device");
        start.elapsed().as_secs_f64() / repeats as f64
    }

    /// The lines of an operation; false if one could not be measured.
    fn print<T: Clone>(&self, case: &Case<T>, inputs: &Inputs<T>, composed: bool) -> bool {
        let fusion = match env::var_os("BURN_FUSION_MAX_EXPLORATIONS") {
            None => "on",
            Some(_) => "off",
        };
        let mut complete = true;
        for (which, pass) in Pass::ALL.into_iter().enumerate() {
            let what = format!(
                "KIT benchmark {} {} {}",
                case.name,
                inputs.size,
                pass.name()
            );
            let copy = || inputs.copy();
            let ours = || inputs.run(case.fused, pass);
            let other = || inputs.run(case.composed, pass);
            let runs: &[&dyn Fn()] = match composed {
                true => &[&copy, &ours, &other],
                false => &[&copy, &ours],
            };
            // Too little memory for one must not hide the others.
            let Ok(seconds) = catch_unwind(AssertUnwindSafe(|| self.medians(runs))) else {
                println!("{what} fusion={fusion} failed");
                complete = false;
                continue;
            };
            let (copy, ours, other) = (seconds[0], seconds[1], seconds.get(2));
            let ms = |seconds: f64| format!("{:.4}", seconds * 1e3);
            let or_none = |number: Option<String>| number.unwrap_or("-".into());
            let share = case.bytes.map(|bytes| {
                let copies = bytes[which] / BYTES_OF_A_COPY;
                format!("{:.3}", copies * copy / ours)
            });
            println!(
                "{what} fusion={fusion} fused_ms={} composed_ms={} ratio={} copy_ms={} \
                 copy_share={}",
                ms(ours),
                or_none(other.map(|&other| ms(other))),
                or_none(other.map(|other| format!("{:.3}", other / ours))),
                ms(copy),
                or_none(share),
            );
        }
        complete
    }
}

/// False if one could not be measured.
fn elementwise(clock: &Clock, (size, count): (&str, usize), composed: bool) -> bool {
    let device = &clock.device;
    let targets: Vec<f32> = (0..count).map(|i| (i % 2) as f32).collect();
    let targets = Tensor::from_data(TensorData::new(targets, [1, count]), device);
    let inputs = Inputs::new(size.into(), [1, count], targets, device);
    let mut complete = true;
    for case in ELEMENTWISE {
        complete &= clock.print(&case, &inputs, composed);
    }
    complete
}

/// False if one could not be measured.
fn losses(clock: &Clock) -> bool {
    let device = &clock.device;
    let mut complete = true;
    for ([batch, dim], composed) in BATCHES {
        let targets: Vec<i32> = (0..batch).map(|i| (i * 61 % dim) as i32).collect();
        let targets = Tensor::<1, Int>::from_ints(targets.as_slice(), device);
        let size = format!("{batch}x{dim}");
        let inputs = Inputs::new(size, [batch, dim], targets, device);
        for case in LOSSES {
            complete &= clock.print(&case, &inputs, composed);
        }
    }
    complete
}

#[test]
#[ignore = "a step of gpu-kit/run.sh"]
fn operations() {
    let short = env::var_os("KIT_SHORT").is_some();
    let clock = Clock::new(crate::gpu(), short);
    let mut complete = true;
    for size in SIZES {
        complete &= elementwise(&clock, size, true);
    }
    complete &= losses(&clock);
    if !short {
        complete &= elementwise(&clock, LARGEST, false);
        // Composed operations may need more memory than there is, which is no fault of ours: the
        // lines of these replace those before.
        elementwise(&clock, LARGEST, true);
    }
    assert!(complete, "some could not be measured");
}
