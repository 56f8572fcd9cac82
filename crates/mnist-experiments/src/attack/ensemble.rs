use rayon::prelude::*;

use super::{Attack, AttackError, Norm, Subject, Victim};

/// Images that one thread attacks at a time: as many as the network's convolutions compute at once.
const SHARD: usize = 32;

/// Which subjects an attack leaves classified as they should be, of those that were. It follows the `source`, which is the
/// victim itself, or another model.
///
/// Each result is checked: pixels in [0, 1], within `eps`, misclassified by the head's scores. What is not counts as a
/// failure of the attack.
///
/// # Errors
///
/// If the device fails.
pub fn attack_all(
    attack: &dyn Attack,
    source: &Victim,
    victim: &Victim,
    subjects: &[Subject],
    norm: Norm,
    eps: f32,
    seed: u64,
) -> Result<Vec<bool>, AttackError> {
    let of_shard = |shard: &[Subject]| -> Result<Vec<bool>, AttackError> {
        let perturbed = attack.perturb(source, shard, norm, eps, seed)?;
        let images: Vec<&[f32]> = perturbed.iter().map(Vec::as_slice).collect();
        let predicted = victim.predictions(&images)?;
        let survives = |((image, class), subject): ((&Vec<f32>, usize), &Subject)| {
            class == subject.target || !is_allowed(image, subject, norm, eps)
        };
        Ok(perturbed
            .iter()
            .zip(predicted)
            .zip(shard)
            .map(survives)
            .collect())
    };
    let shards: Result<Vec<Vec<bool>>, AttackError> =
        subjects.par_chunks(SHARD).map(of_shard).collect();
    Ok(shards?.concat())
}

fn is_allowed(image: &[f32], subject: &Subject, norm: Norm, eps: f32) -> bool {
    let in_box = image.iter().all(|pixel| (0.0..=1.0).contains(pixel));
    // Sums of f32 round.
    in_box && norm.distance(image, &subject.pixels) <= eps * (1.0 + 1e-4) + 1e-6
}
