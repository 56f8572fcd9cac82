use burn::tensor::{DType, Device, Tensor};

/// A device that tests run on, and who computes our operations there.
#[derive(Clone)]
pub struct Subject {
    pub name: &'static str,
    /// With autodiff.
    pub device: Device,
    /// Whether by kernels; else composed of Burn's operations.
    pub fused: bool,
    /// Types of numbers that the device has.
    pub types: Vec<DType>,
}

impl Subject {
    fn new(name: &'static str, device: Device, fused: bool, types: &[DType]) -> Self {
        let types = types.iter().copied();
        let subject = Self {
            name,
            fused,
            types: types
                .filter(|&dtype| device.supports_dtype(dtype))
                .collect(),
            device: device.autodiff(),
        };
        // A test of a device must not pass because something else computed it.
        for &dtype in &subject.types {
            let x = Tensor::<2>::zeros([1, 2], (&subject.device, dtype));
            assert_eq!(
                dome_burn::op::is_fused(&x),
                subject.is_fused(dtype),
                "{name}, {dtype:?}: computed by another path than it is tested for"
            );
        }
        subject
    }

    /// Whether numbers of this type are computed by kernels: on a GPU, those of f64 are not.
    pub fn is_fused(&self, dtype: DType) -> bool {
        self.fused && !(self.is_gpu() && dtype == DType::F64)
    }

    pub fn is_gpu(&self) -> bool {
        self.name == "wgpu"
    }

    pub fn has(&self, dtype: DType) -> bool {
        self.types.contains(&dtype)
    }

    /// Types of half precision.
    pub fn halves(&self) -> Vec<DType> {
        let half = |dtype: &&DType| matches!(dtype, DType::F16 | DType::BF16);
        self.types.iter().filter(half).copied().collect()
    }
}

/// Every device that is compiled in. Burn's CPU backend is always there; without the feature of that name our
/// operations are composed on it.
pub fn subjects() -> Vec<Subject> {
    let halves = [DType::F32, DType::F64, DType::F16, DType::BF16];
    let fused = cfg!(feature = "flex");
    #[allow(unused_mut)]
    let mut subjects = vec![Subject::new("flex", Device::flex(), fused, &halves)];
    #[cfg(feature = "ndarray")]
    #[allow(deprecated)]
    subjects.push(Subject::new(
        "ndarray",
        Device::ndarray(),
        true,
        &halves[..2],
    ));
    #[cfg(feature = "wgpu")]
    subjects.push(wgpu());
    subjects
}

/// The best adapter, which can be opened once in a process. Fails without one: Mesa's software
/// Vulkan (mesa-vulkan-drivers) is enough.
#[cfg(feature = "wgpu")]
pub fn wgpu() -> Subject {
    use std::sync::LazyLock;
    static DEVICE: LazyLock<Device> =
        LazyLock::new(|| Device::wgpu_options().init().expect("a wgpu adapter"));
    Subject::new("wgpu", DEVICE.clone(), true, &[DType::F32, DType::F16])
}
