//! The device that computes, chosen by name at run time.

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;
use std::sync::OnceLock;

use burn::backend::DispatchDevice;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

/// A device as the command line names it: `flex`, `ndarray`, `wgpu` or `wgpu:N`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum DeviceSpec {
    /// Burn's CPU backend.
    #[default]
    Flex,
    /// Burn's former CPU backend; feature `ndarray`.
    NdArray,
    /// A GPU, the best one or the N-th adapter; feature `wgpu`.
    Wgpu(Option<usize>),
}

/// Why a device cannot be used; the message says what helps.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// Not one of the names.
    #[error("unknown device {0:?}: use flex, ndarray, wgpu, or wgpu:N for the N-th adapter")]
    Unknown(String),
    /// The program was built without the device's feature.
    #[error(
        "this build has no device {device}: build with `--features {feature}`, \
         or use `--device flex`"
    )]
    NotBuilt {
        /// The device asked for.
        device: DeviceSpec,
        /// The cargo feature that brings it.
        feature: &'static str,
    },
    /// No adapter answers.
    #[error(
        "no usable adapter for {device} ({reason}): install a GPU driver (or Mesa's software \
         Vulkan, Debian package mesa-vulkan-drivers), or use `--device flex`"
    )]
    NoAdapter {
        /// The device asked for.
        device: DeviceSpec,
        /// What the graphics stack said, or which adapters there are.
        reason: String,
    },
}

impl DeviceSpec {
    /// How many heads to train at the same time: small networks use cores better side by side.
    pub fn default_jobs(self) -> NonZeroUsize {
        match self {
            Self::Flex | Self::NdArray => cores(),
            Self::Wgpu(_) => NonZeroUsize::MIN,
        }
    }

    /// Opens the device. Call once: a wgpu adapter can be initialised only once in a process.
    ///
    /// # Errors
    ///
    /// If the device is not built in or has no adapter.
    pub fn open(self) -> Result<Device, DeviceError> {
        match self {
            Self::Flex => Ok(Device::flex()),
            Self::NdArray => open_ndarray(self),
            Self::Wgpu(index) => open_wgpu(self, index),
        }
    }
}

#[cfg(feature = "ndarray")]
#[allow(deprecated)] // Burn 0.22 deprecates the whole backend in favour of Flex.
fn open_ndarray(_: DeviceSpec) -> Result<Device, DeviceError> {
    Ok(Device::ndarray())
}

#[cfg(not(feature = "ndarray"))]
fn open_ndarray(device: DeviceSpec) -> Result<Device, DeviceError> {
    Err(DeviceError::NotBuilt {
        device,
        feature: "ndarray",
    })
}

#[cfg(feature = "wgpu")]
fn open_wgpu(device: DeviceSpec, index: Option<usize>) -> Result<Device, DeviceError> {
    use burn::tensor::DeviceType;

    let no_adapter = |reason: String| DeviceError::NoAdapter { device, reason };
    let adapters = Device::enumerate(DeviceType::Wgpu).into_vec();
    if adapters.is_empty() {
        return Err(no_adapter("none was found".into()));
    }
    match index {
        None => Device::wgpu_options()
            .init()
            .map_err(|error| no_adapter(error.to_string())),
        Some(n) => adapters.get(n).cloned().ok_or_else(|| {
            no_adapter(format!(
                "there are {}, numbered from 0: {adapters:?}",
                adapters.len()
            ))
        }),
    }
}

#[cfg(not(feature = "wgpu"))]
fn open_wgpu(device: DeviceSpec, _: Option<usize>) -> Result<Device, DeviceError> {
    Err(DeviceError::NotBuilt {
        device,
        feature: "wgpu",
    })
}

/// A device, whether it can be used or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Its name on the command line.
    pub device: &'static str,
    /// Whether the program was built with it.
    pub is_built: bool,
    /// The adapters that were found; a CPU has one.
    pub found: Vec<String>,
    /// What to do to use it, if it cannot be used.
    pub to_do: Option<String>,
}

/// All devices.
pub fn offers() -> Vec<Offer> {
    let [ndarray, wgpu] = [cfg!(feature = "ndarray"), cfg!(feature = "wgpu")];
    let adapters = adapters();
    let build = |feature: &str| format!("build with `--features {feature}`");
    let driver = "install a GPU driver, or Mesa's software Vulkan (Debian package mesa-vulkan-drivers) for checks";
    let to_do = match (wgpu, adapters.is_empty()) {
        (false, _) => Some(build("wgpu")),
        (true, true) => Some(driver.into()),
        (true, false) => None,
    };
    let cpu = |is_built: bool| match is_built {
        true => vec!["CPU".to_owned()],
        false => Vec::new(),
    };
    vec![
        Offer {
            device: "flex",
            is_built: true,
            found: cpu(true),
            to_do: None,
        },
        Offer {
            device: "ndarray",
            is_built: ndarray,
            found: cpu(ndarray),
            to_do: (!ndarray).then(|| build("ndarray")),
        },
        Offer {
            device: "wgpu",
            is_built: wgpu,
            found: adapters,
            to_do,
        },
    ]
}

