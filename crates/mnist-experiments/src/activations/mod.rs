//! Activation functions between the layers of a network: the same networks on the ten classes of an
//! MNIST-format set, with each activation in turn.
//!
//! Data flows as in the experiments on embeddings: [`ActivationsExperiment`] says what to run,
//! [`run`] trains a [`Network`] for every seed, [`NetworkKind`] and [`ActivationKind`] and writes a
//! [`RunFolder`](crate::report::RunFolder), and table and figure are made from that folder.
//!
//! To add an activation: a module here or in Burn, a variant of [`HiddenActivation`] if it is not
//! one of Burn's, a variant of [`ActivationKind`] with its gain. The tests go through all of them.

mod cli;
mod experiment;
mod figure;
mod files;
mod hidden;
mod initialization;
mod kind;
mod learned;
mod maxout;
mod metrics;
mod network;
mod network_kind;
mod rrelu;
mod runner;
mod sine;
mod spline;
mod table;
mod trained_network;

pub use cli::{ActivationsArgs, ActivationsReportArgs};
pub use experiment::ActivationsExperiment;
pub use figure::draw_losses;
pub use hidden::HiddenActivation;
pub use kind::{ActivationKind, Family};
pub use learned::Range;
pub use maxout::Maxout;
pub use metrics::{ActivationsMetrics, TrainingMetrics};
pub use network::{Network, NetworkConfig};
pub use network_kind::NetworkKind;
pub use rrelu::ReproducibleRRelu;
pub use runner::{ActivationsData, run};
use runner::{checkpoint_name, run_or_stop};
pub use sine::Sine;
pub use spline::{CubicSpline, CubicSplineConfig};
pub use table::{markdown_tables, terminal_tables};
use trained_network::TrainedNetwork;
