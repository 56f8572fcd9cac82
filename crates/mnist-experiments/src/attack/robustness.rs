use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::{AttackError, AttackKind, Norm, Objective, Subject, Victim, attack_all};

/// What attacks of one size leave of a model's accuracy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Robustness {
    /// How perturbations are measured.
    pub norm: Norm,
    /// How large they may be.
    pub eps: f32,
    /// Number of images.
    pub images: usize,
    /// Share of them classified correctly without an attack.
    pub clean: f64,
    /// The attacks in their order, each on the images that those before it left.
    pub attacks: Vec<AttackRow>,
    /// Share classified correctly under all of them.
    pub robust: f64,
    /// Share of the images at which the gradient of the cross-entropy is 0: there attacks by gradients see nothing.
    pub zero_gradients: f64,
    /// What makes the result doubtful.
    pub warnings: Vec<String>,
}

/// What an attack left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttackRow {
    /// Its name.
    pub attack: String,
    /// Share of all images that are still classified correctly after it and those before it.
    pub left: f64,
    /// Wall-clock time.
    pub seconds: f64,
}

impl Robustness {
    /// Runs the attacks, each on the survivors of those before it; those that do not apply to so few classes or to the
    /// norm are left out. They follow the `source`, which is the victim itself, or another model.
    ///
    /// # Errors
    ///
    /// If the device fails.
    pub fn measure(
        attacks: &[AttackKind],
        source: &Victim,
        victim: &Victim,
        subjects: &[Subject],
        norm: Norm,
        eps: f32,
        seed: u64,
    ) -> Result<Self, AttackError> {
        let share = |count: usize| count as f64 / subjects.len().max(1) as f64;
        let mut left = correct(victim, subjects)?;
        let clean = share(left.len());
        let zero_gradients = zero_gradients(source, &left)? as f64 / left.len().max(1) as f64;
        let mut rows = Vec::new();
        let classes = victim.classes()?;
        for attack in attacks.iter().map(|kind| kind.attack()) {
            if !attack.applies(classes, norm) {
                continue;
            }
            let start = Instant::now();
            let survives = attack_all(attack.as_ref(), source, victim, &left, norm, eps, seed)?;
            let mut survives = survives.into_iter();
            left.retain(|_| survives.next().unwrap_or(true));
            rows.push(AttackRow {
                attack: attack.name(),
                left: share(left.len()),
                seconds: start.elapsed().as_secs_f64(),
            });
        }
        Ok(Self {
            norm,
            eps,
            images: subjects.len(),
            clean,
            robust: share(left.len()),
            warnings: warnings(&rows, zero_gradients),
            attacks: rows,
            zero_gradients,
        })
    }
}

impl Robustness {
    /// Whether it is of perturbations of this norm and size on this number of images.
    pub fn is_of(&self, norm: Norm, eps: f32, images: usize) -> bool {
        (self.norm, self.eps, self.images) == (norm, eps, images)
    }
}

/// The subjects that are classified as they should be.
fn correct(victim: &Victim, subjects: &[Subject]) -> Result<Vec<Subject>, AttackError> {
    let images: Vec<&[f32]> = subjects.iter().map(|s| s.pixels.as_slice()).collect();
    let predicted = victim.predictions(&images)?;
    let right = subjects
        .iter()
        .zip(predicted)
        .filter(|(s, class)| s.target == *class);
    Ok(right.map(|(subject, _)| subject.clone()).collect())
}

/// At how many of the subjects the gradient of the cross-entropy, or of the training loss, is 0.
///
/// # Errors
///
/// If the device fails.
pub fn zero_gradients(victim: &Victim, subjects: &[Subject]) -> Result<usize, AttackError> {
    let images: Vec<&[f32]> = subjects.iter().map(|s| s.pixels.as_slice()).collect();
    // A training loss of a whole batch is one of 32 images, as in an attack.
    let mut count = 0;
    for (images, subjects) in images.chunks(32).zip(subjects.chunks(32)) {
        let targets: Vec<usize> = subjects.iter().map(|s| s.target).collect();
        let response = victim.ascent(images, &targets, Objective::CrossEntropy)?;
        let none = |g: &f32| *g == 0.0 || g.is_nan();
        count += response
            .gradients
            .iter()
            .filter(|of| of.iter().all(none))
            .count();
    }
    Ok(count)
}

/// Signs of gradients that hide what a model does, after Athalye et al. (arXiv 1802.00420) and AutoAttack's checks.
fn warnings(rows: &[AttackRow], zero_gradients: f64) -> Vec<String> {
    let mut warnings = Vec::new();
    if zero_gradients > 0.01 {
        warnings.push(format!(
            "the gradient is 0 at {:.1} % of the images",
            100.0 * zero_gradients
        ));
    }
    let before_square = rows
        .iter()
        .rev()
        .skip_while(|row| row.attack != "square")
        .nth(1);
    let square = rows.iter().find(|row| row.attack == "square");
    if let (Some(before), Some(square)) = (before_square, square) {
        let gain = before.left - square.left;
        if gain > 0.002 {
            warnings.push(format!(
                "Square, without gradients, finds {:.1} points more than the attacks by gradients",
                100.0 * gain
            ));
        }
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_result_warns_of_itself() {
        let row = |attack: &str, left| AttackRow {
            attack: attack.into(),
            left,
            seconds: 0.0,
        };
        let sound = [
            row("apgd-ce", 0.9),
            row("fab-t", 0.89),
            row("square", 0.889),
        ];
        assert_eq!(warnings(&sound, 0.0), [""; 0]);
        let masked = [row("apgd-ce", 0.9), row("fab-t", 0.9), row("square", 0.4)];
        let warned = warnings(&masked, 0.3);
        assert!(
            warned[0].contains("30.0 %") && warned[1].contains("50.0 points"),
            "{warned:?}"
        );
    }
}
