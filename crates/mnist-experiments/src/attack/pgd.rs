use super::{Attack, AttackError, Norm, Objective, Subject, Victim};
use crate::rows::argmax;

/// Projected gradient descent (Madry et al., arXiv 1706.06083); with one step of the whole `eps` from the image
/// itself, the fast gradient method (Goodfellow et al., arXiv 1412.6572).
///
/// ```text
/// x <- project(x + step * steepest(grad objective(x)))      steepest: sign(g) under L-inf, g / |g| under L2
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pgd {
    /// What it raises.
    pub objective: Objective,
    /// Number of steps.
    pub steps: usize,
    /// Size of a step over eps.
    pub step: f32,
    /// Starts from random places in the ball; without, one from the image.
    pub restarts: usize,
    /// Whether an image that is misclassified stays as it is. Where another model is meant, more steps find more.
    pub stops: bool,
}

impl Pgd {
    /// One step of the whole eps.
    pub const FGSM: Self = Self {
        objective: Objective::CrossEntropy,
        steps: 1,
        step: 1.0,
        restarts: 0,
        stops: true,
    };

    /// So many steps of 2.5 eps in all, from a random start.
    pub fn new(objective: Objective, steps: usize) -> Self {
        Self {
            objective,
            steps,
            step: 2.5 / steps as f32,
            restarts: 1,
            stops: true,
        }
    }

    /// All of the steps, for another model than the one whose gradients are followed.
    pub fn transfer(steps: usize) -> Self {
        Self {
            stops: false,
            ..Self::new(Objective::CrossEntropy, steps)
        }
    }
}

impl Attack for Pgd {
    fn name(&self) -> String {
        let objective = match self.objective {
            Objective::CrossEntropy => "ce",
            Objective::Margin => "margin",
            Objective::TargetedDlr => "dlr",
        };
        match self.steps {
            1 => "fgsm".into(),
            steps if !self.stops => format!("pgd-{steps}-{objective}-whole"),
            steps => format!("pgd-{steps}-{objective}"),
        }
    }

    fn perturb(
        &self,
        victim: &Victim,
        subjects: &[Subject],
        norm: Norm,
        eps: f32,
        seed: u64,
    ) -> Result<Vec<Vec<f32>>, AttackError> {
        let mut found: Vec<Vec<f32>> = subjects.iter().map(|s| s.pixels.clone()).collect();
        let mut active: Vec<usize> = (0..subjects.len()).collect();
        for restart in 0..self.restarts.max(1) {
            for &i in &active {
                found[i] = subjects[i].pixels.clone();
                if self.restarts > 0 {
                    let seed = seed.wrapping_add(restart as u64);
                    let mut generator = subjects[i].generator(seed);
                    let start = norm.in_ball(found[i].len(), eps, &mut generator);
                    found[i]
                        .iter_mut()
                        .zip(start)
                        .for_each(|(pixel, d)| *pixel += d);
                    norm.project(&mut found[i], &subjects[i].pixels, eps);
                }
            }
            for _ in 0..self.steps {
                let images: Vec<&[f32]> = active.iter().map(|&i| found[i].as_slice()).collect();
                let targets: Vec<usize> = active.iter().map(|&i| subjects[i].target).collect();
                let response = victim.ascent(&images, &targets, self.objective)?;
                // An image that is misclassified already stays as it is, if it may.
                let mut going = Vec::new();
                for (row, &i) in active.iter().enumerate() {
                    let subject = &subjects[i];
                    if self.stops && argmax(&response.scores[row]) != subject.target {
                        continue;
                    }
                    let direction = norm.steepest(&response.gradients[row]);
                    for (pixel, d) in found[i].iter_mut().zip(direction) {
                        *pixel += self.step * eps * d;
                    }
                    norm.project(&mut found[i], &subject.pixels, eps);
                    going.push(i);
                }
                active = going;
                if active.is_empty() {
                    return Ok(found);
                }
            }
            let images: Vec<&[f32]> = active.iter().map(|&i| found[i].as_slice()).collect();
            let predicted = victim.predictions(&images)?;
            let right = active.iter().zip(predicted);
            active = right
                .filter(|&(&i, class)| class == subjects[i].target)
                .map(|(&i, _)| i)
                .collect();
        }
        Ok(found)
    }
}
