use burn::tensor::TensorReadError;

/// Why an attack ended early.
#[derive(Debug, thiserror::Error)]
pub enum AttackError {
    /// The device could not be read.
    #[error("reading from the device failed: {0}")]
    Device(#[from] TensorReadError),
}
