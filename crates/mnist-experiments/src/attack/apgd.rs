use super::objective::descending;
use super::{Attack, AttackError, Norm, Objective, Subject, Victim};
use crate::rows::argmax;

/// Auto-PGD (Croce and Hein, arXiv 2003.01690, algorithm 1): gradient ascent with momentum whose step, at first
/// `2 eps`, is halved at checkpoints, with a restart from the best point, where the objective rose in too few steps or
/// not at all.
///
/// The first start is a random point on the surface of the ball. The targeted objective is raised towards each of the
/// most likely other classes in turn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Apgd {
    /// What it raises.
    pub objective: Objective,
    /// Number of steps.
    pub steps: usize,
    /// Classes that the targeted objective tries.
    pub targets: usize,
}

impl Apgd {
    /// The first attack of AutoAttack's standard set.
    pub const CROSS_ENTROPY: Self = Self {
        objective: Objective::CrossEntropy,
        steps: 100,
        targets: 1,
    };

    /// The second attack of AutoAttack's standard set.
    pub const TARGETED: Self = Self {
        objective: Objective::TargetedDlr,
        steps: 100,
        targets: 9,
    };
}

/// Share of the last step in a step, but for the first.
const MOMENTUM: f32 = 0.25;

/// A step is halved if the objective rose in at most this share of the steps since the last checkpoint.
const RISES: f32 = 0.75;

impl Attack for Apgd {
    fn name(&self) -> String {
        match self.objective {
            Objective::CrossEntropy => "apgd-ce".into(),
            Objective::Margin => "apgd-margin".into(),
            Objective::TargetedDlr => "apgd-t".into(),
        }
    }

    fn applies(&self, classes: usize, _norm: Norm) -> bool {
        self.objective != Objective::TargetedDlr || classes >= 4
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
        let images: Vec<&[f32]> = subjects.iter().map(|s| s.pixels.as_slice()).collect();
        let clean = victim.scores(&images)?;
        let targets = match self.objective {
            Objective::TargetedDlr => self.targets.min(clean.first().map_or(1, Vec::len) - 1),
            _ => 1,
        };
        let mut left: Vec<usize> = (0..subjects.len()).collect();
        for rank in 1..=targets {
            let runs: Vec<Run> = left
                .iter()
                .map(|&i| {
                    let subject = &subjects[i];
                    let others = descending(&clean[i]).into_iter();
                    let others: Vec<usize> = others.filter(|&c| c != subject.target).collect();
                    let seed = seed.wrapping_add(rank as u64);
                    Run::new(i, others[rank - 1], subject, norm, eps, self.steps, seed)
                })
                .collect();
            let mut survivors = Vec::new();
            for (i, image) in self.ascend(victim, subjects, runs, norm, eps)? {
                match image {
                    Some(image) => found[i] = image,
                    None => survivors.push(i),
                }
            }
            survivors.sort_unstable();
            left = survivors;
            if left.is_empty() {
                break;
            }
        }
        Ok(found)
    }
}

impl Apgd {
    /// Of each run the first image that is misclassified, if there is one.
    fn ascend(
        &self,
        victim: &Victim,
        subjects: &[Subject],
        mut runs: Vec<Run>,
        norm: Norm,
        eps: f32,
    ) -> Result<Vec<Ended>, AttackError> {
        let mut ended = Vec::new();
        for step in 0..=self.steps {
            let images: Vec<&[f32]> = runs.iter().map(|run| run.image.as_slice()).collect();
            let response = victim.gradients(&images, |row, scores| {
                let run = &runs[row];
                let target = subjects[run.subject].target;
                self.objective.value_and_slope(scores, target, run.towards)
            })?;
            let gradients = response.gradients.into_iter();
            let seen = response
                .values
                .into_iter()
                .zip(gradients)
                .zip(response.scores);
            let mut going = Vec::with_capacity(runs.len());
            for (mut run, ((value, gradient), scores)) in runs.into_iter().zip(seen) {
                let subject = &subjects[run.subject];
                if argmax(&scores) != subject.target {
                    ended.push((run.subject, Some(run.image)));
                    continue;
                }
                run.see(value, gradient);
                if step == self.steps {
                    ended.push((run.subject, None));
                    continue;
                }
                run.advance(&subject.pixels, norm, eps);
                going.push(run);
            }
            runs = going;
            if runs.is_empty() {
                break;
            }
        }
        Ok(ended)
    }
}

