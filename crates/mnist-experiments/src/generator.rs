//! Random numbers that a seed repeats.

use std::sync::Mutex;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor};

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
    module.fork(device)
}

struct Materialize;

impl ModuleVisitor for Materialize {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        parameter.val();
    }
}
