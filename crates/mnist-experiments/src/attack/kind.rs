use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::{Apgd, Attack, Fab, Objective, Pgd, Square};

/// The attacks by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttackKind {
    /// One step of the whole eps
    Fgsm,
    /// 40 steps up the cross-entropy
    Pgd,
    /// 40 steps up the margin
    PgdMargin,
    /// 40 steps up the cross-entropy, even after one that finds something: for another model
    PgdTransfer,
    /// Auto-PGD up the cross-entropy, 100 steps
    ApgdCe,
    /// Auto-PGD up the targeted difference of logits ratio, 9 classes x 100 steps
    ApgdT,
    /// Fast adaptive boundary attack, 9 classes x 100 steps
    FabT,
    /// Random search, 5,000 queries
    Square,
}

impl AttackKind {
    /// AutoAttack's standard set (Croce and Hein, arXiv 2003.01690), in its order.
    pub const STANDARD: [Self; 4] = [Self::ApgdCe, Self::ApgdT, Self::FabT, Self::Square];

    /// Whether it can follow the gradients of the training loss. The others compare values of images, and a training loss
    /// may be of a whole batch.
    pub fn follows_loss(self) -> bool {
        matches!(self, Self::Fgsm | Self::Pgd | Self::PgdTransfer)
    }

    /// The attack.
    pub fn attack(self) -> Box<dyn Attack> {
        match self {
            Self::Fgsm => Box::new(Pgd::FGSM),
            Self::Pgd => Box::new(Pgd::new(Objective::CrossEntropy, 40)),
            Self::PgdMargin => Box::new(Pgd::new(Objective::Margin, 40)),
            Self::PgdTransfer => Box::new(Pgd::transfer(40)),
            Self::ApgdCe => Box::new(Apgd::CROSS_ENTROPY),
            Self::ApgdT => Box::new(Apgd::TARGETED),
            Self::FabT => Box::new(Fab::STANDARD),
            Self::Square => Box::new(Square::STANDARD),
        }
    }
}
