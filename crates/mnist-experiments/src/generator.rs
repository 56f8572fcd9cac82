//! Random numbers that a seed repeats.

use std::sync::Mutex;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::tensor::{Device, Tensor};
use md5::{Digest, Md5};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// Draws from the device's generator, started with `seed`, and lets nobody else draw meanwhile.
///
/// Burn's generators belong to the process: without this, networks that train side by side would
/// take each other's random numbers, and no result could be repeated.
pub(crate) fn seeded<T>(seed: u64, device: &Device, draw: impl FnOnce() -> T) -> T {
    static GENERATOR: Mutex<()> = Mutex::new(());
    let _alone = GENERATOR
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    device.seed(seed);
    draw()
}

/// `n` indices of `labels`, drawn with the seed such that labels keep their shares, in ascending order; all if there
/// are no more.
pub(crate) fn stratified(labels: &[u8], n: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..labels.len()).collect();
    if n >= labels.len() {
        return order;
    }
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    // With the k-th of a label's m images at (k + 1/2)/m of the way, any part of the way has its share.
    let mut counts = [0usize; 256];
    for &label in labels {
        counts[usize::from(label)] += 1;
    }
    let mut seen = [0usize; 256];
    let mut along: Vec<(f64, usize)> = Vec::with_capacity(order.len());
    for index in order {
        let label = usize::from(labels[index]);
        along.push(((seen[label] as f64 + 0.5) / counts[label] as f64, index));
        seen[label] += 1;
    }
    // Stable: of equal places the earlier one in the drawn order comes first.
    along.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut drawn: Vec<usize> = along[..n].iter().map(|&(_, index)| index).collect();
    drawn.sort_unstable();
    drawn
}

/// The module that `make` gives on the CPU, whose random numbers are the same everywhere, with the
/// initial weights of `seed`, on `device`.
pub(crate) fn initialized<M: Module>(
    seed: u64,
    device: &Device,
    make: impl FnOnce(&Device) -> M,
) -> M {
    let cpu = Device::flex().autodiff();
    let module = seeded(seed, &cpu, || {
        let module = make(&cpu);
        // Parameters are lazy: they are drawn before anything else can draw.
        module.visit(&mut Materialize);
        module
    });
    module.map(&mut IdsFromPaths::default()).fork(device)
}

/// Gives each parameter an id that comes from its path in the module, so that equal runs give equal files;
/// Burn's are random.
#[derive(Default)]
struct IdsFromPaths {
    path: Vec<String>,
}

impl ModuleMapper for IdsFromPaths {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, parameter: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (_, value, mapper) = parameter.consume();
        let digest: [u8; 16] = Md5::digest(self.path.join(".")).into();
        // Any half of it is as good.
        let id = ParamId::from((u128::from_be_bytes(digest) >> 64) as u64);
        Param::from_mapped_value(id, value, mapper)
    }
}

struct Materialize;

impl ModuleVisitor for Materialize {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        parameter.val();
    }
}
