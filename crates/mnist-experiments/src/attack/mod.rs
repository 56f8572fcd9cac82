//! Adversarial attacks: perturbations of test images, small by a norm, that a trained model misclassifies.
//!
//! Pixels are in [0, 1], normalisation is the model's first layer. Attacks go through the head's
//! [scores](crate::head::ClassifierHead::scores), which are unbounded, so that nothing saturates. One file per attack:
//! [`Pgd`] and FGSM, and the four of AutoAttack's standard set, [`Apgd`] by cross-entropy and targeted, [`Fab`],
//! [`Square`].

mod apgd;
#[allow(clippy::module_inception)]
mod attack;
mod ensemble;
mod error;
mod fab;
mod kind;
mod norm;
mod objective;
mod pgd;
mod robustness;
mod square;
mod square_bumps;
mod subject;
mod victim;

pub use apgd::Apgd;
pub use attack::Attack;
pub use ensemble::attack_all;
pub use error::AttackError;
pub use fab::Fab;
pub use kind::AttackKind;
pub use norm::Norm;
pub use objective::Objective;
pub use pgd::Pgd;
pub use robustness::{AttackRow, Robustness, zero_gradients};
pub use square::Square;
pub use subject::{Subject, balanced};
pub use victim::{Response, Surface, Victim};
