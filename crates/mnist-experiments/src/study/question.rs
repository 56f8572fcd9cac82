use std::fmt;

use serde::{Deserialize, Serialize};

use super::Transfer;
use crate::attack::{AttackKind, Norm, Surface};

/// What an attack leaves of a model's accuracy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// The attack.
    pub attack: AttackKind,
    /// Those before it, whose survivors it attacks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<AttackKind>,
    /// How perturbations are measured.
    pub norm: Norm,
    /// How large they may be, pixels being in [0, 1].
    pub eps: f32,
    /// Test images, with the same number of each class.
    pub images: usize,
    /// Seed of random starts.
    pub seed: u64,
    /// What gradients go through.
    #[serde(default, skip_serializing_if = "is_scores")]
    pub surface: Surface,
    /// Whose gradients are followed, if not the model's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer: Option<Transfer>,
}

/// Of every question before there were others.
pub(super) fn is_scores(surface: &Surface) -> bool {
    *surface == Surface::Scores
}

impl Question {
    /// Whether it is of an attack that knows the model and goes through its scores: what robustness is measured by.
    pub fn is_plain(&self) -> bool {
        self.surface == Surface::Scores && self.transfer.is_none()
    }

    /// The question whose survivors this one attacks, if it is not the first.
    pub fn before(&self) -> Option<Self> {
        let (&attack, after) = self.after.split_last()?;
        Some(Self {
            attack,
            after: after.to_vec(),
            ..self.clone()
        })
    }

    /// The attack in words, with those before it.
    pub fn attacks(&self) -> String {
        let kinds = self.after.iter().chain([&self.attack]);
        let names: Vec<String> = kinds.map(|kind| kind.attack().name()).collect();
        names.join(" + ")
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            norm, eps, images, ..
        } = self;
        let attacks = self.attacks();
        write!(f, "{attacks}, {} {eps}, {images} images", norm.title())?;
        if self.surface != Surface::Scores {
            write!(f, ", through {}", self.surface.title())?;
        }
        match self.transfer {
            Some(transfer) => write!(f, ", {}", transfer.title()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_is_known_by_its_links() {
        let question = Question {
            attack: AttackKind::FabT,
            after: vec![AttackKind::ApgdCe, AttackKind::ApgdT],
            norm: Norm::Linf,
            eps: 0.1,
            images: 1000,
            seed: 0,
            surface: Surface::Scores,
            transfer: None,
        };
        assert_eq!(
            question.to_string(),
            "apgd-ce + apgd-t + fab-t, L-inf 0.1, 1000 images"
        );
        // As in the files before there were surfaces and transfers.
        let json = serde_json::to_value(&question).unwrap();
        assert_eq!(json.as_object().unwrap().len(), 6);
        assert_eq!(serde_json::from_value::<Question>(json).unwrap(), question);
        let careless = Question {
            surface: Surface::LogProbabilities,
            transfer: Some(Transfer::FromSoftmax),
            after: Vec::new(),
            ..question.clone()
        };
        assert_eq!(
            careless.to_string(),
            "fab-t, L-inf 0.1, 1000 images, through log-probabilities, from softmax"
        );
        assert!(question.is_plain() && !careless.is_plain());
        let first = question.before().and_then(|second| second.before());
        assert_eq!(
            first.as_ref().map(Question::attacks),
            Some("apgd-ce".into())
        );
        assert_eq!(first.and_then(|first| first.before()), None);
    }
}
