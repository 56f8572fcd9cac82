use super::{AttackError, Norm, Subject, Victim};

/// A way to look for perturbations that a model misclassifies.
pub trait Attack: Sync {
    /// The name in tables and files.
    fn name(&self) -> String;

    /// Perturbed images, one for each subject, within `eps` of it and with pixels in [0, 1]: misclassified ones where
    /// the attack finds them.
    ///
    /// The result of an image depends on no other image, but for how batches of another size round.
    ///
    /// # Errors
    ///
    /// If the device fails.
    fn perturb(
        &self,
        victim: &Victim,
        subjects: &[Subject],
        norm: Norm,
        eps: f32,
        seed: u64,
    ) -> Result<Vec<Vec<f32>>, AttackError>;

    /// Whether it can attack a model with this number of classes under this norm.
    fn applies(&self, _classes: usize, _norm: Norm) -> bool {
        true
    }
}
