//! Random numbers that a seed repeats.

use std::sync::Mutex;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::tensor::{Device, Tensor};
use md5::{Digest, Md5};

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