/// The adapters of `wgpu:0`, `wgpu:1` and so on.
#[cfg(feature = "wgpu")]
fn adapters() -> Vec<String> {
    use burn::tensor::DeviceType;

    let adapters = Device::enumerate(DeviceType::Wgpu).into_vec();
    let name = |device: &Device| adapter(device).unwrap_or_else(|| format!("{device:?}"));
    adapters.iter().map(name).collect()
}

#[cfg(not(feature = "wgpu"))]
fn adapters() -> Vec<String> {
    Vec::new()
}

static THREADS: OnceLock<NonZeroUsize> = OnceLock::new();

/// Sets how many threads the process computes with; only the first call counts.
pub(crate) fn limit_threads(threads: NonZeroUsize) {
    let _ = THREADS.set(threads);
}

/// The threads that this process may compute with: those of `--threads`, else of the environment variable
/// RAYON_NUM_THREADS, else as many as it has cores.
pub fn cores() -> NonZeroUsize {
    let of_environment = || std::env::var("RAYON_NUM_THREADS").ok()?.parse().ok();
    let given = THREADS.get().copied().or_else(of_environment);
    given.unwrap_or_else(|| std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN))
}

/// Whether it is Burn's CPU backend, with autodiff or without.
pub(crate) fn is_flex(device: &Device) -> bool {
    let device = device.clone().without_autodiff();
    matches!(device.as_dispatch(), DispatchDevice::Flex(_))
}

/// What the device's GPU calls itself; `None` for a CPU backend.
#[cfg(feature = "wgpu")]
pub fn adapter(device: &Device) -> Option<String> {
    device.identity().map(|identity| identity.name)
}

/// What the device's GPU calls itself; `None` for a CPU backend.
#[cfg(not(feature = "wgpu"))]
pub fn adapter(_: &Device) -> Option<String> {
    None
}

/// Says what a reader must know of results from this device; `None` where there is nothing.
pub fn caveat(device: &Device) -> Option<String> {
    let name = adapter(device).filter(|name| name.contains("llvmpipe"))?;
    Some(format!(
        "{name} is a software driver: slow, its first steps take minutes of tuning (shorter with \
         CUBECL_AUTOTUNE_LEVEL=minimal in the environment), and it silently truncates long \
         reductions. Good for a check, not for results."
    ))
}

impl FromStr for DeviceSpec {
    type Err = DeviceError;

    fn from_str(name: &str) -> Result<Self, DeviceError> {
        match name {
            "flex" => Ok(Self::Flex),
            "ndarray" => Ok(Self::NdArray),
            "wgpu" => Ok(Self::Wgpu(None)),
            _ => match name.strip_prefix("wgpu:").map(str::parse) {
                Some(Ok(index)) => Ok(Self::Wgpu(Some(index))),
                _ => Err(DeviceError::Unknown(name.into())),
            },
        }
    }
}

impl fmt::Display for DeviceSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flex => f.write_str("flex"),
            Self::NdArray => f.write_str("ndarray"),
            Self::Wgpu(None) => f.write_str("wgpu"),
            Self::Wgpu(Some(index)) => write!(f, "wgpu:{index}"),
        }
    }
}

impl TryFrom<String> for DeviceSpec {
    type Error = DeviceError;

    fn try_from(name: String) -> Result<Self, DeviceError> {
        name.parse()
    }
}

impl From<DeviceSpec> for String {
    fn from(device: DeviceSpec) -> Self {
        device.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for name in ["flex", "ndarray", "wgpu", "wgpu:2"] {
            assert_eq!(name.parse::<DeviceSpec>().unwrap().to_string(), name);
        }
    }

    #[test]
    fn what_cannot_be_used_says_what_to_do() {
        for offer in offers() {
            offer.device.parse::<DeviceSpec>().unwrap();
            assert_eq!(offer.to_do.is_none(), !offer.found.is_empty(), "{offer:?}");
            assert!(offer.is_built || offer.found.is_empty(), "{offer:?}");
        }
    }

    #[test]
    fn unknown_names() {
        for name in ["", "cuda", "wgpu:", "wgpu:-1", "Flex"] {
            let message = name.parse::<DeviceSpec>().unwrap_err().to_string();
            assert!(
                message.contains(&format!("{name:?}: use flex")),
                "{message}"
            );
        }
    }

    #[cfg(not(feature = "wgpu"))]
    #[test]
    fn not_built() {
        let message = DeviceSpec::Wgpu(None).open().unwrap_err().to_string();
        assert!(
            message.contains("build with `--features wgpu`"),
            "{message}"
        );
    }
}
