use anyhow::Result;
use serde::Serialize;

use super::blobs::{Blob, Blobs};
use crate::attack::{AttackError, AttackKind, Norm, Subject, Surface, Victim, balanced};
use crate::report::AttackResult;
use crate::train::Samples;

/// The images that a page shows under attack, the same for all networks.
#[derive(Debug, Serialize)]
pub(super) struct AttackedImages {
    count: usize,
    pixels: Blob,
    targets: Vec<usize>,
    #[serde(skip)]
    subjects: Vec<Subject>,
}

/// What an attack made of the images.
#[derive(Debug, Serialize)]
pub(super) struct AdversarialImages {
    norm: Norm,
    eps: f32,
    pixels: Blob,
    /// The classes that the network takes them for.
    predicted: Vec<usize>,
}

impl AttackedImages {
    /// So many of the test images, of all classes alike.
    pub fn new(test: &Samples, count: usize, blobs: &mut Blobs) -> Self {
        let subjects = balanced(test, count);
        let pixels = subjects.iter().map(|subject| &subject.pixels);
        Self {
            count: subjects.len(),
            pixels: blobs.bytes(&pixels.flat_map(|pixels| bytes(pixels)).collect::<Vec<u8>>()),
            targets: subjects.iter().map(|subject| subject.target).collect(),
            subjects,
        }
    }

    /// The images under projected gradient descent, for each norm and size in which the run's attacks were.
    ///
    /// # Errors
    ///
    /// If the device fails.
    pub fn under(
        &self,
        attacks: &[AttackResult],
        victim: &Victim,
        blobs: &mut Blobs,
    ) -> Result<Vec<AdversarialImages>, AttackError> {
        let sizes = attacks.iter().map(|of| &of.robustness);
        let mut sizes: Vec<(Norm, f32)> = sizes.map(|of| (of.norm, of.eps)).collect();
        sizes.sort_by(|a, b| a.0.title().cmp(b.0.title()).then(a.1.total_cmp(&b.1)));
        sizes.dedup();
        let each = |(norm, eps): (Norm, f32)| {
            let attack = AttackKind::Pgd.attack();
            let found = attack.perturb(victim, &self.subjects, norm, eps, 0)?;
            // As the page has them.
            let found: Vec<Vec<u8>> = found.iter().map(|pixels| bytes(pixels)).collect();
            let rounded = |image: &Vec<u8>| image.iter().map(|&b| f32::from(b) / 255.0).collect();
            let rounded: Vec<Vec<f32>> = found.iter().map(rounded).collect();
            let images: Vec<&[f32]> = rounded.iter().map(Vec::as_slice).collect();
            Ok(AdversarialImages {
                norm,
                eps,
                pixels: blobs.bytes(&found.concat()),
                predicted: victim.predictions(&images)?,
            })
        };
        sizes.into_iter().map(each).collect()
    }
}

/// Through what the attacks look for perturbations.
pub(super) const SURFACE: Surface = Surface::Scores;

fn bytes(pixels: &[f32]) -> Vec<u8> {
    let byte = |&pixel: &f32| (pixel * 255.0).round() as u8;
    pixels.iter().map(byte).collect()
}
