use std::fmt;

use serde::{Deserialize, Serialize};

use crate::attack::{AttackKind, Norm};

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
}

impl Question {
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
        write!(f, "{attacks}, {} {eps}, {images} images", norm.title())
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
        };
        assert_eq!(
            question.to_string(),
            "apgd-ce + apgd-t + fab-t, L-inf 0.1, 1000 images"
        );
        let first = question.before().and_then(|second| second.before());
        assert_eq!(
            first.as_ref().map(Question::attacks),
            Some("apgd-ce".into())
        );
        assert_eq!(first.and_then(|first| first.before()), None);
    }
}
