//! Finished runs: what their folders say of themselves, and how they become models again.

mod manifest;
mod open_error;
mod opened;

pub use manifest::{DataManifest, HeadManifest, Manifest, PartManifest};
pub use open_error::OpenError;
pub use opened::Run;
