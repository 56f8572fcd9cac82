use super::objective::descending;
use super::{Attack, AttackError, Norm, Subject, Victim};
use crate::rows::argmax;

/// Fast adaptive boundary attack, targeted (Croce and Hein, arXiv 1907.02044): looks for the misclassified image that
/// is nearest to the original.
///
/// The model is linearised at the present point; point and original are projected to the plane where the target class
/// gains, and the next point lies between both projections, nearer to the original the nearer it is to the plane. From
/// a misclassified point it steps back towards the original.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fab {
    /// Number of steps towards each class.
    pub steps: usize,
    /// Classes that are tried, the most likely ones first.
    pub targets: usize,
}

impl Fab {
    /// As in AutoAttack's standard set.
    pub const STANDARD: Self = Self {
        steps: 100,
        targets: 9,
    };
}

/// The largest share of the original's projection.
const MOST_ORIGINAL: f32 = 0.1;
/// How far steps go beyond the plane.
const OVERSHOOT: f32 = 1.05;
/// What is left of the way from the original after a step back.
const BACK: f32 = 0.9;

impl Attack for Fab {
    fn name(&self) -> String {
        "fab-t".into()
    }

    fn perturb(
        &self,
        victim: &Victim,
        subjects: &[Subject],
        norm: Norm,
        eps: f32,
        _seed: u64,
    ) -> Result<Vec<Vec<f32>>, AttackError> {
        let originals: Vec<&[f32]> = subjects.iter().map(|s| s.pixels.as_slice()).collect();
        let clean = victim.scores(&originals)?;
        let targets = self.targets.min(clean.first().map_or(1, Vec::len) - 1);
        let mut nearest: Vec<Option<(f32, Vec<f32>)>> = vec![None; subjects.len()];
        for rank in 0..targets {
            // What is found within eps is enough.
            let within =
                |found: &Option<(f32, Vec<f32>)>| found.as_ref().is_some_and(|f| f.0 <= eps);
            let active: Vec<usize> = (0..subjects.len())
                .filter(|&i| !within(&nearest[i]))
                .collect();
            if active.is_empty() {
                break;
            }
            let towards: Vec<usize> = active
                .iter()
                .map(|&i| {
                    let others = descending(&clean[i]).into_iter();
                    let mut others = others.filter(|&class| class != subjects[i].target);
                    others.nth(rank).expect("fewer targets than other classes")
                })
                .collect();
            self.approach(victim, subjects, &active, &towards, norm, &mut nearest)?;
        }
        let image = |(found, subject): (Option<(f32, Vec<f32>)>, &Subject)| match found {
            Some((distance, image)) if distance <= eps => image,
            _ => subject.pixels.clone(),
        };
        Ok(nearest.into_iter().zip(subjects).map(image).collect())
    }
}

impl Fab {
    fn approach(
        &self,
        victim: &Victim,
        subjects: &[Subject],
        active: &[usize],
        towards: &[usize],
        norm: Norm,
        nearest: &mut [Option<(f32, Vec<f32>)>],
    ) -> Result<(), AttackError> {
        let mut points: Vec<Vec<f32>> =
            active.iter().map(|&i| subjects[i].pixels.clone()).collect();
        for _ in 0..self.steps {
            let images: Vec<&[f32]> = points.iter().map(Vec::as_slice).collect();
            let response = victim.gradients(&images, |row, scores| {
                let mut slope = vec![0.0; scores.len()];
                slope[towards[row]] = 1.0;
                slope[subjects[active[row]].target] = -1.0;
                let lead = scores[towards[row]] - scores[subjects[active[row]].target];
                (lead, slope)
            })?;
            for (row, &i) in active.iter().enumerate() {
                let (point, subject) = (&mut points[row], &subjects[i]);
                let (w, lead) = (&response.gradients[row], response.values[row]);
                step(point, &subject.pixels, w, lead, norm);
            }
            let images: Vec<&[f32]> = points.iter().map(Vec::as_slice).collect();
            let scores = victim.scores(&images)?;
            for (row, &i) in active.iter().enumerate() {
                let subject = &subjects[i];
                if argmax(&scores[row]) == subject.target {
                    continue;
                }
                let distance = norm.distance(&points[row], &subject.pixels);
                if nearest[i]
                    .as_ref()
                    .is_none_or(|(least, _)| distance < *least)
                {
                    nearest[i] = Some((distance, points[row].clone()));
                }
                for (pixel, &origin) in points[row].iter_mut().zip(&subject.pixels) {
                    *pixel = origin + BACK * (*pixel - origin);
                }
            }
        }
        Ok(())
    }
}

