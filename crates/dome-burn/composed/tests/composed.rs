//! dome-burn's tests of what a user gets who turns on none of its features.

// Each of the files has its own copy of what the tests share.
#![allow(clippy::duplicate_mod)]

extern crate dome_burn_composed as dome_burn;

use burn::tensor::{DType, Device, Tensor};

#[path = "../../tests/accuracy.rs"]
mod accuracy;
#[path = "../../tests/activation.rs"]
mod activation;
#[path = "../../tests/corners.rs"]
mod corners;
#[path = "../../tests/devices.rs"]
mod devices;
#[path = "../../tests/extremes.rs"]
mod extremes;
#[path = "../../tests/golden.rs"]
mod golden;
#[path = "../../tests/gradients.rs"]
mod gradients;
#[path = "../../tests/log_odds.rs"]
mod log_odds;
#[path = "../../tests/modules.rs"]
mod modules;
#[path = "../../tests/multi_dome.rs"]
mod multi_dome;
#[path = "../../tests/signal.rs"]
mod signal;

/// Otherwise the tests above would test something else.
#[test]
fn nothing_is_fused() {
    for dtype in [DType::F32, DType::F64] {
        let x = Tensor::<1>::zeros([1], (&Device::flex(), dtype));
        assert!(!dome_burn::op::is_fused(&x));
    }
}
