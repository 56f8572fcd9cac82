//! Every test that a GPU runs, a benchmark and a training, as one program that needs no toolchain:
//! `just gpu-kit` packs it, `gpu-kit/run.sh` runs it part by part.
//!
//! Each module is run in a process of its own: a wgpu adapter can be opened once in a process, and
//! a kernel that takes the device down takes one module's tests with it.

// Each of the files has its own copy of what the tests share.
#![allow(clippy::duplicate_mod)]

use burn::tensor::Device;
use mnist_experiments::device::DeviceSpec;

#[path = "gpu_kit/benchmark.rs"]
mod benchmark;
#[path = "gpu_kit/training.rs"]
mod training;

#[path = "../../dome-burn/tests/corners.rs"]
mod corners;
#[path = "../../dome-burn/tests/devices.rs"]
mod devices;
#[path = "../../dome-burn/tests/fused.rs"]
mod fused;
#[path = "../../dome-burn/tests/fused_simplex.rs"]
mod fused_simplex;
#[path = "../../dome-burn/tests/fused_wgpu.rs"]
mod fused_wgpu;
#[path = "../../dome-burn/tests/golden.rs"]
mod golden;
#[path = "../../dome-burn/tests/log_odds.rs"]
mod log_odds;
#[path = "loss_contract.rs"]
mod loss_contract;
#[path = "../../dome-burn/tests/multi_dome.rs"]
mod multi_dome;
#[path = "wgpu.rs"]
mod training_steps;

/// The device that the library's tests open too.
fn gpu() -> Device {
    let device = DeviceSpec::Wgpu(None).open();
    device.unwrap_or_else(|error| panic!("{error}"))
}

/// Which adapter it is; the kit ends here without one.
#[test]
#[ignore = "a step of gpu-kit/run.sh"]
fn adapter() {
    let identity = gpu().identity().expect("an adapter that has a name");
    println!("KIT adapter {}", identity.name);
    println!("{identity:?}");
}
