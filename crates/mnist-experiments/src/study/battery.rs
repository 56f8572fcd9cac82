use serde::{Deserialize, Serialize};

use super::question::is_scores;
use super::{Question, Transfer};
use crate::attack::{AttackKind, Norm, Surface};
use crate::head::HeadConfig;

/// Attacks on the models of a part of the study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Battery {
    /// The attacks.
    pub attacks: Vec<AttackKind>,
    /// Whether each sees the survivors of those before it, or each all images.
    pub chained: bool,
    /// How perturbations are measured.
    pub norm: Norm,
    /// How large they may be, one size after the other.
    pub eps: Vec<f32>,
    /// Test images, with the same number of each class.
    pub images: usize,
    /// The heads that are attacked; all if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub heads: Vec<HeadConfig>,
    /// The first seeds only, so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seeds: Option<u64>,
    /// What gradients go through.
    #[serde(default, skip_serializing_if = "is_scores")]
    pub surface: Surface,
    /// Whose gradients are followed, if not the model's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer: Option<Transfer>,
}

impl Battery {
    /// Attacks on all models, each on all images.
    pub fn each(attacks: &[AttackKind], norm: Norm, eps: &[f32], images: usize) -> Self {
        Self {
            attacks: attacks.to_vec(),
            chained: false,
            norm,
            eps: eps.to_vec(),
            images,
            heads: Vec::new(),
            seeds: None,
            surface: Surface::Scores,
            transfer: None,
        }
    }

    /// PGD through something else than the scores, which shows what a careless evaluation would have claimed.
    pub fn through(surface: Surface, eps: f32, images: usize) -> Self {
        Self {
            surface,
            ..Self::each(&[AttackKind::Pgd], Norm::Linf, &[eps], images)
        }
    }

    /// PGD by the gradients of another model.
    pub fn transferred(transfer: Transfer, eps: f32, images: usize) -> Self {
        Self {
            transfer: Some(transfer),
            ..Self::each(&[AttackKind::PgdTransfer], Norm::Linf, &[eps], images)
        }
    }

    /// AutoAttack's standard set under L-inf on all models, each on the survivors of those before it.
    pub fn ensemble(eps: f32, images: usize) -> Self {
        Self {
            chained: true,
            ..Self::each(&AttackKind::STANDARD, Norm::Linf, &[eps], images)
        }
    }

    /// On some heads, the first `seeds` of each.
    #[must_use]
    pub fn of(self, heads: &[HeadConfig], seeds: u64) -> Self {
        Self {
            heads: heads.to_vec(),
            seeds: Some(seeds),
            ..self
        }
    }

    /// Whether a training is attacked.
    pub fn includes(&self, head: HeadConfig, seed: u64) -> bool {
        let of_heads = self.heads.is_empty() || self.heads.contains(&head);
        of_heads && self.seeds.is_none_or(|seeds| seed < seeds)
    }

    /// Its questions; those that the attack cannot answer under the norm are left out.
    pub fn questions(&self, classes: usize) -> Vec<Question> {
        let mut questions = Vec::new();
        for &eps in &self.eps {
            let mut after = Vec::new();
            for &attack in &self.attacks {
                if !attack.attack().applies(classes, self.norm) {
                    continue;
                }
                questions.push(Question {
                    attack,
                    after: after.clone(),
                    norm: self.norm,
                    eps,
                    images: self.images,
                    seed: 0,
                    surface: self.surface,
                    transfer: self.transfer,
                });
                if self.chained {
                    after.push(attack);
                }
            }
        }
        questions
    }
}