/// The number of a subject, and an image of it that is misclassified, if one was found.
type Ended = (usize, Option<Vec<f32>>);

/// The ascent of one image.
struct Run {
    subject: usize,
    towards: usize,
    image: Vec<f32>,
    before: Vec<f32>,
    gradient: Vec<f32>,
    value: f32,
    best: Best,
    step: f32,
    checkpoint: Checkpoint,
    steps_taken: usize,
}

/// The best point so far.
struct Best {
    value: f32,
    image: Vec<f32>,
    gradient: Vec<f32>,
}

/// When the step is looked at.
struct Checkpoint {
    /// Steps between this one and the last.
    interval: usize,
    /// By how much the next one is shorter, and the shortest.
    shrink: usize,
    shortest: usize,
    since: usize,
    rises: usize,
    best_at_last: f32,
    halved_at_last: bool,
}

impl Run {
    fn new(
        index: usize,
        towards: usize,
        subject: &Subject,
        norm: Norm,
        eps: f32,
        steps: usize,
        seed: u64,
    ) -> Self {
        let mut image = subject.pixels.clone();
        let start = norm.on_surface(image.len(), eps, &mut subject.generator(seed));
        image
            .iter_mut()
            .zip(start)
            .for_each(|(pixel, d)| *pixel = (*pixel + d).clamp(0.0, 1.0));
        let share = |part: f64| ((part * steps as f64) as usize).max(1);
        Self {
            subject: index,
            towards,
            before: image.clone(),
            best: Best {
                value: f32::NEG_INFINITY,
                image: image.clone(),
                gradient: Vec::new(),
            },
            image,
            gradient: Vec::new(),
            value: f32::NEG_INFINITY,
            step: 2.0 * eps,
            checkpoint: Checkpoint {
                interval: share(0.22),
                shrink: share(0.03),
                shortest: share(0.06),
                since: 0,
                rises: 0,
                best_at_last: f32::NEG_INFINITY,
                halved_at_last: true,
            },
            steps_taken: 0,
        }
    }

    /// Takes note of the objective where the image is.
    fn see(&mut self, value: f32, gradient: Vec<f32>) {
        let rose = value > self.value;
        if value > self.best.value || self.best.gradient.is_empty() {
            self.best = Best {
                value,
                image: self.image.clone(),
                gradient: gradient.clone(),
            };
        }
        (self.value, self.gradient) = (value, gradient);
        let check = &mut self.checkpoint;
        if self.steps_taken == 0 {
            check.best_at_last = value;
            return;
        }
        check.since += 1;
        check.rises += usize::from(rose);
        if check.since < check.interval {
            return;
        }
        let few = check.rises as f32 <= RISES * check.interval as f32;
        let stuck = !check.halved_at_last && check.best_at_last >= self.best.value;
        if few || stuck {
            self.step /= 2.0;
            self.image.clone_from(&self.best.image);
            self.gradient.clone_from(&self.best.gradient);
        }
        check.halved_at_last = few || stuck;
        check.best_at_last = self.best.value;
        check.interval = check
            .interval
            .saturating_sub(check.shrink)
            .max(check.shortest);
        (check.since, check.rises) = (0, 0);
    }

    /// A step with momentum.
    fn advance(&mut self, origin: &[f32], norm: Norm, eps: f32) {
        let mut next = self.image.clone();
        for (pixel, d) in next.iter_mut().zip(norm.steepest(&self.gradient)) {
            *pixel += self.step * d;
        }
        norm.project(&mut next, origin, eps);
        if self.steps_taken > 0 {
            let last = self.image.iter().zip(&self.before);
            for (next, (now, before)) in next.iter_mut().zip(last) {
                *next = now + (*next - now) * (1.0 - MOMENTUM) + (now - before) * MOMENTUM;
            }
            norm.project(&mut next, origin, eps);
        }
        self.before = std::mem::replace(&mut self.image, next);
        self.steps_taken += 1;
    }
}
