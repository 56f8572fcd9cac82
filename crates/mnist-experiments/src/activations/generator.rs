use std::sync::Mutex;

use burn::tensor::Device;

/// Draws from the device's generator, started with `seed`, and lets nobody else draw meanwhile.
///
/// Burn's generators belong to the process: without this, networks that train side by side would
/// take each other's random numbers, and no result could be repeated.
pub(super) fn seeded<T>(seed: u64, device: &Device, draw: impl FnOnce() -> T) -> T {
    static GENERATOR: Mutex<()> = Mutex::new(());
    let _alone = GENERATOR
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    device.seed(seed);
    draw()
}