/// Moves a point between the projections of itself and of the original to the plane where `lead`, linearised at the
/// point with the gradient `w`, is 0.
fn step(point: &mut [f32], origin: &[f32], w: &[f32], lead: f32, norm: Norm) {
    // The plane is w . x = b.
    let b = dot(w, point) - f64::from(lead);
    let of_point = to_plane(point, w, b, norm);
    let of_origin = to_plane(origin, w, b, norm);
    let [near, far] = [&of_point, &of_origin].map(|d| norm.of(d.iter().copied()));
    let share = match near + far > 0.0 {
        true => (near / (near + far)).min(MOST_ORIGINAL),
        false => 0.0,
    };
    for (i, pixel) in point.iter_mut().enumerate() {
        let from_point = *pixel + OVERSHOOT * of_point[i];
        let from_origin = origin[i] + OVERSHOOT * of_origin[i];
        *pixel = ((1.0 - share) * from_point + share * from_origin).clamp(0.0, 1.0);
    }
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter()
        .zip(b)
        .map(|(&a, &b)| f64::from(a) * f64::from(b))
        .sum()
}

/// The smallest change of an image, its pixels within [0, 1], after which `w . x = b`; where there is none, the one
/// that comes nearest.
///
/// Both norms grow with one number along the nearest points, so that it is found by bisection: a bound of the change of
/// each pixel under L-inf, a factor of `w` under L2.
fn to_plane(image: &[f32], w: &[f32], b: f64, norm: Norm) -> Vec<f32> {
    let up = if dot(w, image) < b { 1.0 } else { -1.0 };
    let change = |t: f32| -> Vec<f32> {
        let of = |(&pixel, &w): (&f32, &f32)| {
            let d = match norm {
                Norm::Linf if w == 0.0 => 0.0,
                Norm::Linf => t * w.signum(),
                Norm::L2 => t * w,
            };
            (pixel + up * d).clamp(0.0, 1.0) - pixel
        };
        image.iter().zip(w).map(of).collect()
    };
    let missing = (b - dot(w, image)).abs();
    let reached = |t: f32| dot(w, &change(t)).abs() >= missing;
    let largest = w.iter().fold(0.0f32, |largest, w| largest.max(w.abs()));
    if largest == 0.0 || missing == 0.0 {
        return vec![0.0; image.len()];
    }
    // At the end every pixel that can move is at its limit.
    let mut high = match norm {
        Norm::Linf => 1.0,
        Norm::L2 => {
            let mut high = (missing / dot(w, w)) as f32;
            let mut doublings = 0;
            while !reached(high) && doublings < 60 {
                high *= 2.0;
                doublings += 1;
            }
            high
        }
    };
    let mut low = 0.0;
    for _ in 0..30 {
        let middle = 0.5 * (low + high);
        match reached(middle) {
            true => high = middle,
            false => low = middle,
        }
    }
    change(high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn projections_to_a_plane() {
        let image = [0.5, 0.5, 0.9];
        let w = [1.0, -2.0, 0.0];
        // w . x is -0.5 there; to 0.1 it takes 0.2 of each pixel that counts under L-inf.
        let change = to_plane(&image, &w, 0.1, Norm::Linf);
        for (change, right) in change.iter().zip([0.2, -0.2, 0.0]) {
            assert!((change - right).abs() < 1e-5, "{change}");
        }
        // 0.6 w / |w|^2 under L2.
        let change = to_plane(&image, &w, 0.1, Norm::L2);
        for (change, right) in change.iter().zip([0.12, -0.24, 0.0]) {
            assert!((change - right).abs() < 1e-5, "{change}");
        }
        // The second pixel ends at 0: the first makes up for it.
        let change = to_plane(&[0.5, 0.2, 0.9], &w, 0.9, Norm::Linf);
        for (change, right) in change.iter().zip([0.4, -0.2, 0.0]) {
            assert!((change - right).abs() < 1e-5, "{change}");
        }
        // Out of reach: as near as pixels allow.
        let change = to_plane(&image, &w, 9.0, Norm::L2);
        assert!((change[0] - 0.5).abs() < 1e-4 && (change[1] + 0.5).abs() < 1e-4);
    }
}
